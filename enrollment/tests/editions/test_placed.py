"""Lines of a newer edition that a decision of a person gives a file: nobody is covered by both."""

import psycopg
import pytest
from django.db import connection

from bureau.core import integrity
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.choices import PairState, Verdict
from enrollment.imports import apply
from enrollment.models import CandidatePair, CoverageSpell, PersonIdentifier, RosterLink, RosterRow
from enrollment.tests import corrections, rosters
from enrollment.tests import decisions as made
from enrollment.tests.editions import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

PEOPLE = range(12)
NUMBER = rosters.person(7)["身份证号"]
#: The number's check character is unreadable: the line waits.
FAULTY = {7: {"身份证号": NUMBER[:17] + "?", "电话": "13900000007"}}
#: The number is whole, the birth date beside it another: the line waits, and a decision answers it.
OTHER_BIRTH = {7: {"出生日期": "1999-09-09", "电话": "13900000007"}}
CHANGED = {7: {"电话": "13900000007"}}


@pytest.fixture(autouse=True)
def order(reference):
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def first():
    return rosters.bring_in(samples.content(PEOPLE))


def there():
    return made.roster(Area.objects.get(code="210283"))


def row_of(batch):
    return RosterRow.objects.get(batch=batch, name=rosters.person(7)["姓名"])


def standing_of(person_id):
    """The states of the person's coverage that stands, by roster."""
    spells = CoverageSpell.objects.filter(person=person_id).exclude(state="UNDONE")
    return sorted((spell.source_row.batch_id, spell.state) for spell in spells)


def row_in_file_of(row):
    """A row of another county that stands for the person of this one, and covers nobody."""
    known = made.row(there())
    RosterLink.objects.create(
        row=known, batch=known.batch, person_id=made.holder(row), tier="PROBABLE"
    )
    CoverageSpell.objects.create(
        person_id=made.holder(row), scheme="NCMS", area=known.batch.area, state="UNDER_REVIEW",
        period=CoverageSpell.objects.get(source_row=row).period, source_row=known,
    )  # fmt: skip
    return known


def at_home(batch, person):
    """What stands of the person, but for the row of the other county."""
    return [found for found in standing_of(person) if found[1] != "UNDER_REVIEW"] + [
        (batch.pk, state) for number, state in standing_of(person)
        if number == batch.pk and state == "UNDER_REVIEW"
    ]  # fmt: skip


def test_a_line_decided_to_be_somebody_else_than_its_former_row_covers_nobody(first):
    person = made.holder(row_of(first))
    batch = samples.edition(first, samples.content(PEOPLE, FAULTY), BatchState.APPLIED)
    line, other = row_of(batch), made.person_row(there())
    made.decided(made.pair(line, other))
    made.carry_out()
    line.refresh_from_db()
    assert made.holder(line) == made.holder(other) != person
    assert "EDITION_UNSURE" in line.reasons
    assert samples.counts(batch) == {"SAME": 11, "UNSURE": 1}
    assert standing_of(person) == [(first.pk, "IN_FORCE")]
    assert (batch.pk, "UNDER_REVIEW") in standing_of(made.holder(other))


def test_a_decided_line_without_the_number_leaves_its_former_row_until_it_is_corrected(first):
    person = made.holder(row_of(first))
    known = row_in_file_of(row_of(first))
    batch = samples.edition(first, samples.content(PEOPLE, FAULTY), BatchState.APPLIED)
    made.decided(made.pair(row_of(batch), known))
    made.carry_out()
    assert made.holder(row_of(batch)) == person
    assert at_home(batch, person) == [(first.pk, "IN_FORCE"), (batch.pk, "UNDER_REVIEW")]

    def number(line):
        line[rosters.HEADER.index("身份证号")] = NUMBER

    corrections.take(corrections.load_corrected(batch, number))
    assert at_home(batch, person) == [(batch.pk, "IN_FORCE")]
    assert row_of(first).stands_by_id == row_of(batch).pk


def test_a_decided_line_takes_the_place_of_its_former_row_and_gives_it_back(first):
    person = made.holder(row_of(first))
    known = row_in_file_of(row_of(first))
    batch = samples.edition(first, samples.content(PEOPLE, OTHER_BIRTH), BatchState.APPLIED)
    line = row_of(batch)
    assert (line.outcome, made.holder(line)) == ("REVIEW", None)
    decision = made.decided(made.pair(line, known))
    made.carry_out()
    assert at_home(batch, person) == [(batch.pk, "IN_FORCE")]
    assert row_of(first).stands_by_id == line.pk
    number = PersonIdentifier.objects.get(number=NUMBER)
    assert (number.person_id, number.source_row_id) == (person, line.pk)
    assert integrity.broken_invariants() == []
    made.undone(decision)
    made.carry_out()
    assert made.holder(line) is None
    assert made.holder(row_of(first)) == person
    assert row_of(first).stands_by_id is None
    assert at_home(first, person) == [(first.pk, "IN_FORCE")]
    assert PersonIdentifier.objects.get(number=NUMBER).person_id == person
    assert not samples.lines(batch)["CHANGED"][0].is_taken


def test_a_decision_in_the_seconds_of_the_writing_leaves_one_coverage(first, monkeypatch):
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED))
    former, other, write_range = row_of(first), made.row(there()), apply.write_range
    person = made.holder(former)

    def decided_just_then(*arguments):
        made.decided(made.pair(former, other), Verdict.DIFFERENT)
        return write_range(*arguments)

    monkeypatch.setattr(apply, "write_range", decided_just_then)
    rosters.bring_to(batch, BatchState.APPLIED)
    assert standing_of(person) == [(batch.pk, "IN_FORCE")]


def test_nobody_is_asked_about_a_former_row_once_its_line_took_its_place(first, monkeypatch):
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED))
    asked = made.pair(row_of(first), made.row(there()))
    seen = []
    finish = apply.editions.finish

    def looked_at(*arguments):
        seen.append(CandidatePair.objects.get(pk=asked.pk).state)
        return finish(*arguments)

    monkeypatch.setattr(apply.editions, "finish", looked_at)
    rosters.bring_to(batch, BatchState.APPLIED)
    assert seen == [PairState.VOID]


@pytest.mark.django_db(transaction=True)
def test_nobody_decides_about_a_former_row_while_its_people_are_written(first, monkeypatch):
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED))
    asked = made.pair(row_of(first), made.row(there()))
    write_range, refused = apply.write_range, []

    def tried_just_then(*arguments):
        with psycopg.connect(**connection.get_connection_params()) as other:
            try:
                other.execute(
                    "SELECT id FROM enrollment_candidatepair WHERE id = %s FOR UPDATE NOWAIT",
                    [asked.pk],
                )
            except psycopg.errors.LockNotAvailable:
                refused.append(asked.pk)
        return write_range(*arguments)

    monkeypatch.setattr(apply, "write_range", tried_just_then)
    rosters.bring_to(batch, BatchState.APPLIED)
    assert refused == [asked.pk]
