"""Objects behind the routes of enrollment, for the tests of access."""

from enrollment.tests import (  # noqa: F401
    correction_samples,
    double_samples,
    people_samples,
    review_samples,
    roster_samples,
)
