"""What a clerk says about a pair in hand, and taking it back.

Of two who decide one pair at once exactly one is heard: the pair is in one hand, its row is locked,
and the database keeps one decision in effect.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit
from bureau.core.actors import Actor
from bureau.core.errors import DomainError, MovedOn
from bureau.core.integrity import refusals
from bureau.core.models import ApprovalRequest, Staff
from bureau.core.transactions import whole
from enrollment.choices import (
    OPEN_PAIR_STATES,
    DecisionOutcome,
    DecisionStage,
    PairState,
    Side,
    UndoCause,
    ValueField,
    Verdict,
)
from enrollment.choices.bundles import NumberHolder
from enrollment.models import (
    CandidatePair,
    DecisionUndo,
    DoubleCase,
    PacketPair,
    PairDecision,
    RosterLink,
    SecondAnswer,
)
from enrollment.rules.decisions import one_number
from enrollment.services import bundles, clearing, decision_jobs, packets

#: Kind under which taking back what stands on the roll is approved.
UNDO_KIND: Final = "enrollment.undo_same"
UNDO_SUMMARY: Final = {
    "left": _("Left"),
    "right": _("Right"),
    "decision": _("Number of the decision"),
    "decided_by": _("Judged by"),
    "outcome": _("What it did"),
}
#: Two characters of Chinese say something; one does not.
SHORTEST_REASON: Final = 2

#: Decisions in effect that say the contrary of the same two people, by whatever rows.
CONTRARY: Final = """
    SELECT decision.id, decision.by_text, decision.at
    FROM enrollment_candidatepair pair
    JOIN enrollment_rosterlink a ON a.row_id = pair.row_a_id
    JOIN enrollment_rosterlink b ON b.row_id = pair.row_b_id
    JOIN enrollment_rosterlink x ON x.person_id = a.person_id
    JOIN enrollment_candidatepair other ON other.row_a_id = x.row_id OR other.row_b_id = x.row_id
    JOIN enrollment_rosterlink y
      ON y.row_id = CASE WHEN other.row_a_id = x.row_id THEN other.row_b_id ELSE other.row_a_id END
     AND y.person_id = b.person_id
    JOIN enrollment_pairdecision decision ON decision.pair_id = other.id
    WHERE pair.id = %(pair)s AND other.id <> pair.id AND decision.verdict = 'DIFFERENT'
      AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo WHERE undo.decision_id = decision.id)
    LIMIT 1
"""


@dataclass(frozen=True)
class Heard:
    """What came of it: a decision, or the answer of a second look with the first one beside it."""

    decision: PairDecision | None = None
    answer: SecondAnswer | None = None


def decide(
    pair_id: int,
    verdict: Verdict,
    *,
    reason: str = "",
    choices: Mapping[str, str] | None = None,
    holder: str = "",
    as_reviewer: bool = False,
    by: Staff,
    actor: Actor,
    at: datetime.datetime,
) -> Heard:
    """The clerk's word stands on record, and what it chose of the two sides' values.

    Whoever tells two people of one number apart says who holds it (`holder`), and why. Raises
    MovedOn, saying who has the pair or decided it, when it is not in the clerk's hand any
    more; DomainError when another decision says the contrary.
    """
    with refusals(), transaction.atomic():
        pair = CandidatePair.objects.select_for_update(of=("self",)).get(pk=pair_id)
        held = _in_hand_of(pair, by, at=at)
        packets.renew(held.packet, at=at)
        holder = _checked_holder(pair, verdict, holder, reason)
        if held.look_id is not None:
            return _second_answer(pair, held, verdict, reason, by=by, actor=actor, at=at)
        if pair.state not in OPEN_PAIR_STATES:
            raise clearing.decided_before(pair, by=by)
        if pair.state == PairState.DISPUTED:
            packets.expect_third(pair, by, as_reviewer=as_reviewer)
        if verdict != Verdict.LATER:
            _expect_no_contrary(pair, verdict)
        decision = PairDecision.objects.create(
            pair=pair,
            turn=PairDecision.objects.filter(pair=pair).count() + 1,
            verdict=verdict,
            reason=reason.strip()[:500],
            choices=_checked_choices(choices or {}) if verdict == Verdict.SAME else {},
            holder=holder,
            seen={"score": pair.score, "evidence": pair.evidence, "model": pair.model_version_id},
            as_reviewer=as_reviewer and pair.state == PairState.DISPUTED,
            packet=held.packet,
            by=by,
            by_staff_no=by.staff_no,
            by_text=actor.text,
            at=at,
        )
        _move(pair, PairState.LATER if verdict == Verdict.LATER else PairState.CHECKING, actor, at)
    return Heard(decision=decision)


def _in_hand_of(pair: CandidatePair, staff: Staff, *, at: datetime.datetime) -> PacketPair:
    held = (
        PacketPair.objects.select_for_update(of=("self",))
        .select_related("packet__staff", "look__decision")
        .filter(pair=pair, in_hand=True)
        .first()
    )
    if held is None:
        if pair.state in OPEN_PAIR_STATES:
            raise MovedOn("pair_not_in_hand", _("You do not have this pair in hand any more."))
        raise clearing.decided_before(pair, by=staff)
    if held.packet.staff_id != staff.pk:
        raise packets.in_other_hands(held.packet)
    if held.packet.lease_until < at:
        raise MovedOn(
            "packet_ran_out",
            _("The time of your packet ran out at %(at)s; take pairs anew."),
            at=clearing.instant(held.packet.lease_until),
        )
    return held


def _expect_no_contrary(pair: CandidatePair, verdict: Verdict) -> None:
    if verdict == Verdict.DIFFERENT:
        if _is_one_person(pair):
            raise DomainError(
                "pair_is_one_person",
                _("The two are one file by another decision; take that one back first."),
            )
        return
    with connection.cursor() as cursor:
        cursor.execute(CONTRARY, {"pair": pair.pk})
        found = cursor.fetchone()
    if found:
        raise DomainError(
            "contrary_decision",
            _(
                "%(who)s decided at %(at)s that these are two people (decision %(decision)s); take "
                "that back first."
            ),
            who=found[1],
            at=clearing.instant(found[2]),
            decision=found[0],
        )


def _is_one_person(pair: CandidatePair) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.person_id = b.person_id FROM enrollment_rosterlink a, enrollment_rosterlink b"
            " WHERE a.row_id = %s AND b.row_id = %s",
            [pair.row_a_id, pair.row_b_id],
        )
        found = cursor.fetchone()
    return bool(found and found[0])


def _checked_holder(pair: CandidatePair, verdict: Verdict, holder: str, reason: str) -> str:
    """Who holds the number that both rows bear, where two people are told apart; else nothing."""
    if verdict != Verdict.DIFFERENT or not has_one_number(pair):
        return ""
    if holder not in NumberHolder.values:
        raise DomainError(
            "number_needs_its_holder",
            _(
                "Both rows bear one identity number, and no two people do. Say whose it is; the "
                "other one goes to the list of numbers to be checked."
            ),
        )
    if len(reason.strip()) < SHORTEST_REASON:
        raise DomainError(
            "number_needs_a_reason",
            _("Say in the field for the reason how you know that these are two people."),
        )
    return holder


def has_one_number(pair: CandidatePair) -> bool:
    """Whether both rows bear one and the same identity number."""
    left, right = ((row.id_number, row.id_text) for row in (pair.row_a, pair.row_b))
    return one_number(left, right) is not None


def _checked_choices(choices: Mapping[str, str]) -> dict[str, str]:
    """Only known fields and sides are kept."""
    return {
        field: side
        for field, side in choices.items()
        if field in ValueField.values and side in Side.values
    }


def _move(pair: CandidatePair, state: PairState, actor: Actor, at: datetime.datetime) -> None:
    CandidatePair.objects.filter(pk=pair.pk).update(
        state=state, decided_by=actor.text, decided_at=at
    )


def _second_answer(
    pair: CandidatePair,
    held: PacketPair,
    verdict: Verdict,
    reason: str,
    *,
    by: Staff,
    actor: Actor,
    at: datetime.datetime,
) -> Heard:
    """The second person's word beside the first: alike, it goes on; else a reviewer decides."""
    look = held.look
    assert look is not None  # noqa: S101 (the caller looked)
    first = look.decision
    if DecisionUndo.objects.filter(decision=first).exists():
        PacketPair.objects.filter(pk=held.pk).update(in_hand=False)
        raise MovedOn(
            "decision_taken_back", _("The decision was taken back meanwhile; nothing was done.")
        )
    PacketPair.objects.filter(pk=held.pk).update(in_hand=False)
    if verdict == Verdict.LATER:
        # It waits for whoever takes it next.
        return Heard()
    answer = SecondAnswer.objects.create(
        look=look,
        verdict=verdict,
        agrees=verdict == first.verdict,
        reason=reason.strip()[:500],
        packet=held.packet,
        by=by,
        by_staff_no=by.staff_no,
        by_text=actor.text,
        at=at,
    )
    if answer.agrees:
        bundles.looked_at(first, by=actor, at=at)
    else:
        DecisionUndo.objects.create(
            decision=first,
            cause=UndoCause.SECOND_LOOK,
            reason=answer.reason,
            by=by,
            by_text=actor.text,
            at=at,
        )
        _move(pair, PairState.DISPUTED, actor, at)
    audit.record(
        "review.second_look", by=actor, at=at, target=pair, agrees=answer.agrees, first=first.pk
    )
    return Heard(decision=first, answer=answer)


def undo_last(packet_id: int, *, by: Staff, actor: Actor, at: datetime.datetime) -> CandidatePair:
    """The clerk's last decision of the packet is taken back and its pair is in hand as before.

    Raises DomainError when there is none.
    """
    with refusals(), transaction.atomic():
        last = (
            clearing.in_effect(PairDecision.objects.filter(packet=packet_id, by=by))
            .exclude(steps__stage=DecisionStage.HANDED_IN)
            .filter(pair__packet_pairs__packet=packet_id, pair__packet_pairs__in_hand=True)
            .select_related("pair")
            .order_by("-pk")
            .first()
        )
        if last is None:
            raise DomainError(
                "nothing_to_undo",
                _("There is nothing to undo here; open a pair handed in to take it back."),
            )
        pair = CandidatePair.objects.select_for_update(of=("self",)).get(pk=last.pair_id)
        _take_back(last, UndoCause.CLERK, "", by=by, actor=actor, at=at)
        packets.renew(last.packet, at=at)
    return pair


@whole
def take_back(
    pair_id: int, *, reason: str, by: Staff, actor: Actor, at: datetime.datetime
) -> ApprovalRequest | None:
    """The decision on the pair is taken back; the request, if a second person has to approve it.

    Approved must be the taking back of what was carried out, unless it did nothing because both
    rows wait. What stands on the roll by it is undone by a job. Raises MovedOn when there is no
    decision any more, DomainError without a reason for one that was handed in.
    """
    with refusals():
        pair = CandidatePair.objects.select_for_update(of=("self",)).get(pk=pair_id)
        decision = clearing.decision_of(pair_id)
        if decision is None:
            raise clearing.decided_before(pair, by=by)
        stages = {step.stage: step for step in decision.steps.all()}
        is_own_in_hand = DecisionStage.HANDED_IN not in stages and decision.by_id == by.pk
        if DecisionStage.HANDED_IN not in stages and not is_own_in_hand:
            raise packets.in_other_hands(decision.packet)
        if not is_own_in_hand and len(reason.strip()) < SHORTEST_REASON:
            raise DomainError("undo_needs_a_reason", _("Say why you take the decision back."))
        waiting = bundles.line_waiting(decision)
        if waiting is not None:
            if waiting.approval.maker_id != by.pk:
                raise DomainError(
                    "return_instead",
                    _("The decision waits for approval; return it there instead."),
                )
            bundles.withdraw(waiting, by=by, at=at)
            return None
        done = stages.get(DecisionStage.CARRIED_OUT)
        if done and needs_two_to_take_back(decision):
            _expect_no_case(pair)
            outcome = str(done.facts.get("outcome", ""))
            return _ask_to_undo(pair, decision, outcome, reason, by=by, at=at)
        _take_back(decision, UndoCause.CLERK, reason, by=by, actor=actor, at=at)
        if done:
            _move(pair, PairState.CHECKING, actor, at)
            decision_jobs.enqueue(by=actor, at=at)
    return None


def needs_two_to_take_back(decision: PairDecision) -> bool:
    """Whether a second person has to approve that the decision is taken back.

    What it did when it was carried out does not tell what it holds up today: rows that waited then
    may have followed, and a decision that did the same may be gone.
    """
    if not any(step.stage == DecisionStage.CARRIED_OUT for step in decision.steps.all()):
        return False
    return decision.verdict == Verdict.DIFFERENT or _is_one_person(decision.pair)


def case_in_the_way(pair: CandidatePair) -> DoubleCase | None:
    """What was decided about double enrollment because these are one person, if they are."""
    link = RosterLink.objects.filter(row=pair.row_a_id).first()
    is_one = link is not None and _is_one_person(pair)
    return clearing.double_case_of(link.person_id) if link and is_one else None


def _expect_no_case(pair: CandidatePair) -> None:
    """Nothing was decided about double enrollment because these are one person."""
    case = case_in_the_way(pair)
    if case is not None:
        raise clearing.case_comes_first(case)


def _take_back(
    decision: PairDecision,
    cause: UndoCause,
    reason: str,
    *,
    by: Staff,
    actor: Actor,
    at: datetime.datetime,
) -> None:
    DecisionUndo.objects.create(
        decision=decision,
        cause=cause,
        reason=reason.strip()[:500],
        by=by,
        by_text=actor.text,
        at=at,
    )
    CandidatePair.objects.filter(pk=decision.pair_id).update(
        **clearing.asked_again(by=actor.text, at=at)
    )
    audit.record("review.taken_back", by=actor, at=at, target=decision.pair, decision=decision.pk)


def _ask_to_undo(
    pair: CandidatePair,
    decision: PairDecision,
    outcome: str,
    reason: str,
    *,
    by: Staff,
    at: datetime.datetime,
) -> ApprovalRequest:
    both = CandidatePair.objects.select_related("row_a", "row_b", "area_a", "area_b").get(
        pk=pair.pk
    )
    return approvals.request(
        UNDO_KIND,
        pair,
        title_facts={"pair": pair.pk},
        area=clearing.common_area([both.area_a, both.area_b]),
        by=by,
        at=at,
        summary={
            "left": clearing.who(both.row_a, both.area_a),
            "right": clearing.who(both.row_b, both.area_b),
            "decision": decision.pk,
            "decided_by": decision.by_text,
            "outcome": str(DecisionOutcome(outcome).label),
        },
        reason=reason.strip(),
        amount=(
            clearing.weigh([decision.pk])[decision.pk].amount
            if decision.verdict == Verdict.SAME
            else None
        ),
    )


def say_undo_title(request: ApprovalRequest) -> str:
    text = gettext("Take back a decision on the roll (pair %(pair)s)")
    return text % dict(request.title_facts)


def on_undo_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """A second person approved: the decision is no longer in effect, a job undoes what it did."""
    pair = CandidatePair.objects.select_for_update(of=("self",)).get(pk=request.target_id)
    decision = clearing.decision_of(pair.pk)
    if decision is None or decision.pk != request.summary.get("decision"):
        raise MovedOn(
            "decision_taken_back", _("The decision was taken back meanwhile; nothing was done.")
        )
    _expect_no_case(pair)
    DecisionUndo.objects.create(
        decision=decision,
        cause=UndoCause.REQUEST,
        reason=request.reason[:500],
        by=request.maker,
        by_text=str(request.maker)[:120],
        at=at,
        approval=request,
    )
    _move(pair, PairState.CHECKING, Actor.of(by), at)
    decision_jobs.enqueue(by=by, at=at)
