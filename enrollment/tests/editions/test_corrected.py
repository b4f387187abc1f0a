"""Lines of a newer edition that are corrected: nobody is covered by both editions."""

import pytest

from bureau.core import integrity
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.models import CoverageSpell, Person, PersonIdentifier, RosterLink, RosterRow
from enrollment.tests import corrections, rosters
from enrollment.tests import decisions as made
from enrollment.tests.editions import samples
from enrollment.tests.test_rows_right import RIGHT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

PEOPLE = range(12)
NUMBER = rosters.person(7)["身份证号"]
#: A number of the same birthday, of nobody or of somebody in another county.
OTHER = rosters._number(NUMBER[:14] + "886")
NUMBER_CELL = rosters.HEADER.index("身份证号")


@pytest.fixture(autouse=True)
def order(reference):
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def first():
    return rosters.bring_in(samples.content(PEOPLE))


def row_of(batch):
    return RosterRow.objects.get(batch=batch, name=rosters.person(7)["姓名"])


def typed(number):
    def correct(line):
        line[NUMBER_CELL] = number

    return correct


def found_right(line, evidence="县医保中心来函确认"):
    line[RIGHT] = evidence


def standing_of(person_id):
    """The states of the person's coverage that stands, by roster."""
    spells = CoverageSpell.objects.filter(person=person_id).exclude(state="UNDONE")
    return sorted((spell.source_row.batch_id, spell.state) for spell in spells)


def elsewhere():
    """In another county somebody of the same name and birthday has the other number."""
    rows = rosters.lines([7], county="210283", change=lambda cells, _: cells | {"身份证号": OTHER})
    return rosters.bring_in(rosters.csv_of(rows), area="210283", names=["庄河.csv"])


def test_a_number_typed_into_a_waiting_line_is_the_persons_of_its_former_row(first):
    person, people = made.holder(row_of(first)), Person.objects.count()
    faulty = {7: {"身份证号": OTHER[:17] + "?"}}
    batch = samples.edition(first, samples.content(PEOPLE, faulty), BatchState.APPLIED)
    assert row_of(batch).outcome == "REVIEW"
    corrections.take(corrections.load_corrected(batch, typed(OTHER)))
    assert made.holder(row_of(batch)) == person
    assert Person.objects.count() == people
    assert standing_of(person) == [(batch.pk, "IN_FORCE")]
    numbers = PersonIdentifier.objects.filter(person=person, kind="RESIDENT_ID")
    assert [one.number for one in numbers] == [OTHER]


def test_a_line_corrected_to_somebody_else_than_its_former_row_waits_on(first):
    person = made.holder(row_of(first))
    faulty = {7: {"身份证号": OTHER[:17] + "?"}}
    elsewhere()
    batch = samples.edition(first, samples.content(PEOPLE, faulty), BatchState.APPLIED)
    correction = corrections.load_corrected(batch, typed(OTHER))
    assert corrections.verdicts(correction) == {"wrong": 1}
    assert correction.lines.get().reasons == ["EDITION_UNSURE"]
    assert standing_of(person) == [(first.pk, "IN_FORCE")]


def test_a_line_to_be_looked_at_that_is_its_former_row_takes_its_place(first):
    person = made.holder(row_of(first))
    elsewhere()
    batch = samples.edition(
        first, samples.content(PEOPLE, {7: {"身份证号": OTHER}}), BatchState.APPLIED
    )
    assert samples.counts(batch) == {"SAME": 11, "UNSURE": 1}
    assert row_of(batch).reasons == ["EDITION_UNSURE"]
    correction = corrections.load_corrected(batch, typed(NUMBER))
    assert corrections.verdicts(correction) == {"changed": 1}
    corrections.take(correction)
    assert samples.counts(batch) == {"SAME": 11, "CHANGED": 1}
    assert standing_of(person) == [(batch.pk, "IN_FORCE")]
    assert row_of(first).stands_by_id == row_of(batch).pk


def test_a_line_to_be_looked_at_is_not_free_by_any_correction(first):
    elsewhere()
    batch = samples.edition(
        first, samples.content(PEOPLE, {7: {"身份证号": OTHER}}), BatchState.APPLIED
    )

    def another_phone(line):
        line[rosters.HEADER.index("电话")] = "13900000007"

    correction = corrections.load_corrected(batch, another_phone)
    assert corrections.verdicts(correction) == {"wrong": 1}
    assert correction.lines.get().reasons == ["EDITION_UNSURE"]


def test_a_line_whose_former_row_a_person_decided_waits_until_that_is_taken_back(first):
    former = row_of(first)
    person = made.holder(former)
    decision = made.decided(
        made.pair(former, made.row(made.roster(Area.objects.get(code="210283"))))
    )
    made.carry_out()
    changed = {7: {"缴费金额": "300"}}
    batch = samples.edition(first, samples.content(PEOPLE, changed), BatchState.APPLIED)
    correction = corrections.load_corrected(batch, found_right)
    assert corrections.verdicts(correction) == {"wrong": 1}
    made.undone(decision)
    made.carry_out()
    correction = corrections.load_corrected(batch, lambda line: found_right(line, "再次来函"))
    assert corrections.verdicts(correction) == {"changed": 1}
    corrections.take(correction)
    assert standing_of(person) == [(batch.pk, "IN_FORCE")]
    assert not RosterLink.objects.filter(row=former).exists()


def test_a_line_found_right_before_the_edition_is_applied_is_new(first):
    person = made.holder(row_of(first))
    elsewhere()
    batch = samples.edition(first, samples.content(PEOPLE, {7: {"身份证号": OTHER}}))
    corrections.take(corrections.load_corrected(batch, found_right))
    assert samples.counts(batch) == {"SAME": 11, "NEW": 1, "LEFT": 1}
    assert row_of(batch).outcome == "ACCEPTED"
    rosters.bring_to(batch, BatchState.APPLIED)
    assert standing_of(person) == [(first.pk, "IN_FORCE")]
