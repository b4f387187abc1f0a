"""The books as plain Python: what a state machine holds the real ones against."""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

Line = tuple[str, Decimal, Decimal]


@dataclass
class PlainVoucher:
    """A voucher as anybody would write it on paper."""

    on: datetime.date
    lines: list[Line]
    state: str = "DRAFT"
    workers: set[str] = field(default_factory=set)
    number: int | None = None
    reverses: int | None = None

    @property
    def is_balanced(self) -> bool:
        debit = sum(line[1] for line in self.lines)
        return len(self.lines) >= 2 and debit == sum(line[2] for line in self.lines)


@dataclass
class PlainBooks:
    """Vouchers by their key, months that are closed, events that were posted."""

    vouchers: dict[int, PlainVoucher] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    closed: set[int] = field(default_factory=set)
    events: dict[str, tuple[datetime.date, Decimal]] = field(default_factory=dict)
    balances: dict[tuple[int, str], list[Decimal]] = field(
        default_factory=lambda: defaultdict(lambda: [Decimal(0), Decimal(0)])
    )

    def post(self, voucher: PlainVoucher) -> int:
        """The next number of the month, and the lines in its balances."""
        month = voucher.on.month
        self.numbers[month] += 1
        voucher.number, voucher.state = self.numbers[month], "POSTED"
        for account, debit, credit in voucher.lines:
            self.balances[month, account][0] += debit
            self.balances[month, account][1] += credit
        return self.numbers[month]

    def is_left(self, month: int) -> bool:
        """Whether a voucher of the month is not posted yet."""
        return any(
            one.on.month == month and one.state != "POSTED" for one in self.vouchers.values()
        )
