"""Whose file it is, told by what a county happens to write."""

import pytest

from bureau.intake.layouts import propose_layout
from bureau.intake.readers import open_source
from enrollment.choices import Scheme
from enrollment.imports.roster_fields import ROSTER_FIELDS
from enrollment.imports.sources import origin_of
from enrollment.tests.imports.reference_places import reference_places

PLACES = reference_places()
HEAD = "姓名,身份证号,性别,缴费金额"
ROW = "王丽,11010519491231002X,女,250"


def origin(tmp_path, name, *lines):
    path = tmp_path / name
    path.write_text("\n".join(lines))
    with open_source(path) as source:
        return origin_of(name, source, propose_layout(source, ROSTER_FIELDS), PLACES)


@pytest.mark.parametrize(
    ("column", "value", "told_by"),
    [
        ("乡镇", "青堆镇", "TOWNS"),
        ("户号", "2102830010010001", "NUMBERS"),
        ("家庭住址", "青堆镇新立村3组", "ADDRESSES"),
        ("家庭住址", "辽宁省大连市庄河市青堆镇新立村3组", "ADDRESSES"),
    ],
)
def test_a_name_without_any_hint_leaves_the_rows_to_tell(tmp_path, column, value, told_by):
    told = origin(tmp_path, "新建文件.csv", f"{HEAD},{column}", *[f"{ROW},{value}"] * 3)
    assert (told.scheme, told.area.name, told.told_by) == (Scheme.NCMS, "庄河市", told_by)


def test_identity_numbers_tell_the_county_when_nothing_else_does(tmp_path):
    row = ROW.replace("110105", "210283")
    told = origin(tmp_path, "新建文件.csv", HEAD, row, row, ROW)
    assert (told.area.name, told.told_by) == ("庄河市", "PEOPLE")


def test_a_roster_of_another_city_is_nobodys(tmp_path):
    told = origin(tmp_path, "名册.csv", f"{HEAD},乡镇", *[f"{ROW},龙泉驿镇"] * 3)
    assert (told.area, told.told_by) == (None, "")


@pytest.mark.parametrize(
    "title", ["庄河市  制表日期：2018.12.25", "庄河市 填报时间: 2018年12月", "制表：2018-12-20"]
)
def test_the_day_a_list_was_made_is_not_its_year(tmp_path, title):
    assert origin(tmp_path, "庄河.csv", f"{title},,,", HEAD, ROW, ROW).year is None
    both = origin(tmp_path, "庄河.csv", f"2019年度参合名册 {title},,,", HEAD, ROW, ROW)
    assert both.year == 2019
