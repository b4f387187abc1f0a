"""Files as they arrive in hundreds: encodings are never mistaken, and no reader leaves the house.

docs/bad-input.md says which test proves what about bad input.
"""

import datetime
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment

from bureau.intake.problems import SourceRefused
from bureau.intake.readers import open_source
from bureau.intake.tests.test_workbooks import rewritten, rows_of, saved

CORPUS = 500
ENCODINGS = {
    "utf-8": (b"", "utf-8"),
    "utf-8-sig": (b"", "utf-8"),
    "gbk": (b"", "gb18030"),
    "gb18030": (b"", "gb18030"),
    "utf-16-le": (b"\xff\xfe", "utf-16-le"),
    "utf-16-be": (b"\xfe\xff", "utf-16-be"),
}
HAN = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗秀英淑芬志强丽娟海波春梅永福玉兰建国明华平军芳敏"
PLACES = ("新华街道", "太平乡", "城子坦镇", "双塔村", "甘井子区革镇堡街道", "长兴岛经济区三堂村")


def listed(chance: random.Random) -> list[list[str]]:
    """An invented list: headings and some rows."""
    rows = [["姓名", "身份证号", "住址"]]
    for _row in range(chance.randint(3, 30)):
        name = "".join(chance.choices(HAN, k=chance.randint(2, 4)))
        rows.append([name, f"2102811980{chance.randrange(10**8):08}", chance.choice(PLACES)])
    return rows


def test_of_five_hundred_lists_every_encoding_is_found(tmp_path: Path) -> None:
    chance = random.Random(20161101)
    path = tmp_path / "list.csv"
    for number in range(CORPUS):
        encoding, (mark, found) = list(ENCODINGS.items())[number % len(ENCODINGS)]
        rows = listed(chance)
        text = "".join(",".join(row) + "\r\n" for row in rows)
        path.write_bytes(mark + text.encode(encoding))
        with open_source(path) as source:
            assert source.shape.encoding == found, (number, encoding)
            cells = [row for block in source.blocks() for row in block.cells]
        assert cells == rows, (number, encoding)
        assert not any("\ufffd" in cell for row in cells for cell in row)


@contextmanager
def canary() -> Iterator[tuple[int, list[str]]]:
    """A listener that notes whoever calls; its port, and the calls."""
    calls: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    connection, address = listener.accept()
                except TimeoutError:
                    continue
                calls.append(str(address))
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield listener.getsockname()[1], calls
        finally:
            done.set()
            thread.join()


def outside(tmp_path: Path, kind: str, port: int) -> Path:
    """A file of this kind that asks its reader to fetch something."""
    entity = f'<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:{port}/a">]>'
    if kind == "workbook":
        plain = saved(tmp_path, ("一", [["姓名"], ["王秀英"]]))
        sheet = "xl/worksheets/sheet1.xml"
        return rewritten(plain, {sheet: f"{entity}<worksheet>&a;</worksheet>".encode()})
    path = tmp_path / "list.xls"
    if kind == "spreadsheet xml":
        space = "urn:schemas-microsoft-com:office:spreadsheet"
        path.write_text(
            f'<?xml version="1.0"?>{entity}<Workbook xmlns="{space}" xmlns:ss="{space}">'
            '<Worksheet ss:Name="a"><Table><Row><Cell><Data ss:Type="String">&a;</Data></Cell>'
            "</Row></Table></Worksheet></Workbook>",
            encoding="utf-8",
        )
    else:
        path.write_text(
            f'<html><head><link rel="stylesheet" href="http://127.0.0.1:{port}/s"></head><body>'
            f'<img src="http://127.0.0.1:{port}/i"><table><tr><td>姓名</td></tr></table></body>',
            encoding="utf-8",
        )
    return path


@pytest.mark.parametrize("kind", ["workbook", "spreadsheet xml", "html"])
def test_no_file_makes_its_reader_fetch_anything(tmp_path: Path, kind: str) -> None:
    with canary() as (port, calls):
        # The canary sings when somebody comes.
        socket.create_connection(("127.0.0.1", port)).close()
        path = outside(tmp_path, kind, port)
        try:
            rows = rows_of(path)
        except SourceRefused as refused:
            assert refused.problem.code  # noqa: PT017 (refusing is right for two of the kinds)
            rows = []
    assert len(calls) == 1
    assert not any("http" in cell for row in rows for cell in row)


def test_entities_that_grow_are_not_expanded(tmp_path: Path) -> None:
    """Ten levels of ten: a thousand million of `lol` were a reader to expand them."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    path = tmp_path / "list.xls"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{levels}]>'
        f'<Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="a"><Table><Row><Cell>'
        '<Data ss:Type="String">&l9;</Data></Cell></Row></Table></Worksheet></Workbook>',
        encoding="utf-8",
    )
    try:
        rows = rows_of(path)
    except SourceRefused:
        return
    assert sum(len(cell) for row in rows for cell in row) < 1_000


def test_days_of_a_workbook_that_counts_from_1904(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["姓名", "出生日期"])
    book.active.append(["王秀英", datetime.date(1980, 5, 1)])
    path = tmp_path / "list.xlsx"
    book.save(path)
    assert rows_of(path)[1][1].startswith("1980-05-01")


def test_comments_filters_and_formatted_emptiness_change_no_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["姓名", "金额"])
    sheet.append(["王秀英", 250])
    sheet["A2"].comment = Comment("核对", "王")
    sheet.auto_filter.ref = "A1:B2"
    sheet.row_dimensions[2].hidden = True
    for row in range(3, 5_000):
        sheet.cell(row, 1).font = openpyxl.styles.Font(bold=True)
    sheet.cell(1_048_576, 2).font = openpyxl.styles.Font(bold=True)
    path = tmp_path / "list.xlsx"
    book.save(path)
    filled = [row for row in rows_of(path) if any(cell.strip() for cell in row)]
    assert filled == [["姓名", "金额"], ["王秀英", "250"]]
