"""Tables of dBASE and FoxPro (.dbf), in which the counties' old cooperative-medical systems export.

Records have a fixed length in bytes. The names of the fields are shown as the first row.
"""

import datetime
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from bureau.intake import encodings
from bureau.intake.lines import LineBlock
from bureau.intake.problems import refuse
from bureau.intake.shapes import Limits, RowBlock, SheetShape, SourceShape
from bureau.intake.text_reader import probe

VERSIONS: Final = frozenset(b"\x02\x03\x04\x05\x30\x31\x32\x43\x63\x83\x8b\xcb\xf5\xfb")
DELIMITER: Final = "dbf"
HEAD: Final = struct.Struct("<B3xIHH20x")
FIELD: Final = struct.Struct("<11sc4xBB14x")
FIELDS_END: Final = 0x0D
DELETED: Final = b"*"
SEPARATOR: Final = "\x1f"
ROW_END: Final = "\x1e"
#: Records of the sample by which the encoding is found.
PROBED: Final = 400
#: FoxPro counts the days of an instant from here.
JULIAN_OFFSET: Final = 1_721_425


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its name as written, its kind and where it stands in a record."""

    name: bytes
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Table:
    """What the head of a file says: where records begin, how long and how many they are."""

    start: int
    length: int
    count: int
    fields: tuple[Field, ...]


def table_in(head: bytes) -> Table | None:
    """The table that a file's first bytes describe; None if they describe none.

    The lengths of all fields must add up to that of a record, which no text does by chance.
    """
    if len(head) < HEAD.size + FIELD.size or head[0] not in VERSIONS:
        return None
    _version, count, start, length = HEAD.unpack_from(head)
    fields, at, place = [], HEAD.size, 1
    while at < min(start, len(head)) and head[at] != FIELDS_END:
        if at + FIELD.size > len(head):
            return None
        name, kind, size, decimals = FIELD.unpack_from(head, at)
        # Long texts keep the higher half of their length where numbers keep their decimals.
        size += 256 * decimals if kind == b"C" else 0
        if not size:
            return None
        fields.append(Field(name.partition(b"\0")[0], kind.decode("latin-1"), place, place + size))
        at, place = at + FIELD.size, place + size
    ends = at < len(head) and head[at] == FIELDS_END
    is_table = fields and ends and place == length
    return Table(start, length, count, tuple(fields)) if is_table else None


class DbfSource:
    """The records of such a file; see `readers.Source`."""

    def __init__(self, path: Path, table: Table, limits: Limits) -> None:
        self._path = path
        self._table = table
        if len(table.fields) > limits.columns:
            raise refuse("COLUMNS_TOO_MANY", value=len(table.fields), limit=limits.columns)
        probed = probe(path)
        there = max(0, probed.size - table.start) // table.length
        if there < table.count:
            raise refuse("FILE_TRUNCATED", value=f"{there} < {table.count}")
        self._encoding = self._encoding_of()
        self.shape = SourceShape(
            kind="dbf",
            encoding=self._encoding.name,
            bom=False,
            delimiter=DELIMITER,
            newline=None,
            sheets=(SheetShape(number=1, rows=table.count + 1),),
            sha256=probed.sha256,
            size=probed.size,
            warnings=self._encoding.warnings,
        )

    def close(self) -> None:
        """Nothing is held between readings."""

    def sample(self, rows: int = 200) -> dict[int, RowBlock]:
        """The first rows, and as many from the middle as the file has beyond them."""
        first = next(self._blocks(0, rows)).row_block()
        numbers, cells = first.row_numbers, first.cells
        middle = self._table.count // 2
        if middle > rows:
            further = next(self._blocks(middle, rows // 2)).row_block()
            numbers, cells = numbers + further.row_numbers, cells + further.cells
        return {1: RowBlock(1, numbers, cells)}

    def line_blocks(self, block_rows: int) -> Iterator[LineBlock]:
        """All rows in order, in blocks of at most `block_rows`."""
        return self._blocks(0, max(block_rows, 2))

    def _blocks(self, first: int, block_rows: int) -> Iterator[LineBlock]:
        """Rows from a record on; the names of the fields stand before the first record."""
        table = self._table
        with self._path.open("rb") as stream:
            stream.seek(table.start + first * table.length)
            for at in range(first, table.count or 1, block_rows - 1):
                records = min(block_rows - 1, table.count - at)
                data = stream.read(max(records, 0) * table.length)
                rows = [self._row(data, place) for place in range(0, len(data), table.length)]
                if at == 0:
                    rows.insert(0, [field.name for field in table.fields])
                yield self._block(at + (at > 0) + 1, rows)

    def _row(self, data: bytes, place: int) -> list[bytes]:
        if data[place : place + 1] == DELETED:
            # Deleted records stay in the file until it is packed; nobody sees them.
            return []
        return [
            READ.get(field.kind, _text)(data[place + field.start : place + field.end])
            for field in self._table.fields
        ]

    def _block(self, first_row: int, rows: list[list[bytes]]) -> LineBlock:
        separator, end = SEPARATOR.encode(), ROW_END.encode()
        clean = [
            separator.join(cell.replace(separator, b" ").replace(end, b" ") for cell in row)
            for row in rows
        ]
        text = end.join(clean).decode(self._encoding.name, "bureau_mark_broken")
        lines = pl.Series([text]).str.split(ROW_END).explode(empty_as_null=False)
        broken = lines.str.contains(encodings.BROKEN, literal=True)
        problems: dict[int, tuple[str, ...]] = {
            first_row + at: ("ENCODING_BROKEN",) for at in broken.arg_true().to_list()
        }
        if problems:
            lines = lines.str.replace_all(encodings.BROKEN_BYTES.pattern, "\\x$1")
        return LineBlock(1, first_row, lines, SEPARATOR, problems)

    def _encoding_of(self) -> encodings.Encoding:
        table = self._table
        with self._path.open("rb") as stream:
            stream.seek(table.start)
            data = stream.read(table.length * min(PROBED, table.count))
        texts = [
            data[place + field.start : place + field.end].strip(b" \0")
            for place in range(0, len(data), table.length)
            for field in table.fields
            if field.kind == "C"
        ]
        sample = b"\n".join([field.name for field in table.fields] + texts)
        seen = encodings.Utf8Check()
        seen.feed(sample)
        seen.finish()
        return encodings.detect([sample], seen)


def _text(cell: bytes) -> bytes:
    return cell.strip(b" \0")


def _integer(cell: bytes) -> bytes:
    return str(int.from_bytes(cell, "little", signed=True)).encode()


def _double(cell: bytes) -> bytes:
    if len(cell) != 8:
        return _text(cell)
    value = struct.unpack("<d", cell)[0]
    return (f"{value:.0f}" if value.is_integer() else repr(value)).encode()


def _currency(cell: bytes) -> bytes:
    whole, rest = divmod(int.from_bytes(cell, "little", signed=True), 10_000)
    return f"{whole}.{rest:04d}".encode() if rest else str(whole).encode()


def _instant(cell: bytes) -> bytes:
    if len(cell) != 8 or not cell.strip(b" \0"):
        return b""
    days = int.from_bytes(cell[:4], "little") - JULIAN_OFFSET
    if not 1 <= days <= datetime.date.max.toordinal():
        return b""
    return datetime.date.fromordinal(days).isoformat().encode()


def _nothing(_cell: bytes) -> bytes:
    return b""


#: Kinds of fields that are not written as text; memos lie in a file of their own.
READ: Final[dict[str, Callable[[bytes], bytes]]] = {
    "I": _integer, "B": _double, "Y": _currency, "T": _instant,
    "M": _nothing, "G": _nothing, "P": _nothing, "0": _nothing,
}  # fmt: skip
