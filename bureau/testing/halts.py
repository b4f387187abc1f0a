"""A process that waits at a named point until the test lets it go on.

What is killed there is killed in the middle by construction, on however slow a machine.
"""

import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from bureau.core import crash

FOLDER = "BUREAU_TEST_HALT_FOLDER"
POINTS = "BUREAU_TEST_HALT_POINTS"
#: A process whose test has died goes on after this time, in seconds.
PATIENCE = 120.0


class Halts:
    """The test's side: the points at which the first process to come by waits."""

    def __init__(self, folder: Path, *points: str) -> None:
        """`name:n` is the n-th time that a process passes the point."""
        self.folder = folder
        self.points = points
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def variables(self) -> dict[str, str]:
        """For the environment of the processes that are to wait."""
        return {FOLDER: str(self.folder), POINTS: ",".join(self.points)}

    def is_reached(self, point: str) -> bool:
        """Whether a process waits at the point, or has waited there."""
        return (self.folder / f"{point}.reached").exists()

    def release(self, point: str) -> None:
        """Whoever waits there goes on, and whoever comes later does not wait."""
        (self.folder / f"{point}.go").touch()


def arrange() -> None:
    """The process's side: named points are waited at from now on, if the test named any."""
    named = [name for name in os.environ.get(POINTS, "").split(",") if name]
    if not named:
        return
    folder, passed, pass_on = Path(os.environ[FOLDER]), Counter[str](), crash.point

    def point(name: str) -> None:
        passed[name] += 1
        for wanted in (name, f"{name}:{passed[name]}"):
            if wanted in named:
                _wait(folder / f"{wanted}.reached", folder / f"{wanted}.go")
        pass_on(name)

    crash.point = point


def _wait(reached: Path, go: Path) -> None:
    """Only the first who comes by waits: one who takes the work up again goes on."""
    with suppress(FileExistsError):
        os.close(os.open(reached, os.O_CREAT | os.O_EXCL))
        until = time.monotonic() + PATIENCE
        while not go.exists() and time.monotonic() < until:
            time.sleep(0.02)
