"""Double enrollments and the overview of de-duplication in a real browser, in both languages."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from bureau.core import clock, jobs
from bureau.core.choices import JobState, Role
from bureau.core.models import Area
from bureau.testing.pages import keep_picture, violations
from enrollment.models import DoubleCase
from enrollment.services import dedupe
from enrollment.tests import decisions as made
from enrollment.tests import doubles
from enrollment.tests.doubles import case_of
from enrollment.tests.test_review_in_browser import open_as

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = (1366, 1024)


@pytest.fixture
def on_roll(apart: None, settings: Any) -> None:
    """A village and its doubles, one of them decided and one without a rule, all counted."""
    settings.DEMO = True
    doubles.bring_in_rural(range(12))
    doubles.rules_in_force()
    doubles.bring_in_export(range(5), "UEBMI")
    doubles.bring_in_export([7], "UEBMI", county="210203", begndate="2019-05-01")
    doubles.do_jobs()
    doubles.approve(doubles.decide(cases=[case_of(4).pk]))
    DoubleCase.objects.filter(pk=case_of(1).pk).update(rule="", needs=["RULE"])
    here = made.roster(Area.objects.get(code="210283"))
    asked = [made.pair(made.row(here), made.person_row(here)) for _number in range(3)]
    made.decided(asked[0])
    with transaction.atomic():
        made.carry_out()
    job = jobs.run_until_done(dedupe.ask_to_count(by="test", at=clock.now()).pk)
    assert job.state == JobState.DONE, job.last_error


def looked_at(page: Any, name: str, axe_source: Path) -> list[str]:
    """The page as it stands is accessible, and no wider than a small screen."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 768})
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{name} is {overflow} px wider than {width}"
        keep_picture(page, f"{name}-{width}")
    return [f"{name}: {line}" for line in violations(page, axe_source)]


def chosen(page: Any, cases: list[int]) -> None:
    for case in cases:
        page.check(f'input[name="chosen"][value="{case}"]')
    page.click('#chosen-form [formaction$="/double-enrollment/decide/"]')
    page.wait_for_url("**/double-enrollment/decide/")


def test_cases_their_decision_and_the_overview_are_accessible(
    page: Any, live_server: Any, on_roll: None, axe_source: Path
) -> None:
    without_rule, single, plain = (case_of(number).pk for number in (1, 7, 0))
    faults: list[str] = []
    spoken: list[list[str]] = []
    for language in ("zh-hans", "en"):
        spoken.append(open_as(page, live_server, f"li-{language}", Role.CLERK, language))
        site = live_server.url
        page.goto(f"{site}/double-enrollment/")
        faults += looked_at(page, f"double-list-{language}", axe_source)
        chosen(page, [without_rule])
        faults += looked_at(page, f"double-none-{language}", axe_source)
        page.goto(f"{site}/double-enrollment/")
        chosen(page, [without_rule, single, plain])
        faults += looked_at(page, f"double-some-{language}", axe_source)
        page.goto(f"{site}/double-enrollment/{single}/decide/")
        faults += looked_at(page, f"double-single-{language}", axe_source)
        page.fill('[name="reason"]', "本人已离职")
        page.fill('[name="evidence"]', "解除劳动合同证明")
        page.check('[name="staying"] >> nth=0')
        page.click("main form .button-main")
        page.wait_for_selector('[name="_confirmed"]')
        faults += looked_at(page, f"double-check-{language}", axe_source)
        spoken.append(open_as(page, live_server, f"sun-{language}", Role.DIRECTOR, language))
        page.goto(f"{site}/duplicates/")
        assert page.locator("#chart-funnel").is_visible()
        faults += looked_at(page, f"duplicates-{language}", axe_source)
    assert faults + [line for lines in spoken for line in lines] == []
