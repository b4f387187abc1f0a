"""Approvals: the act happens with the decision, never by its maker, and only once."""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from bureau.core import approvals, clock, integrity
from bureau.core.actors import actor_of
from bureau.core.choices import ApprovalState, Role
from bureau.core.errors import DomainError, MovedOn, NotEntitled, OwnWork
from bureau.core.models import ApprovalRequest, Area, AuditEvent, CodeTable, RoleGrant, Staff

pytestmark = pytest.mark.django_db

KIND = "test.rename"


def rename(request, by, at):
    if request.summary.get("refused"):
        raise DomainError("no_such_name", "No %(name)s.", name="x")
    CodeTable.objects.filter(pk=request.target_id).update(name=request.summary["name"])


@pytest.fixture(autouse=True)
def kind(monkeypatch):
    monkeypatch.setattr(approvals, "_kinds", dict(approvals._kinds))
    approvals.register(KIND, label="Rename", roles=[Role.REVIEWER], on_approved=rename)


@pytest.fixture
def area():
    city = Area.objects.create(code="210200", name="大连市", level="CITY")
    city.refresh_from_db()
    return city


def reviewer(area, username, full_name, staff_no):
    staff = Staff.objects.create_user(username, full_name=full_name, staff_no=staff_no)
    always = DateRange(datetime.date(2016, 1, 1), None)
    RoleGrant.objects.create(staff=staff, role=Role.REVIEWER, area=area, period=always)
    return staff


@pytest.fixture
def maker(area):
    return reviewer(area, "maker", "甲", "1")


@pytest.fixture
def checker(area):
    return reviewer(area, "checker", "乙", "2")


@pytest.fixture
def table():
    return CodeTable.objects.create(code="t", name="before")


def ask(table, area, maker, **more):
    more = {"summary": {"name": "after"}, **more}
    return approvals.request(KIND, table, title="T", area=area, by=maker, at=clock.now(), **more)


def decide(request, by, *, approve=True, note=""):
    return approvals.decide(request.pk, approve=approve, by=by, at=clock.now(), note=note)


def test_approving_does_the_act_and_leaves_a_trail(table, area, maker, checker):
    request = decide(ask(table, area, maker, amount=Decimal("12.50")), checker)
    table.refresh_from_db()
    assert table.name == "after"
    assert (request.state, request.checker) == (ApprovalState.APPROVED, checker)
    kinds = AuditEvent.objects.filter(target_label="core.approvalrequest").values_list("kind")
    assert [kind for (kind,) in kinds.order_by("id")] == ["approval.request", "approval.approve"]
    assert integrity.broken_invariants() == []


def test_returning_needs_a_note_and_does_nothing(table, area, maker, checker):
    request = ask(table, area, maker)
    with pytest.raises(DomainError) as refused:
        decide(request, checker, approve=False, note=" ")
    assert refused.value.code == "return_needs_a_note"
    assert decide(request, checker, approve=False, note="why?").state == ApprovalState.RETURNED
    table.refresh_from_db()
    assert table.name == "before"


def test_nobody_decides_own_work_not_even_by_a_second_account(table, area, maker):
    request = ask(table, area, maker)
    second = Staff.objects.create_user("maker2", full_name="甲", staff_no="1")
    for person in (maker, second):
        with pytest.raises(OwnWork):
            decide(request, person)


def test_the_database_refuses_own_work_by_any_way(table, area, maker):
    request = ask(table, area, maker)
    second = Staff.objects.create_user("maker2", full_name="甲", staff_no="1")
    for person in (maker, second):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            ApprovalRequest.objects.filter(pk=request.pk).update(
                state="APPROVED",
                checker=person,
                checker_staff_no=person.staff_no,
                checked_at=clock.now(),
            )
        assert integrity.constraint_of(refused.value) == "approval_not_by_its_maker"


@pytest.mark.parametrize(
    "change",
    [{"state": "PENDING"}, {"note": "else"}, {"amount": Decimal("9.00")}, {"kind": "test.other"}],
)
def test_a_decided_request_stands_whoever_changes_it(table, area, maker, checker, change):
    request = decide(ask(table, area, maker), checker)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        ApprovalRequest.objects.filter(pk=request.pk).update(**change)
    assert integrity.constraint_of(refused.value) == "approval_stands_as_made_and_decided"
    with pytest.raises(IntegrityError), transaction.atomic():
        ApprovalRequest.objects.filter(pk=request.pk).delete()


def test_the_maker_of_a_waiting_request_is_never_another(table, area, maker, checker):
    request = ask(table, area, maker)
    for change in ({"maker": checker}, {"maker_staff_no": "9"}, {"target_id": 0}):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            ApprovalRequest.objects.filter(pk=request.pk).update(**change)
        assert integrity.constraint_of(refused.value) == "approval_stands_as_made_and_decided"


def test_the_second_decision_is_told_of_the_first(table, area, maker, checker):
    request = ask(table, area, maker)
    at = datetime.datetime(2016, 9, 1, 1, 30, tzinfo=datetime.UTC)
    approvals.decide(request.pk, approve=True, by=checker, at=at)
    third = reviewer(area, "third", "丙", "3")
    with pytest.raises(MovedOn) as refused:
        decide(request, third, approve=False, note="no")
    assert "乙 (checker)" in str(refused.value)
    assert "2016-09-01 09:30" in str(refused.value), "the bureau's time, not the database's"


def test_who_decides_what_was_taken_back_is_told_so(table, area, maker, checker):
    request = ask(table, area, maker)
    approvals.withdraw(request.pk, by=maker, at=clock.now())
    with pytest.raises(MovedOn) as refused:
        decide(request, checker)
    assert refused.value.code == "approval_withdrawn_before"
    assert "甲 (maker)" in str(refused.value)


def test_a_refused_act_leaves_the_request_waiting_with_the_reason(table, area, maker, checker):
    request = ask(table, area, maker, summary={"refused": True})
    with pytest.raises(DomainError) as refused:
        decide(request, checker)
    assert refused.value.code == "no_such_name"
    request.refresh_from_db()
    assert (request.state, request.execution_error) == (ApprovalState.PENDING, "No x.")
    assert request.checker is None


def test_one_request_waits_per_thing(table, area, maker, checker):
    ask(table, area, maker)
    with pytest.raises(DomainError) as refused:
        ask(table, area, checker)
    assert refused.value.code == "approval_one_open_per_target"


def test_only_the_maker_withdraws(table, area, maker, checker):
    request = ask(table, area, maker)
    with pytest.raises(DomainError):
        approvals.withdraw(request.pk, by=checker, at=clock.now())
    assert approvals.withdraw(request.pk, by=maker, at=clock.now()).state == "WITHDRAWN"
    assert approvals.pending_of(table) is None
    ask(table, area, maker)
    assert approvals.pending_of(table, KIND) is not None


def test_a_batch_sums_what_was_approved_and_says_what_was_not(area, maker, checker):
    numbers = []
    for code, by in (("a", maker), ("b", checker), ("c", maker)):
        table = CodeTable.objects.create(code=code, name=code)
        numbers.append(ask(table, area, by, amount=Decimal("10.10")).pk)
    result = approvals.decide_many(numbers, by=checker, at=clock.now())
    assert (result.decided_count, result.amount) == (2, Decimal("20.20"))
    assert [d.request_id for d in result.decisions if d.refused] == [numbers[1]]


def test_the_list_holds_what_waits_in_the_scope_without_own_work(table, area, maker, checker):
    request = ask(table, area, maker)
    actor = actor_of(checker, on=clock.today())
    assert list(approvals.pending_for(actor)) == [request]
    assert list(approvals.pending_for(actor, [KIND], excluding=checker.staff_no)) == [request]
    assert list(approvals.pending_for(actor, excluding=maker.staff_no)) == []
    assert list(approvals.pending_for(actor, ["other"])) == []


@pytest.mark.parametrize("lacks", ["role", "area", "day"])
def test_only_a_role_for_the_kind_and_the_area_decides(table, area, maker, checker, lacks):
    county = Area.objects.create(code="210281", name="瓦房店市", level="COUNTY", parent=area)
    lacking = {
        "role": {"role": Role.CLERK},
        "area": {"area": county},
        "day": {"period": DateRange(datetime.date(2016, 1, 1), datetime.date(2017, 1, 1))},
    }
    RoleGrant.objects.filter(staff=checker).update(**lacking[lacks])
    request = ask(table, area, maker)
    actor = actor_of(checker, on=clock.today())
    assert not approvals.may_decide(actor, request)
    assert list(approvals.pending_for(actor)) == []
    with pytest.raises(NotEntitled) as refused:
        decide(request, checker)
    assert refused.value.code == "approval_needs_a_role"
    request.refresh_from_db()
    assert (request.state, request.execution_error) == (ApprovalState.PENDING, "")


def test_a_kind_that_nobody_could_decide_is_not_registered():
    with pytest.raises(ValueError, match="nobody"):
        approvals.register("test.other", label="Other", roles=[], on_approved=rename)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(area, maker, checker):
    other = reviewer(area, "other", "丁", "4")
    for number in range(15):
        table = CodeTable.objects.create(code=str(number), name="before")
        request = ask(table, area, maker, summary={"name": "after"})
        barrier = threading.Barrier(2)

        def attempt(person, number=request.pk, barrier=barrier):
            barrier.wait()
            try:
                approvals.decide(number, approve=True, by=person, at=clock.now())
            except MovedOn:
                return "told"
            finally:
                connection.close()
            return "won"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(attempt, [checker, other])) == ["told", "won"]
    assert AuditEvent.objects.filter(kind="approval.approve").count() == 15
