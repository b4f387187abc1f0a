"""What a code means for the reader of a row."""

from typing import NamedTuple

from django.utils.functional import Promise


class Explanation(NamedTuple):
    """What a code means for the reader of a row, and what to do; for a fix, what was done."""

    explanation: str | Promise
    remedy: str | Promise
