"""Objects behind the portal's routes, for the tests of access."""

import uuid
from typing import Any

from django.utils import timezone

from bureau.core import approvals
from bureau.core.choices import ExportState
from bureau.core.models import ApprovalRequest, Area, DataExport, Job
from bureau.core.tests.factories import staff
from bureau.testing.access import sample


@sample(
    "portal:job-detail",
    "portal:job-progress",
    "portal:job-cancel",
    "portal:job-retry",
    "portal:job-note",
)
def job(place: Area) -> dict[str, Any]:
    """A waiting job of the county, asked for by nobody who signs in."""
    now = timezone.now()
    made = Job.objects.create(
        kind="sample",
        key=f"sample {uuid.uuid4()}",
        area=place,
        due_at=now,
        requested_by_text="job:sample",
        requested_at=now,
    )
    return {"pk": made.pk}


@sample("portal:approval-detail", "portal:approval-decide", "portal:approval-withdraw")
def approval(place: Area) -> dict[str, Any]:
    """A request that waits in the county, made by a colleague there."""
    maker = staff(f"maker-{uuid.uuid4().hex[:8]}")
    made = ApprovalRequest.objects.create(
        kind=approvals.kinds()[0].name,
        target_label="core.area",
        target_id=maker.pk,
        title="Sample",
        area=place,
        maker=maker,
        maker_staff_no=maker.staff_no,
        made_at=timezone.now(),
    )
    return {"pk": made.pk}


@sample("portal:export-detail", "portal:export-revoke")
def export(place: Area) -> dict[str, Any]:
    """A file that a colleague of the county asked for."""
    asker = staff(f"asker-{uuid.uuid4().hex[:8]}")
    made = DataExport.objects.create(
        list_id="sample",
        route="portal:jobs",
        file_format="csv",
        language="en",
        rows_expected=1,
        asked_by=asker,
        asked_at=timezone.now(),
        area=place,
        state=ExportState.ALLOWED,
        hours_open=24,
    )
    return {"pk": made.pk}
