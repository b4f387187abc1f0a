"""Packets in hand, decisions, second looks, approval, undo: one hand, one word, two persons."""

import datetime
import threading
from decimal import Decimal

import pytest
from django.db import connection

from bureau.core import approvals, clock, integrity
from bureau.core.actors import Actor
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.models import ApprovalRequest, Job
from enrollment.choices import DecisionStage, PacketEnd, PairState, Verdict
from enrollment.models import (
    CandidatePair,
    DecisionUndo,
    PacketPair,
    PairDecision,
    Person,
    ReviewPacket,
    SecondAnswer,
    SecondLook,
)
from enrollment.services import bundles, deciding, decision_jobs, packets, row_moves
from enrollment.tests import decisions as made
from enrollment.tests.reviewing import (
    ZHUANGHE,
    approve,
    hand_in,
    no_second_looks,
    place,
    refusal,
    say,
    someone,
    take,
    take_back,
    work,
)


@pytest.fixture
def pairs(reference):
    """Four pairs: three in Wafangdian, the last across both counties; two files each."""
    no_second_looks()
    here, there = made.roster(place()), made.roster(place(ZHUANGHE))
    return [
        made.pair(made.person_row(here), made.person_row(other), score=0.9 - number / 10)
        for number, other in enumerate([here, here, here, there])
    ]


def state(pair):
    pair.refresh_from_db()
    return pair.state


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def order(request):
    yield
    if request.node.get_closest_marker("django_db").kwargs.get("transaction"):
        return
    assert integrity.broken_invariants() == []


def test_a_packet_holds_the_likeliest_pairs_of_the_clerks_areas(pairs):
    packet = take("li")
    assert [held.pair_id for held in packet.pairs.all()] == [pair.pk for pair in pairs[:3]]
    assert packet.size == 3
    assert [held.pair_id for held in take("wang").pairs.all()] == [pairs[3].pk]
    with refusal("no_pair_waits"):
        take("zhao")
    assert not ReviewPacket.objects.filter(staff=someone("zhao")).exists()


def test_a_pair_across_two_counties_is_taken_from_either(pairs):
    assert [held.pair_id for held in take("li", ZHUANGHE).pairs.all()] == [pairs[3].pk]
    assert pairs[3].area_b.code == ZHUANGHE


def test_one_packet_at_a_time_and_what_is_given_back_is_free(pairs):
    packet = take("li")
    with refusal("packet_one_in_hand_per_clerk"):
        take("li")
    by = someone("li")
    closed = packets.give_back(packet.pk, by=by, actor=Actor.of(by), at=clock.now())
    assert closed.closed_as == PacketEnd.GIVEN_BACK
    assert take("wang").size == 3
    with pytest.raises(MovedOn):
        packets.hand_in(packet.pk, by=by, actor=Actor.of(by), at=clock.now())


def test_time_runs_out_and_what_was_decided_goes_its_way(pairs):
    packet = take("li")
    say("li", pairs[0], Verdict.DIFFERENT)
    late = clock.now() + datetime.timedelta(minutes=31)
    assert packets.close_expired(at=late) == 1
    packet.refresh_from_db()
    assert packet.closed_as == PacketEnd.EXPIRED
    assert state(pairs[0]) == PairState.DIFFERENT
    assert state(pairs[1]) == PairState.OPEN
    assert not PacketPair.objects.filter(in_hand=True).exists()


def test_after_the_time_the_word_is_not_heard(pairs):
    take("li")
    with refusal("packet_ran_out"):
        say("li", pairs[0], at=clock.now() + datetime.timedelta(minutes=31))
    assert not PairDecision.objects.exists()


def test_who_does_not_have_the_pair_is_told_who_has_it(pairs):
    take("li")
    with refusal("pair_in_other_hands") as refused:
        say("wang", pairs[0])
    assert "li" in str(refused.value)
    with refusal("pair_not_in_hand"):
        say("wang", pairs[3])


def test_later_leaves_the_pair_open_and_puts_it_last(pairs):
    take("li")
    say("li", pairs[0], Verdict.LATER)
    assert state(pairs[0]) == PairState.LATER
    hand_in("li")
    assert state(pairs[0]) == PairState.LATER
    again = take("wang")
    assert pairs[0].pk not in [held.pair_id for held in again.pairs.all()]


def test_in_hand_a_word_is_taken_back_without_ado(pairs):
    packet = take("li")
    say("li", pairs[0])
    say("li", pairs[1], Verdict.DIFFERENT)
    by = someone("li")
    last = deciding.undo_last(packet.pk, by=by, actor=Actor.of(by), at=clock.now())
    assert last.pk == pairs[1].pk
    assert (state(pairs[0]), state(pairs[1])) == (PairState.CHECKING, PairState.OPEN)
    say("li", pairs[1], Verdict.SAME)
    assert list(pairs[1].decisions.order_by("turn").values_list("turn", "verdict")) == [
        (1, "DIFFERENT"), (2, "SAME"),
    ]  # fmt: skip
    hand_in("li")
    with refusal("nothing_to_undo"):
        deciding.undo_last(packet.pk, by=by, actor=Actor.of(by), at=clock.now())


def test_what_changes_coverage_waits_for_a_second_person_with_its_sum(pairs):
    take("li")
    say("li", pairs[0], reason="gleiche Familie")
    hand_in("li")
    request = ApprovalRequest.objects.get()
    assert (request.kind, request.amount, request.maker) == (
        bundles.KIND, Decimal("500.00"), someone("li"),
    )  # fmt: skip
    assert request.summary["overlaps"] == 2
    work()
    assert Person.objects.filter(state="MERGED").count() == 0
    with pytest.raises(OwnWork):
        approve("li", request)
    approve("wang", request)
    work()
    assert Person.objects.filter(state="MERGED").count() == 1
    assert state(pairs[0]) == PairState.SAME


def test_the_request_lies_where_both_sides_lie(pairs):
    take("li", ZHUANGHE)
    say("li", pairs[3])
    hand_in("li")
    assert ApprovalRequest.objects.get().area.code == "210200"


def test_returned_the_pair_is_open_again(pairs):
    take("li")
    say("li", pairs[0])
    hand_in("li")
    approvals.decide(
        ApprovalRequest.objects.get().pk,
        approve=False,
        by=someone("wang"),
        at=clock.now(),
        note="zwei Brüder",
    )
    assert state(pairs[0]) == PairState.OPEN
    undo = DecisionUndo.objects.get()
    assert (undo.cause, undo.reason, undo.by) == ("RETURNED", "zwei Brüder", someone("wang"))


def test_lists_are_not_approved_at_once_but_each_on_its_page(pairs):
    take("li")
    for pair in pairs[:3]:
        say("li", pair)
    hand_in("li")
    # One request a packet: li's and zhao's together.
    take("zhao", ZHUANGHE)
    say("zhao", pairs[3])
    hand_in("zhao")
    numbers = list(ApprovalRequest.objects.values_list("pk", flat=True))
    result = approvals.decide_many(numbers, by=someone("wang"), at=clock.now())
    assert result.decided_count == 0
    assert {one.refused.code for one in result.decisions} == {"list_is_decided_on_its_page"}
    done = [
        approvals.decide(number, approve=True, by=someone("wang"), at=clock.now())
        for number in numbers
    ]
    assert sum(one.amount for one in done) == Decimal("2000.00")
    work()
    assert Person.objects.filter(state="MERGED").count() == 4
    assert Job.objects.filter(kind=decision_jobs.CARRY_OUT).count() == 1


def test_without_overlap_nobody_has_to_approve(reference):
    no_second_looks()
    asked = made.pair(
        made.person_row(made.roster(place(), year=2018)),
        made.person_row(made.roster(place(), year=2019)),
    )
    take("li")
    say("li", asked)
    hand_in("li")
    work()
    assert not ApprovalRequest.objects.exists()
    assert Person.objects.filter(state="MERGED").count() == 1


def test_what_stands_on_the_roll_is_taken_back_with_a_second_person(pairs):
    take("li")
    say("li", pairs[0])
    hand_in("li")
    approve("wang", ApprovalRequest.objects.get())
    work()
    with refusal("undo_needs_a_reason"):
        take_back("zhao", pairs[0], reason=" ")
    request = take_back("zhao", pairs[0])
    assert (request.kind, state(pairs[0])) == (deciding.UNDO_KIND, PairState.SAME)
    with pytest.raises(OwnWork):
        approve("zhao", request)
    approve("wang", request)
    assert state(pairs[0]) == PairState.CHECKING
    work()
    assert state(pairs[0]) == PairState.OPEN
    assert Person.objects.filter(state="MERGED").count() == 0
    undo = DecisionUndo.objects.get()
    assert (undo.cause, undo.by, undo.approval) == ("REQUEST", someone("zhao"), request)


def test_different_is_taken_back_by_a_second_person_too(pairs):
    take("li")
    say("li", pairs[0], Verdict.DIFFERENT)
    hand_in("li")
    work()
    approve("zhao", take_back("wang", pairs[0]))
    work()
    assert state(pairs[0]) == PairState.OPEN
    with pytest.raises(MovedOn):
        take_back("wang", pairs[0])


def test_what_waits_for_approval_is_withdrawn_by_its_maker_alone(pairs):
    take("li")
    say("li", pairs[0])
    hand_in("li")
    with refusal("return_instead"):
        take_back("wang", pairs[0])
    take_back("li", pairs[0])
    assert state(pairs[0]) == PairState.OPEN
    assert ApprovalRequest.objects.get().state == "WITHDRAWN"


def test_the_contrary_of_what_stands_is_refused(pairs):
    one, other = pairs[0].row_a, pairs[0].row_b
    third = made.person_row(one.batch)
    made.decided(made.pair(other, third))
    made.carry_out()
    made.decided(pairs[0], Verdict.DIFFERENT)
    asked = made.pair(one, third)
    by = someone("li")
    packets.take_pair(asked, as_reviewer=False, by=by, actor=Actor.of(by), at=clock.now())
    with refusal("contrary_decision") as refused:
        say("li", asked)
    assert "clerk" in str(refused.value)


def test_different_is_refused_for_what_is_one_file(pairs):
    one, other = pairs[0].row_a, pairs[0].row_b
    again = made.row(one.batch)
    made.decided(made.pair(one, again))
    made.carry_out()
    asked = made.pair(other, again)
    by = someone("li")
    packets.take_pair(asked, as_reviewer=False, by=by, actor=Actor.of(by), at=clock.now())
    made.decided(pairs[0])
    made.carry_out()
    with refusal("pair_decided_before"):
        say("li", asked, Verdict.DIFFERENT)


# ---- Second looks


@pytest.fixture
def drawn(pairs):
    """Everything that is decided is looked at twice."""
    no_second_looks(share="1")
    take("li")
    say("li", pairs[0])
    hand_in("li")
    return pairs[0]


def test_who_is_drawn_is_told_by_the_seed(pairs):
    from enrollment.rules.decisions import is_drawn

    share = Decimal("0.03")
    drawn = [n for n in range(20000) if is_drawn(n, seed="a", share=share)]
    assert 500 < len(drawn) < 700
    assert drawn == [n for n in range(20000) if is_drawn(n, seed="a", share=share)]
    assert drawn != [n for n in range(20000) if is_drawn(n, seed="b", share=share)]
    assert not any(is_drawn(n, seed="a", share=Decimal(0)) for n in range(100))
    assert all(is_drawn(n, seed="a", share=Decimal(1)) for n in range(100))


def test_a_drawn_decision_waits_and_hides_what_was_said(drawn):
    assert SecondLook.objects.count() == 1
    assert state(drawn) == PairState.CHECKING
    assert not ApprovalRequest.objects.exists()
    work()
    assert Person.objects.filter(state="MERGED").count() == 0


def test_the_first_never_gets_it_again_but_another_does(drawn):
    assert drawn.pk not in [held.pair_id for held in take("li").pairs.all()]
    held = take("wang").pairs.filter(pair=drawn).get()
    assert held.look is not None


def test_the_second_agrees_and_the_decision_goes_on(drawn):
    take("wang")
    heard = say("wang", drawn)
    assert heard.answer.agrees
    assert heard.decision.by == someone("li")
    assert ApprovalRequest.objects.get().maker == someone("li")
    assert not PacketPair.objects.filter(pair=drawn, in_hand=True).exists()


def test_they_differ_and_a_reviewer_decides(drawn):
    take("wang")
    heard = say("wang", drawn, Verdict.DIFFERENT, reason="anderes Geburtsjahr")
    assert not heard.answer.agrees
    assert state(drawn) == PairState.DISPUTED
    assert DecisionUndo.objects.get().cause == "SECOND_LOOK"
    hand_in("wang")
    for name in ("li", "wang"):
        try:
            held = take(name, as_reviewer=True).pairs.filter(pair=drawn)
        except DomainError:
            continue
        assert not held.exists(), "nobody decides a third time"
    for packet in ReviewPacket.objects.filter(closed_at=None):
        packets.give_back(packet.pk, by=packet.staff, actor=Actor.of(packet.staff), at=clock.now())
    assert take("zhao").pairs.filter(pair=drawn).count() == 0, "clerks do not get it"
    assert take("sun", as_reviewer=True).pairs.first().pair_id == drawn.pk
    say("sun", drawn, Verdict.DIFFERENT, as_reviewer=True)
    hand_in("sun")
    assert state(drawn) == PairState.DIFFERENT
    assert not SecondLook.objects.filter(decision__by=someone("sun")).exists()


def test_a_second_look_put_off_waits_for_the_next(drawn):
    take("wang")
    say("wang", drawn, Verdict.LATER)
    assert not SecondAnswer.objects.exists()
    assert state(drawn) == PairState.CHECKING
    assert take("zhao").pairs.filter(pair=drawn).exists()


def test_taken_back_meanwhile_the_second_look_is_void(drawn):
    take("wang")
    take_back("li", drawn)
    with refusal("decision_taken_back"):
        say("wang", drawn)


# ---- Rows out of files


@pytest.fixture
def two_rows(reference):
    """A file of two rows, of which the second was linked by mistake."""
    batch, later = made.roster(place()), made.roster(place(), year=2020)
    first = made.person_row(batch)
    wrong = made.person_row(later, "王大明")
    file = Person.objects.get(pk=made.holder(first))
    asked = made.pair(first, wrong)
    decision = made.decided(asked)
    made.carry_out()
    return file, first, wrong, decision


def test_a_row_that_a_decision_brought_is_not_moved_but_the_decision_taken_back(two_rows):
    file, _first, wrong, _decision = two_rows
    with refusal("row_is_told_by_decision"):
        ask_to_move(wrong, file)


def ask_to_move(row, file, to=None):
    by = someone("li")
    return row_moves.ask(
        row_id=row.pk,
        person=file,
        to_person=to,
        reason="another person",
        by=by,
        actor=Actor.of(by),
        at=clock.now(),
    )


def test_the_only_row_of_a_file_does_not_leave_it_for_a_new_one(reference):
    row = made.person_row(made.roster(place()))
    with refusal("row_is_the_only_one"):
        ask_to_move(row, Person.objects.get(pk=made.holder(row)))


# ---- Two at once


def threads_of(acts):
    """What each of the acts came to, begun at the same instant."""
    start, found = threading.Barrier(len(acts)), {}

    def run(number, act):
        try:
            start.wait(30)
            found[number] = act()
        except DomainError as refused:
            found[number] = refused
        finally:
            connection.close()

    running = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    return [found[number] for number in range(len(acts))]


@pytest.mark.django_db(transaction=True)
def test_two_who_take_at_once_never_get_the_same_pair(apart):
    no_second_looks()
    batch = made.roster(place())
    for _pair in range(9):
        made.pair(made.row(batch), made.row(batch))
    names = ["li", "wang", "zhao"]
    for name in names:
        someone(name)
    for _round in range(40):
        taken = threads_of([lambda name=name: take(name) for name in names])
        held = PacketPair.objects.filter(in_hand=True)
        assert held.count() == held.values("pair").distinct().count()
        for packet in taken:
            if isinstance(packet, ReviewPacket):
                packets.give_back(
                    packet.pk, by=packet.staff, actor=Actor.of(packet.staff), at=clock.now()
                )


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_exactly_one_is_heard(apart):
    """One clerk in two windows, and one who takes the pair when the other's time is just over."""
    no_second_looks()
    batch = made.roster(place())
    asked = [made.pair(made.row(batch), made.row(batch)) for _round in range(100)]
    for name in ("li", "wang"):
        someone(name)
    for number, pair in enumerate(asked):
        name = ("li", "wang")[number % 2]
        by = someone(name)
        packets.take_pair(pair, as_reviewer=False, by=by, actor=Actor.of(by), at=clock.now())
        other = name if number % 3 else ("wang", "li")[number % 2]
        found = threads_of(
            [
                lambda pair=pair, name=name: say(name, pair, Verdict.SAME),
                lambda pair=pair, other=other: say(other, pair, Verdict.DIFFERENT),
            ]
        )
        refused = [one for one in found if isinstance(one, MovedOn)]
        assert len(refused) == 1, found
        assert str(refused[0])
        assert PairDecision.objects.filter(pair=pair).count() == 1
    assert CandidatePair.objects.filter(state=PairState.CHECKING).count() == 100


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_around_the_service_the_database_hears_one(apart):
    from django.db import IntegrityError

    from enrollment.tests import decision_cases

    batch = made.roster(place())
    asked = [made.pair(made.row(batch), made.row(batch)) for _round in range(60)]
    for name in ("li", "wang"):
        decision_cases.a_packet(someone(name).username)

    def write(name, pair, turn):
        try:
            decision_cases.a_decision(asked=pair, by=someone(name), turn=turn)
        except IntegrityError as error:
            return integrity.constraint_of(error)
        return ""

    for pair in asked:
        found = threads_of(
            [
                lambda pair=pair, name=name, turn=turn: write(name, pair, turn)
                for turn, name in enumerate(("li", "wang"), start=1)
            ]
        )
        assert sorted(found) == ["", "decision_one_in_effect"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_exactly_one_is_heard(apart):
    no_second_looks()
    batch = made.roster(place())
    asked = [made.pair(made.person_row(batch), made.person_row(batch)) for _round in range(20)]
    for name in ("li", "wang", "zhao"):
        someone(name)
    by = someone("li")
    for pair in asked:
        packets.take_pair(pair, as_reviewer=False, by=by, actor=Actor.of(by), at=clock.now())
        say("li", pair)
        # A request for each of the twenty rounds.
        hand_in("li")
    for request in ApprovalRequest.objects.all():
        found = threads_of(
            [lambda name=name, request=request: approve(name, request) for name in ("wang", "zhao")]
        )
        assert sum(isinstance(one, MovedOn) for one in found) == 1
    steps = PairDecision.objects.filter(steps__stage=DecisionStage.CLEARED)
    assert steps.count() == 20
    work()
    assert Person.objects.filter(state="MERGED").count() == 20
    assert integrity.broken_invariants() == []
