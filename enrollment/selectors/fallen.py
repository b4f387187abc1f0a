"""Who fell out: records and people of the participation baseline that no coverage insures now.

They are the very people by whom the integration proof is below its baseline: rows that wait or were
sent back and stand for nobody yet, and people on the roll who have no coverage in force anywhere,
each by the row that stands for the person.
"""

import datetime
from collections.abc import Collection, Iterable
from typing import Final

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, When

from bureau.core.actors import Scope
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.choices import CoverageState, Outcome, Reason
from enrollment.choices.fallen import FallenKind
from enrollment.models import CoverageSpell, RosterBatch, RosterRow
from enrollment.selectors.proof_places import Places

#: Of several coverages of a person one stands for the person: the first of these states, as the
#: proof counts them (`proof_sql.LIST_SEVERAL`); a test keeps the two equal.
ORDER: Final = (
    CoverageState.IN_FORCE,
    CoverageState.SUSPENDED,
    CoverageState.UNDER_REVIEW,
    CoverageState.DOUBLE,
)
_RANK: Final = Case(
    *(When(state=state, then=place) for place, state in enumerate(ORDER, start=1)),
    default=len(ORDER) + 1,
    output_field=IntegerField(),
)


def applied_in(scope: Scope, year: int | None = None) -> list[RosterBatch]:
    """The rosters of the scope that stand on the roll: those that the proof counts."""
    rosters = scope.filter(RosterBatch.objects.filter(state=BatchState.APPLIED))
    if year:
        rosters = rosters.filter(year=year)
    return list(rosters.select_related("area").order_by("pk"))


def _idle(rosters: Collection[int]) -> QuerySet[CoverageSpell]:
    """Coverages of these rosters that stand for their person and insure nobody."""
    standing = CoverageSpell.objects.filter(source_row__batch__in=rosters).annotate(
        rank=_RANK, begins=F("period__startswith")
    )
    nearer = standing.exclude(state=CoverageState.UNDONE).filter(
        Q(rank__lt=OuterRef("rank"))
        | Q(rank=OuterRef("rank"), begins__lt=OuterRef("begins"))
        | Q(
            rank=OuterRef("rank"),
            begins=OuterRef("begins"),
            source_row__lt=OuterRef("source_row"),
        ),
        person=OuterRef("person"),
    )
    idle = standing.exclude(state__in=[CoverageState.IN_FORCE, CoverageState.UNDONE])
    return idle.filter(~Exists(nearer))


def _insures() -> QuerySet[CoverageSpell]:
    return CoverageSpell.objects.filter(person=OuterRef("person"), state=CoverageState.IN_FORCE)


def insured_elsewhere(rosters: Collection[int]) -> list[tuple[int, int]]:
    """By area, how many people stand on these rosters, who do not insure them, but another does."""
    found = _idle(rosters).filter(Exists(_insures())).order_by().values_list("area")
    return list(found.annotate(people=Count("pk")))


def not_next_year(rosters: Collection[int], year: int) -> QuerySet[RosterRow]:
    """Rows of these rosters whose person is insured by them and has no coverage in the year after:
    whom a campaign has still to ask."""
    after = DateRange(datetime.date(year + 1, 1, 1), datetime.date(year + 2, 1, 1))
    goes_on = CoverageSpell.objects.filter(
        person=OuterRef("person"), period__overlap=after
    ).exclude(state__in=[CoverageState.UNDONE, CoverageState.ENDED])
    insured = CoverageSpell.objects.filter(
        source_row__batch__in=rosters, state=CoverageState.IN_FORCE
    ).filter(~Exists(goes_on))
    return RosterRow.objects.filter(batch__in=rosters, pk__in=insured.values("source_row"))


def _unlinked(rosters: Collection[int], *outcomes: Outcome) -> QuerySet[RosterRow]:
    """Rows of these rosters that stand for nobody yet."""
    found = RosterRow.objects.filter(
        batch__in=rosters, outcome__in=outcomes, link=None, stands_by=None
    )
    return found.exclude(is_further_line())


def is_further_line() -> Q:
    """A line that was left out beside another one of the same person, who is insured by that."""
    other = RosterRow.objects.filter(
        Q(id_number=OuterRef("id_number")) | Q(birth_on=OuterRef("birth_on")),
        batch=OuterRef("batch"),
        name=OuterRef("name"),
        outcome__in=[Outcome.ACCEPTED, Outcome.FIXED],
    ).exclude(pk=OuterRef("pk"))
    return Q(Exists(other), reasons__contains=[Reason.LEFT_OUT])


def rows_of(rosters: Collection[int], kind: str = "") -> QuerySet[RosterRow]:
    """Every row by which one of the baseline is not insured; `kind` keeps those of one kind."""
    uninsured = _idle(rosters).filter(~Exists(_insures())).values("source_row")
    held = {
        FallenKind.WAITING: (Outcome.REVIEW,),
        FallenKind.SENT_BACK: (Outcome.REJECTED,),
        "": (Outcome.REVIEW, Outcome.REJECTED),
    }
    rows = RosterRow.objects.filter(batch__in=rosters)
    if kind == FallenKind.UNINSURED:
        return rows.filter(pk__in=uninsured)
    unlinked = _unlinked(rosters, *held[kind]).values("pk")
    if kind:
        return rows.filter(pk__in=unlinked)
    return rows.filter(pk__in=unlinked.union(uninsured, all=True))


def in_county(county: Area, rosters: Iterable[RosterBatch]) -> Q:
    """The condition that a row belongs to the county-level area, as the proof places it: by the
    coverage; a row without one by its roster, and in the city's exports by what it names itself."""
    places = Places()
    placed = Q(spell__area__in=[pk for pk, area in places.counties.items() if area == county])
    for roster in rosters:
        named = places.codes_under(roster)
        here = [code for code in named if places.counties[places.by_code[code].pk] == county]
        held = Q(area_code__in=here)
        if places.county(roster.area_id) == county:
            held |= ~Q(area_code__in=named)
        placed |= Q(batch=roster.pk, spell=None) & held
    return placed
