"""R8: vouchers posted in bulk with all guards, against the same rows without.

Limit: COPY of the same vouchers and lines under the same keys, checks and indexes, with the
triggers switched off. The guarded side ends with its seal: balances written, chain computed. Then
the trial balance over all these lines.
"""

import datetime
import io
import statistics
import time

from benchmarks import database
from benchmarks.measure import Way, arguments, in_turn, report
from django.db import connection, transaction

from bureau.core import approvals, clock
from bureau.core.actors import Actor
from bureau.core.models import Area, Staff
from fund.models import Book, Fund, Period, PostingRule
from fund.selectors.balances import trial_balance
from fund.services import books, posting_rules
from fund.services.sealing import seal

CODE = "BENCHMARK"
EVENT = "cash_plan.received"
VOUCHER = (
    "id", "book_id", "period_id", "kind", "state", "number", "voucher_on", "summary", "total",
    "attachments", "is_red", "source_kind", "source_id", "rule_id", "maker_no", "made_by",
    "made_at", "drafters", "checker_no", "posted_at",
)  # fmt: skip
LINE = (
    "voucher_id", "book_id", "is_red", "line_no", "account_id", "debit", "credit", "summary",
)  # fmt: skip
TABLES = ("fund_voucher", "fund_voucherline")


def open_book() -> tuple[Book, PostingRule]:
    """A book whose rule for the event is in force; made once."""
    fund = Fund.objects.filter(code=CODE).first()
    book = (
        fund.book
        if fund
        else books.open_fund(
            code=CODE, name="测算", kind="RESIDENT", area=Area.objects.get(code="210200"),
            first_day=datetime.date(2020, 1, 1), at=clock.now(), by=Actor.for_job("benchmark"),
        )
    )  # fmt: skip
    rule = PostingRule.objects.get(book=book, event=EVENT)
    if rule.state == "DRAFT":
        one, other = (
            Staff.objects.create_user(
                f"benchmark-{number}", None, full_name="测算", staff_no=f"B{number}"
            )
            for number in (1, 2)
        )
        made = posting_rules.submit(rule, at=clock.now(), by=one)
        with transaction.atomic():
            approve(made.pk, rule, other)
    return book, rule


def approve(request: int, rule: PostingRule, by: Staff) -> None:
    """As somebody of the fund who may."""
    from bureau.core.choices import Role
    from bureau.core.models import RoleGrant

    RoleGrant.objects.create(
        staff=by, role=Role.FUND_REVIEWER, area=rule.book.fund.area,
        period=(datetime.date(2016, 1, 1), None),
    )  # fmt: skip
    approvals.decide(request, approve=True, by=by, at=clock.now())


def rows_of(book: Book, rule: PostingRule, vouchers: int) -> dict[str, bytes]:
    """Vouchers of two lines each, as PostgreSQL reads them."""
    period = Period.objects.get(book=book, month=3)
    debit, credit = rule.lines.order_by("place")
    heads, lines = io.StringIO(), io.StringIO()
    at = "2020-03-09 10:00:00+08"
    for number in range(1, vouchers + 1):
        fen = number * 7919 % 9_999_999 + 1
        amount = f"{fen // 100}.{fen % 100:02d}"
        heads.write(
            f"{number},{book.pk},{period.pk},EVENT,POSTED,{number},2020-03-09,三月用款计划,"
            f'{amount},0,f,{EVENT},s{number},{rule.pk},"",benchmark,{at},{{}},"",{at}\n'
        )
        for place, (account, sides) in enumerate(
            ((debit.account_id, f"{amount},0"), (credit.account_id, f"0,{amount}")), start=1
        ):
            lines.write(f"{number},{book.pk},f,{place},{account},{sides},三月用款计划\n")
    return {
        "fund_voucher": heads.getvalue().encode(), "fund_voucherline": lines.getvalue().encode(),
    }  # fmt: skip


def clear() -> None:
    """The book holds no voucher, and its counters begin anew."""
    database.empty("fund_posting", "fund_balance", *TABLES)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE fund_period SET last_number = 0 WHERE last_number > 0")
        cursor.execute("UPDATE fund_book SET postings = 0")


def copy(rows: dict[str, bytes]) -> None:
    with connection.cursor() as cursor:
        for table, columns in zip(TABLES, (VOUCHER, LINE), strict=True):
            order = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)"
            with cursor.copy(order) as stream:
                stream.write(rows[table])


def guarded(rows: dict[str, bytes], lines: int) -> int:
    with transaction.atomic():
        copy(rows)
        seal()
    return lines


def bare(rows: dict[str, bytes], lines: int) -> int:
    """The triggers are switched off; foreign keys, checks and indexes are not."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        copy(rows)
        for table in TABLES:
            # What the foreign keys of the ORM still have to look at, or the table is busy.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return lines


def sums() -> tuple[object, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(debit), sum(credit) FROM fund_voucherline")
        found: tuple[object, ...] = cursor.fetchone()
    return found


def main() -> None:
    options = arguments(__doc__ or "", rows=1_000_000)
    database.begin()
    book, rule = open_book()
    rows = rows_of(book, rule, options.rows // 2)
    agreed = set()

    def forget() -> None:
        agreed.add(sums())
        clear()

    clear()
    timings = in_turn(
        [
            Way("COPY without guards", lambda: bare(rows, options.rows), forget),
            Way("COPY with all guards, sealed", lambda: guarded(rows, options.rows), forget),
        ],
        options.runs,
    )
    agreed.add(sums())
    agreed.discard((0, None, None))
    if len(agreed) != 1:
        raise AssertionError(f"the two sides did different work: {agreed}")
    month = Period.objects.get(book=book, month=3)
    looks = []
    for _time in range(20):
        began = time.perf_counter()
        found = trial_balance(book, month, month)
        looks.append(time.perf_counter() - began)
    if not found.is_balanced or found.sums()[1] != sums()[1]:
        raise AssertionError("the trial balance does not agree with the lines")
    limit, ours = timings["COPY without guards"], timings["COPY with all guards, sealed"]
    clear()
    report(
        "R8 vouchers in bulk",
        timings,
        {
            "guards to no guards": (ours.median / limit.median, "<= 1.15"),
            "the same by processors": (ours.processor_median / limit.processor_median, "<= 1.15"),
            "trial balance, ms at the median": (statistics.median(looks) * 1000, "<= 50"),
        },
        as_json=options.json,
    )


if __name__ == "__main__":
    main()
