"""The present view of a list as a file: asked for on the page, written by a job, fetched once made.

Files hold what the list shows, masked as there, and are formula-safe.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import xlsxwriter
from django.conf import settings
from django.http import QueryDict
from django.urls import get_resolver
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bureau.core import access, audit, clock, files, jobs
from bureau.core.actors import Actor, actor_of
from bureau.core.errors import DomainError
from bureau.core.formulas import formula_safe
from bureau.core.models import Job, Staff, StoredFile
from bureau.ui import paging
from bureau.ui.tables import Column, written

if TYPE_CHECKING:
    from bureau.ui.views.lists import ListPage

JOB_KIND = "portal.export_list"
PURPOSE = "export"
KEPT = datetime.timedelta(days=7)
FORMATS = ("csv", "xlsx")
#: A query with personal values is handed to the job as the numbers of its rows, at most so many.
MOST_NUMBERED = 10_000
CHUNK = 2000
#: Rows per sheet; the format ends at 1,048,576 with the head.
SHEET_ROWS = 1_000_000

_lists: dict[str, type[ListPage]] = {}


def register_list(page: type[ListPage]) -> None:
    """Lists of this class can be written to files; the id must be its own."""
    known = _lists.get(page.list_id)
    if known is not None and known.__qualname__ != page.__qualname__:
        raise ValueError(f"two lists are called {page.list_id}")
    _lists[page.list_id] = page


def ask(
    page: ListPage, file_format: str, *, at: datetime.datetime, only: list[int] | None = None
) -> Job:
    """A job that writes the page's present view is waiting; the same wish twice is one job.

    `only` names single rows of the view that were chosen.

    Raises DomainError for an unknown format, a query that cannot be read, and a query with
    personal values that has too many rows.
    """
    if file_format not in FORMATS:
        raise DomainError("unknown_format", _("A file is either CSV or XLSX."))
    if not page.query.is_valid():
        raise DomainError("query_unreadable", _("Correct the query first."))
    arguments: dict[str, int | str] = {
        "list": page.list_id,
        "format": file_format,
        "language": get_language() or settings.LANGUAGE_CODE,
        "route": page.request.resolver_match.view_name if page.request.resolver_match else "",
        "kwargs": json.dumps(page.kwargs, default=str),
        "query": page.lasting_query(),
        "columns": ",".join(column.key for column in page.shown_columns()),
        "staff": page.actor.staff_id or 0,
    }
    if only is not None:
        arguments["rows"] = _listed(only)
    elif page.request.GET.get("given"):
        found = page.found().order_by().values_list("pk", flat=True)
        arguments["rows"] = _listed(list(found[: MOST_NUMBERED + 1]))
    mark = hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:32]
    return jobs.enqueue(
        JOB_KIND,
        f"{page.list_id}:{page.actor.staff_id}:{mark}",
        by=page.actor,
        at=at,
        arguments=arguments,
        label=f"{page.page_title()} · {file_format.upper()}",
    )


def _listed(numbers: list[int]) -> str:
    """Rows that cannot be found again by a query that may be written down, by their numbers."""
    if len(numbers) > MOST_NUMBERED:
        raise DomainError(
            "query_too_wide",
            _("A query by name or number may give at most %(most)s rows as a file; narrow it."),
            most=f"{MOST_NUMBERED:,}",
        )
    return ",".join(str(number) for number in numbers)


def rebuild(arguments: dict[str, Any], actor: Actor) -> ListPage:
    """The list as its asker may see it now. Raises DomainError when the right has gone."""
    # The lists are declared by the views, which the routes load.
    _patterns = get_resolver().url_patterns
    entry = access.matrix().entry_for(arguments["route"])
    if arguments["list"] not in _lists or entry is None or not entry.allows(actor, "GET"):
        raise DomainError("list_not_allowed", _("You may no longer open this list."))
    page = _lists[arguments["list"]]()
    page.actor, page.scope = actor, entry.scope_for(actor, "GET")
    page.args, page.kwargs = (), json.loads(arguments["kwargs"])
    return page


def _rows_of(page: ListPage, arguments: dict[str, Any]) -> Any:
    query = QueryDict(arguments["query"])
    if "rows" in arguments:
        numbers = [int(number) for number in arguments["rows"].split(",") if number]
        found = page.rows().filter(pk__in=numbers)
    else:
        found = page.narrowed(page.rows(), page.query_form(query, {}).values())
    _key, sort, descending = page.sort_key(query.get("sort", ""))
    return paging.in_order(found, sort, descending)


def write(context: jobs.JobContext) -> None:
    """The file stands ready for its asker alone, and the access log says who took how many rows."""
    arguments = context.arguments
    staff = Staff.objects.get(pk=arguments["staff"])
    with translation.override(arguments["language"]):
        page = rebuild(arguments, actor_of(staff, on=clock.today()))
        keys = arguments["columns"].split(",")
        columns = [c for c in page.columns if c.key in keys and c.exported]
        rows = _rows_of(page, arguments)
        context.phase(_("Writing the file"), total=rows.count())
        with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            made = Path(folder) / "file"
            lines = _lines(page, columns, rows, context)
            count = _WRITERS[arguments["format"]](made, [c.head for c in columns], lines)
            with context.step(), made.open("rb") as content:
                _hand_over(context, page, staff, content, columns, count)


def _lines(
    page: ListPage, columns: Sequence[Column], rows: Any, context: jobs.JobContext
) -> Iterator[list[Any]]:
    """Each row as its values; a chunk at a time, so that memory stays bounded."""
    done = 0
    chunk: list[Any] = []
    for row in rows.iterator(chunk_size=CHUNK):
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield from _values(page, columns, chunk)
            done += len(chunk)
            chunk = []
            context.progress(done)
            context.heartbeat()
    yield from _values(page, columns, chunk)
    context.progress(done + len(chunk))


def _values(page: ListPage, columns: Sequence[Column], rows: list[Any]) -> Iterator[list[Any]]:
    page.before_drawing(rows)
    for row in rows:
        yield [column.for_file(row) for column in columns]


def _hand_over(
    context: jobs.JobContext,
    page: ListPage,
    staff: Staff,
    content: IO[bytes],
    columns: Sequence[Column],
    count: int,
) -> None:
    now = clock.now()
    if page.personal_label:
        audit.log_access(
            page.personal_label,
            "export",
            by=staff,
            at=now,
            fields=[column.key for column in columns],
            row_count=count,
        )
    stored = files.store(
        iter(lambda: content.read(files.PIECE_BYTES), b""),
        purpose=PURPOSE,
        original_name=f"{page.page_title()}-{now:%Y%m%d-%H%M}.{context.arguments['format']}",
        by=staff,
        at=now,
        owner=staff,
        purge_after=now + KEPT,
    )
    shown = shown_by(context.arguments["route"], page.scope.paths)
    context.result = {"file": stored.pk, "rows": count, **shown}


def _write_csv(target: Path, heads: Sequence[str], lines: Iterable[list[Any]]) -> int:
    """UTF-8 with the mark by which Excel knows it."""
    count = 0
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([formula_safe(head) for head in heads])
        for line in lines:
            writer.writerow([written(value) for value in line])
            count += 1
    return count


def _write_xlsx(target: Path, heads: Sequence[str], lines: Iterable[list[Any]]) -> int:
    """One sheet per million rows; text is written as text, so nothing is calculated."""
    count = 0
    options = {"constant_memory": True, "tmpdir": str(target.parent)}
    with xlsxwriter.Workbook(str(target), options) as book:
        bold = book.add_format({"bold": True})
        sheet: Any = None
        for line in _or_one_empty(lines):
            place = count % SHEET_ROWS
            if place == 0:
                sheet = book.add_worksheet()
                sheet.freeze_panes(1, 0)
                for column, head in enumerate(heads):
                    sheet.write_string(0, column, head, bold)
            if line is None:
                break
            for column, value in enumerate(line):
                if isinstance(value, str):
                    sheet.write_string(place + 1, column, value)
                elif value is not None:
                    sheet.write_number(place + 1, column, value)
            count += 1
    return count


def _or_one_empty(lines: Iterable[list[Any]]) -> Iterator[list[Any] | None]:
    """The lines, or one absent line, so that a file without rows still has its heads."""
    empty = True
    for line in lines:
        empty = False
        yield line
    if empty:
        yield None


_WRITERS = {"csv": _write_csv, "xlsx": _write_xlsx}


def shown_by(route: str, areas: Sequence[str]) -> dict[str, Any]:
    """For the result of a job that makes a file: the page and the areas whose rows it holds."""
    return {"route": route, "areas": list(areas)}


def file_for(actor: Actor, number: int) -> StoredFile | None:
    """The file if it was made for this member of staff, who may still see what it holds.

    Else nothing: a right that has gone closes the files made under it, too.
    """
    stored = StoredFile.objects.filter(
        pk=number, purpose=PURPOSE, owner_id=actor.staff_id, purged_at=None
    ).first()
    job = Job.objects.filter(requested_by_id=actor.staff_id, result__file=number).first()
    if stored is None or job is None:
        return None
    entry = access.matrix().entry_for(job.result["route"])
    if entry is None or not entry.allows(actor, "GET"):
        return None
    scope = entry.scope_for(actor, "GET")
    return stored if all(scope.covers(path) for path in job.result["areas"]) else None
