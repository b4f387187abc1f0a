"""Rows of later rosters linked anew, as they would have been had the undone roster never come.

Only rows whose link may rest on the undone roster are looked at, beside their whole roster; what a
person decided stays.
"""

from typing import Any, Final

import polars as pl
from django.db import connection

from bureau.core import bulk, files
from enrollment.choices import Reason
from enrollment.imports import linkage, match
from enrollment.imports.resettle import statement
from enrollment.imports.roster_checks import check_rosters
from enrollment.models import LinkageModelVersion, RosterBatch, RosterUndo
from enrollment.services import linkage as models

#: Reasons that a row has because another row or a person of the roll disputes its number.
OF_DISPUTE: Final = tuple(
    reason.value for reason in (Reason.ID_OF_PARENT, Reason.ID_SHARED, Reason.ID_ISSUED_TWICE)
)
_AFFECTED: Final = """
    SELECT staged.id AS row_id, affected.shares_number::text, staged.outcome,
           array_to_string(staged.reasons, ','), array_to_string(staged.confirmed, ','),
           cardinality(staged.fixes)
    FROM affected JOIN enrollment_rosterrow staged ON staged.id = affected.row_id
    ORDER BY staged.id
"""
_AFFECTED_SCHEMA: Final = {
    "row_id": pl.Int64, "shares_number": pl.Boolean, "outcome_before": pl.String,
    "reasons_text": pl.String, "confirmed_text": pl.String, "fixes": pl.Int64,
}  # fmt: skip
_STANDING: Final = """
    SELECT row_id, person_id, opens_file::text, holds_number::text, tier,
           array_to_string(evidence, ',')
    FROM enrollment_rosterlink WHERE batch_id = %(batch)s
"""
_STANDING_SCHEMA: Final = {
    "row_id": pl.Int64, "stands_for": pl.Int64, "opened": pl.Boolean, "held": pl.Boolean,
    "tier_before": pl.String, "evidence_before": pl.String,
}  # fmt: skip
#: What is asked still rests on the evidence that there is now.
_EVIDENCE: Final = """
    UPDATE enrollment_candidatepair pair
    SET score = still_asked.score, evidence = still_asked.evidence, model_version_id = %(model)s
    FROM still_asked
    WHERE (still_asked.row_a, still_asked.row_b) = (pair.row_a_id, pair.row_b_id)
      AND pair.batch_id = %(batch)s AND pair.state IN ('OPEN', 'LATER', 'DISPUTED')
"""
#: The row that opens a person's file once the plan is carried out, for the pairs to ask about.
_OPENERS: Final = """
    SELECT person_id, min(row_id) FROM (
        SELECT link.person_id, link.row_id FROM enrollment_rosterlink link
        JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id AND batch.state = 'APPLIED'
        WHERE link.opens_file AND NOT EXISTS (
            SELECT FROM enrollment_undonerow line
            WHERE line.undo_id = %(undo)s AND line.row_id = link.row_id)
        UNION ALL
        SELECT person_after, row_id FROM enrollment_undonerow
        WHERE undo_id = %(undo)s AND opens_file AND person_after IS NOT NULL
    ) opening
    WHERE person_id = ANY (%(persons)s) GROUP BY person_id
"""
_NOT_ASKED: Final = """
    UPDATE enrollment_candidatepair pair
    SET state = 'VOID', decided_by = %(by)s, decided_at = %(at)s
    WHERE pair.batch_id = %(batch)s AND pair.state IN ('OPEN', 'LATER', 'DISPUTED')
      AND pair.id IN (
          WITH asked_about AS (
              SELECT row_id FROM affected UNION SELECT row_id FROM affected_told
          )
          SELECT about.id FROM asked_about
          JOIN enrollment_candidatepair about ON about.row_a_id = asked_about.row_id
          UNION
          SELECT about.id FROM asked_about
          JOIN enrollment_candidatepair about ON about.row_b_id = asked_about.row_id)
      AND NOT EXISTS (SELECT FROM still_asked
                      WHERE (still_asked.row_a, still_asked.row_b) = (pair.row_a_id, pair.row_b_id))
"""


def link_anew(undo: RosterUndo, batch: RosterBatch, *, by: str, at: Any) -> int:
    """Rows of the later roster that stand otherwise without the undone one are on record; how many.

    Call it in a transaction, for later rosters in the order in which they were applied: each looks
    at what was found for those before it.
    """
    facts = {"undo": undo.pk, "undone": undo.batch_id, "batch": batch.pk}
    with connection.cursor() as cursor:
        cursor.execute(statement("undo_affected"), facts)
        cursor.execute(statement("undo_told"), facts)
        cursor.execute("SELECT EXISTS (SELECT FROM affected_told)")
        is_told = bool(cursor.fetchone()[0])
    affected = bulk.read_frame(connection, _AFFECTED, {}, _AFFECTED_SCHEMA)
    found = 0
    if is_told or not affected.is_empty():
        found = _compare(undo, batch, affected, facts | {"by": by, "at": at})
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE affected, affected_told")
    return found


def _compare(
    undo: RosterUndo, batch: RosterBatch, affected: pl.DataFrame, facts: dict[str, Any]
) -> int:
    version = models.version_in_use()
    rows = linkage.roster_rows(batch)
    apart = bulk.read_frame(
        connection, statement("link_apart"), facts, dict.fromkeys(match.APART_COLUMNS, pl.Int64)
    )
    with files.scratch_folder("undo") as folder:
        workspace = match.Workspace(folder)
        # Whole rolls are compared from files, however many people there are.
        persons = bulk.read_parquet(
            connection, statement("undo_persons"), facts, linkage.PERSON_SCHEMA, folder / "persons"
        )
        waiting = bulk.read_parquet(
            connection, statement("undo_waiting"), facts, linkage.WAITING_SCHEMA, folder / "waiting"
        )
        within = check_rosters(rows, workspace=workspace)
        affected = _judged(affected, within.select("row_id", "reasons_added"))
        rows = _with_outcomes(rows, affected)
        compared = match.link_rows(
            rows,
            persons,
            waiting=waiting,
            apart=apart,
            workspace=workspace,
            model=models.model_of(version),
        )
        living = pl.scan_parquet(persons).select("person_id").unique().collect()
    disputed = compared.findings.group_by("row_id").agg(pl.col("reason").alias("reasons_added"))
    affected = _judged(affected, disputed)
    links = linkage.certain_links(compared.links, _with_outcomes(rows, affected))
    standing = bulk.read_frame(connection, _STANDING, facts, _STANDING_SCHEMA)
    lines, people = _lines(affected, links, standing, living)
    _keep(lines, facts)
    _keep_told(compared.placed, people, facts)
    _ask(undo, batch, compared.pairs, affected, version, facts)
    return lines.height


def _judged(affected: pl.DataFrame, added: pl.DataFrame) -> pl.DataFrame:
    """The rows with these further reasons; first without those of disputes that are looked at anew.

    In and out: `row_id`, `reasons`, `outcome`, and what they were.
    """
    if "reasons" not in affected.columns:
        affected = affected.with_columns(
            reasons=_texts("reasons_text").list.set_difference(list(OF_DISPUTE))
        )
    nothing = pl.lit([], dtype=pl.List(pl.String))
    more = affected.join(added, on="row_id", how="left").with_columns(
        reasons=pl.col("reasons")
        .list.set_union(pl.col("reasons_added").cast(pl.List(pl.String)).fill_null(nothing))
        .list.set_difference(_texts("confirmed_text"))
        .list.sort()
    )
    return more.drop("reasons_added").with_columns(
        outcome=pl.when(pl.col("reasons").list.len() > 0)
        .then(pl.lit("REVIEW"))
        .when(pl.col("fixes") > 0)
        .then(pl.lit("FIXED"))
        .otherwise(pl.lit("ACCEPTED"))
    )


def _texts(column: str) -> pl.Expr:
    """The list that was read as a text joined by commas."""
    text = pl.col(column).fill_null("")
    return (
        pl.when(text == "")
        .then(pl.lit([], dtype=pl.List(pl.String)))
        .otherwise(text.str.split(","))
    )


def _with_outcomes(rows: pl.DataFrame, affected: pl.DataFrame) -> pl.DataFrame:
    judged = affected.select("row_id", pl.col("outcome").alias("judged"))
    return (
        rows.join(judged, on="row_id", how="left", maintain_order="left")
        .with_columns(outcome=pl.coalesce("judged", "outcome"))
        .drop("judged")
    )


def _lines(
    affected: pl.DataFrame, links: pl.DataFrame, standing: pl.DataFrame, living: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The affected rows that stand otherwise now, each with its person; the person of each cluster.

    Rows that lie together with one that is not affected join its person. A file of which no other
    row is left goes on with its own row; other new people get their numbers.
    """
    rest = standing.join(affected.select("row_id"), on="row_id", how="anti")
    held = (
        links.join(rest.select("row_id", "stands_for"), on="row_id", how="inner")
        .group_by("cluster")
        .agg(pl.col("stands_for").min().alias("held_person"))
    )
    own = (
        links.join(affected.select("row_id"), on="row_id", how="semi")
        .join(held, on="cluster", how="left")
        .join(standing, on="row_id", how="left")
    )
    taken = pl.concat([living, rest.select(person_id="stands_for")])
    kept = (
        own.filter(
            pl.col("person_id").is_null()
            & pl.col("held_person").is_null()
            & pl.col("stands_for").is_not_null()
        )
        .join(taken, left_on="stands_for", right_on="person_id", how="anti")
        .sort(pl.col("opened").not_(), "row_id")
        .unique("stands_for", keep="first", maintain_order=True)
        .unique("cluster", keep="first", maintain_order=True)
        .select("cluster", kept_person="stands_for")
    )
    own = own.join(kept, on="cluster", how="left").with_columns(
        opens_file=pl.col("opens_file") & pl.col("held_person").is_null()
    )
    fresh = own.filter(
        pl.col("opens_file") & pl.coalesce("person_id", "held_person", "kept_person").is_null()
    )
    own = own.join(linkage.number_new_people(fresh), on="cluster", how="left").with_columns(
        person_id=pl.coalesce("person_id", "held_person", "kept_person", "new_person_id")
    )
    found = affected.join(
        own.select(
            "row_id", "person_id", "opens_file", "holds_number", "tier", "score", "evidence"
        ),
        on="row_id",
        how="left",
    ).join(standing, on="row_id", how="left")
    changed = (
        pl.col("person_id").ne_missing(pl.col("stands_for"))
        | (pl.col("opens_file").fill_null(value=False)
           != pl.col("opened").fill_null(value=False))
        | (pl.col("holds_number").fill_null(value=False)
           != pl.col("held").fill_null(value=False))
        | pl.col("tier").ne_missing(pl.col("tier_before"))
        | (pl.col("evidence").list.join(",").fill_null("")
           != pl.col("evidence_before").fill_null(""))
        | (pl.col("outcome") != pl.col("outcome_before"))
        | (pl.col("reasons").list.join(",") != pl.col("reasons_text").fill_null(""))
        # Another person's number may become free.
        | (pl.col("shares_number") & pl.col("person_id").is_not_null())
    )  # fmt: skip
    people = pl.concat(
        [own.select("cluster", "person_id"), held.select("cluster", person_id="held_person")]
    )
    return found.filter(changed), people.unique("cluster", keep="first", maintain_order=True)


def _keep(lines: pl.DataFrame, facts: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE found_line (row_id bigint, person_id bigint, opens_file boolean,"
            " holds_number boolean, tier text, score double precision, evidence text[],"
            " outcome text, reasons text[]) ON COMMIT DROP"
        )
        bulk.copy_frame(
            connection,
            "found_line",
            lines.select(
                "row_id", "person_id", "opens_file", "holds_number", "tier", "score", "evidence",
                "outcome", "reasons",
            ),
        )  # fmt: skip
        cursor.execute(statement("undo_lines"), facts)
        cursor.execute("DROP TABLE found_line")


def _keep_told(placed: pl.DataFrame, people: pl.DataFrame, facts: dict[str, Any]) -> None:
    """Waiting rows whose person the later roster tells without the undone one, or no longer."""
    told = placed.join(people.select("cluster", told="person_id"), on="cluster", how="left")
    told = told.with_columns(person_id=pl.coalesce("person_id", "told"))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE found_told (row_id bigint PRIMARY KEY, person_id bigint,"
            " score double precision, evidence text[]) ON COMMIT DROP"
        )
        bulk.copy_frame(
            connection,
            "found_told",
            told.drop_nulls("person_id").select("row_id", "person_id", "score", "evidence"),
        )
        cursor.execute(statement("undo_told_lines"), facts)
        cursor.execute("DROP TABLE found_told")


def _ask(
    undo: RosterUndo,
    batch: RosterBatch,
    pairs: pl.DataFrame,
    affected: pl.DataFrame,
    version: LinkageModelVersion,
    facts: dict[str, Any],
) -> None:
    """The questions about the affected rows are those that are asked without the undone roster."""
    waiting = bulk.read_frame(
        connection, "SELECT row_id FROM affected_told", {}, {"row_id": pl.Int64}
    )
    about = pl.concat([affected.select("row_id"), waiting])
    pairs = pl.concat(
        [
            pairs.join(about, left_on="row_a", right_on="row_id", how="semi"),
            pairs.join(about, left_on="row_b", right_on="row_id", how="semi"),
        ]
    ).unique(["row_a", "row_b", "person_b"], maintain_order=True)
    persons = pairs["person_b"].drop_nulls().unique().to_list()
    with connection.cursor() as cursor:
        cursor.execute(_OPENERS, {"undo": undo.pk, "persons": persons})
        openers = dict(cursor.fetchall())
    known = pl.DataFrame(
        {"person_b": list(openers), "opener": list(openers.values())},
        schema={"person_b": pl.Int64, "opener": pl.Int64},
    )
    pairs = (
        pairs.join(known, on="person_b", how="left", maintain_order="left")
        .with_columns(row_b=pl.coalesce("row_b", "opener"), person_b=pl.lit(None, dtype=pl.Int64))
        .drop("opener")
        .filter(pl.col("row_b").is_not_null())
    )
    asked = pairs.select(
        row_a=pl.min_horizontal("row_a", "row_b"),
        row_b=pl.max_horizontal("row_a", "row_b"),
        score="score",
        evidence="reasons",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE still_asked (row_a bigint, row_b bigint, score double precision,"
            " evidence text[]) ON COMMIT DROP"
        )
        bulk.copy_frame(connection, "still_asked", asked)
        cursor.execute(_NOT_ASKED, facts)
        cursor.execute(_EVIDENCE, facts | {"model": version.pk})
        cursor.execute("DROP TABLE still_asked")
    linkage.store_pairs(batch, pairs, version)
