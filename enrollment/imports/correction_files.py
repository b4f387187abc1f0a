"""Files of corrections on their way back: whose rows their lines are, and what their cells say."""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

from bureau.core.errors import DomainError
from bureau.core.formulas import without_guard
from bureau.intake.readers import Source
from bureau.intake.reordered import heading_order
from bureau.intake.shapes import RowBlock, SheetLayout, normal_heading
from enrollment.choices.doubts import PlaceDoubt
from enrollment.choices.problem_columns import ProblemColumn
from enrollment.rules.marks import HEAD_MARK, SheetMark, read_mark, read_sheet_mark
from enrollment.selectors import problem_columns

#: Rows among which the headings are looked for.
HEADING_ROWS: Final = 60
#: As much of the evidence for a row that is right as it is as is kept.
LONGEST_EVIDENCE: Final = 2_000
_WHOLE_NUMBER = re.compile(r"(\d{1,9})(?:\.0+)?")

#: A row of a roster by its file, sheet and row number.
Place = tuple[int, int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class SheetPlan:
    """How the lines of one sheet of corrections are read.

    `places` gives for each of the county's columns, in the order of its own file, where it stands
    now (None: taken away); `beyond` are columns without a heading there. `own` are the columns
    that the problem file had added. `by_content` are the roster's files and sheets that the lines
    may be of where those columns are gone; `mark` is then the first of them.
    """

    sheet: int
    mark: SheetMark
    layout: SheetLayout
    heading_row: int
    places: tuple[int | None, ...]
    beyond: tuple[int, ...]
    own: Mapping[ProblemColumn, int]
    by_content: frozenset[tuple[int, int]] = frozenset()

    def cells(self, row: Sequence[str]) -> list[str]:
        """The county's cells of a line, in the order of its own file."""
        found = [
            row[place] if place is not None and place < len(row) else "" for place in self.places
        ]
        found += [row[place] for place in self.beyond if place < len(row)]
        return found


@dataclasses.dataclass(slots=True)
class Line:
    """One line of corrections: where it stands, the row it is of, the county's cells.

    `target` is None for a line without a readable mark; `is_new` tells one that never had any.
    `is_heading` lines only say how the columns of those below them stand.
    """

    row_no: int
    cells: list[str]
    target: Place | None = None
    version: int | None = None
    is_new: bool = False
    is_heading: bool = False
    #: By which evidence the county says that the row is right as it is written.
    evidence: str = ""
    #: Why nobody can say which row the line is of, and the numbers of rows that it may be of.
    doubt: PlaceDoubt | None = None
    doubt_rows: tuple[int, ...] = ()


def plans_of(
    source: Source, batch_id: int, layouts: Mapping[tuple[int, int], SheetLayout]
) -> dict[int, SheetPlan]:
    """By sheet, how the corrections of the roster are read; sheets that hold none are left out.

    `layouts` are the roster's sheets by file and sheet. Raises `DomainError` when the file holds no
    corrections, those of another roster, or lacks a column that is needed. Where the added columns
    are gone, a sheet under the roster's own headings is one of corrections whose rows are told by
    their cells.
    """
    samples = source.sample()
    plans = {}
    for number, block in samples.items():
        found = _heading(block)
        if found is None:
            unmarked = _unmarked(number, block, batch_id, layouts)
            if unmarked is not None:
                plans[number] = unmarked
            continue
        heading_row, cells, mark = found
        if mark.batch != batch_id:
            raise DomainError(
                "CORRECTIONS_OF_ANOTHER",
                _("The file holds corrections of roster %(other)s. Load it there."),
                other=mark.batch,
            )
        layout = layouts.get((mark.file, mark.sheet))
        if layout is None:
            raise DomainError(
                "CORRECTIONS_OF_NO_FILE",
                _("The file that these rows were taken from is no longer part of the roster."),
            )
        plans[number] = _plan(number, mark, layout, heading_row, cells)
    if not plans:
        raise DomainError(
            "NO_CORRECTIONS",
            _(
                "Neither a mark such as “#12-34-1” nor this roster's own line of headings was "
                "found. Load the problem file that was fetched for this roster, with its line of "
                "headings."
            ),
        )
    return plans


def unread_sheets(source: Source, plans: Mapping[int, SheetPlan]) -> list[str]:
    """Names of sheets with lines that are read by no plan: nobody may think that they were."""
    blocks = source.sample(HEADING_ROWS)
    names = {sheet.number: sheet.name for sheet in source.shape.sheets}
    return [
        names.get(number, "")
        for number, block in blocks.items()
        if number not in plans and any(cell.strip() for row in block.cells for cell in row)
    ]


def _unmarked(
    number: int, block: RowBlock, batch_id: int, layouts: Mapping[tuple[int, int], SheetLayout]
) -> SheetPlan | None:
    """How a sheet is read whose added columns are gone: by the headings of the roster's sheets."""
    for row_no, row in zip(block.row_numbers[:HEADING_ROWS], block.cells, strict=False):
        if not row_no:
            continue
        heads = [normal_heading(cell) for cell in row]
        fitting = {key: layout for key, layout in layouts.items() if _stands_under(heads, layout)}
        if not fitting:
            continue
        # Of headings that are part of others, those that say most.
        most = max(len(_labels(layout)) for layout in fitting.values())
        (file, sheet), layout = next(
            (key, layout) for key, layout in sorted(fitting.items()) if len(_labels(layout)) == most
        )
        alike = {key for key, other in fitting.items() if _same_columns(other, layout)}
        mark = SheetMark(batch_id, file, sheet)
        plan = _plan(number, mark, layout, row_no, list(row))
        return dataclasses.replace(plan, by_content=frozenset(alike))
    return None


def _labels(layout: SheetLayout) -> list[str]:
    heads = layout.header_cells[-1] if layout.header_cells else ()
    return [normal_heading(cell) for cell in heads]


def _same_columns(one: SheetLayout, other: SheetLayout) -> bool:
    return _labels(one) == _labels(other) and [column.field for column in one.columns] == [
        column.field for column in other.columns
    ]


def _stands_under(heads: list[str], layout: SheetLayout) -> bool:
    """Whether a row holds the headings of every column that is read, told apart for certain."""
    labels = _labels(layout)
    needed = [
        labels[column.index] if column.index < len(labels) else ""
        for column in layout.columns
        if column.field
    ]
    if not needed:
        return False
    if not all(needed) or len(set(needed)) < len(needed):
        # Columns without a heading of their own are told by their place alone.
        return len([label for label in labels if label]) > 1 and heads[: len(labels)] == labels
    return all(heads.count(label) == 1 for label in needed)


def as_sheet(plan: SheetPlan) -> SheetLayout:
    """The sheet of corrections as one of the roster's, by the county's own columns."""
    return dataclasses.replace(
        plan.layout,
        sheet=plan.sheet,
        header_row=plan.heading_row,
        header_rows=1,
        first_row=plan.heading_row + 1,
    )


def told_roster(source: Source) -> SheetMark | None:
    """Of which roster the file holds corrections, if it is a problem file at all."""
    for block in source.sample(HEADING_ROWS).values():
        if (found := _heading(block)) is not None:
            return found[2]
    return None


def _heading(block: RowBlock) -> tuple[int, list[str], SheetMark] | None:
    """The row that carries the own headings: its number, its cells, the sheet they name."""
    for number, row in zip(block.row_numbers[:HEADING_ROWS], block.cells, strict=False):
        for cell in row:
            mark = read_sheet_mark(cell)
            if mark is not None and number:
                return number, list(row), mark
    return None


def _plan(
    number: int, mark: SheetMark, layout: SheetLayout, heading_row: int, cells: list[str]
) -> SheetPlan:
    own = {column: at for at, cell in enumerate(cells) if (column := _own_column(cell)) is not None}
    county = [at for at in range(len(cells)) if at not in own.values()]
    places = _places(layout, cells, county)
    beyond = [at for at in county if at not in places and at >= len(layout.columns)]
    return SheetPlan(number, mark, layout, heading_row, tuple(places), tuple(beyond), own)


def _own_column(cell: str) -> ProblemColumn | None:
    """Which of the own columns a heading means."""
    return problem_columns.columns_by_head().get(HEAD_MARK.sub("", cell).strip())


def _places(layout: SheetLayout, cells: list[str], county: list[int]) -> list[int | None]:
    """Where each of the county's columns stands; in its old order unless headings say otherwise."""
    original = (
        [normal_heading(cell) for cell in layout.header_cells[-1]] if layout.header_cells else []
    )
    original += [""] * (len(layout.columns) - len(original))
    now = {at: normal_heading(cells[at]) for at in county}
    straight: list[int | None] = [*county[: len(original)]]
    straight += [None] * (len(original) - len(straight))
    if all(
        place is not None and now[place] == head
        for place, head in zip(straight, original, strict=True)
    ):
        return straight
    places: list[int | None] = []
    for index, head in enumerate(original):
        same = [at for at, text in now.items() if head and text == head]
        # A heading that several columns share, or none, tells nothing but its place.
        place = same[0] if len(same) == 1 else (straight[index] if not same and not head else None)
        places.append(place)
    for column, place in zip(layout.columns, places, strict=True):
        if place is None and column.field:
            raise DomainError(
                "CORRECTIONS_COLUMN_MISSING",
                _("Column “%(heading)s” is missing. Keep the columns as they were in the file."),
                heading=column.header,
            )
    return places


def lines_of(
    source: Source, plans: Mapping[int, SheetPlan], block_rows: int
) -> Iterator[tuple[SheetPlan, list[Line]]]:
    """The lines below the headings, block by block, each with the row it is of as far as it says.

    A heading in another order is repeated at the beginning of each block it still holds for.
    """
    heading: dict[int, Line] = {}
    for block in source.line_blocks(block_rows):
        plan = plans.get(block.sheet)
        if plan is None:
            continue
        lines = [heading[plan.sheet]] if plan.sheet in heading else []
        for row_no, row in enumerate(block.cells().to_list(), start=block.first_row):
            if row_no <= plan.heading_row:
                continue
            line = _line(plan, row_no, [cell or "" for cell in row])
            if line is None:
                continue
            if line.is_heading:
                heading[plan.sheet] = line
            lines.append(line)
        yield plan, lines


def _line(plan: SheetPlan, row_no: int, row: list[str]) -> Line | None:
    """The line; None where nothing stands."""
    cells = plan.cells(row)
    mark_text = _own_cell(plan, ProblemColumn.MARK, row)
    number_text = _own_cell(plan, ProblemColumn.ROW, row)
    evidence = without_guard(_own_cell(plan, ProblemColumn.RIGHT, row))[:LONGEST_EVIDENCE]
    if plan.by_content:
        return _told_by_content(plan, row_no, row, cells, evidence)
    if not mark_text and not number_text:
        if not any(cell.strip() for cell in cells):
            return None
        return Line(row_no, cells, is_new=True, evidence=evidence)
    if read_sheet_mark(f"{mark_text} {number_text}") is not None:
        # The headings once more: above rows whose columns stand in another order.
        is_heading, _order = heading_order(cells, plan.layout)
        return Line(row_no, cells, is_heading=True) if is_heading else None
    mark = read_mark(mark_text)
    number = _whole(number_text)
    if mark is not None:
        is_own = (mark.batch, mark.file, mark.sheet) == dataclasses.astuple(plan.mark)
        if not is_own or (number_text and number != mark.row):
            # The line was put together from parts of several: it is nobody's.
            return Line(row_no, cells, doubt=PlaceDoubt.MARK)
        target = (mark.file, mark.sheet, mark.row)
        return Line(row_no, cells, target, mark.version, evidence=evidence)
    if mark_text or number is None:
        return Line(row_no, cells, doubt=PlaceDoubt.MARK)
    target = (plan.mark.file, plan.mark.sheet, number)
    return Line(row_no, cells, target, evidence=evidence)


def _told_by_content(
    plan: SheetPlan, row_no: int, row: list[str], cells: list[str], evidence: str
) -> Line | None:
    """A line where the headings lost their mark: its own mark, if it kept one, still counts."""
    if not any(cell.strip() for cell in cells):
        return None
    if heading_order(cells, plan.layout)[0]:
        return Line(row_no, cells, is_heading=True)
    marks = [mark for cell in row if (mark := read_mark(cell)) is not None]
    if len(marks) == 1 and (marks[0].file, marks[0].sheet) in plan.by_content:
        [mark] = marks
        if mark.batch == plan.mark.batch:
            target = (mark.file, mark.sheet, mark.row)
            return Line(row_no, cells, target, mark.version, evidence=evidence)
    if marks:
        return Line(row_no, cells, doubt=PlaceDoubt.MARK)
    return Line(row_no, cells, is_new=True, evidence=evidence)


def _own_cell(plan: SheetPlan, column: ProblemColumn, row: list[str]) -> str:
    at = plan.own.get(column)
    return row[at].strip() if at is not None and at < len(row) else ""


def _whole(text: str) -> int | None:
    found = _WHOLE_NUMBER.fullmatch(text.replace(",", ""))
    return int(found[1]) if found else None
