"""What people type is read, or refused with a sentence that says how to write it."""

import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from bureau.ui import formatting
from bureau.ui.forms import WholeNumberField, read_day, read_money


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1,234.50", "1234.50"),
        ("１，２３４．５０", "1234.50"),
        ("¥80", "80.00"),
        ("￥ 80.5", "80.50"),
        ("120元", "120.00"),
        (" 1 200 ", "1200.00"),
        ("-3.20", "-3.20"),
        ("9999999999999999.99", "9999999999999999.99"),
    ],
)
def test_an_amount_is_read(typed: str, amount: str) -> None:
    assert read_money(typed) == Decimal(amount)


@pytest.mark.parametrize(
    "typed",
    ["1.234,50", "1,23", "12.345", "12,34.50", "abc", "1e5", "NaN", "--1", "99999999999999999.99"],
)
def test_a_doubtful_amount_is_refused_with_its_text(typed: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_money(typed)
    assert typed in refused.value.messages[0]


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_a_written_amount_reads_back_as_itself(amount: Decimal) -> None:
    assert read_money(formatting.money(amount)) == amount


@pytest.mark.parametrize(
    "typed",
    ["2016-9-5", "2016/9/5", "2016.09.05", "2016年9月5日", "20160905", "２０１６年９月５日"],
)
def test_a_date_is_read_in_every_usual_form(typed: str) -> None:
    assert read_day(typed) == datetime.date(2016, 9, 5)


@pytest.mark.parametrize(
    ("typed", "code"),
    [("2015-02-29", "no_such_day"), ("5/9/2016", "not_a_date"), ("2016-9", "not_a_date")],
)
def test_a_day_that_is_none_is_refused(typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_day(typed)
    assert refused.value.code == code
    assert typed in refused.value.messages[0]


@pytest.mark.parametrize(("typed", "number"), [("1,200", 1200), ("０", 0), ("", None)])
def test_a_whole_number_is_read(typed: str, number: int | None) -> None:
    assert WholeNumberField(required=False).clean(typed) == number


@pytest.mark.parametrize("typed", ["-1", "1.5", "x"])
def test_what_is_no_whole_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        WholeNumberField().clean(typed)
