"""Trial balances: opening, turnover and closing per account, from the balances on record."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from bureau.core.money import ZERO
from fund.choices import Side
from fund.models import Account, Book, Period


@dataclass(frozen=True)
class BalanceRow:
    """One account of a trial balance; `opening` and `closing` are debit less credit."""

    account: Account
    opening: Decimal
    debit: Decimal
    credit: Decimal

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debit - self.credit

    def sides(self, balance: Decimal) -> tuple[Decimal, Decimal]:
        """A balance as it is printed: in the debit or the credit column.

        It stands on the account's usual side while it has that sign, else on the other one.
        """
        return (balance, ZERO) if balance >= 0 else (ZERO, -balance)

    @property
    def is_unusual(self) -> bool:
        """Whether the closing balance stands on the side where the account has none."""
        usual = self.closing if self.account.side == Side.DEBIT else -self.closing
        return usual < 0

    @property
    def is_empty(self) -> bool:
        return not (self.opening or self.debit or self.credit)


@dataclass(frozen=True)
class TrialBalance:
    """All accounts of a book over some months; parents hold the sums of their sub-accounts."""

    rows: list[BalanceRow]

    def sums(self) -> tuple[Decimal, Decimal, Decimal]:
        """Opening, debit and credit of all leaf accounts together."""
        leaves = [row for row in self.rows if row.account.is_leaf]
        return (
            sum((row.opening for row in leaves), ZERO),
            sum((row.debit for row in leaves), ZERO),
            sum((row.credit for row in leaves), ZERO),
        )

    @property
    def is_balanced(self) -> bool:
        opening, debit, credit = self.sums()
        return not opening and debit == credit


_BY_LEAF = """
    SELECT balance.account_id,
        coalesce(sum(balance.debit - balance.credit) FILTER (WHERE period.last_day < %(first)s), 0),
        coalesce(sum(balance.debit) FILTER (WHERE period.last_day >= %(first)s), 0),
        coalesce(sum(balance.credit) FILTER (WHERE period.last_day >= %(first)s), 0)
    FROM fund_balance balance JOIN fund_period period ON period.id = balance.period_id
    WHERE period.book_id = %(book)s AND period.last_day <= %(last)s
    GROUP BY balance.account_id
"""


def trial_balance(book: Book, first: Period, last: Period) -> TrialBalance:
    """The book's trial balance from the first to the last of these months."""
    accounts = list(Account.objects.filter(book=book).order_by("code"))
    with connection.cursor() as cursor:
        cursor.execute(_BY_LEAF, {"book": book.pk, "first": first.first_day, "last": last.last_day})
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    sums = {account.pk: [ZERO, ZERO, ZERO] for account in accounts}
    # From the longest numbers up: each account gives its sums to the one it is part of.
    for account in sorted(accounts, key=lambda one: -one.level):
        own = sums[account.pk]
        for place, amount in enumerate(found.get(account.pk, (ZERO, ZERO, ZERO))):
            own[place] += amount
        if account.parent_id is not None:
            above = sums[account.parent_id]
            for place, amount in enumerate(own):
                above[place] += amount
    return TrialBalance([BalanceRow(account, *sums[account.pk]) for account in accounts])
