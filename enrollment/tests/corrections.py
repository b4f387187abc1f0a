"""Corrections for tests: the problem file of a roster, corrected and loaded again."""

import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from django.utils import translation

from bureau.core import clock, files, jobs
from bureau.core.choices import JobState
from bureau.core.models import Job
from enrollment.choices import CorrectionSource, CorrectionState
from enrollment.models import RosterBatch, RosterCorrection, RosterFile
from enrollment.reports.problem_writers import write_text
from enrollment.services import correction_jobs, corrections
from enrollment.tests import problem_files, rosters

Correct = Callable[[list[str]], None]


def problem_text(batch: RosterBatch, file: RosterFile | None = None) -> bytes:
    """The problem file of the roster's (first) file, as the county's text."""
    file = file or batch.files.filter(withdrawn=False).order_by("pk").first()
    with TemporaryDirectory() as folder, translation.override("zh-hans"):
        target = Path(folder) / "file"
        write_text(target, file, lambda _more: None)
        return target.read_bytes()


def add(correction: RosterCorrection, content: bytes, name: str = "更正0.csv") -> None:
    """The file is one of the corrections."""
    at = clock.now()
    stored = files.store(
        io.BytesIO(content), purpose="roster", original_name=name, by=rosters.BY, at=at,
        area=correction.batch.area,
    )  # fmt: skip
    corrections.add_file(correction=correction, stored=stored, at=at, by=rosters.BY)


def load(batch: RosterBatch, *contents: bytes) -> RosterCorrection:
    """The files are loaded as corrections and compared."""
    correction = corrections.begin(
        batch=batch, source=CorrectionSource.FILE, at=clock.now(), by=rosters.BY
    )
    for place, content in enumerate(contents):
        add(correction, content, f"更正{place}.csv")
    return work(correction_jobs.READ, correction)


def load_corrected(batch: RosterBatch, correct: Correct) -> RosterCorrection:
    """The problem file, corrected line by line, is loaded and compared."""
    return load(batch, problem_files.corrected_text(problem_text(batch), correct))


def work(kind: str, correction: RosterCorrection) -> RosterCorrection:
    """The job has run to its end here, and ended well."""
    job = correction_jobs.enqueue(kind, correction, by=rosters.BY, at=clock.now())
    ended: Job = jobs.run_until_done(job.pk)
    assert ended.state == JobState.DONE, ended.last_error
    correction.refresh_from_db()
    return correction


def approve(correction: RosterCorrection) -> None:
    """A second person approved the corrections; they wait to be applied."""
    at = clock.now()
    RosterCorrection.objects.filter(pk=correction.pk).update(
        state=CorrectionState.APPLYING,
        confirmed_at=at,
        confirmed_by="clerk",
        approved_at=at,
        approved_by="second person",
    )
    if not correction.into_roll:
        RosterBatch.objects.filter(pk=correction.batch_id).update(state="READING")
    correction.refresh_from_db()


def take(correction: RosterCorrection) -> RosterCorrection:
    """The corrections are approved and applied."""
    approve(correction)
    correction = work(correction_jobs.TAKE, correction)
    assert correction.state == CorrectionState.APPLIED
    correction.batch.refresh_from_db()
    return correction


def verdicts(correction: RosterCorrection) -> dict[str, int]:
    """How many lines came to what, but for nothing."""
    names = ("new", "changed", "same", "wrong", "before", "unplaced")
    found = {name: getattr(correction, f"lines_{name}") for name in names}
    found["released"] = correction.rows_released
    return {name: count for name, count in found.items() if count}
