"""Reads amounts of money and years as rosters write them."""

import re
from decimal import Decimal
from typing import NamedTuple

from enrollment.choices import Fix, Reason
from enrollment.rules.words import is_placeholder

LARGEST_AMOUNT = Decimal("9999999999999999.99")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20,
    0x2212: 0x2D,
    0xFFE5: 0xA5,
    0x2014: 0x2D,
}
_AMOUNT = re.compile(r"[+-]?[0-9]{1,16}(?:\.[0-9]*)?|[+-]?\.[0-9]+")
_YEAR = re.compile(r"(19[0-9]{2}|20[0-9]{2})(?:\.0+)?")


class AmountReading(NamedTuple):
    """Amount in yuan with two decimals, what was repaired, what is wrong."""

    amount: Decimal | None
    fixes: tuple[Fix, ...]
    reason: Reason | None


class YearReading(NamedTuple):
    """Calendar year, what was repaired, what is wrong."""

    year: int | None
    fixes: tuple[Fix, ...]
    reason: Reason | None


def read_amount(text: str | None) -> AmountReading:
    """Amount that the text stands for; empty and 无 give no amount and no reason.

    More than two decimals other than zeroes are unreadable rather than rounded.
    """
    raw = (text or "").strip(" \t\r\n\u00a0'\"`")
    plain = raw.translate(_FULL_WIDTH)
    if not raw or (is_placeholder(raw) and plain.strip("0")):
        return AmountReading(None, (), None)
    fixes = []
    if plain != raw:
        fixes.append(Fix.AMOUNT_FULL_WIDTH)
    # A leading mark of a lost character was a currency sign: files in GBK cannot hold every one.
    bare = re.sub(
        r"^[已实应]?[缴交]费?[:：]?|人民币|rmb|cny|[¥￥$]|^[?\ufffd□](?=[0-9])|元整?|圆整?|块|/人|/年|[,，\s]|(?<=[0-9])\.?-+$",
        "",
        plain,
        flags=re.IGNORECASE,
    )
    if bare != plain:
        fixes.append(Fix.AMOUNT_UNIT)
    if re.fullmatch(r"\([0-9.]+\)", bare):
        bare = "-" + bare[1:-1]
    if not _AMOUNT.fullmatch(bare):
        return AmountReading(None, tuple(fixes), Reason.AMOUNT_UNREADABLE)
    amount = Decimal(bare)
    rounded = amount.quantize(Decimal("0.01"))
    if rounded != amount or abs(rounded) > LARGEST_AMOUNT:
        return AmountReading(None, tuple(fixes), Reason.AMOUNT_UNREADABLE)
    reason = Reason.AMOUNT_NEGATIVE if rounded < 0 else None
    return AmountReading(rounded, tuple(fixes), reason)


def read_year(text: str | None) -> YearReading:
    """Year that the text stands for, also written as 2019年 or 2019年度."""
    raw = (text or "").strip(" \t\r\n\u00a0'\"`")
    if not raw or is_placeholder(raw):
        return YearReading(None, (), None)
    bare = re.sub(r"年度?$", "", raw.translate(_FULL_WIDTH)).strip()
    fixes = (Fix.YEAR_FORM,) if bare != raw else ()
    match = _YEAR.fullmatch(bare)
    if not match:
        return YearReading(None, fixes, Reason.YEAR_UNREADABLE)
    return YearReading(int(match[1]), fixes, None)
