"""The supervisor with small processes: starting again, giving up, stopping."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bureau import supervisor as supervisor_module
from bureau.supervisor import GivenUp, PortalProcess, Stopped, Supervisor, ended_by
from bureau.tests.processes import is_running, wait_until


@pytest.fixture
def reported() -> list[str]:
    return []


@pytest.fixture
def supervisor(reported: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(report=reported.append)
    yield made
    made.stop_all()


def process(folder: Path, script: str, name: str = "web") -> PortalProcess:
    command = [sys.executable, "-c", script]
    return PortalProcess(name, command, os.environ, folder, stop_limit=2)


def test_a_killed_process_is_started_again_at_once(
    supervisor: Supervisor, reported: list[str], tmp_path: Path
) -> None:
    kept = process(tmp_path, "import time; time.sleep(60)")
    supervisor.keep(kept)
    for _kill in range(8):
        first = kept.child
        assert first is not None
        first.kill()
        first.wait()
        supervisor.wait(0.3)
        assert kept.child is not None
        assert kept.child.pid != first.pid
        assert kept.child.poll() is None
    assert reported[0] == "web ended (SIGKILL); starting it again"


def test_what_a_process_writes_is_for_its_account_alone(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """The timetable keeps its file by itself, with whatever mode it was given."""
    made = tmp_path / "beat-schedule"
    kept = process(tmp_path, f"open({str(made)!r}, 'w').close(); import time; time.sleep(60)")
    supervisor.keep(kept)
    while not made.exists():
        supervisor.wait(0.1)
    assert made.stat().st_mode & 0o077 == 0


def test_what_a_killed_process_left_behind_ends(supervisor: Supervisor, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    kept = process(
        tmp_path,
        "import subprocess, time, pathlib\n"
        "orphan = subprocess.Popen(['sleep', '60'])\n"
        f"path = pathlib.Path({str(pid_file)!r})\n"
        "path.with_suffix('.new').write_text(str(orphan.pid))\n"
        "path.with_suffix('.new').replace(path)\n"
        "time.sleep(60)\n",
    )
    supervisor.keep(kept)
    wait_until("the process runs", pid_file.exists)
    orphan = int(pid_file.read_text())
    assert kept.child is not None
    kept.child.kill()
    kept.child.wait()
    supervisor.wait(0.3)
    assert not is_running(orphan)


def test_repeated_quick_failures_are_given_up_with_the_log(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "PAUSES", (0.0, 0.0))
    supervisor.keep(process(tmp_path, "raise SystemExit('no such port')"))
    with pytest.raises(GivenUp, match=r"(?s)web ended 3 times right after.*no such port"):
        supervisor.wait(60)


def test_a_command_run_once_gives_its_exit_code(supervisor: Supervisor) -> None:
    assert supervisor.run_once([sys.executable, "-c", "raise SystemExit(7)"], os.environ) == 7


def test_asking_to_stop_ends_a_command_in_the_middle(supervisor: Supervisor) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    began = time.monotonic()
    try:
        supervisor.listen_to_signals()
        command = ["sh", "-c", f"kill -TERM {os.getpid()}; sleep 60"]
        with pytest.raises(Stopped):
            supervisor.run_once(command, os.environ)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert time.monotonic() - began < 20


def test_a_process_deaf_to_the_signal_is_ended_by_force(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    kept = process(
        tmp_path,
        "import pathlib, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(ready)!r}).touch()\n"
        "time.sleep(60)\n",
    )
    supervisor.keep(kept)
    wait_until("the process is deaf", ready.exists)
    assert kept.child is not None
    process_id = kept.child.pid
    supervisor.stop_all()
    assert not is_running(process_id)


@pytest.mark.parametrize(
    ("code", "words"), [(0, "exit code 0"), (3, "exit code 3"), (-9, "SIGKILL"), (-99, "signal 99")]
)
def test_exit_codes_in_words(code: int, words: str) -> None:
    assert ended_by(code) == words
