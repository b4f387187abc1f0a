"""Reads amounts of money and years as rosters write them."""

import re
from decimal import Decimal
from typing import NamedTuple

from enrollment.choices import Fix, Reason
from enrollment.rules.words import QUOTES, is_exemption, is_placeholder

LARGEST_AMOUNT = Decimal("9999999999999999.99")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20,
    0x2212: 0x2D,
    0xFFE5: 0xA5,
    0x2014: 0x2D,
}
_AMOUNT = re.compile(r"[+-]?[0-9]{1,16}(?:\.[0-9]*)?|[+-]?\.[0-9]+")
# A leading mark of a lost character was a currency sign: files in GBK cannot hold every one.
_UNITS = re.compile(
    r"^[已实应]?[缴交]费?[:：]?|人民[币幣][:：]?|rmb|cny|[¥￥$]|^[?\ufffd□](?=[0-9])|[元圆块][整正]?|整$"
    r"|/人|/年|每人|[,，\s]|(?<=[0-9])\.?-+$",
    re.IGNORECASE,
)
_CAPITALS = str.maketrans(
    "零壹贰貳叁參肆伍陆陸柒捌玖拾佰仟萬两", "零一二二三三四五六六七八九十百千万二"
)
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0}
_NUMERALS = set("零〇一二三四五六七八九十百千万两壹贰貳叁參肆伍陆陸柒捌玖拾佰仟萬角分")
_SPOKEN = re.compile(
    "(?P<whole>[零〇一二三四五六七八九十百千万]*?)"
    "(?:(?P<tenth>[零〇一二三四五六七八九])角)?零?(?:(?P<hundredth>[零〇一二三四五六七八九])分)?"
)
_YEAR = re.compile(r"(19[0-9]{2}|20[0-9]{2})(?:\.0+)?")
_YEAR_NUMERALS = dict(zip(map(ord, "〇零○一二三四五六七八九"), "000123456789", strict=True))
# 201901, 2019-01-01, 2019.1-2019.12: a period that begins with a year and stays in it.
_PERIOD = re.compile(
    r"(20[0-9]{2}) ?[-./年]? ?0?1(?:月|[-./月] ?0?1日?|01)?"
    r"(?: ?[-—~～至到]+ ?(?:\1 ?[-./年]? ?)?12(?:月|[-./月] ?31日?|31)?)?"
)


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

    Words that say that nothing is due, such as 免缴, give 0. More than two decimals other than
    zeroes are unreadable rather than rounded.
    """
    raw = (text or "").strip(" \t\r\n\u00a0" + QUOTES)
    plain = raw.translate(_FULL_WIDTH)
    if not raw or (is_placeholder(raw) and plain.strip("0")):
        return AmountReading(None, (), None)
    if is_exemption(raw):
        return AmountReading(Decimal("0.00"), (Fix.AMOUNT_UNIT,), None)
    fixes = []
    if plain != raw:
        fixes.append(Fix.AMOUNT_FULL_WIDTH)
    bare = _UNITS.sub("", plain)
    if bare and not set(bare) - _NUMERALS:
        bare = amount_in_words(bare) or bare
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


def amount_in_words(words: str) -> str | None:
    """The amount that numerals name, in digits: 贰佰伍拾 is 250, 二百五十元五角 is 250.5.

    None where the numerals do not follow each other as a number is spoken.
    """
    match = _SPOKEN.fullmatch(words.translate(_CAPITALS))
    if not match:
        return None
    whole, tenth, hundredth = (match[name] for name in ("whole", "tenth", "hundredth"))
    cents = _DIGITS.get(tenth or "", 0) * 10 + _DIGITS.get(hundredth or "", 0)
    units = _spoken_number(whole or "零")
    return None if units is None else f"{units}.{cents:02d}".removesuffix(".00")


def _spoken_number(words: str) -> int | None:
    above, _, below = words.rpartition("万")
    total, limit = 0, 100_000
    if above:
        ten_thousands = _spoken_number(above)
        if ten_thousands is None:
            return None
        total, limit = ten_thousands * 10_000, 10_000
    zero = False
    for digit, unit in re.findall("([零〇一二三四五六七八九]?)([千百十]?)", below)[:-1]:
        if digit in {"零", "〇"} and not unit:
            zero = True
            continue
        size = {"千": 1000, "百": 100, "十": 10, "": 1}[unit]
        # 二百五 is 250 to some and 205 to others.
        unclear = not unit and 10 < limit < 100_000 and not zero
        if size >= limit or unclear or (not digit and unit != "十"):
            return None
        total, limit = total + _DIGITS.get(digit, 1) * size, size
    return total


def read_year(text: str | None) -> YearReading:
    """Year that the text stands for, also written as 2019年, 2019年度 or 二〇一九年.

    A month or period stands for its year where it begins with January; another day is when
    something happened, and not the year of the roster.
    """
    raw = (text or "").strip(" \t\r\n\u00a0" + QUOTES)
    if not raw or is_placeholder(raw):
        return YearReading(None, (), None)
    plain = raw.translate(_FULL_WIDTH).translate(_YEAR_NUMERALS)
    bare = re.sub(r"(?:年度?|[参缴][合保费]年度)$", "", plain).strip()
    fixes = (Fix.YEAR_FORM,) if bare != raw else ()
    match = _YEAR.fullmatch(bare)
    if not match and (match := _PERIOD.fullmatch(bare)):
        fixes = (Fix.YEAR_FORM,)
    if not match:
        return YearReading(None, fixes, Reason.YEAR_UNREADABLE)
    return YearReading(int(match[1]), fixes, None)
