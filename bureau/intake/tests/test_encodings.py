"""Every encoding that counties use is found, and no byte is lost or replaced silently."""

from pathlib import Path

import pytest

from bureau.intake import encodings
from bureau.intake.readers import open_source

TEXT = "姓名,住址,金额\r\n" + "".join(
    f"{name},大连市甘井子区革镇堡街道,{amount}\r\n"
    for amount, name in enumerate(["王秀英", "欧阳娜娜", "李建国", "闫丽君", "张淑芬"] * 8)
)
RARE = TEXT.replace("闫丽君", "\U00020000䶮㼆")


def cells_of(path: Path) -> list[list[str]]:
    with open_source(path) as source:
        return [row for block in source.blocks() for row in block.cells]


@pytest.mark.parametrize(
    ("encoding", "mark", "found"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("gb18030", b"", "gb18030"),
    ],
)
def test_encoding_is_found_and_rare_names_survive(tmp_path, encoding, mark, found):
    path = tmp_path / "list.csv"
    path.write_bytes(mark + RARE.encode(encoding))
    with open_source(path) as source:
        assert (source.shape.encoding, source.shape.bom) == (found, bool(mark))
    assert cells_of(path)[4][0] == "\U00020000䶮㼆"
    assert len(cells_of(path)) == 41


def test_big5_is_suspected_and_asked_about(tmp_path):
    path = tmp_path / "list.csv"
    traditional = (
        TEXT.replace("区", "區")
        .replace("镇", "鎮")
        .replace("闫丽", "閆麗")
        .replace("连", "連")
        .replace("张", "張")
        .replace("国", "國")
        .replace("欧阳", "歐陽")
        .replace("额", "額")
        .replace("革", "革")
        .replace("街道", "街道")
    )
    path.write_bytes(traditional.encode("big5hkscs"))
    with open_source(path) as source:
        assert source.shape.encoding == "big5hkscs"
        assert [warning.code for warning in source.shape.warnings] == ["ENCODING_UNCERTAIN"]
    assert cells_of(path)[4][0] == "閆麗君"


def test_broken_bytes_in_gbk_are_shown_and_only_their_row_is_marked(tmp_path):
    path = tmp_path / "list.csv"
    lines = TEXT.encode("gbk").split(b"\r\n")
    lines[3] = b"\xc0\xfff\xff" + lines[3]
    path.write_bytes(b"\r\n".join(lines))
    with open_source(path) as source:
        blocks = list(source.line_blocks())
        cells = blocks[0].row_block().cells
    assert blocks[0].problems == {4: ("ENCODING_BROKEN",)}
    assert cells[3][0] == r"\xC0\xFFf\xFF李建国"
    assert not any(encodings.REPLACEMENT in cell for row in cells for cell in row)
    assert len(cells) == 41


def test_lines_in_utf8_within_a_gbk_file_are_read_as_what_they_are(tmp_path):
    path = tmp_path / "list.csv"
    lines = [line.encode("gbk") for line in TEXT.split("\r\n")]
    lines[5] = TEXT.split("\r\n")[5].encode("utf-8")
    path.write_bytes(b"\r\n".join(lines))
    with open_source(path) as source:
        block = next(source.line_blocks())
    assert block.row_block().cells[5][0] == "张淑芬"
    assert block.problems == {6: ("ENCODING_BROKEN",)}


def test_utf8_with_a_truncated_character_is_not_taken_for_gbk(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(TEXT.encode()[:-4] + "区".encode()[:2])
    with open_source(path) as source:
        assert source.shape.encoding == "utf-8"
        assert [warning.code for warning in source.shape.warnings] == ["ENCODING_MIXED"]
    assert cells_of(path)[40][1].startswith("大连市")


def test_chinese_far_behind_plain_numbers_is_still_found(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(b"1,2,3\n" * 100_000 + "王秀英,2,3\n".encode("gb18030"))
    with open_source(path) as source:
        last = [block.cells[-1] for block in source.blocks()][-1]
    assert last == ["王秀英", "2", "3"]


def test_characters_cut_by_a_chunk_border_are_whole(tmp_path, monkeypatch):
    path = tmp_path / "list.csv"
    path.write_bytes(RARE.encode("gb18030"))
    whole = cells_of(path)
    for size in (7, 64, 101):
        monkeypatch.setattr("bureau.intake.text_reader.CHUNK_BYTES", size)
        assert cells_of(path) == whole
