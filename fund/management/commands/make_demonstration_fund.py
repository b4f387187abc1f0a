"""Command: the demonstration city's resident fund has its books, opened and kept by two people."""

import datetime
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bureau.core import approvals, clock
from bureau.core.actors import Actor
from bureau.core.choices import AreaLevel, Role
from bureau.core.models import ApprovalRequest, Area, Staff
from bureau.core.money import ZERO
from fund.choices import FundKind, VoucherKind
from fund.models import Account, Book, Fund, PostingRule, Voucher
from fund.rules.entries import Entry
from fund.services import books, posting, posting_rules, vouchers
from fund.services.posting import Event

CODE: Final = "RESIDENT-210200"
FIRST_DAY: Final = datetime.date(2020, 1, 1)
#: Event, number, day, parts, summary: the first weeks of the unified fund, invented.
EVENTS: Final = (
    ("treasury.received", "2020-01", (1, 15), {"personal": "3412500.00"}, "一月个人缴费入库"),
    ("treasury.transferred", "2020-01", (1, 20), {"amount": "3412500.00"}, "国库划转财政专户"),
    (
        "subsidy.received", "2020-01", (1, 22),
        {"central": "4160000.00", "provincial": "1560000.00", "city": "1040000.00",
         "county": "1040000.00"},
        "2020年第一批财政补助",
    ),
    ("assistance.paid_dues", "2020-01", (1, 23), {"assistance": "186750.00"}, "资助困难群众参保"),
    ("cash_plan.received", "2020-02", (2, 3), {"amount": "2500000.00"}, "二月用款计划"),
    (
        "clearing.paid", "2020-02", (2, 18), {"inpatient": "1618432.57", "outpatient": "402118.06"},
        "一月定点医药机构结算",
    ),
    ("interest.special_account", "2020-1Q", (3, 21), {"amount": "25318.44"}, "一季度利息"),
)  # fmt: skip


class Command(BaseCommand):
    """Idempotent: what is there stays."""

    help = "Open the demonstration city's resident fund, with opening balances and some vouchers"

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("only in demonstration mode (BUREAU_DEMO=1)")
        self.maker, self.checker = self._staff(Role.ACCOUNTANT), self._staff(Role.FUND_REVIEWER)
        self.book = self._book()
        self.accounts = dict(Account.objects.filter(book=self.book).values_list("code", "pk"))
        self._approve_rules()
        self._opening()
        for kind, number, day, parts, summary in EVENTS:
            event = Event(
                number,
                datetime.date(2020, *day),
                {part: Decimal(amount) for part, amount in parts.items()},
                summary,
            )
            posting.post(
                kind, event, book=self.book, at=clock.now(), by=Actor.for_job("demonstration")
            )
        self._by_hand()
        count = Voucher.objects.filter(book=self.book).count()
        self.stdout.write(f"{CODE}: {count} vouchers in the books of the demonstration")

    def _staff(self, role: Role) -> Staff:
        return Staff.objects.filter(
            is_demonstration=True,
            grants__role=role,
            grants__area__level=AreaLevel.CITY,
        ).order_by("username")[0]

    def _book(self) -> Book:
        found = Fund.objects.filter(code=CODE).first()
        if found is not None:
            return found.book
        return books.open_fund(
            code=CODE,
            name="大连市城乡居民基本医疗保险基金",
            name_en="Dalian urban-rural resident medical insurance fund",
            kind=FundKind.RESIDENT,
            area=Area.objects.get(level=AreaLevel.CITY),
            first_day=FIRST_DAY,
            at=clock.now(),
            by=Actor.for_job("demonstration"),
        )

    def _approve_rules(self) -> None:
        for rule in PostingRule.objects.filter(book=self.book, state="DRAFT"):
            self._approve(posting_rules.submit(rule, at=clock.now(), by=self.maker))

    def _approve(self, request: ApprovalRequest) -> None:
        approvals.decide(request.pk, approve=True, by=self.checker, at=clock.now())

    def _post(self, made: Voucher) -> None:
        self._approve(vouchers.submit(made, at=clock.now(), by=self.maker))

    def _entry(self, code: str, debit: str = "0", credit: str = "0", summary: str = "") -> Entry:
        return Entry(self.accounts[code], Decimal(debit) + ZERO, Decimal(credit) + ZERO, summary)

    def _opening(self) -> None:
        if Voucher.objects.filter(book=self.book, kind=VoucherKind.OPENING).exists():
            return
        self._post(
            vouchers.draft(
                self.book,
                on=FIRST_DAY - datetime.timedelta(days=1),
                summary="期初余额",
                entries=[
                    self._entry("1003", debit="18523411.06"),
                    self._entry("1004", debit="312640.50"),
                    self._entry("110101", debit="450000.00"),
                    self._entry("2001", credit="86200.00"),
                    self._entry("3001", credit="17199851.56"),
                    self._entry("3101", credit="2000000.00"),
                ],
                attachments=3,
                kind=VoucherKind.OPENING,
                at=clock.now(),
                by=self.maker,
            )
        )

    def _by_hand(self) -> None:
        """A voucher with a mistake, its reversal, and one that waits."""
        if Voucher.objects.filter(book=self.book, kind=VoucherKind.MANUAL).exists():
            return
        day = datetime.date(2020, 3, 9)

        def draft(debit: str, credit: str, amount: str, summary: str) -> Voucher:
            entries = [self._entry(debit, debit=amount), self._entry(credit, credit=amount)]
            return vouchers.draft(
                self.book, on=day, summary=summary, entries=entries, attachments=1,
                at=clock.now(), by=self.maker,
            )  # fmt: skip

        wrong = draft("500102", "1004", "20480.00", "支付零星报销")
        self._post(wrong)
        self._approve(
            vouchers.reverse(
                Voucher.objects.get(pk=wrong.pk), on=day, reason="科目有误，红字冲销",
                at=clock.now(), by=self.maker,
            )
        )  # fmt: skip
        self._post(draft("500101", "1004", "20480.00", "支付零星报销（住院）"))
        waiting = draft("1004", "4501", "1250.00", "收到违约金")
        vouchers.submit(waiting, at=clock.now(), by=self.maker)
