"""Corrections behind their pages' routes, for the tests of access."""

import json
from typing import Any

from django.utils import timezone

from bureau.core.models import Area
from bureau.testing.access import sample
from enrollment.models import CorrectedRow, RosterCorrection
from enrollment.tests.roster_samples import roster, roster_file


def correction(place: Area, state: str) -> RosterCorrection:
    """Corrections of a roster of the county that nobody here loaded."""
    now = timezone.now()
    return RosterCorrection.objects.create(
        batch=roster(place, "CHECKED"),
        source="FILE",
        state=state,
        made_at=now,
        made_by="job:sample",
        checked_at=now,
    )


@sample("enrollment:roster-corrections")
def correctable_roster(place: Area) -> dict[str, Any]:
    """A roster whose rows can be corrected."""
    return {"pk": roster(place, "CHECKED").pk}


@sample("enrollment:roster-file-corrections")
def file_of_draft(place: Area) -> dict[str, Any]:
    """A problem file in a draft of the county."""
    file = roster_file(roster(place, "DRAFT"))
    file.told = {"corrects": roster(place, "CHECKED").pk}
    file.save()
    return {"pk": file.batch_id, "file": file.pk}


@sample(
    "enrollment:correction-detail",
    "enrollment:correction-lines",
    "enrollment:correction-submit",
    "enrollment:correction-drop",
    "enrollment:correction-resume",
)
def open_correction(place: Area) -> dict[str, Any]:
    """Corrections that wait for their clerk."""
    return {"pk": correction(place, "OPEN").pk}


@sample("enrollment:correction-line")
def line_of_correction(place: Area) -> dict[str, Any]:
    """A line of corrections."""
    made = correction(place, "OPEN")
    line = CorrectedRow.objects.create(
        correction=made,
        roster_file=roster_file(made.batch),
        roster_sheet=1,
        sheet=1,
        row_no=2,
        raw=json.dumps(["王小明"]),
        outcome="REVIEW",
        verdict="UNPLACED",
    )
    return {"pk": made.pk, "line": line.pk}
