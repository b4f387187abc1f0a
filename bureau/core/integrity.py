"""What the database refuses, in sentences for people; and the registry of invariants.

Each app says once what its constraints mean (`say`), and which conditions must always hold
(`invariant`), for `manage.py check_invariants` and the fault tests.
"""

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.db import Error, IntegrityError, connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from psycopg_pool import TooManyRequests

from bureau.core.errors import DomainError
from bureau.database import TookTooLong

_messages: dict[str, str | Promise] = {}
_invariants: dict[str, "Invariant"] = {}


def say(messages: Mapping[str, str | Promise]) -> None:
    """The sentence for each constraint name stands ready."""
    _messages.update(messages)


def message_for(constraint: str) -> str | Promise | None:
    """The sentence for the constraint; None when no app said one."""
    return _messages.get(constraint)


def constraint_of(error: BaseException) -> str:
    """The name of the constraint that refused; empty when the error is of another sort."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, psycopg.Error) else ""


def refusal(error: IntegrityError) -> DomainError:
    """The database's refusal as one people understand; its code is the constraint's name."""
    name = constraint_of(error)
    message = message_for(name)
    if message is None:
        message = _("The database refused this because of the rule %(rule)s.")
    return DomainError(name or "refused_by_database", message, rule=name)


@contextmanager
def refusals() -> Iterator[None]:
    """Refusals of the database made inside leave as DomainError; wrap the atomic block in it."""
    try:
        yield
    except IntegrityError as error:
        raise refusal(error) from error


def describe(error: BaseException) -> str:
    """The error in one line without values of rows, which PostgreSQL puts into its details."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if isinstance(cause, psycopg.Error):
        said = cause.diag.message_primary or str(cause).partition("\n")[0]
        return f"{type(cause).__name__}: {said}"
    if isinstance(error, DomainError):
        return str(error)
    return f"{type(error).__name__}: {error}".partition("\n")[0]


#: States of PostgreSQL in which it gave up waiting or took too long, and is well itself: deadlock,
#: serialization, lock not available (or its time-out), statement cancelled (or its time-out).
_GAVE_UP = {"40P01", "40001", "55P03", "57014"}


def is_giving_up(error: BaseException | None) -> bool:
    """Whether the database stopped this one act, which may be tried again, and works otherwise."""
    cause = error if isinstance(error, psycopg.Error) else getattr(error, "__cause__", None)
    return isinstance(cause, psycopg.Error) and cause.sqlstate in _GAVE_UP


def is_overloaded(error: BaseException | None) -> bool:
    """Whether a page used up its time at the database, or found too many waiting before it.

    The database must not be asked again for that page.
    """
    cause = error if isinstance(error, psycopg.Error) else getattr(error, "__cause__", None)
    return isinstance(cause, TookTooLong | TooManyRequests)


#: What the operating system says when a disk, a quota or a limit of size is used up.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_no_room(error: BaseException | None) -> bool:
    """Whether there was no room left on a disk, the portal's or the database's."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return True
        if isinstance(error, psycopg.Error) and error.sqlstate == "53100":
            return True
        error = error.__cause__ or error.__context__
    return False


def asks_to_begin_anew(error: BaseException | None) -> bool:
    """Whether the act was ended for another's sake: begun anew at once it will probably succeed."""
    cause = error if isinstance(error, psycopg.Error) else getattr(error, "__cause__", None)
    return isinstance(cause, psycopg.Error) and cause.sqlstate in {"40P01", "40001"}


def is_connection_loss(error: BaseException) -> bool:
    """Whether the database went away, rather than refused or failed at something."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    state = cause.sqlstate
    return state is None or state.startswith("08") or state in {"57P01", "57P02", "57P03"}


@dataclass(frozen=True)
class Invariant:
    """One condition that always holds; `offenders` counts what breaks it, `sql` finds it."""

    name: str
    meaning: str | Promise
    sql: str

    def offenders(self) -> int:
        """How many rows break the condition: 0 when all is well."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({self.sql}) AS offender")  # noqa: S608 (own SQL)
            return int(cursor.fetchone()[0])

    def examples(self, limit: int = 5) -> list[str]:
        """The first offending rows, by the first column of the statement."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({self.sql}) AS offender LIMIT {limit:d}")  # noqa: S608
            return [str(row[0]) for row in cursor.fetchall()]


def invariant(name: str, meaning: str | Promise) -> Callable[[Callable[[], str]], Invariant]:
    """Decorator: the function gives a SELECT of the offending rows, an identifier first."""

    def keep(function: Callable[[], str]) -> Invariant:
        if name in _invariants:
            raise ValueError(f"the invariant {name} is there already")
        _invariants[name] = Invariant(name, meaning, function())
        return _invariants[name]

    return keep


def invariants() -> list[Invariant]:
    """Every invariant of every app, by name."""
    return [_invariants[name] for name in sorted(_invariants)]


@dataclass(frozen=True)
class Broken:
    """One invariant that does not hold."""

    name: str
    meaning: str
    offenders: int
    examples: list[str]


def broken_invariants() -> list[Broken]:
    """What does not hold at this moment; empty when the house is in order."""
    found = []
    for one in invariants():
        try:
            count = one.offenders()
        except Error as error:
            found.append(Broken(one.name, str(one.meaning), -1, [describe(error)]))
            continue
        if count:
            found.append(Broken(one.name, str(one.meaning), count, one.examples()))
    return found
