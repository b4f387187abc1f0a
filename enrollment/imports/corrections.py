"""Reading corrections: from their files to lines that say what they come to."""

import dataclasses
from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext_noop

from bureau.core import clock, crash, files
from bureau.core.errors import DomainError
from bureau.core.jobs import JobContext
from bureau.intake.problems import WORDINGS
from bureau.intake.readers import Source, SourceRefused, open_source
from bureau.intake.shapes import FileLayout, Problem
from enrollment.choices import CorrectionState, LineVerdict
from enrollment.imports import (
    correction_files,
    correction_linkage,
    correction_places,
    correction_rows,
)
from enrollment.imports.correction_files import Line, SheetPlan
from enrollment.imports.correction_rows import Candidate, Judge
from enrollment.models import CorrectedRow, CorrectionFile, RosterBatch, RosterCorrection
from enrollment.models.corrections import COUNTERS
from enrollment.services import corrections

#: Lines read, judged and stored in one transaction.
BLOCK_LINES = 10_000

UNREAD = gettext_noop(
    "Sheet “%(sheet)s” was not read: it has no line of headings of this roster. Put the headings "
    "back and load the file again."
)
_COUNTS = """
    SELECT verdict, count(*) FROM enrollment_correctedrow WHERE correction_id = %s GROUP BY verdict
"""


def read_corrections(context: JobContext, correction: RosterCorrection) -> None:
    """Every line of the files stands beside the row it is of, with what it comes to.

    A file that cannot be taken says why; corrections without any file that can are refused.
    """
    if correction.state != CorrectionState.READING:
        return
    context.phase(gettext_noop("Reading files"))
    judge = Judge(correction.batch)
    for file in correction.files.filter(is_loaded=False, withdrawn=False).order_by("pk"):
        try:
            _read_file(context, correction, file, judge)
        except DomainError as refusal:
            _refuse(context, file, refusal)
        except SourceRefused as refused:
            _refuse(context, file, _sentence(refused.problem))
    if not correction.files.filter(is_loaded=True).exists():
        with context.step():
            corrections.refuse(correction)
        return
    context.phase(gettext_noop("Comparing with the roster and the roll"))
    with context.step():
        RosterBatch.objects.select_for_update().get(pk=correction.batch_id)
        if _state(correction) != CorrectionState.READING:
            return
        crash.point("corrections_before_judging")
        correction_linkage.judge(correction)
        count(correction)
        corrections.open_for_look(correction, at=clock.now())


def count(correction: RosterCorrection) -> None:
    """The corrections' counts are those of their lines."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [correction.pk])
        found = dict(cursor.fetchall())
    lines = {name: found.get(verdict.value, 0) for verdict, name in COUNTERS.items()}
    RosterCorrection.objects.filter(pk=correction.pk).update(
        lines_read=sum(lines.values()),
        rows_released=found.get(LineVerdict.RELEASED.value, 0),
        **lines,
    )


def _refuse(context: JobContext, file: CorrectionFile, refusal: DomainError) -> None:
    with context.step():
        CorrectedRow.objects.filter(file=file).delete()
        corrections.refuse_file(file, refusal)


def _sentence(problem: Problem) -> DomainError:
    facts = {"place": problem.place, "value": problem.value, **problem.facts}
    return DomainError(problem.code, WORDINGS[problem.code].message, **facts)


def _read_file(
    context: JobContext, correction: RosterCorrection, file: CorrectionFile, judge: Judge
) -> None:
    """Resumes behind the last block stored; reading again is cheap."""
    with open_source(files.path_of(file.stored)) as source:
        plans = correction_files.plans_of(source, correction.batch_id, judge.layouts)
        if not file.places:
            with context.step():
                _note_plans(file, plans, FileLayout(source.shape, ()))
                _note_unread(file, correction_files.unread_sheets(source, plans))
        placed = _placed(source, plans, correction, judge)
        stored, seen = file.blocks_loaded, 0
        for plan, lines in _blocks(source, plans):
            seen += 1
            if seen <= stored:
                context.heartbeat()
                continue
            with context.step(file=file.pk, block=seen):
                if not _is_next(file, seen):
                    # Another job of the same corrections has stored it meanwhile.
                    continue
                crash.point("corrections_before_copy")
                for own, part in _by_sheet(plan, lines, placed, judge):
                    _store(correction, file, own, part, judge)
                CorrectionFile.objects.filter(pk=file.pk).update(blocks_loaded=seen)
                crash.point("corrections_after_copy")
    with context.step():
        CorrectionFile.objects.filter(pk=file.pk).update(
            is_loaded=True, rows_loaded=CorrectedRow.objects.filter(file=file).count()
        )


def _placed(
    source: Source, plans: dict[int, SheetPlan], correction: RosterCorrection, judge: Judge
) -> dict[tuple[int, int], correction_places.Told]:
    """Whose the lines without marks are; nothing where every sheet kept its added columns."""
    if not any(plan.by_content for plan in plans.values()):
        return {}
    lines = correction_files.lines_of(source, plans, BLOCK_LINES)
    return correction_places.place(lines, correction.batch, judge.layouts)


def _by_sheet(
    plan: SheetPlan,
    lines: list[Line],
    placed: dict[tuple[int, int], correction_places.Told],
    judge: Judge,
) -> Iterator[tuple[SheetPlan, list[Line]]]:
    """The lines by the sheet of the roster whose rows they are; headings count for each."""
    if not plan.by_content:
        yield plan, lines
        return
    own = [
        correction_places.assigned(line, placed[plan.sheet, line.row_no])
        if (plan.sheet, line.row_no) in placed
        else line
        for line in lines
    ]
    first = (plan.mark.file, plan.mark.sheet)
    for file, sheet in sorted({line.target[:2] if line.target else first for line in own}):
        mark = dataclasses.replace(plan.mark, file=file, sheet=sheet)
        part = [
            line
            for line in own
            if line.is_heading or (line.target[:2] if line.target else first) == (file, sheet)
        ]
        if any(not line.is_heading for line in part):
            layout = judge.layouts[file, sheet]
            yield dataclasses.replace(plan, mark=mark, layout=layout), part


def _note_unread(file: CorrectionFile, names: list[str]) -> None:
    """Sheets that were not read are named, so that nobody thinks they were."""
    CorrectionFile.objects.filter(pk=file.pk).update(
        problems=[{"message": UNREAD, "facts": {"sheet": name}} for name in names]
    )


def _blocks(source: Source, plans: dict[int, SheetPlan]) -> Iterator[tuple[SheetPlan, list[Line]]]:
    for plan, lines in correction_files.lines_of(source, plans, BLOCK_LINES):
        if any(not line.is_heading for line in lines):
            yield plan, lines


def _is_next(file: CorrectionFile, block: int) -> bool:
    """Whether the block is the next to be stored; holds the file until the step ends."""
    held = CorrectionFile.objects.select_for_update().get(pk=file.pk)
    return bool(held.blocks_loaded == block - 1 and not held.is_loaded)


def _state(correction: RosterCorrection) -> str:
    return str(RosterCorrection.objects.values_list("state", flat=True).get(pk=correction.pk))


def _note_plans(file: CorrectionFile, plans: dict[int, SheetPlan], read: FileLayout) -> None:
    """Which sheet corrects which, and the columns its new lines are kept by."""
    sheets = tuple(correction_files.as_sheet(plan) for _number, plan in sorted(plans.items()))
    layout = FileLayout(read.shape, sheets).to_json()
    file.places = {str(number): [plan.mark.file, plan.mark.sheet] for number, plan in plans.items()}
    CorrectionFile.objects.filter(pk=file.pk).update(
        places=file.places, layout=layout, shape=layout["shape"]
    )


def _store(
    correction: RosterCorrection,
    file: CorrectionFile,
    plan: SheetPlan,
    lines: list[Line],
    judge: Judge,
) -> None:
    facts = {"correction_id": correction.pk, "file_id": file.pk, "sheet": plan.sheet}
    olds = correction_rows.old_rows(
        correction.batch, (line.target for line in lines if line.target)
    )
    # Of this block's rows, those that lines before were of: a file may correct a whole roster.
    met = CorrectedRow.objects.filter(
        correction=correction, row_id__in=[old.pk for old in olds.values()]
    ).values_list("row_id", flat=True)
    judged, told = correction_rows.compared(lines, olds, {row for row in met if row is not None})
    candidates = [one for one in judged if isinstance(one, Candidate)]
    if candidates:
        rows = judge.judged(plan.mark.file, plan.layout, judged)
        correction_rows.store_judged(facts, plan.mark.file, plan.mark.sheet, rows, candidates)
    if told:
        correction_rows.store_told(facts, plan.mark.file, plan.mark.sheet, told)
