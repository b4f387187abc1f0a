"""Business events become vouchers: by approved rules, dated, each once for ever."""

import csv
import datetime
from decimal import Decimal

import polars as pl
import pytest
from django.db import connection

from bureau.core import approvals, clock, integrity
from bureau.core.actors import Actor
from bureau.core.errors import DomainError, OwnWork
from fund.models import Balance, PostingRule, Voucher, VoucherLine
from fund.services import books, posting, posting_rules, vouchers
from fund.services.posting import Event
from fund.tests.books import DAY, yuan

pytestmark = pytest.mark.django_db
BY = Actor.for_job("test")
EVENT = "subsidy.received"


def event(number="2020-1", day=DAY, summary="中央财政补助", **parts):
    amounts = parts or {"central": "100.00"}
    return Event(number, day, {part: yuan(amount) for part, amount in amounts.items()}, summary)


def post(city_fund, *events, kind=EVENT):
    frame = posting.frame_of(events)
    return posting.post_many(kind, frame, book=city_fund.book, at=clock.now(), by=BY)


def kinds_of_the_reference():
    with (books.REFERENCE / "posting_rules.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["event"]: [r["part"] for r in rows if r["event"] == row["event"]] for row in rows}


@pytest.mark.parametrize(("kind", "parts"), sorted(kinds_of_the_reference().items()))
def test_every_kind_of_event_has_its_rule_and_is_posted(city_fund, kind, parts):
    city_fund.approve_rules([kind])
    amounts = {part: str(10 + place) for place, part in enumerate(parts)}
    made = posting.post(kind, event(**amounts), book=city_fund.book, at=clock.now(), by=BY)
    assert (made.number, made.kind, made.source_kind) == (1, "EVENT", kind)
    assert made.total == sum(Decimal(amount) for amount in amounts.values())
    lines = made.lines.all()
    assert len(lines) == 2 * len(parts)
    assert sum(line.debit for line in lines) == sum(line.credit for line in lines) == made.total
    assert integrity.broken_invariants() == []


def test_the_typical_entries_all_have_a_rule():
    assert {
        "treasury.received", "treasury.transferred", "subsidy.received", "assistance.paid_dues",
        "interest.special_account", "interest.expenditure_account", "interest.passed_on",
        "cash_plan.received", "clearing.paid", "prepayment.paid", "prepayment.cleared",
        "critical_illness.premium", "contributions.refunded", "benefits.recovered",
        "benefits.recovered_earlier_year", "upper_level.paid", "upper_level.received",
        "risk_fund.set_aside",
    } == set(kinds_of_the_reference())  # fmt: skip


def test_many_events_are_numbered_by_day_in_their_periods(city_fund):
    city_fund.approve_rules([EVENT])
    april = datetime.date(2020, 4, 1)
    done = post(
        city_fund,
        event("c", april, central="3.00", county="4.00"),
        event("b", DAY, central="1.00"),
        event("a", DAY, city="2.00"),
    )
    assert (done.made, done.known, done.amount) == (3, 0, yuan(10))
    said = Voucher.objects.order_by("period__month", "number")
    assert list(said.values_list("source_id", "number")) == [("a", 1), ("b", 2), ("c", 1)]
    assert VoucherLine.objects.count() == 8
    assert integrity.broken_invariants() == []


def test_an_event_is_posted_once_for_ever(city_fund):
    city_fund.approve_rules([EVENT])
    post(city_fund, event("a"))
    done = post(city_fund, event("a"), event("b"))
    assert (done.made, done.known) == (1, 1)
    assert list(Voucher.objects.order_by("number").values_list("source_id", flat=True)) == [
        "a", "b",
    ]  # fmt: skip
    assert post(city_fund, event("a"), event("b")).made == 0


@pytest.mark.parametrize(
    "changed", [{"central": "100.01"}, {"central": "100.00", "city": "1.00"}, {"day": True}]
)
def test_an_event_that_was_posted_otherwise_is_refused(city_fund, changed):
    city_fund.approve_rules([EVENT])
    post(city_fund, event("a"))
    other = event("a", datetime.date(2020, 3, 10)) if "day" in changed else event("a", **changed)
    with pytest.raises(DomainError) as refused:
        post(city_fund, event("b"), other)
    assert refused.value.code == "event_posted_otherwise"
    assert Voucher.objects.count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"central": "60.00", "city": "40.00"},
        {"central": "100.00", "lottery": "5.00"},
        {"lottery": "100.00"},
    ],
)
def test_nor_is_one_of_other_parts_taken_for_known(city_fund, changed):
    city_fund.approve_rules([EVENT])
    post(city_fund, event("a"))
    with pytest.raises(DomainError) as refused:
        post(city_fund, event("a", **changed))
    assert refused.value.code == "event_posted_otherwise"


def test_nor_one_of_another_area_of_origin(city_fund):
    city_fund.approve_rules([EVENT])
    post(city_fund, event("a"))
    area = city_fund.book.fund.area_id
    with pytest.raises(DomainError) as refused:
        post(city_fund, Event("a", DAY, {"central": yuan(100)}, "x", area))
    assert refused.value.code == "event_posted_otherwise"


def test_an_event_that_was_reversed_does_not_pass_for_posted(city_fund):
    city_fund.approve_rules([EVENT])
    post(city_fund, event("a"))
    made = Voucher.objects.get()
    vouchers.reverse(made, on=DAY, reason="有误", at=clock.now(), by=city_fund.maker)
    assert post(city_fund, event("a")).known == 1  # the reversal is not posted yet
    city_fund.decide(Voucher.objects.get(is_red=True))
    with pytest.raises(DomainError) as refused:
        post(city_fund, event("a"), event("b"))
    assert refused.value.code == "event_was_reversed"


def test_many_that_arrive_again_are_looked_at_in_one_pass(city_fund):
    """Ten thousand pairs of events and lines are compared, not a hundred million."""
    city_fund.approve_rules([EVENT])
    events = [event(f"n{number}", central="1.00", city="2.00") for number in range(10_000)]
    post(city_fund, *events)
    with connection.cursor() as cursor:
        # With a scan of all arrivals for each of them this takes minutes.
        cursor.execute("SET LOCAL statement_timeout = '10s'")
    done = post(city_fund, *events)
    assert (done.made, done.known) == (0, 10_000)


@pytest.mark.parametrize("column", [pl.Float64, pl.Decimal(20, 4)])
def test_a_frame_of_other_amounts_is_refused(city_fund, column):
    city_fund.approve_rules([EVENT])
    frame = posting.frame_of([event("a")]).with_columns(pl.col("amount").cast(column))
    with pytest.raises(TypeError, match="frame"):
        posting.post_many(EVENT, frame, book=city_fund.book, at=clock.now(), by=BY)
    assert not Voucher.objects.exists()


@pytest.mark.parametrize("left", ["DEBIT", "CREDIT"])
def test_a_rule_with_a_part_on_one_side_is_not_submitted(city_fund, left):
    rule = PostingRule.objects.get(event=EVENT)
    rule.lines.filter(part="central").exclude(side=left).delete()
    with pytest.raises(DomainError) as refused:
        posting_rules.submit(rule, at=clock.now(), by=city_fund.maker)
    assert refused.value.code == "posting_rule_part_is_one_sided"
    rule.lines.all().delete()
    with pytest.raises(DomainError):
        posting_rules.submit(rule, at=clock.now(), by=city_fund.maker)


def test_an_event_of_nothing_is_refused(city_fund):
    city_fund.approve_rules([EVENT])
    with pytest.raises(DomainError) as refused:
        posting.post(EVENT, event("a", central="0.00"), book=city_fund.book, at=clock.now(), by=BY)
    assert refused.value.code == "event_without_amount"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda: event("x", lottery="5.00"), "event_part_unknown"),
        (lambda: event("x", central="-5.00"), "event_amount_above_zero"),
        (lambda: event("x", datetime.date(2019, 12, 31)), "no_posting_rule"),
        (lambda: event("x", datetime.date(2021, 1, 1)), "period_closed"),
    ],
)
def test_one_wrong_event_refuses_all_and_leaves_no_trace(city_fund, wrong, code):
    city_fund.approve_rules([EVENT])
    with pytest.raises(DomainError) as refused:
        post(city_fund, event("a"), wrong())
    assert refused.value.code == code
    assert not Voucher.objects.exists()
    assert not Balance.objects.exists()
    city_fund.period().refresh_from_db()
    assert city_fund.period().last_number == 0


def test_without_an_approved_rule_nothing_is_posted(city_fund):
    with pytest.raises(DomainError) as refused:
        post(city_fund, event())
    assert refused.value.code == "no_posting_rule"


def test_a_rule_is_approved_by_another_and_stands(city_fund):
    rule = PostingRule.objects.get(event=EVENT)
    made = posting_rules.submit(rule, at=clock.now(), by=city_fund.maker)
    with pytest.raises(OwnWork):
        approvals.decide(made.pk, approve=True, by=city_fund.maker, at=clock.now())
    approvals.decide(made.pk, approve=False, by=city_fund.checker, at=clock.now(), note="再核")
    rule.refresh_from_db()
    assert rule.state == "DRAFT"
    city_fund.approve_rules([EVENT])
    rule.refresh_from_db()
    assert (rule.state, rule.approved_by) == ("APPROVED", city_fund.checker)


def test_a_third_decimal_and_a_float_are_no_amounts(city_fund):
    with pytest.raises(ValueError, match="fen"):
        posting.frame_of([Event("a", DAY, {"central": Decimal("1.005")}, "x")])
    with pytest.raises((TypeError, ValueError, AttributeError)):
        posting.frame_of([Event("a", DAY, {"central": 1.5}, "x")])


def test_a_frame_of_many_parts_is_one_voucher_an_event(city_fund):
    city_fund.approve_rules([EVENT])
    frame = pl.DataFrame(
        {
            "source_id": [f"s{number // 2}" for number in range(200)],
            "voucher_on": [DAY] * 200,
            "summary": ["补助"] * 200,
            "origin_area_id": [None] * 200,
            "part": ["central", "city"] * 100,
            "amount": [Decimal("1.01"), Decimal("2.02")] * 100,
        },
        schema=dict(posting.SCHEMA),
    )
    done = posting.post_many(EVENT, frame, book=city_fund.book, at=clock.now(), by=BY)
    assert (done.made, done.amount) == (100, Decimal("303.00"))
    assert VoucherLine.objects.count() == 400
    assert integrity.broken_invariants() == []
