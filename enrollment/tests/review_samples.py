"""A pair behind the routes of the review, for the tests of access."""

from typing import Any

from bureau.core.models import Area
from bureau.testing.access import sample
from enrollment.tests import decisions as made


@sample(
    "enrollment:review-pair",
    "enrollment:review-take-pair",
    "enrollment:review-decide",
    "enrollment:review-take-back",
    "enrollment:review-reveal",
)
def pair(place: Area) -> dict[str, Any]:
    """Two rows of one county that may be one person."""
    batch = made.roster(place)
    return {"pk": made.pair(made.row(batch), made.row(batch)).pk}
