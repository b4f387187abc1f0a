"""Deadlines by working days, what is due first, and approvals left to a colleague."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bureau.core import approvals, clock, deadlines, delegations
from bureau.core.actors import actor_of
from bureau.core.choices import ApprovalState, Role
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.models import ApprovalRequest, CodeTable, CodeValue, Delegation, RoleGrant
from bureau.core.tests.factories import city, county, staff
from bureau.portal import selectors
from bureau.portal.tests.test_notifications import a_request, kinds_of

pytestmark = pytest.mark.django_db


def director(name, area=None, **fields):
    return staff(name, (Role.DIRECTOR, area or city()), is_demonstration=True, **fields)


def signed_in(account):
    client = Client()
    client.force_login(account)
    return client


def leave(giver, taker, days=10):
    grant = RoleGrant.objects.get(staff=giver)
    return delegations.delegate(
        grant, taker, until=clock.today() + datetime.timedelta(days=days), reason="休假",
        by=giver, at=clock.now(), today=clock.today(),
    )  # fmt: skip


def test_working_days_leave_out_weekends_and_holidays_and_count_make_up_days():
    friday = datetime.date(2026, 9, 25)
    after = deadlines.after_working_days
    assert after(friday, 1) == datetime.date(2026, 9, 28)
    assert after(friday, 1, make_up=[datetime.date(2026, 9, 27)]) == datetime.date(2026, 9, 27)
    rest = [datetime.date(2026, 10, day) for day in range(1, 8)]
    assert after(datetime.date(2026, 9, 30), 1, rest) == datetime.date(2026, 10, 8)


def test_a_request_is_due_after_the_working_days_of_its_kind():
    made = a_request(director("li"))
    first = clock.today()
    expected = deadlines.after_working_days(first, 3)
    assert timezone.localtime(made.due_at).date() == expected
    table = CodeTable.objects.create(code=deadlines.REST, name="节假日")
    CodeValue.objects.create(table=table, value=f"{expected:%Y%m%d}", name="x")
    CodeValue.objects.create(table=table, value="not a day", name="x")
    later = deadlines.due_at(made.kind, made.made_at)
    assert later > made.due_at


def test_what_is_due_first_stands_first_and_says_that_it_is_late(settings):
    settings.DEMO = True
    maker, reader = director("li"), director("wang")
    at = clock.now()
    kind = a_request(maker).kind
    approvals.request(kind, reader, title="一周后", area=city(), by=maker, at=at)
    late = approvals.request(
        kind, maker, title="已超期的申请", area=city(), by=maker, at=at,
        due_at=at - datetime.timedelta(days=2, hours=1),
    )  # fmt: skip
    page = signed_in(reader).get(reverse("portal:todo")).content.decode()
    assert page.index("已超期的申请") < page.index("一周后")
    assert "超期 3 天" in page
    detail = signed_in(reader).get(reverse("portal:approval-detail", args=[late.pk]))
    assert "超期 3 天" in detail.content.decode()


def test_a_colleague_looks_after_approvals_and_both_see_it(settings):
    settings.DEMO = True
    giver, taker = director("li", full_name="李建国"), director("wang", full_name="王芳")
    client = signed_in(giver)
    grant = RoleGrant.objects.get(staff=giver)
    form = {
        "whom": f"{grant.pk}-{taker.pk}",
        "until": (clock.today() + datetime.timedelta(days=5)).isoformat(),
        "reason": "外出开会",
        "form_token": "d" * 22,
    }
    assert client.post(reverse("portal:delegations"), form).status_code == 302
    found = Delegation.objects.get()
    for account, other in ((giver, "王芳"), (taker, "李建国")):
        for route in ("portal:delegations", "portal:todo"):
            assert other in signed_in(account).get(reverse(route)).content.decode()
    assert kinds_of(taker) == ["DELEGATED"]
    signed_in(taker).post(reverse("portal:delegation-end"), {"number": str(found.pk)})
    found.refresh_from_db()
    assert found.ended_at is not None
    assert kinds_of(giver) == ["DELEGATED"]
    with pytest.raises(MovedOn):
        delegations.end(found.pk, by=giver, at=clock.now())


def test_the_delegate_does_not_decide_what_the_giver_made(settings):
    giver, taker, third = director("li"), director("wang"), director("zhao")
    request = a_request(giver)
    found = leave(giver, taker)
    waiting = selectors.waiting_for(actor_of(taker, clock.today()))
    assert request not in waiting
    assert request in selectors.waiting_for(actor_of(third, clock.today()))
    with pytest.raises(OwnWork):
        approvals.decide(request.pk, approve=True, by=taker, at=clock.now())
    # Nor past the service.
    with pytest.raises(IntegrityError), transaction.atomic():
        ApprovalRequest.objects.filter(pk=request.pk).update(
            state=ApprovalState.APPROVED, checker=taker, checker_staff_no=taker.staff_no,
            checked_at=clock.now(),
        )  # fmt: skip
    delegations.end(found.pk, by=giver, at=clock.now())
    approvals.decide(request.pk, approve=True, by=taker, at=clock.now())


def test_the_own_work_block_of_the_delegate_stays():
    giver, taker = director("li"), director("wang")
    leave(giver, taker)
    own = a_request(taker)
    with pytest.raises(OwnWork):
        approvals.decide(own.pk, approve=True, by=taker, at=clock.now())


@pytest.mark.parametrize("who", ["another area", "another role", "another account"])
def test_only_a_colleague_of_the_same_role_and_area_takes_over(who):
    giver = director("li")
    taker = {
        "another area": lambda: director("wang", county()),
        "another role": lambda: staff("wang", (Role.REVIEWER, city())),
        "another account": lambda: director("li2", staff_no=giver.staff_no),
    }[who]()
    with pytest.raises(DomainError):
        leave(giver, taker)


def test_a_delegation_has_an_end_within_reason_and_is_one_at_a_time():
    giver, taker, third = director("li"), director("wang"), director("zhao")
    for days in (-1, 181):
        with pytest.raises(DomainError):
            leave(giver, taker, days)
    leave(giver, taker)
    with pytest.raises(DomainError):
        leave(giver, third)
    with pytest.raises(IntegrityError), transaction.atomic():
        Delegation.objects.create(
            giver=giver, giver_no=giver.staff_no, taker=giver, taker_no="x", role=Role.DIRECTOR,
            area=city(), period=DateRange(clock.today(), None), reason="x", made_at=clock.now(),
        )  # fmt: skip


def test_a_stranger_ends_no_delegation():
    giver, taker, third = director("li"), director("wang"), director("zhao")
    found = leave(giver, taker)
    with pytest.raises(MovedOn):
        delegations.end(found.pk, by=third, at=clock.now())
