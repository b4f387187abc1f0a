"""What two counts of the same rosters differ in, figure by figure, and what was done between."""

import dataclasses
import datetime
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext_lazy

from bureau.core.models import AuditEvent
from bureau.ui import formatting
from enrollment.models import SignedProof
from enrollment.reports.proof import written
from enrollment.reports.proof_tables import Table, tables_of
from enrollment.selectors.proof import Proof

#: Acts that change the figures of rosters on the roll, as the page of the proof names them.
CAUSES: Final = {
    "roster.applied": gettext_lazy("A roster was applied to the roll"),
    "roster.withdrawn": gettext_lazy("A roster was withdrawn"),
    "roster.corrections_applied": gettext_lazy("Corrections of a roster were applied"),
    "people.decisions_carried_out": gettext_lazy("Decisions on pairs were carried out"),
    "people.row_moved": gettext_lazy("A row was moved to another person"),
    "double.applied": gettext_lazy("A decision on double enrollments was carried out"),
}
MOST_CAUSES = 20
_FIGURES = ("number", "mark", "money", "percent")


@dataclasses.dataclass(frozen=True)
class Difference:
    """One figure that differs; a side is empty where the other alone has the line."""

    label: str
    before: str
    after: str


@dataclasses.dataclass(frozen=True)
class Cause:
    """One act that changed the roll; `by` is empty where a job carried out what was approved."""

    what: Any
    at: datetime.datetime
    by: str


def differing(before: Proof, after: Proof) -> list[Difference]:
    """Every figure that differs, by table, line and column, in the language in force."""
    found = []
    for old, new in zip(tables_of(before), tables_of(after), strict=True):
        ours, theirs = _cells(old), _cells(new)
        for place in dict.fromkeys((*ours, *theirs)):
            one, other = ours.get(place, ""), theirs.get(place, "")
            if one != other:
                line, column = place
                label = " · ".join(filter(None, (str(old.title), line, column)))
                found.append(Difference(label, one, other))
    return found


def _cells(table: Table) -> dict[tuple[str, str], str]:
    """The figures of a table by the words of their line and of their column.

    A column of one count may be none of the other: states without a spell have no column.
    """
    found: dict[tuple[str, str], str] = {}
    for line in table.lines:
        words = " · ".join(
            str(value)
            for head, value in zip(table.heads, line.values, strict=True)
            if head.kind not in (*_FIGURES, "digest")
        )
        for head, value in zip(table.heads, line.values, strict=True):
            if head.kind in _FIGURES:
                found[words, str(head.label)] = _written(head.kind, value)
    return found


def _written(kind: str, value: Any) -> str:
    if value is None:
        return ""
    if kind == "mark":
        return written(kind, value)
    if kind == "money":
        return formatting.money(value)
    return formatting.percent(value) if kind == "percent" else formatting.number(value)


def causes_since(found: SignedProof) -> list[Cause]:
    """What was done to the roll of these areas since the figures were counted, the latest first.

    An act of a wider area, such as a roster of the whole city, changes these figures as well.
    """
    codes = found.area.path.split("/")[:-1]
    wider = ["/".join(codes[:depth]) + "/" for depth in range(1, len(codes))]
    events = AuditEvent.objects.filter(at__gt=found.counted_at, kind__in=CAUSES).filter(
        Q(area_path__startswith=found.area.path) | Q(area_path__in=["", *wider])
    )
    return [
        Cause(CAUSES[event.kind], event.at, "" if _is_job(event) else event.actor_text)
        for event in events.order_by("-at")[:MOST_CAUSES]
    ]


def _is_job(event: AuditEvent) -> bool:
    return event.actor_text.startswith("job:")
