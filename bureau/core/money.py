"""Amounts of money: exact, to the fen, rounded half up and only where a rule says so."""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

FEN = Decimal("0.01")
ZERO = Decimal("0.00")

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")


def rounded(amount: Decimal) -> Decimal:
    """The amount to the fen, half up: 0.005 becomes 0.01, and -0.005 becomes -0.01."""
    return amount.quantize(FEN, rounding=ROUND_HALF_UP)


def is_exact(amount: Decimal) -> bool:
    """Whether the amount is a whole number of fen."""
    return amount.is_finite() and amount == amount.quantize(FEN)


def exact(amount: Decimal) -> Decimal:
    """The amount with two decimals; raises ValueError if it has more."""
    if not is_exact(amount):
        raise ValueError(f"{amount} is not a whole number of fen")
    return amount.quantize(FEN)


def apportion(total: Decimal, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """Shares of the total by weight and largest remainder; they sum to the total, always.

    Of equal remainders the earlier share gets the fen. Raises ValueError when there is something to
    share out and no weight to share it by, or when a weight is negative.
    """
    total = exact(total)
    exact_weights = [Decimal(weight) for weight in weights]
    whole = sum(exact_weights, Decimal(0))
    if any(weight < 0 for weight in exact_weights):
        raise ValueError("a weight is negative")
    if whole == 0:
        if total:
            raise ValueError(f"nothing to share {total} out by")
        return [ZERO for _weight in exact_weights]
    fen = int(abs(total) / FEN)
    # Fractions: nothing is rounded before the remainders are compared.
    ideal = [Fraction(weight) * fen / Fraction(whole) for weight in exact_weights]
    shares = [math.floor(share) for share in ideal]
    by_remainder = sorted(range(len(shares)), key=lambda at: (shares[at] - ideal[at], at))
    for at in by_remainder[: fen - sum(shares)]:
        shares[at] += 1
    return [(-share if total < 0 else share) * FEN for share in shares]


def in_capitals(amount: Decimal) -> str:
    """The amount in Chinese capitals as vouchers and receipts carry it, e.g. 壹佰零伍元叁角整.

    Source: Rules for Basic Accounting Work (会计基础工作规范), article 52: capitals for figures, 整
    after yuan or jiao but not after fen, one 零 for zeros between figures.
    """
    amount = exact(amount)
    yuan, fen = divmod(int(abs(amount) / FEN), 100)
    if yuan >= 10**16:
        raise ValueError(f"{amount} is too large for capitals")
    if not yuan and not fen:
        return "零元整"
    text = "负" if amount < 0 else ""
    if yuan:
        text += f"{_yuan_in_capitals(yuan)}元"
    return text + _fen_in_capitals(fen, after_yuan=yuan)


def _fen_in_capitals(fen: int, *, after_yuan: int) -> str:
    jiao, rest = divmod(fen, 10)
    if not fen:
        return "整"
    # 零 stands for a zero between figures: at the end of the yuan before jiao, or at the jiao.
    zero_before = bool(after_yuan) and (not jiao or after_yuan % 10 == 0)
    text = "零" if zero_before else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    return text + (f"{_DIGITS[rest]}分" if rest else "整")


def _yuan_in_capitals(yuan: int) -> str:
    for unit, name in ((10**8, "亿"), (10**4, "万")):
        if yuan >= unit:
            high, low = divmod(yuan, unit)
            zero = "零" if 0 < low < unit // 10 else ""
            return _yuan_in_capitals(high) + name + zero + (_yuan_in_capitals(low) if low else "")
    return _group_in_capitals(yuan)


def _group_in_capitals(group: int) -> str:
    text = ""
    gap = False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if not digit:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return text


class LowerBound(Decimal):
    """An amount of which only a lower bound is known: it says so on pages, in prints and files."""


def bounded(amount: Decimal, *, is_bound: bool) -> Decimal:
    """The amount, marked as a lower bound where it is one; nothing is not "at least nothing"."""
    return LowerBound(amount) if is_bound and amount else amount


def total_of(values: Sequence[int | Decimal]) -> int | Decimal:
    """The sum; where one of the amounts is a lower bound, the sum is one too."""
    whole = sum(values)
    if isinstance(whole, Decimal):
        return bounded(whole, is_bound=any(isinstance(one, LowerBound) for one in values))
    return whole
