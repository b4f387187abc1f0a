"""Every page of the portal in a real browser, in both languages: accessible, and silent.

BUREAU_SCREENSHOTS names a folder in which each page is kept as a picture, for looking at.
"""

import datetime
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bureau.core import clock
from bureau.core.choices import JobState, LogLevel
from bureau.core.models import JobLog

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def keep_picture(page: Any, name: str) -> None:
    folder = os.environ.get("BUREAU_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


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


def violations(page: Any, axe_source: Path) -> list[str]:
    """What axe finds wrong, one line per rule and place."""
    page.evaluate(axe_source.read_text(encoding="utf-8"))
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", AXE_TAGS
    )
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


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
