"""Which lines of a newer edition are the same as before, changed, new, left out, or not certain."""

import pytest

from bureau.core import clock, integrity
from bureau.core.errors import DomainError
from bureau.intake.choices import BatchState
from enrollment.models import RosterEdition, RosterLink, RosterRow
from enrollment.services import editions
from enrollment.services import rosters as services
from enrollment.tests import rosters
from enrollment.tests.editions import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

PEOPLE = range(12)


@pytest.fixture
def first():
    return rosters.bring_in(samples.content(PEOPLE))


def test_one_line_is_new_one_changed_one_left_out_and_the_rest_unchanged(first):
    changed = {3: {"电话": "13900000003"}}
    batch = samples.edition(first, samples.content([*range(11), 12], changed))
    found = samples.lines(batch)
    assert samples.counts(batch) == {"SAME": 10, "CHANGED": 1, "NEW": 1, "LEFT": 1}
    assert found["CHANGED"][0].fields == ["phone"]
    assert found["CHANGED"][0].row.phone == "13900000003"
    assert found["LEFT"][0].old_row.name == rosters.person(11)["姓名"]
    assert all(line.row.stands_by_id == line.old_row_id for line in found["SAME"])
    assert not RosterLink.objects.filter(row__in=[line.row_id for line in found["SAME"]]).exists()
    assert integrity.broken_invariants() == []


def test_fields_that_share_a_column_are_compared_as_well(first):
    """The newer file has name and telephone in one cell."""
    header = ["姓名/电话", *(name for name in rosters.HEADER if name not in ("姓名", "电话"))]
    at = {name: place for place, name in enumerate(rosters.HEADER)}
    told = rosters.lines(PEOPLE, change=lambda cells, _index: cells)
    told[3][at["电话"]] = "13900000003"
    sent = [
        [f"{cells[at['姓名']]}/{cells[at['电话']]}", *(cells[at[name]] for name in header[1:])]
        for cells in told
    ]
    batch = samples.edition(first, rosters.csv_of(sent, header))
    assert samples.counts(batch) == {"SAME": 11, "CHANGED": 1}
    assert samples.lines(batch)["CHANGED"][0].fields == ["phone"]


def test_the_order_of_lines_does_not_matter(first):
    batch = samples.edition(first, samples.content(reversed(PEOPLE)))
    assert samples.counts(batch) == {"SAME": 12}


def test_a_line_that_comes_twice_in_the_file_is_one_line_and_one_more(first):
    batch = samples.edition(first, samples.content([*PEOPLE, 4]))
    assert samples.counts(batch) == {"SAME": 12, "NEW": 1}
    twice = samples.lines(batch)["NEW"][0].row
    assert (twice.outcome, "LISTED_TWICE" in twice.reasons) == ("REVIEW", True)


def test_a_household_that_moved_is_a_change_of_its_people(first):
    moved = {index: {"户号": "900001"} for index in (3, 4, 5)}
    batch = samples.edition(first, samples.content(PEOPLE, moved))
    assert samples.counts(batch) == {"SAME": 9, "CHANGED": 3}
    assert {tuple(line.fields) for line in samples.lines(batch)["CHANGED"]} == {("household_no",)}


def test_a_number_that_was_put_right_is_a_change_of_the_same_line(first):
    number = rosters._number(rosters.person(5)["身份证号"][:14] + "889")
    batch = samples.edition(first, samples.content(PEOPLE, {5: {"身份证号": number}}))
    assert samples.counts(batch) == {"SAME": 11, "CHANGED": 1}
    line = samples.lines(batch)["CHANGED"][0]
    assert line.fields == ["id_number"]
    link = RosterLink.objects.get(row=line.row)
    assert link.person_id == RosterLink.objects.get(row=line.old_row).person_id
    assert not link.opens_file


def test_two_people_of_one_name_in_a_household_are_told_apart_by_their_numbers():
    name = {"姓名": "王建国"}
    first = rosters.bring_in(samples.content(PEOPLE, {3: name, 4: name}))
    changed = {3: {**name, "电话": "13900000003"}, 4: name}
    batch = samples.edition(first, samples.content(PEOPLE, changed))
    assert samples.counts(batch) == {"SAME": 11, "CHANGED": 1}
    line = samples.lines(batch)["CHANGED"][0]
    assert line.row.id_number == line.old_row.id_number == rosters.person(3)["身份证号"]


def test_two_people_of_one_name_without_numbers_are_to_be_looked_at():
    alike = {"姓名": "王建国", "身份证号": "", "出生日期": "1980-01-01", "与户主关系": "其他"}
    first = rosters.bring_in(samples.content(PEOPLE, {3: alike, 4: alike}))
    changed = {3: {**alike, "电话": "13900000003"}, 4: {**alike, "电话": "13900000004"}}
    batch = samples.edition(first, samples.content(PEOPLE, changed))
    assert samples.counts(batch) == {"SAME": 10, "UNSURE": 4}
    held = RosterRow.objects.filter(batch=batch, reasons__contains=["EDITION_UNSURE"])
    assert set(held.values_list("outcome", flat=True)) <= {"REVIEW", "REJECTED"}
    assert held.count() == 2


def test_a_field_without_a_column_is_not_compared(first):
    header = [name for name in rosters.HEADER if name != "电话"]
    place = rosters.HEADER.index("电话")
    plain = rosters.lines(PEOPLE, change=lambda cells, _index: cells)
    kept = [cells[:place] + cells[place + 1 :] for cells in plain]
    batch = samples.edition(first, rosters.csv_of(kept, header))
    assert samples.counts(batch) == {"SAME": 12}
    assert "phone" not in samples.of(batch).compared


def test_a_line_that_waits_in_both_editions_is_asked_about_once():
    faulty = {7: {"身份证号": rosters.person(7)["身份证号"][:17] + "?"}}
    first = rosters.bring_in(samples.content(PEOPLE, faulty))
    assert first.open_rows == 1
    batch = samples.edition(
        first, samples.content(PEOPLE, {**faulty, 1: {"电话": "1"}}), BatchState.APPLIED
    )
    first.refresh_from_db()
    assert (first.open_rows, batch.open_rows) == (0, 1)
    assert integrity.broken_invariants() == []


def test_a_second_edition_of_the_same_roster_is_refused_while_one_is_open(first):
    samples.edition(first, samples.content(range(11)))
    draft = rosters.receive(samples.content(range(10)))
    with pytest.raises(DomainError) as refused:
        editions.begin(batch=draft, replaces=first, at=clock.now(), by=rosters.BY)
    assert refused.value.code == "EDITION_NOT_POSSIBLE"


def test_a_withdrawn_edition_makes_room_for_another(first):
    batch = samples.edition(first, samples.content(range(11)))
    services.withdraw_roster(batch=batch, at=clock.now(), by=rosters.BY)
    again = samples.edition(first, samples.content(range(10)))
    assert samples.counts(again) == {"SAME": 10, "LEFT": 2}
    assert RosterEdition.objects.filter(replaces=first, is_open=True).count() == 1


def test_another_part_is_not_compared(first):
    part = rosters.bring_in(samples.content(range(12, 20)))
    assert not RosterEdition.objects.filter(batch=part).exists()
    assert not RosterRow.objects.filter(batch=part, stands_by__isnull=False).exists()
