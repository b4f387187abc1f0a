"""Reads a workbook in a process of its own and streams its rows out; started by `workbook_reader`.

Standard library and python-calamine only, run as a plain script, so that starting it costs little
and nothing of the portal is in reach of a hostile file. Protocol on standard output: one JSON line,
then as many bytes as its "bytes" says, again and again; the last line is {"end": true}. A line
{"refused": code, "value": text} ends the stream early.
"""

import datetime
import json
import resource
import sys
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

ROWS_PER_PIECE = 4_000
# Wide rows make smaller pieces: the reader takes each as a whole.
CHARACTERS_PER_PIECE = 4 * 1024**2
SEPARATOR = "\x1f"
ROW_END = "\x1e"
# From here on a spreadsheet no longer holds every digit; it shows the number in this way.
SCIENTIFIC_FROM = 1e15


def text_of_number(value: float) -> str:
    """A number as a person sees it: no ".0", and beyond 15 digits as 2.10211E+17."""
    if -SCIENTIFIC_FROM < value < SCIENTIFIC_FROM:
        if value.is_integer():
            return str(int(value))
        return format(value, ".15g").upper()
    mantissa, exponent = format(value, ".5E").split("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"


def text_of_instant(value: datetime.datetime) -> str:
    """A date, with the time only where there is one."""
    if value.hour == value.minute == value.second == 0:
        return value.date().isoformat()
    return value.isoformat(sep=" ", timespec="seconds")


def text_of_duration(value: datetime.timedelta) -> str:
    """Hours, minutes and seconds, hours beyond 24 included."""
    seconds = round(value.total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


TEXT_OF: dict[type, Callable[[Any], str]] = {
    float: text_of_number,
    int: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    datetime.datetime: text_of_instant,
    datetime.date: datetime.date.isoformat,
    datetime.time: lambda value: value.isoformat(timespec="seconds"),
    datetime.timedelta: text_of_duration,
}


def row_text(row: list[Any], lead: str, renderers: dict[type, Callable[[Any], str]]) -> str:
    """One row as text, `lead` standing for the empty columns before the used area."""
    cells = [cell if type(cell) is str else renderers[type(cell)](cell) for cell in row]
    text = SEPARATOR.join(cells)
    if ROW_END in text or text.count(SEPARATOR) != len(cells) - 1:
        # Control characters that separate here are no text anywhere; a mark stands for them.
        table = {ord(SEPARATOR): "\\x1F", ord(ROW_END): "\\x1E"}
        text = SEPARATOR.join(cell.translate(table) for cell in cells)
    return lead + text


class Refused(Exception):
    """The workbook outgrows a limit; code, place and value as the protocol has them."""

    def __init__(self, code: str, value: object, place: object = "") -> None:
        super().__init__(code)
        self.head = {"refused": code, "value": str(value), "place": str(place)}


class Allowance:
    """What is left of the limits that hold for all sheets together."""

    def __init__(self, line_characters: int, rows_skipped: int, text: int) -> None:
        self.line_characters = line_characters
        self.rows_skipped = rows_skipped
        self.text = text

    def take(self, text: str, number: int, skipped: int) -> None:
        """One row with something in it, behind so many empty ones."""
        if len(text) > self.line_characters:
            raise Refused("LINE_TOO_LONG", len(text), number)
        self.rows_skipped -= skipped
        if self.rows_skipped < 0:
            raise Refused("ROWS_SKIPPED", number)

    def give(self, characters: int) -> None:
        """A piece of so many characters goes out."""
        # Cells may share one long text, which the file holds only once.
        self.text -= characters
        if self.text < 0:
            raise Refused("WORKBOOK_TOO_HEAVY", "text")


def stream_sheet(sheet: Any, number: int, output: BinaryIO, allowance: Allowance) -> None:
    """Write the rows of one sheet in pieces, then its merged areas."""
    start = sheet.start
    lead = SEPARATOR * (start[1] if start else 0)
    rows: list[str] = []
    held = skipped = 0
    for at, row in enumerate(sheet.iter_rows() if start else (), start=1):
        text = row_text(row, lead, TEXT_OF)
        rows.append(text)
        held += len(text)
        if text.strip(SEPARATOR):
            allowance.take(text, at, skipped)
            skipped = 0
        else:
            skipped += 1
        if len(rows) == ROWS_PER_PIECE or held > CHARACTERS_PER_PIECE:
            allowance.give(held)
            write_piece(output, {"rows": number, "count": len(rows)}, rows)
            rows.clear()
            held = 0
    if rows:
        allowance.give(held)
        write_piece(output, {"rows": number, "count": len(rows)}, rows)
    merged = [
        [first[0] + 1, first[1] + 1, last[0] + 1, last[1] + 1]
        for first, last in (sheet.merged_cell_ranges or [])[:10_000]
    ]
    width = sheet.end[1] + 1 if start else 0
    write_piece(output, {"sheet_end": number, "width": width, "merged": merged}, ())


def write_piece(output: BinaryIO, head: dict[str, Any], rows: Iterable[str]) -> None:
    """One protocol message."""
    body = ROW_END.join(rows).encode("utf-8", "replace")
    output.write(json.dumps({**head, "bytes": len(body)}).encode() + b"\n" + body)


def main() -> None:
    """Read the workbook on standard input under the limits given as arguments."""
    address_space, seconds, sheets_limit, *sizes = (int(argument) for argument in sys.argv[1:7])
    allowance = Allowance(*sizes)
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import python_calamine as calamine

    output = sys.stdout.buffer
    try:
        # By its path the file is read where it lies; as a stream it would be held in memory too.
        book = calamine.CalamineWorkbook.from_path("/dev/fd/0")
        sheets = book.sheets_metadata
        visible = calamine.SheetVisibleEnum.Visible
        listed = [{"name": sheet.name, "hidden": sheet.visible != visible} for sheet in sheets]
        if len(listed) > sheets_limit:
            write_piece(output, {"refused": "SHEETS_TOO_MANY", "value": str(len(listed))}, ())
            return
        write_piece(output, {"sheets": listed}, ())
        for number, sheet in enumerate(sheets, start=1):
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet:
                stream_sheet(book.get_sheet_by_name(sheet.name), number, output, allowance)
        write_piece(output, {"end": True}, ())
    except Refused as refused:
        write_piece(output, refused.head, ())
    except calamine.PasswordError:
        write_piece(output, {"refused": "WORKBOOK_ENCRYPTED", "value": ""}, ())
    except MemoryError:
        write_piece(output, {"refused": "WORKBOOK_TOO_HEAVY", "value": "memory"}, ())
    except calamine.CalamineError as error:
        write_piece(output, {"refused": "FILE_TRUNCATED", "value": str(error)[:120]}, ())
    output.flush()


if __name__ == "__main__":
    main()
