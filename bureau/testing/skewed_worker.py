"""Named to a worker of a test: its machine's clock is wrong."""

from bureau.testing import skewed

skewed.arrange()
