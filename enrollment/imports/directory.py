"""A folder of roster files taken in one go: sorted into rosters by their sender, then imported."""

import dataclasses
import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bureau.core import clock, files, jobs
from bureau.core.actors import Actor
from bureau.core.choices import AreaLevel, JobState
from bureau.core.errors import DomainError
from bureau.core.models import Area
from bureau.intake.choices import BatchState, Channel
from bureau.intake.layouts import missing_required, propose_layout
from bureau.intake.problems import message_of, remedy_of
from bureau.intake.readers import SourceRefused, open_source
from bureau.intake.remembered import recall
from bureau.intake.shapes import FileLayout, Problem
from enrollment.choices import Scheme
from enrollment.imports.roster_fields import ROSTER_FIELDS, heading_of
from enrollment.imports.roster_folder import Refused, told_name
from enrollment.imports.sources import Origin, Places, origin_of
from enrollment.models import RosterBatch, RosterFile
from enrollment.selectors import editions as edition_selectors
from enrollment.services import editions, roster_jobs, rosters

#: The question which column holds what every roster needs.
MISSING: Final = "COLUMN_MISSING"


@dataclasses.dataclass(frozen=True, slots=True)
class Sender:
    """The roster a file belongs to.

    Files that do not tell their area are one county's only when they are laid out alike; `mark`
    tells their rosters apart and stands in the roster's note.
    """

    scheme: Scheme
    area_id: int
    year: int
    mark: str = ""


def sort_files(
    paths: Iterable[Path],
    *,
    roots: Sequence[Path] = (),
    scheme: Scheme | None = None,
    area: Area | None = None,
    year: int | None = None,
) -> tuple[dict[Sender, list[Path]], list[Refused]]:
    """The files by the roster they belong to, and those that cannot be taken.

    What the caller says goes before what the file tells, by its name and the folders it lies in
    below one of the `roots`, its titles and its values. A file that does not tell its area is the
    city's; one that does not tell its year has that of the others, if they agree on one.
    """
    places = Places(Area.objects.all())
    looks: list[_Look] = []
    refused: list[Refused] = []
    for path in paths:
        try:
            with open_source(path) as source:
                layout = propose_layout(source, ROSTER_FIELDS)
                told = origin_of(told_name(path, roots), source, layout, places)
                looks.append(_Look(path, told, layout.signature()))
        except SourceRefused as refusal:
            problem = refusal.problem
            refused.append(Refused(path.name, problem.code, message_of(problem)))
    years = {look.told.year for look in looks} - {None}
    usual = years.pop() if len(years) == 1 else None
    senders: dict[Sender, list[Path]] = {}
    for look in looks:
        known = scheme or look.told.scheme or _usual_scheme(look.told.area, looks)
        sender = _sender(look, places, known, area, year or look.told.year or usual)
        if sender is None:
            refused.append(
                Refused(
                    look.path.name,
                    "ORIGIN_UNKNOWN",
                    "say --scheme, --area and --year for this file",
                )
            )
        else:
            senders.setdefault(sender, []).append(look.path)
    return senders, refused


@dataclasses.dataclass(frozen=True, slots=True)
class _Look:
    """What a look at a file told: whose it is, and a key of its headings."""

    path: Path
    told: Origin
    signature: str


def _usual_scheme(area: Area | None, looks: Sequence[_Look]) -> Scheme | None:
    """The scheme of the other files of the area; a county of its own has but the rural one.

    Files of which nobody knows the area say nothing of each other.
    """
    if area is None:
        return None
    others = {look.told.scheme for look in looks if look.told.area == area} - {None}
    if len(others) == 1:
        return others.pop()
    return Scheme.NCMS if area.level == AreaLevel.COUNTY else None


def _sender(
    look: _Look, places: Places, scheme: Scheme | None, area: Area | None, year: int | None
) -> Sender | None:
    told = look.told
    known = area or told.area
    place = known or places.city
    if scheme is None or place is None or year is None:
        return None
    mark = "" if known else _("area not told, headings %(key)s") % {"key": look.signature[:12]}
    return Sender(scheme, place.pk, year, str(mark))


def gather(
    sender: Sender, paths: Sequence[Path], *, by: Actor, channel: Channel = Channel.COMMAND_LINE
) -> tuple[RosterBatch | None, list[Refused]]:
    """The files are in a roster of their sender; the draft an earlier, killed run left is taken up.

    What somebody else has begun of the same sender stays theirs. Files whose content is known are
    refused, but those of the draft itself.
    """
    at = clock.now()
    area = Area.objects.get(pk=sender.area_id)
    draft = RosterBatch.objects.filter(
        scheme=sender.scheme,
        area=area,
        year=sender.year,
        state=BatchState.DRAFT,
        channel=channel,
        note=sender.mark,
        received_by=by.text,
        received_by_staff_id=by.staff_id,
    ).first()
    batch = draft or rosters.receive_roster(
        scheme=sender.scheme,
        area=area,
        year=sender.year,
        channel=channel,
        note=sender.mark,
        at=at,
        by=by,
    )
    refused = [refusal for path in paths if (refusal := _take(batch, path, by))]
    if not RosterFile.objects.filter(batch=batch, withdrawn=False).exists():
        rosters.withdraw_roster(batch=batch, at=at, by=by)
        return None, refused
    return batch, refused


def _take(batch: RosterBatch, path: Path, by: Actor) -> Refused | None:
    at = clock.now()
    with path.open("rb") as content:
        stored = files.store(
            content, purpose="roster", original_name=path.name, by=by, at=at, area=batch.area
        )
    try:
        rosters.add_file(batch=batch, stored=stored, at=at, by=by)
    except DomainError as error:
        files.purge(stored, by=by, at=at)
        if batch.files.filter(sha256=stored.sha256, withdrawn=False).exists():
            return None
        return Refused(path.name, error.code, str(error))
    return None


@dataclasses.dataclass(frozen=True, slots=True)
class AsEdition:
    """That rosters are newer editions: of the rosters `of`, or of the only one they can replace.

    `only_places`: rows of townships that the files do not name stay as they are. `ends_on` and
    `reason` end the coverage of who is left out; without them it is kept.
    """

    of: Sequence[int] = ()
    ends_on: datetime.date | None = None
    reason: str = ""
    only_places: bool = False


def begin_edition(batch: RosterBatch, wish: AsEdition, *, by: Actor) -> None:
    """The roster is a newer edition, as wished; the first of its kind is none.

    Raises `DomainError` EDITION_UNSURE when it may be an edition of several.
    """
    offered = edition_selectors.offered_to(batch)
    if wish.of:
        offered = [former for former in offered if former.pk in wish.of]
    if len(offered) != len(set(wish.of)) if wish.of else len(offered) > 1:
        known = edition_selectors.offered_to(batch)
        raise DomainError(
            "EDITION_UNSURE",
            _("Say of which roster this is a newer edition; possible are: %(rosters)s"),
            rosters=", ".join(str(former.pk) for former in known) or "–",
        )
    if offered:
        first, *others = offered
        editions.begin(
            batch=batch,
            replaces=first,
            together=others,
            only_places=wish.only_places,
            at=clock.now(),
            by=by,
        )


def advance(
    batch: RosterBatch,
    *,
    by: Actor,
    apply: bool,
    edition: AsEdition | None = None,
    strict: bool = False,
) -> list[Refused]:
    """The roster has gone as far as asked, from wherever it stands, by the jobs of the browser.

    Layouts are taken as proposed; with `strict`, and of a newer edition, only where they leave no
    question open: who is left out of a list that was misread would lose cover. Returns the files
    that were not taken; raises JobFailed.
    """
    refused: list[Refused] = []
    if batch.state == BatchState.DRAFT:
        _do(roster_jobs.LOOK, batch, by)
        refused = accept_layouts(batch, by=by, strict=strict or edition is not None)
        if not RosterFile.objects.filter(batch=batch, withdrawn=False).exists():
            rosters.withdraw_roster(batch=batch, at=clock.now(), by=by)
            return refused
        with transaction.atomic():
            if edition is not None:
                begin_edition(batch, edition, by=by)
            rosters.begin_reading(batch=batch, at=clock.now(), by=by)
    if batch.state == BatchState.READING:
        _do(roster_jobs.CHECK, batch, by)
        _end_left_out(batch, edition, by=by)
    if batch.state == BatchState.CHECKED and apply:
        rosters.begin_applying(batch=batch, at=clock.now(), by=by.text)
    if batch.state == BatchState.APPLYING:
        _do(roster_jobs.APPLY, batch, by)
    return refused


def _end_left_out(batch: RosterBatch, wish: AsEdition | None, *, by: Actor) -> None:
    """Coverage of who is left out ends as wished, where somebody is."""
    found = edition_selectors.edition_of(batch)
    if wish is None or wish.ends_on is None or found is None:
        return
    if edition_selectors.standing_left(found).exists():
        editions.end_left_out(
            batch=batch, ends_on=wish.ends_on, reason=wish.reason, at=clock.now(), by=by
        )


def accept_layouts(batch: RosterBatch, *, by: Actor, strict: bool = False) -> list[Refused]:
    """Every file's layout is confirmed as proposed; files that cannot be read leave the roster.

    A file that leaves a question open is read like the others of its roster, if it is alike. If
    none is, it is read as it seems best, and all rows that rest on the question wait for a person;
    with `strict` it leaves the roster.

    So does a file in which nothing tells people apart: its rows would pass for notes.
    """
    refused = []
    told: list[FileLayout] = []
    waiting: list[tuple[RosterFile, FileLayout]] = []
    for file in RosterFile.objects.filter(batch=batch, withdrawn=False).select_related("batch"):
        if file.problems:
            problem = Problem(**file.problems[0])
            refused.append(Refused(file.name, problem.code, message_of(problem)))
            rosters.remove_file(file=file, at=clock.now(), by=by)
            continue
        layout = FileLayout.from_json(file.layout)
        if file.layout_confirmed or not layout.doubts:
            told.append(layout)
        if not file.layout_confirmed:
            waiting.append((file, layout))
    for file, layout in waiting:
        # Too short a file tells little by itself; those of the other towns are laid out alike.
        known = recall(layout, told) if layout.doubts else layout
        if not _is_headed(known):
            # The second part of a list goes on with the columns of the first.
            known = recall(known, [other for other in told if _is_headed(other)])
        known = _with_missing_in_doubt(known)
        if unfit := _unfit(file, known, strict=strict):
            refused.append(unfit)
            rosters.remove_file(file=file, at=clock.now(), by=by)
            continue
        if known is not layout:
            RosterFile.objects.filter(pk=file.pk).update(layout=known.to_json())
        kept = [sheet.sheet for sheet in known.sheets if sheet.kept]
        rosters.confirm_layout(
            file=file, fields={}, kept=kept, remember=False, settled=False, at=clock.now(), by=by
        )
    return refused


def _is_headed(layout: FileLayout) -> bool:
    return any(sheet.header_row for sheet in layout.sheets if sheet.kept)


def _with_missing_in_doubt(layout: FileLayout) -> FileLayout:
    """The layout with the question which column is the one that every roster needs, where open."""
    doubts = list(layout.doubts)
    names = {sheet.sheet: sheet.sheet_name for sheet in layout.sheets}
    for sheet, fields in missing_required(layout, ROSTER_FIELDS).items():
        doubts.append(
            Problem(
                code=MISSING,
                place=names[sheet] or str(sheet),
                value="、".join(map(heading_of, fields)),
                facts={"sheets": [sheet], "fields": fields},
            )
        )
    if len(doubts) == len(layout.doubts):
        return layout
    return dataclasses.replace(layout, doubts=tuple(doubts))


def _unfit(file: RosterFile, layout: FileLayout, *, strict: bool) -> Refused | None:
    """Why the proposed layout cannot be taken without a person; None when it can."""
    kept = [sheet for sheet in layout.sheets if sheet.kept]
    if not kept:
        told = str(_("No sheet of the file has rows to read. Was the right file chosen?"))
        return Refused(file.name, "NO_SHEET", told)
    for doubt in layout.doubts:
        # A list of villages or of sums has neither names nor identity numbers.
        about = [sheet for sheet in kept if sheet.sheet in doubt.facts.get("sheets", ())]
        unknown = doubt.code == MISSING and all(
            sheet.column_of("id_number") is None for sheet in about
        )
        if strict or unknown:
            return Refused(file.name, doubt.code, in_words(doubt))
    return None


def in_words(doubt: Problem) -> str:
    """What is in doubt and what helps, in the reader's language."""
    return f"{message_of(doubt)} {remedy_of(doubt)}"


def doubts_of(batch: RosterBatch) -> list[tuple[RosterFile, Problem]]:
    """The questions about columns that nobody answered, by the file whose rows wait for it."""
    return [
        (file, doubt)
        for file in RosterFile.objects.filter(batch=batch, withdrawn=False).order_by("pk")
        if file.layout
        for doubt in FileLayout.from_json(file.layout).doubts
    ]


class JobFailed(DomainError):
    """A job of the import ended without success; its log says why."""


def _do(kind: str, batch: RosterBatch, by: Actor) -> None:
    job = roster_jobs.enqueue(kind, batch, by=by, at=clock.now())
    job = jobs.run_until_done(job.pk)
    batch.refresh_from_db()
    if job.state != JobState.DONE:
        raise JobFailed(
            "JOB_FAILED",
            _("Job %(job)s (%(kind)s) ended as %(state)s: %(error)s"),
            job=job.pk,
            kind=job.kind,
            state=job.state,
            error=job.last_error,
        )
