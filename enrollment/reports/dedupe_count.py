"""The job that counts the way of rows to one roll: one walk over them, for the whole city."""

import time
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext_noop

from bureau.core import clock
from bureau.core.actors import Scope
from bureau.core.choices import AreaLevel
from bureau.core.jobs import JobContext
from bureau.core.models import Area
from enrollment.models import DedupeCount, DedupeLine, RosterBatch
from enrollment.selectors import double_figures
from enrollment.services import dedupe

SQL: Final = Path(__file__).resolve().parents[1] / "imports" / "sql" / "dedupe_stages.sql"
STAGES: Final = (
    "rows_read", "parsed", "valid", "once", "matched", "linked", "asked", "confirmed",
)  # fmt: skip


def count(context: JobContext) -> None:
    """The figures stand as counted at one moment, once however often the job begins anew."""
    if DedupeCount.objects.filter(job=context.job).exists():
        return
    context.phase(gettext_noop("Counting duplicates"))
    began, basis, at = time.monotonic(), dedupe.basis(), clock.now()
    lines = _lines()
    context.heartbeat()
    with context.step():
        made = DedupeCount.objects.create(
            basis=basis,
            counted_at=at,
            seconds=round(time.monotonic() - began, 2),
            job=context.job,
        )
        DedupeLine.objects.bulk_create(
            DedupeLine(count=made, area_id=area, scheme=scheme, **figures)
            for (area, scheme), figures in sorted(lines.items())
        )
        # Only the newest is shown; the figures of before are counted again from the rows any time.
        DedupeCount.objects.filter(pk__lt=made.pk).delete()
    context.result = {"rows": sum(line["rows_read"] for line in lines.values())}


def _lines() -> dict[tuple[int, str], dict[str, Any]]:
    batches = {
        batch.pk: batch for batch in RosterBatch.objects.select_related("area").order_by("pk")
    }
    places = _Places()
    found: dict[tuple[int, str], dict[str, Any]] = defaultdict(lambda: defaultdict(int))
    with connection.cursor() as cursor:
        cursor.execute(SQL.read_text(encoding="utf-8"))
        for batch_id, code, *counts in cursor.fetchall():
            batch = batches[batch_id]
            line = found[places.county_of(batch, code), batch.scheme]
            for stage, rows in zip(STAGES, counts, strict=True):
                line[stage] += rows
    for city in Area.objects.filter(level=AreaLevel.CITY):
        for pair in double_figures.pairs_in(Scope.of([city.path])):
            line = found[pair.other_area.pk, pair.other_scheme]
            line["ended"] += pair.figures.removed
            line["saved"] += Decimal(pair.figures.saved)
            line["at_least"] += pair.figures.at_least
            line["unknown"] += pair.figures.unknown
    return {key: dict(line) for key, line in found.items()}


class _Places:
    """Where a row is insured: the roster's area, or the county that a row of an export names."""

    def __init__(self) -> None:
        areas = list(Area.objects.order_by("path"))
        self._by_path = {area.path: area for area in areas}
        self._by_code = {code: area for area in areas for code in area.former_codes or []}
        self._by_code |= {area.code: area for area in areas}

    def county_of(self, batch: RosterBatch, code: str | None) -> int:
        named = self._by_code.get(code or "")
        is_within = named is not None and named.path.startswith(batch.area.path)
        place = named if named is not None and batch.scheme != "NCMS" and is_within else batch.area
        county = "/".join(place.path.split("/")[:2]) + "/"
        return self._by_path.get(county, place).pk
