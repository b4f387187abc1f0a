"""The problem file of a roster: its rows that wait or were rejected, file by file as sent.

Each of the county's files comes back in its own layout, with the place, the codes, what is wrong
and what helps behind the county's columns, and a hidden mark of each row. Corrected, it is loaded
again as it is.
"""

import contextlib
import datetime
import zipfile
from pathlib import Path, PurePath
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from bureau.core import audit, clock, files
from bureau.core.errors import DomainError
from bureau.core.jobs import JobContext
from bureau.core.models import Staff
from bureau.ui.exports import KEPT, PURPOSE, shown_by
from enrollment.models import RosterBatch, RosterFile
from enrollment.reports.problem_writers import is_text, write_text, write_workbook
from enrollment.selectors.rosters import files_with_open_rows

#: Who may no longer see rows as they were written does not get their file either.
ROUTE: Final = "enrollment:roster-row"
#: Rows between two signs of life.
TOLD_EVERY: Final = 2_000


def write(context: JobContext, batch: RosterBatch) -> None:
    """The file is kept for its asker alone, and the access log says how many rows were taken.

    One file of the county gives one file, several give an archive of them.
    """
    staff = Staff.objects.get(pk=context.arguments["staff"])
    as_sent = context.arguments["format"] == "sent"
    with translation.override(str(context.arguments["language"])):
        sources = files_with_open_rows(batch)
        if not sources:
            raise DomainError(
                "NOTHING_OPEN",
                gettext_lazy("No row of the roster waits for a correction any more."),
            )
        progress = _Progress(context, sum(rows for _file, rows in sources))
        with files.scratch_folder("problems") as folder:
            made = _made(folder, batch, sources, progress, as_sent=as_sent)
            progress.tell()
            _hand_over(context, batch, staff, *made, progress.done)


class _Progress:
    """How many rows of all files were written, told to the job now and then."""

    def __init__(self, context: JobContext, total: int) -> None:
        self._context = context
        self._told = 0
        self.done = 0
        context.phase(gettext_noop("Writing the file"), total=total)

    def __call__(self, more: int) -> None:
        self.done += more
        if self.done - self._told >= TOLD_EVERY:
            self.tell()

    def tell(self) -> None:
        """The job knows how many rows were written; at the end, that they all were."""
        self._told = self.done
        self._context.progress(self.done)
        self._context.heartbeat()


def _made(
    folder: Path,
    batch: RosterBatch,
    sources: list[tuple[RosterFile, int]],
    progress: _Progress,
    *,
    as_sent: bool,
) -> tuple[Path, str]:
    """The finished file and its name."""
    if len(sources) == 1:
        made, name = folder / "file", _write_one(folder / "file", sources[0][0], progress, as_sent)
        return made, name
    names: set[str] = set()
    archive = folder / "archive"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        for file, _rows in sources:
            made = folder / "file"
            name = _other(_write_one(made, file, progress, as_sent), names)
            # A workbook is packed already.
            packed = zipfile.ZIP_STORED if name.endswith(".xlsx") else zipfile.ZIP_DEFLATED
            bundle.write(made, name, compress_type=packed)
            made.unlink()
    # Two archives of a roster may lie side by side, so their names tell what is inside.
    title = (
        _("%(area)s-%(scheme)s-%(year)s-problems-as-sent.zip")
        if as_sent
        else _("%(area)s-%(scheme)s-%(year)s-problems-workbooks.zip")
    )
    return archive, title % {"area": batch.area, "scheme": batch.scheme, "year": batch.year}


def _write_one(target: Path, file: RosterFile, progress: _Progress, as_sent: bool) -> str:
    """One file of the county is written; its name."""
    with contextlib.suppress(FileNotFoundError):
        target.unlink()
    if as_sent and is_text(file.shape):
        write_text(target, file, progress)
        ending = PurePath(file.name).suffix.lower() or ".csv"
    else:
        write_workbook(target, file, progress)
        ending = ".xlsx"
    return _("%(name)s-problems%(ending)s") % {
        "name": PurePath(file.name).stem[:120],
        "ending": ending,
    }


def _other(name: str, names: set[str]) -> str:
    """The name, told apart from those that are in the archive already."""
    path, count, tried = PurePath(name), 1, name
    while tried.lower() in names:
        count += 1
        tried = f"{path.stem} ({count}){path.suffix}"
    names.add(tried.lower())
    return tried


def _hand_over(
    context: JobContext, batch: RosterBatch, staff: Staff, made: Path, name: str, count: int
) -> None:
    now: datetime.datetime = clock.now()
    with context.step(), made.open("rb") as content:
        audit.log_access(
            "enrollment.rosterrow",
            "export",
            by=staff,
            at=now,
            fields=["raw"],
            row_count=count,
            # A job that was asked for before purposes were has none.
            reason=str(context.arguments.get("purpose", "")),
            area=batch.area,
        )
        audit.record(
            "roster.error_file", by=staff, at=now, target=batch, area=batch.area, rows=count
        )
        stored = files.store(
            content,
            purpose=PURPOSE,
            original_name=name,
            by=staff,
            at=now,
            area=batch.area,
            owner=staff,
            purge_after=now + KEPT,
        )
        shown = shown_by(ROUTE, [batch.area.path])
        context.result = {"file": stored.pk, "rows": count, **shown}
