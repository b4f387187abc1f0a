"""Rosters on their way in: received, laid out, checked, confirmed, approved, applied, withdrawn.

The steps that read and write many rows are in `enrollment.imports`; here are the acts of people and
the one-row transitions around them.
"""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import CharField, Exists, F, Func, OuterRef, Q, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bureau.core import approvals, audit, notifications, versions
from bureau.core.actors import Actor
from bureau.core.choices import UNFINISHED_JOB_STATES, NotificationKind
from bureau.core.errors import Conflict, DomainError, MovedOn, OwnWork
from bureau.core.models import ApprovalRequest, Area, Job, Staff, StoredFile
from bureau.core.transactions import whole
from bureau.intake.choices import BatchState, Channel
from bureau.intake.models import RememberedLayout
from bureau.intake.shapes import ColumnMap, FileLayout, SheetLayout
from enrollment.choices import CorrectionState, Scheme
from enrollment.models import (
    CorrectionFile,
    Roll,
    RosterBatch,
    RosterCorrection,
    RosterEdition,
    RosterFile,
)
from enrollment.models.rosters import roster_name
from enrollment.selectors.roster_impact import impact_of
from enrollment.services import roster_jobs, roster_summary

#: Kind under which layouts of rosters are remembered and approvals are requested.
KIND = "enrollment.roster"


def receive_roster(
    *,
    scheme: Scheme,
    area: Area,
    year: int,
    rows_declared: int | None = None,
    households_declared: int | None = None,
    amount_declared: Decimal | None = None,
    note: str = "",
    channel: Channel = Channel.BROWSER,
    at: datetime.datetime,
    by: Actor,
) -> RosterBatch:
    """A roster of one scheme, area and year is open for files; nothing is read yet."""
    batch = RosterBatch.objects.create(
        scheme=scheme,
        area=area,
        year=year,
        rows_declared=rows_declared,
        households_declared=households_declared,
        amount_declared=amount_declared,
        note=note,
        channel=channel,
        received_at=at,
        received_by=by.text,
        received_by_staff_id=by.staff_id,
        drafters=[by.staff_no] if by.staff_no else [],
    )
    audit.record("roster.received", by=by, at=at, target=batch, area=area, year=year)
    notifications.tell_followers(
        NotificationKind.ROSTER, target=batch.pk, area=area, without=by.staff_id, at=at
    )
    return batch


@whole
def add_file(
    *, batch: RosterBatch, stored: StoredFile, at: datetime.datetime, by: Actor
) -> RosterFile:
    """The file belongs to the roster. Raises `DomainError` FILE_KNOWN for content already taken."""
    expect(batch, BatchState.DRAFT)
    name = stored.original_name
    known = (
        RosterFile.objects.filter(sha256=stored.sha256, withdrawn=False)
        .select_related("batch")
        .first()
    )
    if known:
        raise _known_content(name, known)
    try:
        with transaction.atomic():
            file = RosterFile.objects.create(
                batch=batch, stored=stored, name=name, sha256=stored.sha256
            )
    except IntegrityError:
        # Another clerk was faster by a moment; the constraint kept the content from coming twice.
        known = RosterFile.objects.select_related("batch").get(
            sha256=stored.sha256, withdrawn=False
        )
        raise _known_content(name, known) from None
    note_drafters(batch, by.staff_no)
    audit.record("roster.file_added", by=by, at=at, target=batch, area=batch.area, file=file.pk)
    return file


def _known_content(name: str, known: RosterFile) -> DomainError:
    return DomainError(
        "FILE_KNOWN",
        _(
            "“%(name)s” has the same content as “%(known)s” of roster %(batch)s, received on "
            "%(day)s. Nothing was taken twice."
        ),
        name=name,
        known=known.name,
        batch=known.batch_id,
        day=known.batch.received_at.date().isoformat(),
    )


@whole
def remove_file(*, file: RosterFile, at: datetime.datetime, by: Actor) -> None:
    """The file is no longer part of the roster; its content may be sent again."""
    expect(file.batch, BatchState.DRAFT)
    RosterFile.objects.filter(pk=file.pk).update(withdrawn=True)
    note_drafters(file.batch, by.staff_no)
    audit.record(
        "roster.file_removed", by=by, at=at, target=file.batch, area=file.batch.area, file=file.pk
    )


@whole
def confirm_layout(
    *,
    file: RosterFile,
    fields: Mapping[int, Mapping[int, str]],
    kept: Sequence[int],
    remember: bool = True,
    settled: bool = True,
    at: datetime.datetime,
    by: Actor,
    seen: str | None = None,
) -> None:
    """The file is read by these columns, and the layout is remembered for its source.

    `fields` gives, by sheet and column index, the field a column feeds (empty: none); `kept` are
    the sheets to read; `seen` is the `layout_version` upon which they were chosen, if somebody
    chose them. `remember` is false where nobody looked at the columns: a guess must not come back
    as what people confirmed. Unless the questions it leaves are `settled`, no row that rests on
    them gets beyond review. Raises `DomainError` for a field used twice in a sheet, `MovedOn`
    when another clerk has confirmed other columns since.
    """
    expect(file.batch, BatchState.DRAFT)
    file.refresh_from_db()
    layout = FileLayout.from_json(file.layout)
    if seen is not None and seen != layout_version(file):
        raise MovedOn(
            "LAYOUT_CHANGED",
            _("The columns of “%(name)s” were confirmed by another clerk meanwhile."),
            target=file.batch,
            conflicts=_layout_conflicts(layout, fields, kept),
            name=file.name,
        )
    sheets = tuple(
        _confirmed_sheet(sheet, fields.get(sheet.sheet), kept=sheet.sheet in kept)
        for sheet in layout.sheets
    )
    doubts = () if settled else layout.doubts
    layout = FileLayout(shape=layout.shape, sheets=sheets, doubts=doubts)
    RosterFile.objects.filter(pk=file.pk).update(layout=layout.to_json(), layout_confirmed=True)
    if remember:
        remember_layout(batch=file.batch, layout=layout, at=at, by=by)
    note_drafters(file.batch, by.staff_no)
    audit.record(
        "roster.layout_confirmed",
        by=by,
        at=at,
        target=file.batch,
        area=file.batch.area,
        file=file.pk,
    )


def layout_version(file: RosterFile) -> str:
    """Another as soon as the file's columns are read otherwise or are confirmed."""
    return versions.of(file, ["layout", "layout_confirmed"])


def _layout_conflicts(
    layout: FileLayout, fields: Mapping[int, Mapping[int, str]], kept: Sequence[int]
) -> list[Conflict]:
    """Sheets and columns in which what was chosen differs from what stands."""
    conflicts = []
    for sheet in layout.sheets:
        if (sheet.sheet in kept) != sheet.kept:
            words = (pgettext_lazy("sheet", "read"), pgettext_lazy("sheet", "not read"))
            sent, stands = words if sheet.sheet in kept else words[::-1]
            name = sheet.sheet_name or str(_("The whole file"))
            conflicts.append(Conflict(name, str(sent), str(stands)))
        chosen = fields.get(sheet.sheet, {})
        conflicts += [
            Conflict(column.header, chosen[column.index], column.field or "")
            for column in sheet.columns
            if column.index in chosen and chosen[column.index] != (column.field or "")
        ]
    return conflicts


def _confirmed_sheet(
    sheet: SheetLayout, fields: Mapping[int, str] | None, *, kept: bool
) -> SheetLayout:
    if fields is None:
        columns = sheet.columns
    else:
        columns = tuple(_confirmed_column(column, fields) for column in sheet.columns)
    used = [column.field for column in columns if column.field]
    twice = {field for field in used if used.count(field) > 1}
    if kept and twice:
        raise DomainError(
            "FIELD_TWICE",
            _("In sheet “%(sheet)s”, two columns feed the field %(field)s; keep one of them.")
            if sheet.sheet_name
            else _("Two columns feed the field %(field)s; keep one of them."),
            sheet=sheet.sheet_name,
            field=min(twice),
        )
    return SheetLayout(
        sheet=sheet.sheet,
        sheet_name=sheet.sheet_name,
        kept=kept,
        why=sheet.why,
        title=sheet.title,
        header_row=sheet.header_row,
        header_rows=sheet.header_rows,
        first_row=sheet.first_row,
        columns=columns,
        header_cells=sheet.header_cells,
    )


def _confirmed_column(column: ColumnMap, fields: Mapping[int, str]) -> ColumnMap:
    if column.index not in fields or fields[column.index] == (column.field or ""):
        return column
    return ColumnMap(
        index=column.index,
        header=column.header,
        field=fields[column.index] or None,
        confidence=1.0,
        why="",
        fill_down=column.fill_down,
    )


def remember_layout(
    *, batch: RosterBatch, layout: FileLayout, at: datetime.datetime, by: Actor
) -> None:
    """Files of this source with these headings are read this way from now on."""
    remembered, created = RememberedLayout.objects.get_or_create(
        kind=KIND,
        source=source_key(batch),
        signature=layout.signature(),
        defaults={
            "layout": layout.to_json(),
            "confirmed_by": by.text,
            "confirmed_at": at,
            "use_count": 1,
        },
    )
    if not created:
        remembered.layout = layout.to_json()
        remembered.confirmed_by = by.text
        remembered.confirmed_at = at
        remembered.use_count += 1
        remembered.save()


def source_key(batch: RosterBatch) -> str:
    """The source whose layouts are alike from year to year: scheme and area."""
    return f"{batch.scheme}:{batch.area.code}"


@whole
def begin_reading(
    *, batch: RosterBatch, at: datetime.datetime, by: Actor, origin_reason: str = ""
) -> None:
    """The roster's files are to be read and checked; no file can be added any more.

    `origin_reason` says why files belong here that name another area, scheme or year.
    """
    files = RosterFile.objects.filter(batch=batch, withdrawn=False)
    if not files.exists():
        raise DomainError("NO_FILE", _("Add at least one file before the roster is checked."))
    foreign = files.filter(told__has_key="corrects").first()
    if foreign:
        raise DomainError(
            "FILE_IS_CORRECTIONS",
            _(
                "“%(name)s” holds corrected rows of roster %(batch)s. Hand it over to that roster, "
                "or remove it."
            ),
            name=foreign.name,
            batch=foreign.told["corrects"],
        )
    open_layout = files.filter(layout_confirmed=False).first()
    if open_layout:
        raise DomainError(
            "LAYOUT_OPEN",
            _("Confirm the columns of “%(name)s” first."),
            name=open_layout.name,
        )
    _move(batch, BatchState.DRAFT, BatchState.READING)
    note_drafters(batch, by.staff_no)
    facts = {"origin_reason": origin_reason} if origin_reason else {}
    audit.record("roster.reading", by=by, at=at, target=batch, area=batch.area, **facts)


@whole
def confirm_roster(
    *, batch: RosterBatch, reason: str, at: datetime.datetime, by: Staff, actor: Actor
) -> ApprovalRequest:
    """The checked roster waits for a second person, who sees what it will do."""
    _move(
        batch,
        BatchState.CHECKED,
        BatchState.AWAITING_APPROVAL,
        confirmed_at=at,
        confirmed_by=actor.text,
    )
    note_drafters(batch, actor.staff_no, by.staff_no)
    audit.record("roster.confirmed", by=actor, at=at, target=batch, area=batch.area)
    # As they stand now: a page that was opened earlier may show those before a correction.
    batch.refresh_from_db()
    impact = impact_of(batch)
    return approvals.request(
        KIND,
        target=batch,
        title_facts=title_facts(batch),
        area=batch.area,
        summary=roster_summary.summary_of(batch, impact),
        changes=[],
        amount=impact.covers.amount,
        reason=reason,
        by=by,
        at=at,
    )


def title_facts(batch: RosterBatch) -> dict[str, Any]:
    """What the title of a request about the roster is made of."""
    return {"roster": batch.pk, "scheme": batch.scheme, "year": batch.year}


def say_title(request: ApprovalRequest) -> str:
    """The roster, and the number of its corrections where the request is about some."""
    facts = request.title_facts
    name = roster_name(request.area, facts["scheme"], facts["year"], facts["roster"])
    return f"{name} · {facts['correction']}" if "correction" in facts else name


def note_drafters(worked: RosterBatch | RosterCorrection, *staff_nos: str) -> None:
    """These worked on it, and none of them approves it."""
    for staff_no in filter(None, staff_nos):
        type(worked).objects.filter(pk=worked.pk).exclude(drafters__contains=[staff_no]).update(
            drafters=Func(
                F("drafters"),
                Cast(Value(staff_no), CharField(max_length=20)),
                function="array_append",
                output_field=worked._meta.get_field("drafters"),
            )
        )


def expect_another(drafters: Sequence[str], maker: int | None, by: Staff) -> None:
    """Who worked on it does not approve it, under whichever account. Raises `OwnWork`."""
    if by.staff_no in drafters or by.pk == maker:
        raise OwnWork(
            "own_draft",
            _("You drafted, changed or submitted this; another member of staff approves it."),
        )


@whole
def begin_applying(*, batch: RosterBatch, at: datetime.datetime, by: Staff | str) -> None:
    """The roster is approved and is to be written to the roll. `by` names the second person.

    Raises `OwnWork` when that person worked on the roster, whoever confirmed it, and `MovedOn` when
    the roster is no longer waiting for it.
    """
    facts = {}
    if isinstance(by, Staff):
        worked = RosterBatch.objects.select_for_update().get(pk=batch.pk)
        expect_another(worked.drafters, worked.received_by_staff_id, by)
        facts["approved_by_no"] = by.staff_no
    seen = (
        BatchState.CHECKED
        if batch.channel == Channel.COMMAND_LINE
        else BatchState.AWAITING_APPROVAL
    )
    _move(batch, seen, BatchState.APPLYING, approved_at=at, approved_by=str(by), **facts)
    audit.record("roster.approved", by=by, at=at, target=batch, area=batch.area)


@whole
def return_to_clerk(
    *, batch: RosterBatch, at: datetime.datetime, by: Staff, note: str = ""
) -> None:
    """The roster was returned: the clerk may confirm it again or withdraw it."""
    _move(batch, BatchState.AWAITING_APPROVAL, BatchState.CHECKED, confirmed_at=None)
    facts = {"note": note} if note else {}
    audit.record("roster.returned", by=by, at=at, target=batch, area=batch.area, **facts)


@whole
def withdraw_roster(*, batch: RosterBatch, at: datetime.datetime, by: Actor) -> None:
    """A roster that was not applied is taken back; its files may be sent again, its rows stay."""
    changed = RosterBatch.objects.filter(
        pk=batch.pk, state__in=[BatchState.DRAFT, BatchState.READING, BatchState.CHECKED]
    ).update(state=BatchState.CANCELLED)
    if changed != 1:
        raise _moved_on(batch)
    roster_jobs.stop(batch, by=by, at=at)
    RosterFile.objects.filter(batch=batch).update(withdrawn=True)
    RosterEdition.objects.filter(batch=batch).update(is_open=False)
    drop_corrections(batch)
    audit.record("roster.withdrawn", by=by, at=at, target=batch, area=batch.area)


def drop_corrections(batch: RosterBatch) -> None:
    """Corrections of a withdrawn roster lead nowhere; their files may come for another."""
    left = RosterCorrection.objects.filter(
        batch=batch, state__in=[CorrectionState.READING, CorrectionState.OPEN]
    )
    CorrectionFile.objects.filter(correction__in=left).update(withdrawn=True)
    left.update(state=CorrectionState.DROPPED)


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """A second person approved the roster: it is being applied."""
    batch = RosterBatch.objects.select_related("area").get(pk=request.target_id)
    begin_applying(batch=batch, at=at, by=by)
    roster_jobs.enqueue(roster_jobs.APPLY, batch, by=Actor.of(by), at=at)


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The roster was returned or its request withdrawn: the clerk decides anew."""
    batch = RosterBatch.objects.select_related("area").get(pk=request.target_id)
    return_to_clerk(batch=batch, at=at, by=by, note=request.note)


def take_roll(batch: RosterBatch) -> bool:
    """Whether the roll is this roster's to write to; one roster is applied at a time.

    The claim is a row, so that it outlives the process: a resumed run finds it still its own.
    """
    Roll.objects.bulk_create([Roll(pk=1)], ignore_conflicts=True)
    return bool(
        Roll.objects.filter(pk=1, applying_batch=None).update(applying_batch=batch)
        or Roll.objects.filter(pk=1, applying_batch=batch).exists()
    )


def expect_roll_in_work() -> None:
    """Somebody is writing to the roll. Raises `DomainError` ROLL_HELD when that run has failed."""
    # One statement, so that a run that ends between two looks is not taken for a failed one.
    holds = Cast(OuterRef("applying_batch_id"), TextField())
    under_way = Job.objects.alias(batch=KeyTextTransform("batch_id", "arguments")).filter(
        Q(key=holds) | Q(batch=holds),
        kind__in=roster_jobs.ROLL_WORK,
        state__in=UNFINISHED_JOB_STATES,
    )
    holder = (
        Roll.objects.filter(~Exists(under_way), pk=1, applying_batch__isnull=False)
        .values_list("applying_batch", flat=True)
        .first()
    )
    if holder:
        raise DomainError(
            "ROLL_HELD",
            _(
                "Roster %(batch)s stopped while it was being applied. Look at its job, retry it, "
                "then try this one again."
            ),
            batch=holder,
        )


def release_roll(batch: RosterBatch) -> None:
    """The roll is free for the next roster, and linkages made before are known to be stale."""
    roll = Roll.objects.select_for_update().get(pk=1)
    if roll.applying_batch_id == batch.pk:
        roll.applying_batch = None
        roll.revision += 1
        roll.save(update_fields=["applying_batch", "revision"])


def roll_revision() -> int:
    """How many rosters have been written to the roll."""
    return Roll.objects.filter(pk=1).values_list("revision", flat=True).first() or 0


def expect(batch: RosterBatch, state: BatchState) -> None:
    """The roster is in this state until the transaction ends. Raises `MovedOn` otherwise."""
    # The row is locked so that a step of another clerk cannot come between.
    if RosterBatch.objects.select_for_update().get(pk=batch.pk).state != state:
        raise _moved_on(batch)


def _move(batch: RosterBatch, seen: BatchState, to: BatchState, **fields: object) -> None:
    changed = RosterBatch.objects.filter(pk=batch.pk, state=seen).update(state=to, **fields)
    if changed != 1:
        raise _moved_on(batch)
    batch.refresh_from_db()


def _moved_on(batch: RosterBatch) -> MovedOn:
    now_in = RosterBatch.objects.get(pk=batch.pk)
    return MovedOn(
        "ROSTER_MOVED_ON",
        _("Roster %(batch)s was changed meanwhile and is now: %(state)s. Look at it again."),
        target=now_in,
        batch=batch.pk,
        state=str(now_in.get_state_display()),
    )
