"""Named to a process of a fault test, which then takes small steps, and slow ones if told so."""

import os
import time

from bureau.core import crash
from enrollment.tests.faults import small_steps

small_steps.take()

_seconds = float(os.environ.get("BUREAU_TEST_STEP_SECONDS", "0"))
_point = crash.point


def _slow_point(name: str) -> None:
    if name == "step_before_commit":
        time.sleep(_seconds)
    _point(name)


if _seconds:
    crash.point = _slow_point
