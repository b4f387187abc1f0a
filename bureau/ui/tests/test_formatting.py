"""Figures, dates and personal data as people read them, in both languages."""

import datetime
from decimal import Decimal

import pytest
from django.utils import formats, translation

from bureau.ui import formatting, masking, tables


def test_money_is_grouped_and_carries_its_unit_only_in_prose() -> None:
    assert formatting.money(Decimal("1234567.89")) == "1,234,567.89"
    assert formatting.money(Decimal("-0.50")) == "-0.50"
    with translation.override("zh-hans"):
        assert formatting.money_prose(Decimal("12")) == "12.00元"
    with translation.override("en"):
        assert formatting.money_prose(Decimal("12")) == "CNY 12.00"


def test_days_are_iso_in_tables_and_words_in_prose() -> None:
    day = datetime.date(2026, 11, 22)
    assert formatting.day(day) == "2026-11-22"
    with translation.override("zh-hans"):
        assert formatting.day_prose(day) == "2026年11月22日"
    with translation.override("en"):
        assert formatting.day_prose(day) == "22 Nov 2026"


def test_instants_are_told_in_the_bureaus_time() -> None:
    instant = datetime.datetime(2026, 11, 22, 20, 30, tzinfo=datetime.UTC)
    assert formatting.instant(instant) == "2026-11-23 04:30"
    assert formatting.day(instant) == "2026-11-23"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_django_groups_by_three_and_reads_our_dates(language: str) -> None:
    with translation.override(language):
        assert formats.number_format(1234567, use_l10n=True, force_grouping=True) == "1,234,567"
        assert "%Y年%m月%d日" in formats.get_format("DATE_INPUT_FORMATS")


@pytest.mark.parametrize(
    ("octets", "text"),
    [(999, "999 B"), (3400, "3.4 kB"), (12_000_000, "12.0 MB"), (2 * 10**9, "2.0 GB")],
)
def test_a_size_is_told_in_its_largest_unit(octets: int, text: str) -> None:
    assert formatting.size(octets) == text


@pytest.mark.parametrize(("ratio", "text"), [("0.1235", "12.4%"), ("1", "100.0%"), (None, "–")])
def test_a_share_has_one_decimal_rounded_half_up(ratio: str | None, text: str) -> None:
    assert formatting.percent(Decimal(ratio) if ratio else None) == text


@pytest.mark.parametrize(
    ("name", "masked"), [("王五", "王*"), ("欧阳明月", "欧**月"), ("王", "*"), ("", "–")]
)
def test_a_name_keeps_its_ends(name: str, masked: str) -> None:
    assert masking.masked_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("210283199001011234", "2102**********1234"),
        ("210283900101123", "21**********123"),
        ("13812345678", "13******678"),
        ("12345", "*****"),
        ("1", "*"),
        (None, "–"),
    ],
)
def test_a_number_shows_neither_place_nor_day(number: str | None, masked: str) -> None:
    assert masking.masked_number(number) == masked


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "＝1"])
def test_text_that_a_spreadsheet_would_calculate_is_disarmed(text: str) -> None:
    assert tables.formula_safe(text) == f"'{text}"


def test_a_negative_figure_in_a_file_stays_a_figure() -> None:
    assert tables.written(Decimal("-1.50")) == "-1.50"


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (200, "3 min 20 s"), (7260, "2 h 1 min"), (None, "–")]
)
def test_a_length_of_time_is_told_in_two_units(seconds: int | None, text: str) -> None:
    with translation.override("en"):
        assert formatting.duration(seconds) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "just now"), (1, "1 minute ago"), (120, "2 hours ago"), (60 * 24 * 3, "3 days ago")],
)
def test_an_age_is_told_in_one_unit(minutes: int, text: str) -> None:
    at = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    with translation.override("en"):
        assert formatting.age(at - datetime.timedelta(minutes=minutes), at) == text
