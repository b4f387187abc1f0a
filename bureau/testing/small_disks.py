"""A disk in memory that is full as soon as a test wants it; no device of the machine is touched."""

import contextlib
import functools
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path


@functools.cache
def why_none() -> str:
    """Why this account, or this container, cannot mount a disk of its own; empty if it can."""
    try:
        with tempfile.TemporaryDirectory() as folder, mounted(Path(folder), "64k"):
            return ""
    except FileNotFoundError:
        return "the system has no mount command"
    except subprocess.CalledProcessError as error:
        return f"no disk can be mounted here: {error.stderr.decode(errors='replace').strip()}"


@contextlib.contextmanager
def mounted(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """Within it the folder is a disk of that size; gives the act that resizes it."""
    _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder))
    try:
        yield lambda new: _run("mount", "-o", f"remount,size={new}", str(folder))
    finally:
        _run("umount", "-l", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
