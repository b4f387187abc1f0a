"""Models of the fund: books, accounts, periods, vouchers, and where each event goes."""

from fund.models import constraints  # noqa: F401 (registers sentences)
from fund.models.books import Account, Balance, Book, Fund, Period
from fund.models.rules import PostingRule, PostingRuleLine
from fund.models.vouchers import Posting, Voucher, VoucherLine

__all__ = [
    "Account",
    "Balance",
    "Book",
    "Fund",
    "Period",
    "Posting",
    "PostingRule",
    "PostingRuleLine",
    "Voucher",
    "VoucherLine",
]
