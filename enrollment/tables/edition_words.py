"""The words for lines of editions, and the tones in which their states are shown."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.intake.choices import BatchState
from bureau.ui import formatting, statuses
from enrollment.choices import Outcome, Reason
from enrollment.choices.editions import LineState
from enrollment.imports.edition_compare import COLUMNS
from enrollment.models import EditionLine, RosterRow
from enrollment.tables.rosters import place_of

#: What a state means for the roll.
MEANINGS: Final[Mapping[LineState, Any]] = {
    LineState.SAME: gettext_lazy("The row of the former edition stands; nothing is touched."),
    LineState.CHANGED: gettext_lazy(
        "The line takes the place of its former row once it is clean; the former row stays on "
        "record."
    ),
    LineState.NEW: gettext_lazy("The line goes the ordinary way onto the roll."),
    LineState.LEFT: gettext_lazy(
        "The former edition lists the person, this one does not. Nobody is dropped: coverage goes "
        "on unless its end is decided here."
    ),
    LineState.UNSURE: gettext_lazy(
        "Which rows are one line is not certain, or a decision of a person rests on the former "
        "row. The former rows stay; new lines wait for review."
    ),
}


def register() -> None:
    """States of lines have their tones on every page."""
    statuses.register(
        LineState,
        {
            LineState.SAME: "calm",
            LineState.CHANGED: "active",
            LineState.NEW: "good",
            LineState.LEFT: "caution",
            LineState.UNSURE: "caution",
        },
    )


def place_text(row: RosterRow | None) -> str:
    """Where a side of a line stands; nothing where the line has no such side."""
    return place_of(row) if row is not None else ""


def what_becomes(line: EditionLine) -> str:
    """What became of the line on the roll, or will."""
    if line.state == LineState.LEFT:
        if line.ends_on is None:
            return _("Was not on the roll") if line.is_taken else _("Kept, listed")
        day = formatting.day(line.ends_on)
        if line.is_taken:
            return _("Coverage ended, last day %(day)s") % {"day": day}
        if line.before.get("not_ended") == "NO_COVERAGE":
            return _("Not ended: no coverage stood any more")
        if "not_ended" in line.before or getattr(line, "is_decided_double", False):
            return _("Not ended: its double enrollment is decided, which stays")
        return _("Coverage is to end, last day %(day)s") % {"day": day}
    if line.state == LineState.CHANGED:
        if line.is_taken:
            return _("Took the place of the former row")
        is_clean = line.row is not None and line.row.outcome in (Outcome.ACCEPTED, Outcome.FIXED)
        if is_clean and line.edition.batch.state != BatchState.APPLIED:
            return _("Takes the place of the former row with this edition")
        return _("Former row stands")
    if line.state == LineState.SAME and is_left_out(line):
        return _("Left out, as its former row was")
    if line.state == LineState.SAME and repeats_a_fault(line):
        return _("Repeats what was corrected; the correction stands")
    return ""


def repeats_a_fault(line: EditionLine) -> bool:
    """Whether an unchanged line says something else than its former row, as it was corrected."""
    old, new = line.old_row, line.row
    if old is None or new is None or line.follows or not old.version:
        return False
    columns = (column for field in line.edition.compared for column in COLUMNS[field])
    return any(getattr(old, column) != getattr(new, column) for column in columns)


def is_left_out(line: EditionLine) -> bool:
    """Whether a person left the former row out, and the line with it."""
    return line.row is not None and Reason.LEFT_OUT in line.row.reasons
