"""A row that waits finds its person when a later roster tells, as if all had come at once."""

import hashlib

import pytest

from bureau.core import clock, integrity
from bureau.core.choices import Role
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.choices import Verdict
from enrollment.models import (
    CandidatePair,
    CoverageSpell,
    Person,
    RosterLink,
    RosterRow,
    SignedProof,
)
from enrollment.selectors.undo_dependents import Kind, things_of
from enrollment.tests import corrections, reviewing, rosters
from enrollment.tests.imports.test_linkage import applied, checked, slipped
from enrollment.tests.roster_pages import member, signed_in
from enrollment.tests.undoing import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

FIRST, SECOND, THIRD = "210283", "210281", "210213"


def unpaid(cells, index):
    """The money is in doubt too, whoever it is."""
    return {**slipped(cells, index), "缴费金额": "-180"}


def slipped_elsewhere(cells, index):
    """Another digit of the number is wrong than in `slipped`."""
    number = cells["身份证号"]
    return {**cells, "身份证号": number[:14] + str((int(number[14]) + 1) % 10) + number[15:]}


def record_of(batch):
    return RosterRow.objects.exclude(outcome="NOT_RECORD").get(batch=batch)


def placed(batch):
    return RosterLink.objects.filter(batch=batch, told_by__isnull=False)


def test_a_later_roster_tells_whose_the_waiting_row_is():
    first = applied([0], change=slipped)
    assert not RosterLink.objects.exists()
    later = checked([0], SECOND)
    assert (later.rows_told, later.pairs_found) == (1, 0)
    assert not placed(first).exists(), "nothing is linked before the roster is approved"
    later = rosters.bring_to(later, BatchState.APPLIED)
    [link] = placed(first)
    assert (link.tier, link.told_by, link.opens_file) == ("PROBABLE", later, False)
    assert link.person_id == Person.objects.get().pk
    assert "NUMBER_SLIP" in link.evidence
    assert 0.99 < link.score <= 1
    assert link.model_version.number == 1
    assert integrity.broken_invariants() == []


def test_the_earlier_roster_stays_true():
    """Its row waits on for its number, and gives no coverage before that is repaired."""
    first = applied([0], change=slipped)
    before = (first.rows_review, first.rows_accepted, first.rows_fixed)
    applied([0], SECOND)
    first.refresh_from_db()
    assert (first.rows_review, first.rows_accepted, first.rows_fixed) == before
    assert (first.persons_created, first.rows_attached) == (0, 1)
    assert record_of(first).outcome == "REVIEW"
    spell = CoverageSpell.objects.get(source_row=record_of(first))
    assert (spell.state, spell.reason) == ("UNDER_REVIEW", "ROW_UNDER_REVIEW")


def test_a_question_between_two_waiting_rows_is_answered():
    one, two = applied([0], change=slipped), applied([0], SECOND, change=slipped)
    [pair] = CandidatePair.objects.all()
    assert pair.state == "OPEN"
    third = applied([0], THIRD)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == ("TOLD", "apply_roster")
    assert {link.told_by for link in RosterLink.objects.filter(batch__in=[one, two])} == {third}
    assert Person.objects.count() == 1
    assert third.pairs_found == 0
    assert integrity.broken_invariants() == []


@pytest.mark.parametrize("when", ["before it is linked", "after it was linked"])
def test_what_a_clerk_has_in_hand_stays_there(when):
    one = applied([0], change=slipped)
    applied([0], SECOND, change=slipped)
    [pair] = CandidatePair.objects.all()
    if when == "before it is linked":
        reviewing.take("clerk", FIRST, SECOND)
        third = checked([0], THIRD)
        assert third.rows_told == 0
    else:
        third = checked([0], THIRD)
        assert third.rows_told == 2
        reviewing.take("clerk", FIRST, SECOND)
    third = rosters.bring_to(third, BatchState.APPLIED)
    pair.refresh_from_db()
    assert (pair.state, third.rows_told) == ("OPEN", 0)
    assert not placed(one).exists()
    # Who the two are beside the new person is a question of its own.
    asked = CandidatePair.objects.filter(batch=third, state="OPEN")
    assert asked.count() == third.pairs_found == 2
    assert integrity.broken_invariants() == []


def test_two_people_by_a_clerks_word_are_not_both_the_one_of_a_later_roster():
    one = applied([0], change=slipped)
    two = applied([0], SECOND, change=slipped_elsewhere)
    [pair] = CandidatePair.objects.all()
    reviewing.no_second_looks()
    reviewing.take("clerk", FIRST, SECOND)
    reviewing.say("clerk", pair, Verdict.DIFFERENT)
    reviewing.hand_in("clerk")
    third = applied([0], THIRD)
    assert not RosterLink.objects.filter(batch__in=[one, two]).exists()
    assert CandidatePair.objects.filter(batch=third, state="OPEN").count() == 2
    assert (third.rows_told, third.pairs_found) == (0, 2)
    assert integrity.broken_invariants() == []


def test_a_row_put_off_by_a_clerk_waits_on():
    one = applied([0], change=slipped)
    applied([0], SECOND, change=slipped)
    [pair] = CandidatePair.objects.all()
    reviewing.take("clerk", FIRST, SECOND)
    reviewing.say("clerk", pair, Verdict.LATER)
    reviewing.hand_in("clerk")
    third = applied([0], THIRD)
    assert not placed(one).exists()
    assert third.rows_told == 0


def test_a_row_with_another_doubt_waits_on():
    first = applied([0], change=unpaid)
    later = applied([0], SECOND)
    assert not placed(first).exists()
    assert (later.rows_told, later.pairs_found) == (0, 1)


def test_rosters_one_after_the_other_ask_no_more_than_at_once():
    """Nine in ten people stand in each of three rosters, one row in ten is written wrongly."""

    def faulty(offset):
        def change(cells, index):
            return slipped(cells, index) if (index + offset) % 10 == 0 else cells

        return change

    counties = (FIRST, SECOND, THIRD)
    brought = [applied(range(60), code, faulty(at)) for at, code in enumerate(counties)]
    assert Person.objects.count() == 60
    assert sum(batch.pairs_found for batch in brought) == 0
    assert not CandidatePair.objects.exists()
    assert RosterLink.objects.count() == 180
    assert RosterLink.objects.filter(told_by__isnull=False).count() == 6


def test_undoing_the_later_roster_makes_the_row_wait_again():
    one, two = applied([0], change=slipped), applied([0], SECOND, change=slipped)
    [pair] = CandidatePair.objects.all()
    third = applied([0], THIRD)
    samples.undo(third)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == ("OPEN", "")
    assert not RosterLink.objects.exists()
    assert not Person.objects.exclude(state="UNDONE").exists()
    assert not CoverageSpell.objects.exclude(state="UNDONE").exists()
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.rows_attached, two.rows_attached) == (0, 0)
    assert integrity.broken_invariants() == []


def test_a_row_that_waits_again_is_told_of_by_the_next_roster():
    first = applied([0], change=slipped)
    samples.undo(applied([0], SECOND))
    third = applied([0], THIRD)
    [link] = placed(first)
    assert link.told_by == third
    spell = CoverageSpell.objects.get(source_row=record_of(first))
    assert (spell.state, spell.person_id) == ("UNDER_REVIEW", link.person_id)
    assert integrity.broken_invariants() == []


def test_undoing_the_roster_that_told_leaves_the_row_to_the_one_that_would_have():
    first, second = applied([0], change=slipped), applied([0], SECOND)
    third = applied([0], THIRD)
    samples.undo(second)
    [link] = placed(first)
    assert link.told_by == third
    assert Person.objects.exclude(state="UNDONE").count() == 1
    assert integrity.broken_invariants() == []


def test_a_proof_of_the_earlier_rosters_county_stands_in_the_way_of_undoing():
    applied([0], change=slipped)
    beside, later = applied([9], THIRD), applied([0], SECOND)
    staff = samples.someone("preparer")
    proof = SignedProof.objects.create(
        area=Area.objects.get(code=FIRST), year=2019, basis="1.0:x", roll_revision=1,
        counted_at=clock.now(), holds=True, content="{}",
        digest=hashlib.sha256(b"{}").hexdigest(), prepared_by=staff,
        prepared_by_no=staff.staff_no, prepared_at=clock.now(),
    )  # fmt: skip
    found = [(thing.kind, thing.number) for thing in things_of(later)]
    assert found == [(Kind.PROOF, proof.pk)]
    assert things_of(beside) == []


def test_the_pages_say_by_which_roster_it_was_told(settings):
    settings.DEMO = True
    first, later = applied([0], change=slipped), applied([0], SECOND)
    reader = signed_in(member("leser", Role.CLERK, Area.objects.get(code="210200")))
    row = record_of(first)
    shown = reader.get(f"/rosters/{first.pk}/rows/{row.pk}/").content.decode()
    assert f"该行原为待核，后据此名册确认人员：{later}。" in shown
    shown = reader.get(f"/rosters/{later.pk}/").content.decode()
    assert "据此确认人员的以往名册待核行" in shown


def test_a_row_repaired_since_stands_when_the_roster_that_told_is_undone():
    """It bears its number out by itself now."""
    first, later = applied([0], change=slipped), applied([0], SECOND)

    def put_right(line):
        right = rosters.lines([0], county=FIRST, change=lambda cells, _index: cells)
        line[: len(rosters.HEADER)] = right[0]

    corrections.take(corrections.load_corrected(first, put_right))
    [link] = RosterLink.objects.filter(batch=first)
    assert (link.told_by, link.person_id) == (None, Person.objects.get().pk)
    assert record_of(first).outcome in ("ACCEPTED", "FIXED")
    samples.undo(later)
    [link] = RosterLink.objects.all()
    assert (link.row, link.opens_file) == (record_of(first), True)
    assert Person.objects.get().state == "ACTIVE"
    assert integrity.broken_invariants() == []
