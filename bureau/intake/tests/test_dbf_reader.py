"""Tables of FoxPro: cut by bytes, in the counties' writing, without the deleted records."""

import struct

import pytest

from bureau.intake.dbf_reader import table_in
from bureau.intake.readers import SourceRefused, open_source

FIELDS = ((b"XM", b"C", 8), ("身份证".encode("gb18030"), b"C", 18), (b"CSRQ", b"D", 8),
          (b"JE", b"N", 6), (b"HH", b"I", 4))  # fmt: skip


def table(tmp_path, rows, *, count=None, encoding="gb18030"):
    length = 1 + sum(size for _name, _kind, size in FIELDS)
    told = len(rows) if count is None else count
    start = 32 + 32 * len(FIELDS) + 1
    data = struct.pack("<BBBBIHH20x", 0x30, 119, 11, 30, told, start, length)
    for name, kind, size in FIELDS:
        data += struct.pack("<11sc4xBB14x", name, kind, size, 0)
    data += b"\r"
    for mark, name, number, born, amount, household in rows:
        data += mark + name.encode(encoding)[:8].ljust(8) + number.encode().ljust(18)
        data += born.encode().ljust(8) + amount.encode().rjust(6) + struct.pack("<i", household)
    path = tmp_path / "ncms.dbf"
    path.write_bytes(data + b"\x1a")
    return path


def read(path, block_rows=50_000):
    with open_source(path) as source:
        return [
            (number, cells)
            for block in source.blocks(block_rows)
            for number, cells in zip(block.row_numbers, block.cells, strict=True)
        ]


ROWS = [
    (b" ", "王秀英", "210211195602251862", "19560225", "250.00", 7),
    (b"*", "删去人", "210211195308072417", "19530807", "250.00", 7),
    (b" ", "欧阳建国", "21021119490710210X", "19490710", "", 1001),
]


@pytest.mark.parametrize("block_rows", [2, 3, 50_000])
def test_records_stand_below_the_names_of_their_fields(tmp_path, block_rows):
    assert read(table(tmp_path, ROWS), block_rows) == [
        (1, ["XM", "身份证", "CSRQ", "JE", "HH"]),
        (2, ["王秀英", "210211195602251862", "19560225", "250.00", "7"]),
        (3, [""]),
        (4, ["欧阳建国", "21021119490710210X", "19490710", "", "1001"]),
    ]


def test_a_character_cut_in_two_is_shown_and_marked(tmp_path):
    rows = [(b" ", "古丽a热孜", "210211195602251862", "19560225", "0", 1)]
    path = table(tmp_path, rows)
    with open_source(path) as source:
        assert source.shape.kind == "dbf"
        block = next(source.line_blocks(100))
    assert block.problems == {2: ("ENCODING_BROKEN",)}
    assert block.cells()[1][0] == "古丽a热\\xD7"


def test_a_table_that_ends_before_its_last_record_is_refused(tmp_path):
    with pytest.raises(SourceRefused) as refusal:
        read(table(tmp_path, ROWS, count=9))
    assert refusal.value.problem.code == "FILE_TRUNCATED"


@pytest.mark.parametrize("sizes", [(), (0,) * 200, (1, 0)], ids=["none", "no width", "one without"])
def test_fields_without_width_are_no_table(sizes):
    """A byte would become as many cells as the table has such fields."""
    start = 32 + 32 * len(sizes) + 1
    head = struct.pack("<BBBBIHH20x", 0x30, 119, 11, 30, 500_000, start, 1 + sum(sizes))
    head += b"".join(struct.pack("<11sc4xBB14x", b"A", b"C", size, 0) for size in sizes)
    assert table_in(head + b"\r") is None


def test_text_that_begins_with_a_zero_is_no_table(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(b"01,02\n" + b"0123456789,abc\n" * 20)
    assert len(read(path)) == 21
