"""The terms of review that hold now; the software's own until others are put on record."""

import datetime
from decimal import Decimal
from typing import Final

from bureau.core import audit
from bureau.core.actors import Actor, actor_from
from bureau.core.integrity import refusals
from bureau.core.models import Staff
from enrollment.models import ReviewTerms

SOFTWARE: Final = "software"


def terms_in_force(*, at: datetime.datetime) -> ReviewTerms:
    """The newest terms; the first are put on record when they are first needed."""
    found = ReviewTerms.objects.first()
    if found is None:
        found = ReviewTerms.objects.create(
            packet_size=20,
            lease_minutes=30,
            second_look_share=Decimal("0.03"),
            second_look_seed="1",
            source="Assumption of the software: 2 to 5 in a hundred are usual.",
            made_at=at,
            made_by=SOFTWARE,
        )
    return found


def set_terms(
    *,
    packet_size: int,
    lease_minutes: int,
    second_look_share: Decimal,
    second_look_seed: str,
    source: str,
    at: datetime.datetime,
    by: Actor | Staff,
) -> ReviewTerms:
    """Other terms hold from now on. Raises DomainError for figures beyond reason."""
    with refusals():
        made = ReviewTerms.objects.create(
            packet_size=packet_size,
            lease_minutes=lease_minutes,
            second_look_share=second_look_share,
            second_look_seed=second_look_seed,
            source=source,
            made_at=at,
            made_by=actor_from(by).text,
        )
    audit.record("review.terms", by=by, at=at, target=made, share=str(second_look_share))
    return made
