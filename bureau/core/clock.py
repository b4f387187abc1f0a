"""The one place that reads the clock, the database's; below the edge, instants are passed in.

Several machines write into one database, and one whose clock is wrong must not date anything by
it. So a process asks the database now and then and counts on from there by the time for which the
machine has been running, which nobody sets.
"""

import datetime
import time
from typing import Final, NamedTuple

import psycopg
from django.db import DatabaseError, connection
from django.utils import timezone
from psycopg.pq import TransactionStatus

#: After so many seconds the database is asked anew; quartz goes wrong by less than 10 ms in them.
ASK_AGAIN_SECONDS: Final = 60.0


class _Reading(NamedTuple):
    """What the database's clock said, and how long this machine had been running then."""

    instant: datetime.datetime
    running: float


_last: _Reading | None = None


def now() -> datetime.datetime:
    """The present instant by the database's clock, with time zone."""
    global _last
    running = _running()
    last = _last
    if last is None or running - last.running > ASK_AGAIN_SECONDS:
        read = _ask()
        if read is not None:
            last = _last = read
            running = _running()
    if last is None:
        # No database was ever there: nothing can be dated by this, only shown.
        return timezone.now()
    return last.instant + datetime.timedelta(seconds=running - last.running)


def today() -> datetime.date:
    """The present date in the bureau's time zone (Asia/Shanghai)."""
    return timezone.localdate(now())


def _running() -> float:
    """Seconds since the machine started, sleep included; nobody sets this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _ask() -> _Reading | None:
    """The database's clock, or None while it cannot be asked: it is away, or busy with a COPY.

    Past Django's cursors, so that it belongs to no page's queries.
    """
    try:
        connection.ensure_connection()
        session = connection.connection
        if session.info.transaction_status not in (
            TransactionStatus.IDLE,
            TransactionStatus.INTRANS,
        ):
            return None
        asked = _running()
        with session.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (instant,) = cursor.fetchone()
    except (DatabaseError, psycopg.Error):
        return None
    # Half of the way belongs to each direction.
    return _Reading(instant.astimezone(datetime.UTC), (asked + _running()) / 2)
