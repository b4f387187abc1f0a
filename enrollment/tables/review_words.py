"""Decisions, packets and figures of the review in words."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bureau.core import masking
from bureau.ui import formatting
from bureau.ui.statuses import Status, register, status_of
from enrollment.choices import (
    OPEN_PAIR_STATES,
    DecisionOutcome,
    DecisionStage,
    PairState,
    RowMoveState,
    UndoCause,
    Verdict,
)
from enrollment.choices.bundles import NumberHolder
from enrollment.models import CandidatePair, PairDecision, SecondAnswer
from enrollment.rules import matching
from enrollment.tables.rosters import EVIDENCE

KEYS: Final = (
    ("j", gettext_lazy("Next pair")),
    ("k", gettext_lazy("Previous pair")),
    ("1", gettext_lazy("Keep the left value of the marked field")),
    ("2", gettext_lazy("Keep the right value of the marked field")),
    ("m", gettext_lazy("The same person")),
    ("n", gettext_lazy("Not the same person")),
    ("s", gettext_lazy("Decide later")),
    ("u", gettext_lazy("Take back the last decision of the packet")),
)
#: Keys for whose number it is, on pairs whose rows bear one and the same.
HOLDER_KEYS: Final = {
    NumberHolder.LEFT: "3",
    NumberHolder.RIGHT: "4",
    NumberHolder.UNKNOWN: "5",
}
#: The order of work, as the help on keys tells it before the keys.
ORDER: Final = (
    gettext_lazy("Decide each pair of the packet: m, n or s; u takes the last word back."),
    gettext_lazy("Hand the packet in: from then on your decisions count."),
    gettext_lazy("What changes coverage, and a drawn share, is checked by a second person."),
    gettext_lazy("A job applies what was checked; what is returned comes back to you."),
)
#: The way of a decision on a pair.
STEPS: Final = (
    gettext_lazy("Decide"),
    pgettext_lazy("step", "Handed in"),
    pgettext_lazy("step", "Checked"),
    pgettext_lazy("step", "Applied"),
)
_STEP_TEXTS: Final = {
    1: gettext_lazy(
        "Your decision counts once you hand the packet in; until then you can take it back by u."
    ),
    2: gettext_lazy(
        "Decided, not handed in yet: it counts once the packet is handed in, or when its time runs "
        "out."
    ),
    3: gettext_lazy("Handed in: a second person checks it before anything changes."),
    4: gettext_lazy("Checked: a job is applying it."),
    5: gettext_lazy("Applied. It can be taken back at any time, with a reason."),
}
ACTS: Final = {
    "review.packet_taken": gettext_lazy("Packet of pairs taken"),
    "review.packet_closed": gettext_lazy("Packet of pairs closed"),
    "review.pair_taken": gettext_lazy("Pair taken in hand"),
    "review.returned_taken": gettext_lazy("Returned pairs taken in hand"),
    "review.taken_back": gettext_lazy("Decision taken back"),
    "review.second_look": gettext_lazy("Looked at a second time"),
    "review.row_move_asked": gettext_lazy("Asked to move a row"),
    "review.terms": gettext_lazy("Terms of review changed"),
    "people.decisions_carried_out": gettext_lazy("Decisions carried out"),
    "people.many_looks": pgettext_lazy("act", "Looked at unusually many people"),
    "people.looks_elsewhere": pgettext_lazy("act", "Looked at many people of other areas"),
    "people.row_moved": gettext_lazy("Row moved to another file"),
}


def keys_of(*, has_holders: bool) -> Sequence[tuple[str, Any]]:
    """The keys of a pair's page, with those for the holder where the rows bear one number."""
    if not has_holders:
        return KEYS
    return (*KEYS, *((key, holder.label) for holder, key in HOLDER_KEYS.items()))


def register_tones() -> None:
    """States of pairs and of wishes to move rows have their tones on every page."""
    register(
        PairState,
        {
            PairState.OPEN: "caution",
            PairState.LATER: "calm",
            PairState.DISPUTED: "bad",
            PairState.CHECKING: "active",
            PairState.SAME: "good",
            PairState.DIFFERENT: "calm",
            PairState.ANSWERED: "calm",
            PairState.VOID: "calm",
            PairState.TOLD: "calm",
        },
    )
    register(
        RowMoveState,
        {
            RowMoveState.ASKED: "active",
            RowMoveState.APPROVED: "active",
            RowMoveState.DONE: "good",
            RowMoveState.DROPPED: "calm",
        },
    )


def step_of(pair: CandidatePair, decisions: Sequence[PairDecision]) -> int:
    """Which step of the way is the next one; one more than there are when all are done, none where
    nobody is to decide."""
    last = next(
        (
            one
            for one in decisions
            if getattr(one, "undo", None) is None and one.verdict != Verdict.LATER
        ),
        None,
    )
    if pair.state in OPEN_PAIR_STATES:
        return 1
    if last is None:
        return 0
    stages = {step.stage for step in last.steps.all()}
    if DecisionStage.CARRIED_OUT in stages:
        return 5
    if DecisionStage.CLEARED in stages:
        return 4
    return 3 if DecisionStage.HANDED_IN in stages else 2


def step_text(step: int) -> str:
    """What has become true, and what comes next."""
    return str(_STEP_TEXTS.get(step, ""))


NUMBER_HELD: Final = gettext_lazy(
    "An identity number of the file stays ended, because another person has it by now: find out "
    "whose it is."
)


@dataclasses.dataclass(frozen=True)
class DecisionLine:
    """One decision on a pair: what, who, when, why, and what became of it."""

    number: int
    verdict: str
    who: str
    at: Any
    reason: str
    status: Status
    came_of_it: str


def decision_line(decision: PairDecision) -> DecisionLine:
    undo = getattr(decision, "undo", None)
    stages = {step.stage: step for step in decision.steps.all()}
    done = stages.get(DecisionStage.CARRIED_OUT)
    if undo is not None:
        is_waiting = done is not None and DecisionStage.REVERTED not in stages
        status = (
            Status(_("Being taken back"), "active")
            if is_waiting
            else Status(_("Taken back"), "calm")
        )
        cause = formatting.choice_label(UndoCause, undo.cause)
        told = " · ".join(
            filter(
                None,
                [
                    cause,
                    undo.by_text,
                    formatting.instant(undo.at),
                    masking.numbers_in(undo.reason, free=True),
                ],
            )
        )
        reverted = stages.get(DecisionStage.REVERTED)
        if reverted is not None and reverted.facts.get("number_held"):
            told = f"{told} · {NUMBER_HELD}"
    elif done is not None:
        status = Status(_("Carried out"), "good")
        told = formatting.choice_label(DecisionOutcome, done.facts.get("outcome", ""))
    elif DecisionStage.CLEARED in stages:
        status, told = Status(_("Cleared"), "active"), ""
    elif decision.verdict == Verdict.LATER:
        status, told = Status(_("Put off"), "calm"), ""
    elif DecisionStage.HANDED_IN in stages:
        status, told = Status(_("Waits for a second person"), "active"), ""
    else:
        status, told = Status(_("In a packet"), "active"), ""
    return DecisionLine(
        number=decision.pk,
        verdict=str(decision.get_verdict_display()),
        who=decision.by_text,
        at=decision.at,
        reason=masking.numbers_in(decision.reason, free=True),
        status=status,
        came_of_it=told,
    )


_WEIGHTS: Final[Mapping[str, float]] = {
    str(code): bits for code, bits in (*matching.BITS.items(), *matching.NAME_BITS.items())
}
#: Weights of names are told against all people; few are called alike, so these speak for it.
_NAMES_FOR: Final = frozenset({"NAME_EQUAL", "NAME_SOUND"})
#: What a person has to look at is never certain, however much speaks for it.
MOST: Final = Decimal("0.999")


def speaks(code: str) -> float:
    """Above 0 if the evidence speaks for one person, below 0 if against, 0 if it says nothing."""
    return 1 if code in _NAMES_FOR else _WEIGHTS.get(code, 0)


def speaks_against(pair: CandidatePair) -> str:
    """What speaks against the pair, in words."""
    return " · ".join(str(EVIDENCE.get(code, code)) for code in pair.evidence if speaks(code) < 0)


def score_of(pair: CandidatePair) -> Decimal:
    """The score as it is shown: rounded down, and never a certainty."""
    return min(Decimal(str(pair.score)).quantize(MOST, ROUND_FLOOR), MOST)


def waits_for(pair: CandidatePair, *, in_hand: bool, handed_in: bool | None) -> str:
    """Who acts next on the pair; `handed_in` is None where no decision is in effect."""
    if pair.state == PairState.DISPUTED:
        return _("A reviewer")
    if pair.state in OPEN_PAIR_STATES:
        return _("The clerk who has it in hand") if in_hand else _("A clerk of the area")
    if pair.state != PairState.CHECKING:
        return ""
    if handed_in is None:
        return _("The portal, which carries it out")
    return _("A second person") if handed_in else _("The clerk, who hands the packet in")


@dataclasses.dataclass(frozen=True)
class PairLink:
    """Another pair with one of the two sides."""

    url: str
    number: int
    score: str
    areas: str
    status: Status


def pair_link(pair: CandidatePair) -> PairLink:
    return PairLink(
        url=reverse("enrollment:review-pair", args=[pair.pk]),
        number=pair.pk,
        score=formatting.percent(score_of(pair)),
        areas=areas_of(pair),
        status=status_of(PairState, pair.state),
    )


def areas_of(pair: CandidatePair) -> str:
    """The area of both rows, or the two areas."""
    if pair.area_a_id == pair.area_b_id:
        return str(pair.area_a)
    return f"{pair.area_a} · {pair.area_b}"


def what_the_second_look_says(answer: SecondAnswer) -> str:
    """For the second person, now that the own word stands: what was said first."""
    first = answer.look.decision
    facts = {"who": first.by_text, "said": str(first.get_verdict_display())}
    if answer.agrees:
        return _("This was a second look: %(who)s had said the same (%(said)s).") % facts
    return _("This was a second look: %(who)s had said “%(said)s”. A reviewer decides now.") % facts
