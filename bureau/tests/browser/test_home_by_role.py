"""The start of the day of each kind of reader, in both languages: accessible, and theirs."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from bureau.core import clock
from bureau.core.actors import actor_of
from bureau.core.choices import Role
from bureau.core.maintenance import ADMINISTRATORS
from bureau.core.models import ApprovalRequest, Area
from bureau.core.tests import factories
from bureau.intake.choices import BatchState
from bureau.testing.pages import keep_picture, violations
from enrollment.models import Person, RosterBatch
from enrollment.services import rosters
from enrollment.tests.roster_pages import member, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROLES = (Role.CLERK, Role.REVIEWER, Role.DIRECTOR, Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR)


def day_of(place: Area) -> None:
    """Rosters in several states, one of which waits for a second person; 891 people, one gone."""
    clerk = member("maker", Role.CLERK, place)
    Person.objects.bulk_create(
        Person(
            name="王丽", name_key="王丽", name_initials="wl", area=place, created_at=clock.now(),
            state="UNDONE" if number == 0 else "ACTIVE",
        )
        for number in range(891)
    )  # fmt: skip
    for number, state in enumerate((BatchState.CHECKED, BatchState.APPLIED, BatchState.DRAFT)):
        batch = RosterBatch.objects.create(
            scheme="NCMS",
            area=place,
            year=2015 + number,
            state=state,
            approved_at=clock.now() if state == BatchState.APPLIED else None,
            approved_by="test" if state == BatchState.APPLIED else "",
            rows_read=1000,
            rows_accepted=900,
            rows_review=60,
            rows_rejected=40,
            received_at=clock.now(),
            received_by=str(clerk),
        )
        if state == BatchState.CHECKED:
            actor = actor_of(clerk, on=clock.today())
            rosters.confirm_roster(batch=batch, reason="", at=clock.now(), by=clerk, actor=actor)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_start_of_the_day_is_everybodys_own(
    page: Any, live_server: Any, axe_source: Path, settings: Any, language: str
) -> None:
    settings.DEMO = True
    place = factories.county()
    day_of(place)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    shown = {}
    for role in ROLES:
        staff = member(
            role.lower(), role, place, language=language, is_staff=role in ADMINISTRATORS
        )
        page.context.clear_cookies()
        cookie = signed_in(staff).cookies["sid"].value
        page.context.add_cookies([{"name": "sid", "value": cookie, "url": live_server.url}])
        page.goto(f"{live_server.url}/")
        keep_picture(page, f"home-{role.lower()}-{language}")
        faults += [f"{role}: {line}" for line in violations(page, axe_source)]
        shown[role] = page.content()
    assert faults == []
    assert "/rosters/new/" in shown[Role.CLERK]
    assert "/rosters/new/" not in shown[Role.REVIEWER]
    waiting = ApprovalRequest.objects.get().pk
    assert f"/todo/{waiting}/" in shown[Role.REVIEWER]
    assert "890" in shown[Role.DIRECTOR]
    assert reverse("admin:core_area_changelist") in shown[Role.SYSTEM_ADMINISTRATOR]
    assert reverse("admin:core_accesslog_changelist") in shown[Role.AUDITOR]
    assert reverse("admin:index") not in shown[Role.CLERK]
