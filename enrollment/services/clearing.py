"""From a decision to its effect: handed in, perhaps looked at twice or approved, then cleared.

What a clerk decided is carried out by a job once it is cleared. Who is drawn by lot, and what
changes coverage or money, waits for a second person first.
"""

import datetime
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Case, Exists, OuterRef, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from bureau.core import approvals, masking
from bureau.core.actors import Actor
from bureau.core.choices import ApprovalState
from bureau.core.errors import DomainError, MovedOn
from bureau.core.models import ApprovalRequest, Area, Staff
from enrollment.choices import DecisionStage, PairState, UndoCause, Verdict
from enrollment.choices.double import CaseState
from enrollment.models import (
    CandidatePair,
    DecisionStep,
    DecisionUndo,
    DoubleCase,
    PairDecision,
    ReviewPacket,
    RosterRow,
    SecondLook,
)
from enrollment.rules.decisions import is_drawn
from enrollment.selectors import double_enrollment
from enrollment.services import decision_jobs, review_terms

#: Kind under which the effect of "the same person" is approved.
KIND: Final = "enrollment.same_person"
SUMMARY: Final = {
    "left": _("Left"),
    "right": _("Right"),
    "decision": _("Number of the decision"),
    "overlaps": _("Coverages that would overlap"),
    "enters": _("Coverages that would come in"),
    "amount_left": _("Contributions on the left (yuan)"),
    "amount_right": _("Contributions on the right (yuan)"),
}
#: What two sides have, and what of it covers the same days. A waiting row brings what it says, and
#: so do the waiting rows that are said to be the same person as it.
WEIGHT: Final = """
    WITH RECURSIVE side AS (
        SELECT decision.id AS decision, side.name, side.row_id, link.person_id
        FROM enrollment_pairdecision decision
        JOIN enrollment_candidatepair pair ON pair.id = decision.pair_id
        CROSS JOIN LATERAL (VALUES ('LEFT', pair.row_a_id), ('RIGHT', pair.row_b_id))
                   AS side(name, row_id)
        LEFT JOIN enrollment_rosterlink link ON link.row_id = side.row_id
        WHERE decision.id = ANY (%(decisions)s)
    ),
    covered AS (
        SELECT side.decision, side.name, spell.id, spell.period, spell.contribution_amount
        FROM side JOIN enrollment_coveragespell spell
          ON spell.person_id = side.person_id AND spell.state IN ('IN_FORCE', 'DOUBLE')
    ),
    meeting AS (
        SELECT DISTINCT one.decision, one.name, one.id, one.contribution_amount
        FROM covered one
        JOIN covered other ON other.decision = one.decision AND other.name <> one.name
                          AND other.id <> one.id AND other.period && one.period
    ),
    waiting AS (
        SELECT decision, name, row_id FROM side WHERE person_id IS NULL
        UNION
        SELECT waiting.decision, waiting.name, other.row_id
        FROM waiting
        JOIN enrollment_candidatepair pair
          ON pair.row_a_id = waiting.row_id OR pair.row_b_id = waiting.row_id
        JOIN enrollment_pairdecision same
          ON same.pair_id = pair.id AND same.verdict = 'SAME' AND same.id <> waiting.decision
         AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo WHERE undo.decision_id = same.id)
        CROSS JOIN LATERAL (VALUES (pair.row_a_id), (pair.row_b_id)) AS other(row_id)
        WHERE NOT EXISTS (SELECT FROM enrollment_rosterlink link WHERE link.row_id = other.row_id)
    )
    SELECT side.decision, side.name, side.person_id,
           (SELECT count(*) FROM waiting
            WHERE waiting.decision = side.decision AND waiting.name = side.name),
           (SELECT coalesce(sum(staged.amount), 0) FROM waiting
            JOIN enrollment_rosterrow staged ON staged.id = waiting.row_id
            WHERE waiting.decision = side.decision AND waiting.name = side.name),
           (SELECT count(*) FROM meeting
            WHERE meeting.decision = side.decision AND meeting.name = side.name),
           (SELECT coalesce(sum(contribution_amount), 0) FROM meeting
            WHERE meeting.decision = side.decision AND meeting.name = side.name)
    FROM side
"""


class Weight(NamedTuple):
    """What carrying a decision out would do to coverage and money."""

    overlaps: int
    enters: int
    amount_left: Decimal
    amount_right: Decimal

    @property
    def changes_coverage(self) -> bool:
        return bool(self.overlaps or self.enters)

    @property
    def amount(self) -> Decimal:
        return self.amount_left + self.amount_right


def instant(at: datetime.datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


def decided_before(pair: CandidatePair) -> MovedOn:
    """Who decided what and when, for the one who comes too late; nothing while it is checked."""
    if pair.state == PairState.OPEN:
        return MovedOn("pair_is_open", _("The pair is open again."))
    return MovedOn(
        "pair_decided_before",
        _("%(who)s was faster at %(at)s. The pair is now: %(state)s."),
        who=pair.decided_by,
        at=instant(pair.decided_at),
        state=str(pair.get_state_display()),
    )


class _Side(NamedTuple):
    person: int | None
    rows_waiting: int
    amount_waiting: Decimal
    overlaps: int
    amount_meeting: Decimal


def weigh(decisions: Collection[int]) -> dict[int, Weight]:
    """For each decision "the same person", what it would change."""
    sides: dict[int, dict[str, _Side]] = {}
    with connection.cursor() as cursor:
        cursor.execute(WEIGHT, {"decisions": list(decisions)})
        for decision, name, *figures in cursor.fetchall():
            sides.setdefault(decision, {})[name] = _Side(*figures)
    return {decision: _weight_of(both["LEFT"], both["RIGHT"]) for decision, both in sides.items()}


def _weight_of(left: _Side, right: _Side) -> Weight:
    if left.person is not None and right.person is not None:
        if left.person == right.person:
            return Weight(0, 0, Decimal(0), Decimal(0))
        overlaps = left.overlaps + right.overlaps
        return Weight(overlaps, 0, left.amount_meeting, right.amount_meeting)
    if left.person is None and right.person is None:
        # Both wait: nothing comes in before one of them is known.
        return Weight(0, 0, Decimal(0), Decimal(0))
    enters = left.rows_waiting + right.rows_waiting
    return Weight(0, enters, left.amount_waiting, right.amount_waiting)


def hand_in(packet: ReviewPacket, *, by: Actor, at: datetime.datetime) -> int:
    """What was decided in the packet goes its way; returns how many decisions that were."""
    decided = list(
        in_effect(PairDecision.objects.filter(packet=packet))
        .exclude(verdict=Verdict.LATER)
        .exclude(steps__stage=DecisionStage.HANDED_IN)
        .order_by("pk")
    )
    _note(decided, DecisionStage.HANDED_IN, by=by, at=at)
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


def in_effect(decisions: models.QuerySet[PairDecision]) -> models.QuerySet[PairDecision]:
    """Those of the decisions that nobody took back."""
    return decisions.exclude(Exists(DecisionUndo.objects.filter(decision=OuterRef("pk"))))


def forward(decisions: Sequence[PairDecision], *, by: Actor, at: datetime.datetime) -> None:
    """Decisions that change nobody's coverage are cleared, the others wait for approval."""
    weights = weigh([one.pk for one in decisions if one.verdict == Verdict.SAME])
    waiting = [one for one in decisions if one.pk in weights and weights[one.pk].changes_coverage]
    for one in waiting:
        _ask_for_approval(one, weights[one.pk], at=at)
    clear([one for one in decisions if one not in waiting], by=by, at=at)


def _ask_for_approval(decision: PairDecision, weight: Weight, *, at: datetime.datetime) -> None:
    pair = CandidatePair.objects.select_related("row_a", "row_b", "area_a", "area_b").get(
        pk=decision.pair_id
    )
    with override(settings.LANGUAGE_CODE):
        title = _("The same person: %(left)s and %(right)s (pair %(pair)s)") % {
            "left": masking.name(pair.row_a.name),
            "right": masking.name(pair.row_b.name),
            "pair": pair.pk,
        }
    approvals.request(
        KIND,
        pair,
        title=str(title),
        area=common_area([pair.area_a, pair.area_b]),
        by=decision.by,
        at=at,
        summary={
            "left": who(pair.row_a, pair.area_a),
            "right": who(pair.row_b, pair.area_b),
            "decision": decision.pk,
            "overlaps": weight.overlaps,
            "enters": weight.enters,
            "amount_left": f"{weight.amount_left:,.2f}",
            "amount_right": f"{weight.amount_right:,.2f}",
        },
        reason=decision.reason,
        amount=weight.amount,
    )


def who(row: RosterRow, area: Area) -> str:
    """One side in short for the second person: the name masked, and the area.

    The number stands on the pair's page, where who looks is put on record.
    """
    told = (masking.name(row.name), str(area))
    return " · ".join(filter(None, told))


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
      AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo WHERE undo.decision_id = decision.id)
      AND NOT EXISTS (
          SELECT FROM core_approvalrequest request
          WHERE request.kind = %(kind)s AND request.state IN ('PENDING', 'APPROVED')
            AND request.target_id = pair.id
            AND (request.summary ->> 'decision')::bigint = decision.id)
    ORDER BY decision.id LIMIT 200
"""


def ask_for_followers(*, at: datetime.datetime) -> int:
    """Rows that may follow one that was repaired wait for approval; returns how many."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(FOLLOWERS, {"kind": KIND})
            numbers = [number for (number,) in cursor.fetchall()]
        weights = weigh(numbers)
        for one in PairDecision.objects.filter(pk__in=numbers).select_related("by"):
            _ask_for_approval(one, weights[one.pk], at=at)
    return len(numbers)


def double_case_of(person: int) -> DoubleCase | None:
    """A decided or submitted case of double enrollment that builds on who this person is."""
    states = [CaseState.SUBMITTED, CaseState.DECIDED, CaseState.CONTESTED]
    return double_enrollment.cases_of(person).filter(state__in=states).order_by("pk").first()


def case_comes_first(case: DoubleCase) -> DomainError:
    return DomainError(
        "double_case_comes_first",
        _(
            "Case %(case)s of double enrollment builds on this being one person; take that "
            "decision back first."
        ),
        case=str(case),
    )


def common_area(areas: Iterable[Area]) -> Area:
    """The lowest area under which all of these lie: whoever decides there sees both sides."""
    codes = [area.path.strip("/").split("/") for area in areas]
    shared = []
    for level in zip(*codes, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return Area.objects.get(code=shared[-1])


def clear(decisions: Sequence[PairDecision], *, by: Actor, at: datetime.datetime) -> None:
    """The decisions are final and the job carries them out."""
    if not decisions:
        return
    _note(decisions, DecisionStage.CLEARED, by=by, at=at)
    for verdict, state in (
        (Verdict.SAME, PairState.SAME),
        (Verdict.DIFFERENT, PairState.DIFFERENT),
    ):
        pairs = [one.pair_id for one in decisions if one.verdict == verdict]
        CandidatePair.objects.filter(pk__in=pairs).update(state=state)
    decision_jobs.enqueue(by=by, at=at)


def _note(
    decisions: Sequence[PairDecision],
    stage: DecisionStage,
    *,
    by: Actor,
    at: datetime.datetime,
) -> None:
    DecisionStep.objects.bulk_create(
        DecisionStep(decision=one, stage=stage, by_text=by.text, at=at) for one in decisions
    )


def looked_at(decision: PairDecision, *, by: Actor, at: datetime.datetime) -> None:
    """A second person said the same: the decision goes on."""
    _note([decision], DecisionStage.LOOKED_AT, by=by, at=at)
    forward([decision], by=by, at=at)


def asked_again(*, by: str, at: datetime.datetime) -> dict[str, Case]:
    """Fields of pairs that are to be decided again; by a reviewer where two differed before."""
    differed = Exists(
        DecisionUndo.objects.filter(
            decision__pair=OuterRef("pk"),
            cause__in=[UndoCause.SECOND_LOOK, UndoCause.CONTRADICTION],
        )
    )
    disputed = {"state": PairState.DISPUTED.value, "decided_by": by[:120], "decided_at": at}
    is_open = {"state": PairState.OPEN.value, "decided_by": "", "decided_at": None}
    fields: dict[str, Any] = {name: CandidatePair._meta.get_field(name) for name in disputed}
    return {
        name: Case(
            When(differed, then=Value(disputed[name], output_field=fields[name])),
            default=Value(is_open[name], output_field=fields[name]),
        )
        for name in disputed
    }


def decision_of(pair_id: int) -> PairDecision | None:
    """The decision on the pair that is in effect, if there is one."""
    found = in_effect(PairDecision.objects.filter(pair=pair_id)).exclude(verdict=Verdict.LATER)
    return found.select_related("by", "packet", "pair").first()


def pending_request(pair: CandidatePair, kind: str) -> ApprovalRequest | None:
    """The request about the pair that waits for a second person."""
    return ApprovalRequest.objects.filter(
        kind=kind,
        target_label=pair._meta.label_lower,
        target_id=pair.pk,
        state=ApprovalState.PENDING,
    ).first()


def on_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """A second person approved the effect: it is being carried out."""
    decision = _decision_of_request(request)
    _expect_no_more_comes_in(request, decision)
    if decision.steps.filter(stage=DecisionStage.CLEARED).exists():
        # Both rows waited when it was cleared; now that one has a file, the other may follow.
        decision_jobs.enqueue(by=by, at=at)
        return
    clear([decision], by=Actor.of(by), at=at)


def _expect_no_more_comes_in(request: ApprovalRequest, decision: PairDecision) -> None:
    """No coverage comes in that the second person was not told of.

    Rows that wait come along with the one they are said to be; that may be said after the asking.
    """
    enters = weigh([decision.pk])[decision.pk].enters
    told = int(request.summary.get("enters", 0))
    if enters > told:
        raise DomainError(
            "more_comes_in",
            _(
                "By decisions made since, %(now)s coverages would come in, not %(told)s. Return "
                "this request; the pair is then decided anew with all of them."
            ),
            now=enters,
            told=told,
        )


def on_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The second person does not agree: the pair is open again."""
    _reopen(_decision_of_request(request), UndoCause.RETURNED, request.note, by=by, at=at)


def on_withdrawn(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The clerk took the decision back before it was approved."""
    _reopen(_decision_of_request(request), UndoCause.CLERK, "", by=by, at=at)


def _decision_of_request(request: ApprovalRequest) -> PairDecision:
    CandidatePair.objects.select_for_update(of=("self",)).get(pk=request.target_id)
    decision = decision_of(request.target_id)
    if decision is None or decision.pk != request.summary.get("decision"):
        raise MovedOn(
            "decision_taken_back", _("The decision was taken back meanwhile; nothing was done.")
        )
    return decision


def _reopen(
    decision: PairDecision, cause: UndoCause, reason: str, *, by: Staff, at: datetime.datetime
) -> None:
    DecisionUndo.objects.create(
        decision=decision, cause=cause, reason=reason[:500], by=by, by_text=str(by)[:120], at=at
    )
    CandidatePair.objects.filter(pk=decision.pair_id).update(**asked_again(by=str(by), at=at))
