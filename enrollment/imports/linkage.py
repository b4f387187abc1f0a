"""Linking a roster's rows to people: columns out of PostgreSQL, links and pairs back in."""

from pathlib import Path
from typing import Any

import polars as pl
from django.db import connection

from bureau.core import bulk, files
from enrollment.imports import edition_compare, edition_links, match
from enrollment.imports.resettle import statement
from enrollment.models import LinkageModelVersion, RosterBatch
from enrollment.services import linkage as models
from enrollment.services import rosters

SQL = Path(__file__).parent / "sql"
ROW_SCHEMA = {
    "row_id": pl.Int64,
    "roster": pl.String,
    "file": pl.String,
    "sheet": pl.String,
    "row_no": pl.Int64,
    "id_number": pl.String,
    "id_text": pl.String,
    "id_state": pl.String,
    "id_suggestion": pl.String,
    "name_key": pl.String,
    "birth_on": pl.Date,
    "birth_part": pl.String,
    "sex": pl.String,
    "household_no": pl.String,
    "relation_code": pl.String,
    "area": pl.String,
    "phone": pl.String,
    "address": pl.String,
    "outcome": pl.String,
}
WAITING_SCHEMA = ROW_SCHEMA | {"placeable": pl.Boolean}
PERSON_SCHEMA = {
    "person_id": pl.Int64,
    "id_number": pl.String,
    "name_key": pl.String,
    "birth_on": pl.Date,
    "sex": pl.String,
    "household_no": pl.String,
    "area": pl.String,
    "phone": pl.String,
    "address": pl.String,
}


def roster_rows(batch: RosterBatch) -> pl.DataFrame:
    """The roster's rows that are records, as columns for comparing, in memory."""
    return bulk.read_frame(
        connection, statement("link_roster_rows"), {"batch": batch.pk}, ROW_SCHEMA
    )


def roster_files(batch: RosterBatch, folder: Path) -> Path:
    """The same rows as files in the folder, however many there are."""
    return _files("link_roster_rows", batch, ROW_SCHEMA, folder)


def _files(query: str, batch: RosterBatch, schema: dict[str, Any], folder: Path) -> Path:
    text, facts = statement(query), {"batch": batch.pk}
    return bulk.read_parquet(connection, text, facts, schema, folder / query)


def link_roster(batch: RosterBatch) -> None:
    """Every row of the roster whose person is certain is linked, and pairs to decide are listed.
    Rows of earlier rosters that wait and whose person it tells are listed with that person.

    Replaces what an earlier linkage of this roster found; call it inside one transaction. New
    people get their file numbers here; their files are opened when the roster is applied.
    """
    revision = rosters.roll_revision()
    version = models.version_in_use()
    edition_compare.compare(batch)
    apart = dict.fromkeys(match.APART_COLUMNS, pl.Int64)
    with files.scratch_folder("linkage") as folder:
        compared = roster_files(batch, folder)
        linkage = match.link_rows(
            compared,
            _files("link_persons", batch, PERSON_SCHEMA, folder),
            waiting=_files("link_waiting_rows", batch, WAITING_SCHEMA, folder),
            apart=_files("link_apart", batch, apart, folder),
            workspace=match.Workspace(folder),
            model=models.model_of(version),
        )
        rows = pl.scan_parquet(compared).select("row_id", "outcome").collect()
    links = certain_links(linkage.links, _with_disputes(rows, linkage.findings))
    known = edition_links.former_people(batch)
    links = edition_links.with_former_people(links, known)
    _forget_linkage(batch)
    _hold_disputed_rows(linkage.findings, rows)
    created = number_new_people(links)
    links = links.join(created, on="cluster", how="left").with_columns(
        pl.coalesce("person_id", "new_person_id").alias("person_id")
    )
    store_links(batch, links, version)
    told = told_people(linkage.placed, links)
    store_told(batch, told, version)
    edition_links.hold_others(batch)
    asked = edition_links.without_former_people(linkage.pairs, known)
    pair_count = store_pairs(batch, asked, version)
    RosterBatch.objects.filter(pk=batch.pk).update(
        matched_revision=revision,
        persons_created=created.height,
        rows_attached=links.height - created.height,
        pairs_found=pair_count,
        rows_told=told.height,
    )


def certain_links(links: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The links of this roster's rows whose person is certain, with the row that opens a new file.

    A row alone is certain when nothing holds it back, or when it bears its number out undisputed.
    Output: `row_id, cluster, person_id, tier, score, evidence, holds_number, opens_file`.
    """
    own = links.join(rows.select("row_id", "outcome"), on="row_id", how="inner")
    certain = own.filter(
        pl.col("tier").is_not_null()
        | pl.col("person_id").is_not_null()
        | pl.col("holds_number")
        | pl.col("outcome").is_in(["ACCEPTED", "FIXED"])
    )
    opens = (
        certain.filter(pl.col("person_id").is_null())
        .sort(
            # The clean row speaks for the person, else the one that bears its number out.
            pl.col("outcome").replace_strict({"ACCEPTED": 0, "FIXED": 1}, default=2),
            pl.col("holds_number").not_(),
            "row_id",
        )
        .group_by("cluster", maintain_order=True)
        .first()
        .select("row_id", pl.lit(value=True).alias("opens_file"))
    )
    return certain.join(opens, on="row_id", how="left").select(
        "row_id",
        "cluster",
        "person_id",
        pl.col("tier").fill_null("ALONE"),
        pl.col("score").fill_null(1.0),
        pl.col("evidence").fill_null(pl.lit([], dtype=pl.List(pl.String))),
        "holds_number",
        pl.col("opens_file").fill_null(value=False),
    )


def _forget_linkage(batch: RosterBatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM enrollment_candidatepair WHERE batch_id = %s AND state = 'OPEN'",
            [batch.pk],
        )
        cursor.execute("DELETE FROM enrollment_rosterlink WHERE batch_id = %s", [batch.pk])
        cursor.execute("DELETE FROM enrollment_foundperson WHERE batch_id = %s", [batch.pk])


def _with_disputes(rows: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """The rows as they will be once held: a disputed number opens no file, now or when repeated."""
    disputed = pl.col("row_id").is_in(findings["row_id"].implode())
    clean = pl.col("outcome").is_in(["ACCEPTED", "FIXED"])
    return rows.with_columns(
        outcome=pl.when(disputed & clean).then(pl.lit("REVIEW")).otherwise("outcome")
    )


def _hold_disputed_rows(findings: pl.DataFrame, rows: pl.DataFrame) -> None:
    """Rows whose number another roster disputes wait for a clerk, with the reason."""
    own = findings.join(rows.select("row_id"), on="row_id", how="semi")
    add_reasons(own.group_by("row_id").agg(pl.col("reason").unique().sort().alias("reasons_added")))


def add_reasons(found: pl.DataFrame) -> None:
    """Rows get further reasons and wait for a clerk; a rejected row stays rejected.

    `found`: `row_id`, `reasons_added` (list). Doing it twice is doing it once.
    """
    if found.is_empty():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE found (row_id bigint PRIMARY KEY, reasons_added text[])"
            " ON COMMIT DROP"
        )
        bulk.copy_frame(connection, "found", found.select("row_id", "reasons_added"))
        cursor.execute(
            """
            UPDATE enrollment_rosterrow staged
            SET outcome = CASE WHEN outcome = 'REJECTED' THEN outcome ELSE 'REVIEW' END,
                reasons = ARRAY(SELECT DISTINCT reason
                                FROM unnest(staged.reasons || found.reasons_added) reason
                                WHERE reason <> ALL (staged.confirmed)
                                ORDER BY reason)
            FROM found WHERE found.row_id = staged.id
              -- What a person found right as it is is not asked again.
              AND NOT found.reasons_added <@ staged.confirmed
              AND NOT (staged.reasons @> found.reasons_added
                       AND staged.outcome IN ('REVIEW', 'REJECTED'))
            """
        )
        cursor.execute("DROP TABLE found")


def number_new_people(links: pl.DataFrame) -> pl.DataFrame:
    """A file number from the sequence for every cluster that is new to the roll."""
    clusters = links.filter(pl.col("opens_file")).select("cluster").sort("cluster")
    numbers = bulk.read_frame(
        connection,
        "SELECT nextval(pg_get_serial_sequence('enrollment_person', 'id'))"
        " FROM generate_series(1, %(count)s)",
        {"count": clusters.height},
        {"new_person_id": pl.Int64},
    )
    return clusters.hstack(numbers)


def store_links(
    batch: RosterBatch, links: pl.DataFrame, version: LinkageModelVersion | None
) -> None:
    """The links are on record with the version of the model that found them, by COPY."""
    bulk.copy_frame(
        connection,
        "enrollment_rosterlink",
        links.select(
            "row_id",
            pl.lit(batch.pk).alias("batch_id"),
            "person_id",
            "opens_file",
            "holds_number",
            "tier",
            "score",
            "evidence",
            pl.lit(version.pk if version else None, dtype=pl.Int64).alias("model_version_id"),
        ),
    )


def told_people(placed: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """The waiting rows with the file numbers of the people whom the roster's links tell.

    `links` as from `certain_links`, each with its person. Output: `row_id, person_id, score,
    evidence`.
    """
    people = links.select("cluster", told="person_id").unique("cluster", keep="first")
    return (
        placed.join(people, on="cluster", how="left", maintain_order="left")
        .with_columns(person_id=pl.coalesce("person_id", "told"))
        .join(links.select("person_id"), on="person_id", how="semi", maintain_order="left")
        .select("row_id", "person_id", "score", "evidence")
    )


def store_told(batch: RosterBatch, told: pl.DataFrame, version: LinkageModelVersion) -> None:
    """Whose the waiting rows are is on record; nothing follows before the roster is applied."""
    bulk.copy_frame(
        connection,
        "enrollment_foundperson",
        told.select(
            "row_id",
            pl.lit(batch.pk).alias("batch_id"),
            "person_id",
            "score",
            "evidence",
            pl.lit(version.pk).alias("model_version_id"),
        ),
    )


def store_pairs(batch: RosterBatch, pairs: pl.DataFrame, version: LinkageModelVersion) -> int:
    """The pairs a clerk is asked about, without what a clerk has said already; returns how many."""
    if pairs.is_empty():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE found_pair (row_a bigint, row_b bigint, person_b bigint,"
            " score double precision, reasons text[]) ON COMMIT DROP"
        )
        bulk.copy_frame(
            connection,
            "found_pair",
            pairs.select("row_a", "row_b", "person_b", "score", "reasons"),
        )
        for step in ("ask_pairs", "store_pairs"):
            cursor.execute(statement(step), {"batch": batch.pk, "version": version.pk})
        inserted: int = cursor.rowcount
        cursor.execute("DROP TABLE found_pair, asked_pair, spoken_of")
    return inserted
