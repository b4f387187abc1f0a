"""Reads generated rosters back by other means than those that wrote them."""

import csv
import io
from pathlib import Path

import openpyxl

Place = tuple[str, str, int]  # file, sheet, row


def truth(root: Path, name: str) -> list[dict[str, str]]:
    """The lines of a truth file."""
    with (root / "truth" / f"truth_{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def rows(root: Path) -> dict[Place, list[object]]:
    """Every row of every file, hidden sheets left out, by the number that a person sees."""
    csv.field_size_limit(1 << 24)
    found: dict[Place, list[object]] = {}
    for file in truth(root, "files"):
        path = root / "files" / file["file"]
        if file["container"] == "xlsx":
            with path.open("rb") as content:
                book = openpyxl.load_workbook(io.BytesIO(content.read()))
            for sheet in book:
                if sheet.sheet_state == "visible":
                    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                        values = ["" if cell is None else cell for cell in cells]
                        found[file["file"], sheet.title, number] = values
        else:
            for number, values in enumerate(text_rows(path, file), 1):
                found[file["file"], "", number] = values
    return found


def text_rows(path: Path, file: dict[str, str]) -> list[list[str]]:
    """The rows of a delimited text file, as its line in the truth describes it."""
    text = path.read_bytes().decode(file["encoding"])
    if file["bom"] == "1":
        assert text[0] == "\ufeff"
        text = text[1:]
    delimiter = "\t" if file["delimiter"] == "tab" else file["delimiter"]
    newline = "\r\n" if file["newline"] == "CRLF" else "\n"
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    raw = [line.split(delimiter) for line in text.removesuffix(newline).split(newline)]
    # Without quoting, a cell that begins with a quote mark is what it is.
    return records if len(records) < len(raw) else raw if '"' not in text else records
