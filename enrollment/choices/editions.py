"""Stored codes of newer editions of a roster, with their labels."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class LineState(TextChoices):
    """What a line of a newer edition comes to beside the rows that stand of the former one."""

    SAME = "SAME", pgettext_lazy("line of an edition", "Unchanged")
    CHANGED = "CHANGED", pgettext_lazy("line of an edition", "Changed")
    NEW = "NEW", pgettext_lazy("line of an edition", "New")
    LEFT = "LEFT", pgettext_lazy("line of an edition", "Left out")
    UNSURE = "UNSURE", pgettext_lazy("line of an edition", "To be looked at")


class LeftOut(TextChoices):
    """What is to become of the coverage of people whom the newer edition leaves out."""

    KEEP = "KEEP", _("Keep their coverage; they stay listed as left out")
    END = "END", _("End the coverage of all who are left out")
