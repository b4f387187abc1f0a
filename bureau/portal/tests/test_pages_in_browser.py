"""Every page of the portal in a real browser, in both languages: accessible, and silent."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from bureau.core import approvals, clock
from bureau.core.choices import JobState, LogLevel, Role
from bureau.core.models import ApprovalRequest, Job, JobLog, RoleGrant, Staff
from bureau.testing.pages import keep_picture, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def full_portal(clerk: Any, reviewer: Any, new_job: Any, new_request: Any) -> dict[str, str]:
    """A day's work: jobs in every state, requests of every age. Gives the addresses to visit."""
    at = clock.now()
    running = new_job(
        clerk,
        JobState.RUNNING,
        phase="Reading",
        units_done=412_000,
        units_total=1_000_000,
        started_at=at - datetime.timedelta(seconds=40),
        phase_started_at=at - datetime.timedelta(seconds=40),
        heartbeat_at=at,
        attempts=1,
    )
    failed = new_job(clerk, JobState.FAILED, last_error="第 12 行缺少列“身份证号”。", attempts=3)
    JobLog.objects.create(job=failed, at=at, level=LogLevel.ERROR, message="第 12 行缺少列")
    new_job(clerk, JobState.DONE, units_done=20_000, units_total=20_000)
    new_job(reviewer, JobState.QUEUED)
    new_job(reviewer, JobState.CANCELLED)
    request = new_request(
        clerk,
        title="庄河市新农合2015年参合名册入库",
        amount=Decimal("1234567.80"),
        reason="与镇街名册核对无误。",
        summary={"名册行数": "21,304", "新建档案": "19,873", "疑似重复": "212"},
        changes=[
            {"field": "统筹区", "before": "", "after": "庄河市"},
            {"field": "年度", "before": "2014", "after": "2015"},
        ],
    )
    for days in (0, 2, 5, 9, 12):
        new_request(clerk, at=at - datetime.timedelta(days=days), amount=Decimal("880.00"))
    return {
        "home": "/",
        "todo": "/todo/",
        "todo-mine": "/todo/?view=mine",
        "approval": f"/todo/{request.pk}/",
        "jobs": "/jobs/",
        "jobs-none-found": "/jobs/?state=DONE&whose=mine",
        "job-running": f"/jobs/{running.pk}/",
        "job-failed": f"/jobs/{failed.pk}/",
        "help": "/help/",
        "not-found": "/todo/999999/",
    }


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_is_accessible_and_silent(
    open_as: Any, axe_source: Path, full_portal: dict[str, str], reviewer: Any, language: str
) -> None:
    faults: list[str] = []
    for name, path in full_portal.items():
        page = open_as(reviewer, path, language)
        keep_picture(page, f"{name}-{language}")
        faults += [f"{name}: {line}" for line in violations(page, axe_source)]
        faults += [f"{name}: {line}" for line in page.faults if "404" not in line]
        page.faults.clear()
        assert page.get_attribute("html", "lang") == language
    assert faults == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_administrator_sees_what_is_watched_and_what_failed(
    open_as: Any, axe_source: Path, full_portal: dict[str, str], new_staff: Any, language: str
) -> None:
    administrator = new_staff("sysadmin", Role.SYSTEM_ADMINISTRATOR, "city", "高飞")
    faults: list[str] = []
    for name, path in {"status": "/status/", "failed": full_portal["job-failed"]}.items():
        page = open_as(administrator, path, language)
        keep_picture(page, f"administrator-{name}-{language}")
        faults += [f"{name}: {line}" for line in [*violations(page, axe_source), *page.faults]]
    assert faults == []
    page.click("form[action$='/note/'] button")
    expect(page.locator("form[action$='/note/']")).to_have_count(0)
    assert "高飞" in page.inner_text("main")


def test_several_requests_are_approved_after_a_look_at_their_sum(
    open_as: Any, axe_source: Path, full_portal: dict[str, str], reviewer: Any
) -> None:
    page = open_as(reviewer, full_portal["todo"])
    page.check("[data-chooses]")
    page.click("#chosen-form button")
    assert "1,238,967.80" in page.inner_text("main")
    keep_picture(page, "approvals-check")
    assert violations(page, axe_source) == []
    page.click("[name=_confirmed]")
    page.wait_for_url("**/todo/")
    keep_picture(page, "approvals-done")
    assert page.locator("#list tbody tr").count() == 0
    assert "1,238,967.80" in page.inner_text(".messages")
    assert page.faults == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_who_comes_second_reads_who_was_faster(
    open_as: Any,
    axe_source: Path,
    full_portal: dict[str, str],
    reviewer: Any,
    new_staff: Any,
    language: str,
) -> None:
    """Both have the request open; the other one is faster by a moment."""
    page = open_as(reviewer, full_portal["approval"], language)
    other = new_staff("second", Role.REVIEWER, "zhuanghe", "周明")
    request = ApprovalRequest.objects.get(title__contains="2015")
    approvals.decide(request.pk, approve=False, by=other, at=clock.now(), note="户数与镇街不符。")
    page.click("button[value=approve]")
    page.wait_for_url("**/decide/")
    keep_picture(page, f"second-{language}")
    said = page.inner_text("main")
    assert "周明" in said
    assert "户数与镇街不符。" in said
    assert violations(page, axe_source) == []
    assert [line for line in page.faults if "409" not in line] == []
    page.click("main .button-main")
    page.wait_for_url(f"**/todo/{request.pk}/")


def test_the_progress_of_a_job_moves_and_the_page_reloads_at_its_end(
    open_as: Any, full_portal: dict[str, str], reviewer: Any
) -> None:
    page = open_as(reviewer, full_portal["job-running"])
    expect(page.locator(".progress")).to_contain_text("412,000")
    running = Job.objects.filter(state=JobState.RUNNING)
    running.update(units_done=500_000)
    expect(page.locator(".progress")).to_contain_text("500,000", timeout=10_000)
    running.update(state=JobState.DONE, finished_at=clock.now(), units_done=1_000_000)
    expect(page.locator(".page-actions button")).to_have_count(0, timeout=10_000)
    keep_picture(page, "job-done")
    assert page.faults == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_role_is_asked_for_by_one_administrator_and_given_by_another(
    open_as: Any, axe_source: Path, areas: Any, new_staff: Any, language: str
) -> None:
    first = new_staff("secadmin", Role.SECURITY_ADMINISTRATOR, "city", "郭宁")
    second = new_staff("secadmin2", Role.SECURITY_ADMINISTRATOR, "city", "孟华")
    Staff.objects.filter(pk__in=[first.pk, second.pk]).update(is_staff=True)
    person = new_staff("wang", Role.VIEWER, "zhuanghe", "王丽")
    grant = RoleGrant.objects.get(staff=person)
    page = open_as(first, f"/maintenance/core/rolegrant/{grant.pk}/change/", language)
    keep_picture(page, f"power-form-{language}")
    page.fill("[name=period_1]", "2026-12-01")
    page.click("[name=_save]")
    expect(page.locator(".errornote"), "a reason is asked for").to_have_count(1)
    page.fill("[name=period_1]", "2026-12-01")
    page.fill("[name=reason]", "调往金普新区")
    page.click("[name=_save]")
    page.wait_for_url("**/maintenance/core/rolegrant/")
    keep_picture(page, f"power-asked-{language}")
    expect(page.locator(".messagelist .warning")).to_have_count(1)
    page = open_as(first, "/maintenance/core/staff/", language)
    keep_picture(page, f"power-accounts-{language}")
    request = ApprovalRequest.objects.get()
    page = open_as(second, f"/todo/{request.pk}/", language)
    keep_picture(page, f"power-approval-{language}")
    assert "2026-12-01" in page.inner_text("main")
    assert violations(page, axe_source) == []
    page.click("[name=decision][value=approve]")
    page.wait_for_load_state()
    grant.refresh_from_db()
    assert str(grant.period.upper) == "2026-12-01"
