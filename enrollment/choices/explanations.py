"""What a code means for the reader of a row."""

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Explanation(NamedTuple):
    """What a code means for the reader of a row, and what to do; for a fix, what was done."""

    explanation: str | Promise
    remedy: str | Promise


COLUMN_IN_DOUBT: Final = Explanation(
    _("It is not certain which column of the file holds the name, number or other particulars."),
    _(
        "Compare the values with the raw row. If many are wrong, undo the roster and upload "
        "the file in the import centre, where the columns are chosen."
    ),
)
