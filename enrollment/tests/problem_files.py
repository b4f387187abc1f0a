"""Problem files for tests: fetched as a clerk does, read as a spreadsheet does, corrected."""

import csv
import io
import zipfile
from collections.abc import Callable

import openpyxl
from django.test import Client
from openpyxl.worksheet.worksheet import Worksheet

from bureau.core.models import Job
from enrollment.models import RosterBatch
from enrollment.tests.roster_pages import do_jobs

KIND = "enrollment.roster_error_file"
#: The own columns of a problem file, from the right.
RIGHT, ROW, CODES, WRONG, HELP, MARK = range(-6, 0)
#: How many columns are beside the county's own.
OWN = 6

Table = list[list[str]]


def fetch(client: Client, batch: RosterBatch, form: str = "xlsx") -> tuple[str, bytes]:
    """The name and content of a problem file of the roster that was just made."""
    answer = client.post(f"/rosters/{batch.pk}/error-file/", {"format": form, "purpose": "CORRECT"})
    do_jobs()
    job = Job.objects.filter(kind=KIND).latest("pk")
    assert answer.url == f"/jobs/{job.pk}/"
    fetched = client.get(f"/files/{job.result['file']}/")
    return fetched.filename, b"".join(fetched.streaming_content)


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files of an archive by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def text_table(content: bytes, encoding: str = "gb18030", delimiter: str = ",") -> Table:
    """The cells of a delimited text."""
    return list(csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter))


def book_of(content: bytes) -> openpyxl.Workbook:
    """A workbook in which nothing is calculated."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert all(cell.data_type != "f" for sheet in book for row in sheet for cell in row)
    return book


def sheet_table(sheet: Worksheet) -> Table:
    """The cells of a sheet as texts."""
    return [[str(cell.value if cell.value is not None else "") for cell in row] for row in sheet]


def corrected_text(content: bytes, correct: Callable[[list[str]], None], **writing: str) -> bytes:
    """The text with `correct` applied to each line below the headings."""
    table = text_table(content, **writing)
    for line in table[1:]:
        correct(line)
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=writing.get("delimiter", ",")).writerows(table)
    return target.getvalue().encode(writing.get("encoding", "gb18030"))


def corrected_book(content: bytes, correct: Callable[[list[str]], None], heads: int = 1) -> bytes:
    """The workbook with `correct` applied to each line below the headings of each sheet."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book:
        for row in sheet.iter_rows(min_row=heads + 1):
            cells = [str(cell.value if cell.value is not None else "") for cell in row]
            before = list(cells)
            correct(cells)
            for cell, value, old in zip(row, cells, before, strict=True):
                if value != old:
                    cell.value = value or None
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()
