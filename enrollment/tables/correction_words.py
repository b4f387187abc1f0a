"""What each comparison of a line of corrections with its row means for the clerk."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.ui import formatting
from enrollment.choices import LineVerdict
from enrollment.choices.doubts import DOUBT_TEXTS, PlaceDoubt
from enrollment.models import CorrectedRow

MEANINGS = {
    LineVerdict.NEW: gettext_lazy("Lines without a mark: further people of the roster."),
    LineVerdict.CHANGED: gettext_lazy("Nothing is wrong any more; the rows are taken."),
    LineVerdict.RELEASED: gettext_lazy("Rows that another row's correction frees; they are taken."),
    LineVerdict.SAME: gettext_lazy("No cell was changed; the rows go on waiting."),
    LineVerdict.WRONG: gettext_lazy(
        "Changed, but still wrong; the rows stay as they are until they are corrected."
    ),
    LineVerdict.BEFORE: gettext_lazy("The rows do not wait any more; nothing is done."),
    LineVerdict.DECIDED: gettext_lazy(
        "The row would stand for somebody else, but a decision on a double enrollment rests on it; "
        "nothing is done until the decision is taken back."
    ),
    LineVerdict.UNPLACED: gettext_lazy(
        "Nobody can say for certain which row the line is of; nothing is done. Each line says why "
        "and what helps."
    ),
}


def doubt_text(line: CorrectedRow) -> str:
    """Why nobody can say which row the line is of, with the rows it may be of."""
    if not line.doubt:
        return ""
    why = formatting.choice_label(PlaceDoubt, line.doubt)
    rows = _(", ").join(map(formatting.number, line.doubt_rows))
    return _("%(why)s: %(rows)s") % {"why": why, "rows": rows} if rows else why


def doubts_of(line: CorrectedRow) -> list[dict[str, Any]]:
    """Why nobody can say which row the line is of, and what helps."""
    text = DOUBT_TEXTS.get(PlaceDoubt(line.doubt)) if line.doubt else None
    if text is None:
        return []
    found = {"label": doubt_text(line), "code": line.doubt, "is_repair": False}
    return [{**found, "explanation": text.explanation, "remedy": text.remedy}]
