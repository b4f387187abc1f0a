"""Cells of rosters as they stand masked."""

import pytest

from enrollment.selectors.masked_row import SEVERAL, masked_cell


@pytest.mark.parametrize(
    "cell",
    [
        "张小三/210281199001010012",
        "13900001234 海兴街18号",
        "张小三（户主）",
        "210281199001010012张小三",
    ],
)
def test_no_piece_of_a_cell_with_several_fields_is_shown(cell):
    shown = masked_cell(cell, SEVERAL)
    for piece in ("张小三", "1990", "0000", "海兴街", "户主"):
        assert piece not in shown


@pytest.mark.parametrize(
    ("cell", "field", "heading", "shown"),
    [
        ("王母一", "", "母亲姓名", "***"),
        ("210283 19800421 1204", "", "监护人证件", "******"),
        ("13900001000/新华街道18号", "address", "电话/住址", "13******000/新华街道***"),
        ("210283 19800421 1204", "", "备用", "2102**********1204"),
        ("0411-8362 1234", "remarks", "备注", "04*******234"),
        ("2019-05-06 缴", "remarks", "备注", "2019-05-06 缴"),
        ("新华村", "", "人员类别", "新华村"),
        ("", "", "联系电话", ""),
    ],
)
def test_what_a_column_without_a_field_tells_of_a_person_is_hidden(cell, field, heading, shown):
    assert masked_cell(cell, field, heading=heading) == shown
