"""Enumerations of file intake."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BatchState(TextChoices):
    """Where a batch of files stands on its way in."""

    DRAFT = "DRAFT", _("Draft")
    READING = "READING", _("Being read")
    CHECKED = "CHECKED", _("Checked")
    AWAITING_APPROVAL = "AWAITING_APPROVAL", _("Awaiting approval")
    APPLYING = "APPLYING", _("Being applied")
    APPLIED = "APPLIED", _("Applied")
    CANCELLED = "CANCELLED", _("Withdrawn")


class Channel(TextChoices):
    """By which way the files came."""

    BROWSER = "BROWSER", _("Browser")
    MAINTENANCE = "MAINTENANCE", _("Maintenance page")
    COMMAND_LINE = "COMMAND_LINE", _("Command line")
