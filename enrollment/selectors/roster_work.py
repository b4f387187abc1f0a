"""What of rosters on the roll still waits for a clerk: held and rejected rows, newborns without a
number, corrections that nobody has looked through."""

import dataclasses
import datetime
from collections import Counter
from typing import Final

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.expressions import CombinedExpression

from bureau.core.actors import Scope
from bureau.intake.choices import TAKEN_BACK, BatchState
from enrollment.choices import CorrectionState, IdentifierKind, Reason
from enrollment.choices.roster_work import RosterWait
from enrollment.models import PersonIdentifier, RosterBatch, RosterCorrection, RosterRow
from enrollment.selectors.rosters import OPEN_ROWS, rosters_in

#: By what a roster's own counts tell that rows of it wait; settled ones are left out.
COUNTED: Final[dict[RosterWait, tuple[str, CombinedExpression]]] = {
    RosterWait.REVIEW: ("open_held", F("rows_review") - F("review_settled")),
    RosterWait.REJECTED: ("open_back", F("rows_rejected") - F("rejected_settled")),
}


@dataclasses.dataclass(frozen=True)
class Waiting:
    """So much waits since then, in these rosters; `only` is the thing itself where it is one:
    the roster, or the corrections."""

    count: int
    rosters: int
    oldest_at: datetime.datetime | None
    only: int | None


def newborns() -> QuerySet[RosterRow]:
    """Rows of newborns of whom no number is known yet; served by an index of these rows alone."""
    return RosterRow.objects.filter(
        reasons__contains=[Reason.NEWBORN_WITHOUT_NUMBER.value], **OPEN_ROWS
    )


def newborns_let_in() -> QuerySet[RosterRow]:
    """Rows of newborns on the roll under a temporary number; those whose own has come are not."""
    known = PersonIdentifier.objects.filter(
        person=OuterRef("link__person_id"), kind=IdentifierKind.RESIDENT_ID
    )
    rows = RosterRow.objects.filter(
        confirmed__contains=[Reason.NEWBORN_WITHOUT_NUMBER.value], id_number=None, stands_by=None
    )
    return rows.filter(~Exists(known))


def _opened() -> QuerySet[RosterCorrection]:
    """Corrections to be looked through; those of withdrawn rosters lead nowhere."""
    found = RosterCorrection.objects.filter(state=CorrectionState.OPEN)
    return found.exclude(batch__state__in=TAKEN_BACK)


def waiting_in(rosters: QuerySet[RosterBatch], wait: RosterWait) -> QuerySet[RosterBatch]:
    """Those of the rosters in which this waits."""
    if wait == RosterWait.CORRECTIONS:
        opened = _opened()
        return rosters.filter(pk__in=opened.values("batch"))
    applied = rosters.filter(state=BatchState.APPLIED)
    if wait == RosterWait.NUMBER:
        held, let_in = newborns().values("batch"), newborns_let_in().values("batch")
        return applied.filter(Q(pk__in=held) | Q(pk__in=let_in))
    name, left = COUNTED[wait]
    return applied.alias(**{name: left}).filter(**{f"{name}__gt": 0})


def rows_waiting(scope: Scope) -> dict[RosterWait, Waiting]:
    """What waits in the rosters of the scope, kind by kind; kinds without any are left out."""
    rosters = list(
        rosters_in(scope)
        .filter(state=BatchState.APPLIED)
        .annotate(**dict(COUNTED.values()))
        .order_by("applied_at")
        .values("pk", "applied_at", *(name for name, _left in COUNTED.values()))
    )
    found: dict[RosterWait, dict[int, int]] = {
        wait: {line["pk"]: line[name] for line in rosters if line[name]}
        for wait, (name, _left) in COUNTED.items()
    }
    numbers: Counter[int] = Counter()
    for rows in (newborns(), newborns_let_in()):
        of_scope = rows.filter(batch__in=[line["pk"] for line in rosters]).order_by()
        numbers.update(dict(of_scope.values_list("batch").annotate(Count("pk"))))
    found[RosterWait.NUMBER] = dict(numbers)
    since = {line["pk"]: line["applied_at"] for line in rosters}
    return {
        wait: Waiting(
            sum(counts.values()),
            len(counts),
            min(since[pk] for pk in counts),
            next(iter(counts)) if len(counts) == 1 else None,
        )
        for wait, counts in found.items()
        if counts
    }


def corrections_waiting(scope: Scope) -> Waiting:
    """Corrections of the scope's rosters that wait to be looked through."""
    opened = _opened()
    line = (
        scope.filter(opened, "batch__area__path")
        .order_by()
        .aggregate(
            count=Count("pk"),
            rosters=Count("batch", distinct=True),
            oldest=Min("made_at"),
            first=Min("pk"),
        )
    )
    only = line["first"] if line["count"] == 1 else None
    return Waiting(line["count"], line["rosters"], line["oldest"], only)
