"""Why one of the participation baseline is not insured now."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class FallenKind(TextChoices):
    """Where who fell out of participation stands."""

    WAITING = "WAITING", _("Row waits for a clerk")
    SENT_BACK = "SENT_BACK", _("Row was sent back")
    UNINSURED = "UNINSURED", _("On the roll, insured by none")
    #: None of those below the baseline: insured now, but on no roll of the year after.
    NOT_NEXT = "NOT_NEXT", _("Insured this year, on no roll of the next")
