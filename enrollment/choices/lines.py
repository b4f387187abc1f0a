"""What lines of corrections come to."""

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy


class LineVerdict(TextChoices):
    """What a line of corrections comes to beside the roster's row."""

    NEW = "NEW", pgettext_lazy("line of corrections", "New")
    CHANGED = "CHANGED", pgettext_lazy("line of corrections", "Changed")
    RELEASED = "RELEASED", pgettext_lazy("line of corrections", "Released by another")
    SAME = "SAME", pgettext_lazy("line of corrections", "Same")
    WRONG = "WRONG", pgettext_lazy("line of corrections", "Still wrong")
    BEFORE = "BEFORE", pgettext_lazy("line of corrections", "Corrected before")
    DECIDED = "DECIDED", pgettext_lazy("line of corrections", "Coverage decided")
    UNPLACED = "UNPLACED", pgettext_lazy("line of corrections", "Row not found")


class ShownVerdict(TextChoices):
    """What the list says of a line: a line that is left out is none that was corrected."""

    NEW = LineVerdict.NEW.value, LineVerdict.NEW.label
    CHANGED = LineVerdict.CHANGED.value, LineVerdict.CHANGED.label
    LEFT_OUT = "LEFT_OUT", pgettext_lazy("line of corrections", "Left out")
    RELEASED = LineVerdict.RELEASED.value, LineVerdict.RELEASED.label
    SAME = LineVerdict.SAME.value, LineVerdict.SAME.label
    WRONG = LineVerdict.WRONG.value, LineVerdict.WRONG.label
    BEFORE = LineVerdict.BEFORE.value, LineVerdict.BEFORE.label
    DECIDED = LineVerdict.DECIDED.value, LineVerdict.DECIDED.label
    UNPLACED = LineVerdict.UNPLACED.value, LineVerdict.UNPLACED.label
