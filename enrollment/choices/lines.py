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
