"""What must hold of a workbook's archive before any reader touches it, and what it hides.

Every member is unpacked once, in small pieces and without keeping it, so that sizes which the
archive only claims are measured, and declarations, formulas and error cells are seen.
"""

import dataclasses
import lzma
import re
import struct
import time
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final
from xml.parsers import expat

from bureau.intake.problems import refuse
from bureau.intake.shapes import Limits

PIECE_BYTES = 1024**2
# A cell element that lies across two pieces is found again in this much of the earlier one.
OVERLAP_BYTES = 8 * 1024
ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".xlsx", ".xlsm", ".xlsb", ".xls", ".docx", ".jar")
#: What the library says of archives that are damaged, or packed in a way that it does not know.
DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    EOFError, OSError, NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip
# None of these patterns may begin to look twice at the same text: a tag ends where the next begins,
# and what is taken is not given back (`*+`), so that the time grows with the text and no faster.
ERROR_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"(?=[^<>]*\bt="e")[^<>]*+>'
    rb"(?:<f[^<]*(?:/>|</f>))?<v>([^<]{1,20})</v>"
)
FORMULA = re.compile(rb"<f[ >/]")
FORMULA_WITHOUT_RESULT = re.compile(rb"(?:</f>|<f [^<>]*/>)\s*+(?:(?:<v\s*+/>|<v></v>)\s*+)?</c>")
CELL_ADDRESS = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"')
HIDDEN_ROW = re.compile(rb'<row (?=[^<>]*\bhidden="(?:1|true)")')
#: Rows by which a sheet says where it is: one of more digits than the last row has, or beyond it.
ROW_NUMBER = re.compile(rb'r=["\'][A-Z]{0,3}(\d{7,})["\']')
DIMENSION = re.compile(rb'ref=["\'][A-Z]{1,3}\d+:[A-Z]{1,3}(\d{7,})["\']')
#: What counts the rows of an open document: tables, rows, cells that hold something.
OPEN_PARTS = re.compile(
    rb"<table:table(?=[ >])|<table:table-row(?=[ />])([^<>]*+)>|<text:p(?=[ />])|office:value="
)
REPEATED_ROWS = re.compile(rb'number-rows-repeated=["\'](\d{1,20})')
#: How often a cell of an open document stands for several.
REPEATED_CELLS = re.compile(rb'number-columns-repeated=["\'](\d{5,})["\']')
#: The last row and column that a sheet can have.
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
ERROR_CELLS_KEPT = 20_000
#: In all sheets together.
ERROR_CELLS_OF_A_FILE = 200_000
#: Formulas before which the address of the first is looked for.
FORMULAS_LOOKED_AT = 20
#: The list of the sheets and that of their parts; whole workbooks of names have a tenth.
LIST_BYTES = 32 * 1024**2
#: What makes an archive a workbook of LibreOffice or WPS in the open format (.ods).
OPEN_DOCUMENT: Final = frozenset({"mimetype", "content.xml"})
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"


@dataclasses.dataclass(slots=True)
class SheetSecrets:
    """What a sheet's XML holds besides values; error cells as (row, column) from 1 → their text."""

    formulas: int = 0
    formulas_without_result: int = 0
    hidden_rows: int = 0
    first_formula: str = ""
    errors: dict[tuple[int, int], str] = dataclasses.field(default_factory=dict)


def inspect_workbook(path: Path, limits: Limits) -> dict[str, SheetSecrets]:
    """Refuse a dangerous archive; otherwise tell what the sheets hide, by sheet name."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_directory(archive, limits, path.stat().st_size)
            secrets = _read_through(archive, limits)
            return {name: secrets[part] for name, part in _sheet_parts(archive) if part in secrets}
    except DAMAGED as error:
        raise refuse("FILE_TRUNCATED", value=type(error).__name__) from error


def _check_directory(archive: zipfile.ZipFile, limits: Limits, packed: int) -> None:
    """Judge what the archive claims about itself."""
    members = archive.infolist()
    if len(members) > limits.archive_members:
        raise refuse("ARCHIVE_MEMBERS", value=len(members), limit=limits.archive_members)
    names = [member.filename for member in members]
    for name in names:
        _check_name(name)
    if len(set(names)) < len(names):
        raise refuse("ARCHIVE_NAME", value=next(n for n in names if names.count(n) > 1)[:80])
    if any(member.flag_bits & 0x1 for member in members):
        raise refuse("WORKBOOK_ENCRYPTED")
    if any(PurePosixPath(name).name.lower() == "vbaproject.bin" for name in names):
        raise refuse("WORKBOOK_MACROS")
    is_excel = "xl/workbook.xml" in names and "[Content_Types].xml" in names
    if not is_excel and not set(names) >= OPEN_DOCUMENT:
        raise refuse("ARCHIVE_NOT_WORKBOOK")
    _check_size(sum(member.file_size for member in members), packed, limits)


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    unclean = (
        path.is_absolute()
        or ".." in path.parts
        or "\\" in name
        or ":" in name
        or len(name) > 240
        or not name.isprintable()
    )
    if unclean:
        raise refuse("ARCHIVE_NAME", value=ascii(name)[:80])
    if path.suffix.lower() in ARCHIVES:
        raise refuse("ARCHIVE_NESTED", value=name)


def _check_size(unpacked: int, packed: int, limits: Limits) -> None:
    if unpacked > limits.archive_bytes:
        raise refuse("ARCHIVE_TOO_LARGE", value=unpacked, limit=limits.archive_bytes)
    # Small workbooks of mostly empty sheets pack well and do no harm.
    if unpacked > 16 * 1024**2 and unpacked > packed * limits.archive_ratio:
        raise refuse("ARCHIVE_RATIO", value=unpacked // packed, limit=limits.archive_ratio)


def _read_through(archive: zipfile.ZipFile, limits: Limits) -> dict[str, SheetSecrets]:
    """Unpack every member once and measure it; zipfile itself compares length and checksum."""
    secrets: dict[str, SheetSecrets] = {}
    began, errors, open_rows = time.thread_time(), 0, OpenRows(limits)
    for member in archive.infolist():
        name = member.filename
        is_sheet = name.startswith("xl/worksheets/") and name.endswith(".xml")
        is_xml = name.endswith((".xml", ".rels", ".vml"))
        found = secrets.setdefault(name, SheetSecrets()) if is_sheet else None
        tail = b""
        with archive.open(member) as stream:
            first = True
            while piece := stream.read(PIECE_BYTES):
                if first and piece.startswith(
                    (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf")
                ):
                    raise refuse("ARCHIVE_NESTED", value=name)
                if first and is_xml and (b"\0" in piece[:64]):
                    raise refuse("FILE_UNREADABLE", value=name)
                first = False
                if not is_xml:
                    continue
                window = tail + piece
                if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                    raise refuse("WORKBOOK_DTD", place=name)
                if name == "content.xml":
                    open_rows.look(window, len(tail))
                if found is not None:
                    _check_places(window, limits)
                    _look(found, window, len(tail), ERROR_CELLS_OF_A_FILE - errors)
                if time.thread_time() - began > limits.reader_seconds:
                    raise refuse("WORKBOOK_TOO_HEAVY", value=f"{limits.reader_seconds} s")
                tail = window[-OVERLAP_BYTES:]
        errors += len(found.errors) if found else 0
    return secrets


def _check_places(window: bytes, limits: Limits) -> None:
    """Refuse rows where no sheet has any: a reader would count its way there."""
    for pattern in (ROW_NUMBER, DIMENSION):
        for match in pattern.finditer(window):
            number = match.group(1)[:20]
            if int(number) > LAST_ROW:
                place = number.decode("ascii")
                raise refuse("ROWS_SKIPPED", place=place, limit=limits.rows_skipped)


class OpenRows:
    """How far down the rows of an open document lie, whose empty ones stand for many.

    A reader ends where a sheet ends: what stands further down would be lost without a word.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows = 0

    def look(self, window: bytes, seen: int) -> None:
        """Go through a piece of the document; what ends within the first `seen` bytes is known."""
        for match in REPEATED_CELLS.finditer(window):
            if (count := int(match.group(1)[:20])) > LAST_COLUMN:
                raise refuse("COLUMNS_TOO_MANY", value=count, limit=self._limits.columns)
        for match in OPEN_PARTS.finditer(window):
            if match.end() <= seen:
                continue
            if match.group(1) is not None:
                self._row(match.group(1))
            elif match.group().startswith(b"<table:table"):
                self._rows = 0
            elif self._rows > LAST_ROW:
                raise self._refusal()

    def _row(self, attributes: bytes) -> None:
        repeated = REPEATED_ROWS.search(attributes)
        count = int(repeated.group(1)) if repeated else 1
        self._rows += count
        if count > LAST_ROW:
            raise self._refusal()

    def _refusal(self) -> Exception:
        return refuse("ROWS_SKIPPED", place=str(self._rows), limit=self._limits.rows_skipped)


def _look(found: SheetSecrets, window: bytes, seen: int, errors_left: int) -> None:
    """Note what `window` holds; matches that end within the first `seen` bytes are known."""
    if b"<f" in window:
        for match in FORMULA.finditer(window, max(0, seen - 2)):
            if match.end() > seen:
                found.formulas += 1
                if not found.first_formula and found.formulas <= FORMULAS_LOOKED_AT:
                    found.first_formula = _address_before(window, match.start())
        found.formulas_without_result += sum(
            match.end() > seen for match in FORMULA_WITHOUT_RESULT.finditer(window)
        )
    if b't="e"' in window:
        for match in ERROR_CELL.finditer(window):
            if len(found.errors) < min(ERROR_CELLS_KEPT, errors_left):
                column, row, text = match.groups()
                found.errors[int(row), column_number(column.decode())] = text.decode("latin-1")
    if b"hidden=" in window:
        found.hidden_rows += sum(match.end() > seen for match in HIDDEN_ROW.finditer(window))


def _address_before(window: bytes, position: int) -> str:
    addresses = CELL_ADDRESS.findall(window, max(0, position - 400), position)
    return addresses[-1].decode() if addresses else ""


def column_number(letters: str) -> int:
    """The number of a spreadsheet column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """The letters of a spreadsheet column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Sheet names and the archive members that hold them, in workbook order."""
    if "xl/workbook.xml" not in archive.namelist():
        return []
    targets = {
        relation.get("Id"): relation.get("Target", "").removeprefix("/").removeprefix("xl/")
        for relation in _tags(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    return [
        (sheet.get("name", ""), "xl/" + targets.get(sheet.get(RELATION), ""))
        for sheet in _tags(archive, "xl/workbook.xml", "sheet")
    ]


def _tags(archive: zipfile.ZipFile, part: str, wanted: str) -> list[dict[str, str]]:
    """The attributes of all tags of one name; the part is never held as a whole."""
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == wanted:
            found.append(attributes)

    # No member with a document type declaration gets this far, so nothing can be expanded.
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    try:
        if archive.getinfo(part).file_size > LIST_BYTES:
            raise refuse("ARCHIVE_TOO_LARGE", value=part, limit=LIST_BYTES)
        with archive.open(part) as stream:
            while piece := stream.read(PIECE_BYTES):
                parser.Parse(piece)
        parser.Parse(b"", True)
    except (expat.ExpatError, KeyError) as error:
        raise refuse("FILE_TRUNCATED", value=part) from error
    return found
