"""How the portal is: for monitors in a moment whatever the database does, and for staff in full."""

import datetime
import functools
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import redis
from celery import current_app
from django.conf import settings
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis.exceptions import RedisError

from bureau.core.choices import JobState
from bureau.core.models import AuditEvent, Job, SignInFailure, SignOfLife
from bureau.database import PatientConnection

Answer = TypeVar("Answer")

#: A monitor gets its answer within this time, in seconds.
SOON = 0.7
#: Free room on the data disk below which the installation no longer counts as ready, in bytes.
LEAST_FREE_BYTES = 200 * 1024 * 1024
#: Share of the disk in use from which it is to be looked after, and from which it is urgent.
DISK_CAUTION, DISK_BAD = 85, 95
#: A job that has waited longer than this waits for a worker that does not come.
LONGEST_WAIT = datetime.timedelta(minutes=5)
#: The timetable shows itself every 15 s, each queue every minute.
LATEST_SIGN = datetime.timedelta(minutes=3)
LATEST_CHECK = datetime.timedelta(hours=26)
CLOCK_LIMIT_SECONDS = 2.0
QUEUES = ("interactive", "bulk", "reports")
TIMETABLE = "timetable"


class Question(Generic[Answer]):
    """Something that may take for ever to answer, asked in a thread of its own, one at a time."""

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._answer: Answer | None = None

    def answer_within(self, seconds: float) -> Answer | None:
        """The answer, or none in time; while the last question hangs no further one is put."""
        with self._lock:
            running = self._running
            if running is None or not running.is_alive():
                self._answer = None
                running = threading.Thread(target=self._run, name="health", daemon=True)
                self._running = running
                running.start()
        running.join(seconds)
        return None if running.is_alive() else self._answer

    def _run(self) -> None:
        try:
            self._answer = self._ask()
        except Exception:  # noqa: BLE001 (whatever it is: there is no answer)
            self._answer = None


@functools.cache
def migrations_of_code() -> frozenset[tuple[str, str]]:
    """What this release expects of its database; read once, as the web server starts."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _migrations_of_database() -> frozenset[tuple[str, str]]:
    """By a session of its own: the pool may be empty because everybody waits."""
    parameters: dict[str, Any] = connections["default"].get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(ours, None)
    with PatientConnection.connect(**parameters) as session:
        session.patience = 10.0
        rows = session.execute("SELECT app, name FROM django_migrations").fetchall()
    return frozenset((app, name) for app, name in rows)


_migrations = Question(_migrations_of_database)


def readiness() -> dict[str, bool]:
    """Whether work can be done here; answered soon, whatever the database does."""
    found = _migrations.answer_within(SOON)
    return {
        "database": found is not None,
        "migrations": found is not None and migrations_of_code() <= found,
        "disk": free_bytes() >= LEAST_FREE_BYTES,
    }


def free_bytes() -> int:
    return shutil.disk_usage(settings.MEDIA_ROOT).free


def note_life(name: str) -> None:
    """The timetable, or a queue's worker, has shown that it works; by the database's clock."""
    SignOfLife.objects.bulk_create(
        [SignOfLife(name=name, at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `tone` is good, caution or bad; what to do if not good."""

    key: str
    label: str | Promise
    figure: str
    tone: str
    remedy: str | Promise = ""


_watched: set[str] = set()


def watch_acts(*kinds: str) -> None:
    """Acts of these kinds in the audit trail are something that the administrators look at."""
    _watched.update(kinds)


def findings() -> list[Finding]:
    """Everything that is looked at, in the order of the page."""
    return [
        *_database(),
        _broker(),
        _timetable(),
        *(_queue(name) for name in QUEUES),
        _failed_jobs(),
        _disk(),
        _invariants(),
        _sign_ins(),
        _watched_acts(),
    ]


def _database() -> Iterator[Finding]:
    began = time.time()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp())::float, "
            " (SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL),"
            " current_setting('max_connections')::int"
        )
        database_clock, used, most = cursor.fetchone()
    took = time.time() - began
    yield Finding(
        "database",
        gettext_lazy("Database answers"),
        _("%(ms)s ms") % {"ms": round(took * 1000)},
        "good" if took < 1 else "caution",
        gettext_lazy("Look at the load of the database server."),
    )
    yield Finding(
        "sessions",
        gettext_lazy("Sessions at the database"),
        f"{used} / {most}",
        "good" if used < most * 0.8 else "bad",
        gettext_lazy("Raise max_connections, or start fewer processes of the web server."),
    )
    # Half of the way belongs to each direction.
    offset = abs(database_clock - (began + took / 2))
    yield Finding(
        "clock",
        gettext_lazy("Clock, compared with the database's"),
        _("%(s)s s") % {"s": round(offset, 1)},
        "good" if offset - took <= CLOCK_LIMIT_SECONDS else "bad",
        gettext_lazy("Set the clocks of all machines by one time server."),
    )


def _broker() -> Finding:
    try:
        with redis.Redis.from_url(
            current_app.conf.broker_url, socket_timeout=0.5, socket_connect_timeout=0.5
        ) as client:
            client.ping()
        answers = True
    except (RedisError, OSError):
        answers = False
    return Finding(
        "broker",
        gettext_lazy("Messages to the workers"),
        _("answers") if answers else _("does not answer"),
        "good" if answers else "bad",
        gettext_lazy("Start Valkey. Jobs wait meanwhile; none is lost."),
    )


def _age(name: str) -> datetime.timedelta | None:
    """Time since the last sign of life, by the database's clock."""
    row = SignOfLife.objects.filter(name=name).annotate(present=Now()).first()
    return None if row is None else row.present - row.at


def _said(age: datetime.timedelta | None) -> str:
    if age is None:
        return _("never yet")
    return _("%(s)s s ago") % {"s": max(0, round(age.total_seconds()))}


def _timetable() -> Finding:
    age = _age(TIMETABLE)
    return Finding(
        TIMETABLE,
        gettext_lazy("Timetable"),
        _said(age),
        "good" if age is not None and age < LATEST_SIGN else "bad",
        gettext_lazy("Start `celery beat` and the worker of the queue “interactive”."),
    )


def _queue(name: str) -> Finding:
    due = Q(state=JobState.QUEUED, due_at__lte=Now())
    found = Job.objects.filter(queue=name).aggregate(
        waiting=Count("pk", filter=due),
        late=Count("pk", filter=due & Q(due_at__lt=Now() - LONGEST_WAIT)),
        running=Count("pk", filter=Q(state=JobState.RUNNING, lease_until__gt=Now())),
    )
    age = _age(f"queue:{name}")
    # Workers that are all at work on long jobs answer late; that is not for alarm.
    is_silent = (age is None or age > LATEST_SIGN) and not found["running"]
    tone = "bad" if is_silent else "caution" if found["late"] else "good"
    figures = {"waiting": found["waiting"], "running": found["running"], "age": _said(age)}
    return Finding(
        f"queue:{name}",
        gettext_lazy("Queue “%(name)s”") % {"name": name},
        _("%(waiting)s waiting, %(running)s running; last sign of life %(age)s") % figures,
        tone,
        gettext_lazy("Start the queue's worker, or give it more processes."),
    )


def failed_jobs() -> Any:
    """Jobs that failed and that nobody has taken note of."""
    return Job.objects.filter(state=JobState.FAILED, noted_at=None)


def _failed_jobs() -> Finding:
    count = failed_jobs().count()
    return Finding(
        "failed",
        gettext_lazy("Failed jobs nobody has taken note of"),
        str(count),
        "caution" if count else "good",
        gettext_lazy("Read each job's log; try it again, or take note of it."),
    )


def _disk() -> Finding:
    usage = shutil.disk_usage(settings.MEDIA_ROOT)
    percent = round(100 * (usage.total - usage.free) / usage.total)
    is_full = percent >= DISK_BAD or usage.free < LEAST_FREE_BYTES
    return Finding(
        "disk",
        gettext_lazy("Disk of files"),
        _("%(percent)s %% in use") % {"percent": percent},
        "bad" if is_full else "caution" if percent >= DISK_CAUTION else "good",
        gettext_lazy("Make room: while the disk is full, files are refused."),
    )


def _invariants() -> Finding:
    checked = (
        AuditEvent.objects.filter(kind="invariants.checked")
        .annotate(present=Now())
        .order_by("-pk")
        .first()
    )
    if checked is None or checked.present - checked.at > LATEST_CHECK:
        figure, tone = _("not checked for a day"), "caution"
    elif broken := checked.facts.get("broken"):
        figure, tone = ", ".join(broken), "bad"
    else:
        figure, tone = _("nothing found wrong"), "good"
    return Finding(
        "invariants",
        gettext_lazy("What must always hold"),
        figure,
        tone,
        gettext_lazy("Run `manage check_invariants` and tell the maker of the portal."),
    )


def _sign_ins() -> Finding:
    day = datetime.timedelta(days=1)
    count = SignInFailure.objects.filter(failed_at__gt=Now() - day).count()
    return Finding(
        "sign-ins",
        gettext_lazy("Wrong attempts at signing in, last 24 hours"),
        str(count),
        "caution" if count >= 100 else "good",
        gettext_lazy("Ask the security administrator to look at the addresses they came from."),
    )


def _watched_acts() -> Finding:
    day = datetime.timedelta(days=1)
    acts = AuditEvent.objects.filter(kind__in=_watched, at__gt=Now() - day)
    who = sorted(set(acts.values_list("actor_text", flat=True)[:100]))
    return Finding(
        "looks",
        gettext_lazy("Members of staff who looked at unusually many people, last 24 hours"),
        ", ".join(who) or "0",
        "bad" if who else "good",
        gettext_lazy(
            "They are slowed down. The security administrator asks what for; the auditor finds "
            "each look in the access log."
        ),
    )
