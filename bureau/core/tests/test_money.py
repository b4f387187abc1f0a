"""Amounts: rounding, sharing out, capitals, and the field that refuses a third decimal."""

from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from bureau.core import money
from bureau.core.fields import MoneyField

fen = st.integers(-(10**13), 10**13).map(lambda n: D(n) / 100)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("0.004", "0.00"), ("0.005", "0.01"), ("-0.005", "-0.01"), ("2.675", "2.68"), ("1", "1.00")],
)
def test_half_a_fen_goes_up(amount, expected):
    assert str(money.rounded(D(amount))) == expected


@given(fen, weights)
def test_shares_sum_to_the_total_and_lie_within_a_fen_of_the_ideal(total, by):
    shares = money.apportion(total, by)
    assert sum(shares) == total
    for share, weight in zip(shares, by, strict=True):
        assert abs(share - total * weight / sum(by)) < money.FEN
        assert share == 0 or (share > 0) == (total > 0)


@given(fen, weights)
def test_a_refund_is_shared_like_the_payment(total, by):
    assert money.apportion(-total, by) == [-share for share in money.apportion(total, by)]


def test_the_largest_remainder_gets_the_fen():
    assert money.apportion(D("1.00"), [1, 1, 1]) == [D("0.34"), D("0.33"), D("0.33")]
    assert money.apportion(D("0.01"), [1, 2]) == [D("0.00"), D("0.01")]
    assert money.apportion(D("0"), [0, 0]) == [D("0.00"), D("0.00")]


@pytest.mark.parametrize(("total", "by"), [("1", [0]), ("1", [2, -1]), ("1.005", [1])])
def test_what_cannot_be_shared_is_refused(total, by):
    with pytest.raises(ValueError, match=r"nothing to share|negative|whole number"):
        money.apportion(D(total), by)


@pytest.mark.parametrize(
    ("amount", "capitals"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.30", "叁角整"),
        ("101.50", "壹佰零壹元伍角整"),
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("10", "壹拾元整"),
        ("10001", "壹万零壹元整"),
        ("100000000", "壹亿元整"),
        ("100500000", "壹亿零伍拾万元整"),
        ("120000000.00", "壹亿贰仟万元整"),
        ("1234567890123.45", "壹万贰仟叁佰肆拾伍亿陆仟柒佰捌拾玖万零壹佰贰拾叁元肆角伍分"),
        ("-20.00", "负贰拾元整"),
    ],
)
def test_capitals_follow_article_52(amount, capitals):
    assert money.in_capitals(D(amount)) == capitals


def test_the_field_refuses_what_would_be_rounded():
    field = MoneyField()
    assert (field.max_digits, field.decimal_places) == (18, 2)
    assert field.to_python("12.30") == D("12.30")
    with pytest.raises(ValidationError):
        field.to_python(D("0.005"))
    with pytest.raises(TypeError):
        field.to_python(0.1)
