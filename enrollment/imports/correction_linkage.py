"""Corrected rows beside the whole roster and the roll: disputed numbers, second listings, whose."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl
from django.db import connection

from bureau.core import bulk, files
from enrollment.choices import Reason
from enrollment.imports import edition_links, judgements, linkage, match
from enrollment.imports.roster_checks import check_rosters
from enrollment.models import RosterCorrection
from enrollment.services import linkage as models
from enrollment.services import rosters

#: Reasons that rows get from other rows, and lose when those change.
OF_OTHERS: Final = tuple(
    reason.value
    for reason in (
        Reason.ID_OF_PARENT,
        Reason.ID_SHARED,
        Reason.ID_ISSUED_TWICE,
        Reason.LISTED_TWICE,
        Reason.ID_ENDS_000,
    )
)
_JUDGED: Final = ("NEW", "CHANGED", "WRONG")
_TAKEN: Final = ("NEW", "CHANGED", "RELEASED")
_SQL: Final = Path(__file__).parent / "sql"

_NUMBER_NEW_ROWS = """
    UPDATE enrollment_correctedrow
    SET row_id = nextval(pg_get_serial_sequence('enrollment_rosterrow', 'id'))
    WHERE correction_id = %s AND row_id IS NULL AND verdict IN ('NEW', 'WRONG')
"""
#: What is kept of a row, for statements that copy rows into lines.
_VALUES: Final = (
    "raw", "outcome", "reasons", "fixes", "confirmed", "id_number", "id_text", "id_state",
    "id_suggestion", "name", "name_key", "name_initials", "birth_on", "birth_part", "sex",
    "household_no",
    "relation", "relation_code", "head_name", "member_no", "psn_no", "town", "village", "address",
    "phone", "ethnicity", "special_group", "amount", "year", "begins_on", "area_code", "status",
    "remarks",
)  # fmt: skip
#: Rows held because of a number that the corrected ones no longer carry.
_PARTNERS = """
    staged.batch_id = %(batch)s AND staged.outcome = 'REVIEW' AND NOT staged.is_settled
    AND staged.reasons && %(of_others)s
    AND staged.id_number IN (
        SELECT old.id_number FROM enrollment_correctedrow line
        JOIN enrollment_rosterrow old ON old.id = line.row_id
        WHERE line.correction_id = %(correction)s AND line.verdict = 'CHANGED'
          AND old.id_number IS NOT NULL
          AND (line.id_number IS DISTINCT FROM old.id_number OR line.is_settled))
"""
_TAKE_PARTNERS = f"""
    CREATE TEMP TABLE partner_line ON COMMIT DROP AS
    SELECT line.id FROM enrollment_correctedrow line
    JOIN enrollment_rosterrow staged ON staged.id = line.row_id
    WHERE line.correction_id = %(correction)s AND line.verdict = 'SAME' AND {_PARTNERS};
    UPDATE enrollment_correctedrow line
    SET verdict = 'WRONG', {", ".join(f"{name} = staged.{name}" for name in _VALUES)}
    FROM partner_line, enrollment_rosterrow staged
    WHERE line.id = partner_line.id AND staged.id = line.row_id;
    INSERT INTO enrollment_correctedrow
        (correction_id, roster_file_id, roster_sheet, row_id, version_seen, verdict, sheet, row_no,
         {", ".join(_VALUES)})
    SELECT %(correction)s, staged.file_id, staged.sheet, staged.id, staged.version, 'RELEASED',
           staged.sheet, staged.row_no, {", ".join(f"staged.{name}" for name in _VALUES)}
    FROM enrollment_rosterrow staged WHERE {_PARTNERS}
    ON CONFLICT DO NOTHING
"""  # noqa: S608 (own names)
#: A line without a change whose row is not free after all is what it was.
_PARTNERS_BACK = """
    UPDATE enrollment_correctedrow line SET verdict = 'SAME'
    FROM partner_line WHERE line.id = partner_line.id AND line.verdict = 'WRONG';
    DROP TABLE partner_line
"""
_RESET = """
    UPDATE enrollment_correctedrow
    SET reasons = ARRAY(SELECT reason FROM unnest(reasons) reason WHERE reason <> ALL (%(of)s))
    WHERE correction_id = %(correction)s AND reasons && %(of)s
      AND verdict IN ('NEW', 'CHANGED', 'WRONG', 'RELEASED')
"""
_SETTLE = """
    UPDATE enrollment_correctedrow
    SET outcome = CASE WHEN outcome IN ('REJECTED', 'NOT_RECORD') THEN outcome
                       WHEN cardinality(reasons) > 0 THEN 'REVIEW'
                       WHEN cardinality(fixes) > 0 THEN 'FIXED' ELSE 'ACCEPTED' END
    WHERE correction_id = %s AND verdict IN ('NEW', 'CHANGED', 'WRONG', 'RELEASED')
"""
#: What each line comes to once all that speaks against it is known.
_VERDICTS = """
    UPDATE enrollment_correctedrow
    SET verdict = CASE WHEN is_settled OR outcome IN ('ACCEPTED', 'FIXED')
                       THEN CASE WHEN version_seen IS NULL THEN 'NEW' ELSE 'CHANGED' END
                       ELSE 'WRONG' END
    WHERE correction_id = %s AND verdict IN ('NEW', 'CHANGED', 'WRONG')
"""
_DAMAGED = """
    SELECT EXISTS (SELECT FROM enrollment_rosterrow
                   WHERE batch_id = %s AND 'ID_ZEROES' = ANY (reasons))
"""
#: People of the roll whom the corrected rows alone stand for: they are what the rows will say.
_EXCLUSIVE = """
    SELECT link.person_id
    FROM enrollment_correctedrow line
    JOIN enrollment_rosterlink link ON link.row_id = line.row_id AND link.tier <> 'CLERK'
    JOIN enrollment_person person ON person.id = link.person_id AND person.state = 'ACTIVE'
    WHERE line.correction_id = %(correction)s AND line.verdict = ANY (%(verdicts)s)
      AND NOT EXISTS (SELECT FROM enrollment_rosterlink other
                      JOIN enrollment_rosterbatch batch
                        ON batch.id = other.batch_id AND batch.state = 'APPLIED'
                      WHERE other.person_id = link.person_id AND other.row_id NOT IN (
                          SELECT row_id FROM enrollment_correctedrow
                          WHERE correction_id = %(correction)s AND verdict = ANY (%(verdicts)s)
                            AND row_id IS NOT NULL))
      AND NOT EXISTS (SELECT FROM enrollment_person absorbed
                      WHERE absorbed.merged_into_id = link.person_id)
"""


@dataclasses.dataclass(frozen=True)
class Linked:
    """What comparing the corrected rows found: links of certain rows, pairs to ask about."""

    links: pl.DataFrame
    pairs: pl.DataFrame
    revision: int


def judge(correction: RosterCorrection) -> None:
    """Each line's outcome and verdict count what the whole roster and the roll say of it.

    Rows that are held because of a corrected one are added where they are free now. Replaces what
    an earlier look found; call it in one transaction.
    """
    facts: dict[str, Any] = {
        "correction": correction.pk,
        "batch": correction.batch_id,
        "of_others": list(OF_OTHERS),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM enrollment_correctedrow WHERE correction_id = %s AND verdict = 'RELEASED'",
            [correction.pk],
        )
        cursor.execute(_NUMBER_NEW_ROWS, [correction.pk])
        cursor.execute(_RESET, {"correction": correction.pk, "of": list(OF_OTHERS)})
        cursor.execute(_SETTLE, [correction.pk])
        cursor.execute(_TAKE_PARTNERS, facts)
        # A partner is judged anew from what its own cells say.
        again = [*OF_OTHERS, Reason.EDITION_UNSURE.value]
        cursor.execute(_RESET, {"correction": correction.pk, "of": again})
        cursor.execute(_SETTLE, [correction.pk])
    judgements.recall_lines(correction)
    found = _look(correction, (*_JUDGED, "RELEASED"))
    judgements.recall_lines(correction)
    known = edition_links.former_people_of(correction)
    edition_links.hold_corrected(correction, edition_links.with_former_people(found.links, known))
    with connection.cursor() as cursor:
        cursor.execute(_VERDICTS, [correction.pk])
        cursor.execute(_PARTNERS_BACK)
        cursor.execute(
            "DELETE FROM enrollment_correctedrow WHERE correction_id = %s"
            " AND verdict = 'RELEASED' AND outcome NOT IN ('ACCEPTED', 'FIXED')",
            [correction.pk],
        )


def link(correction: RosterCorrection) -> Linked:
    """The lines that are taken are compared once more; those that something speaks against are not.

    Call it in one transaction that holds the roll.
    """
    while True:
        found = _look(correction, _TAKEN)
        if not refuse(correction):
            return found


def refuse(correction: RosterCorrection) -> int:
    """Lines that were to be taken and that something speaks against are not; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_correctedrow SET verdict = 'WRONG' WHERE correction_id = %s"
            " AND verdict IN ('NEW', 'CHANGED') AND NOT is_settled"
            " AND outcome NOT IN ('ACCEPTED', 'FIXED')",
            [correction.pk],
        )
        refused: int = cursor.rowcount
        cursor.execute(
            "DELETE FROM enrollment_correctedrow WHERE correction_id = %s"
            " AND verdict = 'RELEASED' AND outcome NOT IN ('ACCEPTED', 'FIXED')",
            [correction.pk],
        )
        return refused + int(cursor.rowcount)


def _look(correction: RosterCorrection, verdicts: Sequence[str]) -> Linked:
    """Compares the lines with their roster and the roll, and notes what speaks against them."""
    facts: dict[str, Any] = {"correction": correction.pk, "verdicts": list(verdicts)}
    revision = rosters.roll_revision()
    rows = _read("correction_rows", facts, linkage.ROW_SCHEMA)
    batch = correction.batch
    with files.scratch_folder("corrections") as folder:
        workspace = match.Workspace(folder)
        whole = pl.concat([linkage.roster_rows(batch).join(rows, on="row_id", how="anti"), rows])
        checks = check_rosters(whole, workspace=workspace)
        waiting = _read("correction_waiting", {"batch": batch.pk}, linkage.ROW_SCHEMA)
        compared = match.link_rows(
            rows,
            _persons(facts),
            waiting=waiting.join(rows, on="row_id", how="anti"),
            workspace=workspace,
            apart=_read(
                "link_apart", {"batch": batch.pk}, dict.fromkeys(match.APART_COLUMNS, pl.Int64)
            ),
            model=models.model_of(models.version_in_use()),
        )
    _add_reasons(correction, rows, checks, compared.findings)
    links = linkage.certain_links(compared.links, rows)
    return Linked(links, compared.pairs, revision)


def _read(query: str, facts: dict[str, Any], schema: dict[str, Any]) -> pl.DataFrame:
    text = (_SQL / f"{query}.sql").read_text(encoding="utf-8")
    return bulk.read_frame(connection, text, facts, schema)


def _persons(facts: dict[str, Any]) -> pl.DataFrame:
    """The people of the roll but those whom the corrected rows alone stand for."""
    persons = _read("link_persons", {}, linkage.PERSON_SCHEMA)
    own = bulk.read_frame(connection, _EXCLUSIVE, facts, {"person_id": pl.Int64})
    return persons.join(own.unique(), on="person_id", how="anti")


def _add_reasons(
    correction: RosterCorrection, rows: pl.DataFrame, checks: pl.DataFrame, disputed: pl.DataFrame
) -> None:
    """Lines that other rows speak against get the reasons, and their outcome follows."""
    lists = checks.filter(pl.col("reasons_added").list.len() > 0).select(
        "row_id", pl.col("reasons_added").alias("reason")
    )
    found = pl.concat(
        [lists.explode("reason"), disputed.select("row_id", "reason"), _ends_000(correction, rows)],
        how="vertical_relaxed",
    ).join(rows.select("row_id"), on="row_id", how="semi")
    if found.is_empty():
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE spoken (row_id bigint, reason text) ON COMMIT DROP")
        bulk.copy_frame(connection, "spoken", found.select("row_id", "reason").unique())
        cursor.execute(
            """
            UPDATE enrollment_correctedrow line
            SET reasons = ARRAY(SELECT DISTINCT reason FROM unnest(line.reasons || spoken.reasons)
                                reason WHERE reason <> ALL (line.confirmed) ORDER BY reason)
            FROM (SELECT row_id, array_agg(reason) AS reasons FROM spoken GROUP BY row_id) spoken
            WHERE line.correction_id = %s AND line.row_id = spoken.row_id
            """,
            [correction.pk],
        )
        cursor.execute("DROP TABLE spoken")
        cursor.execute(_SETTLE, [correction.pk])


def _ends_000(correction: RosterCorrection, rows: pl.DataFrame) -> pl.DataFrame:
    """Where the roster holds damaged numbers, those that end in 000 wait."""
    with connection.cursor() as cursor:
        cursor.execute(_DAMAGED, [correction.batch_id])
        is_damaged = cursor.fetchone()[0]
    ending = rows.filter(pl.col("id_number").str.ends_with("000") & pl.lit(bool(is_damaged)))
    return ending.select("row_id", pl.lit(Reason.ID_ENDS_000.value).alias("reason"))
