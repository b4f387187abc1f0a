"""The portal's own roles in the database, for tests of what they may not do there."""

from collections.abc import Callable
from types import TracebackType
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from bureau.core import integrity, rights
from bureau.database import WEB_ROLE, WORKER_ROLE

ROLES = (WEB_ROLE, WORKER_ROLE)
NO_RIGHT = "42501"  # insufficient_privilege


def make_roles() -> None:
    """The roles exist, also on a server of one's own, with the rights of this release."""
    with connection.cursor() as cursor:
        for role in set(ROLES) - set(rights.roles_here()):
            cursor.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    assert rights.give() == sorted(ROLES)


class As:
    """Inside, the session has the rights of the role and no others."""

    def __init__(self, role: str) -> None:
        self.role = role

    def __enter__(self) -> None:
        self.block: Any = transaction.atomic()
        self.block.__enter__()
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(self.role)))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Any:
        if error is None:
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")
        return self.block.__exit__(kind, error, trace)


def why_refused(role: str, statement: str, *values: Any) -> str:
    """The constraint, or NO_RIGHT, for which the database refuses the statement to the role.

    The test fails when the database takes it, also when it touches no row.
    """
    with pytest.raises(DatabaseError) as refused, As(role), connection.cursor() as cursor:
        cursor.execute(statement, values or None)
    assert refused.value.__cause__ is not None
    if getattr(refused.value.__cause__, "sqlstate", "") == NO_RIGHT:
        return NO_RIGHT
    name = integrity.constraint_of(refused.value)
    assert integrity.message_for(name), (name, refused.value, statement)
    return name


def act_as(role: str, act: Callable[[], Any]) -> Any:
    """What the act gives when the database is asked with the role's rights."""
    with As(role):
        return act()
