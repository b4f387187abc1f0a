"""What the second person sees of a roster: its rows, its contributions, and what to mind."""

from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from enrollment.models import RosterBatch
from enrollment.selectors import editions, roster_hints
from enrollment.selectors import rosters as selectors
from enrollment.selectors.roster_impact import Impact, doubled_by, is_linked_before

#: What the second person sees of a roster, by the words for it.
SUMMARY: Final = {
    "rows_read": _("Rows read"),
    "rows_accepted": _("Rows accepted"),
    "rows_fixed": _("Rows fixed"),
    "rows_review": _("Rows held for review"),
    "rows_rejected": _("Rows rejected"),
    "rows_not_record": _("Lines that are not records"),
    "persons_created": _("New files of people"),
    "rows_enter": _("Rows that go onto the roll"),
    "rows_attached": _("Rows of people already on the roll"),
    "pairs_found": _("Pairs for a clerk to decide"),
}
#: What it tells of rows that wait, where it tells any.
TOLD: Final = {"rows_told": _("Waiting rows of earlier rosters whose person it tells")}
#: Contributions that the second person approves, and those that are not written yet or twice.
AMOUNTS: Final = {
    "amount_covers": _("Contributions of the rows that give coverage (yuan)"),
    "rows_waiting": _("Rows that wait and give no coverage yet"),
    "amount_waiting": _("Contributions of those that wait (yuan), not in the amount above"),
    "rows_twice": _("Second lines of people listed twice, which wait as well"),
    "amount_twice": _("Contributions of the second lines (yuan), not in the amount above"),
    "rows_left_out": _("Lines left out by a clerk, which bring nothing"),
    "amount_left_out": _("Contributions of the lines left out (yuan), not in the amount above"),
    "rows_double": _("Rows of people whom another coverage insures, kept as double enrollment"),
    "amount_double": _("Contributions of those (yuan), within the amount above"),
}
DECLARED: Final = {
    "rows_declared": _("Records declared by the sender"),
    "rows_found": _("Records found"),
    "households_declared": _("Households declared by the sender"),
    "households_found": _("Households found"),
    "amount_declared": _("Amount declared by the sender (yuan)"),
    "amount_found": _("Amount found (yuan), rejected rows included"),
}
#: What the second person is warned of.
WARNED: Final = {
    "told_otherwise": _("Files are of another area, scheme or year"),
    "origin_reason": _("Why they belong to this roster"),
    "rosters_like": _("On the roll already, same area, scheme and year"),
    "linked_before": _("The roll has changed since the check"),
}
#: What is said of figures that another roster or a decision may have changed meanwhile.
LINKED_BEFORE: Final = _(
    "Other rosters or decisions came onto the roll after this roster was checked. Who is new and "
    "who is known is worked out again when it is applied; contributions stay as they are."
)
LABELS: Final = SUMMARY | TOLD | AMOUNTS | DECLARED | WARNED


def summary_of(batch: RosterBatch, impact: Impact) -> dict[str, Any]:
    """The figures that are approved, by the names in `LABELS`."""
    return (
        _rows(batch, impact)
        | {name: getattr(batch, name) for name in TOLD if getattr(batch, name)}
        | _amounts(batch, impact)
        | _declared(batch)
        | editions.summary_of(batch)
        | _warned(batch)
    )


def _rows(batch: RosterBatch, impact: Impact) -> dict[str, int | str]:
    """The counts of rows; of a newer edition only what differs enters, and is told as that."""
    found: dict[str, int | str] = {
        name: getattr(batch, name) for name in SUMMARY if name != "rows_enter"
    }
    # Second lines of the same roster are no people of the roll.
    found["rows_attached"] = batch.rows_attached - impact.second_files
    if editions.edition_of(batch) is not None:
        del found["rows_accepted"], found["rows_fixed"]
        found["rows_enter"] = impact.covers.rows
    return found


def _amounts(batch: RosterBatch, impact: Impact) -> dict[str, int | str]:
    """What the amount of the request holds and what it leaves out; without what there is not."""
    shares = {
        "waiting": impact.waits,
        "twice": impact.twice,
        "left_out": impact.left_out,
        "double": doubled_by(batch),
    }
    found: dict[str, int | str] = {"amount_covers": f"{impact.covers.amount:,.2f}"}
    for name, share in shares.items():
        if share.rows:
            found[f"rows_{name}"] = share.rows
            found[f"amount_{name}"] = f"{share.amount:,.2f}"
    return found


def _declared(batch: RosterBatch) -> dict[str, int | str]:
    """What the sender declared, as far as it was declared, each beside what was found."""
    declared: dict[str, int | Decimal] = {}
    for total in selectors.totals_of(batch):
        declared[f"{total.key}_declared"] = total.declared
        declared[f"{total.key}_found"] = total.read
    return {
        name: f"{value:,.2f}" if isinstance(value, Decimal) else value
        for name, value in declared.items()
    }


def _warned(batch: RosterBatch) -> dict[str, str]:
    """What the clerk was warned of, and what the clerk said to it; in the bureau's language."""
    with override(settings.LANGUAGE_CODE):
        differences = selectors.origin_differences(batch, selectors.files_of(batch))
        told = sorted({f"{found.file.name}: {found.told}" for found in differences})
        formers = {former.pk for former in editions.formers_of(batch)}
        others = roster_hints.rosters_like(batch)
        like = [str(other) for other in others if other.pk not in formers]
        linked_before = str(LINKED_BEFORE) if is_linked_before(batch) else ""
    warned = {
        "told_otherwise": "\n".join(told),
        "origin_reason": roster_hints.origin_reason(batch) if told else "",
        "rosters_like": "\n".join(like),
        "linked_before": linked_before,
    }
    return {name: text for name, text in warned.items() if text}
