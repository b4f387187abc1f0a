"""Stored codes of the undoing of rosters, with their labels."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class UndoState(TextChoices):
    """How far the undoing of a roster has come."""

    ASKED = "ASKED", _("Awaiting approval")
    UNDOING = "UNDOING", _("Being undone")
    DONE = "DONE", _("Undone")
    DROPPED = "DROPPED", _("Not undone")
