"""How each kind of process talks to PostgreSQL: its limits there, and for how long it waits itself.

The limits are options of the connection, so that they are what a pooled session goes back to. They
differ because a page must answer while somebody waits, and a step of a job may read a county.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen

Answer = TypeVar("Answer")

SILENT: Final = "the database did not answer in time"
#: Seconds within which a session taken out of the pool shows that it still lives.
CHECK_SECONDS: Final = 3.0
#: The roles as which web server and workers sign in, where the server has them (core.rights).
WEB_ROLE: Final = "app_web"
WORKER_ROLE: Final = "app_worker"


class TookTooLong(psycopg.OperationalError):
    """All waiting of one page for the database together took longer than a page may."""

    sqlstate = "57014"  # As when the server itself stops a statement.


class PatientConnection(psycopg.Connection[Any]):
    """A session that is given up when the server stays silent for `patience` seconds.

    The server's own limits do not help when its answer never arrives: a network that swallows
    everything would hold a thread of the web server until the operating system gives up.
    """

    patience = 3600.0

    def __init__(self, pgconn: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(pgconn, *arguments, **options)
        self.made_at = time.monotonic()

    def wait(
        self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None
    ) -> Answer:
        try:
            return super().wait(gen, interval=interval, timeout=timeout or self.patience)
        except psycopg.errors._WaitTimeout:
            # What is under way can no longer be told from what comes next.
            self.pgconn.finish()
            raise psycopg.OperationalError(SILENT) from None

    def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
        """Like psycopg's; the pool's question whether the session lives is asked for less long."""
        if query != "":
            return super().execute(query, *arguments, **options)
        usual, self.patience = self.patience, min(self.patience, CHECK_SECONDS)
        try:
            return super().execute(query, *arguments, **options)
        except psycopg.OperationalError:
            _replace_sessions_beside(self)
            raise
        finally:
            self.patience = usual


_replacing = threading.Lock()
#: When the pool's sessions were last replaced, on the clock of `time.monotonic`.
_replaced_at = float("-inf")


def _replace_sessions_beside(dead: PatientConnection) -> None:
    """The pool makes its sessions anew, once for all that died together.

    It would find them one by one, and waits a second, then two, then four after each: after a
    restart of the database the first pages would give up while the server is long well.
    """
    global _replaced_at
    with _replacing:
        if dead.made_at <= _replaced_at:
            return
        _replaced_at = time.monotonic()
    from django.db import connection

    if connection.pool:  # type: ignore[attr-defined]
        connection.pool.drain()  # type: ignore[attr-defined]


class _Page(threading.local):
    """How long the page of this thread has waited for the database; None outside of pages."""

    waited: float | None = None


_page = _Page()


def begin_page() -> None:
    """What this thread waits for the database from now on counts for a new page."""
    _page.waited = 0.0


class WebConnection(PatientConnection):
    """A session that is also given up when one page has waited too long in many small pieces."""

    # A little more than the server's own limit, whose answer says more. Together with the longest
    # wait for a session of the pool a page ends within ten seconds.
    patience = 7.5
    for_one_page = 7.5

    def wait(
        self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None
    ) -> Answer:
        before = _page.waited
        if before is None:
            # The pool's own threads make and check sessions for everybody.
            return super().wait(gen, interval, timeout)
        left = self.for_one_page - before
        began = time.monotonic()
        try:
            if left <= 0:
                self.pgconn.finish()
                raise TookTooLong("this page waited for the database for too long")
            return super().wait(gen, interval, min(left, timeout or self.patience))
        except psycopg.OperationalError as error:
            # Silence for most of the time is silence; what many answers used up is slowness.
            if str(error) == SILENT and before > self.for_one_page / 2:
                raise TookTooLong("this page waited for the database for too long") from None
            raise
        finally:
            _page.waited = before + time.monotonic() - began


class _WorkerConnection(PatientConnection):
    patience = 930.0


@dataclass(frozen=True)
class Sessions:
    """The sessions of one kind of process; seconds, 0 for no limit."""

    statement: int
    lock: int
    idle_in_transaction: int
    connection_class: type[PatientConnection]
    pool: dict[str, Any]

    def options(self, kind: str) -> dict[str, Any]:
        """What `DATABASES["default"]["OPTIONS"]` holds for them."""
        limits = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle_in_transaction,
        }
        # The server looks whether the client still lives, so that what a killed or impatient one
        # left under way ends and lets its locks go.
        limits["client_connection_check_interval"] = 3
        return {
            "options": " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items()),
            "application_name": f"bureau {kind}",
            "connect_timeout": 5,
            # A server whose machine vanished without a word is noticed within half a minute.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
            # scram sign-in for each request would cost more than the request (operations.md).
            "pool": {"connection_class": self.connection_class, "timeout": 5, **self.pool},
        }


SESSIONS: Final = {
    # Fewer sessions and waiters than threads (`gunicorn --threads`): whatever the database does, a
    # thread is left that says how things stand.
    "web": Sessions(
        7, 3, 30, WebConnection, {"min_size": 0, "max_size": 8, "max_waiting": 12, "timeout": 2}
    ),
    # As long as a run may go without a sign of life (`jobs.register`). A step compares in DuckDB
    # while its transaction is open, and the statement of a killed worker ends within seconds.
    "worker": Sessions(900, 30, 900, _WorkerConnection, {"min_size": 0, "max_size": 12}),
    # Migrations and imports by hand take what they take, with somebody watching.
    "command": Sessions(0, 30, 900, PatientConnection, {"min_size": 0, "max_size": 12}),
}


def options(kind: str) -> dict[str, Any]:
    """Django's options of the sessions of this kind of process."""
    return SESSIONS[kind].options(kind)


def become(kind: str) -> None:
    """This process is of that kind from now on; call it before the database is first asked."""
    from django.db import connections

    connections.close_all()
    for alias in connections:
        connection = connections[alias]
        connection.close_pool()  # type: ignore[attr-defined]
        connection.settings_dict["OPTIONS"].update(options(kind))
