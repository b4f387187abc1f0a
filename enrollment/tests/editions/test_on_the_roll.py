"""A newer edition on the roll: what is unchanged is not touched, what differs is amended."""

import datetime

import pytest
from django.db import connection

from bureau.core import clock, integrity
from bureau.core.actors import Scope
from bureau.core.errors import DomainError
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.models import (
    CoverageSpell,
    HouseholdMember,
    Person,
    PersonIdentifier,
    RosterLink,
    RosterRow,
)
from enrollment.selectors.proof_counts import proof_of
from enrollment.services import editions, undoing
from enrollment.tests import rosters
from enrollment.tests.editions import samples
from enrollment.tests.fingerprint import differences, standing
from enrollment.tests.undoing import samples as undoes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

PEOPLE = range(12)
CHANGES = {
    1: {"电话": "13900000001"},
    3: {"户号": "900001", "与户主关系": "户主"},
    6: {"缴费金额": "300"},
}


@pytest.fixture
def first():
    return rosters.bring_in(samples.content(PEOPLE))


def events() -> dict[str, int]:
    """How many entries each history has."""
    tables = (
        "enrollment_coveragespellevent", "enrollment_personevent",
        "enrollment_personidentifierevent", "enrollment_householdmemberevent",
        "enrollment_householdevent",
    )  # fmt: skip
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 (own names)
            found[table] = cursor.fetchone()[0]
    return found


def person_of(index: int) -> Person:
    number = rosters.person(index)["身份证号"]
    return Person.objects.get(
        pk=PersonIdentifier.objects.get(number=number, kind="RESIDENT_ID").person_id
    )


def test_an_edition_in_which_nothing_changed_touches_nothing(first):
    before, seen = standing(), events()
    batch = samples.edition(first, samples.content(reversed(PEOPLE)), BatchState.APPLIED)
    after = standing()
    untouched = [name for name in before if name not in ("rosters", "rows")]
    assert {n: before[n] for n in untouched} == {n: after[n] for n in untouched}
    assert events() == seen
    assert (batch.rows_read, batch.rows_accepted) == (13, 12)
    assert integrity.broken_invariants() == []


def test_changed_lines_amend_the_roll_and_keep_what_stood(first):
    people = {index: person_of(index) for index in PEOPLE}
    batch = samples.edition(first, samples.content([*range(11), 12], CHANGES), BatchState.APPLIED)
    assert person_of(1).pk == people[1].pk
    assert person_of(1).phone == "13900000001"
    spell = CoverageSpell.objects.get(person=people[6], state="IN_FORCE")
    assert (spell.contribution_amount, spell.source_row.batch_id) == (300, batch.pk)
    former = CoverageSpell.objects.get(person=people[6], source_row__batch=first)
    assert (former.state, former.reason) == ("UNDONE", "EDITION_REPLACED")
    assert former.source_row.stands_by == spell.source_row
    assert former.source_row.amount == 250
    homes = HouseholdMember.objects.filter(person=people[3])
    assert [home.household.number for home in homes] == ["900001"]
    assert CoverageSpell.objects.filter(person=person_of(12), state="IN_FORCE").count() == 1
    assert CoverageSpell.objects.filter(person=people[11], state="IN_FORCE").count() == 1
    assert not CoverageSpell.objects.filter(state="DOUBLE").exists()
    assert Person.objects.filter(state="ACTIVE").count() == 13
    assert integrity.broken_invariants() == []


def test_a_number_that_was_put_right_is_the_persons_and_the_old_one_nobodys(first):
    person = person_of(5)
    old = rosters.person(5)["身份证号"]
    number = rosters._number(old[:14] + "889")
    samples.edition(first, samples.content(PEOPLE, {5: {"身份证号": number}}), BatchState.APPLIED)
    numbers = PersonIdentifier.objects.filter(person=person, kind="RESIDENT_ID")
    assert [one.number for one in numbers] == [number]
    assert not PersonIdentifier.objects.filter(number=old).exists()
    assert integrity.broken_invariants() == []


def test_a_changed_line_that_waits_leaves_its_former_row_in_place(first):
    person = person_of(7)
    faulty = {7: {"身份证号": rosters.person(7)["身份证号"][:17] + "?", "电话": "1"}}
    batch = samples.edition(first, samples.content(PEOPLE, faulty), BatchState.APPLIED)
    assert samples.lines(batch)["CHANGED"][0].is_taken is False
    spell = CoverageSpell.objects.get(person=person, state="IN_FORCE")
    assert spell.source_row.batch_id == first.pk
    assert integrity.broken_invariants() == []


def test_who_is_left_out_is_kept_unless_the_end_is_decided(first):
    kept, ended = person_of(10), person_of(11)
    batch = samples.edition(first, samples.content(range(10)))
    line = next(
        line for line in samples.lines(batch)["LEFT"]
        if RosterLink.objects.get(row=line.old_row).person_id == ended.pk
    )  # fmt: skip
    editions.end_left_out(
        batch=batch, ends_on=datetime.date(2019, 6, 30), reason="已迁出", lines=[line.pk],
        at=clock.now(), by=rosters.BY,
    )  # fmt: skip
    assert CoverageSpell.objects.get(person=ended).reason == ""
    rosters.bring_to(batch, BatchState.APPLIED)
    spell = CoverageSpell.objects.get(person=ended)
    assert (spell.state, spell.reason) == ("IN_FORCE", "EDITION_LEFT_OUT")
    assert spell.period.upper == datetime.date(2019, 7, 1)
    assert CoverageSpell.objects.get(person=kept).period.upper == datetime.date(2020, 1, 1)
    assert integrity.broken_invariants() == []


def test_who_was_never_covered_has_no_coverage_left(first):
    ended = person_of(11)
    batch = samples.edition(first, samples.content(range(11)))
    day = datetime.date(2018, 12, 31)
    editions.end_left_out(
        batch=batch, ends_on=day, reason="重复申报", at=clock.now(), by=rosters.BY
    )
    rosters.bring_to(batch, BatchState.APPLIED)
    assert CoverageSpell.objects.get(person=ended).state == "ENDED"


def test_a_day_outside_the_year_is_refused(first):
    batch = samples.edition(first, samples.content(range(11)))
    with pytest.raises(DomainError) as refused:
        editions.end_left_out(
            batch=batch, ends_on=datetime.date(2020, 3, 1), reason="x", at=clock.now(),
            by=rosters.BY,
        )  # fmt: skip
    assert refused.value.code == "ENDS_OUTSIDE_YEAR"


def test_an_undone_edition_gives_the_former_one_back_as_it_was():
    faulty = {7: {"身份证号": rosters.person(7)["身份证号"][:17] + "?"}}
    first = rosters.bring_in(samples.content(PEOPLE, faulty))
    before = standing()
    batch = samples.edition(first, samples.content([*range(10), 12, 13], {**faulty, **CHANGES}))
    editions.end_left_out(
        batch=batch, ends_on=datetime.date(2019, 6, 30), reason="已迁出", at=clock.now(),
        by=rosters.BY,
    )  # fmt: skip
    rosters.bring_to(batch, BatchState.APPLIED)
    assert differences(before, standing()) != []
    undoes.undo(batch)
    told = differences(before, standing())
    assert told == [], "\n".join(told)
    assert integrity.broken_invariants() == []
    assert not RosterRow.objects.filter(batch=first, stands_by__isnull=False).exists()


def test_a_roster_with_a_newer_edition_is_not_undone_before_it(first):
    batch = samples.edition(first, samples.content(range(11)), BatchState.APPLIED)
    with pytest.raises(DomainError) as refused:
        undoing.ask(batch=first, reason="x", at=clock.now(), by=undoes.someone("clerk-of-undo"))
    assert refused.value.code == "ROSTER_IS_BUILT_ON"
    undoes.undo(batch)
    undoes.undo(first)
    assert not Person.objects.filter(state="ACTIVE").exists()
    assert integrity.broken_invariants() == []


def test_a_third_edition_is_compared_with_what_stands(first):
    second = samples.edition(first, samples.content([*range(11), 12], CHANGES), BatchState.APPLIED)
    before = standing()
    changes = {**CHANGES, 6: {"缴费金额": "320"}}
    third = samples.edition(second, samples.content([*PEOPLE, 13], changes))
    # Whom the second left out and kept is listed again: it stands since the first.
    assert samples.counts(third) == {"SAME": 11, "CHANGED": 1, "NEW": 1, "LEFT": 1}
    assert samples.of(third).number == 3
    rosters.bring_to(third, BatchState.APPLIED)
    spell = CoverageSpell.objects.get(person=person_of(6), state="IN_FORCE")
    assert spell.contribution_amount == 320
    assert integrity.broken_invariants() == []
    undoes.undo(third)
    told = differences(before, standing())
    assert told == [], "\n".join(told)


def test_the_proof_accounts_for_every_row_of_both_editions(first):
    samples.edition(first, samples.content([*range(11), 12], CHANGES), BatchState.APPLIED)
    proof = proof_of(Scope.of([Area.objects.get(code="210200").path]), at=clock.now())
    assert proof.holds, [check for check in proof.checks if not check.holds]
    assert proof.totals.people == 13
    # Eight unchanged lines of the second, three replaced ones of the first.
    assert proof.totals.editions == 11
    assert sum(line.records for line in proof.participation) == 13
