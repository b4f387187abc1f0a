"""Rosters as their pages show them: lists within the scope, counts, differences, people linked."""

import dataclasses
import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.shortcuts import get_object_or_404

from bureau.core.actors import Scope
from bureau.core.choices import UNFINISHED_JOB_STATES, AreaLevel
from bureau.core.models import Area, AuditEvent, Job
from bureau.intake.choices import TAKEN_BACK, BatchState
from bureau.intake.shapes import ColumnMap, FileLayout
from enrollment.choices import Fix, Outcome, PersonState, Reason, Scheme
from enrollment.choices.judged import LET_IN_WITHOUT_NUMBER
from enrollment.models import (
    CandidatePair,
    CorrectedRow,
    Person,
    RosterBatch,
    RosterFile,
    RosterLink,
    RosterRow,
    RosterRowVersion,
)
from enrollment.selectors.masked_row import field_of

#: Rows for which a clerk or the county still has something to do.
OPEN_ROWS: Final[dict[str, Any]] = {
    "outcome__in": [Outcome.REVIEW, Outcome.REJECTED],
    "is_settled": False,
}
#: Kinds of jobs about rosters; their key is the roster's number.
JOB_KINDS = (
    "enrollment.look_at_roster",
    "enrollment.check_roster",
    "enrollment.apply_roster",
    "enrollment.undo_roster",
)


def rosters_in(scope: Scope) -> QuerySet[RosterBatch]:
    """Every roster of the areas in the scope."""
    return scope.filter(RosterBatch.objects.select_related("area"))


def roster_in(scope: Scope, pk: int) -> RosterBatch:
    """The roster if its area lies in the scope; Http404 otherwise."""
    found: RosterBatch = get_object_or_404(rosters_in(scope), pk=pk)
    return found


def rosters_about(rows: QuerySet[RosterBatch], word: str) -> QuerySet[RosterBatch]:
    """The rosters of this number, or with the words in remarks, sender, files or area."""
    for part in word.split():
        named = RosterFile.objects.filter(name__icontains=part).values("batch")
        about = (
            Q(note__icontains=part)
            | Q(received_by__icontains=part)
            | Q(area__name__icontains=part)
            | Q(area__name_en__icontains=part)
            | Q(pk__in=named)
        )
        if part.isascii() and part.isdigit() and len(part) < 10:
            about |= Q(pk=int(part))
        rows = rows.filter(about)
    return rows


@dataclasses.dataclass(frozen=True)
class Sums:
    """The rosters of some areas in figures; withdrawn ones do not count."""

    rosters: int
    applied: int
    people: int
    rows: int
    open_rows: int


def sums_of(scope: Scope) -> Sums:
    """What the rosters of the scope come to, from the counts that each of them keeps."""
    applied = Q(state=BatchState.APPLIED)
    rows = rosters_in(scope).exclude(state__in=TAKEN_BACK).order_by()
    found = rows.aggregate(
        rosters=Count("pk"),
        applied=Count("pk", filter=applied),
        rows=Sum("rows_read", default=0),
        open_rows=Sum(
            F("rows_review") + F("rows_rejected") - F("review_settled") - F("rejected_settled"),
            default=0,
        ),
    )
    return Sums(**found, people=people_on_roll(scope))


def people_on_roll(scope: Scope) -> int:
    """People of the scope with a living file, each once.

    Files are closed and joined by corrections and decisions, so sums of what rosters opened differ.
    All files and the few that are closed are counted from an index each, without reading a file.
    """
    files = scope.filter(Person.objects.order_by(), "area__path")
    return files.count() - files.exclude(state=PersonState.ACTIVE).count()


def areas_in(scope: Scope) -> list[Area]:
    """Areas of the scope that hand in rosters: the city and its counties."""
    levels = [AreaLevel.CITY, AreaLevel.COUNTY]
    return list(scope.filter(Area.objects.filter(level__in=levels), "path").order_by("path"))


def files_of(batch: RosterBatch) -> list[RosterFile]:
    """The roster's files that were not removed; all of them once the roster is withdrawn."""
    files = RosterFile.objects.filter(batch=batch).select_related("stored").order_by("pk")
    if batch.state not in TAKEN_BACK:
        files = files.filter(withdrawn=False)
    return list(files)


def files_with_open_rows(batch: RosterBatch) -> list[tuple[RosterFile, int]]:
    """Files of the roster in which rows wait or were rejected, each with how many."""
    open_rows = RosterRow.objects.filter(batch=batch, **OPEN_ROWS).order_by()
    counts = dict(open_rows.values("file").annotate(n=Count("pk")).values_list("file", "n"))
    files = RosterFile.objects.filter(pk__in=counts, withdrawn=False)
    return [(file, counts[file.pk]) for file in files.order_by("pk")]


def has_several_problem_files(batch: RosterBatch) -> bool:
    """Whether rows wait or were rejected in more than one of the roster's files."""
    waiting = RosterRow.objects.filter(file=OuterRef("pk"), **OPEN_ROWS)
    files = RosterFile.objects.filter(Exists(waiting), batch=batch, withdrawn=False)
    return len(files.values_list("pk", flat=True)[:2]) > 1


def file_in(scope: Scope, batch_pk: int, pk: int) -> RosterFile:
    """The file of a roster in the scope; Http404 otherwise."""
    files = RosterFile.objects.select_related("stored", "batch__area").filter(
        batch=batch_pk, withdrawn=False
    )
    found: RosterFile = get_object_or_404(scope.filter(files, "batch__area__path"), pk=pk)
    return found


def latest_job(batch: RosterBatch) -> Job | None:
    """The newest job about the roster."""
    return Job.objects.filter(kind__in=JOB_KINDS, key=str(batch.pk)).order_by("-pk").first()


def unfinished_jobs(batches: Iterable[RosterBatch]) -> dict[int, Job]:
    """By roster, the job about it that waits or runs."""
    jobs = Job.objects.filter(
        kind__in=JOB_KINDS,
        key__in=[str(batch.pk) for batch in batches],
        state__in=UNFINISHED_JOB_STATES,
    )
    return {int(job.key): job for job in jobs}


def rows_of(batch_pk: int, scope: Scope) -> QuerySet[RosterRow]:
    """The rows of a roster in the scope."""
    # Looked up before: joined to areas by path, rows are misjudged to be few and read in whole.
    if not rosters_in(scope).filter(pk=batch_pk).exists():
        return RosterRow.objects.none()
    return RosterRow.objects.filter(batch=batch_pk).select_related("file")


def rows_asked_for(rows: QuerySet[RosterRow], asked: Mapping[str, Any]) -> QuerySet[RosterRow]:
    """The rows of this outcome, file, and reason or repair; what is unknown narrows to nothing."""
    if outcome := asked.get("outcome"):
        rows = rows.filter(outcome=outcome)
    if file := str(asked.get("file") or ""):
        is_number = file.isascii() and file.isdigit() and len(file) < 18
        rows = rows.filter(file=int(file)) if is_number else rows.none()
    if reason := asked.get("reason"):
        held = Q(reasons__contains=[reason], outcome__in=[Outcome.REVIEW, Outcome.REJECTED])
        if reason == LET_IN_WITHOUT_NUMBER:
            # On the roll under a temporary number, the child still waits for its own.
            held |= Q(confirmed__contains=[reason], id_number=None, stands_by=None)
        rows = (
            # No accepted row was repaired; saying so enters the index of the others.
            rows.filter(~Q(outcome=Outcome.ACCEPTED), fixes__contains=[reason])
            if reason in Fix.values
            else rows.filter(held)
        )
    return rows


def rows_beside(row: RosterRow, asked: Mapping[str, str]) -> tuple[int | None, int | None]:
    """The rows before and after this one among those of its roster that were asked for."""
    rows = rows_asked_for(RosterRow.objects.filter(batch=row.batch_id), asked)
    numbers = rows.values_list("pk", flat=True)
    before = numbers.filter(pk__lt=row.pk).order_by("-pk").first()
    return before, numbers.filter(pk__gt=row.pk).order_by("pk").first()


def row_in(scope: Scope, batch_pk: int, pk: int) -> RosterRow:
    """One row of a roster in the scope; Http404 otherwise."""
    rows = rows_of(batch_pk, scope).select_related("file", "batch__area")
    found: RosterRow = get_object_or_404(rows, pk=pk)
    return found


def lines_like(row: RosterRow) -> list[RosterRow]:
    """Other lines of the roster with the same number and name, or that are the same person."""
    link = link_of(row)
    if link is not None:
        linked = RosterLink.objects.filter(batch=row.batch_id, person_id=link.person_id)
        same = Q(pk__in=list(linked.values_list("row", flat=True)))
    elif row.id_number:
        same = Q(id_number=row.id_number)
    else:
        return []
    found = RosterRow.objects.filter(same, batch=row.batch_id).exclude(
        outcome__in=[Outcome.REJECTED, Outcome.NOT_RECORD]
    )
    lines = list(found.exclude(pk=row.pk).select_related("file").order_by("pk")[:20])
    for line in lines:
        line.sheet_name = sheet_names(line.file).get(line.sheet, "")  # type: ignore[attr-defined]
    return lines


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """Why a line was left out, by whom and when, and who approved it."""

    reason: str
    by: str
    at: datetime.datetime
    approved_by: str


def left_out(row: RosterRow) -> LeftOut | None:
    """How the row came to be left out; None for a row that is not."""
    if Reason.LEFT_OUT not in row.reasons:
        return None
    if row.stands_by_id is not None:
        # Left out with its former row, which says why.
        row = RosterRow.objects.select_related("batch").get(pk=row.stands_by_id)
    former = (
        RosterRowVersion.objects.filter(row=row, version=row.version - 1)
        .select_related("correction")
        .first()
    )
    if former is None:
        return None
    made = former.correction
    approved = (made.approved_by if made else "") or row.batch.approved_by
    return LeftOut(former.note, former.replaced_by, former.replaced_at, approved)


def counts_by_reason(batch: RosterBatch) -> list[tuple[str, int]]:
    """How many rows that wait or were rejected carry each reason, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT reason, count(*) FROM enrollment_rosterrow, unnest(reasons) reason
            WHERE batch_id = %s AND outcome IN ('REVIEW', 'REJECTED') AND NOT is_settled
            GROUP BY reason ORDER BY count(*) DESC, reason
            """,
            [batch.pk],
        )
        return [(str(reason), int(count)) for reason, count in cursor.fetchall()]


def counts_by_fix(batch: RosterBatch) -> list[tuple[str, int]]:
    """How many rows carry each repair, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT fix, count(*) FROM enrollment_rosterrow, unnest(fixes) fix
            -- No accepted row was repaired.
            WHERE batch_id = %s AND outcome <> 'ACCEPTED' GROUP BY fix ORDER BY count(*) DESC, fix
            """,
            [batch.pk],
        )
        return [(str(fix), int(count)) for fix, count in cursor.fetchall()]


@dataclasses.dataclass(frozen=True)
class Total:
    """One control total: what the sender declared, what was read. `key` names it."""

    key: str
    declared: Decimal | int
    read: Decimal | int

    @property
    def difference(self) -> Decimal | int:
        return self.read - self.declared


def totals_of(batch: RosterBatch) -> list[Total]:
    """What the sender declared beside what was read; nothing where nothing was declared.

    Records count whatever their outcome, because the sender counted them too.
    """
    totals: list[Total] = []
    if batch.rows_declared is not None:
        totals.append(Total("rows", batch.rows_declared, batch.rows_read - batch.rows_not_record))
    if batch.households_declared is None and batch.amount_declared is None:
        return totals
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(DISTINCT (coalesce(home_file_id, file_id), coalesce(home_sheet, sheet),
                                   coalesce(town, ''), coalesce(village, ''), household_no))
                       FILTER (WHERE household_no <> ''),
                   coalesce(sum(amount), 0)
            FROM enrollment_rosterrow WHERE batch_id = %s AND outcome <> 'NOT_RECORD'
            """,
            [batch.pk],
        )
        households, amount = cursor.fetchone()
    if batch.households_declared is not None:
        totals.append(Total("households", batch.households_declared, households))
    if batch.amount_declared is not None:
        totals.append(Total("amount", batch.amount_declared, amount))
    return totals


@dataclasses.dataclass(frozen=True)
class OriginDifference:
    """That a file says of itself something else than the roster it lies in.

    `what` is scheme, area or year; `told_by` says by what the file tells an area.
    """

    file: RosterFile
    what: str
    told: str
    told_by: str = ""


def origin_differences(batch: RosterBatch, files: Sequence[RosterFile]) -> list[OriginDifference]:
    """Where files name another scheme, area or year than their roster."""
    codes = {file.told.get("area") for file in files} - {None, batch.area.code}
    names = {area.code: str(area) for area in Area.objects.filter(code__in=codes)}
    found = []
    for file in files:
        told: dict[str, Any] = file.told
        scheme, code, year = told.get("scheme"), told.get("area"), told.get("year")
        if code in names:
            found.append(OriginDifference(file, "area", names[code], told.get("told_by", "")))
        if scheme and scheme != batch.scheme:
            found.append(OriginDifference(file, "scheme", str(Scheme(scheme).label)))
        if year and year != batch.year:
            found.append(OriginDifference(file, "year", str(year)))
    return found


def corrected_by_hand(batch: RosterBatch) -> dict[str, int]:
    """By outcome, how many rows of the roster stand as a clerk or the county corrected them."""
    taken = CorrectedRow.objects.filter(correction__batch=batch, is_taken=True)
    rows = RosterRow.objects.filter(pk__in=taken.values("row_id")).order_by()
    counts = rows.values("outcome").annotate(count=Count("pk"))
    return dict(counts.values_list("outcome", "count"))


def sheet_names(file: RosterFile) -> dict[int, str]:
    """The names of the file's sheets by number; a text file's only sheet has none."""
    return {sheet["sheet"]: sheet["sheet_name"] for sheet in file.layout.get("sheets", ())}


def raw_cells(row: RosterRow) -> list[tuple[str, str, str]]:
    """The row as it was read: heading, cell, and the field that the column feeds (or nothing).

    Cells beyond the headings stand under the number of their column.
    """
    cells: list[str] = json.loads(row.raw)
    columns = {column.index: column for column in columns_of(row)}
    found = []
    for index in range(max(len(cells), len(columns))):
        column = columns.get(index)
        heading = column.header if column else f"#{index + 1}"
        cell = cells[index] if index < len(cells) else ""
        found.append((heading, cell or "", field_of(column)))
    return found


def columns_of(row: RosterRow) -> tuple[ColumnMap, ...]:
    """The columns by which the row was read."""
    if not row.file.layout:
        return ()
    layout = FileLayout.from_json(row.file.layout)
    return next((sheet.columns for sheet in layout.sheets if sheet.sheet == row.sheet), ())


def places_of_fields(row: RosterRow) -> dict[str, int]:
    """By field, the cell of the row that tells it, alone or together with others."""
    places: dict[str, int] = {}
    for column in columns_of(row):
        for field in column.fed:
            places.setdefault(field, column.index)
    return places


def link_of(row: RosterRow) -> RosterLink | None:
    """To which person the row was linked."""
    return RosterLink.objects.filter(pk=row.pk).select_related("told_by__area").first()


def pairs_of(row: RosterRow) -> list[tuple[CandidatePair, RosterRow]]:
    """The pairs in which the row stands, likeliest first, each with the other row.

    The other row may lie in another area: only masked values of it are for showing.
    """
    pairs = (
        CandidatePair.objects.filter(Q(row_a=row) | Q(row_b=row))
        .exclude(batch__state__in=TAKEN_BACK)
        .select_related("row_a__batch__area", "row_b__batch__area")
        .order_by("-score", "pk")
    )
    return [(pair, pair.row_b if pair.row_a_id == row.pk else pair.row_a) for pair in pairs]


def trail_of(batch: RosterBatch) -> list[AuditEvent]:
    """What was done to the roster, oldest first."""
    return list(
        AuditEvent.objects.filter(
            target_label=batch._meta.label_lower, target_id=str(batch.pk)
        ).order_by("pk")
    )
