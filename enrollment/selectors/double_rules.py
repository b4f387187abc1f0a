"""Versions of the rules of double enrollment, and what is known of people, as rules read them."""

import dataclasses
import datetime
from collections import defaultdict
from collections.abc import Iterable

from enrollment.choices.double import DoubleRuleCode, FactKind, Standing, VersionState
from enrollment.models import DoubleFact, DoubleRule, DoubleRuleSet
from enrollment.rules.double_rules import Facts, Terms


@dataclasses.dataclass(frozen=True)
class RulesInForce:
    """One version as the rules need it: the terms in their order, and what the version says."""

    version: DoubleRuleSet
    rules: dict[DoubleRuleCode, DoubleRule]
    terms: tuple[Terms, ...]
    singly: frozenset[DoubleRuleCode]

    @property
    def measured_on(self) -> datetime.date:
        return self.version.measured_on


def in_force(on: datetime.date) -> RulesInForce | None:
    """The version in force on the day, if there is one."""
    approved = DoubleRuleSet.objects.filter(state=VersionState.APPROVED, period__contains=on)
    version = approved.first()
    return None if version is None else read(version)


def read(version: DoubleRuleSet) -> RulesInForce:
    """The version's rules in their order; rules that are not asked are left out of the terms."""
    rules = list(DoubleRule.objects.filter(rule_set=version).order_by("priority"))
    asked = [rule for rule in rules if rule.is_active]
    return RulesInForce(
        version=version,
        rules={DoubleRuleCode(rule.code): rule for rule in rules},
        terms=tuple(
            Terms(DoubleRuleCode(rule.code), rule.months, Standing(rule.loser)) for rule in asked
        ),
        singly=frozenset(DoubleRuleCode(rule.code) for rule in asked if rule.singly),
    )


def facts_of(people: Iterable[int]) -> dict[int, Facts]:
    """What is on record of these people, by person; who is missing is known by nothing."""
    found: defaultdict[int, list[DoubleFact]] = defaultdict(list)
    standing = DoubleFact.objects.filter(person__in=list(people), is_withdrawn=False)
    for fact in standing.select_related("area").order_by("pk"):
        found[fact.person_id].append(fact)
    return {person: _facts(facts) for person, facts in found.items()}


def _facts(facts: list[DoubleFact]) -> Facts:
    by_kind = {fact.kind: fact for fact in facts}

    def place(kind: FactKind) -> str:
        fact = by_kind.get(kind)
        # Rules compare county-level areas; a town or village lies in one.
        codes = fact.area.path.split("/") if fact and fact.area else []
        return codes[1] or codes[0] if codes else ""

    usable = by_kind.get(FactKind.USABLE_SCHEME)
    return Facts(
        residence=place(FactKind.RESIDENCE),
        school=place(FactKind.SCHOOL),
        work_place=place(FactKind.WORK_PLACE),
        usable_scheme=usable.scheme if usable else "",
        entrance_years=tuple(
            fact.year for fact in facts if fact.kind == FactKind.COLLEGE_ENTRANCE and fact.year
        ),
        has_waiver=FactKind.WAIVER in by_kind,
    )
