"""The job that carries decisions out, step by step; what cannot be done stops nothing else."""

import datetime
from collections.abc import Sequence
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bureau.core import clock
from bureau.core.choices import LogLevel
from bureau.core.errors import DomainError
from bureau.core.integrity import refusal
from bureau.core.jobs import Again, JobContext
from enrollment.imports import merging, row_moving
from enrollment.imports.merge_work import Work, work_waiting

#: Decisions that are carried out or taken back in one transaction.
DECISIONS_A_STEP = 100
#: Steps after which other jobs get their turn.
STEPS_A_RUN: Final = 20


def carry_out(context: JobContext) -> Again | None:
    """The roll shows every decision that is cleared, and none that was taken back."""
    context.phase(gettext_noop("Carrying out decisions"))
    done = int(context.checkpoint.get("done", 0))
    for _step in range(STEPS_A_RUN):
        with context.step() as checkpoint:
            work, moved = [], 0
            held = not merging.hold_roll()
            if not held:
                stuck = list(checkpoint.get("stuck", []))
                work = work_waiting(DECISIONS_A_STEP, without=stuck)
                moved = _move_rows(context)
                if work:
                    failed = settle_what_fits(work, context=context, at=clock.now())
                    done += len(work) - len(failed)
                    checkpoint["done"] = done
                    checkpoint["stuck"] = [*stuck, *failed]
                    context.progress(done)
        if held:
            context.phase(gettext_noop("Waiting for a roster to be applied"))
            return Again(after_seconds=10)
        if not work and not moved:
            _tell_of_stuck(context)
            return None
    return Again()


def _tell_of_stuck(context: JobContext) -> None:
    """Raises DomainError naming what could not be carried out, so that somebody looks at it.

    Tried again, the job tries them again.
    """
    stuck = list(context.checkpoint.get("stuck", []))
    if stuck:
        with context.step(stuck=[], refused=stuck):
            pass
        raise DomainError(
            "decisions_not_carried_out",
            _(
                "%(count)s decisions could not be carried out (the log says why): %(decisions)s. "
                "All others are."
            ),
            count=len(stuck),
            decisions=", ".join(map(str, stuck[:20])),
        )


def settle_what_fits(
    work: Sequence[Work], *, context: JobContext, at: datetime.datetime
) -> list[int]:
    """All that can be is carried out, in one go or else one by one; returns those that cannot be.

    What the database refuses is named in the log, and nothing of it stands on the roll.
    """
    try:
        _settle_alone(work, context=context, at=at)
    except (IntegrityError, DomainError):
        if len(work) > 1:
            context.log(
                gettext_noop("A decision among %(count)s cannot be carried out; one by one now."),
                LogLevel.WARNING,
                count=len(work),
            )
    else:
        return []
    failed = []
    for one in work:
        try:
            _settle_alone([one], context=context, at=at)
        except (IntegrityError, DomainError) as refused:
            failed.append(one.decision)
            context.log(
                gettext_noop("Decision %(decision)s on rows %(rows)s is not carried out: %(why)s"),
                LogLevel.ERROR,
                decision=one.decision,
                rows=f"{one.row_a}, {one.row_b}",
                why=_why(refused),
            )
    return failed


def _settle_alone(work: Sequence[Work], *, context: JobContext, at: datetime.datetime) -> None:
    """Carried out whole, with all that is checked only when a transaction ends, or not at all."""
    with transaction.atomic():
        merging.settle(work, by=context.actor, at=at, context=context)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _why(refused: IntegrityError | DomainError) -> str:
    """What the refusal says to people, else the constraint's name."""
    return str(refusal(refused) if isinstance(refused, IntegrityError) else refused)


def _move_rows(context: JobContext) -> int:
    """Approved wishes to move rows are carried out; returns how many there were."""
    wishes = row_moving.wishes_waiting()
    moved = [row_moving.carry_out_alone(w, by=context.actor, at=clock.now()) for w in wishes]
    if any(moved):
        merging.note_change_of_the_roll(by=context.actor, at=clock.now())
    return len(wishes)
