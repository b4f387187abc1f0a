"""The servers a command works with: named by the environment, kept by a running demo, or its own.

`python -m bureau.servers COMMAND …` runs one management command; `dev.py manage` is its short form.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from bureau.database import WEB_ROLE, WORKER_ROLE
from bureau.embedded import (
    EmbeddedPostgres,
    EmbeddedServer,
    EmbeddedValkey,
    ServerDidNotStart,
    never,
)
from bureau.processes import die_with_parent, make_data_folder

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "bureau"
#: As which the portal's processes sign in to the embedded server; its owner makes the tables.
ROLES = (WEB_ROLE, WORKER_ROLE)
#: Commands that must not have the database brought up to date before them.
NEED_NO_TABLES = {
    "prepare",
    "migrate",
    "makemigrations",
    "showmigrations",
    "sqlmigrate",
    "check",
    "help",
}


def named(variable: str) -> str:
    """A server's address from the environment, as the settings read it; empty without one."""
    if file := os.environ.get(f"{variable}_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(variable, "")


class DataFolderBusy(RuntimeError):
    """Another process keeps servers on this data folder."""

    def __init__(self, holder: Mapping[str, Any]) -> None:
        self.holder = holder
        super().__init__(f"already running: {holder.get('address') or 'it is just starting'}")


class DataFolder:
    """Where an installation keeps its data; one process at a time keeps servers on it."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.run_file = self.path / "run.json"
        self._lock_file = self.path / "lock"

    @classmethod
    def of_environment(cls) -> "DataFolder":
        """The folder that BUREAU_VAR names, else `var` beside the code."""
        return cls(Path(os.environ.get("BUREAU_VAR") or ROOT / "var"))

    @contextlib.contextmanager
    def held(self, purpose: str) -> Iterator[None]:
        """This process alone keeps servers here. Raises DataFolderBusy.

        The lock is the operating system's, so none is left behind by a killed process.
        """
        make_data_folder(self.path)
        descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise DataFolderBusy(_parsed(lock.read())) from None
            # What a killed holder left says nothing about this one.
            self.run_file.unlink(missing_ok=True)
            self._note_holder({"purpose": purpose, "pid": os.getpid()})
            try:
                yield
            finally:
                self.run_file.unlink(missing_ok=True)

    def announce(self, addresses: Mapping[str, Any], *, purpose: str, address: str = "") -> None:
        """Commands in other terminals find the servers, and learn where the portal answers."""
        unfinished = self.run_file.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            json.dump(dict(addresses), opened)
        unfinished.replace(self.run_file)
        self._note_holder({"purpose": purpose, "pid": os.getpid(), "address": address})

    def announced(self) -> dict[str, Any]:
        """What the present holder announced; empty before it did."""
        try:
            return _parsed(self.run_file.read_text(encoding="utf-8"))
        except OSError:
            return {}

    def _note_holder(self, holder: Mapping[str, Any]) -> None:
        self._lock_file.write_text(json.dumps(dict(holder)), encoding="utf-8")


def _parsed(text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except ValueError:
        return {}


class Servers:
    """PostgreSQL and Valkey of one data folder; one that the environment names is only used."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.database_url = named("BUREAU_DATABASE_URL")
        self.redis_url = named("BUREAU_REDIS_URL")
        self.postgres: EmbeddedPostgres | None = None
        self.valkey: EmbeddedValkey | None = None
        if not self.database_url:
            self.postgres = EmbeddedPostgres(folder / "postgres", durable=durable)
        if not self.redis_url:
            self.valkey = EmbeddedValkey(folder / "valkey", durable=durable)

    @property
    def embedded(self) -> list[EmbeddedServer]:
        """The servers that are ours to start and stop, in the order of starting."""
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def start(self, *, stop_asked: Callable[[], bool] = never) -> None:
        """Both servers answer and the database exists. Raises as EmbeddedPostgres.start does."""
        for server in self.embedded:
            server.start(stop_asked=stop_asked)
        self.note_addresses()

    def note_addresses(self) -> None:
        """The addresses of the running servers are known; database and roles exist."""
        if self.postgres is not None:
            self.database_url = self.postgres.create_database(DATABASE)
            for role in ROLES:
                self.postgres.make_role(role)
        if self.valkey is not None:
            self.redis_url = self.valkey.url

    def stop(self) -> None:
        """What was started here has ended."""
        for server in reversed(self.embedded):
            server.stop()

    def database_url_of(self, role: str) -> str:
        """The database's address for a process that signs in as this role; a server that the
        environment names is used as it is named."""
        return self.database_url if self.postgres is None else self.postgres.url(DATABASE, role)

    @property
    def addresses(self) -> dict[str, str]:
        return {"database_url": self.database_url, "redis_url": self.redis_url}

    @property
    def variables(self) -> dict[str, str]:
        """What tells a child process where the servers are."""
        return {"BUREAU_DATABASE_URL": self.database_url, "BUREAU_REDIS_URL": self.redis_url}


@contextlib.contextmanager
def servers_for_command(purpose: str) -> Iterator[tuple[dict[str, str], bool]]:
    """Variables naming servers for the command, and whether they were started here."""
    if named("BUREAU_DATABASE_URL") and named("BUREAU_REDIS_URL"):
        yield {}, False
        return
    folder = DataFolder.of_environment()
    with contextlib.ExitStack() as stack:
        told = False
        while True:
            try:
                stack.enter_context(folder.held(purpose))
                break
            except DataFolderBusy as busy:
                found = folder.announced()
                if found and busy.holder.get("purpose") == "demo":
                    yield _variables_of(found), False
                    return
                if not told:
                    tell(f"waiting for another command on {folder.path} ({busy.holder})")
                told = True
                time.sleep(0.5)
        servers = Servers(folder.path)
        stack.callback(servers.stop)
        servers.start()
        folder.announce(servers.addresses, purpose=purpose)
        yield servers.variables, True


def _variables_of(announced: Mapping[str, Any]) -> dict[str, str]:
    variables = {
        "BUREAU_DATABASE_URL": str(announced["database_url"]),
        "BUREAU_REDIS_URL": str(announced["redis_url"]),
    }
    return variables | ({"BUREAU_DEMO": "1"} if announced.get("demo") else {})


@contextlib.contextmanager
def throw_away_servers(*, durable: bool = False) -> Iterator[dict[str, str]]:
    """Variables naming servers in a folder that is gone afterwards, for checks.

    `durable` servers write as those of an installation do, for measuring.
    """
    with tempfile.TemporaryDirectory(prefix="bureau-check-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # As root, PostgreSQL runs under another account.
        servers = Servers(folder, durable=durable)
        try:
            servers.start()
            yield servers.variables | {"BUREAU_VAR": str(folder / "var")}
        finally:
            servers.stop()


def management_command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def bring_up_to_date(variables: Mapping[str, str]) -> None:
    """A new database, or one behind the code, has all its tables and the reference data.

    Raises CalledProcessError.
    """
    command = management_command("prepare", "--if-behind")
    environment = {**os.environ, **variables}
    # The standard output belongs to the command that the person asked for.
    subprocess.run(command, env=environment, check=True, stdout=sys.stderr)


def run_command(arguments: list[str], variables: Mapping[str, str]) -> int:
    """Run one management command in this terminal; its exit code, 128 + n when signal n ended it.

    Ctrl-C reaches the command by the terminal; this process stays, so that the servers do.
    """
    child = subprocess.Popen(
        management_command(*arguments),
        env={**os.environ, **variables},
        preexec_fn=die_with_parent(signal.SIGTERM),
    )

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGINT:
            child.send_signal(number)

    for received in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(received, pass_on)
    code = child.wait()
    return 128 - code if code < 0 else code


def tell(line: str) -> None:
    """For the person at the terminal: the standard output is the command's own."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main(arguments: list[str]) -> int:
    """`[--temporary] COMMAND …`: with --temporary on servers that are thrown away afterwards."""
    try:
        if arguments[:1] == ["--temporary"]:
            with throw_away_servers() as variables:
                return run_command(arguments[1:], variables)
        with servers_for_command(" ".join(arguments[:1]) or "help") as (variables, started_here):
            if started_here and arguments and arguments[0] not in NEED_NO_TABLES:
                bring_up_to_date(variables)
            return run_command(arguments, variables)
    except ServerDidNotStart as problem:
        tell(str(problem))
    except subprocess.CalledProcessError as problem:
        tell(f"the database could not be brought up to date: {problem}")
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
