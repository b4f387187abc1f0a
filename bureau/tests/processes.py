"""Looking at and starting real processes of the portal, for tests of the commands."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: Generous: the gate runs on two busy cores.
PATIENCE = 120.0


def is_running(process_id: int) -> bool:
    """Whether the process exists and is not merely waiting to be collected."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(what: str, is_so: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """What `is_so` answers once it is true; fails naming `what` after `patience` seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if answer := is_so():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {patience:.0f} s: {what}")


def processes_of(folder: Path) -> dict[int, str]:
    """Commands of all running processes that belong to a data folder, by process id."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or not is_running(int(entry.name)):
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            belongs = (
                str(folder) in command
                or f"BUREAU_VAR={folder}".encode() in (entry / "environ").read_bytes().split(b"\0")
                or os.readlink(entry / "cwd").startswith(str(folder))
            )
            if belongs:
                found[int(entry.name)] = command
    return found


class Demo:
    """One `manage.py demo` on a data folder of its own, with its output in a file."""

    def __init__(self, folder: Path, *arguments: str, **options: Any) -> None:
        self.folder = folder
        self.output = folder.with_name(folder.name + ".out")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", *arguments],
                cwd=ROOT,
                env=environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **options,
            )

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self) -> "Demo":
        """The line that names the address is there. Fails with the output when the demo ended."""

        def is_ready() -> bool:
            assert self.process.poll() is None, self.said
            return "ready: http" in self.said

        wait_until("the demo is ready", is_ready)
        return self

    @property
    def address(self) -> str:
        return self.said.partition("ready: ")[2].split()[0]

    @property
    def run_file(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "run.json").read_text()))

    def child(self, pattern: str) -> int:
        """The oldest running process whose command contains the pattern; 0 without one."""
        found = processes_of(self.folder).items()
        return min((pid for pid, command in found if pattern in command), default=0)

    def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        """Nothing of the demo runs any more, whatever the test did."""
        if self.process.poll() is None:
            self.interrupt()
        for process_id in processes_of(self.folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of someone who just cloned the project, and BUREAU_VAR."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "BUREAU_VAR": str(folder), **more}
