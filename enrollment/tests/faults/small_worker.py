"""Named to a process of a fault test, which then takes small steps."""

from enrollment.tests.faults import small_steps

small_steps.take()
