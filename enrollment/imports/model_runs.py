"""Long work with versions of the linkage model: learning one, trying a draft, linking again.

Each reads at its beginning, compares in DuckDB, and writes in one step at its end: killed anywhere,
it begins again and leaves nothing half done.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import polars as pl
from django.db import connection
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bureau.core import bulk, clock, crash, files
from bureau.core.errors import DomainError
from bureau.core.jobs import JobContext
from bureau.intake.choices import BatchState
from enrollment.choices import DoubtNow, ModelOrigin, ModelRunKind
from enrollment.imports import learn, match, trial
from enrollment.imports.linkage import PERSON_SCHEMA, ROW_SCHEMA, SQL, roster_files
from enrollment.models import LinkageModelVersion, LinkDoubt, RosterBatch
from enrollment.rules import estimation, linkage_terms
from enrollment.services import linkage, linkage_versions, rosters

APART_SCHEMA: Final = dict.fromkeys(match.APART_COLUMNS, pl.Int64)
REVIEWED_SCHEMA: Final = {
    "pair": pl.Int64,
    "row_a": pl.Int64,
    "row_b": pl.Int64,
    "same": pl.String,
}
RELINKED_SCHEMA: Final = {**ROW_SCHEMA, "linked_person": pl.Int64, "linked_score": pl.Float64}
#: Steps of learning: the comparison, then the estimate.
LEARNING: Final = len(match.COMPARED) + 1


def train(context: JobContext) -> None:
    """A new version stands as a draft, its weights estimated from the rosters on the roll."""
    if context.checkpoint.get("version"):
        return
    origin = ModelOrigin(context.arguments["origin"])
    base = linkage.version_in_use()
    with _workspace() as (work, workspace):
        rows, records = _rows_of_city(context, work)
        crash.point("model_rows_read")
        decided = (
            _read("link_reviewed", REVIEWED_SCHEMA) if origin == ModelOrigin.DECISIONS else None
        )
        taught = None if decided is None else _halves(decided)[0]
        if taught is not None and taught.is_empty():
            raise DomainError(
                "NOTHING_DECIDED", _("No pair was decided yet that a version could learn from.")
            )
        context.phase(gettext_noop("Learning from the rosters"), LEARNING)
        counts = learn.counts_of(
            rows,
            workspace=workspace,
            model=linkage.model_of(base),
            decided=taught,
            told=_told(context),
        )
        try:
            found = estimation.estimate(counts)
        except estimation.TooLittle as error:
            raise DomainError(
                "TOO_LITTLE_TO_LEARN",
                _("The rosters on the roll hold too few pairs to estimate weights from."),
            ) from error
        model = estimation.learnt_model("new", found, counts, linkage.model_of(base))
    crash.point("model_compared")
    with context.step() as coming:
        made = linkage_versions.keep_trained(
            base,
            origin=origin,
            weights=linkage_terms.weights_of(model),
            training=linkage_terms.training_of(found, counts)
            | {"source": "rosters on the roll", "records": records},
            job=context.job,
            at=clock.now(),
        )
        coming["version"] = made.pk
    context.result = {"version": made.number, "pairs": round(sum(counts.pairs.values()))}


def try_out(context: JobContext) -> None:
    """What the draft would change against the version in force is on record."""
    draft = LinkageModelVersion.objects.get(pk=context.arguments["version"])
    against = linkage.version_in_use()
    revision = rosters.roll_revision()
    with _workspace() as (work, workspace):
        rows, _records = _rows_of_city(context, work)
        crash.point("model_rows_read")
        apart = _read("link_told_apart", APART_SCHEMA)
        reviewed = _halves(_read("link_reviewed", REVIEWED_SCHEMA))[1]
        context.phase(
            gettext_noop("Holding two versions against each other"), 2 * trial.STEPS_OF_ONE
        )
        told = _told(context)
        before, after = (
            trial.judge(
                rows,
                model=linkage.model_of(version),
                apart=apart,
                reviewed=reviewed,
                workspace=workspace,
                told=told,
            )
            for version in (against, draft)
        )
    crash.point("model_compared")
    figures: dict[str, Any] = {
        "records": before.records,
        "before": before.counts(),
        "after": after.counts(),
        **trial.differences(before, after),
        "reviewed": {
            "pairs": after.reviewed.height,
            "before": trial.reviewed_counts(before),
            "after": trial.reviewed_counts(after),
        },
    }
    with context.step():
        linkage_versions.keep_run(
            ModelRunKind.TRIAL,
            version=draft,
            against=against,
            figures=figures,
            revision=revision,
            job=context.job,
            at=clock.now(),
        )
    context.result = {"links": figures["after"]["linked"], "asked": figures["after"]["asked"]}


def relink(context: JobContext) -> None:
    """The version in force was asked about rows that wait and links by evidence: new pairs wait for
    clerks, and links that it would not make any more wait to be looked at. No link changes."""
    version = linkage.version_in_use()
    revision = rosters.roll_revision()
    rows = _rows_to_relink(context)
    crash.point("model_rows_read")
    with _workspace() as (work, workspace):
        context.phase(gettext_noop("Linking again"), 2)
        query = (SQL / "link_persons.sql").read_text(encoding="utf-8")
        persons = bulk.read_parquet(connection, query, {}, PERSON_SCHEMA, work / "persons")
        people = _people_in(persons)
        context.progress(1)
        found = match.link_rows(
            rows.drop("linked_person", "linked_score"),
            persons,
            apart=_read("link_told_apart", APART_SCHEMA),
            workspace=workspace,
            model=linkage.model_of(version),
        )
        context.heartbeat()
    crash.point("model_compared")
    pairs, doubts, firm = _findings(rows, found)
    with context.step():
        run = linkage_versions.keep_run(
            ModelRunKind.RELINK,
            version=version,
            against=version,
            figures={},
            revision=revision,
            job=context.job,
            at=clock.now(),
            described=lambda made: _store(made, pairs, doubts, firm, rows=rows, people=people),
        )
    context.result = {
        "pairs": run.figures["pairs"],
        "doubts": run.figures["doubts"],
    }


def _rows_to_relink(context: JobContext) -> pl.DataFrame:
    batches = _applied()
    context.phase(gettext_noop("Reading rosters"), len(batches))
    query = (SQL / "relink_rows.sql").read_text(encoding="utf-8")
    parts = [pl.DataFrame(schema=RELINKED_SCHEMA)]
    for done, batch in enumerate(batches, 1):
        parts.append(bulk.read_frame(connection, query, {"batch": batch.pk}, RELINKED_SCHEMA))
        context.progress(done)
    return pl.concat(parts)


def _findings(
    rows: pl.DataFrame, found: match.Linkage
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Pairs to ask about, links in doubt, and links that are made again."""
    waiting = rows.filter(pl.col("linked_person").is_null()).select("row_id")
    linked = rows.filter(pl.col("linked_person").is_not_null()).select(
        "row_id", "linked_person", "linked_score"
    )
    asked = found.pairs.select(
        "row_a", "row_b", "person_b", "score", pl.col("reasons").list.join(",").alias("reasons")
    ).filter(
        pl.col("row_a").is_in(waiting["row_id"].implode())
        | pl.col("row_b").is_in(waiting["row_id"].implode())
    )
    # What it would link by itself is asked as well: linking again links nobody.
    certain = (
        found.links.join(waiting, on="row_id", how="semi")
        .filter(pl.col("person_id").is_not_null())
        .select(
            pl.col("row_id").alias("row_a"),
            pl.lit(None, dtype=pl.Int64).alias("row_b"),
            pl.col("person_id").alias("person_b"),
            pl.col("score").fill_null(1.0),
            pl.col("evidence").fill_null([]).list.join(",").alias("reasons"),
        )
    )
    pairs = pl.concat([asked, certain], how="vertical_relaxed")
    now = linked.join(found.links.select("row_id", "person_id", "tier"), on="row_id", how="left")
    is_firm = pl.col("tier").is_not_null() & (pl.col("person_id") == pl.col("linked_person"))
    firm = now.filter(is_firm.fill_null(value=False)).select("row_id")
    offered = found.pairs.select("row_a", "person_b").unique()
    doubts = now.join(firm, on="row_id", how="anti").join(
        offered.with_columns(asks=pl.lit(value=True)),
        left_on=["row_id", "linked_person"],
        right_on=["row_a", "person_b"],
        how="left",
    )
    return (
        pairs,
        doubts.select(
            "row_id",
            pl.col("linked_person").alias("person_id"),
            pl.when(pl.col("tier").is_not_null() & pl.col("person_id").is_not_null())
            .then(pl.lit(DoubtNow.ANOTHER.value))
            .when(pl.col("asks"))
            .then(pl.lit(DoubtNow.ASK.value))
            .otherwise(pl.lit(DoubtNow.NOBODY.value))
            .alias("now"),
            pl.col("linked_score").alias("score"),
        ),
        firm,
    )


def _store(
    run: Any,
    pairs: pl.DataFrame,
    doubts: pl.DataFrame,
    firm: pl.DataFrame,
    *,
    rows: pl.DataFrame,
    people: int,
) -> dict[str, int]:
    """Pairs and doubts are on record; returns the figures of the run."""
    facts = {
        "run": run.pk, "version": run.version_id, "at": run.made_at, "by": run.made_by,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE found_pair (row_a bigint, row_b bigint, person_b bigint,"
            " score double precision, reasons text[]) ON COMMIT DROP;"
            "CREATE TEMP TABLE found_doubt (row_id bigint, person_id bigint, now text,"
            " score double precision) ON COMMIT DROP;"
            "CREATE TEMP TABLE found_firm (row_id bigint) ON COMMIT DROP"
        )
        reasons = pl.col("reasons").str.split(",").list.drop_nulls()
        bulk.copy_frame(connection, "found_pair", pairs.with_columns(reasons))
        bulk.copy_frame(connection, "found_doubt", doubts)
        bulk.copy_frame(connection, "found_firm", firm)
        for step in ("ask_pairs", "relink_pairs"):
            cursor.execute((SQL / f"{step}.sql").read_text(encoding="utf-8"), facts)
        asked = int(cursor.rowcount)
        crash.point("model_pairs_asked")
        cursor.execute((SQL / "relink_doubts.sql").read_text(encoding="utf-8"), facts)
        doubted = LinkDoubt.objects.filter(run=run.pk).count()
        cursor.execute("DROP TABLE found_pair, found_doubt, found_firm, asked_pair, spoken_of")
    return {
        "waiting": rows["linked_person"].null_count(),
        "linked": rows.height - rows["linked_person"].null_count(),
        "people": people,
        "pairs": asked,
        "firm": firm.height,
        "doubts": doubted,
    }


def _applied() -> list[RosterBatch]:
    return list(RosterBatch.objects.filter(state=BatchState.APPLIED).order_by("pk"))


def _rows_of_city(context: JobContext, work: Path) -> tuple[Path, int]:
    """Every row of every roster on the roll, in a folder of one file per roster; and how many."""
    batches = _applied()
    if not batches:
        raise DomainError("NOTHING_ON_THE_ROLL", _("No roster has been applied to the roll yet."))
    folder, records = work / "rows", 0
    folder.mkdir()
    context.phase(gettext_noop("Reading rosters"), len(batches))
    for done, batch in enumerate(batches, 1):
        for piece in roster_files(batch, _made(work / str(batch.pk))).glob("*.parquet"):
            records += pl.scan_parquet(piece).select(pl.len()).collect().item()
            piece.rename(folder / f"{batch.pk}-{piece.name}")
        context.progress(done)
        context.heartbeat()
    return folder, records


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _people_in(persons: Path) -> int:
    """How many people there are in the files, which name some by several numbers."""
    numbers = pl.scan_parquet(persons / "*.parquet").select(pl.col("person_id").n_unique())
    return int(numbers.collect().item())


@contextlib.contextmanager
def _workspace() -> Iterator[tuple[Path, match.Workspace]]:
    with files.scratch_folder("linkage") as work:
        yield work, match.Workspace(work / "spill")


def _read(query: str, schema: dict[str, Any]) -> pl.DataFrame:
    return bulk.read_frame(
        connection, (SQL / f"{query}.sql").read_text(encoding="utf-8"), {}, schema
    )


def _halves(reviewed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every second reviewed pair is learnt from; versions are measured on the others alone."""
    known = reviewed.with_columns(same=pl.col("same") == "t")
    is_taught = pl.col("pair") % 2 == 0
    return known.filter(is_taught), known.filter(is_taught.not_())


def _told(context: JobContext) -> Callable[[], None]:
    done = 0

    def step_done() -> None:
        nonlocal done
        done += 1
        context.progress(done)
        context.heartbeat()

    return step_done
