"""What decisions on pairs would do, and from which stage to which they come.

What a clerk decided is carried out by a job once it is cleared. What is drawn by lot, and what
changes coverage or money, waits for a second person first (`services.bundles`).
"""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection, models
from django.db.models import Case, Exists, OuterRef, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bureau.core import masking
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
    RosterRow,
    SecondAnswer,
)
from enrollment.selectors import double_enrollment
from enrollment.services import decision_jobs

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


def decided_before(pair: CandidatePair, *, by: Staff) -> MovedOn:
    """Who decided what and when, for the one who comes too late; nothing while it is checked.

    Whoever decided it in another window is told just that.
    """
    if pair.state == PairState.OPEN:
        return MovedOn("pair_is_open", _("The pair is open again."))
    state = str(pair.get_state_display())
    own = _own_word(pair, by)
    if own is not None:
        return MovedOn(
            "pair_decided_by_yourself",
            _(
                "You decided this pair yourself at %(at)s, in another window: %(said)s. The pair "
                "is now: %(state)s."
            ),
            is_own=True,
            at=instant(own.at),
            said=str(own.get_verdict_display()),
            state=state,
        )
    return MovedOn(
        "pair_decided_before",
        _("%(who)s was faster at %(at)s. The pair is now: %(state)s."),
        who=pair.decided_by,
        at=instant(pair.decided_at),
        state=state,
    )


def _own_word(pair: CandidatePair, by: Staff) -> PairDecision | SecondAnswer | None:
    """The decision in effect, or the second look at it, where it is this one's own."""
    last = decision_of(pair.pk)
    if last is None or last.by_id == by.pk:
        return last
    return SecondAnswer.objects.filter(look__decision=last, by=by).first()


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


def in_effect(decisions: models.QuerySet[PairDecision]) -> models.QuerySet[PairDecision]:
    """Those of the decisions that nobody took back."""
    return decisions.exclude(Exists(DecisionUndo.objects.filter(decision=OuterRef("pk"))))


def who(row: RosterRow, area: Area) -> str:
    """One side in short for the second person: the name masked, and the area.

    The number stands on the pair's page, where who looks is put on record.
    """
    told = (masking.name(row.name), str(area))
    return " · ".join(filter(None, told))


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
    note(decisions, DecisionStage.CLEARED, by=by, at=at)
    for verdict, state in (
        (Verdict.SAME, PairState.SAME),
        (Verdict.DIFFERENT, PairState.DIFFERENT),
    ):
        pairs = [one.pair_id for one in decisions if one.verdict == verdict]
        CandidatePair.objects.filter(pk__in=pairs).update(state=state)
    decision_jobs.enqueue(by=by, at=at)


def note(
    decisions: Sequence[PairDecision],
    stage: DecisionStage,
    *,
    by: Actor,
    at: datetime.datetime,
) -> None:
    """The decisions have reached the stage."""
    DecisionStep.objects.bulk_create(
        DecisionStep(decision=one, stage=stage, by_text=by.text, at=at) for one in decisions
    )


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


def reopen(
    decisions: Sequence[PairDecision],
    cause: UndoCause,
    reasons: Mapping[int, str],
    *,
    by: Staff,
    at: datetime.datetime,
) -> None:
    """The decisions are no longer in effect, and their pairs are asked about again."""
    DecisionUndo.objects.bulk_create(
        DecisionUndo(
            decision=one,
            cause=cause,
            reason=reasons.get(one.pk, "").strip()[:500],
            by=by,
            by_text=str(by)[:120],
            at=at,
        )
        for one in decisions
    )
    CandidatePair.objects.filter(pk__in=[one.pair_id for one in decisions]).update(
        **asked_again(by=str(by), at=at)
    )
