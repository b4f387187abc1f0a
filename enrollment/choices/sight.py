"""For what rows of a roster are shown in full."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SightPurpose(TextChoices):
    """The purpose that a member of staff states before personal data are shown in full."""

    CORRECT = "CORRECT", _("To correct rows by the county's papers")
    CHECK = "CHECK", _("To check corrections that wait for approval")
    ENQUIRY = "ENQUIRY", _("To answer an enquiry of the person or the county")
    AUDIT = "AUDIT", _("For a review or an audit")
    OTHER = "OTHER", _("For another purpose, which is written beside")
