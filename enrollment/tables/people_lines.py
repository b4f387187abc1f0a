"""Lines of a person's file in words: spells on the timeline and in the table, numbers, periods."""

import dataclasses
import datetime
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Protocol

from django.urls import reverse
from django.utils.translation import gettext as _

from bureau.ui import charts, formatting
from bureau.ui.masking import masked_name
from bureau.ui.statuses import Status, status_of
from enrollment.choices import CoverageState, Scheme, SpecialGroup
from enrollment.choices.double import CoverageReason
from enrollment.models import (
    CoverageSpell,
    DoubleSide,
    Household,
    HouseholdMember,
    PersonIdentifier,
    RosterRow,
)
from enrollment.rules.words import relation_names
from enrollment.selectors import people
from enrollment.selectors.rosters import sheet_names
from enrollment.tables import rosters as words

#: Colours of the timeline by scheme; what does not cover is drawn grey.
SCHEME_COLOURS: Final = {Scheme.NCMS: 1, Scheme.URBMI: 2, Scheme.UEBMI: 3, Scheme.UNIFIED: 4}


class Days(Protocol):
    """A range of days as the database gives it: the upper end lies outside."""

    lower: datetime.date | None
    upper: datetime.date | None


def period_text(days: Days) -> str:
    """`2019-01-01 – 2019-12-31`; an open side is left out, days without any limit are absent."""
    if days.lower is None and days.upper is None:
        return formatting.ABSENT
    first = formatting.day(days.lower) if days.lower else ""
    last = formatting.day(days.upper - datetime.timedelta(days=1)) if days.upper else ""
    return f"{first} – {last}".strip()


def scheme_name(code: str) -> str:
    return formatting.choice_label(Scheme, code)


def relation_name(code: str) -> str:
    """The relation to the head in the reader's language; an unknown code is shown as it is."""
    found = relation_names().get(code)
    if found is None:
        return code or formatting.ABSENT
    return found.english if formatting.is_english() else found.chinese


def special_group(spell: CoverageSpell) -> str:
    """The group in words; nothing for ordinary residents."""
    if spell.special_group in ("", SpecialGroup.ORDINARY):
        return ""
    return formatting.choice_label(SpecialGroup, spell.special_group)


def place_of(row: RosterRow) -> str:
    """File, sheet and row, as a clerk finds them."""
    row.sheet_name = sheet_names(row.file).get(row.sheet, "")  # type: ignore[attr-defined]
    return words.place_of(row)


def last_day(spells: Iterable[CoverageSpell], today: datetime.date) -> datetime.date:
    """Up to where years are shown: today while a coverage goes on, else its last day."""
    ends = [spell.period.upper for spell in spells]
    if not ends or None in ends:
        return today
    latest: datetime.date = max(ends) - datetime.timedelta(days=1)
    return min(today, latest)


def timeline(
    spells: list[CoverageSpell], *, ends: Mapping[int, DoubleSide], today: datetime.date
) -> charts.Timeline:
    """The spells year by year, each in the colour of its scheme while it is in force."""
    legend: list[tuple[int | str, Any]] = [
        (colour, scheme.label)
        for scheme, colour in SCHEME_COLOURS.items()
        if any(spell.scheme == scheme for spell in spells)
    ]
    if any(spell.state != CoverageState.IN_FORCE for spell in spells):
        legend.append(("off", _("Not in force")))
    # What is in force is drawn last, so that nothing of the same days covers it.
    ordered = sorted(spells, key=lambda spell: spell.state == CoverageState.IN_FORCE)
    drawn = [_drawn(spell, ends.get(spell.pk)) for spell in ordered]
    return charts.timeline(drawn, until=last_day(spells, today), legend=legend)


def _drawn(spell: CoverageSpell, end: DoubleSide | None) -> charts.Spell:
    paid = spell.contribution_amount
    covers = spell.state == CoverageState.IN_FORCE
    facts = [
        str(spell.area),
        "" if paid is None else formatting.money_prose(paid),
        special_group(spell),
    ]
    if end is not None:
        # The days that are drawn are those that stand; of what ended, those it had.
        facts += [reason_of(spell), _original(end) if covers else _("no day in force")]
    elif is_cut_short(spell):
        facts.append(reason_of(spell))
    return charts.Spell(
        start=spell.period.lower,
        end=spell.period.upper,
        label=scheme_name(spell.scheme),
        colour=SCHEME_COLOURS[Scheme(spell.scheme)] if covers else "off",
        status=status_of(CoverageState, spell.state),
        note=" · ".join(filter(None, facts)),
    )


@dataclasses.dataclass(frozen=True)
class SpellEnd:
    """Why a coverage holds no more, or not as long as it did, and what it was before."""

    reason: str
    original: str
    decision: str
    url: str


@dataclasses.dataclass(frozen=True)
class SpellLine:
    """One spell as a line of the table of coverage; `period` are the days that stand now."""

    scheme: str
    area: str
    period: str
    end: SpellEnd | None
    reason: str
    status: Status
    amount: Any
    group: str
    source: str


def is_cut_short(spell: CoverageSpell) -> bool:
    """Whether coverage in force ends early because a newer edition of the roster left it out."""
    return bool(spell.reason == CoverageReason.EDITION_LEFT_OUT)


def reason_of(spell: CoverageSpell) -> str:
    """Why the coverage is in its state, or has only these days, where the state does not say it."""
    return formatting.choice_label(CoverageReason, spell.reason) if spell.reason else ""


def _original(end: DoubleSide) -> str:
    return _("originally %(period)s") % {"period": period_text(end.period)}


def spell_line(
    spell: CoverageSpell, end: DoubleSide | None = None, seen: Collection[int] = ()
) -> SpellLine:
    """The coverage as it stands. `end` is the side of the case that ended it; `seen` are the
    decisions that the reader may open."""
    holds = spell.state == CoverageState.IN_FORCE
    decision = end.case.decision if end else None
    return SpellLine(
        scheme=scheme_name(spell.scheme),
        area=str(spell.area),
        period=_("no day in force") if end and not holds else period_text(spell.period),
        end=SpellEnd(
            reason=reason_of(spell),
            original=_original(end),
            decision=(
                _("decision %(number)s of %(day)s")
                % {"number": decision.pk, "day": formatting.day(decision.decided_on)}
                if decision
                else ""
            ),
            url=(
                reverse("enrollment:double-decision", args=[decision.pk])
                if decision and decision.pk in seen
                else ""
            ),
        )
        if end
        else None,
        reason="" if end or (holds and not is_cut_short(spell)) else reason_of(spell),
        status=status_of(CoverageState, spell.state),
        amount=spell.contribution_amount,
        group=special_group(spell) or formatting.ABSENT,
        source=place_of(spell.source_row) if spell.source_row else formatting.ABSENT,
    )


@dataclasses.dataclass(frozen=True)
class NumberLine:
    """One number as a line of its table; `text` is masked or in full."""

    kind: str
    text: str
    issuer: str
    period: str


def number_line(number: PersonIdentifier, areas: dict[str, str], text: str) -> NumberLine:
    issuer = areas.get(number.issuer) or scheme_name(number.issuer)
    return NumberLine(
        kind=number.get_kind_display(),
        text=text,
        issuer=issuer or formatting.ABSENT,
        period=period_text(number.period),
    )


@dataclasses.dataclass(frozen=True)
class MemberLine:
    """One member of a household as a line; the name is masked."""

    name: str
    url: str
    relation: str
    birth: str
    area: str


@dataclasses.dataclass(frozen=True)
class HomeLines:
    """One household with its members; `hidden` counts those whom the scope does not hold."""

    title: str
    url: str
    source: str
    is_current: bool
    members: list[MemberLine]
    hidden: int


def numbered_by(household: Household) -> str:
    """The roster whose number the household bears."""
    return str(household.file.batch) if household.file else formatting.ABSENT


def home_lines(home: people.Home, seen: set[int], *, is_current: bool) -> HomeLines:
    """The household's members whom the reader may see."""
    household = home.household
    title = [_("Household %(number)s") % {"number": household.number}, str(household.area)]
    members = [_member_line(member) for member in home.members if member.person_id in seen]
    return HomeLines(
        title=" · ".join([*title, scheme_name(household.scheme)]),
        url=reverse("enrollment:household-detail", args=[household.pk]),
        source=numbered_by(household),
        is_current=is_current,
        members=members,
        hidden=len(home.members) - len(members),
    )


def _member_line(member: HouseholdMember) -> MemberLine:
    return MemberLine(
        name=masked_name(member.person.name),
        url=reverse("enrollment:person-detail", args=[member.person_id]),
        relation=relation_name(member.relation),
        birth=formatting.day(member.person.birth_on),
        area=str(member.person.area),
    )
