"""Columns of fixed width are cut at their places, so that empty cells move nothing."""

import pytest

from bureau.intake.fixed_width import find_columns
from bureau.intake.readers import open_source

ROWS = [
    ("姓名", "性别", "缴费", "电话"), ("王丽", "女", "250", "13800000001"),
    ("欧阳小明", "男", "", "13800000002"), ("赵强", "", "250", ""), ("李四", "男", "250", ""),
    ("孙", "女", "", "13800000003"), ("钱多多", "男", "250", "13800000004"),
]  # fmt: skip
MEASURES = {
    "wide": lambda text: sum(2 if ord(character) > 255 else 1 for character in text),
    "characters": len,
}


def lined_up(measure, sizes=(10, 6, 8, 12)):
    return "\r\n".join(
        "".join(cell + " " * (size - measure(cell)) for cell, size in zip(row, sizes, strict=True))
        for row in ROWS * 3
    )


@pytest.mark.parametrize("measure", MEASURES)
def test_cells_keep_their_columns_where_others_are_empty(tmp_path, measure):
    path = tmp_path / "list.txt"
    text = "某县参合名单\r\n" + lined_up(MEASURES[measure])
    path.write_text(text, encoding="gb18030", newline="")
    with open_source(path) as source:
        assert source.shape.delimiter == "spaces"
        rows = [row for block in source.blocks() for row in block.cells]
    assert "".join(rows[0]) == "某县参合名单"
    assert [tuple(cells) for cells in rows[1:]] == ROWS * 3


def test_text_that_does_not_line_up_is_cut_at_spaces_and_short_rows_are_named(tmp_path):
    names = ["王丽", "欧阳小明", "赵强", "李四光明"]
    lines = [
        f"{name}   女  25{'0' * (at % 4)}   1380000{at:04}" for at, name in enumerate(names * 5)
    ]
    lines[7] = "欧阳小明  女   13800000007"
    path = tmp_path / "list.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert find_columns(lines) is None
    with open_source(path) as source:
        problems = [block.problems for block in source.line_blocks()]
    assert problems[0] == {8: ("CELLS_SHIFTED",)}


def test_a_line_across_the_columns_does_not_join_them(tmp_path):
    text = lined_up(MEASURES["wide"]) + "\r\n" + "合计共三十六人应缴金额九千元整大写玖仟元整请核对"
    path = tmp_path / "list.txt"
    path.write_text(text, encoding="utf-8", newline="")
    with open_source(path) as source:
        rows = [row for block in source.blocks() for row in block.cells]
    assert rows[1] == ["王丽", "女", "250", "13800000001"]
    assert rows[-1][0].startswith("合计共三十六人")
