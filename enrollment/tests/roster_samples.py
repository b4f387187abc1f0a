"""Rosters behind the roster pages' routes, for the tests of access."""

import hashlib
import json
import uuid
from typing import Any

from django.utils import timezone

from bureau.core.models import Area, StoredFile
from bureau.intake.shapes import (
    ColumnMap,
    FileLayout,
    SheetLayout,
    SheetShape,
    SourceShape,
)
from bureau.testing.access import sample
from enrollment.models import EditionLine, RosterBatch, RosterEdition, RosterFile, RosterRow


def roster(place: Area, state: str) -> RosterBatch:
    """A roster of the county that nobody here handed in."""
    now = timezone.now()
    return RosterBatch.objects.create(
        area=place,
        scheme="NCMS",
        year=2015,
        state=state,
        received_at=now,
        received_by="job:sample",
        checked_at=None if state == "DRAFT" else now,
        rows_read=0 if state == "DRAFT" else 1,
        rows_review=0 if state == "DRAFT" else 1,
    )


def roster_file(batch: RosterBatch) -> RosterFile:
    """A file of the roster whose columns are proposed."""
    name = uuid.uuid4().hex
    digest = hashlib.sha256(name.encode()).hexdigest()
    stored = StoredFile.objects.create(
        purpose="roster",
        original_name="sample.csv",
        path=name,
        sha256=digest,
        size=1,
        area=batch.area,
        created_at=timezone.now(),
        created_by="job:sample",
    )
    sheet = SheetLayout(
        1, "", True, "SHEET_FITS", "", 1, 1, 2, (ColumnMap(0, "姓名", "name", 1.0, "HEADING"),)
    )
    shape = SourceShape("text", "utf-8", False, ",", "\n", (SheetShape(1),), name, 1)
    return RosterFile.objects.create(
        batch=batch,
        stored=stored,
        name="sample.csv",
        sha256=digest,
        layout=FileLayout(shape, (sheet,)).to_json(),
    )


@sample(
    "enrollment:roster-detail",
    "enrollment:roster-columns-again",
    "enrollment:roster-confirm",
    "enrollment:roster-undo",
    "enrollment:roster-withdraw",
    "enrollment:roster-rows",
    "enrollment:roster-rows-right",
    "enrollment:roster-rows-leave-out",
    "enrollment:roster-reveal",
    "enrollment:roster-error-file",
)
def checked_roster(place: Area) -> dict[str, Any]:
    """A roster that was checked."""
    return {"pk": roster(place, "CHECKED").pk}


@sample(
    "enrollment:roster-file-add",
    "enrollment:roster-start",
    "enrollment:roster-resume",
    "enrollment:roster-stop",
)
def open_roster(place: Area) -> dict[str, Any]:
    """A roster that takes files."""
    return {"pk": roster(place, "DRAFT").pk}


@sample("enrollment:roster-layout", "enrollment:roster-file-remove")
def file_of_roster(place: Area) -> dict[str, Any]:
    """A file of an open roster."""
    file = roster_file(roster(place, "DRAFT"))
    return {"pk": file.batch_id, "file": file.pk}


@sample(
    "enrollment:roster-row",
    "enrollment:roster-row-repair",
    "enrollment:roster-row-right",
    "enrollment:roster-row-leave-out",
    "enrollment:roster-row-take-in",
)
def row_of_roster(place: Area) -> dict[str, Any]:
    """A row of a checked roster."""
    batch = roster(place, "CHECKED")
    row = RosterRow.objects.create(
        batch=batch,
        file=roster_file(batch),
        sheet=1,
        row_no=2,
        raw=json.dumps(["王小明"]),
        outcome="REVIEW",
    )
    return {"pk": batch.pk, "row": row.pk}


def edition_line(place: Area) -> EditionLine:
    """A line left out of a newer edition that was checked."""
    former = row_of_roster(place)
    edition = RosterEdition.objects.create(
        batch=roster(place, "CHECKED"), replaces_id=former["pk"], number=2
    )
    return EditionLine.objects.create(edition=edition, state="LEFT", old_row_id=former["row"])


@sample("enrollment:roster-edition", "enrollment:roster-left-out", "enrollment:roster-end")
def edition_of_roster(place: Area) -> dict[str, Any]:
    """A newer edition that was checked."""
    return {"pk": edition_line(place).edition.batch_id}


@sample("enrollment:edition-line")
def line_of_edition(place: Area) -> dict[str, Any]:
    """A line of a newer edition."""
    line = edition_line(place)
    return {"pk": line.edition.batch_id, "line": line.pk}
