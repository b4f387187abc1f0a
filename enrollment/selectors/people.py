"""People as their pages show them: who lies in a scope, how they are found, what a file holds."""

import dataclasses
import datetime
import json
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404

from bureau.core.actors import Scope
from bureau.core.choices import AreaLevel
from bureau.core.models import AccessLog, Area
from bureau.intake.choices import TAKEN_BACK, BatchState
from bureau.intake.shapes import FileLayout
from enrollment.choices import IdentifierKind, PersonState
from enrollment.models import (
    CandidatePair,
    CoverageSpell,
    Household,
    HouseholdMember,
    Person,
    PersonIdentifier,
    RosterLink,
    RosterRow,
)
from enrollment.selectors.rosters import rosters_in


def people_in(scope: Scope) -> QuerySet[Person]:
    """People of the scope's areas, and those who are or were insured there."""
    return people_of(scope_areas(scope))


def people_of(areas: list[int] | None) -> QuerySet[Person]:
    """People of the areas that `scope_areas` found, and those who are or were insured there."""
    found = Person.objects.select_related("area")
    if areas is None:
        return found
    insured = CoverageSpell.objects.filter(
        # Equality in two halves: else all who are insured in the areas are gathered first, which
        # takes longer with every roster, instead of looking up the few asked about.
        person__gte=OuterRef("pk"),
        person__lte=OuterRef("pk"),
        area__in=areas,
    )
    return found.filter(Q(area__in=areas) | Exists(insured))


def scope_areas(scope: Scope) -> list[int] | None:
    """Numbers of the scope's areas; None when it holds all areas, and so everybody.

    Resolved first, so that the large tables are entered by numbers and not by paths.
    """
    areas = list(Area.objects.values_list("pk", "path"))
    held = [number for number, path in areas if scope.covers(path)]
    return None if held and len(held) == len(areas) else held


def areas_offered(scope: Scope) -> list[Area]:
    """Areas by which people are asked for: counties of the city, towns of a single county."""
    areas = scope.filter(Area.objects.all(), "path").order_by("path")
    counties = list(areas.filter(level__in=[AreaLevel.CITY, AreaLevel.COUNTY]))
    return counties if len(counties) > 1 else list(areas)


def with_numbers(people: Iterable[Person]) -> dict[int, str]:
    """The identity number of each of these people, for one page of a list."""
    found = PersonIdentifier.objects.filter(
        person__in=[person.pk for person in people], kind=IdentifierKind.RESIDENT_ID
    ).order_by("pk")
    return dict(found.values_list("person", "number"))


def living_files(people: QuerySet[Person]) -> QuerySet[Person]:
    """The people whose file was not merged into another, and whose opening was not undone."""
    return people.exclude(state__in=[PersonState.MERGED, PersonState.UNDONE])


def people_of_roster(scope: Scope, number: int) -> QuerySet[RosterLink, tuple[int]]:
    """Numbers of the people for whom rows of the roster stand, if the scope holds the roster."""
    batch = rosters_in(scope).filter(pk=number, state=BatchState.APPLIED)
    return RosterLink.objects.filter(batch__in=batch.values("pk")).values_list("person_id")


# One person.


def person_in(scope: Scope, pk: int) -> Person:
    """The person's file if the scope holds it; Http404 otherwise."""
    person = people_in(scope).select_related("merged_into").filter(pk=pk).first()
    if person is None:
        raise Http404
    return person


def area_of_sight(person: Person, scope: Scope) -> Area:
    """The area by which the scope holds the person: the own one, else that of a spell."""
    if scope.covers(person.area.path):
        return person.area
    insured = Area.objects.filter(
        pk__in=CoverageSpell.objects.filter(person=person).values("area")
    ).order_by("path")
    found = scope.filter(insured, "path").first()
    if found is None:
        raise Http404
    return found


def spells_of(person: Person) -> list[CoverageSpell]:
    """The person's coverage, the latest first, with where it was read."""
    return list(
        CoverageSpell.objects.filter(person=person)
        .select_related("area", "source_row__file", "source_row__batch")
        .order_by("-period", "scheme", "pk")
    )


def numbers_of(person: Person) -> list[PersonIdentifier]:
    """Every number under which the person is or was known."""
    return list(PersonIdentifier.objects.filter(person=person).order_by("kind", "issuer", "pk"))


def issuers(numbers: Iterable[PersonIdentifier]) -> dict[str, str]:
    """Names of the areas among the issuers; a scheme stands for itself."""
    codes = {number.issuer for number in numbers if number.issuer.isdigit()}
    return {area.code: str(area) for area in Area.objects.filter(code__in=codes)} if codes else {}


@dataclasses.dataclass(frozen=True)
class Home:
    """A household the person belongs to, with all its members."""

    household: Household
    members: list[HouseholdMember]


def memberships_of(person: Person) -> list[HouseholdMember]:
    """In which households the person is, and as what."""
    return list(HouseholdMember.objects.filter(person=person).order_by("pk"))


def homes_of(person: Person) -> list[Home]:
    """The households the person belongs to, each with its members, the head first.

    The first is where the person is at home: the one of the latest year, of several the one listed
    last; the others are history.
    """
    own = HouseholdMember.objects.filter(person=person).values("household")
    homes: dict[int, Home] = {}
    since: dict[int, tuple[datetime.date, int]] = {}
    members = HouseholdMember.objects.filter(household__in=own).select_related(
        "household__area", "household__file__batch__area", "person__area"
    )
    for member in sorted(members, key=_head_first):
        home = homes.setdefault(member.household_id, Home(member.household, []))
        home.members.append(member)
        if member.person_id == person.pk:
            begins = member.period.lower or datetime.date.min
            since[member.household_id] = (begins, member.household_id)
    return [homes[number] for number in sorted(homes, key=lambda one: since[one], reverse=True)]


def _head_first(member: HouseholdMember) -> tuple[bool, str, int]:
    return (member.relation != "02", member.relation, member.pk)


def seen_among(scope: Scope, numbers: Iterable[int]) -> set[int]:
    """Which of these people the scope holds."""
    return set(people_in(scope).filter(pk__in=list(numbers)).values_list("pk", flat=True))


def _links_of(person: Person) -> QuerySet[RosterLink]:
    """Links of rosters on the roll; one that waits for approval or was withdrawn says nothing."""
    return RosterLink.objects.filter(person_id=person.pk, batch__state=BatchState.APPLIED)


def source_rows_of(person: Person) -> list[RosterRow]:
    """The roster rows that are certainly this person, in the order in which they were read."""
    linked = _links_of(person).values("row")
    return list(
        RosterRow.objects.filter(pk__in=linked)
        .select_related("link", "file", "batch__area")
        .order_by("pk")
    )


@dataclasses.dataclass(frozen=True)
class WaitingPair:
    """A pair with a row of this person: the row here, the row there."""

    pair: CandidatePair
    here: RosterRow
    there: RosterRow


def pairs_of(person: Person) -> list[WaitingPair]:
    """Pairs that ask whether another row is this person too, the likeliest first."""
    rows = set(_links_of(person).values_list("row", flat=True))
    pairs = (
        CandidatePair.objects.filter(Q(row_a__in=rows) | Q(row_b__in=rows))
        .exclude(batch__state__in=TAKEN_BACK)
        .select_related("row_a__batch__area", "row_b__batch__area")
        .order_by("-score", "pk")
    )
    return [
        WaitingPair(pair, pair.row_a, pair.row_b)
        if pair.row_a_id in rows
        else WaitingPair(pair, pair.row_b, pair.row_a)
        for pair in pairs
    ]


def looks_at(person: Person) -> QuerySet[AccessLog]:
    """Who looked at the person's file."""
    return AccessLog.objects.filter(
        subject_label=Person._meta.label_lower, subject_id=str(person.pk)
    )


# One household.


def household_in(scope: Scope, pk: int) -> Household:
    """The household if its area or one of its members lies in the scope; Http404 otherwise."""
    members = HouseholdMember.objects.filter(household=OuterRef("pk"))
    seen = members.filter(person__in=people_in(scope).order_by().values("pk"))
    found = (
        Household.objects.filter(scope.q() | Exists(seen))
        .select_related("area", "file__batch__area")
        .filter(pk=pk)
    ).first()
    if found is None:
        raise Http404
    return found


def households_in_common(household: Household, scope: Scope) -> list[Household]:
    """Households of other lists to which members of this one belong, with how many (`shared`).

    Only those whom the scope holds are counted, and only they make another household seen.
    """
    own = HouseholdMember.objects.filter(household=household).values("person")
    seen = people_in(scope).filter(pk__in=own).order_by().values("pk")
    return list(
        Household.objects.filter(members__person__in=seen)
        .exclude(pk=household.pk)
        .annotate(shared=Count("members"))
        .select_related("area", "file__batch__area")
        .order_by("-pk")
    )


@dataclasses.dataclass(frozen=True)
class MemberYears:
    """One member of a household, and by year the spells that touch it."""

    member: HouseholdMember
    years: dict[int, list[CoverageSpell]]


@dataclasses.dataclass(frozen=True)
class HouseholdYears:
    """The members of a household whom the scope holds, by year; `hidden` counts the others."""

    years: list[int]
    members: list[MemberYears]
    hidden: int


def years_of_household(
    household: Household, scope: Scope, *, until: datetime.date
) -> HouseholdYears:
    """Who of the household was insured in which year, the head first."""
    members = list(
        HouseholdMember.objects.filter(household=household).select_related("person__area")
    )
    members.sort(key=_head_first)
    numbers = [member.person_id for member in members]
    seen = seen_among(scope, numbers)
    spells: dict[int, list[CoverageSpell]] = {}
    for spell in CoverageSpell.objects.filter(person__in=seen).order_by("period", "pk"):
        spells.setdefault(spell.person_id, []).append(spell)
    years = _years([spell for found in spells.values() for spell in found], until)
    return HouseholdYears(
        years=years,
        members=[
            MemberYears(member, _by_year(spells.get(member.person_id, []), years))
            for member in members
            if member.person_id in seen
        ],
        hidden=len(members) - len(seen),
    )


def _years(spells: list[CoverageSpell], until: datetime.date) -> list[int]:
    """From the first year to the last in which one of the spells holds."""
    if not spells:
        return []
    first = min(spell.period.lower.year for spell in spells)
    last = max((spell.period.upper or until).year for spell in spells)
    return [
        year for year in range(first, last + 1) if any(_touches(s.period, year) for s in spells)
    ]


def _by_year(spells: Iterable[CoverageSpell], years: list[int]) -> dict[int, list[CoverageSpell]]:
    return {year: [spell for spell in spells if _touches(spell.period, year)] for year in years}


def _touches(period: Any, year: int) -> bool:
    first, next_first = datetime.date(year, 1, 1), datetime.date(year + 1, 1, 1)
    return period.lower < next_first and (period.upper is None or period.upper > first)


def as_written(row: RosterRow, field: str) -> str | None:
    """The cell of the raw row that feeds the field, exactly as it was read; None without one."""
    layout = FileLayout.from_json(row.file.layout)
    sheet = next((sheet for sheet in layout.sheets if sheet.sheet == row.sheet), None)
    column = sheet.column_of(field) if sheet else None
    cells = json.loads(row.raw)
    if column is None or column.index >= len(cells) or cells[column.index] is None:
        return None
    return str(cells[column.index])
