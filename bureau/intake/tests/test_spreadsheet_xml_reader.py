"""Workbooks in the XML of Excel 2003: every cell where a person sees it, hidden sheets told."""

import pytest

from bureau.intake.readers import Limits, SourceRefused, open_source

NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"


def book(tmp_path, *sheets):
    text = f'<?xml version="1.0"?>\n<Workbook xmlns="{NAMESPACE}" xmlns:ss="{NAMESPACE}">'
    text += "".join(
        f'<Worksheet ss:Name="{name}"><Table>{rows}</Table>{options}</Worksheet>'
        for name, rows, options in sheets
    )
    path = tmp_path / "list.xls"
    path.write_text(text + "</Workbook>", encoding="utf-8")
    return path


def cell(text, **places):
    told = "".join(f' ss:{name}="{place}"' for name, place in places.items())
    return f'<Cell{told}><Data ss:Type="String">{text}</Data></Cell>'


def read(path, block_rows=50_000):
    with open_source(path) as source:
        return [
            (block.sheet, number, cells)
            for block in source.blocks(block_rows)
            for number, cells in zip(block.row_numbers, block.cells, strict=True)
        ]


@pytest.mark.parametrize("block_rows", [1, 2, 50_000])
def test_cells_stand_where_a_person_sees_them(tmp_path, block_rows):
    rows = (
        f"<Row>{cell('名册', MergeAcross=2)}{cell('甲&amp;乙')}</Row>"
        f"<Row ss:Index='3'>{cell('王丽', Index=2)}</Row><Row/>"
    )
    path = book(tmp_path, ("甲", rows, ""), ("乙", f"<Row>{cell('李')}</Row>", ""))
    assert read(path, block_rows) == [
        (1, 1, ["名册", "", "", "甲&乙"]),
        (1, 2, [""]),
        (1, 3, ["", "王丽"]),
        (1, 4, [""]),
        (2, 1, ["李"]),
    ]


def test_names_and_hidden_sheets_are_told(tmp_path):
    row = f"<Row>{cell('王')}</Row>"
    hidden = "<WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions>"
    with open_source(book(tmp_path, ("2018", row, hidden), ("2019", row + row, ""))) as source:
        shapes = [(sheet.name, sheet.hidden, sheet.rows) for sheet in source.shape.sheets]
        assert source.shape.kind == "xml"
        assert sorted(source.sample()) == [1, 2]
    assert shapes == [("2018", True, 1), ("2019", False, 2)]


def test_limits_hold(tmp_path):
    row = f"<Row>{cell('王') * 9}</Row>"
    with pytest.raises(SourceRefused) as refused:
        open_source(book(tmp_path, ("甲", row, "")), limits=Limits(columns=5))
    assert refused.value.problem.code == "COLUMNS_TOO_MANY"


def test_xml_without_worksheets_is_refused(tmp_path):
    with pytest.raises(SourceRefused) as refused:
        open_source(book(tmp_path))
    assert refused.value.problem.code == "KIND_UNKNOWN"
