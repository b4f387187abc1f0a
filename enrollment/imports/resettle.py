"""The roll follows when rows change or leave it: what they alone had said goes, the rest stays.

The roll is what the linked rows of applied rosters say. These steps bring single people up to date
with their rows, by the statements by which a roster is applied.
"""

import functools
import re
from pathlib import Path
from typing import Any, Final

from django.db import connection

from bureau.core import crash
from enrollment.selectors.former_rows import DECIDED
from enrollment.selectors.waiting_rows import PLACEABLE

SQL: Final = Path(__file__).parent / "sql"
#: Rosters whose rows speak on the roll: those applied, and the one being written to it now.
_STANDS: Final = (
    "(batch.state = 'APPLIED' OR batch.state = 'APPLYING'"
    " AND batch.id = (SELECT applying_batch_id FROM enrollment_roll))"
)
#: How a statement asks whether a decision of a person rests on the row of that number, and whether
#: nothing but who it is is in doubt about the row of that name.
_ASKED: Final = re.compile(r"\{(decided|placeable) ([a-z_.]+)\}")
_ANSWERS: Final = {"decided": DECIDED, "placeable": PLACEABLE}
#: Steps that write what rows say of people, but for their coverage.
_AGAIN: Final = ("apply_persons", "apply_identifiers", "apply_households", "apply_members")


@functools.cache
def statement(step: str) -> str:
    """The text of the step; where it asks how a row stands with people, with what tells it."""
    return _ASKED.sub(_answer, _text(step))


def _answer(found: re.Match[str]) -> str:
    return _ANSWERS[found[1]].format(row=found[2])


def _text(step: str) -> str:
    return (SQL / f"{step}.sql").read_text(encoding="utf-8")


@functools.cache
def _applied(condition: str) -> str:
    """The statement that gathers rows as applying does, for other rows."""
    head, found, _where = statement("apply_range").partition("\nWHERE ")
    if not found:
        raise LookupError("apply_range.sql gathers rows without a condition")
    return f"{head}\nWHERE {condition};\nANALYZE applied;"


@functools.cache
def _coverage() -> str:
    """The statement that works out the coverage of gathered rows, without writing it."""
    text = statement("apply_spells")
    begin, insert = text.index("WITH "), text.index("INSERT INTO")
    chosen, conflict = text.index("SELECT", insert), text.index("ON CONFLICT")
    columns = (
        "person_id, scheme, area_id, period, state, reason, special_group, contribution_amount,"
        " source_row_id"
    )
    return (
        f"CREATE TEMP TABLE coverage ({columns}) ON COMMIT DROP AS\n"
        f"{text[begin:insert]}{text[chosen:conflict]};"
    )


def run(step: str, facts: dict[str, Any] | None = None) -> None:
    """One step of SQL; the crash point behind it bears its name."""
    with connection.cursor() as cursor:
        cursor.execute(statement(step), facts or {})
    crash.point(step)


def execute(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


def gather(condition: str) -> None:
    """The rows for which the condition holds stand in pg_temp.applied, their places in place."""
    execute(_applied(condition))
    run("apply_places")


def forget_gathered() -> None:
    execute("DROP TABLE applied, place")


def follow_openers(step: str, facts: dict[str, Any] | None = None) -> None:
    """Files say what the rows say that speak for them now; `step` gathers what rows said before.
    In: pg_temp.applied (openers), place."""
    run(step, facts)
    run("opener_values")


def release(facts: dict[str, Any]) -> None:
    """What only the changed rows had said of the touched people is gone from the roll, and what
    other rows say of them stands there. In: pg_temp.changed_row, touched, left_household."""
    run("left_release")
    execute(
        "CREATE TEMP TABLE again ON COMMIT DROP AS SELECT DISTINCT person_id FROM touched;"
        "ANALYZE again"
    )
    gather(_STANDS + " AND link.person_id IN (SELECT person_id FROM again)")  # noqa: S608 (own text)
    for step in _AGAIN:
        run(step, facts)
    forget_gathered()


def cover_changed_rows() -> None:
    """The coverage of the corrected rows is what they say now. In: pg_temp.corrected."""
    gather("link.row_id IN (SELECT row_id FROM corrected)")
    execute(_coverage())
    run("correct_spells")
    run("apply_spells")
    execute("DROP TABLE coverage")
    forget_gathered()


def decide_doubles() -> None:
    """Of several coverages on a day the right one is in force, for everybody touched."""
    execute(
        "CREATE TEMP TABLE applied ON COMMIT DROP AS SELECT person_id FROM again"
        " UNION SELECT person_id FROM changed_person"
    )
    run("apply_precedence")
    execute("DROP TABLE applied")
    run("left_households")
    execute("DROP TABLE again, changed_person, touched, left_household")
