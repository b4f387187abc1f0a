"""Child processes: they end with their parent, run as an account, keep a log, a port and a secret.

Used by the embedded servers and by the supervisor; nothing here knows Django.
"""

import ctypes
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
#: Below the range from which Linux takes the ports of outgoing connections, so that a server
#: which is restarted finds its own port free again.
SERVER_PORTS = range(20000, 32000)
LOG_LIMIT_BYTES = 10_000_000
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that has Linux send `death_signal` to the child when this process ends.

    On other systems a killed parent leaves its children running.
    """
    parent = os.getpid()
    prctl = getattr(_libc, "prctl", None)

    def arrange() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(death_signal))
            if os.getppid() != parent:  # The parent ended before the arrangement held.
                os._exit(1)

    return arrange


def free_port() -> int:
    """A port of the loopback address on which nothing listens at this moment."""
    for _attempt in range(200):
        port = secrets.choice(SERVER_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {SERVER_PORTS.start} and {SERVER_PORTS.stop}")


@dataclass(frozen=True)
class Account:
    """An account of this machine under which a server runs, for when the caller is root."""

    uid: int
    gid: int

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments for `subprocess`."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, access: str, path: Path) -> bool:
        """Whether the account has `access` (-r, -w or -x) to the path, parents included."""
        command = ["test", access, str(path)]
        return subprocess.run(command, cwd="/", check=False, **self.arguments).returncode == 0


def kept_secret(file: Path) -> str:
    """The content of the file, made with a new random value, for its owner only."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    value = secrets.token_urlsafe(24)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(value)
    return value


def make_data_folder(folder: Path) -> None:
    """The folder exists; one made here is closed to other accounts.

    Where root makes it, others may pass through it: PostgreSQL runs as one of them. A folder that
    was there before keeps its mode: whoever made it decided.
    """
    folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)


def make_private_folder(folder: Path) -> None:
    """The folder exists, for its owner only, also where an earlier release left it open."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid == os.geteuid() and found.st_mode & 0o077:
        folder.chmod(0o700)


def close_to_others(folder: Path) -> None:
    """Files in the folder are for their owner only, also those an earlier release left open."""
    for found in folder.rglob("*"):
        if found.is_file() and not found.is_symlink() and found.stat().st_mode & 0o077:
            found.chmod(0o600)


def turn_over(log: Path) -> None:
    """Keep one older log, so that a server started every day does not fill the disk."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".old.log"))


def end_of_log(log: Path, *, since: int = 0) -> str:
    """The last lines that were written after the first `since` bytes; empty without a log."""
    if not log.exists():
        return ""
    return log.read_bytes()[since:].decode("utf-8", "replace")[-1500:].strip()
