"""Of several coverages of a person that hold on the same days: which the rules prefer, and why.

Each rule is one function of the coverages and of what is known of the person. Which rules hold, in
which order and with which terms, is data (an approved version of rules); here is only what each of
them asks. `enrollment.rules.double_cases` applies them to a case.
"""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bureau.core.periods import Period, add_months
from enrollment.choices import Scheme
from enrollment.choices.double import (
    DoubleRuleCode,
    FactKind,
    PersonKind,
    RuleFinding,
    Standing,
)

_DAY = datetime.timedelta(days=1)
_STUDENTS = frozenset({PersonKind.PUPIL, PersonKind.COLLEGE_STUDENT})

#: Kind of a person by the first signs of the national code (psn_type), the longest first.
PERSON_KIND_CODES: Final = {
    "1103": PersonKind.FLEXIBLE,
    "1403": PersonKind.PUPIL,
    "1404": PersonKind.COLLEGE_STUDENT,
    "11": PersonKind.EMPLOYED,
    "12": PersonKind.RETIRED,
    "13": PersonKind.RETIRED,
}


def person_kind(code: str | None) -> PersonKind:
    """The kind of person that a code of the national table stands for."""
    text = (code or "").strip()
    if not text:
        return PersonKind.UNKNOWN
    for beginning, kind in PERSON_KIND_CODES.items():
        if text.startswith(beginning):
            return kind
    return PersonKind.OTHER


@dataclass(frozen=True)
class Side:
    """One coverage of the case, as far as rules look at it.

    `key` tells sides apart in the same way whatever order they come in. `standing_from` is the day
    since which the person is insured without a break, None where nobody says it. `family` counts
    other members of the household who are insured with the person here.
    """

    key: str
    scheme: Scheme
    county: str
    period: Period
    standing_from: datetime.date | None = None
    kind: PersonKind = PersonKind.UNKNOWN
    family: int = 0
    is_funded: bool = False
    is_paid: bool = False

    @property
    def is_employee(self) -> bool:
        return self.scheme == Scheme.UEBMI


@dataclass(frozen=True)
class Facts:
    """What is known of the person beyond the rosters; an empty text is not known.

    Places are codes of county-level areas. `entrance_years` are the years in which the person
    entered a college.
    """

    residence: str = ""
    school: str = ""
    work_place: str = ""
    usable_scheme: str = ""
    entrance_years: tuple[int, ...] = ()
    has_waiver: bool = False


@dataclass(frozen=True)
class Terms:
    """One rule of a version: its code, its threshold, and what becomes of those it passes over."""

    code: DoubleRuleCode
    months: int = 0
    loser: Standing = Standing.ENDS


@dataclass(frozen=True)
class Verdict:
    """What one rule says of some sides: `preferred` are places of sides, empty unless it decides or
    narrows; `missing` is the fact whose absence keeps it from deciding."""

    code: DoubleRuleCode
    finding: RuleFinding
    preferred: tuple[int, ...] = ()
    missing: FactKind | None = None


Sides = Sequence[Side]
Rule = Callable[[Sides, Facts, Terms, datetime.date], Verdict]
_rules: dict[DoubleRuleCode, Rule] = {}


def _rule(code: DoubleRuleCode) -> Callable[[Rule], Rule]:
    def keep(function: Rule) -> Rule:
        _rules[code] = function
        return function

    return keep


def ask(terms: Terms, sides: Sides, facts: Facts, *, on: datetime.date) -> Verdict:
    """What the rule of these terms says; `on` is the day up to which standing is measured."""
    return _rules[terms.code](sides, facts, terms, on)


def clause_of(code: DoubleRuleCode) -> str:
    """The rule in plain words: the first paragraph of its function."""
    return " ".join((_rules[code].__doc__ or "").split("\n\n")[0].split())


def _prefer(terms: Terms, sides: Sides, preferred: Sequence[int]) -> Verdict:
    """The verdict for these preferred sides, of which there is at least one."""
    if len(preferred) == len(sides):
        return Verdict(terms.code, RuleFinding.TIED)
    finding = RuleFinding.DECIDES if len(preferred) == 1 else RuleFinding.NARROWS
    return Verdict(terms.code, finding, tuple(preferred))


def _in_place(
    terms: Terms, sides: Sides, place: str, missing: FactKind, among: Sequence[int] | None = None
) -> Verdict:
    """Sides of the county, if the county is known and one of theirs."""
    if not place:
        return Verdict(terms.code, RuleFinding.FACT_UNKNOWN, missing=missing)
    places = range(len(sides)) if among is None else among
    there = [at for at in places if sides[at].county == place]
    if not there:
        return Verdict(terms.code, RuleFinding.NOT_MET)
    return _prefer(terms, sides, there)


def _not_concerned(terms: Terms) -> Verdict:
    return Verdict(terms.code, RuleFinding.NOT_CONCERNED)


def _employees(sides: Sides) -> list[int]:
    return [at for at, side in enumerate(sides) if side.is_employee]


def _are_across(sides: Sides) -> bool:
    """Whether employee insurance meets resident insurance."""
    return 0 < len(_employees(sides)) < len(sides)


def _are_residents(sides: Sides) -> bool:
    return not _employees(sides)


@_rule(DoubleRuleCode.COLLEGE_ENTRANCE)
def college_entrance(sides: Sides, facts: Facts, terms: Terms, on: datetime.date) -> Verdict:
    """In the year in which a student enters a college the overlap is tolerated: the coverage of the
    college stays, the other one rests.

    Source: guidance on enrollment, 医保发〔2020〕33号 (secondary copy).
    """
    if not _are_residents(sides) or not facts.entrance_years:
        return _not_concerned(terms)
    years = {side.period.start.year for side in sides if side.period.start}
    if not years & set(facts.entrance_years):
        return _not_concerned(terms)
    return _in_place(terms, sides, _school(sides, facts), FactKind.SCHOOL)


@_rule(DoubleRuleCode.FLEXIBLE_WORKER)
def flexible_worker(sides: Sides, facts: Facts, terms: Terms, on: datetime.date) -> Verdict:
    """A flexible worker keeps the coverage that can be used and pauses the other.

    Source: 医保发〔2020〕33号 (secondary copy).
    """
    flexible = any(side.is_employee and side.kind == PersonKind.FLEXIBLE for side in sides)
    if not _are_across(sides) or not flexible:
        return _not_concerned(terms)
    if not facts.usable_scheme:
        return Verdict(terms.code, RuleFinding.FACT_UNKNOWN, missing=FactKind.USABLE_SCHEME)
    usable = [at for at, side in enumerate(sides) if side.scheme == facts.usable_scheme]
    return _prefer(terms, sides, usable) if usable else Verdict(terms.code, RuleFinding.NOT_MET)


@_rule(DoubleRuleCode.EMPLOYEE_YEAR)
def employee_year(sides: Sides, facts: Facts, terms: Terms, on: datetime.date) -> Verdict:
    """Whoever has been in employee insurance without a break for the required months keeps it, and
    the resident insurance ends.

    Source: 医保发〔2020〕33号 (secondary copy): one year or more. The months are a term of the
    rule, counted up to and including the day `on`.
    """
    if not _are_across(sides):
        return _not_concerned(terms)
    standing = [
        at
        for at in _employees(sides)
        if (since := sides[at].standing_from) and add_months(since, terms.months) <= on + _DAY
    ]
    if standing:
        return _prefer(terms, sides, standing)
    if any(sides[at].standing_from is None for at in _employees(sides)):
        return Verdict(terms.code, RuleFinding.FACT_UNKNOWN)
    return Verdict(terms.code, RuleFinding.NOT_MET)


@_rule(DoubleRuleCode.WORK_PLACE)
def work_place(sides: Sides, facts: Facts, terms: Terms, on: datetime.date) -> Verdict:
    """Of two employee insurances the one of the place of work stays.

    Source: 医保发〔2020〕33号 (secondary copy).
    """
    if len(_employees(sides)) < len(sides):
        return _not_concerned(terms)
    return _in_place(terms, sides, facts.work_place, FactKind.WORK_PLACE)


@_rule(DoubleRuleCode.SCHOOL_PLACE)
def school_place(sides: Sides, facts: Facts, terms: Terms, on: datetime.date) -> Verdict:
    """Pupils and students keep the resident insurance of the place of their school.

    Source: 医保发〔2020〕33号 (secondary copy). A coverage that carries the person as pupil or
    student was taken out through the school, so its area is the school's.
    """
    is_student = bool(facts.school) or any(side.kind in _STUDENTS for side in sides)
    if not _are_residents(sides) or not is_student:
        return _not_concerned(terms)
    school = _school(sides, facts)
    if facts.school or not school:
        return _in_place(terms, sides, school, FactKind.SCHOOL)
    through_school = [at for at, side in enumerate(sides) if side.kind in _STUDENTS]
    return _in_place(terms, sides, school, FactKind.SCHOOL, through_school)


def _school(sides: Sides, facts: Facts) -> str:
    """The county of the school: as recorded, else that of the only coverage of a student."""
    counties = {side.county for side in sides if side.kind in _STUDENTS}
    return facts.school or (counties.pop() if len(counties) == 1 else "")


@_rule(DoubleRuleCode.USUAL_RESIDENCE)
def usual_residence(sides: Sides, facts: Facts, terms: Terms, on: datetime.date) -> Verdict:
    """Of two resident insurances the one of the usual residence stays.

    Source: 医保发〔2020〕33号 (secondary copy).
    """
    if not _are_residents(sides):
        return _not_concerned(terms)
    return _in_place(terms, sides, facts.residence, FactKind.RESIDENCE)


@_rule(DoubleRuleCode.FAMILY_RESIDENCE)
def family_residence(sides: Sides, facts: Facts, terms: Terms, on: datetime.date) -> Verdict:
    """Where the other members of the household are insured with the person in one of the places
    only, that place is taken for the usual residence.

    Source: inferred by the bureau from the rule of the usual residence; no official text.
    """
    if not _are_residents(sides) or facts.residence:
        return _not_concerned(terms)
    counties = {side.county for side in sides}
    with_family = {side.county for side in sides if side.family}
    if len(counties) == 1 or not with_family:
        return Verdict(terms.code, RuleFinding.NOT_MET)
    if len(with_family) > 1:
        return Verdict(terms.code, RuleFinding.TIED)
    return _in_place(terms, sides, with_family.pop(), FactKind.RESIDENCE)


@_rule(DoubleRuleCode.SAME_ENROLLMENT)
def same_enrollment(sides: Sides, facts: Facts, terms: Terms, on: datetime.date) -> Verdict:
    """The same enrollment listed more than once counts once: the paid one, else the earlier, else
    the one listed first.

    Source: 医保发〔2020〕33号 (secondary copy) counts two paid records of one scheme as a double
    enrollment; which of them is kept makes no difference to the person.
    """
    if len({(side.scheme, side.county) for side in sides}) > 1:
        return _not_concerned(terms)
    first = min(
        range(len(sides)),
        key=lambda at: (
            not sides[at].is_paid,
            sides[at].standing_from or datetime.date.max,
            sides[at].key,
        ),
    )
    return _prefer(terms, sides, [first])


@_rule(DoubleRuleCode.EMPLOYEE_FIRST)
def employee_first(sides: Sides, facts: Facts, terms: Terms, on: datetime.date) -> Verdict:
    """Whoever is in employee insurance may not join the resident insurance.

    Source: enrollment conditions of Dalian (secondary copy of 2023). Flexible workers choose, so
    the rule leaves them out.
    """
    flexible = any(side.is_employee and side.kind == PersonKind.FLEXIBLE for side in sides)
    if not _are_across(sides) or flexible:
        return _not_concerned(terms)
    return _prefer(terms, sides, _employees(sides))


@_rule(DoubleRuleCode.LONGER_STANDING)
def longer_standing(sides: Sides, facts: Facts, terms: Terms, on: datetime.date) -> Verdict:
    """Where no other rule decides, the coverage of longer standing stays.

    Source: inferred by the bureau; no official text.
    """
    days = [side.standing_from for side in sides]
    known = [day for day in days if day is not None]
    if len(known) < len(days):
        return Verdict(terms.code, RuleFinding.FACT_UNKNOWN)
    earliest = min(known)
    return _prefer(terms, sides, [at for at, day in enumerate(days) if day == earliest])
