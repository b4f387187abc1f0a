"""The pages about undoing a roster: preview, refusal, what was done; and who may see them."""

import pytest

from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest, Area
from bureau.core.tests import factories
from bureau.intake.choices import BatchState
from enrollment.models import RosterBatch, RosterUndo
from enrollment.services import undoing
from enrollment.tests import decisions as made
from enrollment.tests import rosters
from enrollment.tests.roster_pages import do_jobs, member, signed_in
from enrollment.tests.undoing import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


@pytest.fixture(autouse=True)
def demonstration(settings):
    """Members of staff sign in without a second factor."""
    settings.DEMO = True


@pytest.fixture
def batch() -> RosterBatch:
    return rosters.bring_in(rosters.csv_of(rosters.lines(range(30))))


@pytest.fixture
def clerk(batch: RosterBatch):
    return signed_in(member("clerk", Role.CLERK, batch.area, language="en"))


def ask(client, batch):
    url = f"/rosters/{batch.pk}/undo/"
    token = client.get(url).context["form_token"]
    return client.post(url, {"form_token": token, "reason": "wrong year", "sure": "on"})


def test_a_roster_is_undone_by_two_people_in_the_browser(batch, clerk):
    assert "Undo the roster" in clerk.get(f"/rosters/{batch.pk}/").content.decode()
    shown = clerk.get(f"/rosters/{batch.pk}/undo/")
    effects = dict(shown.context["effects"])
    assert effects[undoing.SUMMARY["people_go"]] == str(batch.persons_created)
    assert ask(clerk, batch).status_code == 302
    page = clerk.get(f"/rosters/{batch.pk}/").content.decode()
    assert "waits for a second person" in page
    assert "wrong year" in page
    again = clerk.get(f"/rosters/{batch.pk}/undo/").content.decode()
    assert "asked for already" in again
    reviewer = signed_in(member("reviewer", Role.REVIEWER, batch.area, language="en"))
    request = ApprovalRequest.objects.get()
    reviewer.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    do_jobs()
    batch.refresh_from_db()
    assert batch.state == BatchState.UNDONE
    page = clerk.get(f"/rosters/{batch.pk}/").content.decode()
    assert "taken from the roll" in page
    assert "What was taken back" in page
    assert clerk.get(f"/rosters/{batch.pk}/rows/").status_code == 200
    assert clerk.get("/rosters/?state=UNDONE").status_code == 200
    trail = clerk.get(f"/rosters/{batch.pk}/?section=trail").content.decode()
    assert "Undone: taken from the roll" in trail
    assert clerk.get("/people/").status_code == 200


def test_a_roster_whose_corrections_are_on_the_roll_says_that_it_stays_and_why(clerk):
    from enrollment.tests.undoing.test_dependents import correct

    batch = rosters.bring_in(rosters.csv_of(rosters.lines(range(100, 145))))
    assert f"/rosters/{batch.pk}/undo/" in clerk.get(f"/rosters/{batch.pk}/").content.decode()
    correct(batch)
    page = clerk.get(f"/rosters/{batch.pk}/")
    assert not page.context["may_undo"]
    assert "can no longer be undone" in page.content.decode()
    why = clerk.get(f"/rosters/{batch.pk}/undo/").content.decode()
    assert "can no longer be undone" in why
    assert "from the top down" not in why


def test_what_depends_on_the_roster_is_named_with_a_link_and_the_way_back(batch, clerk):
    pair = made.pair(*samples.two_rows(batch))
    made.decided(pair)
    made.carry_out()
    page = clerk.get(f"/rosters/{batch.pk}/undo/").content.decode()
    assert f"/review/pairs/{pair.pk}/" in page
    assert "take the decision back" in page
    assert "What this will do" not in page
    answer = clerk.post(f"/rosters/{batch.pk}/undo/", {"reason": "x", "sure": "on"})
    assert answer.status_code in (409, 422)
    assert not RosterUndo.objects.exists()


def test_things_of_other_areas_are_counted_and_not_named(batch, clerk):
    there = made.roster(Area.objects.get(code="210283"))
    pair = made.pair(samples.two_rows(batch)[0], made.person_row(there))
    made.decided(pair)
    made.carry_out()
    page = clerk.get(f"/rosters/{batch.pk}/undo/").content.decode()
    assert f"/review/pairs/{pair.pk}/" not in page
    assert "in areas that are not yours" in page


def test_a_clerk_of_another_county_finds_no_such_roster(batch):
    other = factories.county("210283", "庄河市")
    client = signed_in(member("other", Role.CLERK, other))
    assert client.get(f"/rosters/{batch.pk}/undo/").status_code == 404


def test_a_roster_that_is_not_on_the_roll_is_not_undone(clerk):
    draft = rosters.receive(rosters.csv_of(rosters.lines(range(30, 40))))
    page = clerk.get(f"/rosters/{draft.pk}/undo/").content.decode()
    assert "Only a roster that stands on the roll is undone" in page
