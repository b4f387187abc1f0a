"""Whose row each line of corrections is, told by its cells where the added columns are gone.

A line is of a row when it is certain: all cells but those at fault are the row's, or so many that
make a person are, and neither another row nor another line fits as well. What is not certain is
told line by line and never taken.
"""

import dataclasses
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from django.db import connection
from django.utils.translation import gettext_lazy as _

from bureau.core.errors import DomainError
from bureau.intake.readers import Source
from bureau.intake.shapes import FileLayout, SheetLayout
from enrollment.choices import Reason
from enrollment.choices.doubts import PlaceDoubt
from enrollment.imports.correction_files import Line, Place, SheetPlan, lines_of, plans_of
from enrollment.models import RosterBatch
from enrollment.rules.repairs import FIELD_OF_REASON
from enrollment.rules.shown_cells import as_compared

#: Rows and lines that are compared by their cells; with its marks a file may have any number.
MOST_LINES: Final = 100_000
#: Lines by which a file that came as a roster is told to be a problem file.
FIRST_LINES: Final = 500
#: What makes a person of a line when further cells than those at fault were changed.
_PERSONAL: Final = (
    ("name", "id_number"),
    ("name", "birth_on", "household_no"),
    ("name", "birth_on", "phone"),
    ("name", "household_no", "relation"),
    ("name", "phone", "household_no"),
    ("name", "member_no"),
    ("name", "psn_no"),
    ("id_number", "birth_on", "household_no"),
    ("id_number", "household_no", "relation"),
    ("id_number", "member_no"),
)
#: Of the cells that are not at fault, one of these at least has to stand in them.
_TELLING: Final = frozenset({"name", "id_number", "birth_on", "phone", "member_no", "psn_no"})
#: What two different people do not share: a line that has it in common with a row is not new.
_SHARED_BY_NOBODY: Final = ("name", "id_number", "member_no", "psn_no")

_OPEN_ROWS: Final = """
    SELECT file_id, sheet, row_no, version, raw, reasons FROM enrollment_rosterrow
    WHERE batch_id = %s AND file_id = ANY (%s) AND outcome IN ('REVIEW', 'REJECTED')
      AND NOT is_settled
    ORDER BY file_id, sheet, row_no LIMIT %s
"""
_CLEAN_ROWS: Final = """
    SELECT file_id, sheet, row_no, raw FROM enrollment_rosterrow
    WHERE batch_id = %s AND file_id = ANY (%s) AND name = ANY (%s)
      AND (outcome IN ('ACCEPTED', 'FIXED') OR is_settled)
"""

Cells = tuple[str, ...]
#: A row by the place in the list of those that wait.
Found = frozenset[int]


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """What a line turned out to be: of a row, new (neither), or in doubt, with the rows meant."""

    target: Place | None = None
    doubt: PlaceDoubt | None = None
    rows: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class _Waiting:
    place: Place
    version: int
    cells: Cells
    faulty: frozenset[int]


@dataclasses.dataclass(slots=True)
class _Asked:
    """A line as it is compared: where it stands, its cells, the rows it fits."""

    row_no: int
    cells: Cells
    fits: Found = frozenset()
    is_equal: bool = False


def place(
    lines: Iterable[tuple[SheetPlan, list[Line]]],
    batch: RosterBatch,
    layouts: Mapping[tuple[int, int], SheetLayout],
    *,
    open_only: bool = False,
) -> dict[tuple[int, int], Told]:
    """By sheet and row number, whose each line without a mark is; with `open_only` rows that do not
    wait are not looked for.

    Raises `DomainError` for more lines or rows than are compared so.
    """
    asked, plans, marked = _asked(lines)
    told: dict[tuple[int, int], Told] = {}
    claims: Counter[Place] = Counter(marked)
    found: list[tuple[int, _Asked, _Rows]] = []
    for sheet, own in asked.items():
        rows = _Rows(batch, plans[sheet], layouts)
        for one in own:
            rows.look(one)
        rows.deal_equals(own)
        found += [(sheet, one, rows) for one in own]
        claims.update(rows.waiting[at].place for one in own for at in _one(one.fits))
    if found and not marked and not any(one.fits for _sheet, one, _rows in found):
        raise DomainError(
            "NO_CORRECTIONS",
            _(
                "The file has neither a mark such as “#12-34-1” nor a line that is one of the rows "
                "that wait here. Load the problem file that was fetched for this roster."
            ),
        )
    for sheet, one, rows in found:
        told[sheet, one.row_no] = rows.verdict(one, claims)
    if not open_only:
        _among_clean(told, found, batch)
    return told


def _asked(
    lines: Iterable[tuple[SheetPlan, list[Line]]],
) -> tuple[dict[int, list[_Asked]], dict[int, SheetPlan], set[Place]]:
    """By sheet, the lines without a mark and how they are read; and the rows that marks name."""
    asked: dict[int, list[_Asked]] = defaultdict(list)
    plans: dict[int, SheetPlan] = {}
    marked: set[Place] = set()
    for plan, block in lines:
        if not plan.by_content:
            marked |= {line.target for line in block if line.target}
            continue
        plans[plan.sheet] = plan
        for line in block:
            if line.is_heading:
                continue
            if line.target:
                marked.add(line.target)
            elif line.is_new:
                asked[plan.sheet].append(_Asked(line.row_no, _compared(line.cells)))
        if sum(map(len, asked.values())) > MOST_LINES:
            raise _too_many()
    return asked, plans, marked


def told_batch(source: Source, batches: Iterable[RosterBatch]) -> int | None:
    """The roster whose problem file this is although its marks are gone; told by its first lines.

    Most of them have to be rows that wait there, and hardly any a row that is right there: an
    edition of the whole roster under the same headings is none.
    """
    for batch in batches:
        layouts = {
            (file.pk, sheet.sheet): sheet
            for file in batch.files.filter(withdrawn=False).exclude(layout={})
            for sheet in FileLayout.from_json(file.layout).sheets
            if sheet.kept
        }
        try:
            plans = plans_of(source, batch.pk, layouts)
            first = [*itertools.islice(lines_of(source, plans, FIRST_LINES), 1)]
            lines = len(waiting := place(first, batch, layouts, open_only=True))
            known = _targets(place(first, batch, layouts))
        except DomainError:
            continue
        wait = _targets(waiting)
        if wait * 2 > lines and (known - wait) * 10 <= lines:
            return int(batch.pk)
    return None


def _targets(told: Mapping[tuple[int, int], Told]) -> int:
    """How many lines are a row of the roster."""
    return sum(one.target is not None for one in told.values())


def assigned(line: Line, told: Told) -> Line:
    """The line with what was told of it."""
    if told.target is not None:
        return dataclasses.replace(line, target=told.target, is_new=False)
    if told.doubt is not None:
        return dataclasses.replace(line, is_new=False, doubt=told.doubt, doubt_rows=told.rows)
    return line


def _too_many() -> DomainError:
    return DomainError(
        "CORRECTIONS_TOO_MANY_UNMARKED",
        _(
            "The columns that the problem file had added are gone, and without them at most "
            "%(most)s lines can be told apart. Fetch the file anew and keep its added columns."
        ),
        most=MOST_LINES,
    )


def _compared(cells: Sequence[str]) -> Cells:
    """The cells as they are compared, without empty ones at the end."""
    found = [as_compared(cell) for cell in cells]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _one(fits: Found) -> Iterator[int]:
    if len(fits) == 1:
        yield from fits


class _Rows:
    """The rows that wait in the sheets that one sheet of corrections may be of."""

    def __init__(
        self, batch: RosterBatch, plan: SheetPlan, layouts: Mapping[tuple[int, int], SheetLayout]
    ) -> None:
        self.files = sorted({file for file, _sheet in plan.by_content})
        self.fields = {name: column.index for column in plan.layout.columns for name in column.fed}
        self.width = len(plan.layout.columns)
        self.waiting = list(self._waiting(batch, plan, layouts))
        self._equal: dict[Cells, set[int]] = defaultdict(set)
        self._others: dict[frozenset[int], dict[Cells, set[int]]] = {}
        self._personal: dict[tuple[str, ...], set[int]] = defaultdict(set)
        self._values: dict[str, set[int]] = defaultdict(set)
        for at, row in enumerate(self.waiting):
            self._equal[row.cells].add(at)
            self._others.setdefault(row.faulty, defaultdict(set))
            for key in self._keys(row.cells):
                self._personal[key].add(at)
            for value in self._rare(row.cells):
                self._values[value].add(at)
        for faulty, by_cells in self._others.items():
            for at, row in enumerate(self.waiting):
                # Each row counts under every fault, so that a line fits one row only if no other
                # row has the same cells besides.
                if self._tells(row.cells, faulty):
                    by_cells[self._besides(row.cells, faulty)].add(at)

    def _waiting(
        self, batch: RosterBatch, plan: SheetPlan, layouts: Mapping[tuple[int, int], SheetLayout]
    ) -> Iterator[_Waiting]:
        with connection.cursor() as cursor:
            cursor.execute(_OPEN_ROWS, [batch.pk, self.files, MOST_LINES + 1])
            rows = cursor.fetchall()
        if len(rows) > MOST_LINES:
            raise _too_many()
        for file, sheet, row_no, version, raw, reasons in rows:
            if (file, sheet) not in plan.by_content:
                continue
            cells = [cell or "" for cell in json.loads(raw)]
            at_fault = {FIELD_OF_REASON.get(Reason(code)) for code in reasons}
            faulty = {
                column.index
                for column in layouts[file, sheet].columns
                if at_fault.intersection(column.fed)
            }
            yield _Waiting((file, sheet, row_no), version, _compared(cells), frozenset(faulty))

    def _besides(self, cells: Cells, faulty: frozenset[int]) -> Cells:
        wide = (*cells, *itertools.repeat("", self.width - len(cells)))
        return _compared(["" if at in faulty else cell for at, cell in enumerate(wide)])

    def _tells(self, cells: Cells, faulty: frozenset[int]) -> bool:
        """Whether the cells that are not at fault say anything of a person."""
        return any(
            self._cell(cells, field) and self.fields[field] not in faulty
            for field in _TELLING
            if field in self.fields
        )

    def _cell(self, cells: Cells, field: str) -> str:
        at = self.fields.get(field)
        return cells[at] if at is not None and at < len(cells) else ""

    def _keys(self, cells: Cells) -> Iterator[tuple[str, ...]]:
        for names in _PERSONAL:
            values = [self._cell(cells, name) for name in names]
            if all(values):
                yield (*names, *values)

    def _rare(self, cells: Cells) -> Iterator[str]:
        for name in _SHARED_BY_NOBODY:
            if len(value := self._cell(cells, name)) > 1:
                yield value

    def look(self, line: _Asked) -> None:
        """The line knows which rows it fits, by the strongest ground there is."""
        if equal := self._equal.get(line.cells):
            line.fits, line.is_equal = frozenset(equal), True
            return
        besides: set[int] = set()
        for faulty, by_cells in self._others.items():
            if not self._tells(line.cells, faulty):
                continue
            rows = by_cells.get(self._besides(line.cells, faulty), set())
            if any(self.waiting[at].faulty == faulty for at in rows):
                besides |= rows
        if besides:
            line.fits = frozenset(besides)
            return
        fits: set[int] = set()
        for key in self._keys(line.cells):
            fits |= self._personal.get(key, set())
        line.fits = frozenset(fits)

    def deal_equals(self, lines: Sequence[_Asked]) -> None:
        """Of rows that are equal in every cell, each line that is equal too has one: it changes
        nothing, so it is the same whichever."""
        left: dict[Cells, list[int]] = {}
        for line in lines:
            if line.is_equal and len(line.fits) > 1:
                rows = left.setdefault(line.cells, sorted(line.fits))
                if rows:
                    line.fits = frozenset({rows.pop(0)})

    def verdict(self, line: _Asked, claims: Mapping[Place, int]) -> Told:
        """Whose the line is, or why nobody can say."""
        rows = [self.waiting[at] for at in sorted(line.fits)]
        numbers = tuple(row.place[2] for row in rows[:10])
        if len(rows) > 1:
            return Told(doubt=PlaceDoubt.SEVERAL_ROWS, rows=numbers)
        if rows:
            if claims[rows[0].place] > 1:
                return Told(doubt=PlaceDoubt.SEVERAL_LINES, rows=numbers)
            if rows[0].version and not line.is_equal:
                return Told(doubt=PlaceDoubt.CORRECTED, rows=numbers)
            return Told(target=rows[0].place)
        alike = {at for cell in line.cells for at in self._values.get(cell, ())}
        if alike:
            shown = tuple(self.waiting[at].place[2] for at in sorted(alike)[:10])
            return Told(doubt=PlaceDoubt.RESEMBLES, rows=shown)
        return Told()

    def keys_of(self, cells: Cells) -> set[tuple[str, ...]]:
        return set(self._keys(cells))

    def name_of(self, cells: Cells) -> str:
        return self._cell(cells, "name")


def _among_clean(
    told: dict[tuple[int, int], Told],
    found: Sequence[tuple[int, _Asked, _Rows]],
    batch: RosterBatch,
) -> None:
    """Lines that are neither of a row that waits nor like one may be of one that does not wait."""
    left = [
        (sheet, line, rows)
        for sheet, line, rows in found
        if told[sheet, line.row_no].target is None and told[sheet, line.row_no].doubt is None
    ]
    if not left:
        return
    names = sorted({rows.name_of(line.cells) for _sheet, line, rows in left} - {""})
    files = sorted({file for _sheet, _line, rows in left for file in rows.files})
    with connection.cursor() as cursor:
        cursor.execute(_CLEAN_ROWS, [batch.pk, files, names])
        clean = cursor.fetchall()
    by_name: dict[str, list[tuple[Place, Cells]]] = defaultdict(list)
    rows_of_any = left[0][2]
    for file, sheet, row_no, raw in clean:
        cells = _compared([cell or "" for cell in json.loads(raw)])
        by_name[rows_of_any.name_of(cells)].append(((file, sheet, row_no), cells))
    for sheet, line, rows in left:
        keys = rows.keys_of(line.cells)
        for its_place, cells in by_name.get(rows.name_of(line.cells), ()):
            if cells == line.cells or keys & rows.keys_of(cells):
                told[sheet, line.row_no] = Told(target=its_place)
                break
