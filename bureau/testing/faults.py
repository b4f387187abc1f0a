"""Real worker processes for tests that kill things, and waiting for what must come true."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from bureau.core import clock, jobs
from bureau.core.choices import UNFINISHED_JOB_STATES, JobState
from bureau.core.models import Job
from bureau.database import WEB_ROLE, WORKER_ROLE
from bureau.embedded import EmbeddedPostgres
from bureau.processes import LOOPBACK, die_with_parent, free_port

#: A short lease, so that a killed worker's job is taken over soon.
LEASE_SECONDS = 2


def database_url(role: str = "") -> str:
    """The address of the database the present test uses, for child processes.

    For a role of the portal's processes where the tests' server has it, else for the owner.
    """
    parts = connection.settings_dict
    if server := os.environ.get(f"BUREAU_TEST_{role.upper()}"):
        return f"{server}{parts['NAME']}"
    secret = quote(str(parts["PASSWORD"]), safe="")
    return f"postgresql://{parts['USER']}:{secret}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"


def environment(role: str = "", **variables: str) -> dict[str, str]:
    """The environment of a child process that works on the test's database and files."""
    return {
        **os.environ,
        "BUREAU_DATABASE_URL": database_url(role),
        "BUREAU_VAR": str(Path(settings.MEDIA_ROOT).parent),
        "BUREAU_JOB_LEASE_SECONDS": str(LEASE_SECONDS),
        **variables,
    }


@dataclass(frozen=True)
class Answer:
    """What a web server answered, and after how many seconds."""

    status: int
    headers: Message
    text: str
    took: float


class Worker:
    """One Celery worker with its pool, as an installation runs it; dies with the test."""

    def __init__(
        self,
        log: Path,
        *,
        include: str = "",
        concurrency: int = 1,
        variables: Mapping[str, str] | None = None,
        queues: str = "interactive,bulk,reports",
    ) -> None:
        command = [sys.executable, "-m", "celery", "-A", "bureau.celery:app", "worker"]
        command += ["-Q", queues, "-c", str(concurrency), "-l", "WARNING"]
        command += ["--without-gossip", "--without-mingle", "-n", f"{log.stem}@test"]
        if include:
            command += ["-I", include]
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=settings.BASE_DIR,
                env=environment(WORKER_ROLE, **(variables or {})),
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """The worker and its pool end as by a power cut."""
        if self.is_alive:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()


class Web:
    """One web server as an installation runs it, in demonstration mode; dies with the test."""

    def __init__(
        self,
        log: Path,
        *,
        processes: int = 2,
        threads: int = 4,
        variables: Mapping[str, str] | None = None,
        app: str = "bureau.wsgi",
    ) -> None:
        """`app` names a module that gives the application, with whatever the test adds to it."""
        self.port = free_port()
        self.log = log
        command = [sys.executable, "-m", "gunicorn", "-b", f"{LOOPBACK}:{self.port}"]
        command += ["-w", str(processes), "-k", "gthread", "--threads", str(threads)]
        command += ["--no-control-socket", "--forwarder-headers", ""]
        command += ["--log-level", "warning", app]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=settings.BASE_DIR,
                env=environment(WEB_ROLE, BUREAU_DEMO="1", **(variables or {})),
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        wait_until(self.answers, 120, "the web server answers")

    def answers(self) -> bool:
        with suppress(OSError), socket.create_connection((LOOPBACK, self.port), 1):
            return self.request("GET", "/live").status == HTTPStatus.OK
        return False

    def request(
        self,
        verb: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        seconds: float = 60,
    ) -> Answer:
        """The server's answer; raises OSError or HTTPException when there is none in time."""
        began = time.monotonic()
        line = http.client.HTTPConnection(LOOPBACK, self.port, timeout=seconds)
        try:
            line.request(verb, path, body, dict(headers or {}))
            answer = line.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            line.close()
        return Answer(answer.status, answer.headers, text, time.monotonic() - began)

    def kill(self) -> None:
        """Master and workers end as by a power cut."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> "Web":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()


def manage(*arguments: str, variables: Mapping[str, str] | None = None) -> str:
    """What the management command said; raises AssertionError when it ended badly."""
    return _ended_well([sys.executable, "manage.py", *arguments], variables or {})


def run_python(script: str, *, variables: Mapping[str, str] | None = None) -> str:
    """What the script said that ran in a process of its own, with Django set up."""
    ready = "import bureau.celery, django; django.setup()\n"
    return _ended_well([sys.executable, "-c", ready + script], variables or {})


def _ended_well(command: Sequence[str], variables: Mapping[str, str]) -> str:
    ended = subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=environment(DJANGO_SETTINGS_MODULE="bureau.settings", **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if ended.returncode:
        raise AssertionError(f"ended with {ended.returncode}:\n{ended.stdout}\n{ended.stderr}")
    return ended.stdout


def run_job_process(job_id: int, *, include: str = "", crash_point: str = "") -> int:
    """The exit code of a process of its own that ran the job once, or was killed over it."""
    return _job_process([job_id], include, crash_point).wait(timeout=120)


def run_in_parallel(job_ids: Sequence[int], times: int, *, include: str = "") -> None:
    """So many processes ran all the jobs in the same order at the same time; all ended well."""
    processes = [_job_process(job_ids, include, "") for _ in range(times)]
    codes = [process.wait(timeout=300) for process in processes]
    if any(codes):
        raise AssertionError(f"a process ended badly: {codes}")


def _job_process(
    job_ids: Sequence[int], include: str, crash_point: str
) -> "subprocess.Popen[bytes]":
    variables = {"BUREAU_CRASH_POINT": crash_point} if crash_point else {}
    script = (
        "import sys, importlib, bureau.celery, django; django.setup()\n"
        "if sys.argv[1]: importlib.import_module(sys.argv[1])\n"
        "from bureau.core import jobs\n"
        "for job_id in sys.argv[2:]: jobs.run(int(job_id), worker='process')"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, include, *map(str, job_ids)],
        cwd=settings.BASE_DIR,
        env=environment(WORKER_ROLE, DJANGO_SETTINGS_MODULE="bureau.settings", **variables),
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )


def kill_all_of(server: EmbeddedPostgres) -> None:
    """The database server and every session of it end as by a power cut."""
    child = server.child
    if child is None:
        raise AssertionError("the server does not run")
    sessions = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == child.pid:
                    sessions.append(int(entry.name))
    for process in (child.pid, *sessions):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    child.wait()


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Seconds until the condition came true; fails the test when it does not in time."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.1)
    return time.monotonic() - began


def wait_for_end(job_id: int, seconds: float, *, sweeping: bool = True) -> Job:
    """The job when it has ended; sweeps meanwhile as the timetable does, but each second."""

    def has_ended() -> bool:
        if sweeping:
            jobs.sweep()
        connection.close()
        time.sleep(0.5)
        return not Job.objects.filter(pk=job_id, state__in=UNFINISHED_JOB_STATES).exists()

    wait_until(has_ended, seconds, f"end of job {job_id}")
    return Job.objects.get(pk=job_id)


def is_running(job_id: int) -> bool:
    """Whether a worker holds the job at this moment."""
    return Job.objects.filter(
        pk=job_id, state=JobState.RUNNING, lease_until__gt=clock.now()
    ).exists()
