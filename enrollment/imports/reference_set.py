"""Rolls whose truth is known, read as any roster is, and what a linkage of them is worth.

The rolls are those that `bureau.testing.city.rolls` makes: invented people, the same for the same
seed wherever the portal runs, so that figures of two versions of the model can be compared.
"""

import datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl

from bureau.intake.frames import frames
from bureau.intake.layouts import propose_layout
from bureau.intake.readers import open_source
from bureau.testing.city.rolls import COUNTIES, write_rolls
from enrollment.choices import Outcome, Scheme
from enrollment.imports.match import ROW_COLUMNS, Linkage, Workspace
from enrollment.imports.normalise import finish_roster, normalise, usual_date_form
from enrollment.imports.roster_checks import check_rosters
from enrollment.imports.roster_context import RosterContext
from enrollment.imports.roster_fields import ROSTER_FIELDS

YEAR: Final = 2019
#: The set that versions of the model are measured on.
PEOPLE, OVERLAP, SEED = 30_000, 0.3, 2019


def reference_records(workspace: Workspace) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows and truth of the set that versions of the model are measured on."""
    folder = workspace.directory / "reference"
    write_rolls(folder, people=PEOPLE, overlap=OVERLAP, seed=SEED)
    return read_rolls(folder, workspace)


def read_rolls(folder: Path, workspace: Workspace) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the rolls in a folder, read and checked, and their truth.

    The rows have `match.ROW_COLUMNS` and are records; the truth has `row_id`, `person`, `faults`,
    and for a trap its `kind` and the `other` person.
    """
    read = [
        _read_roll(folder / f"roll_{number}.csv", number)
        for number in range(1, len(COUNTIES) + 1)
        if (folder / f"roll_{number}.csv").exists()
    ]
    rows = pl.concat(read).with_row_index("row_id").with_columns(pl.col("row_id").cast(pl.Int64))
    truth = pl.read_parquet(folder / "truth.parquet")
    places = rows.select("row_id", pl.col("roll").cast(pl.Int8), line=pl.col("row_no"))
    truth = truth.join(places, on=["roll", "line"]).drop("roll", "line")
    return checked(rows.select(*ROW_COLUMNS), workspace), truth


def _read_roll(path: Path, number: int) -> pl.DataFrame:
    county = COUNTIES[number - 1]
    judged: list[pl.DataFrame] = []
    reference_on = datetime.date(YEAR, 12, 31)
    with open_source(path) as source:
        layout = propose_layout(source, ROSTER_FIELDS)
        fed = frozenset(
            column.field
            for sheet in layout.sheets
            if sheet.kept
            for column in sheet.columns
            if column.field
        )
        for frame in frames(source, layout, ROSTER_FIELDS):
            context = RosterContext(
                year=YEAR,
                reference_on=reference_on,
                fields=fed,
                scheme=Scheme.NCMS,
                amounts_due=False,
                date_form=usual_date_form(frame, reference_on=reference_on),
            )
            rows = finish_roster(normalise(frame, context=context))
            kept = [name for name in (*ROW_COLUMNS, "reasons") if name in rows.columns]
            judged.append(rows.select(kept))
    return (
        pl.concat(judged)
        .filter(pl.col("outcome") != Outcome.NOT_RECORD.value)
        .with_columns(
            roll=pl.lit(number),
            roster=pl.lit(f"{Scheme.NCMS}:{county}:{YEAR}"),
            file=pl.lit(path.name),
            sheet=pl.col("sheet").cast(pl.String),
            row_no=pl.col("row_no").cast(pl.Int64),
            area=pl.lit(county),
        )
    )


def checked(rows: pl.DataFrame, workspace: Workspace) -> pl.DataFrame:
    """The rows with the outcome that their own roster leaves them."""
    found = check_rosters(rows, workspace=workspace).filter(pl.col("outcome").is_not_null())
    held = pl.col("row_id").is_in(found["row_id"].implode())
    clean = pl.col("outcome").is_in([Outcome.ACCEPTED.value, Outcome.FIXED.value])
    return rows.with_columns(
        outcome=pl.when(held & clean).then(pl.lit(Outcome.REVIEW.value)).otherwise("outcome")
    )


def figures_of(linkage: Linkage, truth: pl.DataFrame) -> dict[str, Any]:
    """What the linkage is worth against the truth: precision, recall, what is asked, by trap.

    A pair counts as found with review when the two people-to-be are offered to a clerk by any of
    their rows. Records that were rejected take no part.
    """
    with duckdb.connect() as connection:
        connection.register("truth_given", truth.to_arrow())
        connection.register("link_given", linkage.links.to_arrow())
        connection.register("pair_given", linkage.pairs.to_arrow())
        connection.execute(_FIGURES)
        one = connection.execute("FROM figure").fetchone() or ()
        names = [column[0] for column in connection.description or ()]
        counts = dict(zip(names, one, strict=True))
        traps = {
            kind: {"pairs": pairs, "linked": linked, "offered": offered}
            for kind, pairs, linked, offered in connection.execute(
                "FROM trap ORDER BY kind"
            ).fetchall()
        }
        tiers = {
            tier: {"rows": rows, "wrong": wrong}
            for tier, rows, wrong in connection.execute("FROM by_tier ORDER BY tier").fetchall()
        }
    return {**counts, **_shares(counts), "traps": traps, "tiers": tiers}


def _shares(counts: dict[str, int]) -> dict[str, float]:
    def share(part: float, whole: float) -> float:
        return round(part / whole, 6) if whole else 1.0

    precision = share(counts["linked_right"], counts["linked"])
    recall = share(counts["linked_right"], counts["true_pairs"])
    return {
        "precision": precision,
        "recall": recall,
        "f1": share(2 * precision * recall, precision + recall),
        "recall_with_review": share(
            counts["linked_right"] + counts["found_in_review"], counts["true_pairs"]
        ),
        "review_precision": share(counts["asked_right"], counts["asked"]),
        "asked_per_1000": round(1000 * counts["asked"] / max(counts["records"], 1), 2),
    }


#: Pairs are counted by groups and never listed: a cluster of n rows holds n (n - 1) / 2 of them.
_FIGURES: Final = """
CREATE TEMP TABLE known AS
SELECT link.row_id, link.cluster, link.tier, truth.person, truth.kind, truth.other
FROM link_given AS link JOIN truth_given AS truth USING (row_id);
CREATE TEMP TABLE cell AS SELECT cluster, person, count(*) AS n FROM known GROUP BY ALL;
CREATE TEMP TABLE asked AS
SELECT DISTINCT least(a.cluster, b.cluster) AS one, greatest(a.cluster, b.cluster) AS two,
       a.person = b.person AS same
FROM pair_given JOIN known AS a ON a.row_id = row_a JOIN known AS b ON b.row_id = row_b
WHERE a.cluster <> b.cluster;
CREATE TEMP TABLE asked_once AS
SELECT one, two, bool_or(same) AS same FROM asked GROUP BY one, two;
CREATE TEMP TABLE figure AS
SELECT (SELECT count(*) FROM known) AS records,
       (SELECT coalesce(sum(n * (n - 1) // 2), 0)
        FROM (SELECT sum(n) AS n FROM cell GROUP BY person))::BIGINT AS true_pairs,
       (SELECT coalesce(sum(n * (n - 1) // 2), 0)
        FROM (SELECT sum(n) AS n FROM cell GROUP BY cluster))::BIGINT AS linked,
       (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM cell)::BIGINT AS linked_right,
       (SELECT count(*) FROM asked_once) AS asked,
       (SELECT count(*) FILTER (same) FROM asked_once) AS asked_right,
       (SELECT coalesce(sum(a.n * b.n), 0) FROM asked_once
        JOIN cell AS a ON a.cluster = one JOIN cell AS b ON b.cluster = two
        WHERE a.person = b.person)::BIGINT AS found_in_review;
CREATE TEMP TABLE trap AS
WITH pairs AS (
    SELECT a.kind, a.cluster, b.cluster AS other_cluster
    FROM known AS a JOIN known AS b ON b.person = a.other
    WHERE a.kind IS NOT NULL AND a.person <> b.person
)
SELECT kind, count(*) AS pairs, count(*) FILTER (cluster = other_cluster) AS linked,
       count(*) FILTER (cluster <> other_cluster AND asked_once.one IS NOT NULL) AS offered
FROM pairs LEFT JOIN asked_once
     ON one = least(cluster, other_cluster) AND two = greatest(cluster, other_cluster)
GROUP BY kind;
CREATE TEMP TABLE by_tier AS
WITH main AS (
    SELECT cluster, arg_max(person, (n, -person)) AS person FROM cell GROUP BY cluster
)
SELECT coalesce(known.tier, 'ALONE') AS tier, count(*) AS rows,
       count(*) FILTER (known.person <> main.person) AS wrong
FROM known JOIN main USING (cluster) GROUP BY 1;
"""
