"""Notifications, subscriptions, delegations and the to-do list in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from bureau.core import clock, notifications
from bureau.core.choices import NotificationKind, Role
from bureau.core.models import Area, Staff
from bureau.portal.tests.test_delegations import leave
from bureau.portal.tests.test_notifications import a_request
from bureau.testing.pages import keep_picture, violations
from enrollment.tests.roster_pages import member
from enrollment.tests.test_review_in_browser import open_as

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_staff_are_told_is_accessible(
    transactional_db: None,
    page: Any,
    live_server: Any,
    axe_source: Path,
    settings: Any,
    language: str,
) -> None:
    settings.DEMO = True
    call_command("load_reference", verbosity=0)
    city = Area.objects.get(code="210200")
    maker = member("li", Role.DIRECTOR, city)
    faults = open_as(page, live_server, "zhang", Role.DIRECTOR, language)
    reader = Staff.objects.get(username="zhang")
    request = a_request(maker)
    leave(reader, maker)
    for kind, subject in (
        (NotificationKind.OVERDUE, request.kind),
        (NotificationKind.JOB_FAILED, "enrollment.relink"),
        (NotificationKind.DELEGATED, "made"),
    ):
        notifications.tell(
            kind, [reader.pk], subject=subject, target=request.pk, area=city, at=clock.now()
        )
    for name in ("todo", "notifications", "subscriptions", "delegations"):
        page.goto(f"{live_server.url}/{name}/")
        if name == "todo":
            page.locator(".term summary").first.click()
        keep_picture(page, f"notices-{name}-{language}")
        faults += [f"{name}: {line}" for line in violations(page, axe_source)]
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{name} is {overflow} px wider than the window"
    page.goto(f"{live_server.url}/notifications/")
    page.locator("button[name=number][value=all]").click()
    page.wait_for_url("**/notifications/")
    assert page.locator(".bar .count").nth(1).inner_text() == "0"
    assert faults == []
