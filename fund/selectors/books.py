"""Books, accounts and vouchers as pages ask for them, within a scope."""

from django.db.models import QuerySet
from django.http import Http404

from bureau.core.actors import Scope
from fund.choices import VoucherState
from fund.models import Account, Book, Period, PostingRule, Voucher, VoucherLine


def books_in(scope: Scope) -> QuerySet[Book]:
    """Books of funds whose area lies in the scope."""
    return scope.filter(Book.objects.select_related("fund__area"), "fund__area__path")


def book_in(scope: Scope, pk: int) -> Book:
    """The book if the scope holds it; Http404 otherwise."""
    found = books_in(scope).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def vouchers_in(scope: Scope) -> QuerySet[Voucher]:
    """Vouchers of the books that lie in the scope."""
    books = books_in(scope).order_by().values_list("pk", flat=True)
    rows = Voucher.objects.filter(book__in=list(books))
    return rows.select_related("book__fund__area", "period", "maker", "checker")


def voucher_in(scope: Scope, pk: int) -> Voucher:
    """The voucher if the scope holds its book; Http404 otherwise."""
    found = vouchers_in(scope).select_related("reverses__period").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def reversal_of(voucher: Voucher) -> Voucher | None:
    """The voucher in red that reverses this one, or waits for it."""
    return Voucher.objects.select_related("period").filter(reverses=voucher).first()


def lines_of(voucher: Voucher) -> list[VoucherLine]:
    """The voucher's lines with their accounts, in their order."""
    rows = VoucherLine.objects.filter(voucher=voucher).order_by("line_no")
    return list(rows.select_related("account__parent", "origin_area"))


def leaf_accounts(book: Book) -> list[Account]:
    """The accounts that take lines, by number."""
    return list(Account.objects.filter(book=book, is_leaf=True).order_by("code"))


def account_of(book: Book, pk: int) -> Account:
    """The account if it is of the book; Http404 otherwise."""
    found = Account.objects.filter(book=book, pk=pk).first()
    if found is None:
        raise Http404
    return found


def posted_lines(account: Account) -> QuerySet[VoucherLine]:
    """Posted lines of an account and its sub-accounts."""
    accounts = Account.objects.filter(book=account.book_id, code__startswith=account.code)
    rows = VoucherLine.objects.filter(
        account__in=list(accounts.values_list("pk", flat=True)),
        voucher__state=VoucherState.POSTED,
    )
    return rows.select_related("voucher__period", "account", "origin_area")


def periods_of(book: Book) -> list[Period]:
    """The book's periods in their order."""
    return list(Period.objects.filter(book=book).order_by("first_day", "month"))


def rules_of(book: Book) -> QuerySet[PostingRule]:
    """The book's posting rules with their lines."""
    rules = PostingRule.objects.filter(book=book).order_by("event", "period")
    return rules.select_related("approved_by").prefetch_related("lines__account")
