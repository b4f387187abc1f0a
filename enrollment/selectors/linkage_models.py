"""Versions of the linkage model, their runs, and doubted links, as their pages show them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Min, QuerySet

from bureau.core.actors import Scope
from bureau.core.models import Area, Job
from enrollment.choices import ModelRunKind
from enrollment.models import LinkageModelVersion, LinkageRun, LinkDoubt, RosterRow
from enrollment.selectors.people import scope_areas


def versions() -> list[LinkageModelVersion]:
    """Every version, the newest first."""
    return list(LinkageModelVersion.objects.select_related("based_on").order_by("-number"))


def version_of(number: str) -> LinkageModelVersion | None:
    """The version of this number, if there is one."""
    if not (number.isascii() and number.isdigit() and len(number) < 7):
        return None
    found: LinkageModelVersion | None = (
        LinkageModelVersion.objects.select_related("based_on").filter(number=int(number)).first()
    )
    return found


def relink_runs(most: int = 5) -> list[LinkageRun]:
    """The latest times that linking again was asked for."""
    runs = LinkageRun.objects.filter(kind=ModelRunKind.RELINK).select_related("version")
    return list(runs[:most])


def running(*kinds: str, version: LinkageModelVersion | None = None) -> Job | None:
    """The job of these kinds that has not ended; of a trial, that of the version."""
    found = Job.objects.filter(kind__in=kinds, finished_at=None)
    if version is not None:
        found = found.filter(arguments__version=version.pk)
    return found.order_by("-pk").first()


def last_failed(*kinds: str) -> Job | None:
    """The latest job of these kinds, if it failed and nobody took note of it."""
    last = Job.objects.filter(kind__in=kinds).order_by("-pk").first()
    return last if last and last.state == "FAILED" and last.noted_at is None else None


def rows_of_examples(
    examples: Iterable[Iterable[int]], scope: Scope
) -> dict[int, tuple[RosterRow, Area]]:
    """The rows that examples name, by number: those of the scope's areas alone."""
    numbers = {number for pair in examples for number in pair}
    rows = (
        RosterRow.objects.filter(pk__in=numbers)
        .select_related("file", "batch__area")
        .order_by("pk")
    )
    areas = scope_areas(scope)
    return {
        row.pk: (row, row.batch.area)
        for row in rows
        if areas is None or row.batch.area_id in set(areas)
    }


def doubts_in(scope: Scope) -> QuerySet[LinkDoubt]:
    """Doubted links whose row is insured in the scope."""
    found = LinkDoubt.objects.select_related(
        "area", "person", "row__file", "row__batch__area", "run__version"
    )
    areas = scope_areas(scope)
    return found if areas is None else found.filter(area__in=areas)


def counts_of_doubts(scope: Scope) -> dict[str, Any]:
    """How many doubts of the scope are open, and since when the oldest is."""
    counted: dict[str, Any] = (
        doubts_in(scope)
        .order_by()
        .filter(state="OPEN")
        .aggregate(count=Count("pk"), oldest=Min("run__made_at"))
    )
    return counted


def first_area(scope: Scope) -> Area | None:
    """An area of the scope, for what is invented."""
    areas = scope_areas(scope)
    found = Area.objects.order_by("path")
    return (found if areas is None else found.filter(pk__in=areas)).first()
