"""Text in any dialect comes back as the rows that were written, with the numbers people see."""

import csv
import io

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bureau.intake.problems import SourceRefused, message_of, remedy_of
from bureau.intake.quotes import SELF_SUFFICIENT_COLUMNS
from bureau.intake.readers import Limits, open_source


def rows_of(path, **options):
    with open_source(path, **options) as source:
        return [
            (number, cells)
            for block in source.blocks()
            for number, cells in zip(block.row_numbers, block.cells, strict=True)
        ]


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "list.txt"
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return path


def codes_of(path):
    with open_source(path) as source:
        return {
            row: codes for block in source.line_blocks() for row, codes in block.problems.items()
        }


@pytest.mark.parametrize("delimiter", [",", "\t", "|", ";", "；", "、", "^", " "])
def test_delimiter_is_guessed_from_content(tmp_path, delimiter):
    text = "\n".join(delimiter.join([f"王{row}", "男", "大连，甘井子", "250"]) for row in range(9))
    path = written(tmp_path, text)
    with open_source(path) as source:
        assert source.shape.delimiter == delimiter
    assert rows_of(path)[8] == (9, ["王8", "男", "大连，甘井子", "250"])


def test_columns_lined_up_by_spaces_are_cut_and_doubted(tmp_path):
    text = "姓名    性别  金额\n" + "王秀英  女    250\n" * 20
    path = written(tmp_path, text)
    with open_source(path) as source:
        assert source.shape.delimiter == "spaces"
        assert [warning.code for warning in source.shape.warnings] == ["DELIMITER_UNCERTAIN"]
    assert rows_of(path)[20] == (21, ["王秀英", "女", "250"])


def test_mixed_line_ends_and_foreign_breaks(tmp_path):
    path = written(tmp_path, "a,b,1\r\nc,d,2\re,f,3\ng\u2028h,i\x0bj,4\r\n\r\nk,l,5")
    assert rows_of(path) == [
        (1, ["a", "b", "1"]),
        (2, ["c", "d", "2"]),
        (3, ["e", "f", "3"]),
        (4, ["g\u2028h", "i\x0bj", "4"]),
        (5, [""]),
        (6, ["k", "l", "5"]),
    ]


def test_line_break_inside_quotes_makes_no_new_row(tmp_path):
    path = written(tmp_path, 'a,b,c\n1,"two\r\nlines",3\n4,5,6\n')
    assert rows_of(path) == [
        (1, ["a", "b", "c"]),
        (2, ["1", "two\r\nlines", "3"]),
        (3, ["4", "5", "6"]),
    ]


def test_unclosed_quote_does_not_swallow_the_rows_below(tmp_path):
    good = [f"王{row},女,大连,250" for row in range(300)]
    bad = [*good[:100], '王某,"女,大连,250', *good[100:]]
    path = written(tmp_path, "\n".join(bad))
    rows = rows_of(path)
    assert len(rows) == 301
    assert rows[100] == (101, ["王某", '"女', "大连", "250"])
    assert codes_of(path) == {101: ("QUOTE_OPEN",)}


def test_two_stray_quotes_do_not_swallow_the_rows_between(tmp_path):
    lines = [f"王{row},女,大连,250" for row in range(30)]
    lines[3], lines[9] = '王,"女,大连,250', '王,女",大连,250'
    rows = rows_of(written(tmp_path, "\n".join(lines)))
    assert len(rows) == 30
    assert codes_of(tmp_path / "list.txt") == {4: ("QUOTE_OPEN",)}
    assert rows[9][1] == ["王", '女"', "大连", "250"]


def test_stray_quotes_and_forced_text_stay_readable(tmp_path):
    path = written(tmp_path, 'a,b,c\n"王"五,="210211",3\n"x","=""210""",\'0123\n')
    rows = rows_of(path)
    assert rows[1] == (2, ["王五", '="210211"', "3"])
    assert rows[2] == (3, ["x", '="210"', "'0123"])
    assert codes_of(path) == {2: ("QUOTE_STRAY",)}


def test_many_open_quotes_take_no_quadratic_time(tmp_path):
    path = written(tmp_path, 'a,"b,c,d\n' * 20_000)
    assert len(rows_of(path)) == 20_000


def test_nul_and_ragged_rows_are_read(tmp_path):
    path = written(tmp_path, "a,b,c\n1,2\0,3\n1\n1,2,3,4,5\n")
    assert [cells for _, cells in rows_of(path)] == [
        ["a", "b", "c"],
        ["1", "2\0", "3"],
        ["1"],
        ["1", "2", "3", "4", "5"],
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (",".join(map(str, range(5000))).encode() + b"\n" + b"1," * 4999, "COLUMNS_TOO_MANY"),
        (b"a,b\n1," + b"x" * 10_000_000 + b"\n2,3\n", "LINE_TOO_LONG"),
        (b"%PDF-1.4 something", "KIND_UNKNOWN"),
        (b"\x89PNG\r\n\x1a\n0000", "KIND_UNKNOWN"),
        ("姓名,身份证号\n王芳,1\n".encode("utf-32"), "KIND_UNKNOWN"),
    ],
)
def test_what_is_no_usable_table_is_refused_with_words(tmp_path, content, code):
    path = written(tmp_path, content)
    with pytest.raises(SourceRefused) as refusal:
        rows_of(path)
    assert refusal.value.problem.code == code
    assert message_of(refusal.value.problem)
    assert remedy_of(refusal.value.problem)


def test_file_beyond_the_limit_is_refused_unread(tmp_path):
    with pytest.raises(SourceRefused) as refusal:
        open_source(written(tmp_path, "a,b\n" * 50), limits=Limits(file_bytes=100))
    assert refusal.value.problem.code == "FILE_TOO_LARGE"


def test_blocks_are_no_longer_than_asked_and_alike(tmp_path):
    path = written(tmp_path, "a,b\n" * 1000)
    with open_source(path) as source:
        blocks = list(source.blocks(block_rows=300))
    assert [len(block.cells) for block in blocks] == [250, 250, 250, 250]
    assert [block.row_numbers[0] for block in blocks] == [1, 251, 501, 751]


CELL = st.text(alphabet=st.sampled_from(list('王李a1 "\n\r,;|\t　\u2028𠀀')), max_size=8).filter(
    lambda cell: not cell.startswith(" ")
)


@st.composite
def tables(draw):
    width = draw(st.integers(2, 6))
    delimiter = draw(st.sampled_from([",", "\t", "|", ";"]))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=4, max_size=12))
    # Enough plain rows for anybody, man or machine, to see what the delimiter is.
    plain = [[f"王{at}", *["1"] * (width - 1)] for at in range(20)]
    return delimiter, plain + rows


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    table=tables(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    chunk=st.sampled_from([50, 1000, 6 * 1024**2]),
)
def test_what_was_written_is_read_back(
    tmp_path, monkeypatch, table, encoding, line_end, quoting, chunk
):
    delimiter, rows = table
    # Lines that look like whole rows inside one cell are read as rows, on purpose.
    assume(
        len(rows[0]) < SELF_SUFFICIENT_COLUMNS
        or not any(delimiter in cell and ("\n" in cell or "\r" in cell) for r in rows for cell in r)
    )
    if any("\r" in cell or "\n" in cell for row in rows for cell in row):
        # The writer itself forgets to quote a break that is not its own line end.
        quoting = csv.QUOTE_ALL
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)
    path = tmp_path / "list.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    monkeypatch.setattr("bureau.intake.text_reader.CHUNK_BYTES", chunk)
    read = rows_of(path)
    assert [cells for _, cells in read] == rows
    assert [number for number, _ in read] == list(range(1, len(rows) + 1))
