"""Named points at which fault tests end the process as a power cut would; silent otherwise."""

import os
import signal
from collections import Counter

_passed: Counter[str] = Counter()


def point(name: str) -> None:
    """Nothing, unless BUREAU_CRASH_POINT names this point: then the process ends at once.

    `name:n` ends it when the point is passed for the n-th time in this process.
    """
    wanted = os.environ.get("BUREAU_CRASH_POINT")
    if wanted is None:
        return
    wanted_name, _separator, count = wanted.partition(":")
    if wanted_name != name:
        return
    _passed[name] += 1
    if _passed[name] == int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
