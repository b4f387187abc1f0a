"""What comes back when decisions are gone, and what must not."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from bureau.core import clock, integrity
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.choices import PairState, Verdict
from enrollment.imports import resettle
from enrollment.models import (
    DecisionStep,
    DecisionUndo,
    HouseholdMember,
    PersonIdentifier,
    RosterLink,
    RosterRow,
)
from enrollment.services import deciding
from enrollment.tables import review_words
from enrollment.tests import corrections, problem_files
from enrollment.tests import decisions as made
from enrollment.tests.imports.test_corrections import bring, right
from enrollment.tests.reviewing import (
    approve,
    hand_in,
    no_second_looks,
    say,
    someone,
    take,
    take_back,
    take_pair,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def order(reference):
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def batch():
    return made.roster(Area.objects.get(code="210281"))


@pytest.fixture
def disputed(batch):
    """Two clerks differ on a pair of two files."""
    asked = made.pair(made.person_row(batch), made.person_row(batch))
    no_second_looks(share="1")
    take("li")
    say("li", asked)
    hand_in("li")
    take("wang")
    say("wang", asked, Verdict.DIFFERENT)
    hand_in("wang")
    return asked


def state(asked):
    asked.refresh_from_db()
    return asked.state


def test_two_differ_again_once_what_answered_their_pair_is_gone(disputed):
    third = made.person_row(disputed.batch)
    decisions = [made.decided(made.pair(row, third)) for row in (disputed.row_a, disputed.row_b)]
    made.carry_out()
    assert state(disputed) == PairState.ANSWERED
    made.undone(decisions[0])
    made.carry_out()
    assert state(disputed) == PairState.DISPUTED


def test_two_differ_again_when_their_reviewer_takes_the_decision_back(disputed):
    packet = take_pair("sun", disputed, as_reviewer=True)
    say("sun", disputed, Verdict.DIFFERENT, as_reviewer=True)
    by = someone("sun")
    deciding.undo_last(packet.pk, by=by, actor=made.Actor.of(by), at=clock.now())
    assert state(disputed) == PairState.DISPUTED
    say("sun", disputed, Verdict.DIFFERENT, as_reviewer=True)
    hand_in("sun")
    made.carry_out()
    approve("zhao", take_back("sun", disputed))
    made.carry_out()
    assert state(disputed) == PairState.DISPUTED


def test_an_identity_number_that_another_has_by_now_stays_ended(batch):
    one, other = made.person_row(batch), made.person_row(batch)
    decision = made.decided(made.pair(one, other), choices={"number": "RIGHT"})
    made.carry_out()
    passed_over = PersonIdentifier.objects.get(number=one.id_number)
    assert passed_over.period.upper is not None
    newcomer = made.person_row(batch)
    number = PersonIdentifier(
        person_id=made.holder(newcomer),
        kind="RESIDENT_ID",
        number=one.id_number,
        period=DateRange(None, None),
        source_row=newcomer,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        number.save()
    number.period = DateRange(passed_over.period.upper, None)
    number.save()
    made.undone(decision)
    made.carry_out()
    assert made.holder(one) != made.holder(other)
    passed_over.refresh_from_db()
    assert passed_over.period.upper is not None
    step = DecisionStep.objects.get(decision=decision, stage="REVERTED")
    assert step.facts == {"number_held": True}
    decision = type(decision).objects.select_related("undo").get(pk=decision.pk)
    assert str(review_words.NUMBER_HELD) in review_words.decision_line(decision).came_of_it
    assert DecisionUndo.objects.filter(decision=decision).exists()


def test_a_number_that_was_another_ones_up_to_a_day_is_the_next_ones_from_then_on():
    batch = bring(BatchState.APPLIED)
    ended = PersonIdentifier.objects.filter(kind="RESIDENT_ID").order_by("pk").first()
    day = clock.now().date()
    PersonIdentifier.objects.filter(pk=ended.pk).update(period=DateRange(None, day))
    newcomer = made.person_row(made.roster(batch.area))
    PersonIdentifier.objects.filter(source_row=newcomer).delete()
    RosterRow.objects.filter(pk=newcomer.pk).update(id_number=ended.number)
    with connection.cursor() as cursor:
        resettle.gather(f"link.row_id = {newcomer.pk:d}")
        cursor.execute(resettle.statement("apply_identifiers"))
    period = PersonIdentifier.objects.get(source_row=newcomer, kind="RESIDENT_ID").period
    assert (period.lower, period.upper) == (day, None)


def test_a_corrected_row_leaves_the_file_that_a_decision_formed_as_it_was_decided():
    batch = bring(BatchState.APPLIED)
    wrong = batch.rows.get(row_no=35)
    own = wrong.link.person_id
    earlier = RosterLink.objects.filter(opens_file=True, person_id__lt=own).order_by("pk")
    known = earlier.first().row
    decision = made.decided(made.pair(known, wrong))
    made.carry_out()
    kept = made.holder(known)
    assert made.holder(wrong) == kept
    before = held_by(kept)

    def moved_house(line):
        if int(line[problem_files.ROW]) == wrong.row_no:
            right(line)
            line[2] = "999999"

    corrections.take(corrections.load_corrected(batch, moved_house))
    wrong.refresh_from_db()
    assert (wrong.version, wrong.household_no) == (1, "999999")
    assert held_by(kept) == before
    made.undone(decision)
    made.carry_out()
    assert (made.holder(known), made.holder(wrong)) == (kept, own)
    assert not HouseholdMember.objects.filter(person=kept, household__number="999999").exists(), (
        "the household of the one is not left with the other"
    )


def held_by(person):
    return (
        sorted(HouseholdMember.objects.filter(person=person).values_list("household__number")),
        sorted(PersonIdentifier.objects.filter(person=person).values_list("number", "period")),
    )
