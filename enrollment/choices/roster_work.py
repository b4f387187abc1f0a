"""What of a roster waits for its clerk once it is on the roll."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RosterWait(TextChoices):
    """What of a roster waits; a roster may wait for several things at once."""

    REVIEW = "REVIEW", _("Rows for review in rosters on the roll")
    REJECTED = "REJECTED", _("Rejected rows in rosters on the roll")
    NUMBER = "NUMBER", _("Newborns waiting for an identity number")
    CORRECTIONS = "CORRECTIONS", _("Corrections to be looked through")
