"""Duplicates by pair of areas and of schemes, with the subsidy they cost: counted set-based."""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from bureau.core.actors import Scope
from bureau.core.models import Area
from bureau.core.money import bounded
from enrollment.choices.double import CaseState, Standing
from enrollment.models import DoubleSide
from enrollment.selectors.double_enrollment import FURTHER, sides_seen

_ENDS = Q(standing__in=[Standing.ENDS, Standing.PAUSES])


@dataclasses.dataclass(frozen=True)
class Figures:
    """Duplicates of one kind: how many, how many of them removed, and the subsidy of the year.

    `saved` is the subsidy of those removed, `to_save` of those proposed; `at_least` says that some
    amounts are national minimums. What nobody knows is counted, never taken for nought.
    """

    found: int = 0
    removed: int = 0
    undecided: int = 0
    saved: Decimal = Decimal("0.00")
    to_save: Decimal = Decimal("0.00")
    unknown: int = 0
    at_least: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            *(
                getattr(self, field.name) + getattr(other, field.name)
                for field in dataclasses.fields(self)
            )
        )

    @property
    def open(self) -> "Figures":
        """Of these, what nobody and no rule has decided: nothing is saved by it, nothing known."""
        return Figures(found=self.undecided, undecided=self.undecided)

    @property
    def ruled(self) -> "Figures":
        """The rest, of which it is said which coverage goes first."""
        return dataclasses.replace(self, found=self.found - self.undecided, undecided=0)

    @property
    def saved_bounded(self) -> Decimal:
        """The subsidy saved; with national minimums among its parts, a lower bound."""
        return bounded(self.saved, is_bound=bool(self.at_least))

    @property
    def to_save_bounded(self) -> Decimal:
        """The same of the subsidy still to be saved."""
        return bounded(self.to_save, is_bound=bool(self.at_least))

    @property
    def whole_bounded(self) -> Decimal:
        """Both together."""
        return bounded(self.saved + self.to_save, is_bound=bool(self.at_least))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Figures":
        """The figures read from plain values; amounts may be text."""
        amounts = {name: Decimal(values[name]) for name in ("saved", "to_save")}
        return cls(**{**values, **amounts})


@dataclasses.dataclass(frozen=True)
class Pair:
    """Duplicates of one pair of coverages: the one that goes first, and the one that makes room."""

    area: Area
    scheme: str
    other_area: Area
    other_scheme: str
    figures: Figures


def pairs_in(scope: Scope) -> list[Pair]:
    """Every kind of duplicate of which one side lies in the scope."""
    return _pairs(DoubleSide.objects.filter(sides_seen(scope)))


def contested_in(scope: Scope) -> list[Pair]:
    """Of those, the duplicates of cases that somebody contests: `found` is how many."""
    contested = DoubleSide.objects.filter(case__state=CaseState.CONTESTED)
    return _pairs(contested.filter(sides_seen(scope)))


def pairs_of(rosters: Collection[int]) -> list[Pair]:
    """Every kind of duplicate that a row of these rosters is, in a fixed order."""
    sides = DoubleSide.objects.filter(spell__source_row__batch__in=rosters)
    return sorted(
        _pairs(sides),
        key=lambda pair: (pair.area.path, pair.scheme, pair.other_area.path, pair.other_scheme),
    )


def _pairs(sides: QuerySet[DoubleSide]) -> list[Pair]:
    removed = Q(case__decided_at__isnull=False)
    counted = (
        sides.filter(FURTHER)
        .exclude(case__state=CaseState.LIFTED)
        .order_by()
        .values("county", "scheme", "other_county", "other_scheme")
        .annotate(
            found=Count("pk"),
            removed=Count("pk", filter=removed),
            undecided=Count("pk", filter=Q(standing=Standing.UNDECIDED)),
            saved=Sum("recover_amount", filter=removed),
            to_save=Sum("recover_amount", filter=~removed & _ENDS),
            unknown=Count("pk", filter=_ENDS & Q(recover_amount=None)),
            at_least=Count("pk", filter=_ENDS & Q(subsidy_is_minimum=True, recover_amount__gt=0)),
        )
    )
    known = {area.pk: area for area in Area.objects.filter(level__in=["CITY", "COUNTY"])}
    return [_pair(dict(line), known) for line in counted]


def _pair(line: dict[str, Any], known: dict[int, Area]) -> Pair:
    figures: dict[str, Any] = {
        field.name: line[field.name] if line[field.name] is not None else Decimal("0.00")
        for field in dataclasses.fields(Figures)
    }
    return Pair(
        area=known[line["other_county"]],
        scheme=line["other_scheme"],
        other_area=known[line["county"]],
        other_scheme=line["scheme"],
        figures=Figures(**figures),
    )


def summed(pairs: Iterable[Pair], key: Callable[[Pair], Any]) -> dict[Any, Figures]:
    """The figures of the pairs added up by what the key gives; together they are the whole."""
    found: dict[Any, Figures] = {}
    for pair in pairs:
        found[key(pair)] = found.get(key(pair), Figures()) + pair.figures
    return found


def schemes_of(pair: Pair) -> tuple[str, str]:
    """The pair of schemes in either order."""
    return min(pair.scheme, pair.other_scheme), max(pair.scheme, pair.other_scheme)


def areas_of(pair: Pair) -> tuple[Area, Area]:
    """The pair of areas in either order."""
    first, second = sorted((pair.area, pair.other_area), key=lambda area: area.path)
    return first, second


def total(pairs: Iterable[Pair]) -> Figures:
    return sum((pair.figures for pair in pairs), Figures())
