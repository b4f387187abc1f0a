"""What roster pages say of editions: whose edition a roster is, and what a comparison came to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bureau.intake.choices import BatchState
from bureau.ui import formatting
from bureau.ui.statuses import status_of
from enrollment.choices.editions import LineState
from enrollment.imports.edition_compare import COLUMNS, compared_fields
from enrollment.imports.roster_fields import FIELD_BY_NAME
from enrollment.models import RosterBatch, RosterEdition
from enrollment.selectors import editions as selectors
from enrollment.selectors import roster_hints
from enrollment.selectors.rosters import OriginDifference
from enrollment.tables.edition_words import MEANINGS


def start_options(batch: RosterBatch, differences: Sequence[OriginDifference]) -> dict[str, Any]:
    """What the form that starts the check has to ask of this roster."""
    return {
        "has_differences": bool(differences),
        "replaceable": selectors.offered_to(batch),
        "beside": selectors.waiting_beside(batch),
    }


def likes_of(batch: RosterBatch) -> list[RosterBatch]:
    """Rosters like this one to be warned of; not those of which it is a newer edition."""
    former = {earlier.pk for earlier in selectors.formers_of(batch)}
    return [other for other in roster_hints.rosters_like(batch) if other.pk not in former]


def facts_of(batch: RosterBatch, edition: RosterEdition | None) -> list[tuple[Any, str]]:
    """The roster's edition, for its summary."""
    if edition is None:
        return []
    words = _("%(number)s, replaces %(former)s") % {
        "number": formatting.number(edition.number),
        "former": names_of(edition),
    }
    return [(_("Edition"), words)]


def names_of(edition: RosterEdition) -> str:
    """The rosters that the edition replaces, by name."""
    return str(_("; ").join(map(str, selectors.replaced_by(edition))))


def edition_effects(batch: RosterBatch) -> list[tuple[Any, str]]:
    """What an edition does to the former one, for the page that hands it on."""
    edition = selectors.edition_of(batch)
    if edition is None:
        return []
    figures = selectors.figures_of(edition)
    left = figures[LineState.LEFT]
    return [
        (_("Newer edition of"), names_of(edition)),
        *(
            [(_("Only these townships are compared"), _(", ").join(places))]
            if (places := selectors.places_of(edition))
            else []
        ),
        *(
            (LineState(state).label, formatting.number(found.lines))
            for state, found in figures.items()
        ),
        (_("Of those left out, coverages that end"), formatting.number(left.ends)),
    ]


def differences_of(
    batch: RosterBatch, edition: RosterEdition, *, may_decide: bool
) -> dict[str, Any]:
    """Counts by state with their amounts and lists, and the impact on the roll."""
    figures = selectors.figures_of(edition)
    lines = reverse("enrollment:roster-edition", args=[batch.pk])
    left, changed = figures[LineState.LEFT], figures[LineState.CHANGED]
    before = sum((found.amount_before for found in figures.values()), Decimal(0))
    after = sum((found.amount_after for found in figures.values()), Decimal(0))
    return {
        "edition": edition,
        "formers": [
            (former, reverse("enrollment:roster-detail", args=[former.pk]))
            for former in selectors.replaced_by(edition)
        ],
        "places": _(", ").join(selectors.places_of(edition)),
        "states": [
            (status_of(LineState, state), found, f"{lines}?state={state.value}", MEANINGS[state])
            for state, found in figures.items()
        ],
        "lines_url": lines,
        "impact": [
            (_("New files of people"), formatting.number(batch.persons_created)),
            (_("Coverages that begin"), formatting.number(figures[LineState.NEW].clean)),
            (
                _("Coverages that follow a changed line"),
                formatting.number(changed.taken if batch.applied_at else changed.clean),
            ),
            (
                _("Coverages that end"),
                formatting.number(left.ended if batch.applied_at else left.ends),
            ),
            (_("Amount in the former edition"), formatting.money_prose(before)),
            (_("Amount in this edition"), formatting.money_prose(after)),
            (_("Amount left out"), formatting.money_prose(left.amount_before)),
        ],
        "left": left,
        "left_kept": left.lines - left.ends,
        "repeated": figures[LineState.SAME].corrected,
        "is_applied": batch.state == BatchState.APPLIED,
        "changed_waiting": changed.waiting if batch.state != BatchState.APPLIED else 0,
        "still_waiting": changed.lines - changed.taken if batch.state == BatchState.APPLIED else 0,
        "unsure": figures[LineState.UNSURE].lines,
        "may_decide": may_decide and batch.state == BatchState.CHECKED and left.lines,
        "not_compared": _(", ").join(_not_compared(edition)),
    }


def _not_compared(edition: RosterEdition) -> list[str]:
    """Fields of the former editions that this one has no column for."""
    told: set[str] = set()
    for former in selectors.formers_of(edition.batch):
        told |= set(compared_fields(former))
    return [
        str(FIELD_BY_NAME[name].label)
        for name in COLUMNS
        if name in FIELD_BY_NAME and name in told and name not in edition.compared
    ]
