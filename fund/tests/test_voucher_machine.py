"""Random histories of vouchers, held after each step against plain Python (reliability MN1).

The gate takes a sample; `--machine-runs 5000 --machine-steps 100` is the whole.
"""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bureau.core import approvals, clock, integrity
from bureau.core.actors import Actor
from bureau.core.choices import Role
from bureau.core.errors import DomainError
from bureau.core.models import ApprovalRequest, AuditEvent, RoleGrant
from bureau.core.tests.factories import ALWAYS, city, staff
from fund.models import Balance, Voucher
from fund.rules.entries import Entry
from fund.services import periods, posting, vouchers
from fund.tests.books import ZERO, Ledger, ledger
from fund.tests.plain_books import PlainBooks, PlainVoucher

ACCOUNTS = ("1003", "1004", "400101", "410101", "500101")
EVENT = "subsidy.received"
amounts = st.integers(1, 10**14).map(lambda fen: Decimal(fen).scaleb(-2))
days = st.sampled_from([datetime.date(2020, month, day) for month in (1, 2, 3) for day in (1, 28)])
people = st.sampled_from(["maker", "checker", "third"])
picks = st.integers(0, 10**6)


@st.composite
def line_lists(draw: Any) -> list[tuple[str, Decimal, Decimal]]:
    """Lines that mostly balance; some do not."""
    parts = draw(st.lists(amounts, min_size=1, max_size=3))
    lines = [(draw(st.sampled_from(ACCOUNTS)), part, ZERO) for part in parts]
    other = sum(parts) + (Decimal("0.01") if draw(st.integers(0, 5)) == 0 else ZERO)
    return [*lines, (draw(st.sampled_from(ACCOUNTS)), ZERO, other)]


class Books(RuleBasedStateMachine):
    """What people do with one book, in any order, and what must then be true."""

    fund: Ledger
    third: Any

    def __init__(self) -> None:
        super().__init__()
        self.block: Any = transaction.atomic()
        self.block.__enter__()
        self.plain = PlainBooks()

    def teardown(self) -> None:
        broken = integrity.broken_invariants()
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)
        assert broken == []

    @initialize()
    def staff_begins(self) -> None:
        self.staff = {
            "maker": self.fund.maker, "checker": self.fund.checker, "third": self.third,
        }  # fmt: skip

    def tried(self, act: Any, *, may: bool) -> Any:
        """The act is done exactly where the plain books say so; refused, it leaves no trace."""
        before = (AuditEvent.objects.count(), Voucher.objects.count())
        try:
            with transaction.atomic():
                done = act()
        except DomainError:
            assert not may
            assert before == (AuditEvent.objects.count(), Voucher.objects.count())
            return None
        assert may
        return done

    def pick(self, place: int) -> tuple[Voucher, PlainVoucher] | None:
        keys = sorted(self.plain.vouchers)
        if not keys:
            return None
        key = keys[place % len(keys)]
        return Voucher.objects.get(pk=key), self.plain.vouchers[key]

    def entries(self, lines: Any) -> list[Entry]:
        return [Entry(self.fund[code].pk, *sides, "摘要") for code, *sides in lines]

    @rule(who=people, on=days, lines=line_lists())
    def draft(self, who: str, on: datetime.date, lines: Any) -> None:
        by = self.staff[who]
        made = self.tried(
            lambda: vouchers.draft(
                self.fund.book, on=on, summary="摘要", entries=self.entries(lines),
                at=clock.now(), by=by,
            ),
            may=on.month not in self.plain.closed,
        )  # fmt: skip
        if made is not None:
            self.plain.vouchers[made.pk] = PlainVoucher(on, lines, workers={who})

    @rule(place=picks, who=people, on=days, lines=line_lists())
    def change(self, place: int, who: str, on: datetime.date, lines: Any) -> None:
        if (picked := self.pick(place)) is None:
            return
        voucher, plain = picked
        may = (
            plain.state == "DRAFT" and plain.reverses is None and on.month not in self.plain.closed
        )
        done = self.tried(
            lambda: vouchers.change(
                voucher, on=on, summary="改", entries=self.entries(lines), at=clock.now(),
                by=self.staff[who],
            ),
            may=may,
        )  # fmt: skip
        if done is not None:
            plain.on, plain.lines = on, lines
            plain.workers.add(who)

    @rule(place=picks, who=people)
    def submit(self, place: int, who: str) -> None:
        if (picked := self.pick(place)) is None:
            return
        voucher, plain = picked
        may = plain.state == "DRAFT" and plain.is_balanced
        if self.tried(
            lambda: vouchers.submit(voucher, at=clock.now(), by=self.staff[who]), may=may
        ):
            plain.state = "SUBMITTED"
            plain.workers.add(who)

    @rule(place=picks, who=people, approve=st.booleans())
    def decide(self, place: int, who: str, approve: bool) -> None:
        if (picked := self.pick(place)) is None or picked[1].state != "SUBMITTED":
            return
        voucher, plain = picked
        waiting = ApprovalRequest.objects.get(
            kind=vouchers.KIND, target_id=voucher.pk, state="PENDING"
        )
        # Returning asks only that another person does it than who asked.
        apart = who not in plain.workers if approve else waiting.maker_id != self.staff[who].pk
        done = self.tried(
            lambda: approvals.decide(
                waiting.pk, approve=approve, by=self.staff[who], at=clock.now(), note="看过"
            ),
            may=apart,
        )
        if done is None:
            return
        if approve:
            number = self.plain.post(plain)
            assert Voucher.objects.get(pk=voucher.pk).number == number
        else:
            plain.state = "DRAFT"

    @rule(place=picks, who=people)
    def discard(self, place: int, who: str) -> None:
        if (picked := self.pick(place)) is None:
            return
        voucher, plain = picked
        key, may = voucher.pk, plain.state == "DRAFT"
        self.tried(lambda: vouchers.discard(voucher, at=clock.now(), by=self.staff[who]), may=may)
        if may:
            del self.plain.vouchers[key]

    @rule(place=picks, who=people, on=days)
    def reverse(self, place: int, who: str, on: datetime.date) -> None:
        if (picked := self.pick(place)) is None:
            return
        voucher, plain = picked
        reversed_before = any(one.reverses == voucher.pk for one in self.plain.vouchers.values())
        may = (
            plain.state == "POSTED" and plain.reverses is None and not reversed_before
            and on >= plain.on and on.month not in self.plain.closed
        )  # fmt: skip
        done = self.tried(
            lambda: vouchers.reverse(
                voucher, on=on, reason="有误", at=clock.now(), by=self.staff[who]
            ),
            may=may,
        )
        if done is not None:
            lines = [(code, -debit, -credit) for code, debit, credit in plain.lines]
            self.plain.vouchers[done.target_id] = PlainVoucher(
                on, lines, state="SUBMITTED", workers={who}, reverses=voucher.pk
            )

    @rule(number=st.integers(1, 4), on=days, amount=amounts)
    def post_event(self, number: int, on: datetime.date, amount: Decimal) -> None:
        source = f"e{number}"
        known = self.plain.events.get(source)
        may = known == (on, amount) if known else on.month not in self.plain.closed
        event = posting.Event(source, on, {"central": amount}, "补助")
        done = self.tried(
            lambda: posting.post(
                EVENT, event, book=self.fund.book, at=clock.now(), by=Actor.for_job("t")
            ),
            may=may,
        )
        if done is not None and known is None:
            self.plain.events[source] = (on, amount)
            lines = [("1003", amount, ZERO), ("410101", ZERO, amount)]
            plain = self.plain.vouchers[done.pk] = PlainVoucher(on, lines)
            assert done.number == self.plain.post(plain)

    @rule(month=st.integers(1, 3))
    def close(self, month: int) -> None:
        earlier = set(range(1, month)) <= self.plain.closed
        may = earlier and month not in self.plain.closed and not self.plain.is_left(month)

        def act() -> Any:
            waiting = periods.request_close(
                self.fund.period(month), at=clock.now(), by=self.fund.maker
            )
            return approvals.decide(waiting.pk, approve=True, by=self.third, at=clock.now())

        if self.tried(act, may=may):
            self.plain.closed.add(month)

    @invariant()
    def balances_are_those_of_the_plain_books(self) -> None:
        found = {
            (month, code): [debit, credit]
            for month, code, debit, credit in Balance.objects.values_list(
                "period__month", "account__code", "debit", "credit"
            )
        }
        assert found == dict(self.plain.balances)
        assert sum(debit - credit for debit, credit in found.values()) == 0

    @invariant()
    def states_and_numbers_are_those_of_the_plain_books(self) -> None:
        assert {
            key: (state, number)
            for key, state, number in Voucher.objects.values_list("pk", "state", "number")
        } == {key: (one.state, one.number) for key, one in self.plain.vouchers.items()}


@pytest.mark.slow
@pytest.mark.django_db
def test_random_histories_agree_with_plain_books(request):
    machine = type("Machine", (Books,), {})
    machine.fund = ledger()
    machine.third = staff(
        "third", (Role.ACCOUNTANT, city()), (Role.FUND_REVIEWER, city()), password=None
    )
    for person in (machine.fund.maker, machine.fund.checker):
        RoleGrant.objects.get_or_create(
            staff=person, role=Role.FUND_REVIEWER, area=city(), defaults={"period": ALWAYS}
        )
    machine.fund.approve_rules([EVENT])
    waiting = periods.request_close(machine.fund.period(0), at=clock.now(), by=machine.fund.maker)
    approvals.decide(waiting.pk, approve=True, by=machine.third, at=clock.now())
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=request.config.getoption("--machine-runs"),
            stateful_step_count=request.config.getoption("--machine-steps"),
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=request.config.getoption("--machine-runs") < 100,
            database=None,
        ),
    )
