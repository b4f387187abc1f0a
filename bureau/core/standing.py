"""Texts of triggers by which rows stand: facts never change, states go forward.

Migrations make triggers of them. `core_refuse` and `core_is_portal` come from migration 0010: the
portal is the web server and the workers, where they sign in by roles of their own; whoever owns the
tables is the operator, who mends and migrates (ADR 9, ADR 11).
"""

from collections.abc import Iterable
from typing import Final

#: True in a statement of the web server or a worker.
BY_PORTAL: Final = "core_is_portal()"


def trigger(table: str, name: str, event: str, when: str, act: str, *, after: bool = False) -> str:
    """The row trigger `name` of the table."""
    moment = "AFTER" if after else "BEFORE"
    return (
        f"CREATE TRIGGER {name} {moment} {event} ON {table} FOR EACH ROW WHEN ({when})"
        f" EXECUTE FUNCTION {act};\n"
    )


def refuse(table: str, name: str, event: str, when: str, constraint: str) -> str:
    """What makes `when` true is refused under the name of the constraint."""
    return trigger(table, name, event, when, f"core_refuse('{constraint}')")


def fixed(table: str, constraint: str, columns: Iterable[str], *, portal_only: bool = False) -> str:
    """These columns are as the row was made, whoever asks."""
    listed = tuple(columns)
    old, new = (", ".join(f'{row}."{column}"' for column in listed) for row in ("OLD", "NEW"))
    when = f"ROW({old}) IS DISTINCT FROM ROW({new})"
    if portal_only:
        when = f"{when} AND {BY_PORTAL}"
    return refuse(table, "stands_as_made", "UPDATE", when, constraint)


def once(table: str, constraint: str, columns: Iterable[str], *, empty: str = "") -> str:
    """These columns are filled in once and then stay; `empty` is another text for "not yet"."""
    when = " OR ".join(
        f'OLD."{column}" IS DISTINCT FROM NEW."{column}"'
        f" AND coalesce(OLD.\"{column}\"::text, '') NOT IN ('', '{empty}')"
        for column in columns
    )
    return refuse(table, "stands_once_written", "UPDATE", when, constraint)


def forward(
    table: str, constraint: str, steps: Iterable[tuple[str, str]], *, portal_only: bool = False
) -> str:
    """The state goes by these steps alone."""
    listed = ", ".join(f"('{before}', '{after}')" for before, after in steps)
    when = f"OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({listed})"
    if portal_only:
        when = f"{when} AND {BY_PORTAL}"
    return refuse(table, "goes_forward", "UPDATE", when, constraint)


def born(table: str, constraint: str, plain: str, *, portal_only: bool = False) -> str:
    """A row is made so that `plain` is true of it (NEW), and in no later state."""
    when = f"({plain}) IS NOT TRUE"
    if portal_only:
        when = f"{when} AND {BY_PORTAL}"
    return refuse(table, "begins_plainly", "INSERT", when, constraint)


def kept(table: str, constraint: str) -> str:
    """The portal removes no row."""
    return refuse(table, "is_kept", "DELETE", BY_PORTAL, constraint)


def asked(
    table: str,
    constraint: str,
    kinds: Iterable[str],
    to: str,
    *,
    before: str,
    number: str = "",
    at: str = "",
) -> str:
    """The portal brings a row from `before` to the state `to` only by an approved request about it.

    `number` is the column that names who approved, by staff number, and `at` the one of the instant
    (empty: the table has none).
    """
    when = f"OLD.state = '{before}' AND NEW.state = '{to}' AND {BY_PORTAL}"
    act = f"core_expect_request('{constraint}', '{' '.join(kinds)}', '{number}', '{at}')"
    return trigger(table, "needs_second_person", "UPDATE", when, act)


def names(table: str, constraint: str, staff: str, number: str) -> str:
    """The staff number beside an account is that person's."""
    act = f"core_expect_number('{constraint}', '{staff}', '{number}')"
    when = f'NEW."{staff}" IS NOT NULL'
    event = f'INSERT OR UPDATE OF "{staff}", "{number}"'
    return trigger(table, f"names_{staff}", event, when, act, after=True)


def drop(table: str, *triggers: str) -> str:
    """Takes the triggers away again."""
    return "".join(f'DROP TRIGGER "{name}" ON {table};\n' for name in triggers)
