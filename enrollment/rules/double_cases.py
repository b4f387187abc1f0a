"""A case of double enrollment decided: which coverage stays, which ends when, and the money.

The result does not depend on the order in which coverages or rosters come. Pure.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

from bureau.core.money import ZERO
from bureau.core.periods import Period
from enrollment.choices.double import CaseNeed, DoubleRuleCode, Standing
from enrollment.rules.double_rules import Facts, Side, Terms, Verdict, ask


@dataclass(frozen=True)
class SideOutcome:
    """What becomes of one side: `against` is the place of the side that stays instead.

    `left` are the days of it that stay in force before the other begins; `ends_on` is the first day
    on which it no longer holds.
    """

    standing: Standing
    rule: DoubleRuleCode | None = None
    against: int | None = None
    ends_on: datetime.date | None = None
    left: Period | None = None


@dataclass(frozen=True)
class Resolution:
    """The whole case: one outcome a side, the rule that chose first, and what each rule said.

    `rule` is None when no rule decides; then every side is undecided.
    """

    outcomes: tuple[SideOutcome, ...]
    rule: DoubleRuleCode | None
    trace: tuple[Verdict, ...]

    @property
    def is_decided(self) -> bool:
        return all(outcome.standing != Standing.UNDECIDED for outcome in self.outcomes)


@dataclass(frozen=True)
class _Choice:
    """One side chosen among some; `passed_over` says by which rule each other one lost."""

    winner: int | None
    passed_over: dict[int, Terms]
    rule: DoubleRuleCode | None
    trace: tuple[Verdict, ...]


def resolve(
    sides: Sequence[Side],
    facts: Facts,
    rules: Sequence[Terms],
    *,
    on: datetime.date,
    staying: int | None = None,
) -> Resolution:
    """Every coverage has its outcome by the rules in their order, or none is decided.

    One coverage is chosen among those that meet; the others end where it begins. What is left of
    them before that day may meet again, and is decided in the same way. `staying` names the side
    that a clerk chose on evidence: it is chosen first, whatever the rules say.
    """
    order = sorted(range(len(sides)), key=lambda at: sides[at].key)
    ordered = [sides[at] for at in order]
    first = None if staying is None else order.index(staying)
    found, rule, trace = _decide(ordered, facts, rules, on, first)
    outcomes = [SideOutcome(Standing.UNDECIDED)] * len(sides)
    for place, outcome in zip(order, found, strict=True):
        against = None if outcome.against is None else order[outcome.against]
        outcomes[place] = replace(outcome, against=against)
    return Resolution(tuple(outcomes), rule, trace)


def _decide(
    sides: list[Side],
    facts: Facts,
    rules: Sequence[Terms],
    on: datetime.date,
    first: int | None,
) -> tuple[list[SideOutcome], DoubleRuleCode | None, tuple[Verdict, ...]]:
    """The outcomes of sides in the order of their keys."""
    pool = {at: side.period for at, side in enumerate(sides)}
    outcomes = [SideOutcome(Standing.KEEPS)] * len(sides)
    leading: DoubleRuleCode | None = None
    trace: tuple[Verdict, ...] = ()
    while pool:
        meeting = _meeting(pool)
        if first is not None and first in pool:
            meeting = [at for at in pool if pool[at].overlaps(pool[first])]
        if len(meeting) == 1:
            pool.pop(meeting[0])
            continue
        chosen = first if first in meeting else None
        among = {at: pool[at] for at in meeting}
        choice = _choose(sides, among, facts, rules, on, chosen)
        trace = trace or choice.trace
        if choice.winner is None and first is not None:
            # The clerk has spoken; what then still meets goes by standing.
            choice = replace(choice, winner=_longest_standing(sides, meeting))
        if choice.winner is None:
            return [SideOutcome(Standing.UNDECIDED)] * len(sides), None, trace
        leading = leading or choice.rule
        _make_room(choice, pool, outcomes)
    return outcomes, leading, trace


def _meeting(pool: dict[int, Period]) -> list[int]:
    """The sides that hang together with the earliest, each overlapping one before it."""
    waiting = sorted(pool, key=lambda at: (pool[at].start or datetime.date.min, at))
    found = [waiting[0]]
    end = pool[waiting[0]].end or datetime.date.max
    for at in waiting[1:]:
        if (pool[at].start or datetime.date.min) >= end:
            break
        found.append(at)
        end = max(end, pool[at].end or datetime.date.max)
    return sorted(found)


def _choose(
    sides: list[Side],
    among: dict[int, Period],
    facts: Facts,
    rules: Sequence[Terms],
    on: datetime.date,
    first: int | None,
) -> _Choice:
    """The rules are asked in their order; each narrows the choice until one side is left."""
    if first is not None:
        return _Choice(first, {}, None, ())
    left = list(among)
    passed_over: dict[int, Terms] = {}
    trace: list[Verdict] = []
    for terms in rules:
        verdict = ask(terms, [sides[at] for at in left], facts, on=on)
        preferred = tuple(left[place] for place in verdict.preferred)
        trace.append(replace(verdict, preferred=preferred))
        if not preferred:
            continue
        passed_over |= {at: terms for at in left if at not in preferred}
        left = list(preferred)
        if not _any_meet([among[at] for at in left]):
            # One side, or several that never meet: the first goes before, the others follow.
            return _Choice(left[0], passed_over, terms.code, tuple(trace))
    return _Choice(None, passed_over, None, tuple(trace))


def _any_meet(periods: Sequence[Period]) -> bool:
    return any(one.overlaps(other) for one, other in combinations(periods, 2))


def _longest_standing(sides: list[Side], among: list[int]) -> int:
    return min(among, key=lambda at: (sides[at].standing_from or datetime.date.max, at))


def _make_room(choice: _Choice, pool: dict[int, Period], outcomes: list[SideOutcome]) -> None:
    """The chosen side keeps its days; others that share some end where it begins."""
    winner = choice.winner
    assert winner is not None  # noqa: S101 (told apart by the caller)
    kept = pool.pop(winner)
    for at in [at for at in pool if pool[at].overlaps(kept)]:
        terms = choice.passed_over.get(at)
        before = _before(pool[at], kept)
        outcomes[at] = SideOutcome(
            standing=terms.loser if terms else Standing.ENDS,
            rule=terms.code if terms else None,
            against=winner,
            ends_on=kept.start if before else pool[at].start,
            left=before,
        )
        if before:
            pool[at] = before
        else:
            pool.pop(at)


def _before(period: Period, kept: Period) -> Period | None:
    """The days of the period before the kept one begins."""
    start, end = period.start or datetime.date.min, kept.start or datetime.date.min
    return Period(period.start, kept.start) if start < end else None


def needs_of(
    resolution: Resolution,
    sides: Sequence[Side],
    facts: Facts,
    *,
    singly: frozenset[DoubleRuleCode] = frozenset(),
) -> tuple[CaseNeed, ...]:
    """What the case needs before it may be decided together with others.

    A funded enrollment is given up only with a written waiver (医保发〔2020〕33号, secondary copy);
    `singly` are rules that the version wants looked at case by case.
    """
    if not resolution.is_decided:
        return (CaseNeed.RULE,)
    needs = []
    gives_up = any(
        side.is_funded and outcome.standing in (Standing.ENDS, Standing.PAUSES)
        for side, outcome in zip(sides, resolution.outcomes, strict=True)
    )
    if gives_up and not facts.has_waiver:
        needs.append(CaseNeed.WAIVER)
    if resolution.rule in singly or any(o.rule in singly for o in resolution.outcomes if o.rule):
        needs.append(CaseNeed.SINGLY)
    return tuple(needs)


def refund_due(
    *, contribution: Decimal | None, begins_on: datetime.date | None, decided_on: datetime.date
) -> Decimal | None:
    """A contribution is refunded when the relation ends before the benefit period begins; after it
    has begun there is no refund. None: the contribution is not known.

    Source: 医保办函〔2021〕11号, article 16 (secondary copy).
    """
    if begins_on is None or decided_on >= begins_on:
        return ZERO
    return contribution


def subsidy_to_recover(
    *, standing: Standing, left: Period | None, subsidy: Decimal | None, whole_year: bool
) -> Decimal | None:
    """Of a resident coverage that ends, the subsidy of the year is deducted. None: not known.

    Source: 医保发〔2020〕33号 (secondary copy). Where days before the overlap stay in force, the
    text is silent; `whole_year` is the version's answer. A coverage that pauses goes on to count.
    """
    if standing != Standing.ENDS or (left is not None and not whole_year):
        return ZERO
    return subsidy
