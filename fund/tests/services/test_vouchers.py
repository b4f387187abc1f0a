"""Vouchers by hand: what becomes true, who may not post, what is refused without a trace."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection

from bureau.core import approvals, clock, integrity
from bureau.core.choices import Role
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.models import ApprovalRequest, AuditEvent
from bureau.core.tests.factories import city, staff
from fund.choices import VoucherState
from fund.models import Balance, Posting, Voucher, VoucherLine
from fund.selectors import balances
from fund.services import periods, vouchers
from fund.tests.books import DAY, ZERO, credit, debit, yuan

pytestmark = pytest.mark.django_db


def test_a_voucher_is_drafted_submitted_and_posted_under_the_next_number(city_fund):
    first = city_fund.posted("100.00")
    second = city_fund.posted("0.01")
    assert (first.number, second.number) == (1, 2)
    assert (second.state, second.checker, second.total) == (
        VoucherState.POSTED, city_fund.checker, yuan("0.01"),
    )  # fmt: skip
    assert str(first) == "2020-03-0001"
    assert city_fund.posted(on=datetime.date(2020, 4, 1)).number == 1
    assert integrity.broken_invariants() == []
    assert AuditEvent.objects.filter(kind="voucher.posted").count() == 3


def test_balances_follow_what_is_posted_and_nothing_else(city_fund):
    city_fund.posted("100.00")
    city_fund.posted("23.45", on=datetime.date(2020, 4, 2))
    city_fund.draft("9.99")
    city_fund.submitted("8.88")
    balance = balances.trial_balance(city_fund.book, city_fund.period(4), city_fund.period(4))
    rows = {row.account.code: row for row in balance.rows}
    assert (rows["1003"].opening, rows["1003"].debit, rows["1003"].closing) == (
        yuan(100), yuan("23.45"), yuan("123.45"),
    )  # fmt: skip
    assert rows["4001"].closing == -yuan("123.45")  # the sum of its sub-accounts
    assert balance.is_balanced
    assert not rows["4001"].is_unusual


def test_the_maker_does_not_post(city_fund):
    made = city_fund.submitted()
    waiting = ApprovalRequest.objects.get()
    with pytest.raises(OwnWork):
        approvals.decide(waiting.pk, approve=True, by=city_fund.maker, at=clock.now())
    made.refresh_from_db()
    assert made.state == VoucherState.SUBMITTED


def test_nor_does_who_changed_or_submitted_it(city_fund):
    helper = staff("helper", (Role.FUND_REVIEWER, city()), password=None)
    made = city_fund.draft()
    vouchers.change(
        made, on=DAY, summary="更正", entries=city_fund.lines("5.00"), at=clock.now(), by=helper
    )
    vouchers.submit(made, at=clock.now(), by=city_fund.maker)
    with pytest.raises(OwnWork):
        city_fund.decide(made, by=helper)
    assert city_fund.decide(made).number == 1


def test_one_person_with_two_accounts_is_one_person(city_fund):
    made = city_fund.submitted()
    twin = staff("twin", (Role.FUND_REVIEWER, city()), password=None, staff_no="N-other")
    twin.staff_no = city_fund.maker.staff_no
    with connection.cursor() as cursor:
        # A staff number is nobody's to change by the portal; the operator may have given it twice.
        cursor.execute(
            "UPDATE core_staff SET staff_no = %s WHERE id = %s", [twin.staff_no, twin.pk]
        )
    with pytest.raises(OwnWork):
        city_fund.decide(made, by=twin)


def test_a_returned_voucher_is_a_draft_again_and_may_be_changed(city_fund):
    made = city_fund.decide(city_fund.submitted(), approve=False)
    assert made.state == VoucherState.DRAFT
    vouchers.change(
        made, on=DAY, summary="更正", entries=city_fund.lines("7.00"), at=clock.now(),
        by=city_fund.maker,
    )  # fmt: skip
    vouchers.submit(made, at=clock.now(), by=city_fund.maker)
    assert city_fund.decide(made).total == yuan(7)


@pytest.mark.parametrize("amounts", [("100.00", "99.99"), ("100.00", None)])
def test_what_does_not_balance_is_not_submitted(city_fund, amounts):
    entries = [debit(city_fund["1003"], amounts[0])]
    if amounts[1]:
        entries.append(credit(city_fund["400101"], amounts[1]))
    made = city_fund.draft(entries=entries)
    with pytest.raises(DomainError) as refused:
        vouchers.submit(made, at=clock.now(), by=city_fund.maker)
    assert refused.value.code == "voucher_balances"
    assert not ApprovalRequest.objects.exists()


def test_refused_drafts_leave_no_trace(city_fund):
    before = AuditEvent.objects.count()
    parent, leaf = city_fund["4001"], city_fund["1003"]
    both_sides = debit(leaf, 5).__class__(leaf.pk, yuan(5), yuan(5), "两边")
    for entries, code in (
        ([debit(leaf, 1), credit(parent, 1)], "account_takes_no_lines"),
        ([debit(leaf, 0), credit(leaf, 1)], "line_is_one_sided"),
        ([both_sides], "line_is_one_sided"),
    ):
        with pytest.raises(DomainError) as refused:
            city_fund.draft(entries=entries)
        assert refused.value.code == code
    with pytest.raises(DomainError) as refused:
        city_fund.draft(on=datetime.date(2031, 1, 1))
    assert refused.value.code == "no_period"
    assert not Voucher.objects.exists()
    assert not VoucherLine.objects.exists()
    assert AuditEvent.objects.count() == before


def test_a_draft_may_be_discarded_and_a_posted_voucher_may_not(city_fund):
    made = city_fund.draft()
    vouchers.discard(made, at=clock.now(), by=city_fund.maker)
    assert not Voucher.objects.exists()
    assert AuditEvent.objects.filter(kind="voucher.discarded").count() == 1
    with pytest.raises(MovedOn):
        vouchers.discard(city_fund.posted(), at=clock.now(), by=city_fund.maker)


def test_a_reversal_in_red_mirrors_and_takes_the_turnover_back(city_fund):
    made = city_fund.posted("100.00")
    vouchers.reverse(made, on=DAY, reason="科目有误", at=clock.now(), by=city_fund.maker)
    red = Voucher.objects.get(is_red=True)
    city_fund.decide(red)
    assert (red.number, red.total, red.reverses) == (2, -yuan(100), made)
    assert list(red.lines.values_list("debit", "credit")) == [
        (-yuan(100), ZERO), (ZERO, -yuan(100)),
    ]  # fmt: skip
    assert set(Balance.objects.values_list("debit", "credit")) == {(ZERO, ZERO)}
    assert integrity.broken_invariants() == []


def test_a_voucher_is_reversed_once_and_red_is_not_reversed(city_fund):
    made = city_fund.posted()
    vouchers.reverse(made, on=DAY, reason="科目有误", at=clock.now(), by=city_fund.maker)
    with pytest.raises(DomainError) as refused:
        vouchers.reverse(made, on=DAY, reason="再次", at=clock.now(), by=city_fund.maker)
    assert refused.value.code == "fund_voucher_reverses_id_key"
    red = city_fund.decide(Voucher.objects.get(is_red=True))
    with pytest.raises(DomainError) as refused:
        vouchers.reverse(red, on=DAY, reason="再次", at=clock.now(), by=city_fund.maker)
    assert refused.value.code == "red_is_not_reversed"
    with pytest.raises(MovedOn):
        vouchers.reverse(
            city_fund.draft(), on=DAY, reason="未记账", at=clock.now(), by=city_fund.maker
        )


def test_a_returned_reversal_is_discarded_and_asked_for_anew(city_fund):
    made = city_fund.posted()
    vouchers.reverse(made, on=DAY, reason="科目有误", at=clock.now(), by=city_fund.maker)
    red = city_fund.decide(Voucher.objects.get(is_red=True), approve=False)
    with pytest.raises(DomainError) as refused:
        vouchers.change(
            red, on=DAY, summary="改", entries=city_fund.lines(), at=clock.now(), by=city_fund.maker
        )
    assert refused.value.code == "red_voucher_is_a_mirror"
    vouchers.discard(red, at=clock.now(), by=city_fund.maker)
    vouchers.reverse(made, on=DAY, reason="科目有误", at=clock.now(), by=city_fund.maker)


def test_opening_balances_are_no_turnover(city_fund):
    day = city_fund.period(0).first_day
    entries = [debit(city_fund["1003"], 500, "期初"), credit(city_fund["3001"], 500, "期初")]
    opening = city_fund.posted(on=day, kind="OPENING", summary="期初余额", entries=entries)
    assert (opening.number, opening.period.month) == (1, 0)
    city_fund.posted("100.00")
    balance = balances.trial_balance(city_fund.book, city_fund.period(1), city_fund.period(3))
    row = next(row for row in balance.rows if row.account.code == "1003")
    assert (row.opening, row.debit, row.closing) == (yuan(500), yuan(100), yuan(600))
    assert balance.is_balanced
    with pytest.raises(DomainError):
        city_fund.draft(on=day)


def test_a_batch_is_approved_with_its_sum(city_fund):
    numbers = []
    for amount in ("10.00", "20.00", "30.50"):
        city_fund.submitted(amount)
    numbers = list(ApprovalRequest.objects.values_list("pk", flat=True))
    done = approvals.decide_many(numbers, by=city_fund.checker, at=clock.now())
    assert (done.decided_count, done.amount) == (3, Decimal("60.50"))
    assert list(Voucher.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]


def test_a_period_closes_by_two_when_nothing_is_left_and_takes_nothing_more(city_fund):
    city_fund.posted(on=datetime.date(2020, 1, 5))
    left = city_fund.submitted(on=datetime.date(2020, 1, 6))
    january = city_fund.period(1)

    def close(period):
        made = periods.request_close(period, at=clock.now(), by=city_fund.maker)
        approvals.decide(made.pk, approve=True, by=city_fund.checker, at=clock.now())

    with pytest.raises(DomainError) as refused:
        close(january)
    assert refused.value.code == "period_has_vouchers_left"
    city_fund.decide(left)
    with pytest.raises(DomainError) as refused:
        close(january)
    assert refused.value.code == "period_before_is_open"
    close(city_fund.period(0))
    close(january)
    january.refresh_from_db()
    assert (january.state, january.closed_by) == ("CLOSED", city_fund.checker)
    with pytest.raises(DomainError) as refused:
        city_fund.draft(on=datetime.date(2020, 1, 7))
    assert refused.value.code == "period_closed"
    assert Posting.objects.exclude(digest="").count() == 2


def test_a_voucher_comes_to_no_more_than_the_books_can_write(city_fund):
    entries = [
        debit(city_fund["1003"], "9999999999999999.99"),
        debit(city_fund["1003"], "9999999999999999.99"),
        credit(city_fund["400101"], "1.00"),
    ]
    with pytest.raises(DomainError) as refused:
        city_fund.draft(entries=entries)
    assert refused.value.code == "voucher_total_is_too_large"


def test_a_balance_that_grows_past_its_column_is_told(city_fund):
    city_fund.posted("1.00")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE fund_balance SET debit = 9999999999999999.99")
        cursor.execute("SET LOCAL session_replication_role = origin")
    made = city_fund.submitted("1.00")
    with pytest.raises(DomainError) as refused:
        city_fund.decide(made)
    assert refused.value.code == "balance_is_too_large"
    made.refresh_from_db()
    assert made.state == VoucherState.SUBMITTED
