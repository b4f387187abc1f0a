"""What a packet leaves for a second person: one request, of which some may be returned."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from bureau.core import approvals, clock, integrity
from bureau.core.actors import actor_of
from bureau.core.choices import Role
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.models import ApprovalRequest
from enrollment.choices import PairState, Verdict
from enrollment.choices.bundles import BundledState
from enrollment.models import BundledDecision, DecisionUndo, PairDecision, Person, RosterRow
from enrollment.selectors import review_bundles as selectors
from enrollment.services import bundles, deciding, packets
from enrollment.tests import decisions as made
from enrollment.tests.fingerprint import differences, standing
from enrollment.tests.reviewing import (
    WAFANGDIAN,
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
def pairs(reference):
    """Three pairs of two files each, whose coverages meet; the last lies across two counties."""
    here, there = made.roster(place()), made.roster(place(ZHUANGHE))
    return [
        made.pair(made.person_row(here), made.person_row(other), score=0.9 - number / 10)
        for number, other in enumerate([here, here, there])
    ]


def state(pair):
    pair.refresh_from_db()
    return pair.state


def handed_in(name, asked, **options):
    """The pairs are decided and handed in by one clerk; the requests that came of it."""
    for one in asked:
        take_pair(name, one)
        say(name, one, **options)
    hand_in(name)
    return list(ApprovalRequest.objects.filter(state="PENDING").order_by("pk"))


def lines(request):
    return {
        line.decision.pair_id: line.state
        for line in BundledDecision.objects.filter(approval=request)
    }


def return_some(request, pairs_and_reasons, name="wang"):
    returned = {
        PairDecision.objects.get(pair=pair, undo=None).pk: reason
        for pair, reason in pairs_and_reasons.items()
    }
    return bundles.decide(request.pk, returned=returned, by=someone(name), at=clock.now())


def scope(name):
    return actor_of(someone(name), on=clock.today()).scope()


def test_a_packet_leaves_one_request_with_its_decisions_and_their_sums(pairs):
    [request] = handed_in("li", pairs)
    assert (request.kind, request.maker, request.amount) == (
        bundles.KIND, someone("li"), Decimal("1500.00"),
    )  # fmt: skip
    assert request.summary["decisions"] == request.summary["same"] == 3
    assert request.summary["overlaps"] == 6
    assert request.area.code == "210200"
    assert lines(request) == {pair.pk: BundledState.WAITING for pair in pairs}
    approve("wang", request)
    work()
    assert [state(pair) for pair in pairs] == [PairState.SAME] * 3
    assert Person.objects.filter(state="MERGED").count() == 3


def test_what_reaches_beyond_the_clerks_areas_is_asked_about_further_up(pairs):
    county = made.clerk("county", (Role.CLERK, place(WAFANGDIAN)))
    for pair in pairs:
        packets.take_pair(
            pair, as_reviewer=False, by=county, actor=made.Actor.of(county), at=clock.now()
        )
        say("county", pair)
    hand_in("county")
    found = {
        request.area.code: request.summary["decisions"] for request in ApprovalRequest.objects.all()
    }
    assert found == {WAFANGDIAN: 2, "210200": 1}


def test_some_are_returned_each_with_its_reason_and_the_rest_is_approved(pairs):
    [request] = handed_in("li", pairs)
    return_some(request, {pairs[1]: "两兄弟"})
    work()
    request.refresh_from_db()
    assert request.state == "APPROVED"
    assert "两兄弟" in request.note
    assert [state(pair) for pair in pairs] == [PairState.SAME, PairState.OPEN, PairState.SAME]
    undo = DecisionUndo.objects.get()
    assert (undo.cause, undo.reason, undo.by) == ("RETURNED", "两兄弟", someone("wang"))
    assert Person.objects.filter(state="MERGED").count() == 2


def test_with_all_returned_the_request_is_returned(pairs):
    [request] = handed_in("li", pairs[:2])
    return_some(request, {pairs[0]: "孪生", pairs[1]: "同名"})
    request.refresh_from_db()
    assert request.state == "RETURNED"
    reasons = dict(DecisionUndo.objects.values_list("decision__pair", "reason"))
    assert reasons == {pairs[0].pk: "孪生", pairs[1].pk: "同名"}


def test_nothing_is_returned_without_a_reason_and_nothing_that_waits_no_more(pairs):
    [request] = handed_in("li", pairs[:2])
    with refusal("return_needs_a_note"):
        return_some(request, {pairs[0]: "  "})
    take_back("li", pairs[1])
    gone = PairDecision.objects.get(pair=pairs[1])
    with pytest.raises(MovedOn):
        bundles.decide(request.pk, returned={gone.pk: "x"}, by=someone("wang"), at=clock.now())
    assert lines(request)[pairs[0].pk] == BundledState.WAITING


def test_neither_the_maker_nor_who_judged_one_of_the_pairs_decides(pairs):
    take_pair("zhao", pairs[0])
    say("zhao", pairs[0])
    hand_in("zhao")
    [first] = ApprovalRequest.objects.all()
    return_some(first, {pairs[0]: "再看一次"})
    [request] = handed_in("li", pairs[:2])
    for name in ("li", "zhao"):
        by = someone(name)
        with pytest.raises(OwnWork):
            approve(name, request)
        with pytest.raises(OwnWork):
            return_some(request, {pairs[0]: "不同意"}, name)
        with pytest.raises(OwnWork):
            approvals.decide(request.pk, approve=False, by=by, at=clock.now(), note="不同意")
    assert set(lines(request).values()) == {BundledState.WAITING}
    approve("sun", request)


def test_what_came_back_is_open_work_of_its_clerk_first(pairs):
    [request] = handed_in("li", pairs)
    return_some(request, {pairs[0]: "年龄不符", pairs[2]: "性别不符"})
    found = selectors.count_returned(someone("li"), scope("li"))
    assert (found.count, found.oldest_at is not None) == (2, True)
    assert selectors.count_returned(someone("zhao"), scope("zhao")).count == 0
    batch = pairs[0].batch
    others = {made.pair(made.row(batch), made.row(batch), score=0.1).pk for _n in range(3)}
    # To others it comes last, however likely it is.
    assert {held.pair_id for held in take("zhao").pairs.all()} == others
    packets.give_back(
        packets.in_hand(someone("zhao")).pk,
        by=someone("zhao"), actor=made.Actor.of(someone("zhao")), at=clock.now(),
    )  # fmt: skip
    wanted = list(selectors.returned_to(someone("li"), scope("li")).values_list("pair", flat=True))
    by = someone("li")
    packet = packets.take_returned(wanted, by=by, actor=made.Actor.of(by), at=clock.now())
    assert {held.pair_id for held in packet.pairs.all()} == {pairs[0].pk, pairs[2].pk}
    with refusal("no_pair_came_back"):
        packets.take_returned(wanted, by=by, actor=made.Actor.of(by), at=clock.now())
    say("li", pairs[0], Verdict.DIFFERENT)
    assert selectors.count_returned(by, scope("li")).count == 1


def test_the_clerk_takes_one_decision_out_and_with_the_last_the_request_goes(pairs):
    [request] = handed_in("li", pairs[:2])
    with refusal("return_instead"):
        take_back("wang", pairs[0])
    take_back("li", pairs[0])
    request.refresh_from_db()
    assert request.state == "PENDING"
    assert lines(request) == {
        pairs[0].pk: BundledState.WITHDRAWN, pairs[1].pk: BundledState.WAITING,
    }  # fmt: skip
    take_back("li", pairs[1])
    request.refresh_from_db()
    assert request.state == "WITHDRAWN"
    assert [state(pair) for pair in pairs[:2]] == [PairState.OPEN] * 2


def test_a_request_that_its_maker_withdraws_opens_every_pair_again(pairs):
    [request] = handed_in("li", pairs)
    approvals.withdraw(request.pk, by=someone("li"), at=clock.now())
    assert [state(pair) for pair in pairs] == [PairState.OPEN] * 3
    assert set(lines(request).values()) == {BundledState.WITHDRAWN}


# ---- Two people, one number


@pytest.fixture
def one_number(pairs):
    """A file and a waiting row that bear one number."""
    known = made.person_row(pairs[0].batch)
    other = made.row(pairs[0].batch, id_number=known.id_number, id_text=known.id_number)
    return made.pair(known, other)


def test_two_people_of_one_number_need_its_holder_and_a_reason(one_number):
    take_pair("li", one_number)
    with refusal("number_needs_its_holder"):
        say("li", one_number, Verdict.DIFFERENT, reason="父子二人")
    with refusal("number_needs_a_reason"):
        say("li", one_number, Verdict.DIFFERENT, holder="LEFT", reason=" ")
    say("li", one_number, Verdict.DIFFERENT, holder="LEFT", reason="父子二人，号码是父亲的")
    hand_in("li")
    [request] = ApprovalRequest.objects.all()
    assert (request.summary["different"], request.amount) == (1, Decimal(0))
    assert not selectors.numbers_in(scope("li")).exists(), "not before a second person said so"
    approve("wang", request)
    work()
    [decision] = selectors.numbers_in(scope("li"))
    assert (decision.pair, decision.holder) == (one_number, "LEFT")
    assert not selectors.numbers_in(actor_of(third_county(), on=clock.today()).scope()).exists()
    # Corrected, it leaves the list.
    RosterRow.objects.filter(pk=one_number.row_b_id).update(id_number=None, id_text="")
    assert not selectors.numbers_in(scope("li")).exists()


def third_county():
    return made.clerk("third", (Role.CLERK, place("210224")))


def test_the_same_person_of_one_number_needs_no_holder(one_number):
    take_pair("li", one_number)
    say("li", one_number)
    assert PairDecision.objects.get().holder == ""


def test_words_and_hidden_signs_are_no_number_that_two_share(pairs):
    batch = pairs[0].batch
    for text in ("无", "2102811980********", "", None):
        asked = made.pair(made.row(batch, id_text=text), made.row(batch, id_text=text))
        take_pair("li", asked)
        say("li", asked, Verdict.DIFFERENT)
        assert PairDecision.objects.get(pair=asked).holder == ""


# ---- Taken back after all, by two


@pytest.fixture
def different(pairs):
    take_pair("li", pairs[0])
    say("li", pairs[0], Verdict.DIFFERENT, reason="堂兄弟")
    hand_in("li")
    work()
    assert state(pairs[0]) == PairState.DIFFERENT
    return pairs[0]


def test_different_is_taken_back_with_a_reason_and_a_second_person(different):
    with refusal("undo_needs_a_reason"):
        take_back("zhao", different, reason="")
    request = take_back("zhao", different, reason="看错了出生日期")
    assert (request.kind, state(different)) == (deciding.UNDO_KIND, PairState.DIFFERENT)
    with pytest.raises(OwnWork):
        approve("zhao", request)
    approve("wang", request)
    work()
    assert state(different) == PairState.OPEN
    take_pair("li", different)
    say("li", different)


def test_taking_back_restores_both_files_to_the_letter(pairs):
    batch = pairs[0].batch
    one = made.person_row(batch, "王小明", phone="13900000001", address="甲村1号")
    other = made.person_row(batch, "王晓明", phone="13900000002", address="乙村2号")
    asked = made.pair(one, other)
    before = standing()
    take_pair("li", asked)
    say("li", asked, choices={"name": "RIGHT", "phone": "RIGHT", "number": "RIGHT"})
    hand_in("li")
    [request] = ApprovalRequest.objects.filter(state="PENDING")
    approve("wang", request)
    work()
    assert differences(before, standing()) != []
    undo = take_back("li", asked, reason="两个人")
    approve("wang", undo)
    work()
    assert state(asked) == PairState.OPEN
    assert differences(before, standing()) == []


# ---- Who did it in another window


def test_whoever_decided_in_another_window_is_told_so(pairs):
    take_pair("li", pairs[0])
    say("li", pairs[0], Verdict.DIFFERENT)
    with refusal("pair_decided_by_yourself") as refused:
        say("li", pairs[0])
    assert refused.value.is_own
    hand_in("li")
    with refusal("pair_decided_by_yourself"):
        say("li", pairs[0])
    with refusal("pair_decided_before") as refused:
        say("wang", pairs[0])
    assert not refused.value.is_own


def test_whoever_approved_in_another_window_is_told_so(pairs):
    [request] = handed_in("li", pairs[:1])
    approve("wang", request)
    with pytest.raises(MovedOn) as refused:
        approve("wang", request)
    assert refused.value.is_own
    with pytest.raises(MovedOn) as refused:
        approve("zhao", request)
    assert not refused.value.is_own


def test_what_became_of_a_decision_is_not_rewritten(pairs):
    [request] = handed_in("li", pairs[:1])
    line = BundledDecision.objects.get(approval=request)
    for change in (
        {"enters": 7}, {"state": "APPROVED", "settled_by": "x", "settled_at": clock.now()},
    ):  # fmt: skip
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            BundledDecision.objects.filter(pk=line.pk).update(**change)
        assert integrity.constraint_of(refused.value) in (
            "bundled_decision_stands", "bundled_decision_after_second_person",
        )  # fmt: skip
    approve("wang", request)
    with pytest.raises(DatabaseError), transaction.atomic():
        BundledDecision.objects.filter(pk=line.pk).update(
            state="WAITING", settled_by="", settled_at=None
        )


def test_no_more_comes_in_than_the_list_told(pairs):
    batch = pairs[0].batch
    first, second, known = made.row(batch), made.row(batch), made.person_row(batch)
    [request] = handed_in("li", [made.pair(second, known)])
    handed_in("zhao", [made.pair(first, second)])
    with pytest.raises(DomainError) as refused:
        approve("wang", request)
    assert refused.value.code == "more_comes_in"
