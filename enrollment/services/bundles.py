"""What of a packet waits for a second person: one request with the list of its decisions.

A packet that is handed in leaves at most two requests: what lies in the clerk's own areas, and what
reaches beyond them and is decided further up. The second person approves the list, or returns some
of it, each with a reason; what was returned is open work of its clerk again.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, override

from bureau.core import approvals
from bureau.core.actors import Actor, Scope, actor_of
from bureau.core.choices import ApprovalState, Role
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.models import ApprovalRequest, Staff
from enrollment.choices import DecisionStage, UndoCause, Verdict
from enrollment.choices.bundles import BundledState
from enrollment.models import (
    BundledDecision,
    CandidatePair,
    DecisionBundle,
    PairDecision,
    ReviewPacket,
    SecondAnswer,
    SecondLook,
)
from enrollment.rules.decisions import is_drawn
from enrollment.services import clearing, decision_jobs, review_terms
from enrollment.services.clearing import Weight

#: Kind under which the decisions of a packet are approved.
KIND: Final = "enrollment.packet_decisions"
#: Kind of requests from before, each about one pair.
SINGLE_KIND: Final = "enrollment.same_person"
SUMMARY: Final = {
    "packet": _("Packet"),
    "decisions": _("Judgements"),
    "same": _("Of them the same person"),
    "different": _("Of them two people with one number"),
    "overlaps": _("Coverages that would overlap"),
    "enters": _("Coverages that would come in"),
    "amount_left": _("Contributions on the left (yuan)"),
    "amount_right": _("Contributions on the right (yuan)"),
}
SINGLE_SUMMARY: Final = {
    "left": _("Left"),
    "right": _("Right"),
    "decision": _("Number of the decision"),
    **{key: SUMMARY[key] for key in ("overlaps", "enters", "amount_left", "amount_right")},
}
_NOTHING: Final = Weight(0, 0, Decimal(0), Decimal(0))


def hand_in(packet: ReviewPacket, *, by: Actor, at: datetime.datetime) -> int:
    """What was decided in the packet goes its way; returns how many decisions that were."""
    decided = list(
        clearing.in_effect(PairDecision.objects.filter(packet=packet))
        .exclude(verdict=Verdict.LATER)
        .exclude(steps__stage=DecisionStage.HANDED_IN)
        .select_related("by")
        .order_by("pk")
    )
    clearing.note(decided, DecisionStage.HANDED_IN, by=by, at=at)
    terms = review_terms.terms_on_record(at=at)
    drawn = [
        one
        for one in decided
        if not one.as_reviewer
        and is_drawn(one.pk, seed=terms.second_look_seed, share=terms.second_look_share)
    ]
    SecondLook.objects.bulk_create(SecondLook(decision=one, drawn_at=at) for one in drawn)
    forward([one for one in decided if one not in drawn], by=by, at=at)
    return len(decided)


def looked_at(decision: PairDecision, *, by: Actor, at: datetime.datetime) -> None:
    """A second person said the same: the decision goes on."""
    clearing.note([decision], DecisionStage.LOOKED_AT, by=by, at=at)
    forward([decision], by=by, at=at)


def forward(decisions: Sequence[PairDecision], *, by: Actor, at: datetime.datetime) -> None:
    """Decisions that change nobody's coverage are cleared; those that do, or that tell two people
    of one number apart, wait for approval."""
    weights = clearing.weigh([one.pk for one in decisions if one.verdict == Verdict.SAME])
    waiting = [
        one
        for one in decisions
        if one.holder or (one.pk in weights and weights[one.pk].changes_coverage)
    ]
    ask(waiting, weights, at=at)
    clearing.clear([one for one in decisions if one not in waiting], by=by, at=at)


def ask(
    decisions: Sequence[PairDecision], weights: Mapping[int, Weight], *, at: datetime.datetime
) -> list[ApprovalRequest]:
    """The decisions wait for a second person, those of one packet together."""
    pairs = CandidatePair.objects.select_related("area_a", "area_b").in_bulk(
        [one.pair_id for one in decisions]
    )
    groups: dict[tuple[int, bool], list[PairDecision]] = {}
    areas_of: dict[int, Scope] = {}
    for one in decisions:
        if one.by_id not in areas_of:
            clerk = actor_of(one.by, on=timezone.localtime(at).date())
            areas_of[one.by_id] = clerk.scope(Role.CLERK, Role.REVIEWER)
        own, pair = areas_of[one.by_id], pairs[one.pair_id]
        is_own = all(own.covers(area.path) for area in (pair.area_a, pair.area_b))
        groups.setdefault((one.packet_id, is_own), []).append(one)
    return [
        _ask_together(group, weights, [pairs[one.pair_id] for one in group], at=at)
        for group in groups.values()
    ]


def _ask_together(
    decisions: Sequence[PairDecision],
    weights: Mapping[int, Weight],
    pairs: Sequence[CandidatePair],
    *,
    at: datetime.datetime,
) -> ApprovalRequest:
    first = decisions[0]
    area = clearing.common_area([a for pair in pairs for a in (pair.area_a, pair.area_b)])
    told = [weights.get(one.pk, _NOTHING) for one in decisions]
    same = sum(one.verdict == Verdict.SAME for one in decisions)
    bundle = DecisionBundle.objects.create(packet_id=first.packet_id, made_at=at)
    request = approvals.request(
        KIND,
        bundle,
        title_facts={"packet": first.packet_id, "n": len(decisions)},
        area=area,
        by=first.by,
        at=at,
        summary={
            "packet": first.packet_id,
            "decisions": len(decisions),
            "same": same,
            "different": len(decisions) - same,
            "overlaps": sum(weight.overlaps for weight in told),
            "enters": sum(weight.enters for weight in told),
            "amount_left": f"{sum(weight.amount_left for weight in told):,.2f}",
            "amount_right": f"{sum(weight.amount_right for weight in told):,.2f}",
        },
        amount=sum((weight.amount for weight in told), Decimal(0)),
    )
    BundledDecision.objects.bulk_create(
        BundledDecision(
            bundle=bundle,
            approval=request,
            decision=one,
            overlaps=weight.overlaps,
            enters=weight.enters,
            amount_left=weight.amount_left,
            amount_right=weight.amount_right,
        )
        for one, weight in zip(decisions, told, strict=True)
    )
    return request


def say_title(request: ApprovalRequest) -> str:
    """How many decisions of which packet, and where."""
    text = ngettext(
        "%(n)s decision of packet %(packet)s, %(area)s",
        "%(n)s decisions of packet %(packet)s, %(area)s",
        request.title_facts["n"],
    )
    return text % {**request.title_facts, "area": request.area}


#: Rows that waited when they were said to be one person, of which one has a file now, and nobody
#: has been asked yet whether the other's coverage may come in.
FOLLOWERS: Final = """
    SELECT decision.id
    FROM enrollment_decisionstep done
    JOIN enrollment_pairdecision decision ON decision.id = done.decision_id
    JOIN enrollment_candidatepair pair ON pair.id = decision.pair_id
    LEFT JOIN enrollment_rosterlink a ON a.row_id = pair.row_a_id
    LEFT JOIN enrollment_rosterlink b ON b.row_id = pair.row_b_id
    WHERE done.stage = 'CARRIED_OUT' AND done.facts ->> 'outcome' = 'REMEMBERED'
      AND a.person_id IS DISTINCT FROM b.person_id
      -- A row for which another edition's row stands follows nobody: that one is covered.
      AND NOT EXISTS (SELECT FROM enrollment_rosterrow stood
                      WHERE stood.id IN (pair.row_a_id, pair.row_b_id)
                        AND stood.stands_by_id IS NOT NULL)
      AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo WHERE undo.decision_id = decision.id)
      AND NOT EXISTS (
          SELECT FROM enrollment_bundleddecision line
          WHERE line.decision_id = decision.id AND line.state IN ('WAITING', 'APPROVED'))
    ORDER BY decision.id LIMIT 200
"""


def ask_for_followers(*, at: datetime.datetime) -> int:
    """Rows that may follow one that was repaired wait for approval; returns how many."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(FOLLOWERS)
            numbers = [number for (number,) in cursor.fetchall()]
        decisions = PairDecision.objects.filter(pk__in=numbers).select_related("by").order_by("pk")
        ask(list(decisions), clearing.weigh(numbers), at=at)
    return len(numbers)


def decide(
    request_id: int,
    *,
    returned: Mapping[int, str],
    by: Staff,
    at: datetime.datetime,
    note: str = "",
) -> ApprovalRequest:
    """The decisions named are returned, each with its reason, and the others approved.

    Raises MovedOn when one of them does not wait in the request any more, and whatever
    `approvals.decide` raises.
    """
    waiting = set(
        BundledDecision.objects.filter(approval=request_id, state=BundledState.WAITING).values_list(
            "decision", flat=True
        )
    )
    if waiting and not set(returned) <= waiting:
        raise MovedOn(
            "decision_left_the_request",
            _("One of these decisions was taken back meanwhile; look at the list again."),
        )
    approve = not waiting or bool(waiting - set(returned))
    return approvals.decide(
        request_id,
        approve=approve,
        returned=returned,
        by=by,
        at=at,
        note=note or _what_was_returned(returned, len(waiting)),
    )


def _what_was_returned(returned: Mapping[int, str], count: int) -> str:
    if not returned:
        return ""
    with override(settings.LANGUAGE_CODE):
        text = ngettext(
            "%(n)s of %(count)s decisions returned: %(reasons)s",
            "%(n)s of %(count)s decisions returned: %(reasons)s",
            len(returned),
        )
        reasons = "; ".join(dict.fromkeys(reason.strip() for reason in returned.values()))
        return (text % {"n": len(returned), "count": count, "reasons": reasons})[:2000]


def line_waiting(decision: PairDecision) -> BundledDecision | None:
    """The decision's place in the request that waits for a second person."""
    return (
        BundledDecision.objects.filter(decision=decision, state=BundledState.WAITING)
        .select_related("approval")
        .first()
    )


def withdraw(line: BundledDecision, *, by: Staff, at: datetime.datetime) -> None:
    """The clerk takes one decision out of the request before it is approved; with the last one the
    request goes. Call it in a transaction."""
    # Whoever approves holds the request's row: one of the two comes first.
    request = ApprovalRequest.objects.select_for_update(of=("self",)).get(pk=line.approval_id)
    if request.state != ApprovalState.PENDING:
        raise clearing.decided_before(line.decision.pair, by=by)
    others = BundledDecision.objects.filter(approval=request, state=BundledState.WAITING).exclude(
        pk=line.pk
    )
    if not others.exists():
        # The request's own act takes the decision back.
        approvals.withdraw(request.pk, by=by, at=at)
        return
    _settle([line], BundledState.WITHDRAWN, by=by, at=at)
    clearing.reopen([line.decision], UndoCause.CLERK, {}, by=by, at=at)


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """A second person approved what waits: it is being carried out."""
    lines = _waiting_lines(request)
    _expect_uninvolved(request, by)
    _expect_no_more_comes_in(lines)
    _settle(lines, BundledState.APPROVED, by=by, at=at)
    decisions = [line.decision for line in lines]
    cleared = set(
        PairDecision.objects.filter(
            pk__in=[one.pk for one in decisions], steps__stage=DecisionStage.CLEARED
        ).values_list("pk", flat=True)
    )
    clearing.clear([one for one in decisions if one.pk not in cleared], by=Actor.of(by), at=at)
    if cleared:
        # Both rows waited when these were cleared; now that one has a file, the other may follow.
        decision_jobs.enqueue(by=by, at=at)


def on_some_returned(
    request: ApprovalRequest, reasons: Mapping[int, str], by: Staff, at: datetime.datetime
) -> None:
    """These decisions go back to their clerk, each with its reason; the others go on."""
    _expect_uninvolved(request, by)
    lines = [line for line in _waiting_lines(request) if line.decision_id in reasons]
    if len(lines) != len(reasons):
        raise MovedOn(
            "decision_left_the_request",
            _("One of these decisions was taken back meanwhile; look at the list again."),
        )
    _give_back(lines, reasons, by=by, at=at)


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The second person does not agree: the pairs are open again."""
    _expect_uninvolved(request, by)
    lines = BundledDecision.objects.filter(approval=request, state=BundledState.WAITING)
    if lines.exists():
        waiting = _waiting_lines(request)
        _give_back(waiting, {line.decision_id: request.note for line in waiting}, by=by, at=at)


def on_withdrawn(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The clerk took the decisions back before they were approved."""
    lines = _waiting_lines(request)
    _settle(lines, BundledState.WITHDRAWN, by=by, at=at)
    clearing.reopen([line.decision for line in lines], UndoCause.CLERK, {}, by=by, at=at)


def _waiting_lines(request: ApprovalRequest) -> list[BundledDecision]:
    """What waits in the request, its pairs locked in the order of their numbers."""
    lines = list(
        BundledDecision.objects.filter(approval=request, state=BundledState.WAITING)
        .select_related("decision__pair", "decision__by")
        .order_by("decision__pair")
    )
    pairs = CandidatePair.objects.filter(pk__in=[line.decision.pair_id for line in lines])
    list(pairs.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    standing = set(
        clearing.in_effect(
            PairDecision.objects.filter(pk__in=[line.decision_id for line in lines])
        ).values_list("pk", flat=True)
    )
    if not lines or len(standing) < len(lines):
        raise MovedOn(
            "decision_taken_back", _("The decision was taken back meanwhile; nothing was done.")
        )
    return lines


def _give_back(
    lines: Sequence[BundledDecision],
    reasons: Mapping[int, str],
    *,
    by: Staff,
    at: datetime.datetime,
) -> None:
    _settle(lines, BundledState.RETURNED, by=by, at=at, reasons=reasons)
    clearing.reopen([line.decision for line in lines], UndoCause.RETURNED, reasons, by=by, at=at)


def _settle(
    lines: Sequence[BundledDecision],
    state: BundledState,
    *,
    by: Staff,
    at: datetime.datetime,
    reasons: Mapping[int, str] | None = None,
) -> None:
    for line in lines:
        line.state, line.settled_at, line.settled_by = state, at, str(by)[:120]
        line.reason = (reasons or {}).get(line.decision_id, "").strip()[:500]
    BundledDecision.objects.bulk_update(lines, ["state", "settled_at", "settled_by", "reason"])


def workers_of(request: ApprovalRequest) -> set[str]:
    """Staff numbers of all who said a word on one of the pairs that wait in the request."""
    waiting = BundledDecision.objects.filter(approval=request, state=BundledState.WAITING)
    pairs = waiting.values("decision__pair")
    said = PairDecision.objects.filter(pair__in=pairs).exclude(verdict=Verdict.LATER)
    answered = SecondAnswer.objects.filter(look__decision__pair__in=pairs)
    return {
        *said.values_list("by_staff_no", flat=True),
        *answered.values_list("by_staff_no", flat=True),
    }


def _expect_uninvolved(request: ApprovalRequest, by: Staff) -> None:
    """Whoever said a word on one of the pairs approves none of them."""
    if by.staff_no in workers_of(request):
        raise OwnWork(
            "approval_not_by_who_judged",
            _(
                "You judged one of these pairs yourself before; another member of staff must "
                "decide this request."
            ),
        )


def _expect_no_more_comes_in(lines: Collection[BundledDecision]) -> None:
    """No coverage comes in that the second person was not told of.

    Rows that wait come along with the one they are said to be; that may be said after the asking.
    """
    same = {line.decision_id: line for line in lines if line.decision.verdict == Verdict.SAME}
    for decision, weight in clearing.weigh(list(same)).items():
        line = same[decision]
        if weight.enters > line.enters:
            raise DomainError(
                "more_comes_in",
                _(
                    "Pair %(pair)s: by decisions made since, %(now)s coverages would come in, not "
                    "%(told)s. Return it; the pair is then decided anew with all of them."
                ),
                pair=line.decision.pair_id,
                now=weight.enters,
                told=line.enters,
            )
