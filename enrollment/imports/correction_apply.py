"""Taking corrected rows into their roster, and onto the roll where the roster stands there."""

from typing import Any

import polars as pl
from django.db import connection
from django.db.models import F
from django.utils.translation import gettext_noop

from bureau.core import bulk, clock, crash
from bureau.core.jobs import Again, JobContext
from bureau.intake.choices import BatchState
from enrollment.imports import (
    apply,
    correction_linkage,
    edition_links,
    editions,
    linkage,
    reconcile,
    resettle,
)
from enrollment.models import (
    CorrectionFile,
    RosterBatch,
    RosterCorrection,
    RosterFile,
    RosterRowVersion,
)
from enrollment.services import corrections, double_jobs, rosters
from enrollment.services import linkage as models

#: Lines taken in one transaction.
RANGE_LINES = 5_000

_TAKEN = "verdict IN ('NEW', 'CHANGED', 'RELEASED')"
_PLACES = f"""
    UPDATE enrollment_correctedrow line SET place = ordered.place
    FROM (SELECT id, row_number() OVER (ORDER BY NOT opens_file, row_id) AS place
          FROM enrollment_correctedrow WHERE correction_id = %(correction)s AND {_TAKEN}) ordered
    WHERE line.id = ordered.id
"""  # noqa: S608 (own condition)
_NEW_ROWS = """
    INSERT INTO enrollment_rosterrow (id, batch_id, file_id, sheet, row_no, raw, outcome, reasons,
                                      fixes, home_file_id, home_sheet)
    SELECT row_id, %(batch)s, %(file)s, sheet, row_no, raw, 'REVIEW', '{}', '{}',
           roster_file_id, coalesce(roster_sheet, sheet)
    FROM enrollment_correctedrow
    WHERE correction_id = %(correction)s AND file_id = %(source)s AND verdict = 'NEW'
"""
_FORGET_DISPUTES = """
    UPDATE enrollment_rosterrow
    SET reasons = ARRAY(SELECT reason FROM unnest(reasons) reason WHERE reason <> ALL (%(of)s)),
        outcome = CASE WHEN outcome <> 'REVIEW' OR NOT reasons <@ %(of)s THEN outcome
                       WHEN cardinality(fixes) > 0 THEN 'FIXED' ELSE 'ACCEPTED' END
    WHERE batch_id = %(batch)s AND reasons && %(of)s
"""
#: The people of lines that a decision of a person linked, and of files that decisions formed.
_DECIDED = f"""
    SELECT line.row_id, link.person_id, link.opens_file::text, link.holds_number::text, link.tier
    FROM enrollment_correctedrow line
    JOIN enrollment_rosterlink link ON link.row_id = line.row_id
    JOIN enrollment_person person ON person.id = link.person_id
    WHERE line.correction_id = %(correction)s AND line.{_TAKEN} AND NOT line.is_settled
      AND (link.tier = 'CLERK' OR person.merged_into_id IS NOT NULL
           OR EXISTS (SELECT FROM enrollment_person absorbed
                      WHERE absorbed.merged_into_id = link.person_id))
"""  # noqa: S608 (own condition)
#: The files of lines' rows; shared are those for which a row stands that is not corrected here.
_OWN_FILES = f"""
    SELECT line.row_id, link.person_id, link.opens_file::text,
           EXISTS (SELECT FROM enrollment_rosterlink other
                   WHERE other.person_id = link.person_id AND NOT EXISTS (
                       SELECT FROM enrollment_correctedrow own
                       WHERE own.correction_id = %(correction)s AND own.row_id = other.row_id
                         AND own.{_TAKEN}))::text
    FROM enrollment_correctedrow line
    JOIN enrollment_rosterlink link ON link.row_id = line.row_id
    WHERE line.correction_id = %(correction)s AND line.{_TAKEN}
"""  # noqa: S608 (own condition)


def apply_corrections(context: JobContext, correction: RosterCorrection) -> Again | None:
    """The lines that fit have taken the place of their rows; doing it again changes nothing.

    Raises `reconcile.NotEqual` when the roster does not add up afterwards.
    """
    if correction.into_roll:
        return _onto_roll(context, correction)
    _into_checked_roster(context, correction)
    return None


def _into_checked_roster(context: JobContext, correction: RosterCorrection) -> None:
    """The roster is checked and linked as if it had been sent this way."""
    batch = correction.batch
    with context.step() as checkpoint:
        if not checkpoint.get("prepared"):
            _prepare(correction)
            reconcile.count_rows(batch)
            checkpoint["prepared"] = True
    context.phase(gettext_noop("Taking the corrected rows"), _lines(correction))
    _in_ranges(context, correction, resettle_roll=False)
    context.phase(gettext_noop("Checking the roster as a whole"))
    with context.step():
        with connection.cursor() as cursor:
            cursor.execute(
                _FORGET_DISPUTES,
                {"batch": batch.pk, "of": list(correction_linkage.OF_OTHERS)},
            )
        apply.check_rows(batch)
        linkage.link_roster(batch)
        reconcile.count_rows(batch)
        crash.point("corrections_before_last_commit")
        RosterBatch.objects.filter(pk=batch.pk, state=BatchState.READING).update(
            state=BatchState.CHECKED
        )
        corrections.close(correction, at=clock.now())


def _onto_roll(context: JobContext, correction: RosterCorrection) -> Again | None:
    """The people whom the rows stand for follow them."""
    batch = correction.batch
    with context.step():
        mine = rosters.take_roll(batch)
    if not mine:
        rosters.expect_roll_in_work()
        context.phase(gettext_noop("Waiting for another roster to be applied"))
        return Again(after_seconds=10)
    if not context.checkpoint.get("prepared"):
        context.phase(gettext_noop("Linking the corrected rows to people"))
        with context.step(prepared=True):
            crash.point("corrections_before_linking")
            _link(correction)
            _prepare(correction)
            reconcile.count_rows(batch)
    context.phase(gettext_noop("Writing the roll"), _lines(correction))
    _in_ranges(context, correction, resettle_roll=True)
    _follow_openers(context, correction)
    with context.step():
        editions.follow(batch, by=context.actor.text[:120])
        reconcile.expect_equal(batch)
        reconcile.count_links(batch)
        rosters.release_roll(batch)
        corrections.close(correction, at=clock.now())
        double_jobs.ask_to_propose(f"corrections:{correction.pk}", by=context.actor, at=clock.now())
        crash.point("corrections_before_last_commit")
    return None


def _lines(correction: RosterCorrection) -> int:
    return int(correction.lines.filter(place__isnull=False).count())


def _prepare(correction: RosterCorrection) -> None:
    """Lines have their order, and new ones a row that waits until it is taken."""
    facts = {"correction": correction.pk, "batch": correction.batch_id}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, facts)
        for source in CorrectionFile.objects.filter(
            correction=correction, lines__verdict="NEW"
        ).distinct():
            rows = source.lines.filter(verdict="NEW").count()
            file = RosterFile.objects.create(
                batch=correction.batch,
                stored_id=source.stored_id,
                name=source.name,
                sha256=source.sha256,
                shape=source.shape,
                layout=source.layout,
                layout_confirmed=True,
                rows_loaded=rows,
                is_loaded=True,
            )
            cursor.execute(_NEW_ROWS, {**facts, "file": file.pk, "source": source.pk})


def _in_ranges(context: JobContext, correction: RosterCorrection, *, resettle_roll: bool) -> None:
    last = _lines(correction)
    at, by = correction.approved_at or correction.confirmed_at, correction.confirmed_by
    model = models.version_in_use().pk
    while (low := int(context.checkpoint.get("place", 0))) < last:
        high = min(low + RANGE_LINES, last)
        facts: dict[str, Any] = {
            "correction": correction.pk, "batch": correction.batch_id, "low": low, "high": high,
            "at": at, "by": by, "model": model,
        }  # fmt: skip
        with context.step(place=high):
            if resettle_roll:
                _write_range(facts)
            else:
                resettle.run("correct_range", facts)
                resettle.run("correct_counts", facts)
                resettle.run("correct_rows", facts)
                resettle.execute("DROP TABLE corrected, changed_row")
            context.progress(high)


def _write_range(facts: dict[str, Any]) -> None:
    resettle.run("correct_range", facts)
    resettle.run("left_gather")
    resettle.run("correct_counts", facts)
    resettle.run("correct_rows", facts)
    resettle.run("correct_links", facts)
    resettle.run("correct_release_spells")
    resettle.release(facts)
    resettle.cover_changed_rows()
    resettle.execute(
        "CREATE TEMP TABLE changed_person ON COMMIT DROP AS"
        " SELECT DISTINCT person_id FROM corrected WHERE person_id IS NOT NULL"
    )
    resettle.decide_doubles()
    resettle.execute("DROP TABLE corrected, changed_row")


def _follow_openers(context: JobContext, correction: RosterCorrection) -> None:
    """Values that files had from a corrected row are those of the row that speaks for it now."""
    context.phase(gettext_noop("Bringing people's files up to date"))
    opened = RosterRowVersion.objects.filter(correction=correction, link__opens_file=True)
    while True:
        done = int(context.checkpoint.get("opened", 0))
        rows = list(
            opened.filter(row__gt=done).order_by("row").values_list("row", flat=True)[:RANGE_LINES]
        )
        if not rows:
            return
        with context.step(opened=rows[-1]):
            with connection.cursor() as cursor:
                cursor.execute(
                    "CREATE TEMP TABLE opened ON COMMIT DROP AS"
                    " SELECT DISTINCT (link ->> 'person_id')::bigint AS person_id"
                    " FROM enrollment_rosterrowversion"
                    " WHERE correction_id = %s AND row_id = ANY (%s)",
                    [correction.pk, rows],
                )
            resettle.gather("link.opens_file AND link.person_id IN (SELECT person_id FROM opened)")
            resettle.follow_openers("correct_persons", {"correction": correction.pk})
            resettle.forget_gathered()
            resettle.execute("DROP TABLE opened")


def _link(correction: RosterCorrection) -> None:
    """Each line that is taken says whose row it is; new people have their numbers."""
    known = edition_links.former_people_of(correction)
    while True:
        found = correction_linkage.link(correction)
        links = edition_links.with_former_people(found.links, known)
        links = _with_people(correction, links)
        # Without the lines that wait on, others may stand for somebody else.
        if not edition_links.hold_corrected(correction, links):
            break
        correction_linkage.refuse(correction)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE linked (row_id bigint PRIMARY KEY, person_id bigint,"
            " opens_file boolean, holds_number boolean, tier text, score double precision,"
            " evidence text[]) ON COMMIT DROP"
        )
        bulk.copy_frame(
            connection,
            "linked",
            links.select(
                "row_id", "person_id", "opens_file", "holds_number", "tier", "score", "evidence"
            ),
        )
        cursor.execute(
            """
            UPDATE enrollment_correctedrow line
            SET person_id = linked.person_id, opens_file = linked.opens_file,
                holds_number = linked.holds_number, tier = linked.tier, score = linked.score,
                evidence = linked.evidence
            FROM linked WHERE line.correction_id = %s AND line.row_id = linked.row_id
            """,
            [correction.pk],
        )
        cursor.execute("DROP TABLE linked")
    RosterCorrection.objects.filter(pk=correction.pk).update(matched_revision=found.revision)
    rows = set(links["row_id"].to_list())
    asked = found.pairs.filter(pl.col("row_a").is_in(list(rows)))
    asked = edition_links.without_former_people(asked, known)
    pairs = linkage.store_pairs(correction.batch, asked, models.version_in_use())
    RosterBatch.objects.filter(pk=correction.batch_id).update(pairs_found=F("pairs_found") + pairs)


def _with_people(correction: RosterCorrection, links: pl.DataFrame) -> pl.DataFrame:
    """The links with a person each: the one of the roll, the row's own file, or a new one."""
    facts = {"correction": correction.pk}
    decided = bulk.read_frame(
        connection,
        _DECIDED,
        facts,
        {
            "row_id": pl.Int64, "person_id": pl.Int64, "opens_file": pl.Boolean,
            "holds_number": pl.Boolean, "tier": pl.String,
        },
    )  # fmt: skip
    links = links.join(decided.select("row_id"), on="row_id", how="anti")
    before = bulk.read_frame(
        connection,
        _OWN_FILES,
        facts,
        {"row_id": pl.Int64, "before": pl.Int64, "opened": pl.Boolean, "is_shared": pl.Boolean},
    )
    links = links.join(before, on="row_id", how="left")
    # A file of the row's own that no row of another cluster goes on with, and no other row is in.
    free = links.filter(
        pl.col("person_id").is_null() & pl.col("before").is_not_null() & pl.col("is_shared").not_()
    )
    free = free.join(links.select(pl.col("person_id").alias("before")), on="before", how="anti")
    kept = (
        free.sort(pl.col("opened").not_(), "row_id")
        .unique("before", keep="first", maintain_order=True)
        .unique("cluster", keep="first", maintain_order=True)
        .select("cluster", kept_person_id="before")
    )
    links = links.join(kept, on="cluster", how="left")
    fresh = links.filter(pl.col("opens_file") & pl.col("kept_person_id").is_null())
    links = links.join(linkage.number_new_people(fresh), on="cluster", how="left").with_columns(
        person_id=pl.coalesce("person_id", "kept_person_id", "new_person_id")
    )
    links = links.with_columns(
        opens_file=pl.col("opens_file")
        | (pl.col("opened").fill_null(value=False) & (pl.col("before") == pl.col("person_id")))
    )
    nothing = pl.lit([], dtype=pl.List(pl.String))
    return pl.concat(
        [links, decided.with_columns(score=pl.lit(1.0), evidence=nothing)], how="diagonal"
    )
