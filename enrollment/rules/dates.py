"""Reads dates in every form that rosters hold; a date that does not exist is never shifted."""

import re
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from enrollment.rules.words import QUOTES, is_placeholder

SERIAL_EPOCH = date(1899, 12, 30)
"""Day 0 of spreadsheet serials from 61 on: Excel counts a 29 February 1900 that never was."""
SERIAL_MINIMUM = 2100
SERIAL_MAXIMUM = 73050
"""Smaller serials read as years; the largest is the end of 2099."""

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_NUMERALS = dict(zip("〇零○Ｏ一二三四五六七八九", "0000123456789", strict=True))
# Midnight, here or in no zone; an instant of another zone may be another day.
_TIME = r"(?:[ T]*0?0:00(?::00(?:\.0+)?)?(?: ?\+08:?00)?)?"
_YEAR_FIRST = re.compile(
    r"([0-9]{4}) *([-/.。年—_、,，·]| (?=[0-9])) *([0-9]{1,2}) *[-/.。月—_、,，·]? *"
    r"(?<![0-9](?=[0-9]))([0-9]{1,2}) *[日号]?" + _TIME
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:000000)?(?:\.0+)?")
_SERIAL = re.compile(r"([0-9]{4,5})(?:\.0+)?")
_SHORT_YEAR = re.compile(r"([0-9]{2})[-/.。年]([0-9]{1,2})[-/.。月]([0-9]{1,2})日?")
_SHORT_COMPACT = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")
# 195503 is March 1955 rather than a day of 1919.
_YEAR_MONTH = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
# Nov 15 1981 12:00AM, as databases write days where nobody chose a form.
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAMES = {name: number for number, name in enumerate(_MONTHS, start=1)}
_NAMED_MONTH = re.compile(
    r"(?:([A-Za-z]{3,9})[ .]+([0-9]{1,2}),?|([0-9]{1,2})[ -]([A-Za-z]{3,9})[ -.,]?) *([0-9]{4})"
    r"(?: +(?:12:00(?::00(?:[:.]0+)?)? ?AM|0?0:00(?::00)?))?"
)
_PARTIAL = re.compile(r"([0-9]{4})(?: *[-/.年] *([0-9]{1,2}) *月?|([0-9]{2})|年)?")
_SIGNS = {
    "-": "DASH", "—": "DASH", "_": "DASH", "/": "SLASH", ".": "DOT", "·": "DOT", "年": "CHINESE",
    "。": "DOT", "、": "COMMA", ",": "COMMA", " ": "SPACE",
}  # fmt: skip
# Years of the Republic, as old registers count them: 民国34年 is 1945.
_MINGUO = re.compile(r"(?:中[华華])?民[国國](元|[0-9]{1,2})年")
# 1975年3月8日出生, 公历1975年3月8日, 1975年3月8日星期六
_BORN = re.compile(r"^(?:公历|阳历|公元)|(?:出?生|生日)$| *(?:星期|周)[一二三四五六日天]$")


class DateProblem(StrEnum):
    """Why a text gave no date."""

    MISSING = "MISSING"
    IMPOSSIBLE = "IMPOSSIBLE"
    UNREADABLE = "UNREADABLE"


class ReadDate(NamedTuple):
    """A date as read, the form it was written in, or why there is none.

    `part` is what a text without a day does tell: 1982 or 1982-05.
    """

    on: date | None
    form: str
    problem: DateProblem | None = None
    part: str | None = None


def _day(year: str | int, month: str | int, day: str | int, form: str) -> ReadDate:
    try:
        return ReadDate(date(int(year), int(month), int(day)), form)
    except ValueError:
        return ReadDate(None, form, DateProblem.IMPOSSIBLE)


def _part(year: str, month: str | None) -> ReadDate:
    if month is None:
        return ReadDate(None, "PARTIAL", DateProblem.UNREADABLE, year)
    if not 1 <= int(month) <= 12:
        return ReadDate(None, "PARTIAL", DateProblem.IMPOSSIBLE)
    return ReadDate(None, "PARTIAL", DateProblem.UNREADABLE, f"{year}-{int(month):02d}")


def _from_chinese_numerals(text: str) -> str:
    """Chinese numerals as digits: 一九八一年十一月二十日 becomes 1981年11月20日."""

    def number(match: re.Match[str]) -> str:
        word = match[0]
        if "十" not in word:
            return "".join(_NUMERALS.get(sign, sign) for sign in word)
        tens, _, units = word.partition("十")
        return _NUMERALS.get(tens, "1") + _NUMERALS.get(units, "0")

    return re.sub("[〇零○一二三四五六七八九十]+", number, text)


def _from_unusual(text: str, century_pivot: int) -> ReadDate:
    if match := _SHORT_YEAR.fullmatch(text):
        century = 1900 if int(match[1]) > century_pivot else 2000
        return _day(century + int(match[1]), match[2], match[3], "SHORT")
    if match := _YEAR_LAST.fullmatch(text):
        first, second = int(match[1]), int(match[2])
        if first > 12 >= second:
            return _day(match[3], second, first, "DAY_FIRST")
        if second > 12 >= first or first == second:
            return _day(match[3], first, second, "MONTH_FIRST")
        return ReadDate(None, "AMBIGUOUS", DateProblem.UNREADABLE)
    if match := _NAMED_MONTH.fullmatch(text):
        month = _MONTH_NAMES.get((match[1] or match[4])[:3].lower(), 0)
        return _day(match[5], month, match[2] or match[3], "NAMED")
    if (match := _SHORT_COMPACT.fullmatch(text)) and not _YEAR_MONTH.fullmatch(text):
        century = 1900 if int(match[1]) > century_pivot else 2000
        return _day(century + int(match[1]), match[2], match[3], "SHORT")
    if match := _PARTIAL.fullmatch(text):
        return _part(match[1], match[2] or match[3])
    return ReadDate(None, "OTHER", DateProblem.UNREADABLE)


def read_date(text: str | None, *, century_pivot: int = 30) -> ReadDate:
    """Date that the text stands for, in any form that leaves no doubt.

    Two-digit years above `century_pivot` belong to the twentieth century. 11/12/1981 could be two
    days and is unreadable; 1981-02-30 is impossible.
    """
    cleaned = (text or "").translate(_FULL_WIDTH).strip(" \t\r\n\u00a0" + QUOTES)
    cleaned = _BORN.sub("", cleaned)
    if not cleaned or is_placeholder(cleaned):
        return ReadDate(None, "NONE", DateProblem.MISSING)
    if match := _YEAR_FIRST.fullmatch(cleaned):
        return _day(match[1], match[3], match[4], _SIGNS[match[2]])
    if match := _COMPACT.fullmatch(cleaned):
        return _day(match[1], match[2], match[3], "COMPACT")
    if match := _SERIAL.fullmatch(cleaned):
        serial = int(match[1])
        if SERIAL_MINIMUM <= serial <= SERIAL_MAXIMUM:
            return ReadDate(SERIAL_EPOCH + timedelta(days=serial), "SERIAL")
    if "年" in cleaned and (digits := _from_chinese_numerals(cleaned)) != cleaned:
        read = read_date(digits, century_pivot=century_pivot)
        return read if read.part else read._replace(form="NUMERALS")
    if match := _MINGUO.match(cleaned):
        year = 1911 + (1 if match[1] == "元" else int(match[1]))
        read = read_date(f"{year}年{cleaned[match.end() :]}", century_pivot=century_pivot)
        return read if read.part else read._replace(form="MINGUO")
    return _from_unusual(cleaned, century_pivot)
