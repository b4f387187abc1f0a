"""Newer editions as pages and commands show them: what may be replaced, what a comparison found."""

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404

from bureau.core.actors import Scope
from bureau.intake.choices import BatchState
from enrollment.choices import Outcome
from enrollment.choices.editions import LineState
from enrollment.choices.undo import UndoState
from enrollment.models import (
    DoubleSide,
    EditionLine,
    ReplacedRoster,
    RosterBatch,
    RosterEdition,
    RosterRow,
    RosterUndo,
)
from enrollment.selectors.rosters import rosters_in

#: Rosters that are read or wait, and are not on the roll yet.
_ON_THE_WAY: Final = (
    BatchState.READING, BatchState.CHECKED, BatchState.AWAITING_APPROVAL, BatchState.APPLYING,
)  # fmt: skip
#: Decided cases of double enrollment about the coverage of a line's former row.
_DECIDED_DOUBLES: Final = DoubleSide.objects.filter(
    spell__source_row=OuterRef("old_row"), case__decided_at__isnull=False
)
_FIGURES: Final = """
    SELECT line.state, count(*), coalesce(sum(former.amount), 0),
           -- Of a line that did not change the former row stands, as it was corrected.
           coalesce(sum(CASE WHEN line.state = 'SAME' AND NOT line.follows THEN former.amount
                             ELSE staged.amount END), 0),
           count(*) FILTER (WHERE line.is_taken), count(line.ends_on),
           count(*) FILTER (WHERE line.follows AND staged.outcome NOT IN ('ACCEPTED', 'FIXED')
                                  AND former.outcome IN ('ACCEPTED', 'FIXED')),
           count(*) FILTER (WHERE line.before ? 'period'),
           count(*) FILTER (WHERE line.before ? 'not_ended'),
           count(*) FILTER (WHERE line.state = 'SAME' AND NOT line.follows
                              AND former.version > 0
                              AND staged.amount IS DISTINCT FROM former.amount),
           count(*) FILTER (WHERE staged.outcome IN ('ACCEPTED', 'FIXED'))
    FROM enrollment_editionline line
    LEFT JOIN enrollment_rosterrow staged ON staged.id = line.row_id
    LEFT JOIN enrollment_rosterrow former ON former.id = line.old_row_id
    WHERE line.edition_id = %s GROUP BY line.state
"""


@dataclasses.dataclass(frozen=True)
class Figures:
    """Lines of one state: how many, their amounts in both editions, and what became of them.

    `waiting` are changed lines that wait for a clerk: until then their former rows stand. `ended`
    and `not_ended` are coverages that were to end, and did or did not. `corrected` are unchanged
    lines that repeat an amount which was corrected: the corrected one counts.
    `clean` are lines of the newer edition that may be covered.
    """

    lines: int = 0
    amount_before: Decimal = Decimal(0)
    amount_after: Decimal = Decimal(0)
    taken: int = 0
    ends: int = 0
    waiting: int = 0
    ended: int = 0
    not_ended: int = 0
    corrected: int = 0
    clean: int = 0


def edition_of(batch: RosterBatch) -> RosterEdition | None:
    """That the roster is, or was meant as, a newer edition of another."""
    found = RosterEdition.objects.filter(batch=batch).select_related("replaces__area")
    return found.first()


def newer_of(batch: RosterBatch) -> RosterEdition | None:
    """The newer edition of the roster that stands or is on its way."""
    found = RosterEdition.objects.filter(replaced__roster=batch, is_open=True)
    return found.select_related("batch__area").first()


def replaced_by(edition: RosterEdition) -> list[RosterBatch]:
    """The rosters that the edition replaces: one, or several parts together."""
    found = RosterBatch.objects.filter(replaced_by__edition=edition)
    return list(found.select_related("area").order_by("pk"))


def formers_of(batch: RosterBatch) -> list[RosterBatch]:
    """All former editions of the roster, and their former ones."""
    found: list[RosterBatch] = []
    left = [batch]
    while left:
        edition = edition_of(left.pop())
        if edition is not None:
            earlier = replaced_by(edition)
            found += earlier
            left += earlier
    return found


def places_of(edition: RosterEdition) -> list[str]:
    """The townships that an edition of some townships names; none for one of the whole."""
    if not edition.only_places:
        return []
    named = RosterRow.objects.filter(batch=edition.batch_id, town__gt="").exclude(
        # A heading says the name of the column.
        outcome=Outcome.NOT_RECORD
    )
    towns = named.order_by("town").values_list("town", flat=True).distinct()
    return [town for town in towns if town]


def editions_of_all(batches: Sequence[RosterBatch]) -> dict[int, list[int]]:
    """By roster, the number of its edition, and then those of the rosters it replaces."""
    found: dict[int, list[int]] = {}
    parts = ReplacedRoster.objects.filter(edition__batch__in=batches).order_by("roster_id")
    for part in parts.select_related("edition"):
        found.setdefault(part.edition.batch_id, [part.edition.number]).append(part.roster_id)
    return found


def _like(batch: RosterBatch) -> QuerySet[RosterBatch]:
    same = RosterBatch.objects.filter(area=batch.area_id, scheme=batch.scheme, year=batch.year)
    return same.exclude(pk=batch.pk).select_related("area").order_by("pk")


def offered_to(batch: RosterBatch) -> list[RosterBatch]:
    """Rosters on the roll of which this one may be a newer edition; none that has one already."""
    replaced = ReplacedRoster.objects.filter(roster=OuterRef("pk"), is_open=True)
    undoing = RosterUndo.objects.filter(
        batch=OuterRef("pk"), state__in=[UndoState.ASKED, UndoState.UNDOING]
    )
    applied = _like(batch).filter(state=BatchState.APPLIED)
    return list(applied.filter(~Exists(replaced), ~Exists(undoing)))


def waiting_beside(batch: RosterBatch) -> list[RosterBatch]:
    """Rosters of the same area, scheme and year that are read or wait: nothing to compare with."""
    return list(_like(batch).filter(state__in=_ON_THE_WAY))


def figures_of(edition: RosterEdition) -> dict[LineState, Figures]:
    """By state, what the comparison came to; states without lines are zero."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, [edition.pk])
        found = {LineState(state): Figures(*figures) for state, *figures in cursor.fetchall()}
    return {state: found.get(state, Figures()) for state in LineState}


def summary_of(batch: RosterBatch) -> dict[str, int | str]:
    """What the second person sees of an edition; nothing for other rosters."""
    edition = edition_of(batch)
    if edition is None:
        return {}
    figures = figures_of(edition)
    formers = "; ".join(former.title for former in replaced_by(edition))
    found: dict[str, int | str] = {"edition_of": formers, "edition": edition.number}
    if edition.only_places:
        found["only_places"] = ", ".join(places_of(edition))
    found |= {f"lines_{state.value.lower()}": figures[state].lines for state in LineState}
    found["lines_waiting"] = figures[LineState.CHANGED].waiting
    found["left_ends"] = figures[LineState.LEFT].ends
    if edition.left_reason:
        found["left_reason"] = edition.left_reason
    return found


def lines_of(batch_pk: int, scope: Scope) -> QuerySet[EditionLine]:
    """The lines of an edition in the scope."""
    # Looked up before: joined to areas by path, lines are misjudged to be few and read in whole.
    if not rosters_in(scope).filter(pk=batch_pk).exists():
        return EditionLine.objects.none()
    lines = EditionLine.objects.filter(edition__batch=batch_pk).annotate(
        is_decided_double=Exists(_DECIDED_DOUBLES)
    )
    return lines.select_related("row__file", "old_row__file", "old_row__batch", "edition__batch")


def line_in(scope: Scope, batch_pk: int, pk: int) -> EditionLine:
    """One line of an edition in the scope; Http404 otherwise."""
    found: EditionLine = get_object_or_404(lines_of(batch_pk, scope), pk=pk)
    return found


def standing_left(edition: RosterEdition) -> QuerySet[EditionLine]:
    """Lines left out whose coverage may be ended: those that stand for somebody on the roll."""
    return EditionLine.objects.filter(
        edition=edition, state=LineState.LEFT, old_row__link__isnull=False
    )


def decided_doubles(lines: QuerySet[EditionLine]) -> QuerySet[EditionLine]:
    """Of these lines, those whose coverage a decided double enrollment tells of: it stays so."""
    return lines.filter(Exists(_DECIDED_DOUBLES))


def values_of(row: RosterRow | None, columns: Sequence[str]) -> list[Any]:
    """The values of the columns, as far as the row says them."""
    return [None if row is None else getattr(row, column) for column in columns]
