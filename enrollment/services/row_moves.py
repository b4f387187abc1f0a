"""Taking a wrongly linked row out of a file, into another one or into one of its own.

Coverage and money change with it, so a second person approves; a job carries it out. Moving the row
back is the same act again.
"""

import datetime
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.integrity import refusals
from bureau.core.models import ApprovalRequest, Staff
from bureau.intake.choices import BatchState
from enrollment.choices import PersonState, RowMoveState, Verdict
from enrollment.models import (
    CoverageSpell,
    DecisionStep,
    PairDecision,
    Person,
    RosterLink,
    RowMoveRequest,
)
from enrollment.services import clearing, decision_jobs

KIND: Final = "enrollment.row_move"
SUMMARY: Final = {
    "row": _("Roster row"),
    "from_file": _("Out of file"),
    "to_file": _("Into file"),
}


def ask(
    *,
    row_id: int,
    person: Person,
    to_person: Person | None,
    reason: str,
    by: Staff,
    actor: Actor,
    at: datetime.datetime,
) -> ApprovalRequest:
    """The wish waits for a second person. Raises DomainError when it cannot be carried out."""
    with refusals(), transaction.atomic():
        why_not = obstacle(row_id=row_id, from_person=person, to_person=to_person)
        if why_not is not None:
            raise why_not
        link = RosterLink.objects.select_related("batch__area").get(pk=row_id)
        wish = RowMoveRequest.objects.create(
            row_id=row_id,
            from_person=person,
            to_person=to_person,
            reason=reason.strip()[:500],
            by=by,
            by_text=actor.text,
            at=at,
        )
        spell = CoverageSpell.objects.filter(source_row=row_id).first()
        areas = [link.batch.area, person.area, *([to_person.area] if to_person else [])]
        audit.record("review.row_move_asked", by=actor, at=at, target=wish, area=person.area)
        return approvals.request(
            KIND,
            wish,
            title_facts={"row": row_id, "file": person.file_no},
            area=clearing.common_area(areas),
            by=by,
            at=at,
            summary={
                "row": row_id,
                "from_file": person.file_no,
                "to_file": to_person.file_no if to_person else str(_("a file of its own")),
            },
            reason=wish.reason,
            amount=spell.contribution_amount if spell else None,
        )


def say_title(request: ApprovalRequest) -> str:
    text = gettext("Row %(row)s out of file %(file)s")
    return text % dict(request.title_facts)


def obstacle(*, row_id: int, from_person: Person, to_person: Person | None) -> DomainError | None:
    """Why the row cannot go there now; none when it can."""
    link = RosterLink.objects.filter(pk=row_id, batch__state=BatchState.APPLIED).first()
    if link is None or link.person_id != from_person.pk:
        return DomainError("row_is_elsewhere", _("The row is not in this file any more."))
    if to_person is not None and to_person.state == PersonState.MERGED:
        return DomainError(
            "file_was_merged", _("That file was merged into another one; name the one kept.")
        )
    if case := clearing.double_case_of(from_person.pk):
        return clearing.case_comes_first(case)
    told = _decision_about(row_id)
    if told is not None:
        return DomainError(
            "row_is_told_by_decision",
            _("The row is here by a decision (pair %(pair)s); take that decision back instead."),
            pair=told.pair_id,
        )
    is_only = not RosterLink.objects.filter(person_id=from_person.pk).exclude(pk=row_id).exists()
    if to_person is None and is_only:
        return DomainError(
            "row_is_the_only_one",
            _("It is the only row of this file: nothing would stay behind."),
        )
    return None


def _decision_about(row_id: int) -> PairDecision | None:
    """A decision "the same person" about the row that stands on the roll."""
    carried_out = DecisionStep.objects.filter(decision=OuterRef("pk"), stage="CARRIED_OUT")
    reverted = DecisionStep.objects.filter(decision=OuterRef("pk"), stage="REVERTED")
    return (
        PairDecision.objects.filter(
            Exists(carried_out),
            ~Exists(reverted),
            Q(pair__row_a=row_id) | Q(pair__row_b=row_id),
            verdict=Verdict.SAME,
        )
        .order_by("pk")
        .first()
    )


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """A second person approved: the job moves the row."""
    RowMoveRequest.objects.filter(pk=request.target_id).update(state=RowMoveState.APPROVED)
    decision_jobs.enqueue(by=by, at=at)


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The wish was returned or taken back; the row stays where it is."""
    RowMoveRequest.objects.filter(pk=request.target_id).update(
        state=RowMoveState.DROPPED, dropped_because=request.note[:500]
    )
