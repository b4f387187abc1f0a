"""Stored codes of decisions on pairs that wait together for a second person, with their labels."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BundledState(TextChoices):
    """What came of one decision within a request."""

    WAITING = "WAITING", _("Waits for the second person")
    APPROVED = "APPROVED", pgettext_lazy("decision on a pair", "Approved")
    RETURNED = "RETURNED", _("Returned to the clerk")
    WITHDRAWN = "WITHDRAWN", _("Taken back before it was approved")


class NumberHolder(TextChoices):
    """Of two people whose rows bear one identity number: whose it is."""

    LEFT = "LEFT", _("The person on the left holds it")
    RIGHT = "RIGHT", _("The person on the right holds it")
    UNKNOWN = "UNKNOWN", _("Not known yet: both numbers are to be checked")
