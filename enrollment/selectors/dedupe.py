"""The way of rows to one roll as counted last: by area and source, within a scope."""

import dataclasses
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from bureau.core.actors import Scope
from bureau.core.money import bounded
from enrollment.models import DedupeCount, DedupeLine
from enrollment.selectors.people import scope_areas

#: Stages in their order; each is drawn as a bar of the funnel.
STAGES: Final = (
    "rows_read", "parsed", "valid", "once", "matched", "linked", "asked", "confirmed", "ended",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Stages:
    """The figures of one area, of one source, or of all."""

    counts: tuple[int, ...] = (0,) * len(STAGES)
    saved: Decimal = Decimal("0.00")
    at_least: int = 0
    unknown: int = 0

    def __add__(self, other: "Stages") -> "Stages":
        return Stages(
            tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)),
            self.saved + other.saved,
            self.at_least + other.at_least,
            self.unknown + other.unknown,
        )

    @property
    def saved_bounded(self) -> Decimal:
        """What is saved, marked as a lower bound where national minimums are among its parts."""
        return bounded(self.saved, is_bound=bool(self.at_least))

    def of(self, stage: str) -> int:
        return self.counts[STAGES.index(stage)]


def latest() -> DedupeCount | None:
    """The newest count, if somebody has asked for one."""
    return DedupeCount.objects.first()


def lines_of(count: DedupeCount, scope: Scope) -> list[DedupeLine]:
    """The lines of the count whose area lies in the scope."""
    found = DedupeLine.objects.filter(count=count).select_related("area")
    areas = scope_areas(scope)
    found = found if areas is None else found.filter(area__in=areas)
    return list(found.order_by("area__path", "scheme"))


def stages_of(line: DedupeLine) -> Stages:
    return Stages(
        tuple(getattr(line, stage) for stage in STAGES), line.saved, line.at_least, line.unknown
    )


def summed(lines: Iterable[DedupeLine], key: Callable[[DedupeLine], Any]) -> dict[Any, Stages]:
    """The lines added up by what the key gives."""
    found: dict[Any, Stages] = {}
    for line in lines:
        found[key(line)] = found.get(key(line), Stages()) + stages_of(line)
    return found


def total(lines: Iterable[DedupeLine]) -> Stages:
    return sum((stages_of(line) for line in lines), Stages())
