"""What waits in rosters, and what is to be known of one, in a real browser, in both languages."""

from pathlib import Path
from typing import Any

import pytest

from bureau.core.choices import Role
from bureau.core.models import Area
from bureau.core.tests import factories
from bureau.intake.choices import BatchState
from bureau.testing.pages import keep_picture, violations
from enrollment.tests import rosters
from enrollment.tests.roster_pages import member, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def county(transactional_db: None) -> Area:
    return factories.county()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_waits_is_shown_accessibly_and_fits_the_window(
    page: Any, live_server: Any, settings: Any, axe_source: Path, county: Area, language: str
) -> None:
    settings.DEMO = True
    first, second = (
        rosters.receive(
            rosters.csv_of(rosters.lines(range(start, start + 60))), names=[f"瓦房店{start}.csv"]
        )
        for start in (0, 300)
    )
    rosters.bring_to(first, BatchState.APPLIED)
    rosters.bring_to(second, BatchState.CHECKED)
    cookie = signed_in(member("clerk", Role.CLERK, county, language=language)).cookies["sid"].value
    page.context.add_cookies([{"name": "sid", "value": cookie, "url": live_server.url}])
    page.set_viewport_size({"width": 1366, "height": 768})
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    for name, address in {
        "work-home": "/",
        "work-rosters": "/rosters/?waits=REVIEW",
        "work-applied": f"/rosters/{first.pk}/",
        "work-reasons": f"/rosters/{first.pk}/?section=reasons",
        "work-rows": f"/rosters/{first.pk}/rows/?outcome=REVIEW",
        "work-checked": f"/rosters/{second.pk}/",
        "work-confirm": f"/rosters/{second.pk}/confirm/",
        "work-people": f"/people/?roster={first.pk}",
        "work-nowhere": "/nowhere/",
    }.items():
        page.goto(f"{live_server.url}{address}")
        keep_picture(page, f"{name}-{language}")
        faults += [f"{name}: {line}" for line in violations(page, axe_source)]
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, name
        assert page.locator("nav a[href='/rosters/']").count(), name
    assert faults == []
