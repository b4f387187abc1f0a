"""Why a line of corrections could not be told to be of one row, and what helps."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from enrollment.choices.explanations import Explanation


class PlaceDoubt(TextChoices):
    """Why nobody can say for certain which row a line is of."""

    MARK = "MARK", _("Mark of the row damaged")
    NO_ROW = "NO_ROW", _("No such row")
    TWICE = "TWICE", _("Row stands in the file twice")
    SEVERAL_ROWS = "SEVERAL_ROWS", _("Fits several rows")
    SEVERAL_LINES = "SEVERAL_LINES", _("Another line fits the same row")
    RESEMBLES = "RESEMBLES", _("Resembles rows that wait")
    CORRECTED = "CORRECTED", _("Row corrected before, mark missing")
    EDITION = "EDITION", _("Another edition's row stands for it")


_FETCH = _(
    "Fetch the problem file of these rows anew, correct the line there and keep its added columns."
)
DOUBT_TEXTS: Final[dict[PlaceDoubt, Explanation]] = {
    PlaceDoubt.MARK: Explanation(
        _("The mark was changed, or the line was put together from parts of several."), _FETCH
    ),
    PlaceDoubt.EDITION: Explanation(
        _("The row is not the one that stands: a row of another edition of the roster does."),
        _("Open the row: it names the one that stands. Correct that one."),
    ),
    PlaceDoubt.NO_ROW: Explanation(
        _("The roster has no row under the number that the line names."), _FETCH
    ),
    PlaceDoubt.TWICE: Explanation(
        _("A line above is of the same row; only that one counts."),
        _("If this line is the right one, load it alone after the other was decided."),
    ),
    PlaceDoubt.SEVERAL_ROWS: Explanation(
        _("The added columns are gone, and by its cells the line may be any of several rows."),
        _FETCH,
    ),
    PlaceDoubt.SEVERAL_LINES: Explanation(
        _("The added columns are gone, and several lines of the file fit the same row."),
        _("Keep one line for each row and load the file again, or fetch the problem file anew."),
    ),
    PlaceDoubt.RESEMBLES: Explanation(
        _(
            "The added columns are gone. The line shares a name or a number with rows that wait, "
            "but too little to be one of them for certain, and too much to be a new person."
        ),
        _(
            "Fetch the problem file anew, keep its added columns, and write new people below the "
            "last line, without a mark."
        ),
    ),
    PlaceDoubt.CORRECTED: Explanation(
        _(
            "The row was corrected before and still waits; without its mark nobody knows whether "
            "the line was made before that."
        ),
        _FETCH,
    ),
}
