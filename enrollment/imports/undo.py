"""Taking a roster that was applied from the roll: what it alone brought goes, the rest stays.

First it is worked out, roster by roster, how rows of later rosters stand without it. Then people
are settled by ranges, each one transaction of the statements by which a roster is applied: a killed
run goes on where it stopped. Nothing is removed from the record: rows keep what was read and became
of them, the history keeps what stood.
"""

from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bureau.core import clock, crash
from bureau.core.choices import LogLevel
from bureau.core.jobs import Again, JobContext
from bureau.intake.choices import BatchState
from enrollment.imports import apply, editions, reconcile, resettle, undo_linkage
from enrollment.models import RosterBatch, RosterUndo, UndoneRow
from enrollment.rules.grouping import joined
from enrollment.selectors import undo_dependents
from enrollment.services import double_jobs, rosters, undoing
from enrollment.services import linkage as models

#: Places of people settled in one transaction.
RANGE_PLACES: Final = 5_000

#: People who exchange a row, and people of whom one may get a number that another leaves.
_EDGES: Final = """
    SELECT DISTINCT person_before, person_after FROM enrollment_undonerow
    WHERE undo_id = %(undo)s AND person_before <> person_after
    UNION
    SELECT DISTINCT line.person_after, own.person_before
    FROM enrollment_undonerow line
    JOIN enrollment_rosterrow staged ON staged.id = line.row_id
    JOIN enrollment_rosterrow same
      ON same.batch_id = %(batch)s AND same.id_number = staged.id_number
    JOIN enrollment_undonerow own ON own.undo_id = line.undo_id AND own.row_id = same.id
    WHERE line.undo_id = %(undo)s AND NOT line.is_own AND line.person_after IS NOT NULL
      AND line.person_after <> own.person_before
"""
_PLACES: Final = """
    UPDATE enrollment_undonerow line SET place = ordered.place
    FROM (
        SELECT line.id, dense_rank() OVER (
                   ORDER BY coalesce(joined.first, line.person_before, line.person_after)) AS place
        FROM enrollment_undonerow line
        LEFT JOIN joined ON joined.person_id = coalesce(line.person_before, line.person_after)
        WHERE line.undo_id = %(undo)s
    ) ordered
    WHERE line.id = ordered.id
"""
#: What must be zero before a roster is called undone: the name says what is wrong.
DIFFERENCES: Final = {
    "rows of the roster that stand for somebody": """
        SELECT count(*) FROM enrollment_rosterlink WHERE batch_id = %(batch)s
    """,
    "coverage of the roster that stands": """
        SELECT count(*) FROM enrollment_rosterrow staged
        JOIN enrollment_coveragespell spell ON spell.source_row_id = staged.id
        WHERE staged.batch_id = %(batch)s AND spell.state <> 'UNDONE'
    """,
    "waiting rows whose person the roster tells": """
        SELECT count(*) FROM enrollment_rosterlink WHERE told_by_id = %(batch)s
    """,
    "numbers that rest on the roster": """
        SELECT count(*) FROM enrollment_undonerow line
        JOIN enrollment_personidentifier identifier
          ON identifier.person_id = line.person_before AND identifier.source_row_id = line.row_id
        WHERE line.undo_id = %(undo)s AND line.is_own
    """,
    "files of people for whom no row stands": """
        SELECT count(DISTINCT person.id) FROM enrollment_undonerow line
        JOIN enrollment_person person ON person.id = line.person_before AND person.state = 'ACTIVE'
        WHERE line.undo_id = %(undo)s AND NOT EXISTS (
            SELECT FROM enrollment_rosterlink link
            JOIN enrollment_rosterbatch batch
              ON batch.id = link.batch_id AND batch.state = 'APPLIED'
            WHERE link.person_id = person.id)
    """,
}


def undo_roster(context: JobContext, batch: RosterBatch) -> Again | None:
    """The roll is as if the roster had never been applied; doing it again changes nothing.

    Waits its turn while another roster is being applied. What came to depend on the roster after
    the undoing was approved puts the roster back where it was. Raises `reconcile.NotEqual` when the
    roll does not add up; then nothing is called undone.
    """
    undo = undoing.under_way(batch)
    if undo is None:
        return None
    with context.step():
        mine = rosters.take_roll(batch)
    if not mine:
        rosters.expect_roll_in_work()
        context.phase(gettext_noop("Waiting for another roster to be applied"))
        return Again(after_seconds=10)
    if not _begin(context, undo):
        return None
    _link_later_rosters(context, undo)
    _place(context, undo)
    total = _last_place(undo)
    context.phase(gettext_noop("Taking back what the roster brought"), total)
    model = models.version_in_use().pk
    while (low := int(context.checkpoint.get("place", 0))) < total:
        high = min(low + RANGE_PLACES, total)
        with context.step(place=high):
            settle_range(undo, low, high, model=model)
            context.progress(high)
    editions.give_back(context, batch)
    with context.step():
        _end(undo, context)
        crash.point("undo_before_last_commit")
    return None


def _begin(context: JobContext, undo: RosterUndo) -> bool:
    """Whether the roster is still free to be undone; what its rows stand for is on record then."""
    if context.checkpoint.get("begun"):
        return True
    with context.step(begun=True):
        # The roll is held from here on, so nothing more can come to depend on the roster.
        found = undo_dependents.things_of(undo.batch)
        if found:
            rosters.release_roll(undo.batch)
            undoing.refuse(undo, at=clock.now(), by=context.actor)
            context.log(
                gettext_noop("%(count)s things depend on the roster by now; it was not undone."),
                LogLevel.WARNING,
                count=len(found),
            )
            return False
        resettle.run(
            "undo_begin",
            {
                "undo": undo.pk, "batch": undo.batch_id,
                "by": context.actor.text[:120], "at": clock.now(),
            },
        )  # fmt: skip
        resettle.run("edition_undo_begin", {"undo": undo.pk, "batch": undo.batch_id})
    return True


def _link_later_rosters(context: JobContext, undo: RosterUndo) -> None:
    """How rows of later rosters stand without the undone one is on record, roster by roster."""
    later = _later_rosters(undo.batch)
    context.phase(gettext_noop("Linking rows of later rosters anew"), len(later))
    linked = list(context.checkpoint.get("linked", []))
    for place, batch in enumerate(later):
        if batch.pk in linked:
            continue
        linked.append(batch.pk)
        with context.step(linked=linked):
            undo_linkage.link_anew(undo, batch, by=context.actor.text[:120], at=clock.now())
            crash.point("undo_linked")
            context.progress(place + 1)


def _later_rosters(batch: RosterBatch) -> list[RosterBatch]:
    """Rosters that were applied when this one stood on the roll, in their order."""
    applied = RosterBatch.objects.filter(state=BatchState.APPLIED, applied_at__gte=batch.applied_at)
    found = applied.exclude(pk=batch.pk).select_related("area").order_by("applied_at", "pk")
    return [one for one in found if (one.applied_at, one.pk) > (batch.applied_at, batch.pk)]


def _place(context: JobContext, undo: RosterUndo) -> None:
    """People are in the order in which they are settled; who exchange a row come together."""
    if context.checkpoint.get("placed"):
        return
    facts = {"undo": undo.pk, "batch": undo.batch_id}
    with context.step(placed=True):
        with connection.cursor() as cursor:
            cursor.execute(_EDGES, facts)
            groups = joined(cursor.fetchall())
            cursor.execute(
                "CREATE TEMP TABLE joined (person_id bigint PRIMARY KEY, first bigint)"
                " ON COMMIT DROP"
            )
            with cursor.copy("COPY joined (person_id, first) FROM STDIN") as copy:
                for line in groups.items():
                    copy.write_row(line)
            cursor.execute(_PLACES, facts)
            cursor.execute("DROP TABLE joined")
        crash.point("undo_placed")


def _last_place(undo: RosterUndo) -> int:
    last = UndoneRow.objects.filter(undo=undo).order_by("-place").values_list("place", flat=True)
    return int(last.first() or 0)


def settle_range(undo: RosterUndo, low: int, high: int, *, model: int) -> None:
    """The people of these places stand as without the roster. Call it in a transaction."""
    facts: dict[str, Any] = {
        "undo": undo.pk, "low": low, "high": high, "model": model, "at": undo.approved_at,
        "batch": undo.batch_id,
    }  # fmt: skip
    resettle.run("undo_range", facts)
    resettle.run("undo_rows")
    resettle.run("edition_unfollow", facts)
    resettle.run("undo_links", facts)
    resettle.run("undo_told_pairs")
    resettle.release(facts)
    resettle.gather(
        "link.opens_file AND batch.state = 'APPLIED' AND link.person_id IN"
        " (SELECT person_before FROM undone WHERE opened_file)"
    )
    resettle.follow_openers("undo_openers")
    resettle.forget_gathered()
    resettle.run("undo_homes")
    resettle.execute(
        "CREATE TEMP TABLE corrected ON COMMIT DROP AS"
        " SELECT row_id, EXISTS (SELECT FROM enrollment_editionline ended"
        "   WHERE ended.old_row_id = undone.row_id AND ended.state = 'LEFT' AND ended.is_taken)"
        "  AS is_decided FROM undone WHERE person_after IS NOT NULL"
    )
    resettle.cover_changed_rows()
    resettle.execute(
        "CREATE TEMP TABLE changed_person ON COMMIT DROP AS"
        " SELECT DISTINCT person_after AS person_id FROM undone WHERE person_after IS NOT NULL"
    )
    resettle.decide_doubles()
    resettle.execute("DROP TABLE corrected, undone, changed_row")


def _end(undo: RosterUndo, context: JobContext) -> None:
    """The roster is undone, the roll without it proved."""
    at = clock.now()
    facts = {"undo": undo.pk, "batch": undo.batch_id}
    resettle.run("edition_undo_end", facts)
    resettle.run("undo_end", facts | {"by": context.actor.text[:120], "at": at})
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(apply.GROWN)}")
        for what, query in DIFFERENCES.items():
            cursor.execute(query, facts)
            count = cursor.fetchone()[0]
            if count:
                raise reconcile.NotEqual(
                    "ROLL_DIFFERS",
                    _("The roster does not add up: %(what)s: %(count)s"),
                    what=what,
                    count=count,
                )
    touched = UndoneRow.objects.filter(undo=undo, is_own=False).values("batch")
    for batch in RosterBatch.objects.filter(pk__in=touched):
        reconcile.expect_equal(batch)
    undoing.close(undo, at=at, by=context.actor)
    rosters.release_roll(undo.batch)
    double_jobs.ask_to_propose(f"undo:{undo.batch_id}", by=context.actor, at=at)
