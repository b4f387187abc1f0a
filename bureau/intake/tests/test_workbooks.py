"""Workbooks come out as people see them, and hostile ones never reach the reader."""

import datetime
import io
import struct
import zipfile

import openpyxl
import pytest

from bureau.intake.problems import SourceRefused, message_of, remedy_of
from bureau.intake.readers import Limits, open_source
from bureau.intake.workbook_child import text_of_duration, text_of_number
from bureau.testing.city.volume_workbook import write_volume_workbook

SHEET = "xl/worksheets/sheet1.xml"


def saved(tmp_path, *sheets, name="list.xlsx"):
    """A workbook with the given (title, rows) sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = tmp_path / name
    book.save(path)
    return path


def rewritten(path, changes, *, drop=()):
    """The archive with members replaced, added or left out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name not in drop}
    members.update(changes)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def rows_of(path, **options):
    with open_source(path, **options) as source:
        return [row for block in source.blocks() for row in block.cells]


def refusal_of(path, **options):
    with pytest.raises(SourceRefused) as refusal:
        rows_of(path, **options)
    assert message_of(refusal.value.problem)
    assert remedy_of(refusal.value.problem)
    return refusal.value.problem.code


@pytest.fixture
def plain(tmp_path):
    return saved(tmp_path, ("一", [["姓名", "金额"], ["王秀英", 250]]))


def test_cells_read_as_a_person_sees_them(tmp_path):
    path = saved(
        tmp_path,
        (
            "一",
            [
                ["text", 250, 250.5, 0.1 + 0.2, True, -1, 16541],
                [
                    datetime.date(1970, 5, 29),
                    datetime.datetime(2019, 1, 2, 3, 4, 5),
                    datetime.time(4, 5),
                    210211198505054713,
                    123456789012345,
                    " 王\n秀英 ",
                    "007",
                ],
            ],
        ),
    )
    assert rows_of(path) == [
        ["text", "250", "250.5", "0.3", "TRUE", "-1", "16541"],
        [
            "1970-05-29",
            "2019-01-02 03:04:05",
            "04:05:00",
            "2.10211E+17",
            "123456789012345",
            " 王\n秀英 ",
            "007",
        ],
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(2e17, "2E+17"), (-1e15, "-1E+15"), (1e-7, "1E-07"), (1.0, "1"), (12.30, "12.3")],
)
def test_numbers_as_shown(value, text):
    assert text_of_number(value) == text


def test_durations_keep_their_hours():
    assert text_of_duration(datetime.timedelta(hours=30, minutes=5)) == "30:05:00"


def test_row_and_column_places_count_from_the_sheet_corner(tmp_path):
    book = openpyxl.Workbook()
    book.active["C3"] = "x"
    book.save(tmp_path / "list.xlsx")
    assert rows_of(tmp_path / "list.xlsx")[2] == ["", "", "x"]


def test_hidden_sheets_merged_areas_and_samples(tmp_path):
    path = saved(tmp_path, ("旧", [["a"]]), ("新", [[str(row), "b"] for row in range(5000)]))
    book = openpyxl.load_workbook(path)
    book["旧"].sheet_state = "hidden"
    book["新"].merge_cells("A5:A6")
    book.save(path)
    with open_source(path) as source:
        old, new = source.shape.sheets
        assert (old.name, old.hidden, old.rows) == ("旧", True, 1)
        assert (new.name, new.hidden, new.rows) == ("新", False, 5000)
        assert new.merged == ((5, 1, 6, 1),)
        sample = source.sample()[2]
        assert sample.row_numbers[:2] == [1, 2]
        assert len(sample.cells) > 250
        numbers = [number for block in source.blocks() for number in block.row_numbers]
        assert numbers == [1, *range(1, 5001)]


def test_error_cells_are_named_with_their_place(tmp_path, plain):
    book = openpyxl.load_workbook(plain)
    book.active["B2"] = "#N/A"
    book.save(plain)
    with open_source(plain) as source:
        block = next(source.line_blocks())
        warning = source.shape.warnings[0]
    assert block.row_block().cells[1] == ["王秀英", "#N/A"]
    assert block.problems == {2: ("CELL_ERROR",)}
    assert (warning.code, warning.place, warning.value) == ("ERROR_CELLS", "一", "B2 #N/A")


def test_formulas_are_counted_and_stored_results_read(plain):
    cell = b'<c r="B2"><f>SUM(1,249)</f><v>250</v></c><c r="C2"><f>1+1</f></c>'
    with zipfile.ZipFile(plain) as archive:
        sheet = archive.read(SHEET)
    start, end = sheet.index(b'<c r="B2"'), sheet.rindex(b"</row>")
    rewritten(plain, {SHEET: sheet[:start] + cell + sheet[end:]})
    with open_source(plain) as source:
        found = {warning.code: warning for warning in source.shape.warnings}
    assert found["FORMULAS"].facts == {"count": 2}
    assert found["FORMULAS"].value == "B2"
    assert found["FORMULAS_WITHOUT_RESULT"].facts == {"count": 1}
    assert rows_of(plain)[1][:2] == ["王秀英", "250"]


def test_name_of_the_file_does_not_matter(plain):
    assert rows_of(plain.rename(plain.with_suffix(".csv")))[1] == ["王秀英", "250"]


def test_text_that_calls_itself_a_workbook_is_read_as_text(tmp_path):
    path = tmp_path / "list.xls"
    path.write_bytes("姓名\t金额\r\n王秀英\t250\r\n".encode("gbk"))
    with open_source(path) as source:
        assert (source.shape.kind, source.shape.delimiter) == ("text", "\t")


def test_bomb_is_refused_before_reading(plain):
    huge = io.BytesIO(b" " * 100_000_000)
    rewritten(plain, {"xl/media/a.xml": huge.getvalue()})
    assert refusal_of(plain) == "ARCHIVE_RATIO"
    assert refusal_of(plain, limits=Limits(archive_bytes=10_000_000)) == "ARCHIVE_TOO_LARGE"


def test_sizes_that_lie_are_found_out(plain):
    rewritten(plain, {"xl/media/a.xml": b" " * 50_000_000})
    content = plain.read_bytes()
    # Both directories of the archive now claim a thousand bytes.
    plain.write_bytes(content.replace(struct.pack("<L", 50_000_000), struct.pack("<L", 1000)))
    assert refusal_of(plain) == "FILE_TRUNCATED"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("xl/embeddings/inner.zip", b"PK\x03\x04", "ARCHIVE_NESTED"),
        ("xl/embeddings/object.bin", b"PK\x03\x04and more", "ARCHIVE_NESTED"),
        ("../../etc/cron.d/x", b"x", "ARCHIVE_NAME"),
        ("/etc/passwd", b"x", "ARCHIVE_NAME"),
        ("xl\\evil.xml", b"x", "ARCHIVE_NAME"),
        ("xl/a\u202eb.xml", b"x", "ARCHIVE_NAME"),
        ("xl/" + "a" * 300, b"x", "ARCHIVE_NAME"),
        ("xl/vbaProject.bin", b"x", "WORKBOOK_MACROS"),
        (
            "xl/sharedStrings.xml",
            b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>'
            b"<sst/>",
            "WORKBOOK_DTD",
        ),
        (
            "xl/styles.xml",
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:9/x">]><x>&a;</x>',
            "WORKBOOK_DTD",
        ),
        ("xl/theme/theme1.xml", "<?xml?><!DOCTYPE a>".encode("utf-16"), "FILE_UNREADABLE"),
    ],
)
def test_dangerous_members_are_refused(plain, name, content, code):
    rewritten(plain, {})
    with zipfile.ZipFile(plain) as archive:
        present = name in archive.namelist()
    rewritten(plain, {name: content}, drop=(name,) if present else ())
    if "\\" in name:
        # The library writes a slash; the attacker does not.
        plain.write_bytes(plain.read_bytes().replace(b"xl/evil.xml", b"xl\\evil.xml"))
    assert refusal_of(plain) == code


def test_too_many_members_and_sheets_are_refused(tmp_path, plain):
    rewritten(plain, {f"xl/media/{at}.xml": b"" for at in range(2100)})
    assert refusal_of(plain) == "ARCHIVE_MEMBERS"
    many = saved(tmp_path, *((f"s{at}", [[1]]) for at in range(6)), name="many.xlsx")
    assert refusal_of(many, limits=Limits(sheets=5)) == "SHEETS_TOO_MANY"


def test_encrypted_workbooks_are_refused(tmp_path, plain):
    content = bytearray(plain.read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    plain.write_bytes(bytes(content))
    assert refusal_of(plain) == "WORKBOOK_ENCRYPTED"
    sealed = tmp_path / "sealed.xlsx"
    sealed.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    )
    assert refusal_of(sealed) == "WORKBOOK_ENCRYPTED"


def test_damaged_workbooks_are_refused(tmp_path, plain):
    content = plain.read_bytes()
    for part in (len(content) // 2, len(content) - 30, 60):
        plain.write_bytes(content[:part])
        assert refusal_of(plain) == "FILE_TRUNCATED"
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    assert refusal_of(old) == "FILE_TRUNCATED"


def test_archive_of_lists_is_no_workbook(tmp_path):
    path = tmp_path / "lists.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("list.csv", "a,b\n1,2\n")
    assert refusal_of(path) == "ARCHIVE_NOT_WORKBOOK"


def test_reader_that_wants_too_much_memory_dies_alone(tmp_path):
    path = saved(tmp_path, ("一", [[f"王{row}", f"{row:0500d}"] for row in range(40_000)]))
    limits = Limits(reader_address_space=40 * 1024**2)
    assert refusal_of(path, limits=limits) == "WORKBOOK_TOO_HEAVY"


@pytest.mark.parametrize("script", ["while True: pass", "import time; time.sleep(60)"])
def test_reader_that_takes_too_long_is_stopped(tmp_path, plain, monkeypatch, script):
    child = tmp_path / "child.py"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n"
    child.write_text(limit + script)
    monkeypatch.setattr("bureau.intake.workbook_reader.CHILD", child)
    assert refusal_of(plain, limits=Limits(reader_seconds=1)) == "WORKBOOK_TOO_HEAVY"


@pytest.mark.parametrize("rows_at_once", [1, 4_000, 9_000, 20_000])
def test_pieces_of_the_child_come_together_with_their_row_numbers(
    tmp_path, monkeypatch, rows_at_once
):
    monkeypatch.setattr("bureau.intake.workbook_reader.BLOCK_ROWS", rows_at_once)
    path = tmp_path / "long.xlsx"
    write_volume_workbook(path, rows=9_500)
    with open_source(path) as source:
        blocks = list(source.line_blocks(50_000))
    lines = [line for block in blocks for line in block.lines]
    places = [block.first_row + at for block in blocks for at in range(len(block.lines))]
    assert places == list(range(1, 9_502))
    assert [len(block.lines) for block in blocks] == {
        1: [4_000, 4_000, 1_501],
        4_000: [4_000, 4_000, 1_501],
        9_000: [8_000, 1_501],
        20_000: [9_501],
    }[rows_at_once]
    assert len(set(lines)) == 9_501


@pytest.mark.parametrize(
    "sheet",
    [
        b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>',
        b'<row r="2"><c r="A1048577"><v>1</v></c></row>',
        b"<row r='1048577'><c><v>1</v></c></row>",
    ],
)
def test_a_row_beyond_every_sheet_is_refused_at_once(plain, sheet):
    with zipfile.ZipFile(plain) as archive:
        text = archive.read(SHEET)
    changed = rewritten(plain, {SHEET: text.replace(b"</sheetData>", sheet + b"</sheetData>")})
    assert refusal_of(changed) == "ROWS_SKIPPED"


def test_the_last_row_of_a_sheet_is_none_beyond_it(plain):
    with zipfile.ZipFile(plain) as archive:
        text = archive.read(SHEET)
    row = b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>'
    rewritten(plain, {SHEET: text.replace(b"</sheetData>", row)})
    assert rows_of(plain)[-1][0] == "1"


OPEN_DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="一">%s</table:table>
</office:spreadsheet></office:body></office:document-content>"""
OPEN_ROW = (
    '<table:table-row><table:table-cell office:value-type="string"><text:p>%s</text:p>'
    "</table:table-cell></table:table-row>"
)
EMPTY_ROWS = (
    '<table:table-row table:number-rows-repeated="%d"><table:table-cell/></table:table-row>'
)


def open_document(path, *rows):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", OPEN_DOCUMENT % "".join(rows))
        archive.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest"
            ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/"'
            ' manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
            "</manifest:manifest>",
        )
    return path


@pytest.mark.parametrize("repeats", [(4_000_000_000,), (2_000_000,), (600_000, 600_000)])
def test_rows_of_an_open_document_behind_more_than_a_sheet_has_are_refused(tmp_path, repeats):
    rows = [OPEN_ROW % "姓名", *(EMPTY_ROWS % count for count in repeats), OPEN_ROW % "王秀英"]
    path = open_document(tmp_path / "list.ods", *rows)
    assert refusal_of(path) == "ROWS_SKIPPED"


def test_rows_of_an_open_document_behind_empty_ones_are_read(tmp_path):
    rows = [OPEN_ROW % "姓名", EMPTY_ROWS % 3_000, OPEN_ROW % "王秀英"]
    path = open_document(tmp_path / "list.ods", *rows)
    assert [row[0] for row in rows_of(path) if any(row)] == ["姓名", "王秀英"]


def test_the_empty_rows_with_which_an_open_document_ends_do_no_harm(tmp_path):
    rows = [OPEN_ROW % "姓名", OPEN_ROW % "王秀英", EMPTY_ROWS % 1_048_576]
    path = open_document(tmp_path / "list.ods", *rows)
    assert [row[0] for row in rows_of(path) if any(row)] == ["姓名", "王秀英"]


def test_absurd_columns_of_an_open_document_are_refused(tmp_path):
    row = OPEN_ROW.replace(
        "<table:table-cell ", '<table:table-cell table:number-columns-repeated="4000000000" '
    )
    path = open_document(tmp_path / "list.ods", row % "姓名")
    assert refusal_of(path) == "COLUMNS_TOO_MANY"
