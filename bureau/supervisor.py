"""Keeps the portal's processes alive: what ends by itself is started again, with growing pauses.

Knows no process in particular; the `demo` command says which there are. Standard library only but
for the servers, and no database access of its own.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bureau.processes import die_with_parent, end_of_log, turn_over

#: An end this soon after the start counts as a failure to start, in seconds.
QUICK = 15.0
#: Pauses before the next start after one, two, … quick failures in a row, in seconds.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
POLL = 0.2


class GivenUp(RuntimeError):
    """A process failed again and again right after its start."""


class Stopped(Exception):
    """Someone asked the supervisor to stop."""


class Kept(Protocol):
    """What the supervisor keeps alive: an embedded server or a process of the portal."""

    name: str
    child: subprocess.Popen[bytes] | None

    @property
    def log(self) -> Path: ...

    def start(self, *, stop_asked: Callable[[], bool]) -> None: ...

    def stop(self) -> None: ...


class PortalProcess:
    """One process of the portal, in a session of its own, with its output in a log."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        variables: Mapping[str, str],
        logs: Path,
        *,
        stop_limit: float = 10.0,
        death_signal: signal.Signals = signal.SIGTERM,
        inherits: Sequence[int] = (),
    ) -> None:
        """`death_signal` is what the process gets when the supervisor is killed; `inherits` are
        the numbers of the supervisor's open files that it goes on with.
        """
        self.name = name
        self.command = list(command)
        self.variables = dict(variables)
        self.log = logs / f"{name}.log"
        self.stop_limit = stop_limit
        self.death_signal = death_signal
        self.inherits = tuple(inherits)
        self.child: subprocess.Popen[bytes] | None = None

    def start(self, *, stop_asked: Callable[[], bool]) -> None:
        """The process runs; nothing of an earlier one does."""
        self._end_group()
        turn_over(self.log)
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone.
                # What a process leaves behind, such as the timetable's file, is not for others.
                umask=0o077,
                pass_fds=self.inherits,
                preexec_fn=die_with_parent(self.death_signal),
            )

    def ask_to_stop(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()

    def stop(self) -> None:
        """The process and its children have ended, after `stop_limit` seconds by force."""
        self.ask_to_stop()
        if self.child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(self.stop_limit)
        self._end_group()

    def _end_group(self) -> None:
        """End what a killed process left behind, such as the pool of a worker."""
        if self.child is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()
        self.child = None


@dataclass
class _Watch:
    """What the supervisor remembers of one thing it keeps."""

    kept: Kept
    started_at: float
    quick_failures: int = 0
    start_due_at: float | None = None


@dataclass
class Supervisor:
    """Starts things in order, starts again what ends, and stops them in the reverse order."""

    report: Callable[[str], None]
    _watches: list[_Watch] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def listen_to_signals(self) -> None:
        """Ctrl-C, a closed terminal and `kill` all ask for the same good end."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stopping.set())

    def stop_asked(self) -> bool:
        return self._stopping.is_set()

    def keep(self, kept: Kept) -> None:
        """Start it and keep it alive from now on. Raises what its start raises."""
        self._watches.append(_Watch(kept, time.monotonic()))
        kept.start(stop_asked=self.stop_asked)

    def wait(self, seconds: float) -> None:
        """Let time pass with an eye on everything. Raises Stopped or GivenUp."""
        until = time.monotonic() + seconds
        while True:
            for watch in self._watches:
                self._look_after(watch)
            left = until - time.monotonic()
            if self._stopping.wait(max(0.0, min(POLL, left))):
                raise Stopped
            if left <= 0:
                return

    def run_once(self, command: Sequence[str], variables: Mapping[str, str]) -> int:
        """Run a command to its end with an eye on everything; its exit code.

        Its output is shown. Raises Stopped or GivenUp, after the command was ended.
        """
        child = subprocess.Popen(
            list(command),
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        try:
            while (code := child.poll()) is None:
                self.wait(POLL)
            return code
        finally:
            if child.poll() is None:
                child.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(5)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def stop_all(self) -> None:
        """Everything has ended: first the portal's processes, all at once, then the servers."""
        for watch in reversed(self._watches):
            if isinstance(watch.kept, PortalProcess):
                watch.kept.ask_to_stop()
        for watch in reversed(self._watches):
            watch.kept.stop()
        self._watches.clear()

    def _look_after(self, watch: _Watch) -> None:
        kept, now = watch.kept, time.monotonic()
        if watch.start_due_at is None:
            if kept.child is None or (code := kept.child.poll()) is None:
                return
            # A kill from outside says nothing about whether the next start will succeed.
            quick = now - watch.started_at < QUICK and code != -signal.SIGKILL
            watch.quick_failures = watch.quick_failures + 1 if quick else 0
            if watch.quick_failures > len(PAUSES):
                raise GivenUp(
                    f"{kept.name} ended {watch.quick_failures} times right after its start;"
                    f" its log {kept.log} says:\n{end_of_log(kept.log)}"
                )
            pause = PAUSES[watch.quick_failures - 1] if watch.quick_failures else 0.0
            self.report(f"{kept.name} ended ({ended_by(code)}); starting it again")
            watch.start_due_at = now + pause
        if now >= watch.start_due_at:
            watch.start_due_at, watch.started_at = None, now
            kept.start(stop_asked=self.stop_asked)


def ended_by(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def python_module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", name, *arguments]
