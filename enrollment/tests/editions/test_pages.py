"""The pages of a newer edition: the question, what is shown before it changes, who may see."""

import pytest

from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest
from bureau.core.tests import factories
from bureau.intake.choices import BatchState
from enrollment.choices.sight import SightPurpose
from enrollment.models import EditionLine, RosterBatch, RosterEdition, RosterRow
from enrollment.tests import rosters
from enrollment.tests.editions import samples
from enrollment.tests.roster_pages import (
    ZHUANGHE,
    confirm_columns,
    do_jobs,
    member,
    signed_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


@pytest.fixture(autouse=True)
def demonstration(settings):
    """Members of staff sign in without a second factor."""
    settings.DEMO = True


@pytest.fixture
def first() -> RosterBatch:
    return rosters.bring_in(samples.content(range(12)))


@pytest.fixture
def clerk(first: RosterBatch):
    return signed_in(member("clerk", Role.CLERK, first.area, language="en"))


def draft(clerk, people) -> RosterBatch:
    """Another roster of the same area, scheme and year whose columns are confirmed."""
    batch = rosters.receive(
        samples.content(people, {1: {"电话": "13900000001"}}), channel=rosters.Channel.BROWSER
    )
    rosters.work("enrollment.look_at_roster", batch)
    confirm_columns(clerk, batch)
    return batch


def test_the_check_asks_what_a_like_roster_is_and_takes_no_silence_for_an_answer(first, clerk):
    batch = draft(clerk, range(11))
    url = f"/rosters/{batch.pk}/"
    shown = clerk.get(url).content.decode()
    assert "A newer edition of" in shown
    assert "Another part" in shown
    clerk.post(f"{url}start/", {})
    batch.refresh_from_db()
    assert batch.state == BatchState.DRAFT
    assert "Say whether this one is a newer edition" in clerk.get(url).content.decode()
    clerk.post(f"{url}start/", {"what": "part"})
    batch.refresh_from_db()
    assert batch.state == BatchState.READING
    assert not RosterEdition.objects.exists()


def test_a_newer_edition_goes_its_whole_way_by_two_people(first, clerk):
    batch = draft(clerk, [*range(11), 12])
    url = f"/rosters/{batch.pk}/"
    clerk.post(f"{url}start/", {"what": f"edition:{first.pk}"})
    do_jobs()
    shown = clerk.get(f"{url}?section=edition")
    # Unchanged, changed, new, left out, to be looked at.
    assert [found.lines for _s, found, _u, _m in shown.context["states"]] == [10, 1, 1, 1, 0]
    page = shown.content.decode()
    assert "Decide about people left out" in page
    assert "such a roster already" not in page
    # Masked, both telephones look the same: the list says that it changed, the line shows both.
    lines = clerk.get(f"{url}edition/?state=CHANGED").content.decode()
    assert "Telephone changed" in lines
    assert "13900000001" not in lines
    changed = EditionLine.objects.get(state="CHANGED")
    assert "13900000001" not in clerk.get(f"{url}edition/{changed.pk}/").content.decode()
    clerk.post(f"{url}reveal/", {"purpose": SightPurpose.values[0]})
    line = clerk.get(f"{url}edition/{changed.pk}/").content.decode()
    assert "13900000001" in line
    assert rosters.person(1)["电话"] in line
    assert clerk.post(f"{url}edition/left-out/", {"choice": "END"}).status_code in (200, 422)
    answer = clerk.post(
        f"{url}edition/left-out/",
        {"choice": "END", "ends_on": "2019-06-30", "reason": "moved away"},
    )
    assert answer.status_code == 302
    clerk.post(f"{url}confirm/", {"reason": "second edition"})
    request = ApprovalRequest.objects.get()
    assert request.summary["edition_of"] == first.title
    assert (request.summary["lines_left"], request.summary["left_ends"]) == (1, 1)
    reviewer = signed_in(member("reviewer", Role.REVIEWER, first.area, language="en"))
    assert "moved away" in reviewer.get(f"/todo/{request.pk}/").content.decode()
    reviewer.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    do_jobs()
    batch.refresh_from_db()
    assert batch.state == BatchState.APPLIED
    assert "newer edition of this roster" in clerk.get(f"/rosters/{first.pk}/").content.decode()
    assert "replaces no." in clerk.get("/rosters/").content.decode()
    assert "Newer editions of it" in clerk.get(f"/rosters/{first.pk}/undo/").content.decode()
    same = RosterRow.objects.filter(batch=batch, stands_by__isnull=False).first()
    row = clerk.get(f"/rosters/{batch.pk}/rows/{same.pk}/").content.decode()
    assert "Unchanged since the former edition" in row


def test_single_people_left_out_are_chosen_in_the_list(first, clerk):
    batch = samples.edition(first, samples.content(range(9)))
    left = list(EditionLine.objects.filter(state="LEFT").order_by("pk"))
    url = f"/rosters/{batch.pk}/edition/end/"
    chosen = {"chosen": [str(left[0].pk)]}
    check = clerk.post(url, chosen)
    assert check.status_code == 200
    values = chosen | {
        "_confirmed": check.context["seen"], "form_token": check.context["form_token"],
        "ends_on": "2019-06-30", "reason": "moved away",
    }  # fmt: skip
    assert clerk.post(url, values).status_code == 302
    assert [line.ends_on is not None for line in EditionLine.objects.filter(
        state="LEFT").order_by("pk")] == [True, False, False]  # fmt: skip


def test_a_clerk_of_another_county_finds_no_such_edition(first):
    batch = samples.edition(first, samples.content(range(9)))
    line = EditionLine.objects.first()
    other = factories.county(ZHUANGHE, "庄河市")
    stranger = signed_in(member("other", Role.CLERK, other))
    for page in ("", "left-out/", f"{line.pk}/"):
        assert stranger.get(f"/rosters/{batch.pk}/edition/{page}").status_code == 404
    assert stranger.post(f"/rosters/{batch.pk}/edition/end/", {"chosen": "1"}).status_code == 404


def test_a_roster_that_is_no_edition_has_no_such_pages(first, clerk):
    assert clerk.get(f"/rosters/{first.pk}/edition/").status_code == 404
    assert clerk.get(f"/rosters/{first.pk}/edition/left-out/").status_code == 404
