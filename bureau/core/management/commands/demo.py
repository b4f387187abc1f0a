"""`manage.py demo`: one process that runs the whole portal and keeps all others alive."""

import contextlib
import http.client
import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bureau.database import WEB_ROLE, WORKER_ROLE
from bureau.embedded import ServerDidNotStart, StartCancelled
from bureau.processes import LOOPBACK
from bureau.servers import DataFolder, DataFolderBusy, Servers, management_command
from bureau.supervisor import GivenUp, PortalProcess, Stopped, Supervisor, python_module

DEFAULT_PORTS = range(8000, 8020)
EVERY_INTERFACE = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 (compared, not bound)
#: Workers by name: their queues and how many jobs they run at once. What somebody waits for at a
#: page never stands behind long work.
WORKERS = {"worker-interactive": ("interactive", 1), "worker-bulk": ("bulk,reports", 2)}
#: So many callers wait for the web server before others are refused.
BACKLOG = 2048
#: Threads of each of the two web processes; more than its sessions at the database and those who
#: wait for one (bureau.database), so that health is told whatever the database does.
WEB_THREADS = "24"
#: How often the demonstration city is tried while servers are killed under it.
CITY_ATTEMPTS = 5
#: Seconds within which the web server has to answer.
WEB_LIMIT = 120.0


class Command(BaseCommand):
    """Starts servers, web, workers and beat, loads the demonstration city, stops on Ctrl-C."""

    help = "Run the portal with its demonstration city; one process that keeps all others alive"
    # The supervisor itself never opens the database: its children do.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help="default: the first free one from 8000 on")
        parser.add_argument("--host", default=LOOPBACK, help=f"default: {LOOPBACK}")
        parser.add_argument("--empty", action="store_true", help="no demonstration city")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        # A script that waits for the "ready" line in a pipe gets it at once.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(AttributeError):
                stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        host = str(options["host"])
        folder = DataFolder.of_environment()
        try:
            with folder.held("demo"):
                demonstration = Demonstration(self, folder, host, options["port"])
                failure = demonstration.run(with_city=not options["empty"])
        except DataFolderBusy as busy:
            raise CommandError(str(busy)) from busy
        except OSError as error:
            raise CommandError(f"the data folder {folder.path} cannot be used: {error}") from error
        if failure:
            raise CommandError(failure)


class Demonstration:
    """One run of the portal on one data folder."""

    def __init__(self, command: Command, folder: DataFolder, host: str, port: int | None) -> None:
        self.began = time.monotonic()
        self.command = command
        self.folder = folder
        self.host = host
        #: Listened to from here on, so that nobody else can answer at the address: another demo
        #: that starts meanwhile looks for another port, and who calls while the web server is
        #: started anew waits for it instead of being refused.
        self.listener = listen(host, port)
        self.port = int(self.listener.getsockname()[1])
        self.supervisor = Supervisor(report=self.say)
        self.servers = Servers(folder.path)
        self.variables = dict(os.environ)

    @property
    def address(self) -> str:
        host = EVERY_INTERFACE.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def say(self, line: str) -> None:
        self.command.stdout.write(f"[{time.monotonic() - self.began:6.1f} s] {line}")

    def run(self, *, with_city: bool) -> str:
        """Run until someone asks to stop; why it stopped by itself, empty after a good end."""
        self.supervisor.listen_to_signals()
        failure = ""
        try:
            self.bring_up()
            if with_city:
                self.say(f"portal: {self.address} (the demonstration city is being loaded)")
                self.load_city()
            self.say(
                self.command.style.SUCCESS(f"ready: {self.address}  (Ctrl-C stops everything)")
            )
            while True:
                self.supervisor.wait(60)
        except (Stopped, StartCancelled):
            pass
        except (GivenUp, ServerDidNotStart) as error:
            failure = str(error)
        finally:
            began = time.monotonic()
            self.supervisor.stop_all()
            self.listener.close()
            self.say(f"stopped in {time.monotonic() - began:.1f} s")
        return failure

    def bring_up(self) -> None:
        """Servers, tables, web, workers and beat run, and the portal answers."""
        for server in self.servers.embedded:
            self.supervisor.keep(server)
        self.servers.note_addresses()
        self.variables |= self.servers.variables | {
            "BUREAU_VAR": str(self.folder.path),
            "BUREAU_DEMO": "1",
            "PYTHONUNBUFFERED": "1",
        }
        if self.host not in {LOOPBACK, "localhost", "::1"}:
            self.variables.setdefault("BUREAU_ALLOWED_HOSTS", "*")
        self.say("servers are up" if self.servers.embedded else "using the servers as named")
        if code := self.supervisor.run_once(management_command("prepare"), self.variables):
            raise GivenUp(f"prepare failed with exit code {code}; what it said is above")
        self.say("the database is up to date")
        for process in self.portal_processes():
            self.supervisor.keep(process)
        self.wait_for_web()
        self.folder.announce(
            {**self.servers.addresses, "demo": True}, purpose="demo", address=self.address
        )

    def portal_processes(self) -> list[PortalProcess]:
        logs = self.folder.path / "log"
        logs.mkdir(mode=0o700, exist_ok=True)
        line = self.listener.fileno()
        web = ["-b", f"fd://{line}", "-w", "2", "-k", "gthread", "--threads", WEB_THREADS]
        web += ["--no-control-socket", "--graceful-timeout", "5", "--timeout", "120"]
        # No header says under which path the portal stands: any sender could write it.
        web += ["--forwarder-headers", "", "--log-level", "warning", "bureau.wsgi"]
        # No pid file: a stale one would keep beat from starting again.
        beat = ["-A", "bureau.celery:app", "beat", "-l", "WARNING", "--pidfile="]
        beat += ["-s", str(self.folder.path / "beat-schedule")]
        for left_open in self.folder.path.glob("beat-schedule*"):
            left_open.chmod(0o600)
        return [
            PortalProcess(
                "web",
                python_module("gunicorn", *web),
                self.signed_in(WEB_ROLE),
                logs,
                inherits=(line,),
            ),
            *(self.worker(name, logs) for name in WORKERS),
            PortalProcess("beat", python_module("celery", *beat), self.variables, logs),
        ]

    def signed_in(self, role: str) -> dict[str, str]:
        """The variables of a process that signs in to the database as this role, not as owner."""
        return self.variables | {"BUREAU_DATABASE_URL": self.servers.database_url_of(role)}

    def worker(self, name: str, logs: Path) -> PortalProcess:
        """A worker of jobs. Their rows are the truth: one that is cut short goes on later.

        It is killed rather than asked, because without its broker it does not end on less.
        """
        queues, jobs = WORKERS[name]
        options = ["-A", "bureau.celery:app", "worker", "-n", f"{name}@%h", "-Q", queues]
        options += ["-c", str(jobs), "-l", "WARNING", "--without-gossip", "--without-mingle"]
        return PortalProcess(
            name,
            python_module("celery", *options),
            self.signed_in(WORKER_ROLE),
            logs,
            stop_limit=5,
            death_signal=signal.SIGKILL,
        )

    def wait_for_web(self) -> None:
        """The portal answers with something better than a server error. Raises GivenUp."""
        given_up_at = time.monotonic() + WEB_LIMIT
        found = "nothing"
        while time.monotonic() < given_up_at:
            host = EVERY_INTERFACE.get(self.host, self.host)
            connection = http.client.HTTPConnection(host, self.port, timeout=10)
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection.request("GET", "/")
                status = connection.getresponse().status
                if status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                    return
                found = f"status {status}"
            connection.close()
            self.supervisor.wait(0.2)
        raise GivenUp(
            f"the portal answered with {found} for {WEB_LIMIT:.0f} s; see {self.folder.path}/log"
        )

    def load_city(self) -> None:
        """The demonstration city is in, by real jobs; without it the portal still runs on."""
        for attempt in range(1, CITY_ATTEMPTS + 1):
            code = self.supervisor.run_once(management_command("demo_city"), self.variables)
            if code == 0:
                return
            self.say(f"demo_city ended with exit code {code} (attempt {attempt})")
            self.supervisor.wait(3)
        self.say("the demonstration city is not loaded; the next start tries again")


def listen(host: str, wanted: int | None) -> socket.socket:
    """Listens to the wanted port, or the first free one. Raises CommandError if none is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    reason = ""
    for port in [wanted] if wanted is not None else DEFAULT_PORTS:
        try:
            return socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OverflowError as error:
            raise CommandError(f"--port {port}: a port is between 1 and 65535") from error
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    tried = wanted if wanted is not None else f"{DEFAULT_PORTS[0]}-{DEFAULT_PORTS[-1]}"
    raise CommandError(f"port {tried} on {host}: {reason}; choose another with --port or --host")
