"""Undoing a roster in a real browser, in both languages."""

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from bureau.core.choices import Role
from bureau.core.tests import factories
from bureau.testing.pages import keep_picture, violations
from enrollment.tests import decisions as made
from enrollment.tests import rosters
from enrollment.tests.roster_pages import do_jobs, member, signed_in
from enrollment.tests.undoing import samples

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.usefixtures("reference")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_undoing_is_accessible_from_the_preview_to_the_result(
    page: Any, live_server: Any, settings: Any, axe_source: Path, language: str
) -> None:
    settings.DEMO = True
    county = factories.county()
    built_on = rosters.bring_in(rosters.csv_of(rosters.lines(range(60, 90))))
    batch = rosters.bring_in(rosters.csv_of(rosters.lines(range(45))))
    made.decided(made.pair(*samples.two_rows(built_on)))
    with transaction.atomic():
        made.carry_out()
    clerk = member("browser-clerk", Role.CLERK, county, language=language, full_name="王晓梅")
    client = signed_in(clerk)
    cookie = client.cookies["sid"].value
    page.context.add_cookies([{"name": "sid", "value": cookie, "url": live_server.url}])
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    def look(name: str, address: str = "") -> None:
        if address:
            assert page.goto(f"{live_server.url}{address}").status == 200
        keep_picture(page, f"{name}-{language}")
        faults.extend(f"{name}: {line}" for line in violations(page, axe_source))
        assert page.get_attribute("html", "lang") == language

    look("undo-applied", f"/rosters/{batch.pk}/")
    look("undo-built-on", f"/rosters/{built_on.pk}/undo/")
    look("undo-preview", f"/rosters/{batch.pk}/undo/")
    page.fill("textarea[name=reason]", "该县误报了上年度名册")
    page.check("input[name=sure]")
    page.click("form button.button-main")
    page.wait_for_url(f"**/rosters/{batch.pk}/")
    look("undo-asked")
    samples.approve_only_request()
    look("undo-under-way", f"/rosters/{batch.pk}/")
    # A page that shows a job loads itself anew when it is done.
    page.goto("about:blank")
    do_jobs()
    look("undo-done", f"/rosters/{batch.pk}/")
    look("undo-trail", f"/rosters/{batch.pk}/?section=trail")
    assert faults == []
