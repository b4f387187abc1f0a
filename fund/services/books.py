"""Opening a fund's books: its chart of accounts, its periods, and its posting rules as drafts."""

import calendar
import csv
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from bureau.core import audit
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.integrity import refusals
from bureau.core.models import Area
from fund.models import Account, Book, Fund, Period, PostingRule, PostingRuleLine

REFERENCE: Final = Path(__file__).resolve().parent.parent / "reference"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def open_fund(
    *,
    code: str,
    name: str,
    name_en: str = "",
    kind: str,
    area: Area,
    first_day: datetime.date,
    at: datetime.datetime,
    by: Actor,
) -> Book:
    """The fund has its book: accounts, the periods of its first year, posting rules as drafts.

    The opening balances belong to month 0, the day before the first. Raises DomainError when the
    fund is there already, or its first day is no first of a month.
    """
    if first_day.day != 1:
        raise DomainError("book_begins_with_a_month", _("A book begins on the first of a month."))
    with refusals(), transaction.atomic():
        fund = Fund.objects.create(code=code, name=name, name_en=name_en, kind=kind, area=area)
        book = Book.objects.create(fund=fund, opened_by=by.text, opened_at=at)
        _load_chart(book)
        before = first_day - datetime.timedelta(days=1)
        Period.objects.create(
            book=book, year=first_day.year, month=0, first_day=before, last_day=before
        )
        open_months(book, first_day.year, first=first_day.month)
        _load_rules(book, first_day, at=at)
        audit.record("book.opened", by=by, at=at, target=book, area=area, code=code)
    return book


def open_months(book: Book, year: int, *, first: int = 1) -> None:
    """The months of the year from `first` on are open, as far as they are not there yet."""
    known = set(Period.objects.filter(book=book, year=year).values_list("month", flat=True))
    Period.objects.bulk_create(
        Period(
            book=book,
            year=year,
            month=month,
            first_day=datetime.date(year, month, 1),
            last_day=datetime.date(year, month, calendar.monthrange(year, month)[1]),
        )
        for month in range(first, 13)
        if month not in known
    )


def _load_chart(book: Book) -> None:
    """The accounts of the reference that suit the kind of fund, parents before children."""
    by_code: dict[str, Account] = {}
    lines = [
        row
        for row in _rows("chart_of_accounts.csv")
        if not row["kinds"] or book.fund.kind in row["kinds"].split()
    ]
    for length in sorted({len(row["code"]) for row in lines}):
        made = []
        for row in (row for row in lines if len(row["code"]) == length):
            parent = next(
                (by_code[row["code"][:end]] for end in range(length - 1, 0, -1)
                 if row["code"][:end] in by_code),
                None,
            )  # fmt: skip
            made.append(
                Account(
                    book=book,
                    code=row["code"],
                    name=row["name"],
                    name_en=row["name_en"],
                    parent=parent,
                    level=parent.level + 1 if parent else 1,
                    account_class=row["account_class"],
                    side=row["side"],
                    certainty=row["certainty"],
                    source=row["source"],
                )
            )
        Account.objects.bulk_create(made)
        by_code |= {account.code: account for account in made}


def _load_rules(book: Book, first_day: datetime.date, *, at: datetime.datetime) -> None:
    """The posting rules of the reference whose accounts the book has, as drafts."""
    accounts = dict(Account.objects.filter(book=book, is_leaf=True).values_list("code", "pk"))
    by_event: dict[str, list[dict[str, str]]] = {}
    for row in _rows("posting_rules.csv"):
        if row["debit"] in accounts and row["credit"] in accounts:
            by_event.setdefault(row["event"], []).append(row)
    rules = {
        event: PostingRule(
            book=book,
            event=event,
            title=rows[0]["title"],
            title_en=rows[0]["title_en"],
            period=DateRange(first_day, None),
            source=rows[0]["source"],
            certainty=rows[0]["certainty"],
            made_by="job:open_fund",
            made_at=at,
        )
        for event, rows in by_event.items()
    }
    PostingRule.objects.bulk_create(rules.values())
    PostingRuleLine.objects.bulk_create(
        PostingRuleLine(
            rule=rules[event],
            place=2 * number + place,
            part=row["part"],
            side=side,
            book=book,
            account_id=accounts[row[side.lower()]],
        )
        for event, rows in by_event.items()
        for number, row in enumerate(rows)
        for place, side in ((1, "DEBIT"), (2, "CREDIT"))
    )
