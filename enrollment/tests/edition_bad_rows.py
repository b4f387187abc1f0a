"""Bad rows of newer editions of rosters."""

import datetime
from typing import Any

from enrollment.models import (
    EditionLine,
    ReplacedRoster,
    RosterBatch,
    RosterEdition,
    RosterRow,
)
from enrollment.tests import rosters


def _roster(start: int = 0) -> RosterBatch:
    return rosters.receive(rosters.csv_of(rosters.lines(range(start, start + 3))))


def _row(batch: RosterBatch, row_no: int = 2) -> RosterRow:
    return RosterRow.objects.create(
        batch=batch, file=batch.files.get(), sheet=1, row_no=row_no, raw="[]", outcome="ACCEPTED"
    )


def _edition(**values: Any) -> RosterEdition:
    replaces = values.pop("replaces", None) or _roster(10)
    batch = values.pop("batch", None) or _roster(20)
    return RosterEdition.objects.create(**{"number": 2, **values}, replaces=replaces, batch=batch)


def _two_open() -> None:
    former = _roster(10)
    _edition(replaces=former)
    _edition(replaces=former, batch=_roster(30))


def _part_twice() -> None:
    edition = _edition()
    ReplacedRoster.objects.create(edition=edition, roster=edition.replaces, is_open=False)


def _part_of_two() -> None:
    former = _roster(10)
    _edition(replaces=former)
    other = _edition(replaces=_roster(40), batch=_roster(30))
    ReplacedRoster.objects.create(edition=other, roster=former)


def _of_itself() -> None:
    batch = _roster(10)
    _edition(batch=batch, replaces=batch)


def _line(
    edition: RosterEdition, state: str, *, row: Any = None, old: Any = None, **more: Any
) -> None:
    EditionLine.objects.create(edition=edition, state=state, row=row, old_row=old, **more)


def _line_twice() -> None:
    edition = _edition()
    row = _row(edition.batch)
    _line(edition, "NEW", row=row)
    _line(edition, "UNSURE", row=row)


def _old_row_twice() -> None:
    edition = _edition()
    old = _row(edition.replaces)
    _line(edition, "LEFT", old=old)
    _line(edition, "CHANGED", row=_row(edition.batch), old=old)


def _changed_from_nothing() -> None:
    edition = _edition()
    _line(edition, "CHANGED", row=_row(edition.batch))


def _unchanged_coverage_ends() -> None:
    edition = _edition()
    _line(
        edition, "SAME", row=_row(edition.batch), old=_row(edition.replaces),
        ends_on=datetime.date(2019, 6, 30),
    )  # fmt: skip


BAD_ROWS = {
    "edition_one_open_of_a_roster": [_two_open],
    "edition_part_once": [_part_twice],
    "edition_part_open_once": [_part_of_two],
    "edition_from_the_second": [lambda: _edition(number=1)],
    "edition_replaces_another": [_of_itself],
    "edition_line_once": [_line_twice],
    "edition_old_row_once": [_old_row_twice],
    "edition_line_has_its_sides": [_changed_from_nothing],
    "edition_ends_who_is_left_out": [_unchanged_coverage_ends],
}
