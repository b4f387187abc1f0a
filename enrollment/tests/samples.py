"""Objects behind the routes of enrollment, for the tests of access."""

from enrollment.tests import people_samples, roster_samples  # noqa: F401
