"""What each comparison of a line of corrections with its row means for the clerk."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.ui import formatting
from enrollment.choices import LineVerdict
from enrollment.choices.doubts import DOUBT_TEXTS, PlaceDoubt
from enrollment.choices.judged import MAY_BE_RIGHT
from enrollment.choices.lines import ShownVerdict
from enrollment.models import CorrectedRow
from enrollment.tables.rosters import word_of

MEANINGS = {
    ShownVerdict.NEW: gettext_lazy("Lines without a mark: further people of the roster."),
    ShownVerdict.CHANGED: gettext_lazy("Nothing is wrong any more; the rows are taken."),
    ShownVerdict.LEFT_OUT: gettext_lazy(
        "Lines that are to bring no coverage, each with its reason; they count as rejected."
    ),
    ShownVerdict.RELEASED: gettext_lazy(
        "Rows that another row's correction frees; they are taken."
    ),
    ShownVerdict.SAME: gettext_lazy("No cell was changed; the rows go on waiting."),
    ShownVerdict.WRONG: gettext_lazy(
        "Changed, but still wrong; the rows stay as they are until they are corrected."
    ),
    ShownVerdict.BEFORE: gettext_lazy("The rows do not wait any more; nothing is done."),
    ShownVerdict.DECIDED: gettext_lazy(
        "The row would stand for somebody else, but a decision on a double enrollment rests on it; "
        "nothing is done until the decision is taken back."
    ),
    ShownVerdict.UNPLACED: gettext_lazy(
        "Nobody can say for certain which row the line is of; nothing is done. Each line says why "
        "and what helps."
    ),
}


def shown_verdict(line: CorrectedRow) -> ShownVerdict:
    """What is said of the line: one that is left out is none that was corrected."""
    if line.is_settled and line.verdict == LineVerdict.CHANGED:
        return ShownVerdict.LEFT_OUT
    return ShownVerdict(line.verdict)


def void_grounds(line: CorrectedRow) -> list[str]:
    """Problems, in words, for which the grounds given count for nothing: nobody can vouch for
    them."""
    if not line.note or line.is_settled or line.verdict != LineVerdict.WRONG:
        return []
    return [word_of(code) for code in line.reasons if code not in MAY_BE_RIGHT]


def void_grounds_text(line: CorrectedRow) -> str:
    """That the grounds given count for nothing, and for which problems."""
    problems = void_grounds(line)
    if not problems:
        return ""
    return _("The grounds given do not count: %(problems)s has to be corrected.") % {
        "problems": _(", ").join(problems)
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
