"""A process whose clock is wrong: ahead, behind, or of another day; it goes on from there."""

import datetime
import os
import time

#: Seconds ahead (negative: behind), or the local instant at which the process believes to start.
CLOCK = "BUREAU_TEST_CLOCK"


def arrange() -> None:
    """The process's side: from now on every clock of Python but the running time is wrong."""
    given = os.environ.get(CLOCK)
    if not given:
        return
    import time_machine  # Only tests have it.

    try:
        start = datetime.datetime.fromtimestamp(time.time(), datetime.UTC) + datetime.timedelta(
            seconds=float(given)
        )
    except ValueError:
        start = datetime.datetime.fromisoformat(given)
    time_machine.travel(start, tick=True).start()
