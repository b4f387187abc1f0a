"""A wrongly linked row leaves a file: into one of its own, into another, and back again."""

import datetime

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from bureau.core import approvals, clock, integrity, jobs
from bureau.core.actors import Actor
from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest, Area, Job
from enrollment.choices import CoverageState, RowMoveState
from enrollment.models import (
    CoverageSpell,
    HouseholdMember,
    Person,
    PersonIdentifier,
    RosterLink,
    RowMove,
    RowMoveRequest,
)
from enrollment.services import decision_jobs, row_moves
from enrollment.tests import decisions as made

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def order(reference):
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def two_rows():
    """A file whose second row was linked by its number, though it is somebody else's."""
    area = Area.objects.get(code="210281")
    first = made.person_row(made.roster(area), "王小明", member_no="A1")
    later = made.roster(area)
    wrong = made.row(
        later,
        "王大明",
        outcome="ACCEPTED",
        reasons=[],
        id_number=first.id_number,
        id_text=first.id_number,
        id_state="VALID",
        member_no="B2",
        household_no="other",
    )
    person = Person.objects.get(pk=made.holder(first))
    RosterLink.objects.create(
        row=wrong, batch=later, person_id=person.pk, holds_number=True, tier="NUMBER_AND_NAME"
    )
    made.join_household(person, later, "other")
    PersonIdentifier.objects.create(
        person=person,
        kind="NCMS_MEMBER",
        number="B2",
        issuer="210281",
        period=first.spell.period,
        source_row=wrong,
    )
    CoverageSpell.objects.create(
        person=person,
        scheme="NCMS",
        area=area,
        # It begins later, so that it is the double one whatever the files are called.
        period=DateRange(datetime.date(2019, 2, 1), first.spell.period.upper),
        state=CoverageState.DOUBLE,
        contribution_amount=wrong.amount,
        source_row=wrong,
    )
    return person, first, wrong


def move(row, person, to=None):
    city = Area.objects.get(code="210200")
    by = made.clerk("li", (Role.CLERK, city))
    checker = made.clerk("sun", (Role.REVIEWER, city))
    asked = row_moves.ask(
        row_id=row.pk,
        person=person,
        to_person=to,
        reason="andere Person",
        by=by,
        actor=Actor.of(by),
        at=clock.now(),
    )
    approvals.decide(asked.pk, approve=True, by=checker, at=clock.now())
    for job in Job.objects.filter(kind=decision_jobs.CARRY_OUT, state="QUEUED"):
        jobs.run_until_done(job.pk)
        job.refresh_from_db()
        assert job.state == "DONE", job.last_error


def held(person):
    return {
        "numbers": set(
            PersonIdentifier.objects.filter(person=person).values_list("number", flat=True)
        ),
        "households": set(
            HouseholdMember.objects.filter(person=person).values_list(
                "household__number", flat=True
            )
        ),
        "spells": sorted(
            CoverageSpell.objects.filter(person=person).values_list("source_row", "state")
        ),
        "rows": set(RosterLink.objects.filter(person_id=person.pk).values_list("row", flat=True)),
    }


def test_a_row_opens_a_file_of_its_own_with_what_is_its_own(two_rows):
    person, first, wrong = two_rows
    move(wrong, person)
    own = Person.objects.get(pk=made.holder(wrong))
    assert (own.name, own.pk != person.pk) == ("王大明", True)
    assert ApprovalRequest.objects.get().amount == wrong.amount
    assert held(own) == {
        # The identity number stays with the other, of whom another row tells it too.
        "numbers": {"B2"},
        "households": {"other"},
        "spells": [(wrong.pk, "IN_FORCE")],
        "rows": {wrong.pk},
    }
    assert held(person)["rows"] == {first.pk}
    assert first.id_number in held(person)["numbers"]
    assert RowMove.objects.get().opened_file


def test_and_goes_back_leaving_the_empty_file_closed(two_rows):
    person, _first, wrong = two_rows
    before = held(person)
    move(wrong, person)
    own = Person.objects.get(pk=made.holder(wrong))
    move(wrong, own, person)
    own.refresh_from_db()
    assert (own.state, own.merged_into) == ("MERGED", person)
    assert held(person) == before
    assert held(own)["rows"] == set()
    # Whatever is decided about the file afterwards, the closed one stays closed.
    other = made.person_row(made.roster(person.area))
    decision = made.decided(made.pair(wrong, other))
    made.carry_out()
    made.undone(decision)
    made.carry_out()
    own.refresh_from_db()
    assert own.merged_into == person
    assert held(person) == before


def test_a_row_joins_the_file_of_another_person(two_rows):
    person, first, wrong = two_rows
    other = made.person_row(made.roster(person.area))
    target = Person.objects.get(pk=made.holder(other))
    move(wrong, person, target)
    assert held(target)["rows"] == {other.pk, wrong.pk}
    assert sorted(state for _row, state in held(target)["spells"]) == ["DOUBLE", "IN_FORCE"]
    assert held(person)["rows"] == {first.pk}
    # Moved for good: a merge of the files and its undoing leaves the row where it is at home.
    decision = made.decided(made.pair(first, other))
    made.carry_out()
    assert len({made.holder(row) for row in (first, wrong, other)}) == 1
    made.undone(decision)
    made.carry_out()
    assert made.holder(wrong) == target.pk
    assert held(person)["rows"] == {first.pk}


def test_a_wish_that_came_too_late_says_why(two_rows):
    person, first, wrong = two_rows
    other = made.person_row(made.roster(person.area))
    city = Area.objects.get(code="210200")
    by = made.clerk("li", (Role.CLERK, city))
    asked = row_moves.ask(
        row_id=wrong.pk, person=person, to_person=None, reason="andere Person",
        by=by, actor=Actor.of(by), at=clock.now(),
    )  # fmt: skip
    made.decided(made.pair(wrong, other))
    made.carry_out()
    checker = made.clerk("sun", (Role.REVIEWER, city))
    approvals.decide(asked.pk, approve=True, by=checker, at=clock.now())
    jobs.run_until_done(Job.objects.get(kind=decision_jobs.CARRY_OUT, state="QUEUED").pk)
    wish = RowMoveRequest.objects.get()
    assert wish.state == RowMoveState.DROPPED
    assert wish.dropped_because
    assert not RowMove.objects.exists()
    assert made.holder(first) == made.holder(wrong)
