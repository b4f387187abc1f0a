"""Jobs that count the proof: for its page, and again for a proof that was laid down before."""

import time

from django.utils.translation import gettext_noop

from bureau.core import audit, clock
from bureau.core.actors import Scope
from bureau.core.jobs import JobContext
from enrollment.models import SignedProof
from enrollment.selectors import proof as proofs
from enrollment.selectors import proof_counts
from enrollment.services import proofs as services

#: Counts in a row while the roll keeps changing; the page says that the last one is out of date.
MOST_COUNTS = 3


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
    """What the same rosters come to now stands beside the proof, to be compared with it."""
    found = SignedProof.objects.select_related("area").get(pk=context.arguments["proof"])
    before = proofs.read(found.content, made_at=found.counted_at, years=[], unread_rosters=0)
    context.phase(gettext_noop("Counting the proof again"))
    at = clock.now()
    after = proof_counts.proof_of(
        Scope.of([found.area.path]),
        at=at,
        year=found.year or None,
        rosters=[roster.roster_id for roster in before.rosters],
    )
    is_equal = after.digest() == found.digest
    with context.step():
        found.compared = {
            "at": at.isoformat(),
            "digest": after.digest(),
            "is_equal": is_equal,
            "content": "" if is_equal else after.canonical(),
        }
        found.save(update_fields=["compared"])
        audit.record(
            "proof.compared",
            by=context.actor,
            at=at,
            target=found,
            area=found.area,
            is_equal=is_equal,
        )
    context.result = {"is_equal": int(is_equal)}
