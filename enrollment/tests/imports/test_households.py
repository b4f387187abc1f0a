"""Whose household a number means: that of the list which gives it, and of no other."""

import importlib
from datetime import date

import pytest
from django.db import connection

from enrollment.choices import Scheme
from enrollment.models import Household, HouseholdMember, Person, RosterRow
from enrollment.selectors import people
from enrollment.tests import corrections, rosters
from enrollment.tests.fingerprint import standing
from enrollment.tests.undoing import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

SPLIT = importlib.import_module("enrollment.migrations.0033_households_by_source").SPLIT


def lines(indexes, number="1", village="东村", **more):
    """These people as one household of a village of one town, under a local number."""

    def at_home(cells, _index):
        return {**cells, "乡镇": "瓦窝镇", "村": village, "户号": number, **more}

    return rosters.lines(indexes, change=at_home)


def csv(*households):
    return rosters.csv_of(line for household in households for line in household)


def holder(index):
    return Person.objects.get(identifiers__number=rosters.person(index)["身份证号"])


def homes():
    """The people of each household, households in the order of their first member."""
    found = {}
    for household, person in HouseholdMember.objects.order_by("pk").values_list(
        "household", "person"
    ):
        found.setdefault(household, set()).add(person)
    return sorted(found.values(), key=min)


def of(*indexes):
    return {holder(index).pk for index in indexes}


def test_two_rosters_of_a_county_give_one_number_to_two_families():
    rosters.bring_in(csv(lines(range(3))), year=2018)
    rosters.bring_in(csv(lines(range(30, 33))), year=2019)
    assert homes() == [of(0, 1, 2), of(30, 31, 32)]


def test_two_files_of_one_roster_give_one_number_to_two_families():
    rosters.bring_in(csv(lines(range(3))), csv(lines(range(30, 33))))
    assert homes() == [of(0, 1, 2), of(30, 31, 32)]


def test_two_schemes_give_one_number_to_two_families():
    rosters.bring_in(csv(lines(range(3))))
    rosters.bring_in(csv(lines(range(30, 33))), scheme=Scheme.URBMI)
    assert homes() == [of(0, 1, 2), of(30, 31, 32)]


def test_numbers_begin_anew_in_every_village():
    batch = rosters.bring_in(csv(lines(range(3)), lines(range(30, 33), village="西村")))
    assert homes() == [of(0, 1, 2), of(30, 31, 32)]
    assert not batch.rows_review, "two heads under one number are two households"


def test_a_household_that_pays_in_one_row_pays_for_its_own_village_alone():
    paid, unpaid = [], []
    for number in range(1, 6):
        people = range(6 * number, 6 * number + 3)
        family = lines(people, str(number))
        for line in family[1:]:
            line[rosters.HEADER.index("缴费金额")] = ""
        paid.append(family)
        others = lines(range(60 + 6 * number, 60 + 6 * number + 3), str(number), village="西村")
        for line in others:
            line[rosters.HEADER.index("缴费金额")] = ""
        unpaid.append(others)
    batch = rosters.bring_in(csv(*paid, *unpaid))
    waiting = RosterRow.objects.filter(batch=batch, reasons__contains=["AMOUNT_MISSING"])
    assert set(waiting.values_list("village", flat=True)) == {"西村"}
    assert waiting.count() == 15


def test_who_stands_in_two_households_is_at_home_in_the_latest_and_keeps_the_other():
    rosters.bring_in(csv(lines(range(3))), year=2019)
    # Applied later, although it is of an earlier year.
    rosters.bring_in(csv(lines([2, 30, 31], "7")), year=2018)
    assert homes() == [of(0, 1, 2), of(2, 30, 31)]
    first, second = people.homes_of(holder(2))
    assert (first.household.number, second.household.number) == ("1", "7")
    assert {member.person_id for member in first.members} == of(0, 1, 2)
    assert [member.period.lower for member in second.members] == [date(2018, 1, 1)] * 3


def test_undoing_one_roster_leaves_the_households_of_the_other():
    rosters.bring_in(csv(lines(range(3))), year=2018)
    alone = standing()
    second = rosters.bring_in(csv(lines([2, 30, 31])), year=2019)
    assert homes() == [of(0, 1, 2), of(2, 30, 31)]
    samples.undo(second)
    now = standing()
    assert (now["households"], now["members"]) == (alone["households"], alone["members"])


def test_a_line_that_corrections_add_belongs_to_the_household_of_its_list():
    faulty = lines(range(3))
    faulty[1][rosters.HEADER.index("身份证号")] = ""
    batch = rosters.bring_in(csv(faulty))
    added = (",".join(lines([30])[0]) + "\r\n").encode("gb18030")
    corrections.take(corrections.load(batch, corrections.problem_text(batch) + added))
    assert homes() == [of(0, 2, 30)]


def test_a_pair_shows_the_household_of_its_own_list():
    rosters.bring_in(csv(lines(range(3))), year=2018)
    rosters.bring_in(csv(lines(range(30, 33))), year=2019)
    shown = people.homes_of(holder(30))
    assert [len(home.members) for home in shown] == [3]


def test_households_of_one_number_are_told_apart_by_the_database():
    rosters.bring_in(csv(lines(range(3))))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT file_id) FROM enrollment_household")
        assert cursor.fetchone() == (1, 1)
    assert Household.objects.get().village == "东村"


def test_an_update_of_the_portal_takes_merged_households_apart():
    rosters.bring_in(csv(lines(range(3))), year=2018)
    rosters.bring_in(csv(lines([2, 30, 31])), year=2019)
    apart = homes()
    first, second = Household.objects.order_by("pk")
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM enrollment_householdmember WHERE household_id = %s AND person_id = %s",
            [second.pk, holder(2).pk],
        )
        cursor.execute("UPDATE enrollment_householdmember SET household_id = %s", [first.pk])
        cursor.execute("DELETE FROM enrollment_household WHERE id = %s", [second.pk])
        cursor.execute("UPDATE enrollment_household SET file_id = NULL, sheet = 0")
        assert len(homes()) == 1
        cursor.execute(SPLIT)
    assert homes() == apart
    assert Household.objects.get(pk=first.pk).file_id == first.file_id
    assert not Household.objects.filter(file=None).exists()
