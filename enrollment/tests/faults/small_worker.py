"""Named to a process of a fault test: it takes small steps, waits where it is told to, and has
the clock it is given."""

from bureau.testing import halts, skewed
from enrollment.tests.faults import small_steps

small_steps.take()
halts.arrange()
skewed.arrange()
