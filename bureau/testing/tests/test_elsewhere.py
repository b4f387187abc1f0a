"""Rosters as other provinces lay them out: same seed same files, and a truth that is true."""

import csv
import filecmp
import io
import re
from html import unescape

import openpyxl
import pytest

from bureau.testing.city import elsewhere, generate
from bureau.testing.city.elsewhere.emit import display_width
from bureau.testing.city.elsewhere.habits import in_capitals, in_words
from bureau.testing.tests import reading

UNTOUCHED = {"ID_OWNER", "ID_ENDS_000", "ID_DUP_ISSUED", "NAME_RARE", "LOOKALIKE", "DECEASED",
             "DUP_FIRST", "DUP_AGAIN", "HH_FILLDOWN"}  # fmt: skip


@pytest.fixture(scope="module", params=elsewhere.CITIES)
def city(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("elsewhere")
    generate(root, people=1_500, seed=6, style=request.param)
    layouts = {layout.source: layout for layout in elsewhere.layouts(request.param)}
    return root, layouts


def rows_of(path, layout):
    """(sheet, row) -> text of the row, read by other means than those that wrote it."""
    if layout.container == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
        return {
            (sheet.title, number): "|".join(str(cell) for cell in cells if cell is not None)
            for sheet in book
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1)
        }
    text = path.read_bytes().decode(layout.encoding)
    written = getattr(layout, "written", "text")
    if written in {"html", "xml"}:
        found = {}
        sheets = re.split(r'<Worksheet ss:Name="([^"]*)">', text)
        tables = list(zip(sheets[1::2], sheets[2::2], strict=True)) or [("", text)]
        for name, table in tables:
            rows = re.findall(r"(?si)<tr[ >].*?</tr>|<row>.*?</row>", table)
            for number, row in enumerate(rows, 1):
                found[name, number] = unescape(re.sub("<[^>]*>", "|", row)).replace("\xa0", " ")
        return found
    if layout.quoted:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter)
        return {("", number): "|".join(row) for number, row in enumerate(rows, 1)}
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return {("", number): line for number, line in enumerate(lines, 1)}


def test_same_seed_makes_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        generate(tmp_path / name, people=700, seed=4, style="elsewhere-1")
    names = sorted(path.name for path in (tmp_path / "one" / "files").iterdir())
    assert len(names) > 15
    assert filecmp.cmpfiles(
        tmp_path / "one" / "files", tmp_path / "other" / "files", names, shallow=False
    )[1:] == ([], [])


def test_every_record_stands_where_the_truth_says(city):
    root, layouts = city
    csv.field_size_limit(1 << 24)
    people = {person["person_key"]: person for person in reading.truth(root, "people")}
    rows, seen = {}, set()
    for record in reading.truth(root, "records"):
        layout = layouts[record["source"]]
        if record["file"] not in rows:
            rows[record["file"]] = rows_of(root / "files" / record["file"], layout)
        text = rows[record["file"]][record["sheet"], int(record["row"])]
        if set(filter(None, record["faults"].split(";"))) <= UNTOUCHED:
            assert people[record["person_key"]]["id_no"] in text, record
            seen.add(record["source"])
    assert seen == set(layouts)


def test_people_elsewhere_live_in_counties_that_are_not_of_the_city():
    here = {county.code for county in elsewhere.counties_of("elsewhere-1")}
    abroad = {county.code for county in elsewhere.counties_of("elsewhere-2")}
    assert not here & abroad


def test_containers_encodings_and_line_ends_are_all_there():
    layouts = [layout for style in elsewhere.CITIES for layout in elsewhere.layouts(style)]
    own = [layout for layout in layouts if hasattr(layout, "written")]
    assert {layout.written for layout in own} == {"text", "fixed", "html", "xml", "xlsx"}
    encodings = {layout.encoding for layout in own if layout.container == "text"}
    assert encodings == {"utf-8", "gbk", "gb18030", "big5", "utf-16-le", "utf-16-be"}
    assert {end for layout in own for end in layout.line_ends} == {"\r\n", "\n", "\r"}
    assert any(layout.no_header for layout in own)


def test_numbers_and_days_in_words():
    assert in_capitals(250) == "贰佰伍拾元整"
    assert in_capitals(1005) == "壹仟零伍元整"
    assert in_words("19751120") == "一九七五年十一月二十日"
    assert display_width("王丽a") == 5
