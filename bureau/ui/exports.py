"""The present view of a list as a file: asked for on the page, written by a job, fetched once made.

Who may take what alone, and what a second person approves, is in `bureau.core.exports`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.http import QueryDict
from django.urls import get_resolver
from django.utils import timezone, translation
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from bureau.core import access, audit, canaries, clock, files, jobs
from bureau.core import exports as core
from bureau.core.actors import Actor, Scope, actor_of
from bureau.core.errors import DomainError
from bureau.core.models import DataExport, Job, StoredFile
from bureau.ui import formatting, paging
from bureau.ui.export_files import WRITERS, ControlRow
from bureau.ui.tables import Column

if TYPE_CHECKING:
    from bureau.ui.views.lists import ListPage

JOB_KIND = core.JOB_KIND
PURPOSE = "export"
#: Time for which files of other kinds of work are kept; those of lists say it themselves.
KEPT = datetime.timedelta(days=7)
FORMATS = tuple(WRITERS)
#: Rows that a query by name may give, because they are kept by their numbers.
MOST_NUMBERED = 10_000
CHUNK = 2000

_lists: dict[str, type[ListPage]] = {}


def register_list(page: type[ListPage]) -> None:
    """Lists of this class can be written to files; the id must be its own."""
    known = _lists.get(page.list_id)
    if known is not None and known.__qualname__ != page.__qualname__:
        raise ValueError(f"two lists are called {page.list_id}")
    _lists[page.list_id] = page


def every_list() -> list[type[ListPage]]:
    """Every list there is, once the views were loaded."""
    _patterns = get_resolver().url_patterns
    return list(_lists.values())


def list_of(list_id: str) -> type[ListPage] | None:
    """The list of this id, once the views were loaded."""
    _patterns = get_resolver().url_patterns
    return _lists.get(list_id)


def name_of_list(list_id: str) -> str:
    """How the list is called in the present language; its id when this release has none such."""
    found = list_of(list_id)
    return str(found.title) if found and found.title else list_id


def wish_of(
    page: ListPage,
    file_format: str,
    *,
    only: list[int] | None = None,
    bare: Sequence[str] = (),
) -> core.Wish:
    """The page's present view as a wish. `only` names single rows that were chosen.

    Raises DomainError for an unknown format, a query that cannot be read, a query with personal
    values that has too many rows, and fields that the reader may not see in full.
    """
    if file_format not in FORMATS:
        raise DomainError("unknown_format", _("A file is either CSV or XLSX."))
    if not page.query.is_valid():
        raise DomainError("query_unreadable", _("Correct the query first."))
    may_be_bare = {column.key for column in page.bare_columns()}
    if not set(bare) <= may_be_bare:
        raise DomainError("not_in_full", _("You may not take these fields in full."))
    numbers = only
    if only is None and page.request.GET.get("given"):
        found = page.found().order_by().values_list("pk", flat=True)
        numbers = list(found[: MOST_NUMBERED + 1])
    if numbers is not None and len(numbers) > MOST_NUMBERED:
        raise DomainError(
            "query_too_wide",
            _("A query by name or number may give at most %(most)s rows as a file; narrow it."),
            most=f"{MOST_NUMBERED:,}",
        )
    scope = bare_scope(page, page.actor) if bare else page.scope
    columns = [column for column in page.shown_columns() if column.exported]
    rows = len(numbers) if numbers is not None else page.found().order_by().count()
    return core.Wish(
        list_id=page.list_id,
        route=page.route,
        kwargs=dict(page.kwargs),
        query=page.lasting_query(),
        columns=[column.key for column in columns],
        bare=[column.key for column in columns if column.key in bare],
        file_format=file_format,
        language=get_language() or settings.LANGUAGE_CODE,
        rows=rows,
        row_numbers=numbers,
        paths=scope.paths,
        is_personal=bool(page.personal_label),
        title=str(page.page_title()),
        is_whole=str(page.page_title()) == str(page.title),
        asked=page.query_in_words(),
        labels={column.key: str(column.label) for column in columns},
    )


def ask(
    page: ListPage,
    file_format: str,
    *,
    at: datetime.datetime,
    only: list[int] | None = None,
    bare: Sequence[str] = (),
    purpose: str = "",
    hours: int | None = None,
) -> DataExport:
    """The file is being made or waits for a second person; the same wish twice is one export.

    Raises DomainError like `wish_of`, and core's NeedsPurpose.
    """
    wish = wish_of(page, file_format, only=only, bare=bare)
    return core.begin(wish, purpose=purpose, hours=hours, by=page.actor, at=at, today=clock.today())


def bare_scope(page: ListPage, actor: Actor) -> Scope:
    """The areas in which the actor may see the list's fields in full."""
    entry = access.matrix().entry_for(page.bare_route)
    if entry is None or not entry.allows(actor, "POST"):
        return Scope()
    return entry.scope_for(actor, "POST")


def rebuild(export: DataExport, actor: Actor) -> ListPage:
    """The list as its asker may see it now. Raises DomainError when the right has gone."""
    page_class = list_of(export.list_id)
    entry = access.matrix().entry_for(export.route)
    if page_class is None or entry is None or not entry.allows(actor, "GET"):
        raise DomainError("list_not_allowed", _("You may no longer open this list."))
    page = page_class()
    page.actor, page.scope = actor, entry.scope_for(actor, "GET")
    page.args, page.kwargs = (), export.kwargs
    # No request asks this page: what is asked for stands with the export.
    page.query = page.query_form(QueryDict(export.query), {})
    if export.bare:
        page.scope = bare_scope(page, actor)
        if page.scope.is_empty:
            raise DomainError("not_in_full", _("You may not take these fields in full."))
    return page


def _rows_of(page: ListPage, export: DataExport) -> Any:
    query = QueryDict(export.query)
    if export.row_numbers is not None:
        found = page.rows().filter(pk__in=export.row_numbers)
    else:
        found = page.narrowed(page.rows(), page.query.values())
    _key, sort, descending = page.sort_key(query.get("sort", ""))
    return paging.in_order(found, sort, descending)


def write(context: jobs.JobContext) -> None:
    """The file stands ready for its asker alone, and the access log says who took how many rows."""
    export = core.to_make(context.arguments["export"])
    with translation.override(export.language):
        page = rebuild(export, actor_of(export.asked_by, on=clock.today()))
        by_key = {column.key: column for column in page.columns if column.exported}
        columns = [by_key[key] for key in export.columns if key in by_key]
        rows = _rows_of(page, export)
        context.phase(gettext_noop("Writing the file"), total=rows.count())
        now = clock.now()
        with files.scratch_folder("export") as folder:
            made = folder / "file"
            heads = [column.file_head or column.head for column in columns]
            lines = _lines(page, columns, rows, export, context)
            line = watermark(export, now)
            count = WRITERS[export.file_format](made, line, heads, lines)
            with context.step(), made.open("rb") as content:
                _hand_over(context, page, export, content, columns, count)


def watermark(export: DataExport, at: datetime.datetime) -> str:
    """Who took the file, when, what for and under which number; on every sheet and page."""
    parts = [
        _("Export %(number)s") % {"number": export.number},
        str(export.asked_by),
        formatting.instant(at),
        _("Purpose: %(purpose)s") % {"purpose": export.purpose or _("own work")},
    ]
    if export.approved_by is not None:
        parts.append(_("Approved by %(name)s") % {"name": export.approved_by.full_name})
    if export.is_personal:
        parts.append(_("fields in full inside") if export.bare else _("masked"))
        parts.append(_("not to be handed on"))
    return " · ".join(parts)


def _lines(
    page: ListPage,
    columns: Sequence[Column],
    rows: Any,
    export: DataExport,
    context: jobs.JobContext,
) -> Iterator[list[Any]]:
    """Each row as its values; a chunk at a time, so that memory stays bounded."""
    control = _control_row(page, columns, export)
    done = 0
    chunk: list[Any] = []
    for row in rows.iterator(chunk_size=CHUNK):
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield from _values(page, columns, chunk, export, control if not done else None)
            done += len(chunk)
            chunk = []
            context.progress(done)
            context.heartbeat()
    yield from _values(page, columns, chunk, export, control if not done else None)
    context.progress(done + len(chunk))


def _values(
    page: ListPage,
    columns: Sequence[Column],
    rows: list[Any],
    export: DataExport,
    control: ControlRow | None,
) -> Iterator[list[Any]]:
    page.before_drawing(rows)
    place = canaries.canary_of(export.number).place % len(rows) if rows and control else -1
    for number, row in enumerate(rows):
        if number == place and control is not None:
            yield control
        yield [column.for_file(row, bare=column.key in export.bare) for column in columns]


def _control_row(
    page: ListPage, columns: Sequence[Column], export: DataExport
) -> ControlRow | None:
    """The invented person of this export, where the file shows persons in full."""
    if not export.bare:
        return None
    invented = page.invented_row(canaries.canary_of(export.number))
    if invented is None:
        return None
    return ControlRow(
        column.for_file(invented, bare=column.key in export.bare) for column in columns
    )


def _hand_over(
    context: jobs.JobContext,
    page: ListPage,
    export: DataExport,
    content: IO[bytes],
    columns: Sequence[Column],
    count: int,
) -> None:
    now = clock.now()
    if page.personal_label:
        audit.log_access(
            page.personal_label,
            "export",
            by=export.asked_by,
            at=now,
            fields=[column.key for column in columns],
            row_count=count,
            reason=export.purpose,
            area=export.area,
        )
    # By the clock that the asker sees.
    taken = f"{timezone.localtime(now):%Y%m%d-%H%M}"
    stored = files.store(
        iter(lambda: content.read(files.PIECE_BYTES), b""),
        purpose=PURPOSE,
        original_name=f"{page.page_title()}-{export.number}-{taken}.{export.file_format}",
        by=export.asked_by,
        at=now,
        owner=export.asked_by,
        purge_after=now + datetime.timedelta(hours=export.hours_open),
    )
    has_control_row = bool(export.bare) and _control_row(page, columns, export) is not None
    mark = canaries.canary_of(export.number).number if has_control_row else ""
    core.ready(export, stored.pk, rows=count, mark=mark, at=now)
    shown = shown_by(export.route, page.scope.paths)
    context.result = {"file": stored.pk, "rows": count, "export": export.pk, **shown}


def shown_by(route: str, areas: Sequence[str]) -> dict[str, Any]:
    """For the result of a job that makes a file: the page and the areas whose rows it holds."""
    return {"route": route, "areas": list(areas)}


def file_for(actor: Actor, number: int) -> StoredFile | None:
    """The file if it was made for this member of staff, who may still see what it holds.

    Else nothing: a right that has gone closes the files made under it, too, as do the end of an
    export and its being revoked or fetched. Files of lists without an export are never given out.
    """
    stored = (
        StoredFile.objects.select_related("export")
        .filter(pk=number, purpose=PURPOSE, owner_id=actor.staff_id, purged_at=None)
        .first()
    )
    job = Job.objects.filter(requested_by_id=actor.staff_id, result__file=number).first()
    if stored is None or job is None:
        return None
    entry = access.matrix().entry_for(job.result["route"])
    if entry is None or not entry.allows(actor, "GET"):
        return None
    scope = entry.scope_for(actor, "GET")
    export = export_of(stored)
    if export is None:
        # A file of a list that nobody is on record for asking: made before that was the rule.
        if job.kind == JOB_KIND:
            return None
    else:
        if not core.is_open(export, clock.now()):
            return None
        try:
            scope = rebuild(export, actor).scope
        except DomainError:
            return None
    return stored if all(scope.covers(path) for path in job.result["areas"]) else None


def export_of(stored: StoredFile) -> DataExport | None:
    """The export whose file this is; none for files of other kinds of work."""
    found: DataExport | None = getattr(stored, "export", None)
    return found
