"""A pair behind the routes of the review, for the tests of access."""

from typing import Any

from bureau.core import clock
from bureau.core.choices import Role
from bureau.core.models import Area
from bureau.testing.access import sample
from enrollment.services import bundles, clearing
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


@sample("enrollment:review-bundle", "enrollment:review-bundle-decide")
def bundle(place: Area) -> dict[str, Any]:
    """A decision of one county that waits for a second person."""
    batch = made.roster(place)
    asked = made.pair(made.person_row(batch), made.person_row(batch))
    by = made.clerk(f"bundle-{place.code}", (Role.CLERK, place))
    decision = made.decided(asked, by=by, approve=False, clear=False)
    [request] = bundles.ask([decision], clearing.weigh([decision.pk]), at=clock.now())
    return {"pk": request.target_id}
