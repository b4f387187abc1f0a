"""Jobs that count the proof: for its page, and again for a proof that was laid down before."""

import time
from typing import Any

from django.utils.translation import gettext_noop

from bureau.core import audit, clock
from bureau.core.actors import Scope
from bureau.core.jobs import JobContext
from bureau.core.models import AuditEvent
from enrollment.models import SignedProof
from enrollment.reports.proof_tables import Table, tables_of
from enrollment.selectors import proof as proofs
from enrollment.selectors import proof_counts
from enrollment.services import proofs as services

#: Counts in a row while the roll keeps changing; the page says that the last one is out of date.
MOST_COUNTS = 3
#: Differences that are named one by one; more are only counted.
NAMED = 200
#: Acts that change the figures of rosters on the roll.
CAUSES = ("roster.applied", "double.applied", "roster.withdrawn", "files.merged", "files.split")


def count(context: JobContext) -> None:
    """The figures of the areas stand as counted at one moment, unless the roll changed meanwhile:
    then they are counted again."""
    scope = Scope.of(context.arguments["scope"].split(","))
    year = context.arguments["year"] or None
    context.phase(gettext_noop("Counting the proof"))
    for _time in range(MOST_COUNTS):
        basis = services.basis_of(scope, year)
        began = time.monotonic()
        proof = proof_counts.proof_of(scope, at=clock.now(), year=year)
        context.heartbeat()
        if services.basis_of(scope, year) == basis:
            break
    with context.step():
        services.keep_count(
            scope, year, proof, basis=basis, seconds=round(time.monotonic() - began, 2)
        )
    context.result = {"digest": proof.digest(), "holds": int(proof.holds)}


def compare(context: JobContext) -> None:
    """What the same rosters come to now stands beside the proof, each difference by its name."""
    found = SignedProof.objects.select_related("area").get(pk=context.arguments["proof"])
    before = proofs.read(found.content, made_at=found.counted_at, years=[], unread_rosters=0)
    context.phase(gettext_noop("Counting the proof again"))
    after = proof_counts.proof_of(
        Scope.of([found.area.path]),
        at=clock.now(),
        year=found.year or None,
        rosters=[roster.roster_id for roster in before.rosters],
    )
    differences = differing(tables_of(before), tables_of(after))
    with context.step():
        found.compared = {
            "at": clock.now().isoformat(),
            "digest": after.digest(),
            "is_equal": after.digest() == found.digest,
            "count": len(differences),
            "differences": differences[:NAMED],
            "causes": causes_since(found),
        }
        found.save(update_fields=["compared"])
        audit.record(
            "proof.compared",
            by=context.actor,
            at=clock.now(),
            target=found,
            area=found.area,
            differences=len(differences),
        )
    context.result = {"differences": len(differences)}


def differing(before: list[Table], after: list[Table]) -> list[dict[str, Any]]:
    """Every figure that differs, by table, line and column; a line of one side only as a whole."""
    found = []
    for old, new in zip(before, after, strict=True):
        ours, theirs = _cells(old), _cells(new)
        for place in sorted({*ours, *theirs}, key=str):
            if ours.get(place) != theirs.get(place):
                line, column = place
                found.append(
                    {
                        "table": old.key,
                        "line": line,
                        "column": column,
                        "before": _text(ours.get(place)),
                        "after": _text(theirs.get(place)),
                    }
                )
    return found


def _cells(table: Table) -> dict[tuple[str, int], Any]:
    """The figures of a table by the words of their line and the place of their column."""
    found: dict[tuple[str, int], Any] = {}
    for line in table.lines:
        words = " · ".join(
            str(value)
            for head, value in zip(table.heads, line.values, strict=True)
            if head.kind in ("text", "digest")
        )
        for place, (head, value) in enumerate(zip(table.heads, line.values, strict=True)):
            if head.kind in ("number", "mark"):
                found[words, place] = value
    return found


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def causes_since(found: SignedProof) -> list[dict[str, str]]:
    """What was done to the roll since the figures were counted, the latest first."""
    events = AuditEvent.objects.filter(
        at__gt=found.counted_at, kind__in=CAUSES, area_path__startswith=found.area.path
    ).order_by("-at")[:20]
    return [
        {"kind": event.kind, "at": event.at.isoformat(), "by": event.actor_text,
         "target": event.target_id}
        for event in events
    ]  # fmt: skip
