"""Rosters that list the same people in many ways, and the undoing of one of them."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from bureau.core import approvals, clock, jobs
from bureau.core.choices import JobState, Role
from bureau.core.models import ApprovalRequest, Area, Staff
from bureau.core.tests import factories
from bureau.intake.choices import BatchState
from enrollment.choices import Scheme
from enrollment.models import RosterBatch, RosterRow
from enrollment.services import roster_jobs, undoing
from enrollment.tests import rosters
from enrollment.tests.imports.test_apply import export

#: Tables to empty between two rolls in one test.
EMPTIED = (
    "enrollment_rosterbatch", "enrollment_person", "enrollment_household",
    "enrollment_coveragespellevent", "core_auditevent", "core_job", "core_storedfile",
    "core_approvalrequest", "core_staff",
)  # fmt: skip


def _respelt(cells: dict[str, str], index: int) -> dict[str, str]:
    """Every seventh has another telephone and address, every eleventh a name that sounds alike."""
    if index % 7 == 0:
        cells = {**cells, "电话": f"139{index:08}"}
    if index % 11 == 0:
        cells = {**cells, "姓名": cells["姓名"][0] + "见" + cells["姓名"][2:]}
    return cells


def _disputing(cells: dict[str, str], index: int) -> dict[str, str]:
    """Every ninth row carries a number that is another person's."""
    cells = rosters.with_usual_faults(cells, index)
    return {**cells, "姓名": f"欧阳{cells['姓名'][-1:]}"} if index % 9 == 4 else cells


def _moved(cells: dict[str, str], index: int) -> dict[str, str]:
    """Some live in another household, and some have lost their number."""
    cells = rosters.with_usual_faults(cells, index)
    if index % 8 == 3:
        cells = {**cells, "户号": f"9{index:05}", "与户主关系": "户主"}
    return {**cells, "身份证号": ""} if index % 10 == 6 else cells


def _csv(people: Sequence[int], county: str, change: Any) -> bytes:
    return rosters.csv_of(rosters.lines(people, county=county, change=change))


def sent() -> list[tuple[bytes, dict[str, Any]]]:
    """Five rosters of overlapping people, in the order in which they are applied."""
    first = {"area": "210281", "year": 2018}
    return [
        (_csv(range(70), "210281", rosters.with_usual_faults), first),
        (_csv(range(40, 130), "210283", _disputing), {"area": "210283", "year": 2019}),
        (_csv(range(20, 110), "210281", _respelt), {"area": "210281", "year": 2019}),
        (export(range(10, 60), "UEBMI"), {"scheme": Scheme.UEBMI, "area": "210200"}),
        (_csv(range(90, 150), "210283", _moved), {"area": "210283", "year": 2018}),
    ]


def bring_in(places: Sequence[int]) -> list[RosterBatch]:
    """The rosters of these places in the order stand on the roll."""
    all_of_them = sent()
    found = []
    for place in places:
        content, sender = all_of_them[place]
        found.append(rosters.bring_in(content, **sender))
    return found


def start_anew() -> None:
    """No roster was ever handed in."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {', '.join(EMPTIED)} CASCADE")
        cursor.execute("UPDATE enrollment_roll SET revision = 0")


def someone(username: str, role: Role = Role.CLERK) -> Staff:
    """A member of staff with this role in the whole city; the same for the same name."""
    found = Staff.objects.filter(username=username).first()
    if found is None:
        found = factories.staff(username, (role, Area.objects.get(code="210200")))
    return found


def two_rows(batch: RosterBatch) -> list[RosterRow]:
    """Two clean rows of the roster, each of a person of its own."""
    rows = RosterRow.objects.filter(batch=batch, outcome="ACCEPTED", link__opens_file=True)
    return list(rows.order_by("pk")[:2])


def ask_for_undo(batch: RosterBatch, reason: str = "发错了年度") -> ApprovalRequest:
    """The undoing waits for a second person."""
    return undoing.ask(batch=batch, reason=reason, at=clock.now(), by=someone("clerk-of-undo"))


def approve(request: ApprovalRequest) -> ApprovalRequest:
    return approvals.decide(
        request.pk, approve=True, by=someone("reviewer-of-undo", Role.REVIEWER), at=clock.now()
    )


def approve_only_request() -> ApprovalRequest:
    return approve(ApprovalRequest.objects.get(kind=undoing.KIND))


def undo(batch: RosterBatch) -> RosterBatch:
    """The roster was undone, by the ways of the browser."""
    approve(ask_for_undo(batch))
    job = roster_jobs.latest(batch)
    assert job is not None
    ended = jobs.run_until_done(job.pk)
    batch.refresh_from_db()
    assert ended.state == JobState.DONE, ended.last_error
    assert batch.state == BatchState.UNDONE
    return batch
