"""Stores sheets of cells as text, fixed columns, a web page, spreadsheet XML or a workbook."""

import itertools
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from bureau.testing.city.habits import Cell
from bureau.testing.city.writers import MADE_ON

if TYPE_CHECKING:
    from bureau.testing.city.elsewhere.grid import Sheet
    from bureau.testing.city.elsewhere.habits import OfficeLayout

#: Stands for a line drawn across the page.
RULE = "\x01"


def emit(path: Path, layout: "OfficeLayout", sheets: "Sequence[Sheet]") -> None:
    """Write the sheets as the layout has them stored."""
    if layout.written == "xlsx":
        _workbook(path, sheets)
        return
    if layout.written == "html":
        text = _page(layout, sheets[0])
    elif layout.written == "xml":
        text = _spreadsheet_xml(sheets)
    elif layout.written == "fixed":
        text = _fixed(layout, sheets[0])
    else:
        text = _delimited(layout, sheets[0])
    mark = "\ufeff" if layout.bom else ""
    # What the encoding lacks was replaced in the rows already, where it is a fault on record;
    # titles and places lose it silently, as in the offices.
    path.write_bytes((mark + text + layout.file_end).encode(layout.encoding, "replace"))


def _written(cell: Cell) -> str:
    return f"{cell:%Y/%m/%d}" if isinstance(cell, date) else str(cell)


def _join(lines: Sequence[str], layout: "OfficeLayout") -> str:
    ends = itertools.cycle(layout.line_ends)
    text = "".join(line + next(ends) for line in lines)
    return text.rstrip("\r\n") if layout.file_end == "none" else text


def _delimited(layout: "OfficeLayout", sheet: "Sheet") -> str:
    width = max(len(row) for row in sheet.rows)
    lines = []
    for row in sheet.rows:
        if layout.boxed:
            lines.append(_boxed(row, width))
            continue
        cells = [_quoted(_written(cell), layout) for cell in row]
        if not layout.ragged:
            cells += [_quoted("", layout)] * (width - len(cells))
        while layout.ragged and len(cells) > 1 and cells[-1] in {"", '""'}:
            cells.pop()
        lines.append(layout.delimiter.join(cells) + (layout.delimiter if layout.trailing else ""))
    return _join(lines, layout)


def _quoted(text: str, layout: "OfficeLayout") -> str:
    if not layout.quoted:
        return text
    if layout.quote_all or any(mark in text for mark in (layout.delimiter, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def _boxed(row: "Sequence[Cell]", width: int) -> str:
    """A row between strokes, as programs for terminals print it; titles stand alone."""
    cells = [_written(cell) for cell in row]
    if cells == [RULE]:
        return "+" + "--------+" * width
    if sum(bool(cell) for cell in cells) < 2:
        return "".join(cells)
    return "| " + " | ".join([*cells, *[""] * (width - len(cells))]) + " |"


def display_width(text: str, measure: str = "wide") -> int:
    """Columns that the text takes on a terminal: two for wide characters, or one for each."""
    if measure == "characters":
        return len(text)
    if measure == "bytes":
        return len(text.encode("gb18030"))
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


def _fixed(layout: "OfficeLayout", sheet: "Sheet") -> str:
    """Columns of equal width; lines of a single cell run over them, as titles and notes do."""
    tables = [[_written(cell) for cell in row] for row in sheet.rows]
    width = max(len(row) for row in tables)
    broad = [row for row in tables if sum(bool(cell) for cell in row) > 1]

    def wide(cell: str) -> int:
        return display_width(cell, layout.measure)

    sizes = [
        max((wide(row[place]) for row in broad if place < len(row)), default=0) + 2
        for place in range(width)
    ]
    names = [name for _, name in layout.columns]
    right = {place for place, name in enumerate(names) if name in layout.right}
    lines = []
    for row in tables:
        line = ""
        for place, cell in enumerate(row):
            space = " " * (sizes[place] - wide(cell))
            line += space[2:] + cell + space[:2] if place in right else cell + space
        lines.append(line.rstrip(" "))
    return _join(lines, layout)


def _page(layout: "OfficeLayout", sheet: "Sheet") -> str:
    """What web systems call an Excel export: a table in a web page."""
    spans = {(row, column): (rows, columns) for row, column, rows, columns in sheet.merges}
    covered = {
        (row + down, column + right)
        for (row, column), (rows, columns) in spans.items()
        for down in range(rows)
        for right in range(columns)
        if down or right
    }
    width = max(len(row) for row in sheet.rows)
    body = []
    for number, row in enumerate(sheet.rows):
        cells = []
        for place in range(width):
            if (number, place) in covered:
                continue
            text = _written(row[place]) if place < len(row) else ""
            rows, columns = spans.get((number, place), (1, 1))
            span = (f" rowspan={rows}" if rows > 1 else "") + (
                f" colspan={columns}" if columns > 1 else ""
            )
            inside = escape(text).replace("\n", "<br>").replace(" ", "&nbsp;")
            cells.append(f"<td{span} style='mso-number-format:\"\\@\"'>{inside or '&nbsp;'}</td>")
        body.append("<tr>" + "".join(cells) + "</tr>\r\n")
    if layout.titles_apart:
        body.insert(len(layout.titles), "</table>\r\n<br>\r\n<table border=1>\r\n")
    return (
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>'
        f'<meta http-equiv="Content-Type" content="text/html; charset={layout.encoding}">'
        "<style>td{white-space:nowrap}</style></head><body>\r\n<table border=1>\r\n"
        + "".join(body)
        + "</table></body></html>"
    )


def _spreadsheet_xml(sheets: "Sequence[Sheet]") -> str:
    parts = [
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">\n'
    ]
    for sheet in sheets:
        parts.append(f'<Worksheet ss:Name="{escape(sheet.name)}"><Table>\n')
        for row in sheet.rows:
            parts.append("<Row>")
            skipped = False
            for place, cell in enumerate(row, 1):
                if cell == "":
                    skipped = True
                    continue
                at = f' ss:Index="{place}"' if skipped else ""
                skipped = False
                kind = "Number" if isinstance(cell, int | float) else "String"
                inside = escape(_written(cell)).replace("\n", "&#10;").replace("\t", "&#9;")
                parts.append(f'<Cell{at}><Data ss:Type="{kind}">{inside}</Data></Cell>')
            parts.append("</Row>\n")
        hidden = (
            '<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel">'
            "<Visible>SheetHidden</Visible></WorksheetOptions>"
        )
        parts.append(f"</Table>{hidden if sheet.hidden else ''}</Worksheet>\n")
    return "".join(parts) + "</Workbook>\n"


def _workbook(path: Path, sheets: "Sequence[Sheet]") -> None:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy/m/d"})
    # The hour of making would differ between two runs of one seed.
    book.set_properties({"created": datetime.combine(MADE_ON, time())})
    day = book.add_format({"num_format": "yyyy/m/d"})
    visible = False
    for sheet in sheets:
        made = book.add_worksheet(sheet.name)
        if sheet.hidden:
            made.hide()
        elif not visible:
            visible = True
            made.activate()
            made.set_first_sheet()
        for number, row in enumerate(sheet.rows):
            for column, cell in enumerate(row):
                _fill(made, number, column, cell, day)
        for row_number, column, rows, columns in sheet.merges:
            if rows > 1 or columns > 1:
                last = (row_number + rows - 1, column + columns - 1)
                made.merge.append([row_number, column, *last])
    book.close()


def _fill(made: Any, row: int, column: int, cell: Cell, day: Any) -> None:
    if cell == "":
        return
    if isinstance(cell, str):
        made.write_string(row, column, cell)
    elif isinstance(cell, date):
        made.write_datetime(row, column, datetime.combine(cell, time()), day)
    else:
        made.write_number(row, column, cell)
