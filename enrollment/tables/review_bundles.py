"""Decisions before a second person in words: both rows beside each other, the word, its effect."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bureau.core import masking
from bureau.ui import formatting
from bureau.ui.masking import masked_name
from bureau.ui.statuses import Status, register, status_of
from enrollment.choices import UndoCause, ValueField, Verdict
from enrollment.choices.bundles import BundledState, NumberHolder
from enrollment.models import BundledDecision, CandidatePair, PairDecision, RosterRow
from enrollment.selectors.review import Side
from enrollment.tables import review_words
from enrollment.tables.review_pair import Line, lines_of

#: Fields that are always shown; of the others those in which the two rows differ.
ALWAYS = (ValueField.NAME, ValueField.NUMBER, ValueField.BIRTH, "sex")


def register_tones() -> None:
    """States of decisions within requests have their tones on every page."""
    register(
        BundledState,
        {
            BundledState.WAITING: "active",
            BundledState.APPROVED: "good",
            BundledState.RETURNED: "bad",
        },
    )


@dataclasses.dataclass(frozen=True)
class BundleLine:
    """One decision: the pair, what differs, the word and why, what it would do, where it stands.

    The last four are what the second person entered before the form was refused.
    """

    number: int
    pair: int
    url: str
    areas: str
    score: str
    against: str
    fields: Sequence[Line]
    verdict: Status
    holder: str
    reason: str
    effect: str
    status: Status
    is_waiting: bool
    came_of_it: str
    is_marked: bool = False
    reason_entered: str = ""
    is_missing: bool = False
    takes_focus: bool = False


def bundle_line(line: BundledDecision) -> BundleLine:
    decision = line.decision
    pair = decision.pair
    sides = (Side(pair.row_a, pair.area_a), Side(pair.row_b, pair.area_b))
    fields = lines_of(sides, revealed=False)
    return BundleLine(
        number=decision.pk,
        pair=pair.pk,
        url=reverse("enrollment:review-pair", args=[pair.pk]),
        areas=review_words.areas_of(pair),
        score=formatting.percent(review_words.score_of(pair)),
        against=review_words.speaks_against(pair) or formatting.ABSENT,
        fields=[one for one in fields if one.key in ALWAYS or one.differs],
        verdict=Status(
            decision.get_verdict_display(), "good" if decision.verdict == Verdict.SAME else "calm"
        ),
        holder=holder_text(decision),
        reason=masking.numbers_in(decision.reason, free=True),
        effect=_effect(line),
        status=status_of(BundledState, line.state),
        is_waiting=line.state == BundledState.WAITING,
        came_of_it=" · ".join(
            filter(
                None,
                [
                    line.settled_by,
                    formatting.instant(line.settled_at),
                    masking.numbers_in(line.reason, free=True),
                ],
            )
        )
        if line.settled_at
        else "",
    )


def holder_text(decision: PairDecision) -> str:
    """Who holds the number that both rows bear, if that was to be said."""
    return formatting.choice_label(NumberHolder, decision.holder) if decision.holder else ""


def _effect(line: BundledDecision) -> str:
    """What it would do to coverage and money, in words."""
    if line.decision.verdict != Verdict.SAME:
        return _("Coverage stays as it is; one number is to be completed or checked.")
    told = []
    if line.overlaps:
        text = ngettext(
            "%(n)s coverage would overlap", "%(n)s coverages would overlap", line.overlaps
        )
        told.append(text % {"n": formatting.number(line.overlaps)})
    if line.enters:
        text = ngettext(
            "%(n)s coverage would come in", "%(n)s coverages would come in", line.enters
        )
        told.append(text % {"n": formatting.number(line.enters)})
    amount = line.amount_left + line.amount_right
    if amount:
        told.append(_("contributions %(amount)s") % {"amount": formatting.money_prose(amount)})
    return _(", ").join(told) or _("Nobody's coverage changes.")


@dataclasses.dataclass(frozen=True)
class ReturnedLine:
    """One pair that came back to its clerk, by whom and why."""

    pair: int
    url: str
    names: str
    said: str
    who: str
    at: Any
    reason: str


def returned_line(decision: PairDecision, names: dict[int, str | None]) -> ReturnedLine:
    pair = decision.pair
    both = [masked_name(names.get(row)) for row in (pair.row_a_id, pair.row_b_id)]
    return ReturnedLine(
        pair=pair.pk,
        url=reverse("enrollment:review-pair", args=[pair.pk]),
        names=" · ".join(both),
        said=str(decision.get_verdict_display()),
        who=decision.undo.by_text,
        at=decision.undo.at,
        reason=masking.numbers_in(decision.undo.reason, free=True),
    )


def returned_text(decisions: Sequence[PairDecision]) -> str:
    """Who returned the latest word on the pair and why, if that is where it stands."""
    if not decisions:
        return ""
    undo = getattr(decisions[0], "undo", None)
    if undo is None or undo.cause != UndoCause.RETURNED:
        return ""
    return _("%(who)s returned this decision at %(at)s: %(reason)s") % {
        "who": undo.by_text,
        "at": formatting.instant(undo.at),
        "reason": undo.reason,
    }


def rows_to_check(decision: PairDecision) -> list[RosterRow]:
    """The rows whose number is to be completed or checked: not the holder's."""
    pair: CandidatePair = decision.pair
    if decision.holder == NumberHolder.LEFT:
        return [pair.row_b]
    if decision.holder == NumberHolder.RIGHT:
        return [pair.row_a]
    return [pair.row_a, pair.row_b]
