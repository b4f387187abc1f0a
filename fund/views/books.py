"""Books of the funds: the list, one book with its trial balance, and the ledger of an account."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bureau.core import clock
from bureau.core.money import ZERO
from bureau.ui import formatting
from bureau.ui.paging import Sort
from bureau.ui.statuses import status_of
from bureau.ui.tables import Column
from bureau.ui.views import DetailPage, ListPage, Section
from bureau.ui.views.lists import Empty
from bureau.ui.views.pages import Crumb
from fund.choices import AccountClass, FundKind, PeriodState, RuleState
from fund.forms import LedgerQuery
from fund.models import Account, Book, Period, VoucherLine
from fund.selectors import balances
from fund.selectors import books as selectors

PARENTS = ((gettext_lazy("Books"), "fund:book-list"),)
DEBIT = pgettext_lazy("side of an account", "Debit")
CREDIT = pgettext_lazy("side of an account", "Credit")


class BookList(ListPage):
    """Books of the reader's areas."""

    title = gettext_lazy("Books")
    lead = gettext_lazy("Each fund has one set of books; their money is never mixed.")
    list_id = "fund.books"
    columns = (
        Column(
            "name",
            gettext_lazy("Fund"),
            value=str,
            sort="fund__name",
            link=lambda row: reverse("fund:book-detail", args=[row.pk]),
        ),
        Column("code", gettext_lazy("Code"), value="fund.code", kind="code", sort="fund__code"),
        Column("kind", gettext_lazy("Kind of fund"), value=lambda row: kind_of(row)),
        Column("area", gettext_lazy("Area"), value="fund.area"),
        Column("opened", gettext_lazy("Opened"), value="opened_at", kind="day", sort="opened_at"),
    )

    def rows(self) -> QuerySet[Book]:
        return selectors.books_in(self.scope)

    def empty(self) -> Empty:
        return Empty(
            _("No fund of your areas has books yet"),
            _("The operator opens them with the command “manage open_fund”."),
        )


def kind_of(book: Book) -> str:
    return str(FundKind(book.fund.kind).label)


class BookDetail(DetailPage):
    """One book: its trial balance over months, its chart, its posting rules, its periods."""

    template_name = "fund/book_detail.html"
    parents = PARENTS
    sections = (
        Section("balance", gettext_lazy("Trial balance"), "fund/_trial_balance.html", "balance"),
        Section("accounts", gettext_lazy("Chart of accounts"), "fund/_accounts.html", "accounts"),
        Section("rules", gettext_lazy("Posting rules"), "fund/_rules.html", "rules"),
        Section("periods", gettext_lazy("Accounting periods"), "fund/_periods.html", "periods"),
    )

    def load(self) -> Book:
        return selectors.book_in(self.scope, self.kwargs["pk"])

    def summary(self) -> list[tuple[Any, Any]]:
        book: Book = self.record
        return [
            (_("Code"), book.fund.code),
            (_("Kind of fund"), kind_of(book)),
            (_("Area"), book.fund.area),
            (_("Opened"), formatting.day(book.opened_at)),
        ]

    @cached_property
    def months(self) -> list[Period]:
        """Months without the one of the opening balances."""
        return [one for one in selectors.periods_of(self.record) if one.month]

    def _month(self, name: str, default: Period) -> Period:
        asked = self.request.GET.get(name, "")
        return next((one for one in self.months if str(one) == asked), default)

    def balance(self) -> dict[str, Any]:
        today = clock.today()
        current = next(
            (one for one in self.months if one.first_day <= today <= one.last_day),
            self.months[-1],
        )
        last = self._month("to", current)
        year = next(one for one in self.months if one.year == last.year)
        first = self._month("from", year)
        if first.first_day > last.first_day:
            first = last
        found = balances.trial_balance(self.record, first, last)
        return {
            "months": [str(one) for one in self.months],
            "first": str(first),
            "last": str(last),
            "lines": [balance_line(row, first, last) for row in found.rows if not row.is_empty],
            "sums": sums_of(found),
            "is_balanced": found.is_balanced,
        }

    def accounts(self) -> dict[str, Any]:
        rows = Account.objects.filter(book=self.record).order_by("code")
        return {
            "accounts": [
                {
                    "code": one.code,
                    "name": str(one).partition(" ")[2],
                    "level": one.level,
                    "class": AccountClass(one.account_class).label,
                    "side": one.get_side_display(),
                    "is_leaf": one.is_leaf,
                    "source": one.source,
                    "certainty": one.get_certainty_display(),
                    "url": reverse("fund:ledger", args=[self.record.pk, one.pk]),
                }
                for one in rows
            ]
        }

    def rules(self) -> dict[str, Any]:
        english = formatting.is_english()
        return {
            "rules": [
                {
                    "event": one.event,
                    "title": one.title_en if english and one.title_en else one.title,
                    "since": formatting.day(one.period.lower),
                    "status": status_of(RuleState, one.state),
                    "source": one.source,
                    "certainty": one.get_certainty_display(),
                    "approved_by": one.approved_by or formatting.ABSENT,
                    "lines": [
                        f"{line.get_side_display()} {line.account}" for line in one.lines.all()
                    ],
                }
                for one in selectors.rules_of(self.record)
            ]
        }

    def periods(self) -> dict[str, Any]:
        return {
            "periods": [
                {
                    "name": str(one),
                    "days": f"{one.first_day} – {one.last_day}",
                    "vouchers": formatting.number(one.last_number),
                    "status": status_of(PeriodState, one.state),
                    "closed_at": formatting.instant(one.closed_at),
                }
                for one in selectors.periods_of(self.record)
            ]
        }


def balance_line(row: balances.BalanceRow, first: Period, last: Period) -> dict[str, Any]:
    """One account of a trial balance as it is drawn, leading to its ledger of these months."""
    days = f"?since={first.first_day}&until={last.last_day}"
    return {
        "code": row.account.code,
        "name": str(row.account).partition(" ")[2],
        "level": row.account.level,
        "url": reverse("fund:ledger", args=[row.account.book_id, row.account.pk]) + days,
        "amounts": [
            formatting.money(amount) if amount else ""
            for amount in (
                *row.sides(row.opening), row.debit, row.credit, *row.sides(row.closing)
            )
        ],
        "is_unusual": row.is_unusual,
    }  # fmt: skip


def sums_of(found: balances.TrialBalance) -> list[str]:
    """The last line of a trial balance: both sides of opening, turnover and closing."""
    leaves = [row for row in found.rows if row.account.is_leaf]
    columns = [
        (*row.sides(row.opening), row.debit, row.credit, *row.sides(row.closing)) for row in leaves
    ]
    return [formatting.money(sum(amounts, ZERO)) for amounts in zip(*columns, strict=True)]


class Ledger(ListPage):
    """Posted lines of one account and its sub-accounts, the newest first."""

    list_id = "fund.ledger"
    query_class = LedgerQuery
    columns = (
        Column(
            "voucher",
            gettext_lazy("Voucher"),
            value=lambda row: str(row.voucher),
            kind="code",
            link=lambda row: reverse("fund:voucher-detail", args=[row.voucher_id]),
        ),
        Column(
            "on", gettext_lazy("Date"), value="voucher.voucher_on", kind="day",
            sort=Sort("voucher__voucher_on", descending_first=True),
        ),
        Column("account", gettext_lazy("Account"), value=lambda row: str(row.account)),
        Column("summary", gettext_lazy("Summary")),
        Column("debit", DEBIT, value=lambda row: row.debit or None, kind="money", sort="debit"),
        Column("credit", CREDIT, value=lambda row: row.credit or None, kind="money", sort="credit"),
        Column("origin", gettext_lazy("Area of origin"), value="origin_area", shown=False),
    )  # fmt: skip

    @cached_property
    def account(self) -> Account:
        book = selectors.book_in(self.scope, self.kwargs["pk"])
        return selectors.account_of(book, self.kwargs["account"])

    def page_title(self) -> str:
        return str(self.account)

    def breadcrumbs(self) -> list[Crumb]:
        book = self.account.book
        own = (str(book), reverse("fund:book-detail", args=[book.pk]))
        return [(_("Home"), reverse("portal:home")), (_("Books"), reverse("fund:book-list")), own]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _fetched = self.account
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # An account outside the scope does not exist, whatever is sent to its address.
        _fetched = self.account
        return super().post(request, *args, **kwargs)

    def rows(self) -> QuerySet[VoucherLine]:
        return selectors.posted_lines(self.account)

    def narrow(self, rows: QuerySet[VoucherLine], values: dict[str, Any]) -> QuerySet[VoucherLine]:
        return within_days(rows, values, "voucher__voucher_on")


def within_days(rows: QuerySet[Any], values: dict[str, Any], path: str) -> QuerySet[Any]:
    """Only rows from the first to the last day asked for."""
    since: datetime.date | None = values.get("since")
    until: datetime.date | None = values.get("until")
    if since:
        rows = rows.filter(**{f"{path}__gte": since})
    if until:
        rows = rows.filter(**{f"{path}__lte": until})
    return rows
