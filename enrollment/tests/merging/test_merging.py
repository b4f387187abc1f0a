"""What a decision does to the roll, and that taking it back leaves the roll as it was."""

import datetime

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from bureau.core import integrity
from bureau.core.models import Area
from enrollment.choices import DecisionOutcome, PairState, Verdict
from enrollment.models import (
    CandidatePair,
    CoverageSpell,
    DecisionUndo,
    HouseholdMember,
    MovedThing,
    Person,
    PersonIdentifier,
    PersonMerge,
    Roll,
    RosterLink,
    RowMove,
)
from enrollment.tests import decisions as made

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def order(reference):
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def here():
    return made.roster(Area.objects.get(code="210281"))


@pytest.fixture
def there():
    return made.roster(Area.objects.get(code="210283"))


TABLES = (Person, PersonIdentifier, HouseholdMember, CoverageSpell, RosterLink)


def roll():
    """Every row of the tables of the roll."""
    return {model.__name__: sorted(map(str, model.objects.values_list())) for model in TABLES}


def outcome(decision):
    return decision.steps.get(stage="CARRIED_OUT").facts["outcome"]


def test_two_files_become_one_and_two_again(here, there):
    one, other = made.person_row(here), made.person_row(there)
    kept, absorbed = made.holder(one), made.holder(other)
    before = roll()
    asked = made.pair(one, other)
    decision = made.decided(asked)
    assert made.carry_out() == 1
    assert outcome(decision) == DecisionOutcome.MERGED
    file = Person.objects.get(pk=absorbed)
    assert (file.state, file.merged_into_id) == ("MERGED", kept)
    assert made.holder(other) == kept
    assert PersonIdentifier.objects.filter(person=kept).count() == 2
    assert HouseholdMember.objects.filter(person=kept).count() == 2
    states = sorted(CoverageSpell.objects.filter(person=kept).values_list("state", flat=True))
    assert states == ["DOUBLE", "IN_FORCE"]
    merge = PersonMerge.objects.get()
    assert sorted(merge.moved.values_list("kind", flat=True)) == [
        "IDENTIFIER", "LINK", "MEMBERSHIP", "SPELL",
    ]  # fmt: skip
    assert Roll.objects.get().revision == 1
    made.undone(decision)
    assert made.carry_out() == 1
    assert roll() == before
    asked.refresh_from_db()
    assert asked.state == PairState.OPEN
    assert made.carry_out() == 0


def test_the_longer_standing_coverage_stays_in_force_whoever_is_kept(here, there):
    one, other = made.person_row(here), made.person_row(there)
    long_ago = DateRange(datetime.date(2010, 1, 1), datetime.date(2020, 1, 1))
    CoverageSpell.objects.filter(source_row=other).update(period=long_ago)
    made.decided(made.pair(one, other))
    made.carry_out()
    assert CoverageSpell.objects.get(source_row=other).state == "IN_FORCE"
    assert CoverageSpell.objects.get(source_row=one).state == "DOUBLE"
    changed = MovedThing.objects.get(
        kind="SPELL", thing_id=CoverageSpell.objects.get(source_row=one).pk
    )
    assert changed.before == {"state": "IN_FORCE"}
    assert changed.from_person_id == changed.to_person_id


def test_a_waiting_row_joins_the_file_and_leaves_it_without_a_trace_on_the_roll(here, there):
    one, waiting = made.person_row(here), made.row(there, member_no="M1")
    before = roll()
    decision = made.decided(made.pair(one, waiting))
    made.carry_out()
    assert outcome(decision) == DecisionOutcome.PLACED
    spell = CoverageSpell.objects.get(source_row=waiting)
    assert (spell.person_id, spell.state) == (made.holder(one), "DOUBLE")
    assert PersonIdentifier.objects.get(number="M1").person_id == made.holder(one)
    assert HouseholdMember.objects.filter(person=made.holder(one)).count() == 2
    assert RosterLink.objects.get(pk=waiting.pk).tier == "CLERK"
    made.undone(decision)
    made.carry_out()
    assert roll() == before
    assert [move.to_person_id is None for move in RowMove.objects.all()] == [False, True]
    kinds = MovedThing.objects.filter(to_person=None).values_list("kind", flat=True)
    assert sorted(kinds) == ["IDENTIFIER", "LINK", "MEMBERSHIP", "SPELL"]


def test_what_else_is_in_doubt_about_the_row_still_holds_its_coverage_back(here, there):
    one = made.person_row(here)
    waiting = made.row(there, reasons=["AMOUNT_MISSING", "ID_MISSING"])
    made.decided(made.pair(one, waiting))
    made.carry_out()
    assert CoverageSpell.objects.get(source_row=waiting).state == "UNDER_REVIEW"


def test_two_rows_that_wait_are_remembered_and_follow_together(here, there):
    first, second, one = made.row(here), made.row(there), made.person_row(here)
    remembered = made.decided(made.pair(first, second))
    made.carry_out()
    assert outcome(remembered) == DecisionOutcome.REMEMBERED
    assert made.holder(first) is None
    known = made.decided(made.pair(second, one))
    made.carry_out()
    assert made.holder(first) == made.holder(second) == made.holder(one)
    made.undone(known)
    made.carry_out()
    assert made.holder(first) is None
    assert made.holder(second) is None
    assert CoverageSpell.objects.count() == 1


def test_of_a_chain_the_first_is_undone_and_the_second_stays(here, there):
    c, b, a = made.person_row(here), made.person_row(there), made.person_row(here)
    files = [made.holder(row) for row in (a, b, c)]
    first = made.decided(made.pair(a, b))
    made.carry_out()
    second = made.decided(made.pair(b, c))
    made.carry_out()
    assert [made.holder(row) for row in (a, b, c)] == [files[2]] * 3
    made.undone(first)
    made.carry_out()
    assert [made.holder(row) for row in (a, b, c)] == [files[0], files[2], files[2]]
    made.undone(second)
    made.carry_out()
    assert [made.holder(row) for row in (a, b, c)] == files
    assert PersonMerge.objects.filter(undo=None).count() == 0


def test_a_household_that_both_files_are_in_is_kept_by_both(here, there):
    one, other = made.person_row(here), made.person_row(there)
    kept, absorbed = (Person.objects.get(pk=made.holder(row)) for row in (one, other))
    made.join_household(kept, here, "shared")
    made.join_household(absorbed, here, "shared")
    before = roll()
    decision = made.decided(made.pair(one, other))
    made.carry_out()
    shared = HouseholdMember.objects.filter(household__number="shared")
    assert set(shared.values_list("person", flat=True)) == {kept.pk, absorbed.pk}
    made.undone(decision)
    made.carry_out()
    assert roll() == before


def test_pairs_that_others_answer_are_asked_again_when_those_are_gone(here, there):
    one, other = made.person_row(here), made.person_row(there)
    more = made.person_row(there)
    asked, moot = made.pair(one, other), made.pair(one, more)
    third = made.pair(other, more)
    first = made.decided(asked)
    second = made.decided(moot)
    made.carry_out()
    third.refresh_from_db()
    assert third.state == PairState.ANSWERED
    made.undone(second)
    made.carry_out()
    third.refresh_from_db()
    assert third.state == PairState.OPEN
    made.undone(first)
    made.carry_out()


def test_a_decision_that_another_contradicts_is_not_carried_out_but_goes_to_a_reviewer(here, there):
    one, other, more = made.person_row(here), made.person_row(there), made.person_row(there)
    made.decided(made.pair(one, other), Verdict.DIFFERENT)
    made.decided(made.pair(one, more))
    made.carry_out()
    late = made.pair(other, more)
    decision = made.decided(late)
    made.carry_out()
    assert DecisionUndo.objects.get(decision=decision).cause == "CONTRADICTION"
    late.refresh_from_db()
    assert late.state == PairState.DISPUTED
    assert made.holder(one) != made.holder(other)


def test_different_people_are_not_asked_about_again(here, there):
    one, other = made.person_row(here), made.person_row(there)
    again = made.row(there)
    asked, waiting = made.pair(one, other), made.pair(other, again)
    made.decided(waiting)
    made.carry_out()
    same_two = made.pair(one, again)
    decision = made.decided(asked, Verdict.DIFFERENT)
    made.carry_out()
    assert CandidatePair.objects.get(pk=same_two.pk).state == PairState.ANSWERED
    made.undone(decision)
    made.carry_out()
    assert CandidatePair.objects.get(pk=same_two.pk).state == PairState.OPEN


def test_the_values_that_the_clerk_chose_are_shown_until_the_decision_is_taken_back(here, there):
    one = made.person_row(here, "王小明")
    other = made.person_row(there, "王晓明", birth_on=datetime.date(1980, 5, 18))
    kept = Person.objects.get(pk=made.holder(one))
    before = roll()
    choices = {"name": "RIGHT", "birth_on": "RIGHT", "phone": "LEFT", "number": "RIGHT"}
    decision = made.decided(made.pair(one, other), choices=choices)
    made.carry_out()
    phone = kept.phone
    kept.refresh_from_db()
    assert (kept.name, kept.name_key, kept.birth_on) == (
        "王晓明", "王晓明", datetime.date(1980, 5, 18),
    )  # fmt: skip
    assert kept.phone == phone
    numbers = PersonIdentifier.objects.filter(person=kept).order_by("pk")
    assert [number.period.upper is None for number in numbers] == [False, True]
    made.undone(decision)
    made.carry_out()
    assert roll() == before


def test_a_value_changed_by_other_hands_since_stays(here, there):
    one, other = made.person_row(here, "王小明"), made.person_row(there, "王晓明")
    decision = made.decided(made.pair(one, other), choices={"name": "RIGHT"})
    made.carry_out()
    Person.objects.filter(pk=made.holder(one)).update(name="王笑明", name_key="王笑明")
    made.undone(decision)
    made.carry_out()
    assert Person.objects.get(pk=made.holder(one)).name == "王笑明"
