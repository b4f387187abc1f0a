"""A generator of rosters about invented people, with the truth about each record.

Nobody in them is real: names, numbers and addresses are drawn by chance from a seed, and a number
that happens to be somebody's is chance. `reserved_numbers` avoids even that.
"""

from bureau.testing.city.generate import Summary, generate
from bureau.testing.city.numbers import RESERVED_CODE

__all__ = ["RESERVED_CODE", "Summary", "generate"]
