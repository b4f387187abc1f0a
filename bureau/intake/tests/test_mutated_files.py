"""Mutated files end in rows or in a refusal, within the time and memory of a file."""

import io
import random
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest

from bureau.intake.problems import WORDINGS
from bureau.intake.tests.hostile import MIB, SECONDS, cost_of

NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"
ROWS = [("姓名", "证件号码", "金额"), *((f"王秀{at}", str(at), "250") for at in range(30))]
WORTHLESS = [b"<", b">", b'"', b"\0", b"\xff", b"<!", b"<![x[", b"&#", b"9999999", b"</", b"PK"]
KINDS = ("xlsx", "xls", "html", "xml")
SHEET = "xl/worksheets/sheet1.xml"


def original(kind: str, folder: Path) -> bytes:
    """A small file of the kind, as a program writes it."""
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in ROWS:
            book.active.append(row)
        book.save(folder / "original.xlsx")
        return (folder / "original.xlsx").read_bytes()
    if kind == "xls":
        return old_workbook()
    if kind == "html":
        rows = ("".join(f"<td rowspan=1 colspan=1>{cell}</td>" for cell in row) for row in ROWS)
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>".encode()
    rows = ("".join(f"<Cell><Data>{cell}</Data></Cell>" for cell in row) for row in ROWS)
    text = "".join(f'<Row ss:Index="{at}">{row}</Row>' for at, row in enumerate(rows, start=1))
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{NAMESPACE}" xmlns:ss="{NAMESPACE}">'
        f'<Worksheet ss:Name="一"><Table>{text}</Table></Worksheet></Workbook>'
    ).encode()


def record(number: int, body: bytes) -> bytes:
    """A record of the old format."""
    return struct.pack("<HH", number, len(body)) + body


def old_workbook() -> bytes:
    """The rows in the format of Excel 97: a stream of records in a compound file."""
    end, name = record(0x0A, b""), "一".encode("utf-16-le")
    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    listed = len(start) + 4 + 8 + len(name) + len(end)
    book = start + record(0x85, struct.pack("<IBBBB", listed, 0, 0, 1, 1) + name) + end
    book += record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    book += record(0x200, struct.pack("<IIHHH", 0, len(ROWS), 0, len(ROWS[0]), 0))
    for at, row in enumerate(ROWS):
        for column, cell in enumerate(row):
            text = cell.encode("utf-16-le")
            head = struct.pack("<HHHHB", at, column, 0, len(cell), 1)
            book += record(0x204, head + text)
    book = (book + end).ljust(4096, b"\0")
    book += bytes(-len(book) % 512)
    sectors = len(book) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE,
                        0, 0xFFFFFFFE, 0)  # fmt: skip
    head += struct.pack("<I", 0)
    head = head.ljust(512, b"\xff")
    entries = _entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + _entry(
        "Workbook", 2, 0xFFFFFFFF, 2, len(book)
    )
    return head + table + entries.ljust(512, b"\0") + book


def _entry(name: str, kind: int, child: int, sector: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    places = struct.pack("<HBBIII", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return text.ljust(64, b"\0") + places + bytes(36) + struct.pack("<IQ", sector, size)


def mutated_inside(content: bytes, chance: random.Random) -> bytes:
    """The archive whole, with its sheet mutated: checksums turn nothing away before it is read."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, mutated(part, chance) if name == SHEET else part)
    return target.getvalue()


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content with one to four places overwritten, repeated, cut out or filled in."""
    for _time in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(content)), chance.choice((1, 4, 40, 400))
        piece = content[at : at + size]
        piece = chance.choice(
            (chance.randbytes(size), piece * chance.choice((2, 500)), b"", chance.choice(WORTHLESS))
        )
        content = content[:at] + piece + content[at + size * chance.randint(0, 1) :]
    return content or b"x"


def mutations(kind: str, folder: Path, seeds: range) -> list[Path]:
    """Files of the kind, one for each seed."""
    content, paths = original(kind, folder), []
    for seed in seeds:
        path = folder / f"{seed}.{kind}"
        inside = kind == "xlsx" and seed % 4
        mutate = mutated_inside if inside else mutated
        path.write_bytes(mutate(content, random.Random(seed)))
        paths.append(path)
    return paths


def check(kind: str, folder: Path, seeds: range) -> None:
    """Every mutation ends well, and the file that was mutated is a good one."""
    (folder / "whole").write_bytes(original(kind, folder))
    (whole,) = cost_of(folder / "whole")
    assert (whole.end, whole.rows) == ("rows", len(ROWS))
    costs = cost_of(*mutations(kind, folder, seeds))
    wrong = [
        (seed, cost)
        for seed, cost in zip(seeds, costs, strict=False)
        if cost.end not in {"rows", *WORDINGS} or cost.seconds > SECONDS or cost.mib > MIB
    ]
    assert wrong == []
    assert len(costs) == len(seeds)


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_files_end_in_rows_or_in_a_refusal(tmp_path, kind):
    check(kind, tmp_path, range(10))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_mutated_files_end_in_rows_or_in_a_refusal(tmp_path, kind):
    check(kind, tmp_path, range(10, 60))
