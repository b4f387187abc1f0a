"""Corrections of a roster's rows: handed in, looked through, approved, taken, dropped."""

import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit
from bureau.core.actors import Actor
from bureau.core.errors import DomainError, MovedOn
from bureau.core.integrity import refusals
from bureau.core.models import ApprovalRequest, Staff, StoredFile
from bureau.core.transactions import whole
from bureau.intake.choices import BatchState
from enrollment.choices import CorrectionSource, CorrectionState
from enrollment.models import (
    CorrectedRow,
    CorrectionFile,
    RosterBatch,
    RosterCorrection,
    RosterFile,
)
from enrollment.models.corrections import TAKEN
from enrollment.services import correction_jobs, rosters

#: Kind under which approvals of corrections are requested.
KIND: Final = "enrollment.corrections"
#: What the second person sees of corrections, by the words for it.
SUMMARY: Final = {
    "lines_changed": _("Rows corrected"),
    "lines_new": _("New rows"),
    "rows_released": _("Rows released by another's correction"),
    "lines_wrong": _("Lines still wrong, not taken"),
    "lines_same": _("Lines without a change"),
    "lines_before": _("Rows corrected before, not taken"),
    "lines_unplaced": _("Lines whose row was not found, not taken"),
    "lines_right": _("Of these, rows found right as they are, on the evidence given"),
    "left_out": _("Lines that are left out"),
    # Of requests from before, in which they counted as corrected as well.
    "lines_left_out": _("Of these, lines that are left out"),
}
#: States of a roster in which its rows can be corrected.
CORRECTABLE: Final = (BatchState.CHECKED, BatchState.APPLIED)


@whole
def begin(
    *, batch: RosterBatch, source: CorrectionSource, at: datetime.datetime, by: Actor
) -> RosterCorrection:
    """Corrections of the roster are open for files. Raises `DomainError` otherwise."""
    now_in = RosterBatch.objects.select_for_update().get(pk=batch.pk)
    expect_correctable(now_in)
    correction = RosterCorrection.objects.create(
        batch=batch,
        source=source,
        state=CorrectionState.READING,
        into_roll=now_in.state == BatchState.APPLIED,
        made_at=at,
        made_by=by.text,
        made_by_staff_id=by.staff_id,
        drafters=[by.staff_no] if by.staff_no else [],
    )
    audit.record(
        "roster.corrections_begun",
        by=by,
        at=at,
        target=batch,
        area=batch.area,
        correction=correction.pk,
    )
    return correction


def expect_correctable(batch: RosterBatch) -> None:
    """Raises `DomainError` for a roster whose rows cannot be corrected now."""
    if batch.state not in CORRECTABLE:
        raise DomainError(
            "ROSTER_NOT_CORRECTABLE",
            _(
                "Rows of a roster are corrected after its check, before it is submitted, and once "
                "it is on the roll. This one is now: %(state)s."
            ),
            state=str(batch.get_state_display()),
        )


def counts_of(correction: RosterCorrection) -> dict[str, int]:
    """What the second person sees of the corrections, by the names in `SUMMARY`; no zeros."""
    told = correction.lines.filter(verdict__in=TAKEN).exclude(note="")
    left_out = told.filter(is_settled=True).count()
    counts = {name: getattr(correction, name, 0) for name in SUMMARY} | {
        "lines_changed": correction.lines_changed - left_out,
        "lines_right": told.filter(is_settled=False).count(),
        "left_out": left_out,
    }
    return {name: value for name, value in counts.items() if value}


def summary_of(correction: RosterCorrection) -> dict[Any, int]:
    """The same under the words for people."""
    return {SUMMARY[name]: value for name, value in counts_of(correction).items()}


def read_again(correction: RosterCorrection) -> None:
    """A further file comes to corrections that were compared already."""
    _move(correction, CorrectionState.OPEN, CorrectionState.READING, checked_at=None)


@whole
def add_file(
    *, correction: RosterCorrection, stored: StoredFile, at: datetime.datetime, by: Actor
) -> CorrectionFile:
    """The file is one of the corrections. Raises `DomainError` for content already loaded."""
    known = CorrectionFile.objects.filter(sha256=stored.sha256, withdrawn=False).first()
    if known is not None:
        raise _known(stored.original_name, known)
    roster = RosterFile.objects.filter(sha256=stored.sha256, withdrawn=False).first()
    if roster is not None:
        raise DomainError(
            "FILE_IS_A_ROSTER",
            _("“%(name)s” is the content of “%(known)s” of roster %(batch)s, uncorrected."),
            name=stored.original_name,
            known=roster.name,
            batch=roster.batch_id,
        )
    try:
        with transaction.atomic():
            file = CorrectionFile.objects.create(
                correction=correction,
                stored=stored,
                name=stored.original_name,
                sha256=stored.sha256,
            )
    except IntegrityError:
        known = CorrectionFile.objects.get(sha256=stored.sha256, withdrawn=False)
        raise _known(stored.original_name, known) from None
    rosters.note_drafters(correction, by.staff_no)
    return file


@whole
def from_draft(
    *, file: RosterFile, batch: RosterBatch, at: datetime.datetime, by: Actor
) -> RosterCorrection:
    """The file of a draft is loaded as corrections of the roster that its mark names.

    A draft that holds nothing else is withdrawn with it.
    """
    draft = file.batch
    rosters.remove_file(file=file, at=at, by=by)
    if not RosterFile.objects.filter(batch=draft, withdrawn=False).exists():
        rosters.withdraw_roster(batch=draft, at=at, by=by)
    correction = begin(batch=batch, source=CorrectionSource.FILE, at=at, by=by)
    add_file(correction=correction, stored=file.stored, at=at, by=by)
    draft.refresh_from_db(fields=["drafters"])
    rosters.note_drafters(correction, *draft.drafters)
    correction_jobs.enqueue(correction_jobs.READ, correction, by=by, at=at)
    return correction


def _known(name: str, known: CorrectionFile) -> DomainError:
    correction = known.correction
    return DomainError(
        "CORRECTIONS_KNOWN",
        _(
            "“%(name)s” was loaded on %(day)s by %(who)s as “%(known)s” (corrections no. "
            "%(number)s of roster %(batch)s). Nothing was taken twice."
        ),
        name=name,
        known=known.name,
        day=correction.made_at.date().isoformat(),
        who=correction.made_by,
        number=correction.pk,
        batch=correction.batch_id,
    )


def refuse_file(file: CorrectionFile, refusal: DomainError) -> None:
    """The file cannot be taken, and says why; its content may come again."""
    CorrectionFile.objects.filter(pk=file.pk).update(
        withdrawn=True, problems=[{"message": refusal.source_text, "facts": refusal.facts}]
    )


def refuse(correction: RosterCorrection) -> None:
    """No file of the corrections could be taken."""
    _move(correction, CorrectionState.READING, CorrectionState.REFUSED)


def open_for_look(correction: RosterCorrection, *, at: datetime.datetime) -> None:
    """The corrections were compared and wait for their clerk."""
    _move(correction, CorrectionState.READING, CorrectionState.OPEN, checked_at=at)


@whole
def submit(
    *, correction: RosterCorrection, reason: str, at: datetime.datetime, by: Staff, actor: Actor
) -> ApprovalRequest | None:
    """The corrections go on: to a second person, or into the roster that is not submitted yet.

    Raises `DomainError` when nothing would change, or the roster has moved on.
    """
    batch = (
        RosterBatch.objects.select_for_update().select_related("area").get(pk=correction.batch_id)
    )
    taken = correction.lines.filter(verdict__in=TAKEN).exists()
    if not taken:
        raise DomainError(
            "NOTHING_CORRECTED", _("No row would change by these corrections. Nothing was done.")
        )
    wanted = BatchState.APPLIED if correction.into_roll else BatchState.CHECKED
    if batch.state != wanted:
        raise MovedOn(
            "ROSTER_MOVED_ON",
            _("Roster %(batch)s was changed meanwhile and is now: %(state)s. Look at it again."),
            batch=batch.pk,
            state=str(batch.get_state_display()),
        )
    facts: dict[str, Any] = {"confirmed_at": at, "confirmed_by": actor.text, "reason": reason}
    audit.record(
        "roster.corrections_submitted",
        by=actor,
        at=at,
        target=batch,
        area=batch.area,
        correction=correction.pk,
    )
    rosters.note_drafters(correction, actor.staff_no, by.staff_no)
    if not correction.into_roll:
        # What they changed is approved with the roster, so they worked on that too.
        correction.refresh_from_db(fields=["drafters"])
        rosters.note_drafters(batch, *correction.drafters)
        with refusals():
            _move(correction, CorrectionState.OPEN, CorrectionState.APPLYING, **facts)
        RosterBatch.objects.filter(pk=batch.pk).update(state=BatchState.READING)
        correction_jobs.enqueue(correction_jobs.TAKE, correction, by=actor, at=at)
        return None
    _move(correction, CorrectionState.OPEN, CorrectionState.AWAITING_APPROVAL, **facts)
    return approvals.request(
        KIND,
        target=correction,
        title_facts=rosters.title_facts(batch) | {"correction": correction.pk},
        area=batch.area,
        summary=counts_of(correction),
        reason=reason,
        by=by,
        at=at,
    )


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """A second person approved the corrections: they are being applied."""
    correction = _of(request)
    rosters.expect_another(correction.drafters, correction.made_by_staff_id, by)
    batch = RosterBatch.objects.select_for_update().get(pk=correction.batch_id)
    if batch.state != BatchState.APPLIED:
        raise MovedOn(
            "ROSTER_MOVED_ON",
            _("Roster %(batch)s was changed meanwhile and is now: %(state)s. Look at it again."),
            batch=batch.pk,
            state=str(batch.get_state_display()),
        )
    with refusals():
        _move(
            correction,
            CorrectionState.AWAITING_APPROVAL,
            CorrectionState.APPLYING,
            approved_at=at,
            approved_by=str(by),
            approved_by_no=by.staff_no,
        )
    audit.record(
        "roster.corrections_approved",
        by=by,
        at=at,
        target=batch,
        area=correction.batch.area,
        correction=correction.pk,
    )
    correction_jobs.enqueue(correction_jobs.TAKE, correction, by=Actor.of(by), at=at)


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The corrections were returned or taken back: their clerk decides anew."""
    correction = _of(request)
    _move(
        correction,
        CorrectionState.AWAITING_APPROVAL,
        CorrectionState.OPEN,
        confirmed_at=None,
        confirmed_by="",
    )
    audit.record(
        "roster.corrections_returned",
        by=by,
        at=at,
        target=correction.batch,
        area=correction.batch.area,
        correction=correction.pk,
        note=request.note,
    )


def close(correction: RosterCorrection, *, at: datetime.datetime) -> None:
    """The corrections are applied; how many rows they changed is on record."""
    taken = CorrectedRow.objects.filter(correction=correction, is_taken=True).count()
    _move(
        correction,
        CorrectionState.APPLYING,
        CorrectionState.APPLIED,
        applied_at=at,
        rows_taken=taken,
    )
    audit.record(
        "roster.corrections_applied",
        by="apply_corrections",
        at=at,
        target=correction.batch,
        area=correction.batch.area,
        correction=correction.pk,
        rows=taken,
    )


@whole
def drop(*, correction: RosterCorrection, at: datetime.datetime, by: Actor) -> None:
    """The corrections are given up; their files may come again, the roster is as it was."""
    changed = RosterCorrection.objects.filter(
        pk=correction.pk, state__in=[CorrectionState.READING, CorrectionState.OPEN]
    ).update(state=CorrectionState.DROPPED)
    if changed != 1:
        raise _moved_on(correction)
    CorrectionFile.objects.filter(correction=correction).update(withdrawn=True)
    audit.record(
        "roster.corrections_dropped",
        by=by,
        at=at,
        target=correction.batch,
        area=correction.batch.area,
        correction=correction.pk,
    )


def _of(request: ApprovalRequest) -> RosterCorrection:
    return RosterCorrection.objects.select_related("batch__area").get(pk=request.target_id)


def _move(
    correction: RosterCorrection, seen: CorrectionState, to: CorrectionState, **fields: object
) -> None:
    changed = RosterCorrection.objects.filter(pk=correction.pk, state=seen).update(
        state=to, **fields
    )
    if changed != 1:
        raise _moved_on(correction)
    correction.refresh_from_db()


def _moved_on(correction: RosterCorrection) -> MovedOn:
    now_in = RosterCorrection.objects.get(pk=correction.pk)
    return MovedOn(
        "CORRECTION_MOVED_ON",
        _("Corrections no. %(number)s were changed meanwhile and are now: %(state)s."),
        number=correction.pk,
        state=str(now_in.get_state_display()),
    )
