"""Cases of double enrollment as pages and decisions ask for them, within a scope."""

import dataclasses
import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from bureau.core.actors import Scope
from bureau.core.models import Area
from bureau.core.money import bounded
from enrollment.choices.double import CaseState, Standing
from enrollment.models import (
    CoverageSpell,
    DoubleCase,
    DoubleDecision,
    DoubleFact,
    DoubleNotice,
    DoubleSide,
    Person,
)

#: A coverage that makes room: one duplicate each, decided or not.
FURTHER: Final = Q(other_county__isnull=False)


def cases_in(scope: Scope) -> QuerySet[DoubleCase]:
    """Cases of which a side, or all, lie in the scope; those fallen away are left out by lists."""
    areas = list(scope.filter(Area.objects.all(), "path").values_list("pk", flat=True))
    own_side = DoubleSide.objects.filter(case=OuterRef("pk"), county__in=areas)
    cases = DoubleCase.objects.filter(Q(area__in=areas) | Exists(own_side))
    return cases.select_related("person", "area")


def sides_seen(scope: Scope) -> Q:
    """The duplicates of which one coverage lies in the scope: what its figures count."""
    areas = list(scope.filter(Area.objects.all(), "path").values_list("pk", flat=True))
    return Q(county__in=areas) | Q(other_county__in=areas)


def case_in(scope: Scope, pk: int) -> DoubleCase:
    """The case if the scope holds it; Http404 otherwise."""
    case = cases_in(scope).select_related("rule_set", "decision", "pending").filter(pk=pk).first()
    if case is None:
        raise Http404
    return case


def decidable_by(scope: Scope) -> QuerySet[DoubleCase]:
    """Cases all of whose sides lie in the scope: those a clerk there may decide."""
    return scope.filter(DoubleCase.objects.all())


def sides_of(case: DoubleCase) -> list[DoubleSide]:
    """The coverages of the case in their order, with where each was read."""
    return list(
        DoubleSide.objects.filter(case=case)
        .select_related(
            "county", "other_county", "spell__area", "spell__source_row__file",
            "spell__source_row__batch__area",
        )
        .order_by("place")
    )  # fmt: skip


def sides_of_all(cases: list[DoubleCase]) -> dict[int, list[DoubleSide]]:
    """The sides of all these cases at once, by case."""
    found: dict[int, list[DoubleSide]] = {case.pk: [] for case in cases}
    sides = DoubleSide.objects.filter(case__in=list(found)).select_related("county")
    for side in sides.order_by("case", "place"):
        found[side.case_id].append(side)
    return found


def cases_of_spells(scope: Scope, spells: list[int]) -> dict[int, int]:
    """The case of the scope that a coverage is part of, by the coverage."""
    sides = DoubleSide.objects.filter(spell__in=spells, case__in=cases_in(scope).values("pk"))
    standing = sides.exclude(case__state=CaseState.LIFTED).order_by("case")
    return dict(standing.values_list("spell", "case"))


def facts_of(person: Person) -> list[DoubleFact]:
    """What is on record of the person, withdrawn facts included."""
    return list(DoubleFact.objects.filter(person=person).select_related("area").order_by("-pk"))


def cases_of(person: int) -> QuerySet[DoubleCase]:
    """The person's cases: their own, and those of files merged into theirs, whose coverage came."""
    coverage = CoverageSpell.objects.filter(person=person, double_sides__case=OuterRef("pk"))
    return DoubleCase.objects.filter(Q(person=person) | Exists(coverage))


def ends_of(spells: Iterable[CoverageSpell]) -> dict[int, DoubleSide]:
    """By coverage, the side of the decided case that ended, paused or shortened it.

    The side keeps the days that the coverage had before, its decision says why it ended.
    """
    sides = DoubleSide.objects.filter(
        spell__in=[spell.pk for spell in spells],
        standing__in=[Standing.ENDS, Standing.PAUSES],
        case__state=CaseState.DECIDED,
    )
    found = sides.select_related("case__decision").order_by("case__decided_at", "pk")
    return {side.spell_id: side for side in found}


def decisions_in(scope: Scope) -> QuerySet[DoubleDecision]:
    """Decisions on cases of the scope; the numbers of their cases are fetched when asked for."""
    return scope.filter(DoubleDecision.objects.select_related("area").defer("case_numbers"))


def notices_in(scope: Scope) -> QuerySet[DoubleNotice]:
    """Notices of coverage that ended in the scope."""
    return scope.filter(
        DoubleNotice.objects.select_related("person", "area", "side__county", "decision")
    )


def notices_to_print(scope: Scope, numbers: list[int]) -> QuerySet[DoubleNotice]:
    """Those of these notices that stand, in the order in which they are handed out."""
    return (
        notices_in(scope)
        .filter(pk__in=numbers, is_withdrawn=False)
        .select_related("rule_set")
        .order_by("area__path", "town", "village", "pk")
    )


def areas_of_notices(scope: Scope) -> list[Area]:
    """The areas of the scope in which a coverage ended with a notice."""
    areas = scope.filter(Area.objects.all(), "path")
    return list(
        areas.filter(Exists(DoubleNotice.objects.filter(area=OuterRef("pk")))).order_by("path")
    )


@dataclasses.dataclass(frozen=True)
class Sums:
    """What some cases come to; the unknown amounts are counted beside the sums of the known."""

    cases: int
    ends: int
    contribution: Decimal
    refund: Decimal
    recover: Decimal
    contributions_unknown: int
    subsidies_unknown: int
    subsidies_at_least: int

    @property
    def recover_bounded(self) -> Decimal:
        """The subsidy, marked as a lower bound where national minimums are among its parts."""
        return bounded(self.recover, is_bound=bool(self.subsidies_at_least))


def sums_of(cases: QuerySet[DoubleCase], *, decided_on: datetime.date) -> Sums:
    """The sums of these cases were they decided on the day: the refund depends on it."""
    return _sums(list(cases.values_list("pk", flat=True)), decided_on)


def _sums(numbers: list[int], decided_on: datetime.date) -> Sums:
    with connection.cursor() as cursor:
        cursor.execute(SUMS, {"cases": numbers, "on": decided_on})
        row = cursor.fetchone()
    return Sums(len(numbers), *row)


# The refund is `rules.double_cases.refund_due` in SQL; a test keeps the two equal.
SUMS: Final = """
    SELECT count(*), coalesce(sum(contribution_amount), 0),
           coalesce(sum(CASE WHEN lower(period) > %(on)s THEN contribution_amount END), 0),
           coalesce(sum(recover_amount), 0),
           count(*) FILTER (WHERE contribution_amount IS NULL AND scheme <> 'UEBMI'),
           count(*) FILTER (WHERE recover_amount IS NULL),
           count(*) FILTER (WHERE recover_amount > 0 AND subsidy_is_minimum)
    FROM enrollment_doubleside
    WHERE case_id = ANY (%(cases)s) AND standing IN ('ENDS', 'PAUSES')
"""


def states_counted(scope: Scope) -> dict[str, int]:
    """How many cases of the scope stand in each state."""
    from django.db.models import Count

    counted = cases_in(scope).order_by().values_list("state").annotate(cases=Count("pk"))
    return dict(counted)
