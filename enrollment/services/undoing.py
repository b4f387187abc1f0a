"""Undoing a roster that stands on the roll: asked for, approved by another, carried out by a job.

The work itself is `enrollment.imports.undo`.
"""

import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit
from bureau.core.actors import Actor
from bureau.core.errors import DomainError, MovedOn
from bureau.core.integrity import refusals
from bureau.core.models import ApprovalRequest, Staff
from bureau.core.transactions import whole
from bureau.intake.choices import BatchState
from enrollment.choices.undo import UndoState
from enrollment.models import RosterBatch, RosterEdition, RosterFile, RosterUndo
from enrollment.selectors import undo_dependents, undo_preview
from enrollment.services import roster_jobs, rosters

#: Kind under which the undoing of a roster is approved.
KIND: Final = "enrollment.roster_undo"
#: What the second person sees of it, by the words for it.
SUMMARY: Final = {
    "rows": _("Rows of the roster on the roll"),
    "people_go": _("People who leave the roll"),
    "people_stay": _("People who stay, because other rosters list them"),
    "spells": _("Coverages that are undone"),
    "in_force": _("of these in force"),
    "numbers_go": _("Numbers that go"),
    "households_go": _("Households that go"),
    "rows_of_others": _("Rows of other rosters about the people who stay"),
    "rows_wait_again": _("Rows of earlier rosters that wait again"),
    "rows_back": _("Rows of the former edition that stand again"),
    "spells_back": _("Coverages of the former edition that come back"),
    "ends_lifted": _("Coverages ended by this edition whose end is lifted"),
    "amount_goes": _("Contributions of the rows that go (yuan)"),
    "amount_back": _("Contributions of the former rows that stand again (yuan)"),
}


@whole
def ask(*, batch: RosterBatch, reason: str, at: datetime.datetime, by: Staff) -> ApprovalRequest:
    """The undoing waits for a second person, who sees what it takes back.

    Raises `DomainError` ROSTER_IS_BUILT_ON while something depends on the roster.
    """
    rosters.expect(batch, BatchState.APPLIED)
    _expect_free(batch)
    batch.refresh_from_db(fields=["drafters"])
    preview = undo_preview.preview_of(batch)
    figures = preview.figures
    with refusals():
        undo = RosterUndo.objects.create(
            batch=batch,
            reason=reason.strip(),
            figures=figures,
            asked_at=at,
            asked_by=Actor.of(by).text,
            asked_by_staff=by,
            drafters=sorted({*batch.drafters, by.staff_no} - {""}),
        )
    audit.record("roster.undo_asked", by=by, at=at, target=batch, area=batch.area, note=undo.reason)
    return approvals.request(
        KIND,
        target=batch,
        title_facts=rosters.title_facts(batch),
        area=batch.area,
        summary=figures | amounts_in_words(preview),
        # An edition brought only the difference.
        amount=preview.amount_goes - preview.amount_back,
        reason=undo.reason,
        by=by,
        at=at,
    )


def amounts_in_words(preview: undo_preview.Preview) -> dict[str, str]:
    """What an edition's rows paid and what their former rows had; nothing for other rosters."""
    if "rows_back" not in preview.figures:
        return {}
    return {
        "amount_goes": f"{preview.amount_goes:,.2f}",
        "amount_back": f"{preview.amount_back:,.2f}",
    }


def _expect_free(batch: RosterBatch) -> None:
    found = undo_dependents.things_of(batch)
    if found:
        raise DomainError(
            "ROSTER_IS_BUILT_ON",
            _(
                "%(count)s things depend on roster %(batch)s; they are taken back first. Its page "
                "names them."
            ),
            count=len(found),
            batch=batch.pk,
        )


def under_way(batch: RosterBatch) -> RosterUndo | None:
    """The approved undoing of the roster that is not finished."""
    return (
        RosterUndo.objects.select_related("batch__area")
        .filter(batch=batch, state=UndoState.UNDOING)
        .first()
    )


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """A second person approved: the job takes the roster from the roll."""
    batch = RosterBatch.objects.select_for_update(of=("self",)).get(pk=request.target_id)
    undo = RosterUndo.objects.get(batch=batch, state=UndoState.ASKED)
    # Who corrected or asked since has worked on it too.
    rosters.expect_another([*undo.drafters, *batch.drafters], undo.asked_by_staff_id, by)
    _expect_free(batch)
    if batch.state != BatchState.APPLIED:
        raise _moved_on(batch)
    RosterBatch.objects.filter(pk=batch.pk).update(state=BatchState.UNDOING)
    RosterUndo.objects.filter(pk=undo.pk).update(
        state=UndoState.UNDOING,
        approved_at=at,
        approved_by=str(by),
        approved_by_no=by.staff_no,
    )
    audit.record("roster.undo_approved", by=by, at=at, target=batch, area=batch.area)
    roster_jobs.enqueue(roster_jobs.UNDO, batch, by=Actor.of(by), at=at)


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The undoing was returned or taken back: the roster stays on the roll."""
    batch = RosterBatch.objects.select_related("area").get(pk=request.target_id)
    RosterUndo.objects.filter(batch=batch, state=UndoState.ASKED).update(
        state=UndoState.DROPPED, dropped_because=request.note
    )
    facts = {"note": request.note} if request.note else {}
    audit.record("roster.undo_returned", by=by, at=at, target=batch, area=batch.area, **facts)


def refuse(undo: RosterUndo, *, at: datetime.datetime, by: Actor) -> None:
    """Something came to depend on the roster before the job began: it stays on the roll."""
    RosterUndo.objects.filter(pk=undo.pk, state=UndoState.UNDOING).update(state=UndoState.DROPPED)
    RosterBatch.objects.filter(pk=undo.batch_id, state=BatchState.UNDOING).update(
        state=BatchState.APPLIED
    )
    audit.record("roster.undo_refused", by=by, at=at, target=undo.batch, area=undo.batch.area)


def close(undo: RosterUndo, *, at: datetime.datetime, by: Actor) -> None:
    """Nothing of the roster stands any more; its files may be sent again."""
    changed = RosterBatch.objects.filter(pk=undo.batch_id, state=BatchState.UNDOING).update(
        state=BatchState.UNDONE
    )
    if changed != 1:
        raise _moved_on(undo.batch)
    RosterUndo.objects.filter(pk=undo.pk).update(state=UndoState.DONE, done_at=at)
    RosterFile.objects.filter(batch=undo.batch_id).update(withdrawn=True)
    RosterEdition.objects.filter(batch=undo.batch_id).update(is_open=False)
    rosters.drop_corrections(undo.batch)
    audit.record("roster.undone", by=by, at=at, target=undo.batch, area=undo.batch.area)


def _moved_on(batch: RosterBatch) -> MovedOn:
    now_in = RosterBatch.objects.get(pk=batch.pk)
    return MovedOn(
        "ROSTER_MOVED_ON",
        _("Roster %(batch)s was changed meanwhile and is now: %(state)s. Look at it again."),
        target=now_in,
        batch=batch.pk,
        state=str(now_in.get_state_display()),
    )
