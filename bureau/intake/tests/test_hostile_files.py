"""Small files that would cost the worker its time or memory are refused, or cost little."""

import zipfile

import openpyxl
import pytest

from bureau.intake.problems import SourceRefused, message_of, remedy_of
from bureau.intake.readers import open_source
from bureau.intake.tests.hostile import MIB, SECONDS, cost_of

NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"
SHEET = "xl/worksheets/sheet1.xml"
BOOK = f'<?xml version="1.0"?><Workbook xmlns="{NAMESPACE}" xmlns:ss="{NAMESPACE}">'
TABLE = BOOK + '<Worksheet ss:Name="一"><Table>'
CELL = "<Cell><Data>x</Data></Cell>"


def workbook(path, *, after="", **changes):
    """A small workbook whose sheet holds further XML, or whose parts are changed."""
    book = openpyxl.Workbook()
    book.active.append(["姓名", "金额"])
    book.active.append(["王秀英", 250])
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[SHEET] += after.encode()
    for name, change in changes.items():
        part = f"xl/{name}"
        members[part] = change(members.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "after",
    [
        ' hidden="' + "<row " * 30_000,
        ' hidden="<row ' + "hidden=" * 30_000,
        '<f t="e"' + "<f " * 60_000,
        "</f>" + " " * 900_000,
        '<c r="A1"' + ' t="e"' * 100_000,
        '<c r="A1" t="e"' * 20_000,
        '<c r="A1" t="e"><f' + "/>" * 400_000,
    ],
    ids=["rows", "hidden", "formulas", "spaces", "errors", "cells", "ends"],
)
def test_xml_that_repeats_itself_in_a_workbook_takes_no_longer_than_other_xml(tmp_path, after):
    path = workbook(tmp_path / "list.xlsx", after=after)
    assert path.stat().st_size < 20_000
    (cost,) = cost_of(path)
    # The reader behind refuses some of them, and others not: they end, that is the point.
    assert cost.end in ("rows", "FILE_TRUNCATED"), cost
    assert cost.seconds < SECONDS, cost
    assert cost.mib < MIB, cost


def test_list_of_the_sheets_is_never_held_as_a_tree(tmp_path):
    padding = b"<a/>" * 3_000_000
    path = workbook(
        tmp_path / "list.xlsx",
        **{"workbook.xml": lambda part: part.replace(b"</workbook>", padding + b"</workbook>")},
    )
    (cost,) = cost_of(path)
    assert cost.end in ("rows", "FILE_TRUNCATED"), cost
    assert cost.mib < MIB, cost


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (
            BOOK
            + "".join(
                f'<Worksheet ss:Name="s{at}"><Table>'
                + f'<Row ss:Index="9999999">{CELL}</Row>' * 100
                + "</Table></Worksheet>"
                for at in range(3)
            ),
            "ROWS_SKIPPED",
        ),
        (TABLE + "<Row>" + '<Cell ss:MergeAcross="199"></Cell>' * 100_000, "COLUMNS_TOO_MANY"),
        (TABLE + "<Row><Cell><Data>" + "一" * 5_000_000, "LINE_TOO_LONG"),
        (BOOK + "<Worksheet>" * 400_000, "SHEETS_TOO_MANY"),
        (TABLE + f"<Row>{CELL}</Row>" + "<a " * 1_400_000, "TAG_NOT_CLOSED"),
        ("<table><tr><td>x</td></tr><tr>" + "<a " * 1_400_000, "TAG_NOT_CLOSED"),
        ("<table><tr><td>x</td></tr><!-- " + "x " * 1_400_000, "TAG_NOT_CLOSED"),
        ("<table><tr>" + "<td colspan=200>" * 250_000, "COLUMNS_TOO_MANY"),
        ("<table><tr><td>x</td></tr><tr><td>" + "一" * 5_000_000, "LINE_TOO_LONG"),
        (
            "<table><tr><td colspan=200 rowspan=99999>x</td></tr>" + "<tr>" * 1_000_000,
            "CELLS_COVERED",
        ),
        (
            "<table><tr><td>a</td><td colspan=199 rowspan=99999>x</td></tr>" + "<tr>" * 1_000_000,
            "CELLS_COVERED",
        ),
        ("<table><tr><td>x</td></tr><tr><td><![x[ </td></tr></table>", "FILE_UNREADABLE"),
    ],
    ids=[
        "rows-skipped", "merged-across", "long-cell", "worksheets", "open-tag-xml", "open-tag",
        "open-comment", "spans", "long-text", "rows-covered", "columns-covered", "declaration",
    ],
)  # fmt: skip
def test_tables_of_tags_are_refused_before_they_grow(tmp_path, content, code):
    path = tmp_path / "list.xls"
    path.write_text(content, encoding="utf-8")
    (cost,) = cost_of(path)
    assert cost.end == code, cost
    assert cost.mib < MIB, cost
    # Tens of megabytes of text that look harmless are read through before they are refused.
    assert cost.seconds < 2 * SECONDS, cost


def test_the_refusals_tell_the_clerk_where_and_what_to_do(tmp_path):
    path = tmp_path / "list.xls"
    path.write_text(f'{TABLE}<Row ss:Index="9999999">{CELL}</Row>', encoding="utf-8")
    with pytest.raises(SourceRefused) as refused:
        open_source(path)
    problem = refused.value.problem
    assert (problem.place, problem.value) == ("一", "9999999")
    assert "1048576" in message_of(problem)
    assert remedy_of(problem)


def test_cell_at_the_very_end_of_a_worksheet_is_still_read(tmp_path):
    path = tmp_path / "list.xls"
    path.write_text(
        f'{TABLE}<Row>{CELL}</Row><Row ss:Index="300000">{CELL}</Row></Table></Worksheet>',
        encoding="utf-8",
    )
    with open_source(path) as source:
        last = list(source.line_blocks())[-1]
    assert last.first_row + len(last.lines) - 1 == 300_000
    assert last.lines[-1] == "x"


def test_households_whose_number_spans_their_rows_are_no_attack(tmp_path, monkeypatch):
    monkeypatch.setattr("bureau.intake.html_reader.PLACES_COVERED", 0)
    path = tmp_path / "list.xls"
    of_household = "<td rowspan=4>H</td>" * 6
    household = f"<tr>{of_household}<td>王</td></tr>" + "<tr><td>李</td></tr>" * 3
    path.write_text(f"<table>{household * 500}</table>", encoding="utf-8")
    with open_source(path) as source:
        assert sum(len(block.lines) for block in source.line_blocks()) == 2_000


def test_cells_that_share_one_long_text_make_no_row_longer_than_rows_may_be(tmp_path):
    path = tmp_path / "list.xlsx"
    row = '<row r="1">' + '<c t="s"><v>0</v></c>' * 150 + "</row>"
    kinds = "http://schemas.openxmlformats.org"
    relation = (
        f'<Relationship Id="rId99" Type="{kinds}/officeDocument/2006/relationships/sharedStrings"'
        ' Target="sharedStrings.xml"/></Relationships>'
    )
    texts = f'<sst xmlns="{kinds}/spreadsheetml/2006/main"><si><t>{"x" * 32_000}</t></si></sst>'
    workbook(
        path,
        **{
            "sharedStrings.xml": lambda _part: texts.encode(),
            "_rels/workbook.xml.rels": lambda part: part.replace(
                b"</Relationships>", relation.encode()
            ),
            "worksheets/sheet1.xml": lambda part: part.replace(
                b"<sheetData>", b"<sheetData>" + row.encode()
            ),
        },
    )
    (cost,) = cost_of(path)
    assert cost.end == "LINE_TOO_LONG", cost
    assert cost.mib < MIB, cost
