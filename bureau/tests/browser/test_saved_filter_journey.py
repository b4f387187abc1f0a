"""A clerk saves a query for the team; a colleague opens it, another county does not see it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from bureau.core import clock
from bureau.core.choices import Role
from bureau.core.models import Area, Staff
from bureau.core.tests import factories
from bureau.intake.choices import BatchState
from bureau.testing.pages import keep_picture, violations
from enrollment.models import RosterBatch
from enrollment.tests.roster_pages import ZHUANGHE, member, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_as(page: Any, live_server: Any) -> Callable[[Staff, str], Any]:
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))

    def go(staff: Staff, path: str) -> Any:
        cookie = signed_in(staff).cookies["sid"].value
        page.context.clear_cookies()
        page.context.add_cookies([{"name": "sid", "value": cookie, "url": live_server.url}])
        page.goto(f"{live_server.url}{path}")
        return page

    return go


def rosters(place: Area, note: str) -> None:
    """One roster in each of two years, one of them withdrawn."""
    for year, state in ((2015, BatchState.CHECKED), (2016, BatchState.CANCELLED)):
        RosterBatch.objects.create(
            scheme="NCMS",
            area=place,
            year=year,
            state=state,
            note=note,
            received_at=clock.now(),
            received_by="test",
        )


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_filter_is_shared_with_the_team(
    open_as: Callable[[Staff, str], Any], axe_source: Path, settings: Any, language: str
) -> None:
    settings.DEMO = True
    own, other = factories.county(), factories.county(ZHUANGHE, "庄河市")
    rosters(own, "本县")
    rosters(other, "外县")
    clerk = member("clerk", Role.CLERK, own, language=language)
    colleague = member("colleague", Role.REVIEWER, own, language=language)
    stranger = member("stranger", Role.CLERK, other, language=language)

    page = open_as(clerk, "/rosters/")
    page.fill("#id_year", "2015")
    page.select_option("#id_state", "CHECKED")
    page.click("form.query .button-main")
    page.wait_for_url("**year=2015*")
    page.click("#saved-filters summary")
    page.fill("#filter-name", "2015 待确认")
    page.select_option("#filter-audience", f"TEAM:{own.code}")
    faults = violations(page, axe_source)
    page.click("#saved-filters .button-main")
    page.wait_for_url("**saved=*")
    keep_picture(page, f"saved-filter-kept-{language}")

    page = open_as(colleague, "/rosters/")
    page.click("#saved-filters summary")
    keep_picture(page, f"saved-filter-offered-{language}")
    faults += violations(page, axe_source)
    page.click("#saved-filters a >> text=2015 待确认")
    page.wait_for_url("**saved=*")
    expect(page.locator(".list-tools")).to_contain_text("2015 待确认")
    assert page.locator("#list tbody tr").count() == 1
    assert page.input_value("#id_year") == "2015"
    keep_picture(page, f"saved-filter-opened-{language}")
    faults += violations(page, axe_source)
    address = page.url.partition("/rosters/")[2]

    page = open_as(stranger, "/rosters/")
    page.click("#saved-filters summary")
    assert page.locator("#saved-filters a").count() == 0
    # The address alone gives the stranger the query, and only rows of the own county.
    page = open_as(stranger, f"/rosters/{address}")
    assert page.locator("#list tbody tr").count() == 1
    assert "庄河" in page.inner_text("#list") or "210283" in page.inner_text("#list")
    assert "2015 待确认" not in page.inner_text("main")
    assert faults + page.faults == []
