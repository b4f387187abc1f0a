"""Two counties, their staff, jobs and requests, for the tests of the portal's pages."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client

from bureau.core import approvals, clock
from bureau.core.choices import JobState, Role
from bureau.core.models import ApprovalRequest, Area, CodeTable, Job, JobLog, RoleGrant, Staff

KIND = "test.rename"


@pytest.fixture(autouse=True)
def rename_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to rename a code table can be made and decided."""

    def rename(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
        CodeTable.objects.filter(pk=request.target_id).update(name="renamed")

    monkeypatch.setattr(approvals, "_kinds", dict(approvals._kinds))
    approvals.register(KIND, label="更名", roles=[Role.REVIEWER], on_approved=rename)


@pytest.fixture
def demonstration(settings: Any) -> None:
    """Staff sign in without a second factor, as in the demonstration."""
    settings.DEMO = True


@pytest.fixture
def areas(db: None) -> dict[str, Area]:
    city = Area.objects.create(code="210200", name="大连市", name_en="Dalian", level="CITY")
    counties = {
        "zhuanghe": ("210283", "庄河市", "Zhuanghe"),
        "wafangdian": ("210281", "瓦房店市", "Wafangdian"),
    }
    found = {
        key: Area.objects.create(code=code, name=name, name_en=name_en, level="COUNTY", parent=city)
        for key, (code, name, name_en) in counties.items()
    }
    for area in (city, *found.values()):
        area.refresh_from_db()
    return {"city": city, **found}


@pytest.fixture
def new_staff(areas: dict[str, Area], demonstration: None) -> Callable[..., Staff]:
    """Makes a member of staff with one role in one area."""

    def make(username: str, role: Role, area: str, full_name: str = "") -> Staff:
        staff = Staff.objects.create_user(
            username,
            full_name=full_name or username,
            staff_no=username,
            is_demonstration=True,
            password_changed_at=clock.now(),
        )
        period = DateRange(datetime.date(2026, 1, 1), None)
        RoleGrant.objects.create(staff=staff, role=role, area=areas[area], period=period)
        return staff

    return make


@pytest.fixture
def clerk(new_staff: Callable[..., Staff]) -> Staff:
    return new_staff("clerk", Role.CLERK, "zhuanghe", "王晓梅")


@pytest.fixture
def reviewer(new_staff: Callable[..., Staff]) -> Staff:
    return new_staff("reviewer", Role.REVIEWER, "zhuanghe", "李建国")


@pytest.fixture
def stranger(new_staff: Callable[..., Staff]) -> Staff:
    """A reviewer of the other county."""
    return new_staff("stranger", Role.REVIEWER, "wafangdian", "赵敏")


@pytest.fixture
def signed_in() -> Callable[[Staff], Client]:
    def sign_in(staff: Staff) -> Client:
        client = Client()
        client.force_login(staff, backend="bureau.core.sign_in.StaffBackend")
        return client

    return sign_in


@pytest.fixture
def new_job(areas: dict[str, Area]) -> Callable[..., Job]:
    """Makes a job in a state, with what belongs to it."""

    def make(staff: Staff, state: str = JobState.QUEUED, **fields: Any) -> Job:
        at = clock.now()
        values: dict[str, Any] = {
            "kind": "toy.job",
            "key": f"{Job.objects.count()}",
            "label": "庄河市2015年新农合名册",
            "area": areas["zhuanghe"],
            "state": state,
            "due_at": at,
            "requested_by": staff,
            "requested_by_text": str(staff),
            "requested_at": at,
        }
        if state not in (JobState.QUEUED, JobState.RUNNING):
            values |= {"started_at": at - datetime.timedelta(seconds=75), "finished_at": at}
        job = Job.objects.create(**(values | fields))
        JobLog.objects.create(
            job=job, at=at, message="Rows read: %(rows)s", facts={"rows": "1,200"}
        )
        return job

    return make


@pytest.fixture
def new_request(areas: dict[str, Area], rename_kind: None) -> Callable[..., ApprovalRequest]:
    """Makes a request that waits for a second person."""

    def make(maker: Staff, **fields: Any) -> ApprovalRequest:
        number = CodeTable.objects.count()
        table = CodeTable.objects.create(code=f"table-{number}", name="before")
        values: dict[str, Any] = {
            "title": f"庄河市名册 {number}",
            "area": areas["zhuanghe"],
            "by": maker,
            "at": clock.now(),
        }
        return approvals.request(KIND, table, **(values | fields))

    return make


@pytest.fixture
def open_as(page: Any, live_server: Any, signed_in: Any) -> Callable[..., Any]:
    """Opens an address as a member of staff, in a language; faults of the page are gathered."""
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on(
        "console",
        lambda line: page.faults.append(line.text) if line.type in ("error", "warning") else None,
    )

    def open_page(staff: Any, path: str, language: str = "zh-hans") -> Any:
        staff.language = language
        staff.save(update_fields=["language"])
        cookie = signed_in(staff).cookies["sid"].value
        page.context.clear_cookies()
        page.context.add_cookies([{"name": "sid", "value": cookie, "url": live_server.url}])
        page.goto(f"{live_server.url}{path}")
        return page

    return open_page
