"""The pages of a newer edition: the question, what is shown before it changes, who may see."""

import pytest

from bureau.core import clock
from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest
from bureau.core.tests import factories
from bureau.intake.choices import BatchState
from enrollment.choices.sight import SightPurpose
from enrollment.models import CoverageSpell, EditionLine, RosterBatch, RosterEdition, RosterRow
from enrollment.tests import corrections, rosters
from enrollment.tests import double_bad_rows as double
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
    # Masked like everywhere; the line shows both in full after a purpose.
    lines = clerk.get(f"{url}edition/?state=CHANGED").content.decode()
    assert "Telephone: 138****0001 → 139****0001" in lines
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


def test_only_what_differs_is_said_to_enter(first, clerk):
    batch = samples.edition(first, samples.content([*range(11), 12], {1: {"电话": "1390000001"}}))
    effects = {str(label): value for label, value in
               clerk.get(f"/rosters/{batch.pk}/confirm/").context["effects"]}  # fmt: skip
    assert effects["Rows that go onto the roll now"] == "2"
    assert effects["Unchanged rows, for which the former edition's stand"] == "10"
    clerk.post(f"/rosters/{batch.pk}/confirm/", {"reason": "second edition"})
    summary = ApprovalRequest.objects.get().summary
    assert summary["rows_enter"] == 2
    assert "rows_accepted" not in summary


def test_an_old_roster_says_which_of_its_rows_a_newer_edition_took(first, clerk):
    samples.edition(first, samples.content(range(12), {1: {"电话": "139"}}), BatchState.APPLIED)
    effects = dict(clerk.get(f"/rosters/{first.pk}/").context["effects"])
    assert effects["Rows whose place a newer edition took"].startswith("1, of which 0")


def test_a_second_line_of_a_new_roster_is_nobody_of_the_roll(reference):
    batch = rosters.bring_to(rosters.receive(samples.content([*range(12), 4])), BatchState.CHECKED)
    clerk = signed_in(member("clerk", Role.CLERK, batch.area, language="en"))
    effects = dict(clerk.get(f"/rosters/{batch.pk}/").context["effects"])
    assert effects["Rows of people already on the roll"] == "0"


def test_a_correction_that_stands_is_told_beside_what_the_county_repeats(reference):
    first = rosters.bring_in(samples.content(range(12), {7: {"缴费金额": "待定"}}))

    def pay(line):
        line[rosters.HEADER.index("缴费金额")] = "250"

    corrections.take(corrections.load_corrected(first, pay))
    clerk = signed_in(member("clerk", Role.CLERK, first.area, language="en"))
    again = {7: {"缴费金额": "待定"}, 1: {"电话": "13900000001"}}
    batch = samples.edition(first, samples.content(range(12), again))
    shown = clerk.get(f"/rosters/{batch.pk}/?section=edition")
    same = shown.context["states"][0][1]
    assert (same.amount_before, same.amount_after, same.corrected) == (2750, 2750, 1)
    assert "1 unchanged lines repeat an amount that was corrected" in shown.content.decode()
    lines = clerk.get(f"/rosters/{batch.pk}/edition/?state=SAME").content.decode()
    assert "Repeats what was corrected; the correction stands" in lines


def test_fields_that_neither_edition_has_are_not_named(first, clerk):
    header = [name for name in rosters.HEADER if name != "电话"]
    told = [[cell for cell, name in zip(cells, rosters.HEADER, strict=True) if name != "电话"]
            for cells in rosters.lines(range(12), change=lambda cells, _: cells)]  # fmt: skip
    batch = samples.edition(first, rosters.csv_of(told, header))
    shown = clerk.get(f"/rosters/{batch.pk}/?section=edition")
    assert shown.context["not_compared"] == "Telephone"


def test_coverage_is_ended_from_the_list_of_those_left_out_alone(first, clerk):
    batch = samples.edition(first, samples.content(range(9)))
    url = f"/rosters/{batch.pk}/edition/"
    assert clerk.get(f"{url}?state=SAME").context["acts"] == []
    assert len(clerk.get(f"{url}?state=LEFT").context["acts"]) == 1


def test_what_is_needed_to_end_coverage_is_not_called_optional(first, clerk):
    batch = samples.edition(first, samples.content(range(9)))
    shown = clerk.get(f"/rosters/{batch.pk}/edition/left-out/").content.decode()
    assert shown.count("(needed when coverage ends)") == 2
    assert "(optional)" not in shown


def decided_double_of(line) -> None:
    spell = CoverageSpell.objects.get(source_row=line.old_row)
    case = double.case(
        person=spell.person, state="DECIDED", decision=double.decision(), decided_at=clock.now()
    )
    double.side(case, spell, standing="KEEPS")


def test_who_keeps_coverage_by_a_decided_double_enrollment_is_told(first, clerk):
    batch = samples.edition(first, samples.content(range(9)))
    line = EditionLine.objects.filter(state="LEFT").order_by("pk")[0]
    decided_double_of(line)
    url = f"/rosters/{batch.pk}/edition/"
    page = clerk.get(f"{url}left-out/").content.decode()
    assert "of these with a decided double enrollment, which stays" in page
    clerk.post(
        f"{url}left-out/", {"choice": "END", "ends_on": "2019-06-30", "reason": "moved away"}
    )
    assert [one.ends_on is None for one in EditionLine.objects.filter(
        state="LEFT").order_by("pk")] == [True, False, False]  # fmt: skip


def test_who_was_decided_about_after_the_choice_is_listed_with_the_reason(first, clerk):
    batch = samples.edition(first, samples.content(range(9)))
    clerk.post(
        f"/rosters/{batch.pk}/edition/left-out/",
        {"choice": "END", "ends_on": "2019-06-30", "reason": "moved away"},
    )
    line = EditionLine.objects.filter(state="LEFT").order_by("pk")[0]
    decided_double_of(line)
    rosters.bring_to(batch, BatchState.APPLIED)
    line = EditionLine.objects.get(old_row=line.old_row)
    assert (line.is_taken, line.before) == (False, {"not_ended": "DOUBLE_DECIDED"})
    page = clerk.get(f"/rosters/{batch.pk}/?section=edition").content.decode()
    assert "The coverage of 1 of them did not end" in page
    listed = clerk.get(f"/rosters/{batch.pk}/edition/?state=LEFT").content.decode()
    assert "Not ended: its double enrollment is decided, which stays" in listed


def test_the_file_of_a_person_says_why_coverage_ended(first, clerk):
    batch = samples.edition(first, samples.content(range(11)))
    clerk.post(
        f"/rosters/{batch.pk}/edition/left-out/",
        {"choice": "END", "ends_on": "2019-06-30", "reason": "moved away"},
    )
    rosters.bring_to(batch, BatchState.APPLIED)
    person = CoverageSpell.objects.get(reason="EDITION_LEFT_OUT").person_id
    page = clerk.get(f"/people/{person}/").content.decode()
    assert page.count("Left out of a newer edition of the roster") == 2


def test_a_draft_beside_a_like_roster_is_told_of_newer_editions(first, clerk):
    batch = rosters.receive(samples.content(range(11)), channel=rosters.Channel.BROWSER)
    rosters.work("enrollment.look_at_roster", batch)
    shown = clerk.get(f"/rosters/{batch.pk}/").content.decode()
    assert "a newer edition of it or another part" in shown


def test_a_number_in_a_shifted_column_is_masked_in_the_list(first, clerk):
    number = rosters.person(5)["身份证号"]
    batch = samples.edition(first, samples.content(range(12), {5: {"与户主关系": number}}))
    listed = clerk.get(f"/rosters/{batch.pk}/edition/?state=CHANGED").content.decode()
    assert number not in listed
