"""Who may undo or settle what: a second person, a third one, and nobody against a decided case."""

import pytest

from bureau.core import approvals, clock, integrity
from bureau.core.errors import DomainError
from bureau.core.models import ApprovalRequest, Area
from enrollment import tasks
from enrollment.choices import PairState, Verdict
from enrollment.models import CoverageSpell, DoubleCase, PairDecision, Person, RosterLink
from enrollment.services import deciding
from enrollment.tests import decisions as made
from enrollment.tests import double_bad_rows as double
from enrollment.tests.reviewing import (
    approve,
    hand_in,
    no_second_looks,
    refusal,
    say,
    someone,
    take,
    take_back,
    take_pair,
    work,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def order(reference):
    no_second_looks()
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def batch():
    return made.roster(Area.objects.get(code="210281"))


def decide(name, asked, verdict=Verdict.SAME, second="wang"):
    """The clerk decides, and somebody approves what has to be."""
    take_pair(name, asked)
    say(name, asked, verdict)
    hand_in(name)
    if second is not None:
        for request in ApprovalRequest.objects.filter(state="PENDING"):
            approve(second, request)
    work()


# ---- What holds two records together is taken back with a second person


def test_a_remembered_decision_that_was_followed_is_taken_back_with_a_second_person(batch):
    first, second, known = made.row(batch), made.row(batch), made.person_row(batch)
    remembered = made.pair(first, second)
    decide("li", remembered)
    assert take_back_freely("li", remembered), "both wait: nothing on the roll rests on it"
    decide("li", remembered)
    decide("li", made.pair(second, known))
    assert made.holder(first) == made.holder(known)
    request = take_back("zhao", remembered)
    assert request is not None
    assert made.holder(first) == made.holder(known)
    approve("wang", request)
    work()
    assert made.holder(first) is None
    assert made.holder(second) == made.holder(known)


def take_back_freely(name, asked):
    is_free = take_back(name, asked) is None
    work()
    return is_free


def test_the_last_of_several_decisions_is_taken_back_with_a_second_person(batch):
    rows = [made.person_row(batch) for _row in range(3)]
    one, two, three = (made.pair(rows[a], rows[b]) for a, b in ((0, 1), (1, 2), (0, 2)))
    for asked in (one, two, three):
        asked.refresh_from_db()
    take("li")
    for asked in (one, two, three):
        say("li", asked)
    hand_in("li")
    for request in ApprovalRequest.objects.filter(state="PENDING"):
        approve("wang", request)
    work()
    outcomes = [
        decision.steps.get(stage="CARRIED_OUT").facts["outcome"]
        for decision in PairDecision.objects.order_by("pk")
    ]
    assert outcomes == ["MERGED", "MERGED", "ALREADY_ONE"]
    for asked in (one, three):
        request = take_back("zhao", asked)
        assert request is not None, "the two lie in one file"
        approve("wang", request)
        work()
    assert made.holder(rows[0]) != made.holder(rows[1])


def test_no_more_comes_in_than_the_second_person_was_told_of(batch):
    first, second, known = made.row(batch), made.row(batch), made.person_row(batch)
    joining = made.pair(second, known)
    take_pair("li", joining)
    say("li", joining)
    hand_in("li")
    request = ApprovalRequest.objects.get()
    assert request.summary["enters"] == 1
    decide("zhao", made.pair(first, second), second=None)
    with refusal("more_comes_in"):
        approve("wang", request)
    assert made.holder(second) is None
    approvals.decide(request.pk, approve=False, by=someone("wang"), at=clock.now(), note="neu")
    decide("li", joining)
    assert made.holder(first) == made.holder(second) == made.holder(known)
    assert ApprovalRequest.objects.order_by("pk").last().summary["enters"] == 2


# ---- A case of double enrollment that builds on the decision comes first


@pytest.fixture
def joined(batch):
    """Two files that a decision made one, and the request to take it back."""
    asked = made.pair(made.person_row(batch), made.person_row(batch))
    decide("li", asked)
    return asked, take_back("zhao", asked)


def decided_case(asked):
    link = RosterLink.objects.get(row=asked.row_a)
    case = double.case(person=Person.objects.get(pk=link.person_id))
    for place, spell in enumerate(CoverageSpell.objects.filter(person=link.person_id)):
        double.side(case, spell, place=place)
    DoubleCase.objects.filter(pk=case.pk).update(state="CONTESTED", objection="Widerspruch")
    return case


def test_a_case_decided_after_asking_refuses_the_approval(joined):
    asked, request = joined
    decided_case(asked)
    with refusal("double_case_comes_first"):
        approve("wang", request)
    request.refresh_from_db()
    assert (request.state, bool(request.execution_error)) == ("PENDING", True)
    assert Person.objects.filter(state="MERGED").count() == 1


def test_a_case_decided_after_the_approval_holds_the_undoing_until_it_is_gone(joined):
    asked, request = joined
    approve("wang", request)
    case = decided_case(asked)
    work()
    assert Person.objects.filter(state="MERGED").count() == 1
    asked.refresh_from_db()
    assert asked.state == PairState.CHECKING
    assert deciding.case_in_the_way(asked) == case
    DoubleCase.objects.filter(pk=case.pk).update(state="PROPOSED", objection="")
    tasks.tidy_review()
    work()
    assert Person.objects.filter(state="MERGED").count() == 0


# ---- Two differ: a third one decides


@pytest.fixture
def disputed(batch):
    asked = made.pair(made.person_row(batch), made.person_row(batch))
    no_second_looks(share="1")
    take("li")
    say("li", asked)
    hand_in("li")
    take("wang")
    say("wang", asked, Verdict.DIFFERENT)
    hand_in("wang")
    asked.refresh_from_db()
    assert asked.state == PairState.DISPUTED
    return asked


@pytest.mark.parametrize("name", ["li", "wang"])
def test_neither_of_the_two_takes_the_pair_they_differ_on(disputed, name):
    with refusal("pair_for_another_reviewer"):
        take_pair(name, disputed, as_reviewer=True)


@pytest.mark.parametrize("name", ["li", "wang"])
def test_neither_of_the_two_is_heard_once_more_about_it(disputed, name):
    """However the pair came into their hand."""
    packet = take_pair(name, other_pair(disputed))
    packet.pairs.create(pair=disputed, place=9)
    with refusal("pair_for_another_reviewer"):
        say(name, disputed, as_reviewer=True)


def other_pair(asked):
    return made.pair(made.person_row(asked.batch), made.person_row(asked.batch))


def test_who_lost_the_role_meanwhile_is_not_heard(disputed):
    take_pair("sun", disputed, as_reviewer=True)
    with refusal("pair_for_a_reviewer"):
        say("sun", disputed)


def test_a_reviewer_of_other_areas_gets_no_pair_on_which_two_differ(disputed):
    with pytest.raises(DomainError):
        take("sun", as_reviewer=True, reviewer_of=("210283",))
    held = take("sun", as_reviewer=True, reviewer_of=("210281",)).pairs
    assert list(held.values_list("pair", flat=True)) == [disputed.pk]
