"""The declared fields know the headings of the counties and the look of their values."""

import pytest

from enrollment.imports.normalise import CODE_FIELDS, READ_FIELDS, TEXT_FIELDS
from enrollment.imports.roster_fields import FIELD_BY_NAME, ROSTER_FIELDS


def test_every_field_is_normalised_and_every_normalised_field_is_declared():
    assert set(FIELD_BY_NAME) == {*READ_FIELDS, *CODE_FIELDS, *TEXT_FIELDS}


def test_no_heading_names_two_fields():
    headings = [word for field in ROSTER_FIELDS for word in field.header_words]
    assert len(headings) == len(set(headings))


@pytest.mark.parametrize(
    ("field", "heading"),
    [
        ("id_number", "身份证件号码"), ("id_number", "公民身份证号"), ("id_number", "certno"),
        ("name", "参保人姓名"), ("name", "患者姓名"), ("member_no", "农合证号"),
        ("member_no", "医疗证号"), ("birth_on", "出生年月"), ("amount", "个人应缴"),
        ("joined_on", "参保日期"), ("relation", "与户主关系"), ("head_name", "户主"),
        ("sex", "gend"), ("ethnicity", "naty"), ("birth_on", "brdy"), ("phone", "tel"),
    ],
)  # fmt: skip
def test_headings_of_counties_and_of_the_national_standard_are_known(field, heading):
    assert heading in FIELD_BY_NAME[field].header_words


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("id_number", ["11010519491231002X", "110105491231002", "1.1E+17"]),
        ("name", ["王丽", "欧阳小明", "阿卜杜拉·买买提"]),
        ("birth_on", ["1949-12-31", "27461", "1975年3月8日"]),
        ("sex", ["男", "女"]),
        ("relation", ["户主", "配偶", "之子"]),
        ("ethnicity", ["汉", "满族"]),
        ("special_group", ["低保户", "一般农民"]),
        ("amount", ["250", "250元", "0"]),
        ("year", ["2019", "2019年度"]),
        ("phone", ["13812345678", "0411-83712345"]),
        ("town", ["城关街道", "大长山岛镇"]),
        ("village", ["吴家甸村"]),
        ("group_name", ["2组"]),
        ("address", ["城关街道吴家甸村2组"]),
    ],
)
def test_values_look_like_their_field(field, values):
    assert FIELD_BY_NAME[field].profile(values) == 1.0


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("id_number", ["13812345678", "王丽", "0010010001"]),
        ("name", ["儿媳妇", "一般农民", "汉族", "11010519491231002X"]),
        ("birth_on", ["王丽", "11010519491231002X"]),
        ("amount", ["13812345678"]),
        ("phone", ["250", "2019"]),
    ],
)
def test_values_of_other_fields_do_not(field, values):
    assert FIELD_BY_NAME[field].profile(values) == 0.0


def test_nothing_looks_like_nothing():
    assert FIELD_BY_NAME["name"].profile([]) == 0.0
