"""The lines of a voucher as somebody enters them, and what is wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Entry:
    """One line: an account, an amount on one side, a summary, and where the money came from."""

    account_id: int
    debit: Decimal
    credit: Decimal
    summary: str
    origin_area_id: int | None = None


@dataclass(frozen=True)
class Sums:
    """What the lines come to."""

    debit: Decimal
    credit: Decimal

    @property
    def difference(self) -> Decimal:
        """Debit less credit; zero when the lines balance."""
        return self.debit - self.credit


def sums_of(entries: Sequence[Entry]) -> Sums:
    """Debit and credit of all lines."""
    return Sums(
        sum((entry.debit for entry in entries), ZERO),
        sum((entry.credit for entry in entries), ZERO),
    )


def is_one_sided(entry: Entry) -> bool:
    """A line has an amount above zero on one side and none on the other."""
    return min(entry.debit, entry.credit) == 0 and max(entry.debit, entry.credit) > 0
