"""Whose rows the changed lines of a newer edition are: those of the rows that they follow."""

from typing import Any, Final

import polars as pl
from django.db import connection

from bureau.core import bulk
from enrollment.choices import Reason
from enrollment.imports.edition_compare import edition_of
from enrollment.imports.resettle import statement
from enrollment.models import RosterBatch, RosterCorrection
from enrollment.rules.matching import FORMER_ROW

_FORMER: Final = """
    SELECT line.row_id, line.old_row_id, link.person_id
    FROM enrollment_rosteredition edition
    JOIN enrollment_editionline line ON line.edition_id = edition.id AND line.follows
    LEFT JOIN enrollment_rosterlink link ON link.row_id = line.old_row_id
    WHERE edition.batch_id = %(batch)s
"""
_SCHEMA: Final = {"row_id": pl.Int64, "old_row": pl.Int64, "former_person": pl.Int64}
#: The same for lines of corrections; one that was to be looked at may be its former row after all.
_FORMER_OF_LINES: Final = """
    SELECT line.row_id, line.old_row_id, link.person_id
    FROM enrollment_rosteredition edition
    JOIN enrollment_editionline line ON line.edition_id = edition.id AND NOT line.is_taken
     AND line.old_row_id IS NOT NULL AND (line.follows OR line.state = 'UNSURE')
    JOIN enrollment_correctedrow corrected
      ON corrected.row_id = line.row_id AND corrected.correction_id = %(correction)s
    LEFT JOIN enrollment_rosterlink link ON link.row_id = line.old_row_id
    WHERE edition.batch_id = %(batch)s AND edition.is_open
"""


def former_people(batch: RosterBatch) -> pl.DataFrame:
    """The lines that follow a former row, with its person if it has one; none for other rosters."""
    return bulk.read_frame(connection, _FORMER, {"batch": batch.pk}, _SCHEMA)


def with_former_people(links: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Lines that nobody of the roll is certain for stand for the person of their former row.

    So do the rows that are certainly one person with such a line. In and out: as `certain_links`.
    """
    known = known.filter(pl.col("former_person").is_not_null())
    if known.is_empty() or links.is_empty():
        return links
    own = links.join(known.select("row_id", "former_person"), on="row_id", how="inner")
    people = (
        own.group_by("cluster")
        .agg(pl.col("former_person").n_unique().alias("many"), pl.col("former_person").min())
        # Two former people in one cluster: which of them it is, nobody knows.
        .filter(pl.col("many") == 1)
        .drop("many")
    )
    joined = links.join(people, on="cluster", how="left", maintain_order="left")
    follows = pl.col("person_id").is_null() & pl.col("former_person").is_not_null()
    return joined.with_columns(
        tier=pl.when(follows & (pl.col("tier") == "ALONE"))
        .then(pl.lit(FORMER_ROW))
        .otherwise("tier"),
        opens_file=pl.col("opens_file") & ~follows,
        person_id=pl.coalesce("person_id", "former_person"),
    ).drop("former_person")


def without_former_people(pairs: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The pairs without those of a line and its own former row, or that row's person."""
    if known.is_empty() or pairs.is_empty():
        return pairs
    rows = known.select(pl.col("row_id").alias("row_a"), pl.col("old_row").alias("row_b"))
    people = known.filter(pl.col("former_person").is_not_null()).select(
        pl.col("row_id").alias("row_a"), pl.col("former_person").alias("person_b")
    )
    turned = rows.select(pl.col("row_b").alias("row_a"), pl.col("row_a").alias("row_b"))
    for own in (rows, turned):
        pairs = pairs.join(own, on=["row_a", "row_b"], how="anti", maintain_order="left")
    return pairs.join(people, on=["row_a", "person_b"], how="anti", maintain_order="left")


def hold_others(batch: RosterBatch) -> None:
    """Lines whose person is another's, or stands in the roster by a former row, are looked at.

    One that the roll takes for somebody else than its former row waits; found right by a person, it
    is new and its former row is left out.
    """
    facts: dict[str, Any] = {"batch": batch.pk, "unsure": Reason.EDITION_UNSURE.value}
    with connection.cursor() as cursor:
        cursor.execute(statement("edition_others"), facts)


def former_people_of(correction: RosterCorrection) -> pl.DataFrame:
    """As `former_people`, for the corrected lines of an edition that stands on the roll."""
    if not correction.into_roll:
        return pl.DataFrame(schema=_SCHEMA)
    facts = {"batch": correction.batch_id, "correction": correction.pk}
    return bulk.read_frame(connection, _FORMER_OF_LINES, facts, _SCHEMA)


def hold_corrected(correction: RosterCorrection, links: pl.DataFrame) -> int:
    """Corrected lines that would cover somebody twice, or replace what a person decided, wait on.

    `links` are those of the lines that are to be taken. Returns how many are not.
    """
    if not correction.into_roll or links.is_empty() or edition_of(correction.batch) is None:
        return 0
    facts: dict[str, Any] = {
        "batch": correction.batch_id,
        "correction": correction.pk,
        "unsure": Reason.EDITION_UNSURE.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE said_person (row_id bigint PRIMARY KEY, person_id bigint)"
            " ON COMMIT DROP"
        )
        bulk.copy_frame(connection, "said_person", links.select("row_id", "person_id"))
        cursor.execute(statement("edition_held_lines"), facts)
        held: int = cursor.rowcount
        cursor.execute("DROP TABLE said_person")
    return held
