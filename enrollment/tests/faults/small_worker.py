"""Named to a process of a fault test: it takes small steps and waits where it is told to."""

from bureau.testing import halts
from enrollment.tests.faults import small_steps

small_steps.take()
halts.arrange()
