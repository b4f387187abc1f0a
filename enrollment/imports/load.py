"""Reading a roster's files: a layout proposed, then every row into the staging table by COPY."""

import dataclasses
import datetime
from collections.abc import Iterator

import polars as pl
from django.db import connection
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bureau.core import bulk, crash, files
from bureau.core.choices import LogLevel
from bureau.core.errors import DomainError
from bureau.core.jobs import JobContext
from bureau.intake.choices import BatchState
from bureau.intake.frames import frames
from bureau.intake.layouts import propose_layout
from bureau.intake.models import RememberedLayout
from bureau.intake.problems import WORDINGS
from bureau.intake.readers import Source, SourceRefused, open_source
from bureau.intake.remembered import recall
from bureau.intake.shapes import FileLayout
from enrollment.choices import Fix, Scheme
from enrollment.imports import correction_places
from enrollment.imports.correction_files import told_roster
from enrollment.imports.household_dues import whole_households
from enrollment.imports.initials import initials_of
from enrollment.imports.normalise import normalise, usual_date_form
from enrollment.imports.roster_context import RosterContext
from enrollment.imports.roster_fields import ROSTER_FIELDS
from enrollment.imports.samples import samples_of, told_by
from enrollment.models import RosterBatch, RosterFile
from enrollment.services import rosters

#: Rows read, judged and stored in one transaction.
BLOCK_ROWS = 50_000

#: Layouts of one source that a new file is compared with; a county has a handful.
REMEMBERED_AT_MOST = 50
#: Rosters whose waiting rows a new file of the source is compared with, the newest first.
COMPARED_AT_MOST = 3

STAGED_COLUMNS = (
    "sheet", "row_no", "raw", "outcome", "reasons", "fixes",
    "id_number", "id_text", "id_state", "id_suggestion", "name", "name_key", "name_initials",
    "birth_on", "birth_part", "sex", "household_no", "relation", "relation_code", "head_name",
    "member_no", "psn_no", "town", "village", "address", "phone", "ethnicity", "special_group",
    "amount", "year", "begins_on", "area_code", "status", "remarks",
)  # fmt: skip


def look_at_file(file: RosterFile) -> None:
    """The file's shape and a proposed layout stand in its row, or the problem that refuses it.

    A layout confirmed before for the same source and headings alike is taken over.
    """
    try:
        with open_source(files.path_of(file.stored)) as source:
            layout = propose_layout(source, ROSTER_FIELDS)
            shown = samples_of(source, layout)
            told = told_by(file.name, source, layout)
            corrects = _corrected_by(source, file)
    except SourceRefused as refusal:
        problem = refusal.problem
        RosterFile.objects.filter(pk=file.pk).update(
            problems=[
                {
                    "code": problem.code,
                    "place": problem.place,
                    "value": problem.value,
                    "facts": problem.facts,
                }
            ]
        )
        return
    remembered = RememberedLayout.objects.filter(
        kind=rosters.KIND, source=rosters.source_key(file.batch)
    ).order_by("-confirmed_at")[:REMEMBERED_AT_MOST]
    layout = recall(layout, [FileLayout.from_json(one.layout) for one in remembered])
    if corrects is not None:
        # A problem file that came by the wrong door: its rows are corrections of that roster.
        told = {**told, "corrects": corrects}
    stored = layout.to_json()
    RosterFile.objects.filter(pk=file.pk).update(
        layout=stored, shape=stored["shape"], problems=[], samples=shown, told=told
    )


def _corrected_by(source: Source, file: RosterFile) -> int | None:
    """The roster whose problem file this is, by its marks or, where they are gone, by its rows."""
    mark = told_roster(source)
    if mark is not None:
        return mark.batch if RosterBatch.objects.filter(pk=mark.batch).exists() else None
    draft = file.batch
    alike = RosterBatch.objects.filter(
        area=draft.area_id,
        scheme=draft.scheme,
        # Next year's list names the same people, those whose rows waited this year among them.
        year=draft.year,
        state__in=[BatchState.CHECKED, BatchState.APPLIED],
    ).exclude(pk=draft.pk)
    return correction_places.told_batch(source, alike.order_by("-pk")[:COMPARED_AT_MOST])


def load_file(context: JobContext, file: RosterFile) -> None:
    """Every row of the file's kept sheets stands in the staging table, once, with its outcome.

    Resumes behind the last row stored, whatever the size of blocks was then: reading again is
    cheap, and what is filled down from row to row needs the rows before. Raises `DomainError` when
    the file holds fewer rows than were stored of it.
    """
    done = RosterFile.objects.get(pk=file.pk)
    stored, seen = done.rows_loaded, 0
    for block in _readable(context, file):
        seen += block.height
        if seen <= stored:
            context.heartbeat()
            continue
        fresh = block.tail(seen - stored)
        # The place in the checkpoint shows that the run made headway, however often it is killed.
        with context.step(file=file.pk, rows=seen):
            crash.point("load_before_copy")
            bulk.copy_frame(connection, "enrollment_rosterrow", fresh)
            crash.point("load_after_copy")
            RosterFile.objects.filter(pk=file.pk).update(
                blocks_loaded=F("blocks_loaded") + 1, rows_loaded=seen
            )
            context.progress(rows_loaded(file.batch_id))
        stored = seen
    if seen != stored:
        raise DomainError(
            "FILE_CHANGED",
            _("“%(name)s” has %(seen)s rows but %(stored)s were read before. Send it again."),
            name=file.name,
            seen=seen,
            stored=stored,
        )
    with context.step():
        RosterFile.objects.filter(pk=file.pk).update(is_loaded=True)
        context.log(gettext_noop("%(name)s: %(rows)s rows read"), name=file.name, rows=seen)


def _readable(context: JobContext, file: RosterFile) -> Iterator[pl.DataFrame]:
    """The file's blocks; a refusal of the reader ends the job with its sentence, untried again."""
    try:
        yield from bulk.read_ahead(blocks(file))
    except SourceRefused as refusal:
        problem = refusal.problem
        context.log(gettext_noop("“%(name)s” cannot be read"), LogLevel.ERROR, name=file.name)
        facts = {"place": problem.place, "value": problem.value, **problem.facts}
        raise DomainError(problem.code, WORDINGS[problem.code].message, **facts) from refusal


def rows_loaded(batch_id: int) -> int:
    """Rows of the roster that stand in the staging table, by the files' own count."""
    return sum(
        RosterFile.objects.filter(batch=batch_id, withdrawn=False).values_list(
            "rows_loaded", flat=True
        )
    )


def blocks(file: RosterFile) -> Iterator[pl.DataFrame]:
    """Every row of the file's kept sheets, judged, in blocks as the staging table takes them."""
    layout = FileLayout.from_json(file.layout)
    context = roster_context(file.batch, layout)
    with open_source(files.path_of(file.stored)) as source:
        read = frames(source, layout, ROSTER_FIELDS, BLOCK_ROWS)
        for frame in whole_households(read) if context.amounts_due else read:
            if context.date_form is None:
                # The habit of the first dates is the file's.
                form = usual_date_form(frame, reference_on=context.reference_on)
                context = dataclasses.replace(context, date_form=form)
            rows = normalise(frame, context=context)
            if not context.dues_with_household and _shows_shared_dues(rows):
                context = dataclasses.replace(context, dues_with_household=True)
            yield staged(rows, file)


def _shows_shared_dues(rows: pl.DataFrame) -> bool:
    return bool(rows["fixes"].list.contains(Fix.PAID_WITH_HOUSEHOLD.value).any())


def reference_day(batch: RosterBatch) -> datetime.date:
    """The last day the roster speaks of: a birth after it is an error."""
    return datetime.date(batch.year, 12, 31)


def roster_context(batch: RosterBatch, layout: FileLayout) -> RosterContext:
    """What is known of the roster before its first row is read."""
    fed = {
        field
        for sheet in layout.sheets
        if sheet.kept
        for column in sheet.columns
        for field in column.fed
    }
    return RosterContext(
        year=batch.year,
        reference_on=reference_day(batch),
        fields=frozenset(fed),
        scheme=Scheme(batch.scheme),
        amounts_due=batch.scheme == Scheme.NCMS and "amount" in fed,
        doubtful_sheets=layout.doubtful_sheets(),
    )


def staged(rows: pl.DataFrame, file: RosterFile) -> pl.DataFrame:
    """Normalised rows as the staging table takes them."""
    return understood(rows).select(
        pl.lit(file.batch_id).alias("batch_id"),
        pl.lit(file.pk).alias("file_id"),
        *STAGED_COLUMNS,
    )


def understood(rows: pl.DataFrame) -> pl.DataFrame:
    """Normalised rows in the columns that are kept of them."""
    return rows.with_columns(
        name_initials=initials_of(rows["name_key"]),
        special_group=pl.coalesce("special_group_code", "special_group"),
        ethnicity=pl.coalesce("ethnicity_code", "ethnicity"),
    ).select(STAGED_COLUMNS)
