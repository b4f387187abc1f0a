"""Many post into one period at the same time: numbers without a gap, one chain, sums that agree."""

import threading
from decimal import Decimal

import pytest
from django.db import connection, transaction

from bureau.core import approvals, clock, integrity
from bureau.core.actors import Actor
from bureau.core.choices import Role
from bureau.core.errors import DomainError
from bureau.core.models import ApprovalRequest
from bureau.core.tests.factories import city, staff
from fund.models import Balance, Posting, PostingRule, Voucher
from fund.selectors import chain
from fund.services import posting, posting_rules, vouchers
from fund.tests.books import DAY, ledger, yuan

pytestmark = pytest.mark.django_db(transaction=True)
EVENT = "subsidy.received"


def at_once(*acts):
    """Runs the acts in threads that begin together; returns what each gave or raised."""
    came, barrier = [None] * len(acts), threading.Barrier(len(acts))

    def run(place, act):
        try:
            barrier.wait(20)
            came[place] = act()
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            came[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return came


@pytest.fixture
def busy():
    made = ledger()
    made.approve_rules([EVENT])
    return made


def events(first, count, amount="1.00"):
    return posting.frame_of(
        posting.Event(f"e{number}", DAY, {"central": yuan(amount)}, "补助")
        for number in range(first, first + count)
    )


def test_by_hand_and_in_bulk_at_once_leave_no_gap(busy):
    waiting = []
    for number in range(1, 13):
        made = busy.submitted(str(number))
        waiting.append(ApprovalRequest.objects.get(target_id=made.pk, kind="fund.voucher").pk)

    def by_hand(numbers):
        def act():
            for number in numbers:
                approvals.decide(number, approve=True, by=busy.checker, at=clock.now())

        return act  # fmt: skip

    def in_bulk(first):
        def act():
            for start in range(first, first + 40, 10):
                posting.post_many(
                    EVENT, events(start, 10), book=busy.book, at=clock.now(), by=Actor.for_job("t")
                )

        return act  # fmt: skip

    came = at_once(by_hand(waiting[:6]), by_hand(waiting[6:]), in_bulk(0), in_bulk(100))
    assert came == [None] * 4, came
    numbers = list(Voucher.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 12 + 80 + 1))
    debit = sum(Balance.objects.values_list("debit", flat=True))
    assert debit == sum(Balance.objects.values_list("credit", flat=True)) == Decimal(78 + 80)
    assert chain.verified(busy.book).broken == []
    assert Posting.objects.filter(digest="").count() == 0
    assert integrity.broken_invariants() == []


def test_a_line_that_is_changed_while_its_voucher_is_posted_changes_nothing_posted(busy):
    """The one session changes a line and waits; the other posts in between, if it can."""
    made = busy.draft("3.00")
    changed, posted = threading.Event(), threading.Event()

    def change():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE fund_voucherline SET debit = debit * 10"
                " WHERE voucher_id = %s AND debit > 0", [made.pk],
            )  # fmt: skip
            changed.set()
            posted.wait(2)

    def post():
        changed.wait(10)
        try:
            vouchers.submit(made, at=clock.now(), by=busy.maker)
            busy.decide(made)
        finally:
            posted.set()

    came = at_once(change, post)
    # Who posts waits for the change, and then sees that the voucher does not balance any more.
    assert came[0] is None, came
    assert getattr(came[1], "code", "") == "voucher_balances", came
    made.refresh_from_db()
    assert made.state == "DRAFT"
    assert integrity.broken_invariants() == []


def test_a_line_of_a_rule_that_is_changed_while_the_rule_is_submitted_is_seen(busy):
    rule = PostingRule.objects.filter(book=busy.book, state="DRAFT").first()
    changed, submitted = threading.Event(), threading.Event()

    def change():
        with transaction.atomic():
            rule.lines.filter(side="DEBIT").update(side="CREDIT")
            changed.set()
            submitted.wait(2)

    def submit():
        changed.wait(10)
        try:
            posting_rules.submit(rule, at=clock.now(), by=busy.maker)
        finally:
            submitted.set()

    came = at_once(change, submit)
    assert came[0] is None, came
    assert getattr(came[1], "code", "") == "posting_rule_part_is_one_sided", came


def test_two_who_save_the_same_draft_from_the_same_version_are_one_too_many(busy):
    made = busy.draft("3.00")
    seen = vouchers.version_of(made)

    def save(amount):
        return lambda: vouchers.change(
            made, on=DAY, summary="更正", entries=busy.lines(amount), seen=seen, at=clock.now(),
            by=busy.maker,
        )  # fmt: skip

    came = at_once(save("5.00"), save("6.00"))
    assert sorted(getattr(one, "code", "") for one in came) == ["", "voucher_changed_meanwhile"]


def test_the_same_events_at_once_are_posted_once(busy):
    def act():
        return posting.post_many(
            EVENT, events(0, 20), book=busy.book, at=clock.now(), by=Actor.for_job("t")
        )

    came = at_once(act, act, act, act)
    assert sorted(one.made for one in came) == [0, 0, 0, 20], came
    assert Voucher.objects.count() == 20
    assert integrity.broken_invariants() == []


def test_two_who_post_the_same_voucher_are_one_too_many(busy):
    other = staff("other-check", (Role.FUND_REVIEWER, city()), password=None)
    for _round in range(5):
        made = busy.submitted("3.00")
        number = ApprovalRequest.objects.get(target_id=made.pk, kind="fund.voucher").pk

        def act(by, number=number):
            return lambda: approvals.decide(number, approve=True, by=by, at=clock.now())

        came = at_once(act(busy.checker), act(other))
        assert sorted(isinstance(one, DomainError) for one in came) == [False, True], came
    assert Voucher.objects.filter(state="POSTED").count() == 5
    assert integrity.broken_invariants() == []


def test_closing_and_posting_at_once_never_leaves_a_voucher_behind(busy):
    from fund.services import periods

    made = busy.submitted("3.00", on=busy.period(1).first_day)
    number = ApprovalRequest.objects.get(target_id=made.pk, kind="fund.voucher").pk
    opening = periods.request_close(busy.period(0), at=clock.now(), by=busy.maker)
    approvals.decide(opening.pk, approve=True, by=busy.checker, at=clock.now())

    def close():
        waiting = periods.request_close(busy.period(1), at=clock.now(), by=busy.maker)
        approvals.decide(waiting.pk, approve=True, by=busy.checker, at=clock.now())

    came = at_once(
        close, lambda: approvals.decide(number, approve=True, by=busy.checker, at=clock.now())
    )
    assert not isinstance(came[1], Exception), came
    made.refresh_from_db()
    assert made.state == "POSTED"
    if isinstance(came[0], Exception):
        assert came[0].code == "period_has_vouchers_left"
    assert integrity.broken_invariants() == []
