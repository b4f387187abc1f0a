"""HTML that calls itself .xls is read like the table it shows."""

import pytest

from bureau.intake.problems import SourceRefused
from bureau.intake.readers import Limits, open_source

PAGE = """<html><head><meta charset="gb2312">
<style>td {mso-number-format:"\\@";}</style></head><body>
<table border=1><tr><td colspan=3 align=center>甲镇名册</td></tr>
<tr><th>户号<th>姓&nbsp;名</th><th>备注</th></tr>
<tr><td rowspan="2">H1</td><td>王&lt;秀&gt;英</td><td>x<br>y</td></tr>
<tr><td> 李四 </td><td></td></tr>
</table></body></html>"""


def rows_of(path, **options):
    with open_source(path, **options) as source:
        assert source.shape.delimiter == "html"
        return [row for block in source.blocks(2) for row in block.cells]


def test_cells_spans_entities_and_breaks(tmp_path):
    path = tmp_path / "list.xls"
    path.write_bytes(PAGE.encode("gbk"))
    assert rows_of(path) == [
        ["甲镇名册", "", ""],
        ["户号", "姓 名", "备注"],
        ["H1", "王<秀>英", "x\ny"],
        ["", "李四", ""],
    ]


@pytest.mark.parametrize(
    "content", ["<html><body>Bitte anmelden</body></html>", "<?xml?><Workbook/>"]
)
def test_page_without_a_table_is_refused(tmp_path, content):
    path = tmp_path / "list.xls"
    path.write_text(content)
    with pytest.raises(SourceRefused) as refusal:
        open_source(path)
    assert refusal.value.problem.code == "KIND_UNKNOWN"


def test_absurd_spans_do_no_harm(tmp_path):
    path = tmp_path / "list.xls"
    path.write_text(
        "<table><tr><td colspan=999999999 rowspan=999999999>x</td><td>y</td></tr></table>"
    )
    with pytest.raises(SourceRefused) as refusal:
        rows_of(path, limits=Limits(columns=20))
    assert refusal.value.problem.code == "COLUMNS_TOO_MANY"
