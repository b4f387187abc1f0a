"""How much memory a process needed, for tests and benchmarks that hold a limit."""

import re
from pathlib import Path


def peak_mib(process: int | None = None) -> int:
    """The most memory that this process, or another, held at once since its program began, MiB.

    The kernel's own mark is read, because what getrusage tells is inherited: a small program that a
    large process started seems as large as its parent. The mark is Linux's.
    """
    status = Path(f"/proc/{process or 'self'}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None and process:
        return 0  # It has ended and nobody has asked for its result yet.
    if found is None:
        raise RuntimeError("this system does not say how much memory a process needed")
    return int(found[1]) // 1024
