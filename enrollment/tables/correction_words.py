"""What each comparison of a line of corrections with its row means for the clerk."""

from django.utils.translation import gettext_lazy

from enrollment.choices import LineVerdict

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
