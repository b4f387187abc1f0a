"""How the lines of a newer edition compare with the rows that stand of the former one, set-based.

Which two are the same line is said by ADR 23: the tiers below, strongest first, each only where
both sides have the key once among what is left. Nothing of the roll is touched.
"""

# ruff: noqa: S608 (the statements are made of own texts and names of columns alone)

from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext_lazy as _

from bureau.core import crash
from bureau.core.errors import DomainError
from bureau.intake.shapes import FileLayout
from enrollment.choices import Outcome, Reason
from enrollment.choices.judged import MAY_BE_LEFT_OUT
from enrollment.imports.resettle import statement
from enrollment.models import RosterBatch, RosterEdition, RosterFile, RosterRow

#: The columns of a row that each field of a file feeds, as they are compared.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "id_number": ("id_number", "id_text"),
    "name": ("name",),
    "birth_on": ("birth_on", "birth_part"),
    "sex": ("sex",),
    "household_no": ("household_no",),
    "relation": ("relation_code", "relation"),
    "head_name": ("head_name",),
    "member_no": ("member_no",),
    "psn_no": ("psn_no",),
    "town": ("town",),
    "village": ("village",),
    "address": ("address",),
    "phone": ("phone",),
    "ethnicity": ("ethnicity",),
    "special_group": ("special_group",),
    "amount": ("amount",),
    "begins_on": ("begins_on",),
    "area_code": ("area_code",),
    "status": ("status",),
    "remarks": ("remarks",),
}
#: The keys by which two lines are one, strongest first; a null in a key is no key.
TIERS: Final[tuple[tuple[str, str], ...]] = (
    ("id_number, name_key", ""),
    ("id_number", ""),
    ("id_text, name_key", ""),
    ("member_no, name_key", ""),
    ("psn_no, name_key", ""),
    ("name_key, born, household_no, place", ""),
    # Two people of one name and birthday in a town are told apart by their numbers.
    ("name_key, born, place", "AND coalesce(old_side.id_number = new_side.id_number, true)"),
    (
        "name_key, household_no, relation_code, place",
        "AND coalesce(old_side.id_number = new_side.id_number, true)",
    ),
)
#: By these keys a line that found no partner may still be one of the rows that are left.
DOUBTS: Final = ("id_number", "name_key, born, place", "name_key, household_no, place")
#: Fields of which one at least is needed to say which of two equal lines is whose.
TELLING: Final = frozenset({"id_number", "member_no", "psn_no", "birth_on", "household_no"})
#: Of equal lines fewer came again than stand: whose is missing, the file does not say.
_NAMESAKES: Final = """
    CREATE TEMP TABLE fewer ON COMMIT DROP AS
    SELECT said_as FROM (SELECT said_as, count(*) AS lines FROM old_line GROUP BY said_as) stands
    JOIN (SELECT said_as, count(*) AS lines FROM new_line GROUP BY said_as) came USING (said_as)
    WHERE came.lines < stands.lines;
    UPDATE old_line SET said_as = NULL, is_doubted = true
    FROM fewer WHERE fewer.said_as = old_line.said_as;
    UPDATE new_line SET said_as = NULL, is_doubted = true
    FROM fewer WHERE fewer.said_as = new_line.said_as;
    DROP TABLE fewer
"""

_COUNTS_AGAIN: Final = """
    UPDATE enrollment_rosterrow staged
    SET reasons = array_remove(reasons, %(left_out)s),
        outcome = CASE WHEN reasons <> ARRAY[%(left_out)s]::text[] THEN 'REVIEW'
                       WHEN cardinality(fixes) > 0 THEN 'FIXED' ELSE 'ACCEPTED' END
    WHERE batch_id = %(batch)s AND stands_by_id IS NOT NULL AND outcome = 'REJECTED'
      AND is_settled AND reasons @> ARRAY[%(left_out)s]::text[]
"""


def compare(batch: RosterBatch) -> None:
    """Every line of the edition, and every row it leaves out, has its state; nothing for others.

    Replaces what an earlier comparison found; whose coverage is to end stays chosen. Call it in a
    transaction, before the roster is linked.
    """
    edition = edition_of(batch)
    if edition is None:
        return
    forget(batch)
    _expect_places(edition)
    fields = compared_fields(batch)
    columns = [column for field in fields for column in COLUMNS[field]]
    facts = {
        "edition": edition.pk, "batch": batch.pk, "unsure": Reason.EDITION_UNSURE.value,
        "left_out": Reason.LEFT_OUT.value,
        # Whether a line is that of its former row is asked by each comparison.
        "for_which": sorted(MAY_BE_LEFT_OUT - {Reason.EDITION_UNSURE}),
        "only_places": edition.only_places,
    }  # fmt: skip
    sides = _with_columns("edition_sides", columns).replace("{place}", _place(batch))
    _run(sides, facts)
    if not TELLING.intersection(fields):
        _execute(_NAMESAKES)
    _pair("said_as, again", "", clean_only=False)
    for keys, further in TIERS:
        for clean_only in (True, False):
            _pair(keys, further, clean_only=clean_only)
    for keys in DOUBTS:
        _doubt(keys)
    lines = statement("edition_lines").replace("{fields}", _changed_fields(fields, "former"))
    _run(lines.replace("{said_before}", _changed_fields(fields, "first")), facts)
    RosterEdition.objects.filter(pk=edition.pk).update(compared=fields)
    crash.point("edition_compared")


def _expect_places(edition: RosterEdition) -> None:
    """An edition of some townships alone names them."""
    named = RosterRow.objects.filter(batch=edition.batch_id, town__gt="").exclude(
        outcome=Outcome.NOT_RECORD
    )
    if edition.only_places and not named.exists():
        raise DomainError(
            "EDITION_NAMES_NO_TOWN",
            _(
                "The files name no township, so that it is not known which rows of the former "
                "edition they replace. Withdraw this roster; then send it with a column or title "
                "of the township, or as a newer edition of the whole."
            ),
        )


def forget(batch: RosterBatch) -> None:
    """No former row stands for a line of the roster until it is compared again.

    A line that was left out as its former row had been counts again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS_AGAIN, {"batch": batch.pk, "left_out": Reason.LEFT_OUT.value})
    RosterRow.objects.filter(batch=batch, stands_by__isnull=False).update(
        stands_by=None, is_settled=False
    )


def edition_of(batch: RosterBatch) -> RosterEdition | None:
    """That the roster is a newer edition of another, while it is one."""
    return RosterEdition.objects.filter(batch=batch, is_open=True).first()


def compared_fields(batch: RosterBatch) -> list[str]:
    """The fields that the roster has a column for: what it does not tell, it does not change."""
    told: set[str] = set()
    for file in RosterFile.objects.filter(batch=batch, withdrawn=False).order_by("pk"):
        layout = FileLayout.from_json(file.layout)
        told |= {
            name
            for sheet in layout.sheets
            if sheet.kept
            for column in sheet.columns
            for name in column.fed
        }
    return [field for field in COLUMNS if field in told]


def _with_columns(step: str, columns: list[str]) -> str:
    """The step with the digest of the compared values in its place."""
    values = ", ".join(f"staged.{column}::text" for column in columns) or "''"
    return statement(step).replace("{said_as}", f"md5(ARRAY[{values}]::text)")


def _place(batch: RosterBatch) -> str:
    """Where a line is, by what the newer edition tells of it: a file of one township names none."""
    told = []
    for column in ("area_code", "town"):
        if RosterRow.objects.filter(batch=batch, **{f"{column}__gt": ""}).exists():
            told.append(f"staged.{column}")
    return f"concat_ws('/', {', '.join(told)})" if told else "''"


def _changed_fields(fields: list[str], earlier: str) -> str:
    """An array of the fields in which the line differs from what was said earlier."""
    parts = []
    for field in fields:
        old, new = (
            ", ".join(f"{side}.{column}" for column in COLUMNS[field])
            for side in (earlier, "staged")
        )
        parts.append(f"CASE WHEN ROW({old}) IS DISTINCT FROM ROW({new}) THEN '{field}' END")
    return f"array_remove(ARRAY[{', '.join(parts)}]::text[], NULL)" if parts else "'{}'::text[]"


def _pair(keys: str, further: str, *, clean_only: bool) -> None:
    """Lines and rows of which both sides have the key once, among those left, are one."""
    named = [key.strip() for key in keys.split(",")]
    known = " AND ".join(f"{key} IS NOT NULL" for key in named)
    clean = "AND is_clean" if clean_only else ""
    side = f"""
        SELECT {keys}, min(id) AS id, min(id_number) AS held FROM {{table}}
        WHERE NOT is_paired AND {known} {clean}
        GROUP BY {keys} HAVING count(*) = 1
    """
    equal = " AND ".join(f"old_side.{key} = new_side.{key}" for key in named)
    further = further.replace("old_side.id_number", "old_side.held").replace(
        "new_side.id_number", "new_side.held"
    )
    _execute(
        f"""
        CREATE TEMP TABLE found_pair ON COMMIT DROP AS
        SELECT old_side.id AS old_id, new_side.id AS new_id
        FROM ({side.format(table="old_line")}) old_side
        JOIN ({side.format(table="new_line")}) new_side ON {equal} {further};
        INSERT INTO line_pair (old_id, new_id) SELECT old_id, new_id FROM found_pair;
        UPDATE old_line SET is_paired = true FROM found_pair WHERE old_line.id = found_pair.old_id;
        UPDATE new_line SET is_paired = true FROM found_pair WHERE new_line.id = found_pair.new_id;
        DROP TABLE found_pair
        """
    )


def _doubt(keys: str) -> None:
    """What is left on both sides under one key may be one line: it is to be looked at."""
    named = [key.strip() for key in keys.split(",")]
    equal = " AND ".join(f"old_line.{key} = new_line.{key}" for key in named)
    for table, other in (("old_line", "new_line"), ("new_line", "old_line")):
        _execute(
            f"UPDATE {table} SET is_doubted = true WHERE NOT is_paired AND NOT is_doubted"
            f" AND EXISTS (SELECT FROM {other} WHERE NOT {other}.is_paired AND {equal})"
        )


def _run(text: str, facts: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, facts)


def _execute(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)
