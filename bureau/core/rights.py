"""What web server and workers may do in the database, where they sign in by roles of their own.

The owner makes tables and gives these rights. Who is not the owner can neither switch a trigger off
nor change what is only ever added to, whatever the code asks for. A server without the roles (one
account for everything) works the same, guarded by the triggers alone.
"""

import itertools
from collections.abc import Iterable
from typing import Any, Final

import pghistory.models
from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

from bureau.database import WEB_ROLE, WORKER_ROLE

#: What of a decided thing is written by the decision; the rest stays as it was made.
WRITTEN_BY_DECISION: Final = {
    "core_approvalrequest": (
        "state", "checker_id", "checker_staff_no", "checked_at", "note", "execution_error",
    ),
}  # fmt: skip
#: What is written after the row was made; the rest are facts that stand (migration 0010).
WRITTEN_LATER: Final = {
    **WRITTEN_BY_DECISION,
    "core_dataexport": (
        "state", "approved_by_id", "approved_at", "rows_written", "mark", "file_id", "expires_at",
        "fetches", "revoked_by", "revoked_at",
    ),
    "core_parameterversion": ("state", "approved_by_id", "approved_at"),
    "core_storedfile": ("purged_at",),
    # Numbers are counted by triggers, which run with their owner's rights.
    "fund_period": ("state", "closed_by_id", "closed_at"),
    # The history's trigger writes it again when a reason is given after the first change.
    "pghistory_context": ("metadata", "updated_at"),
}  # fmt: skip
#: Their rows are never removed, though some of their columns change.
NEVER_REMOVED: Final = (
    "core_job", "core_staff", "core_rolegrant", "core_powerwish",
    "enrollment_rosterbatch", "enrollment_rosterfile",
    "enrollment_correctionfile", "enrollment_rostercorrection", "enrollment_rosterrow",
    "enrollment_doubledecision", "enrollment_doublefact", "enrollment_linkagemodelversion",
    "enrollment_signedproof", "enrollment_bundleddecision", "enrollment_rosteredition",
    "enrollment_replacedroster",
)  # fmt: skip
#: Only commands change these (the code's own bookkeeping, funds and their books), or triggers that
#: run with their owner's rights (balances, links of the chain).
READ_ONLY: Final = (
    "django_migrations", "fund_fund", "fund_book", "fund_balance", "fund_posting",
)  # fmt: skip
#: Accounts and their rights are the administrators', on the maintenance pages.
NOT_FOR_WORKERS: Final = ("core_staff", "core_rolegrant", "core_powerwish", "mfa_authenticator")


#: Trigger functions of the portal that would look for tables in the session's own order.
_LOOSE_TRIGGERS: Final = """
    SELECT oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
      AND pg_has_role(proowner, 'USAGE') AND proconfig IS NULL
      AND NOT EXISTS (SELECT FROM pg_depend
                      WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid
                        AND deptype = 'e')
"""


def fix_triggers() -> list[str]:
    """Triggers read and write the portal's tables whatever temporary table is named like one.

    Without this, whoever may make temporary tables puts one in a trigger's way, and the history
    goes there. Call it as the owner, after migrations; returns the functions that were fixed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOOSE_TRIGGERS)
        found = sorted(name for (name,) in cursor.fetchall())
        for name in found:
            # The name comes from the catalogue, quoted as it has to be.
            cursor.execute(f"ALTER FUNCTION {name} SET search_path = public, pg_temp")
    return found


def append_only_tables() -> list[str]:
    """Tables whose rows are never changed: with such a trigger, or the history of others."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if issubclass(model, pghistory.models.Event)
        or any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", ()))
    )


def roles_here() -> list[str]:
    """Those of the roles that this server has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)", [[WEB_ROLE, WORKER_ROLE]]
        )
        return sorted(name for (name,) in cursor.fetchall())


def give() -> list[str]:
    """The roles this server has may do what they need and nothing else; returns the roles.

    Call it as the owner, after migrations; changes nothing twice.
    """
    found = roles_here()
    with transaction.atomic(), connection.cursor() as cursor:
        for role in found:
            for order, names in _orders(role):
                cursor.execute(sql.SQL(order).format(*names, role=sql.Identifier(role)))
    return found


def _orders(role: str) -> Iterable[tuple[str, tuple[sql.Composable, ...]]]:
    yield "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}", ()
    yield "GRANT USAGE ON SCHEMA public TO {role}", ()
    yield "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}", ()
    rights = "SELECT, INSERT, UPDATE, DELETE"
    if role == WORKER_ROLE and connection.pg_version >= 170000:  # type: ignore[attr-defined]
        # After a roster the planner has to know how the tables have grown.
        rights += ", MAINTAIN"
    yield f"GRANT {rights} ON ALL TABLES IN SCHEMA public TO {{role}}", ()
    closed = itertools.chain(READ_ONLY, NOT_FOR_WORKERS if role == WORKER_ROLE else ())
    yield "REVOKE INSERT, UPDATE, DELETE ON {} FROM {role}", _tables(closed)
    yield "REVOKE UPDATE, DELETE ON {} FROM {role}", _tables(append_only_tables())
    yield "REVOKE DELETE ON {} FROM {role}", _tables(NEVER_REMOVED)
    for table, columns in WRITTEN_LATER.items():
        yield "REVOKE UPDATE, DELETE ON {} FROM {role}", _tables([table])
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        yield "GRANT UPDATE ({}) ON {} TO {role}", (listed, sql.Identifier(table))


def _tables(names: Iterable[str]) -> tuple[sql.Composable]:
    return (sql.SQL(", ").join(map(sql.Identifier, names)),)


def after_migrations(plan: object = None, **_signal: Any) -> None:
    """New tables are open to the roles at once, and new triggers fixed to the portal's tables.

    Emptying tables sends the same signal in vain.
    """
    if plan is not None:
        fix_triggers()
        give()
