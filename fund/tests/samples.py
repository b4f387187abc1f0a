"""Books and vouchers behind their routes, for the tests of access."""

from typing import Any

from bureau.core import clock
from bureau.core.actors import Actor
from bureau.core.models import Area, Staff
from bureau.core.tests.factories import staff
from bureau.testing.access import sample
from fund.models import Account, Book, Voucher
from fund.services import books, vouchers
from fund.tests.books import DAY, FIRST_DAY, credit, debit


def book_of(place: Area) -> Book:
    """The rural fund's book of the place, made once per test."""
    found = Book.objects.filter(fund__area=place).first()
    return found or books.open_fund(
        code=f"NCMS-{place.code}",
        name=f"{place.name}新型农村合作医疗基金",
        kind="NCMS",
        area=place,
        first_day=FIRST_DAY,
        at=clock.now(),
        by=Actor.for_job("test"),
    )


def maker() -> Staff:
    return Staff.objects.filter(username="books-maker").first() or staff(
        "books-maker", password=None
    )


def draft_of(place: Area) -> Voucher:
    """A draft that balances, in the book of the place."""
    book = book_of(place)
    accounts = {one.code: one for one in Account.objects.filter(book=book)}
    entries = [debit(accounts["1003"], 100), credit(accounts["400101"], 100)]
    return vouchers.draft(
        book, on=DAY, summary="收到个人缴费", entries=entries, at=clock.now(), by=maker()
    )


@sample("fund:book-detail", "fund:voucher-create")
def book(place: Area) -> dict[str, Any]:
    return {"pk": book_of(place).pk}


@sample("fund:ledger")
def ledger(place: Area) -> dict[str, Any]:
    made = book_of(place)
    return {"pk": made.pk, "account": Account.objects.get(book=made, code="1003").pk}


@sample(
    "fund:voucher-detail", "fund:voucher-change", "fund:voucher-submit", "fund:voucher-discard",
    "fund:voucher-reverse",
)  # fmt: skip
def voucher(place: Area) -> dict[str, Any]:
    return {"pk": draft_of(place).pk}
