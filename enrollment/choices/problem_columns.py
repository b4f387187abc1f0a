"""Stored codes of the columns that problem files have beside the county's own."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProblemColumn(TextChoices):
    """The columns that a problem file has beside the county's own; the first is filled in."""

    RIGHT = "RIGHT", _("Right as it is: write by which evidence")
    ROW = "ROW", _("Original row")
    CODES = "CODES", _("Error codes")
    WRONG = "WRONG", _("What is wrong")
    HELP = "HELP", _("What helps")
    MARK = "MARK", _("Mark of the row, do not change")
