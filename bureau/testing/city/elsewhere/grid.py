"""Lays rosters out cell by cell, sheet by sheet, as offices elsewhere do, and knows every place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bureau.testing.city.elsewhere.emit import RULE, emit
from bureau.testing.city.elsewhere.habits import OfficeLayout, cell_makers
from bureau.testing.city.habits import Cell
from bureau.testing.city.people import ROSTER_YEAR, Row

APART = "¦"
COUNTS = ("village", "town", "page", "all", "family")


@dataclass
class Sheet:
    """A sheet in the making: rows of cells and joined cells (row, column, rows, columns)."""

    name: str
    hidden: bool = False
    rows: list[list[Cell]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)


class GridWriter:
    """Writes one office's roster, like `RosterWriter`, but in any of the layouts of elsewhere."""

    def __init__(self, directory: Path, layout: OfficeLayout) -> None:
        self.layout = layout
        self.file = ""
        self.sheet = ""
        self.finished: list[tuple[str, int, int, int]] = []
        self._directory = directory
        self._makers: list[Callable[[Row], Cell]] = cell_makers(layout)
        self._places = {name: place for place, (_, name) in enumerate(layout.columns)}
        self._first_only = [self._places[name] for name in layout.first_only]
        self._sheets: list[Sheet] = []
        self._now: Sheet | None = None
        self._of_sheet: tuple[str, int] = ("", -1)
        self._place: tuple[str, int] = ("", -1)
        self._names = {"county": "", "town": "", "village": ""}
        self._records = self._header_row = self._sequence = self._on_page = self._family = 0
        self._counts = {level: [0, 0] for level in COUNTS}
        self._overview: list[list[Cell]] = []
        self._first_rows: list[list[Cell]] = []

    def add(self, row: Row) -> int:
        """Append a record; returns its row number, as a person sees it on opening the file."""
        layout = self.layout
        household = row.household
        self._leave_family(row)
        self._leave_place(row)
        if layout.page_rows and self._on_page >= layout.page_rows and row.first:
            self._end_page()
        self._begin(row)
        assert self._now is not None
        if row.first and layout.family_title:
            self._write([layout.family_title.format(
                head=household.members[0].name, number=household.members[0].number,
                household=household.key + 1000, size=len(household.members),
            )])  # fmt: skip
        self._sequence += 1
        row.sequence = self._sequence
        cells = self._cells(row)
        self._write(cells)
        if len(self._first_rows) < 40:
            self._first_rows.append(list(cells))
        self._records += 1
        self._on_page += 1
        self._family = household.key
        for count in self._counts.values():
            count[0] += 1
            count[1] += layout.amount_of(row)
        return len(self._now.rows)

    def close(self) -> None:
        """End what is open and write the file."""
        if self._now is not None:
            self._leave_family(None)
            self._end_village()
            self._end_sheet()
        if self._sheets:
            self._end_file()

    def _cells(self, row: Row) -> list[Cell]:
        layout = self.layout
        cells = [make(row) for make in self._makers]
        for name, cell in row.cells.items():
            cells[self._places[name]] = cell
        if not row.first:
            for place in self._first_only:
                cells[place] = ""
        if "id" in self._places and layout.id_dress != "{}":
            number = cells[self._places["id"]]
            if isinstance(number, str) and number[:1].isdigit():
                cells[self._places["id"]] = layout.id_dress.format(number)
        if layout.padded_names and len(name := str(cells[self._places["name"]])) == 2:
            cells[self._places["name"]] = f"{name[0]}\u3000{name[1]}"
        for name in layout.numbers:
            cell = cells[self._places[name]]
            if isinstance(cell, str) and cell.isdecimal() and len(cell) < 16:
                cells[self._places[name]] = int(cell)
        return [layout.in_script(cell) if isinstance(cell, str) else cell for cell in cells]

    def _leave_family(self, row: Row | None) -> None:
        if self._now is None or (row is not None and not row.first):
            return
        if self._counts["family"][0]:
            if self.layout.merged_down and self._counts["family"][0] > 1:
                size = self._counts["family"][0]
                top = len(self._now.rows) - size
                for place in self._first_only:
                    self._now.merges.append((top, self.layout.margin[1] + place, size, 1))
            if self.layout.family_sum:
                self._write_sum(self.layout.family_sum, "family")
            elif self.layout.gap:
                self._write([])
        self._counts["family"] = [0, 0]

    def _leave_place(self, row: Row) -> None:
        layout, household = self.layout, row.household
        place = (household.town.code, household.village)
        if self._now is not None and place != self._place:
            self._end_village()
            other_town = place[0] != self._place[0]
            if other_town and layout.subtotal == "town":
                self._write_sum(layout.subtotal_word, "town")
            if layout.by_village or (layout.by_town and other_town):
                self._end_sheet()
            if other_town and "{town}" in layout.file:
                self._end_file()
        self._place = place
        town = household.town
        self._names = {
            "county": household.county.name, "town": town.name,
            "village": town.villages[household.village],
        }  # fmt: skip

    def _begin(self, row: Row) -> None:
        layout = self.layout
        if self._now is not None:
            return
        if not self._sheets:
            self.file = layout.file.format(**self._names)
            self._records = self._sequence = 0
        if layout.by_village:
            self._sequence = 0
        self.sheet = ""
        if layout.container not in {"text", "html"}:
            taken = {sheet.name for sheet in self._sheets}
            wanted = layout.sheet_name.format(**self._names)
            self.sheet = next(
                name for name in (wanted, *(f"{wanted}{n}" for n in range(2, 99)))
                if name not in taken
            )  # fmt: skip
        first = not self._sheets
        self._now = Sheet(self.sheet)
        self._sheets.append(self._now)
        for _ in range(layout.margin[0]):
            self._now.rows.append([])
        self._write_titles()
        if first or not layout.header_once:
            self._header_row = len(self._now.rows) + 1
            self._write_header()
        self._on_page = 0

    def _write(self, cells: Sequence[Cell]) -> None:
        assert self._now is not None
        margin: list[Cell] = [""] * self.layout.margin[1]
        self._now.rows.append([*margin, *cells])

    def _line(self, text: str) -> None:
        """A line of one or several cells, spread over the width."""
        assert self._now is not None
        parts = text.format(**self._names, year=ROSTER_YEAR).split(APART)
        width = max(len(self.layout.columns), 2 * len(parts))
        cells: list[Cell] = [""] * width
        for number, part in enumerate(parts):
            cells[number * width // len(parts)] = self.layout.in_script(part)
        self._write(cells[: len(self.layout.columns)])
        if len(parts) == 1:
            left = self.layout.margin[1]
            self._now.merges.append((len(self._now.rows) - 1, left, 1, len(self.layout.columns)))

    def _write_titles(self) -> None:
        for title in self.layout.titles:
            self._line(title)

    def _write_header(self) -> None:
        layout, now = self.layout, self._now
        assert now is not None
        if layout.no_header:
            return
        if layout.boxed:
            now.rows.append([RULE])
        top, left = len(now.rows), layout.margin[1]
        names: list[Cell] = [layout.in_script(header) for header, _ in layout.columns]
        depth = len(layout.head)
        for level, groups in enumerate(layout.head):
            labels: list[Cell] = []
            for label, span in groups:
                place = len(labels)
                if span == 1 and label:
                    # The column's own heading stands in the upper row, joined with those below.
                    names[place] = ""
                    now.merges.append((top + level, left + place, depth - level + 1, 1))
                elif span > 1:
                    now.merges.append((top + level, left + place, 1, span))
                labels += [layout.in_script(label)] + [""] * (span - 1)
            self._write(labels)
        self._write(names)
        if layout.boxed:
            now.rows.append([RULE])

    def _write_sum(self, word: str, level: str) -> None:
        count = self._counts[level]
        if not count[0]:
            return
        cells: list[Cell] = [""] * len(self.layout.columns)
        numeric = self.layout.container == "xlsx"
        if (place := self._places.get("name", 0)) > 0:
            cells[place] = count[0] if numeric else f"{count[0]}人"
        for name in ("amount", "family_amount"):
            if name in self._places:
                cells[self._places[name]] = count[1] if numeric else str(count[1])
        cells[0] = self.layout.in_script(word)
        self._write(cells)
        count[0] = count[1] = 0

    def _end_page(self) -> None:
        layout = self.layout
        if layout.subtotal == "page":
            self._write_sum(layout.subtotal_word, "page")
        if layout.carried:
            self._carry("过次页")
        for line in layout.page_foot:
            self._line(line)
        if layout.repeat_titles:
            self._write(["\f"] if layout.form_feed else [])
            self._write_titles()
        if layout.repeat_header:
            self._write_header()
        if layout.carried:
            self._carry("承前页")
        self._on_page = 0

    def _carry(self, word: str) -> None:
        kept = list(self._counts["all"])
        self._write_sum(word, "all")
        self._counts["all"] = kept

    def _end_village(self) -> None:
        self._overview.append(
            [len(self._overview) + 1, self._names["village"], *self._counts["village"]]
        )
        if self.layout.subtotal == "village":
            self._write_sum(self.layout.subtotal_word, "village")
        self._counts["village"] = [0, 0]

    def _end_sheet(self) -> None:
        layout = self.layout
        if layout.subtotal in {"page", "town"}:
            self._write_sum(layout.subtotal_word, layout.subtotal)
        if layout.total:
            self._write_sum("合计", "all")
        for note in layout.notes:
            self._line(note)
        if layout.side:
            self._write_side()
        self._counts = {level: [0, 0] for level in COUNTS}
        self._now = None

    def _write_side(self) -> None:
        """A small table to the right of the roster, with an empty column between."""
        assert self._now is not None
        width = len(self.layout.columns) + self.layout.margin[1] + 1
        start = max(self._header_row - 1, 0)
        for number, cells in enumerate(self.layout.side):
            row = self._now.rows[start + number]
            row += [""] * (width - len(row)) + list(cells)

    def _end_file(self) -> None:
        layout = self.layout
        sheets = list(self._sheets)
        if layout.overview:
            rows: list[list[Cell]] = [["汇总表"], ["序号", "村名", "参合人数", "缴费金额"]]
            sheets.insert(0, Sheet("汇总", rows=rows + self._overview))
        if layout.old_copy:
            sheets.insert(0, self._old_copy())
        path = self._directory / self.file
        emit(path, layout, sheets)
        self.finished.append((self.file, len(self._sheets), self._header_row, self._records))
        self._sheets, self._overview, self._first_rows = [], [], []

    def _old_copy(self) -> Sheet:
        """Last year's roster, left in the workbook on a sheet that nobody sees."""
        rows: list[list[Cell]] = [[header for header, _ in self.layout.columns]]
        for cells in self._first_rows:
            if "year" in self._places:
                cells[self._places["year"]] = ROSTER_YEAR - 1
            rows.append(cells)
        return Sheet(self.layout.old_copy, hidden=True, rows=rows)
