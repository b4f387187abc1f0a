"""What somebody should know of a roster before it goes onto the roll: rosters like it, files of
another source, files without a number of people."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from bureau.core.models import AuditEvent
from bureau.intake.choices import BatchState
from bureau.intake.shapes import FileLayout, Problem
from enrollment.models import CorrectedRow, RosterBatch, RosterFile, RosterRow

#: Rosters that are on the roll, or on their way onto it.
ON_THE_WAY = [BatchState.AWAITING_APPROVAL, BatchState.APPLYING, BatchState.APPLIED]

#: So many drafts without a file are named at once.
EMPTY_NAMED = 5


def rosters_like(batch: RosterBatch) -> list[RosterBatch]:
    """Other rosters of the same area, scheme and year on the roll or on their way onto it."""
    found = RosterBatch.objects.filter(
        area=batch.area_id, scheme=batch.scheme, year=batch.year, state__in=ON_THE_WAY
    )
    return list(found.exclude(pk=batch.pk).select_related("area").order_by("pk"))


def empty_drafts(rosters: QuerySet[RosterBatch], staff_id: int | None) -> list[RosterBatch]:
    """Those of the rosters that the member of staff began and left without a file."""
    files = RosterFile.objects.filter(batch=OuterRef("pk"), withdrawn=False)
    found = rosters.filter(state=BatchState.DRAFT, received_by_staff=staff_id)
    return list(found.exclude(Exists(files)).order_by("-pk")[:EMPTY_NAMED])


def origin_reason(batch: RosterBatch) -> str:
    """Why files of another source belong to the roster, as its clerk said last."""
    said = AuditEvent.objects.filter(
        kind="roster.reading", target_label=batch._meta.label_lower, target_id=str(batch.pk)
    )
    facts = said.order_by("-pk").values_list("facts", flat=True).first() or {}
    return str(facts.get("origin_reason", ""))


def files_without_numbers(files: Iterable[RosterFile]) -> list[RosterFile]:
    """Files with a sheet to read in which no column is the identity number."""
    return [
        file
        for file in files
        if file.layout
        and any(
            sheet.kept and not any("id_number" in column.fed for column in sheet.columns)
            for sheet in FileLayout.from_json(file.layout).sheets
        )
    ]


def doubts_about(row: RosterRow | CorrectedRow) -> list[Problem]:
    """The questions about the columns of the row's sheet that nobody has answered."""
    file: RosterFile | None = row.file if isinstance(row, RosterRow) else row.roster_file
    sheet = row.sheet if isinstance(row, RosterRow) else row.roster_sheet
    if file is None or not file.layout:
        return []
    doubts = FileLayout.from_json(file.layout).doubts
    return [doubt for doubt in doubts if sheet in doubt.facts.get("sheets", (sheet,))]
