"""Nobody gets more rights than given: added fields, own work under another role, foreign areas."""

from typing import Any

import pytest
from django.test import Client

from bureau.core import clock
from bureau.core.choices import ApprovalState, Role
from bureau.core.models import ApprovalRequest, Area, Job, RoleGrant, Staff
from bureau.core.tests import factories
from bureau.intake.choices import BatchState, Channel
from enrollment.models import RosterBatch
from enrollment.tests import rosters
from enrollment.tests.roster_pages import answers, confirm_columns, do_jobs, member, signed_in
from enrollment.tests.roster_pages import upload as roster_file

pytestmark = pytest.mark.django_db(transaction=True)

#: What forms never ask for, as columns, foreign keys and Django's own words for them.
ADDED = {
    "id": "999", "pk": "999", "state": "APPLIED", "approved_by": "x", "approved_at": "2016-01-01",
    "received_by": "x", "maker": "1", "maker_id": "1", "maker_staff_no": "x", "checker": "1",
    "checker_id": "1", "area_id": "1", "is_superuser": "on", "is_staff": "on", "is_active": "on",
    "role": "DIRECTOR", "roles": "DIRECTOR", "staff_no": "x", "channel": "COMMAND_LINE",
    "requested_by": "1", "attempts": "0", "kind": "core.check_invariants", "queue": "bulk",
}  # fmt: skip


@pytest.fixture(autouse=True)
def county(transactional_db: None, settings: Any) -> Area:
    settings.DEMO = True
    return factories.county()


def account_of(username: str) -> dict[str, Any]:
    staff = Staff.objects.filter(username=username).values().get()
    return {name: staff[name] for name in ("is_superuser", "is_staff", "is_active", "staff_no")}


def test_fields_that_no_form_asks_for_change_nothing(county: Area) -> None:
    clerk = signed_in(member("clerk", Role.CLERK, county))
    before = account_of("clerk")
    clerk.post("/rosters/new/", answers(county, roster_file(), **ADDED))
    batch = RosterBatch.objects.get()
    assert (batch.state, batch.channel) == (BatchState.DRAFT, Channel.BROWSER)
    assert (batch.area_id, batch.approved_by, batch.approved_at) == (county.pk, "", None)
    assert "clerk" in batch.received_by
    do_jobs()
    confirm_columns(clerk, batch)
    clerk.post(f"/rosters/{batch.pk}/start/", ADDED)
    do_jobs()
    clerk.post(f"/rosters/{batch.pk}/confirm/", ADDED | {"reason": "Compared with the letter."})
    request = ApprovalRequest.objects.get()
    assert (request.maker.username, request.state) == ("clerk", ApprovalState.PENDING)
    assert (request.checker_id, request.checked_at) == (None, None)
    clerk.post(f"/todo/{request.pk}/decide/", ADDED | {"decision": "approve"})
    clerk.post("/language/", ADDED | {"language": "en", "next": "/"})
    clerk.post("/shortcuts/", ADDED | {"shortcuts": "off", "next": "/"})
    clerk.post("/account/password/", ADDED | {"oldpassword": factories.PASSWORD})
    request.refresh_from_db()
    assert request.state == ApprovalState.PENDING
    assert account_of("clerk") == before
    assert set(RoleGrant.objects.values_list("role", flat=True)) == {Role.CLERK}
    assert not Job.objects.filter(kind="core.check_invariants").exists()


def test_a_roster_is_received_for_no_foreign_county(county: Area) -> None:
    other = factories.county("210283", "庄河市")
    clerk = signed_in(member("clerk", Role.CLERK, county))
    assert clerk.post("/rosters/new/", answers(other, roster_file())).status_code == 422
    assert not RosterBatch.objects.exists()


@pytest.mark.parametrize("way", ["another role", "another account", "both roles at once"])
def test_own_work_is_not_approved_under_another_role(county: Area, way: str) -> None:
    maker = member("clerk", Role.CLERK, county)
    if way == "both roles at once":
        RoleGrant.objects.create(
            staff=maker, role=Role.REVIEWER, area=county, period=factories.ALWAYS
        )
    batch = rosters.receive(rosters.csv_of(rosters.lines(range(20))), channel=Channel.BROWSER)
    rosters.bring_to(batch, BatchState.CHECKED)
    answer = signed_in(maker).post(f"/rosters/{batch.pk}/confirm/", {"reason": "Compared."})
    assert answer.status_code == 302
    request = ApprovalRequest.objects.get()
    again = maker
    if way == "another role":
        RoleGrant.objects.filter(staff=maker).update(role=Role.REVIEWER)
    elif way == "another account":
        again = member("clerk-two", Role.REVIEWER, county, staff_no=maker.staff_no)
    client: Client = signed_in(again)
    for decision in ({"decision": "approve"}, {"decision": "return", "note": "不符"}):
        client.post(f"/todo/{request.pk}/decide/", decision)
        request.refresh_from_db()
        assert (request.state, request.checker_id) == (ApprovalState.PENDING, None)
    client.post("/todo/approve/", {"chosen": [request.pk], "confirmed": "on"})
    request.refresh_from_db()
    assert request.state == ApprovalState.PENDING
    assert request.made_at <= clock.now()
