"""The tones in which states of rosters, files and rows are shown."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from bureau.intake.choices import BatchState
from bureau.ui import statuses
from enrollment.choices import CorrectionState, LineVerdict, Outcome
from enrollment.choices.lines import ShownVerdict
from enrollment.models import RosterCorrection


class FileState(TextChoices):
    """Where one file stands before the roster is read."""

    UNSEEN = "UNSEEN", _("Being looked at")
    REFUSED = "REFUSED", _("Cannot be read")
    OPEN = "OPEN", _("Columns to be confirmed")
    CONFIRMED = "CONFIRMED", _("Columns confirmed")
    LOADED = "LOADED", _("Read")


def correction_status(made: RosterCorrection) -> statuses.Status:
    """Where corrections stand; those of a roster that was not on the roll then are not on it."""
    if made.state == CorrectionState.APPLIED and not made.into_roll:
        return statuses.Status(_("Taken into the roster"), "good")
    return statuses.status_of(CorrectionState, made.state)


def register() -> None:
    """States of rosters have their tones on every page."""
    statuses.register(
        BatchState,
        {
            BatchState.DRAFT: "calm",
            BatchState.READING: "active",
            BatchState.CHECKED: "caution",
            BatchState.AWAITING_APPROVAL: "active",
            BatchState.APPLYING: "active",
            BatchState.APPLIED: "good",
            BatchState.CANCELLED: "calm",
            BatchState.UNDOING: "active",
            BatchState.UNDONE: "calm",
        },
    )
    statuses.register(
        Outcome,
        {
            Outcome.ACCEPTED: "good",
            Outcome.FIXED: "good",
            Outcome.REVIEW: "caution",
            Outcome.REJECTED: "bad",
            Outcome.NOT_RECORD: "calm",
        },
    )
    statuses.register(
        FileState,
        {
            FileState.UNSEEN: "active",
            FileState.REFUSED: "bad",
            FileState.OPEN: "caution",
            FileState.CONFIRMED: "good",
            FileState.LOADED: "good",
        },
    )
    statuses.register(
        CorrectionState,
        {
            CorrectionState.READING: "active",
            CorrectionState.OPEN: "caution",
            CorrectionState.AWAITING_APPROVAL: "active",
            CorrectionState.APPLYING: "active",
            CorrectionState.APPLIED: "good",
            CorrectionState.DROPPED: "calm",
            CorrectionState.REFUSED: "bad",
        },
    )
    _register_lines()


def _register_lines() -> None:
    """What lines of corrections come to, as stored and as lists say it."""
    statuses.register(
        LineVerdict,
        {
            LineVerdict.NEW: "good",
            LineVerdict.CHANGED: "good",
            LineVerdict.RELEASED: "good",
            LineVerdict.SAME: "calm",
            LineVerdict.WRONG: "bad",
            LineVerdict.BEFORE: "calm",
            LineVerdict.DECIDED: "caution",
            LineVerdict.UNPLACED: "caution",
        },
    )
    statuses.register(
        ShownVerdict,
        {
            ShownVerdict.NEW: "good",
            ShownVerdict.CHANGED: "good",
            ShownVerdict.LEFT_OUT: "calm",
            ShownVerdict.RELEASED: "good",
            ShownVerdict.SAME: "calm",
            ShownVerdict.WRONG: "bad",
            ShownVerdict.BEFORE: "calm",
            ShownVerdict.DECIDED: "caution",
            ShownVerdict.UNPLACED: "caution",
        },
    )
