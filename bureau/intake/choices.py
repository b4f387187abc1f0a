"""Enumerations of file intake."""

from typing import Final

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
    UNDOING = "UNDOING", _("Being undone")
    UNDONE = "UNDONE", _("Undone")


#: Batches of which nothing stands any more, and nothing will.
TAKEN_BACK: Final = (BatchState.CANCELLED, BatchState.UNDONE)


class Channel(TextChoices):
    """By which way the files came."""

    BROWSER = "BROWSER", _("Browser")
    MAINTENANCE = "MAINTENANCE", _("Maintenance page")
    COMMAND_LINE = "COMMAND_LINE", _("Command line")
