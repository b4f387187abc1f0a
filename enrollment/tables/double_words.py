"""Cases of double enrollment in words: coverages, outcomes, money, and what rules say."""

import dataclasses
import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bureau.core import access, audit
from bureau.core.choices import Role
from bureau.core.money import LowerBound, bounded, total_of
from bureau.ui import formatting, statuses
from bureau.ui.statuses import Status, status_of
from enrollment.choices.double import (
    CaseNeed,
    CaseState,
    Confidence,
    DecisionState,
    DoubleRuleCode,
    FactKind,
    ProofState,
    RuleFinding,
    Standing,
    VersionState,
)
from enrollment.models import DoubleRule, DoubleSide
from enrollment.rules.double_notices import PLACES, fill
from enrollment.rules.double_rules import Verdict
from enrollment.selectors.double_case import CaseForRules
from enrollment.tables.people_lines import period_text, place_of, scheme_name

ACTS: Final = {
    "double.submitted": pgettext_lazy("act", "Decision submitted"),
    "double.approved": pgettext_lazy("act", "Decision approved"),
    "double.returned": pgettext_lazy("act", "Decision given back"),
    "double.applied": pgettext_lazy("act", "Decision carried out"),
    "double.contested": pgettext_lazy("act", "Objection recorded"),
    "double.fact": pgettext_lazy("act", "Fact recorded"),
    "double.fact_withdrawn": pgettext_lazy("act", "Fact withdrawn"),
    "double.notices_delivered": pgettext_lazy("act", "Notices noted as delivered"),
    "double_rules.drafted": pgettext_lazy("act", "Draft of rules made"),
    "double_rules.changed": pgettext_lazy("act", "Draft of rules changed"),
    "double_rules.submitted": pgettext_lazy("act", "Rules submitted"),
    "double_rules.approved": pgettext_lazy("act", "Rules approved"),
    "double_rules.returned": pgettext_lazy("act", "Rules given back"),
    "subsidy.entered": pgettext_lazy("act", "Subsidy entered"),
    "subsidy.approved": pgettext_lazy("act", "Subsidy approved"),
    "subsidy.returned": pgettext_lazy("act", "Subsidy given back"),
    "proof.prepared": pgettext_lazy("act", "Proof prepared and signed"),
    "proof.signed": pgettext_lazy("act", "Proof signed by the second person"),
    "proof.not_signed": pgettext_lazy("act", "Proof not signed"),
    "proof.aside_asked": pgettext_lazy("act", "Setting the proof aside asked for"),
    "proof.set_aside": pgettext_lazy("act", "Proof set aside by two"),
    "proof.not_set_aside": pgettext_lazy("act", "Proof not set aside"),
    "proof.compared": pgettext_lazy("act", "Proof counted again"),
    "proof.exported": pgettext_lazy("act", "Proof taken as a file"),
}

#: Who the reference of the portal is made by, on record.
REFERENCE: Final = "job:load_reference"


def register() -> None:
    """Acts have their words, and states of cases, decisions, versions and proofs their tones."""
    audit.say(ACTS)
    statuses.register(
        CaseState,
        {
            CaseState.PROPOSED: "caution",
            CaseState.SUBMITTED: "active",
            CaseState.DECIDED: "good",
            CaseState.CONTESTED: "bad",
            CaseState.LIFTED: "calm",
        },
    )
    statuses.register(
        Standing,
        {Standing.KEEPS: "good", Standing.ENDS: "bad", Standing.PAUSES: "caution"},
    )
    statuses.register(
        DecisionState,
        {
            DecisionState.SUBMITTED: "active",
            DecisionState.RETURNED: "bad",
            DecisionState.APPLYING: "active",
            DecisionState.APPLIED: "good",
        },
    )
    statuses.register(
        VersionState,
        {VersionState.SUBMITTED: "active", VersionState.APPROVED: "good"},
    )
    statuses.register(
        ProofState,
        {
            ProofState.PREPARED: "active",
            ProofState.SIGNED: "good",
            ProofState.SET_ASIDE: "caution",
            ProofState.RETURNED: "bad",
        },
    )
    statuses.register(
        Confidence,
        {
            Confidence.SEEN: "good",
            Confidence.WEAK: "caution",
            Confidence.GENERAL: "caution",
            Confidence.INFERRED: "caution",
        },
    )


def rule_name(code: str) -> str:
    return formatting.choice_label(DoubleRuleCode, code) if code else formatting.ABSENT


#: What the places of a notice's text stand for, in words.
PLACE_WORDS: Final[dict[str, Any]] = {
    "name": gettext_lazy("the person's name"),
    "number": gettext_lazy("number of the case"),
    "overlaps_from": gettext_lazy("first day of the overlap"),
    "kept_area": gettext_lazy("area of the coverage that stays"),
    "kept_scheme": gettext_lazy("scheme of the coverage that stays"),
    "ended_area": gettext_lazy("area of the coverage that ends"),
    "ended_scheme": gettext_lazy("scheme of the coverage that ends"),
    "source": gettext_lazy("source of the rule"),
    "clause": gettext_lazy("clause of the rule"),
    "ends_on": gettext_lazy("day of the end"),
    "act": gettext_lazy("ends or pauses"),
    "before": gettext_lazy("days that stay in force before"),
    "refund": gettext_lazy("refund to the person"),
    "objection_until": gettext_lazy("last day for an objection"),
    "office": gettext_lazy("the office"),
}


def notice_paragraphs(text: str) -> list[str]:
    """The notice's text with each place named in words, as people read it before it is filled."""
    named = {place: f"〔{PLACE_WORDS[place]}〕" for place in PLACES}
    return fill(text, named)


def maker_text(text: str) -> str:
    """Who made a record, in words: the portal's own reference has no person."""
    return _("Reference that comes with the portal") if text == REFERENCE else text


def needs_text(needs: list[str]) -> str:
    """What the case needs, in words; nothing when it can be decided together with others."""
    return _(", ").join(formatting.choice_label(CaseNeed, need) for need in needs)


def who_makes_rules() -> str:
    """The roles whose job the rules are, in words."""
    roles = access.roles_for("enrollment:double-rules-act", "POST")
    return _(", ").join(str(Role(role).label) for role in sorted(roles))


def remedy_of(need: CaseNeed) -> str:
    """Who does what so that the case can be decided."""
    if need == CaseNeed.WAIVER:
        return _("Record the written waiver as a fact on the page of the case.")
    return _("Decide it on its page, on evidence.")


def coverage_text(side: DoubleSide) -> str:
    """`庄河市 新农合`."""
    return f"{side.county} {scheme_name(side.scheme)}"


def sides_text(sides: list[DoubleSide], *, kept: bool) -> str:
    """The coverages that stay, or those that end or pause; of an open case, what is open."""
    wanted = {Standing.KEEPS.value} if kept else {Standing.ENDS.value, Standing.PAUSES.value}
    chosen = [side for side in sides if side.standing in wanted]
    open_ones = [side for side in sides if side.standing == Standing.UNDECIDED.value]
    if kept and open_ones and not chosen:
        coverages = _(", ").join(coverage_text(side) for side in open_ones)
        return _("not decided yet: %(coverages)s") % {"coverages": coverages}
    return _(", ").join(coverage_text(side) for side in chosen) or formatting.ABSENT


def to_recover(sides: Sequence[DoubleSide]) -> list[Decimal | None]:
    """The subsidy to recover of each coverage that ends; a national minimum is a lower bound."""
    return [
        None
        if side.recover_amount is None
        else bounded(side.recover_amount, is_bound=side.subsidy_is_minimum)
        for side in sides
        if side.ends_on
    ]


def sum_to_recover(sides: Sequence[DoubleSide]) -> Decimal | None:
    """What is known of their sum: a lower bound where a part of it is one, or is not known; none
    while no coverage ends, or nothing is known."""
    amounts = to_recover(sides)
    known = [amount for amount in amounts if amount is not None]
    if not known:
        return None
    total, is_whole = Decimal(total_of(known)), len(known) == len(amounts)
    if not total and not is_whole:
        return None
    return bounded(total, is_bound=not is_whole or any(isinstance(a, LowerBound) for a in known))


def known_sum(amounts: Sequence[Decimal | None]) -> str:
    """The sum of the amounts that are known, and how many are not; a dash where there are none."""
    if not amounts:
        return formatting.ABSENT
    known = [amount for amount in amounts if amount is not None]
    unknown = len(amounts) - len(known)
    if not known:
        return _("not known")
    told = formatting.money_prose(
        bounded(
            Decimal(total_of(known)), is_bound=any(isinstance(one, LowerBound) for one in known)
        )
    )
    if not unknown:
        return told
    return _("%(sum)s, %(n)s not known") % {
        "sum": told,
        "n": formatting.number(unknown),
    }


def amount_text(amount: Decimal | None, *, is_minimum: bool = False) -> str:
    if amount is None:
        return _("not known")
    return formatting.money_prose(bounded(amount, is_bound=is_minimum))


@dataclasses.dataclass(frozen=True)
class SideColumn:
    """One coverage of a case, as a column beside the others: pairs of words and value."""

    title: str
    status: Status
    facts: list[tuple[str, Any]]


def side_column(side: DoubleSide, found: CaseForRules, place: int) -> SideColumn:
    """The coverage with its days, its source, and the money on it."""
    row = side.spell.source_row
    rule_side = found.rule_sides[place]
    facts: list[tuple[str, Any]] = [
        (_("Period"), period_text(side.period)),
        (_("Insured without a break since"), formatting.day(rule_side.standing_from)),
        (_("Person type"), str(rule_side.kind.label)),
        (_("Others of the household insured there"), formatting.number(rule_side.family)),
        (_("Contribution"), amount_text(side.contribution_amount)),
    ]
    if not rule_side.is_employee:
        facts.append(
            (
                _("Subsidy of the year"),
                amount_text(side.subsidy_amount, is_minimum=side.subsidy_is_minimum),
            )
        )
    if side.ends_on:
        facts += [
            (_("Ends on"), formatting.day(side.ends_on)),
            (_("By the rule"), rule_name(side.rule)),
            (_("Refund due"), amount_text(side.refund_amount)),
            (
                _("Subsidy to recover"),
                amount_text(side.recover_amount, is_minimum=side.subsidy_is_minimum),
            ),
        ]
    if side.left:
        facts.append((_("Stays in force before"), period_text(side.left)))
    facts.append((_("Source"), place_of(row) if row else formatting.ABSENT))
    return SideColumn(coverage_text(side), status_of(Standing, side.standing), facts)


@dataclasses.dataclass(frozen=True)
class RuleLine:
    """What one rule says of the case, with its clause and source."""

    name: str
    finding: Status
    clause: str
    source: str
    confidence: Status
    missing: str


def rule_line(verdict: Verdict, rule: DoubleRule) -> RuleLine:
    decides = verdict.finding in (RuleFinding.DECIDES, RuleFinding.NARROWS)
    return RuleLine(
        name=rule_name(verdict.code),
        finding=Status(verdict.finding.label, "good" if decides else "calm"),
        clause=clause_text(rule),
        source=rule.source,
        confidence=status_of(Confidence, rule.confidence),
        missing=str(FactKind(verdict.missing).label) if verdict.missing else "",
    )


def clause_text(rule: DoubleRule) -> str:
    """The clause in the reader's language; the Chinese text is the one that binds."""
    return rule.clause_en if formatting.is_english() and rule.clause_en else rule.clause


def day_after(day: datetime.date) -> datetime.date:
    return day + datetime.timedelta(days=1)
