"""A roster on the roll and its newer editions, by the ways of the browser and of the operator."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction

from bureau.core import clock
from bureau.intake.choices import BatchState
from enrollment.choices.editions import LineState
from enrollment.imports import directory
from enrollment.models import EditionLine, RosterBatch, RosterEdition
from enrollment.services import editions
from enrollment.services import rosters as services
from enrollment.tests import rosters

#: Nobody's roster has a fault unless a test puts one in.
Change = Mapping[int, Mapping[str, str]]


def content(people: Iterable[int], changes: Change | None = None) -> bytes:
    """A roster of these people, in this order; some with other cells."""
    said = changes or {}

    def change(cells: dict[str, str], index: int) -> dict[str, str]:
        return {**cells, **said.get(index, {})}

    return rosters.csv_of(rosters.lines(people, change=change))


def edition(
    replaces: RosterBatch,
    sent: bytes,
    state: BatchState = BatchState.CHECKED,
    *,
    together: Collection[RosterBatch] = (),
    only_places: bool = False,
    **more: Any,
) -> RosterBatch:
    """The file is a newer edition of the roster, or of several together, gone so far."""
    batch = rosters.receive(sent, **more)
    rosters.work("enrollment.look_at_roster", batch)
    directory.accept_layouts(batch, by=rosters.BY)
    with transaction.atomic():
        editions.begin(
            batch=batch, replaces=replaces, together=together, only_places=only_places,
            at=clock.now(), by=rosters.BY,
        )  # fmt: skip
        services.begin_reading(batch=batch, at=clock.now(), by=rosters.BY)
    batch.refresh_from_db()
    return rosters.bring_to(batch, state)


def lines(batch: RosterBatch) -> dict[str, list[EditionLine]]:
    """The lines of the edition by their state."""
    found: dict[str, list[EditionLine]] = {state.value: [] for state in LineState}
    compared = EditionLine.objects.filter(edition__batch=batch)
    for line in compared.select_related("row", "old_row").order_by("pk"):
        found[line.state].append(line)
    return found


def counts(batch: RosterBatch) -> dict[str, int]:
    """How many lines of each state, the empty ones left out."""
    return {state: len(found) for state, found in lines(batch).items() if found}


def of(batch: RosterBatch) -> RosterEdition:
    return RosterEdition.objects.get(batch=batch)


def town_of(index: int) -> str:
    """The township of the invented person."""
    line = rosters.lines([index], change=lambda cells, _index: cells)[0]
    return line[rosters.HEADER.index("乡镇")]
