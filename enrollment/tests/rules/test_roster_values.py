"""Dates, amounts, years and words as rosters write them."""

from datetime import date
from decimal import Decimal

import pytest

from enrollment.choices import Fix, Reason, Sex, SpecialGroup
from enrollment.rules.amounts import read_amount, read_year
from enrollment.rules.dates import DateProblem, read_date
from enrollment.rules.words import (
    ethnicity_of,
    is_placeholder,
    names_newborn,
    relation_of,
    sex_of,
    special_group_of,
)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1975-03-08", "DASH"), ("1975-3-8", "DASH"), ("1975/3/8", "SLASH"), ("1975.3.8", "DOT"),
        ("19750308", "COMPACT"), ("1975年3月8日", "CHINESE"), ("1975年03月08日", "CHINESE"),
        ("27461", "SERIAL"), ("27461.0", "SERIAL"), ("1975-03-08 00:00:00", "DASH"),
        ("1975-03-08T00:00:00", "DASH"), ("１９７５．３．８", "DOT"), ("75.3.8", "SHORT"),
        ("750308", "SHORT"),
        ("一九七五年三月八日", "NUMERALS"), (" 1975-3-8 ", "DASH"), ("1975、3、8", "COMMA"),
        ("1975 03 08", "SPACE"), ("民国64年3月8日", "MINGUO"), ("1975年3月8日出生", "CHINESE"),
        ("1975。3。8", "DOT"), ("1975年3月8日星期六", "CHINESE"), ("公历1975年3月8日", "CHINESE"),
        ("“1975-03-08”", "DASH"), ("'1975-03-08'", "DASH"),
    ],
)  # fmt: skip
def test_every_usual_form_is_read(text, form):
    assert read_date(text) == (date(1975, 3, 8), form, None, None)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1975年3月", "1975-03"), ("1975-03", "1975-03"), ("197503", "1975-03"),
        ("1975.3", "1975-03"), ("一九七五年三月", "1975-03"), ("民国64年3月", "1975-03"),
        ("1975年", "1975"), ("1975", "1975"), ("1975年13月", None), ("1975-03-08", None),
    ],
)  # fmt: skip
def test_a_date_without_its_day_is_kept_as_far_as_it_goes(text, part):
    read = read_date(text)
    assert read.part == part
    assert part is None or (read.on, read.problem) == (None, DateProblem.UNREADABLE)


def test_the_day_may_come_first_where_nothing_else_is_possible():
    assert read_date("15/11/1981").on == date(1981, 11, 15)
    assert read_date("11/15/1981").on == date(1981, 11, 15)
    assert read_date("11/11/1981").on == date(1981, 11, 11)
    assert read_date("5/11/1981").problem is DateProblem.UNREADABLE


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1985-02-30", DateProblem.IMPOSSIBLE), ("20120231", DateProblem.IMPOSSIBLE),
        ("1985年13月1日", DateProblem.IMPOSSIBLE), ("19850000", DateProblem.IMPOSSIBLE),
        ("1985", DateProblem.UNREADABLE), ("1985-03", DateProblem.UNREADABLE),
        ("198503", DateProblem.UNREADABLE), ("190312", DateProblem.UNREADABLE),
        ("850230", DateProblem.IMPOSSIBLE), ("早年", DateProblem.UNREADABLE),
        ("", DateProblem.MISSING), (None, DateProblem.MISSING), ("不详", DateProblem.MISSING),
    ],
)  # fmt: skip
def test_what_is_no_date_is_never_shifted_to_one(text, problem):
    read = read_date(text)
    assert (read.on, read.problem) == (None, problem)


def test_serial_numbers_count_the_leap_day_of_1900_that_never_was():
    assert read_date("43510").on == date(2019, 2, 14)
    assert read_date("16541").on == date(1945, 4, 14)


def test_two_digit_years_follow_the_pivot():
    assert read_date("19.3.8", century_pivot=19).on == date(2019, 3, 8)
    assert read_date("20.3.8", century_pivot=19).on == date(1920, 3, 8)


@pytest.mark.parametrize(
    ("text", "amount", "fixes", "reason"),
    [
        ("250", "250.00", (), None), ("250.00", "250.00", (), None), ("250.0", "250.00", (), None),
        ("250元", "250.00", (Fix.AMOUNT_UNIT,), None), ("￥250", "250.00", None, None),
        ("２５０", "250.00", (Fix.AMOUNT_FULL_WIDTH,), None),
        ("1,250.50", "1250.50", (Fix.AMOUNT_UNIT,), None),
        ("-250", "-250.00", (), Reason.AMOUNT_NEGATIVE),
        ("(250)", "-250.00", (), Reason.AMOUNT_NEGATIVE),
        ("－250", "-250.00", (Fix.AMOUNT_FULL_WIDTH,), Reason.AMOUNT_NEGATIVE),
        ("0", "0.00", (), None), ("0.00", "0.00", (), None),
        ("０", "0.00", (Fix.AMOUNT_FULL_WIDTH,), None),
        ("?250.00", "250.00", (Fix.AMOUNT_UNIT,), None),
        ("250.-", "250.00", (Fix.AMOUNT_UNIT,), None),
        ("已缴250元", "250.00", (Fix.AMOUNT_UNIT,), None),
        ("", None, (), None), (None, None, (), None), ("无", None, (), None),
        ("250.005", None, (), Reason.AMOUNT_UNREADABLE),
        ("免缴", "0.00", (Fix.AMOUNT_UNIT,), None), ("政府代缴", "0.00", None, None),
        ("贰佰伍拾元整", "250.00", (Fix.AMOUNT_UNIT,), None), ("二百五十元", "250.00", None, None),
        ("壹仟零伍元伍角", "1005.50", None, None), ("一万二千", "12000.00", None, None),
        ("二百五", None, (), Reason.AMOUNT_UNREADABLE),
        ("一二三", None, (), Reason.AMOUNT_UNREADABLE),
        ("未缴", None, (), Reason.AMOUNT_UNREADABLE), ("250.", "250.00", (), None),
        ("1e5", None, (), Reason.AMOUNT_UNREADABLE), ("NaN", None, (), None),
        ("9" * 17, None, (), Reason.AMOUNT_UNREADABLE),
    ],
)  # fmt: skip
def test_amounts_are_read_to_the_cent_or_not_at_all(text, amount, fixes, reason):
    read = read_amount(text)
    assert read.amount == (None if amount is None else Decimal(amount))
    assert read.reason is reason
    assert fixes is None or read.fixes == fixes


@pytest.mark.parametrize(
    ("text", "year", "fixes"),
    [
        ("2019", 2019, ()), ("2019.0", 2019, ()), ("2019年", 2019, (Fix.YEAR_FORM,)),
        ("2019年度", 2019, (Fix.YEAR_FORM,)), ("２０１９", 2019, (Fix.YEAR_FORM,)), ("", None, ()),
        ("二〇一九年", 2019, (Fix.YEAR_FORM,)), ("201901", 2019, (Fix.YEAR_FORM,)),
        ("2019-01-01", 2019, (Fix.YEAR_FORM,)), ("2019年1月", 2019, (Fix.YEAR_FORM,)),
        ("2019.01.01-2019.12.31", 2019, (Fix.YEAR_FORM,)),
    ],
)  # fmt: skip
def test_years_are_read_with_their_suffixes(text, year, fixes):
    assert read_year(text) == (year, fixes, None)


@pytest.mark.parametrize("text", ["19", "2119", "今年", "2018-11-03", "201812", "2019-2020"])
def test_what_is_no_year_is_named(text):
    assert read_year(text).reason is Reason.YEAR_UNREADABLE


@pytest.mark.parametrize(
    ("word", "code", "sex", "generation"),
    [
        ("户主", "02", None, 0), ("本人", "02", None, 0), ("01", "02", None, 0),
        ("妻子", "12", Sex.FEMALE, 0), ("之妻", "12", Sex.FEMALE, 0), ("配 偶", "10", None, 0),
        ("户主之子", "20", Sex.MALE, -1), ("儿媳妇", "38", Sex.FEMALE, -1),
        ("母", "52", Sex.FEMALE, 1), ("孙女", "42", Sex.FEMALE, -2), ("其他亲属", "80", None, None),
    ],
)  # fmt: skip
def test_relations_are_coded_with_sex_and_generation(word, code, sex, generation):
    assert relation_of(word) == (code, sex, generation)


@pytest.mark.parametrize(
    ("word", "code"),
    [("02-户主", "02"), ("户主(02)", "02"), ("20.儿子", "20"), ("（12）妻子", "12"), ("02", "02")],
)
def test_a_relation_may_have_its_code_beside_it(word, code):
    assert relation_of(word).code == code


def test_a_sex_or_ethnic_group_may_have_its_code_beside_it():
    men = ("1-男", "男(1)", "01.男", "（1）男性", "M/男", "“男”")
    assert {sex_of(word) for word in men} == {Sex.MALE}
    assert {sex_of(word) for word in ("2-女", "女（2）", "02女性")} == {Sex.FEMALE}
    assert sex_of("1-女") is None
    assert {ethnicity_of(word) for word in ("01-汉族", "汉(01)", "01汉族")} == {"01"}
    assert ethnicity_of("250") is None


def test_words_that_say_nothing_have_no_code():
    assert relation_of("甲") is None
    assert special_group_of("甲类") is None
    assert ethnicity_of("火星族") is None
    assert sex_of("0") is None


@pytest.mark.parametrize(
    ("word", "group"),
    [
        ("五保户", SpecialGroup.EXTREME_HARDSHIP), ("城乡低保对象", SpecialGroup.MINIMUM_LIVING),
        ("低保边缘家庭", SpecialGroup.NEAR_MINIMUM),
        ("建档立卡贫困户", SpecialGroup.REGISTERED_POOR),
        ("重度残疾", SpecialGroup.SEVERE_DISABILITY), ("残疾人", SpecialGroup.DISABILITY),
        ("优抚对象", SpecialGroup.PRIORITY_CARE), ("普通参合", SpecialGroup.ORDINARY),
        ("低保、残疾", SpecialGroup.MINIMUM_LIVING),
    ],
)  # fmt: skip
def test_special_groups_are_known_by_their_words(word, group):
    assert special_group_of(word) is group


def test_ethnic_groups_are_known_by_name_short_name_and_code():
    assert {ethnicity_of(word) for word in ("锡伯族", "锡伯", "38", "锡伯族 ")} == {"38"}
    assert {ethnicity_of(word) for word in ("汉", "汉族", "1", "01")} == {"01"}


def test_placeholders_and_newborns_are_told_from_values():
    assert is_placeholder("【无】")
    assert is_placeholder("待补")
    assert not is_placeholder("无名氏")
    assert names_newborn("新生儿，未落户")
    assert not names_newborn("新村")
