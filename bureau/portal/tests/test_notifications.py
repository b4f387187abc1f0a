"""Staff are told once, in the transaction of the event, and led only where they may go."""

import datetime

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from bureau.core import approvals, clock, jobs, notifications, parameters
from bureau.core.actors import Actor
from bureau.core.choices import JobState, NotificationKind, Role
from bureau.core.models import Notification, ParameterVersion, RoleGrant
from bureau.core.tests.factories import city, county, staff
from bureau.intake.choices import Channel
from enrollment.choices import Scheme
from enrollment.services import rosters
from enrollment.tests import decisions as made

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demonstration(settings):
    settings.DEMO = True


def clerk(name="li", role=Role.CLERK, area=None, **fields):
    return staff(name, (role, area or county()), is_demonstration=True, **fields)


def signed_in(account):
    client = Client()
    client.force_login(account)
    return client


def kinds_of(account):
    return list(Notification.objects.filter(staff=account).values_list("kind", flat=True))


def a_request(maker, area=None, **fields):
    target = ParameterVersion.objects.create(
        key=f"figure.{ParameterVersion.objects.count()}",
        value=5,
        starts_on=clock.today(),
        source="x",
        proposed_by=maker,
        proposed_at=clock.now(),
    )
    return approvals.request(
        parameters.KIND, target, title="t", area=area or city(), by=maker, at=clock.now(), **fields
    )


def test_the_asker_is_told_of_the_end_of_a_job_once():
    account = clerk()
    kind = "enrollment.count_duplicates"
    job = jobs.enqueue(kind, "x", by=account, at=clock.now())
    jobs.run_until_done(job.pk)
    assert kinds_of(account) == ["JOB_DONE"]
    jobs.run(job.pk, worker="again")
    assert len(kinds_of(account)) == 1
    note = Notification.objects.get()
    assert (note.subject, note.target_id) == (kind, job.pk)


def test_a_job_that_ends_and_its_notification_are_one_transaction(monkeypatch):
    account = clerk()
    job = jobs.enqueue("enrollment.count_duplicates", "x", by=account, at=clock.now())

    def broken(*_args, **_options):
        raise RuntimeError("no room")

    monkeypatch.setattr(notifications, "job_ended", broken)
    jobs.run(job.pk, worker="test")
    job.refresh_from_db()
    assert job.state != JobState.DONE, "not ended without its notification"


def test_the_maker_is_told_what_was_decided_and_nothing_of_a_refusal():
    maker = clerk("li", Role.DIRECTOR, city())
    second = clerk("wang", Role.DIRECTOR, city())
    approved = a_request(maker)
    approvals.decide(approved.pk, approve=True, by=second, at=clock.now())
    assert kinds_of(maker) == ["APPROVED"]
    returned = a_request(maker)
    with transaction.atomic():
        approvals.decide(returned.pk, approve=False, by=second, at=clock.now(), note="不行")
        transaction.set_rollback(True)
    assert kinds_of(maker) == ["APPROVED"], "what was not decided is not told"
    approvals.decide(returned.pk, approve=False, by=second, at=clock.now(), note="不行")
    assert sorted(kinds_of(maker)) == ["APPROVED", "RETURNED"]


def test_who_may_decide_is_told_once_of_what_is_overdue_and_its_maker_is_not():
    maker = clerk("li", Role.DIRECTOR, city())
    second = clerk("wang", Role.DIRECTOR, city())
    other = clerk("zhao", Role.DIRECTOR, county())
    past = clerk("qian", Role.DIRECTOR, city())
    RoleGrant.objects.filter(staff=past).update(
        period=type(RoleGrant.objects.get(staff=past).period)(
            datetime.date(2016, 1, 1), datetime.date(2017, 1, 1)
        )
    )
    request = a_request(maker)
    later = request.due_at + datetime.timedelta(hours=1)
    assert notifications.tell_overdue(at=clock.now(), today=clock.today()) == 0
    assert notifications.tell_overdue(at=later, today=clock.today()) == 1
    assert notifications.tell_overdue(at=later, today=clock.today()) == 0
    assert kinds_of(second) == ["OVERDUE"]
    assert kinds_of(maker) + kinds_of(other) + kinds_of(past) == []


def receive(area, by):
    return rosters.receive_roster(
        scheme=Scheme.NCMS, area=area, year=2019, channel=Channel.BROWSER, at=clock.now(), by=by
    )


def test_who_follows_an_area_is_told_of_its_rosters_and_led_there_while_in_scope():
    follower = clerk("wang", Role.REVIEWER, city())
    sender = clerk("li", Role.CLERK, county())
    client = signed_in(follower)
    form = {"kinds": ["JOB_FAILED"], "areas": [str(county().pk)], "form_token": "c" * 22}
    assert client.post(reverse("portal:subscriptions"), form).status_code == 302
    batch = receive(county(), Actor.of(sender))
    receive(county("210283", "庄河市"), Actor.of(sender))
    assert kinds_of(follower) == ["ROSTER"]
    address = reverse("enrollment:roster-detail", args=[batch.pk])
    assert address in client.get(reverse("portal:notifications")).content.decode()
    RoleGrant.objects.filter(staff=follower).delete()
    RoleGrant.objects.create(
        staff=follower, role=Role.REVIEWER, area=county("210283", "庄河市"),
        period=made.DateRange(datetime.date(2016, 1, 1), None),
    )  # fmt: skip
    page = signed_in(follower).get(reverse("portal:notifications")).content.decode()
    assert address not in page
    assert "已不在您的数据范围内" in page


def test_what_is_not_wanted_is_not_told():
    account = clerk()
    notifications.wish(account.pk, wanted=[], followed=[], offered=[])
    job = jobs.enqueue("enrollment.count_duplicates", "x", by=account, at=clock.now())
    jobs.run_until_done(job.pk)
    assert kinds_of(account) == []


def test_notifications_are_counted_marked_and_only_ones_own():
    account, other = clerk("li"), clerk("wang")
    for number in (1, 2, 3):
        for one in (account, other):
            notifications.tell(
                NotificationKind.JOB_DONE, [one.pk], subject="x", target=number, at=clock.now()
            )
    client = signed_in(account)
    first = Notification.objects.filter(staff=account).first()
    foreign = Notification.objects.filter(staff=other).first()
    read = reverse("portal:notifications-read")
    client.post(read, {"number": str(first.pk)})
    client.post(read, {"number": str(foreign.pk)})
    unread = Notification.objects.filter(read_at=None)
    assert unread.filter(staff=account).count() == 2
    assert unread.filter(staff=other).count() == 3
    client.post(read, {"number": "all"})
    assert unread.filter(staff=account).count() == 0
    assert unread.filter(staff=other).count() == 3


def test_old_ones_are_purged_by_the_bureaus_figure():
    account = clerk()
    at = clock.now()
    for days in (10, 89, 91):
        notifications.tell(
            NotificationKind.JOB_DONE, [account.pk], subject="x", target=days,
            at=at - datetime.timedelta(days=days),
        )  # fmt: skip
    assert notifications.purge(at=at, today=clock.today()) == 1
    assert set(Notification.objects.values_list("target_id", flat=True)) == {10, 89}


def test_no_column_of_a_notification_can_hold_a_name():
    texts = {
        field.name
        for field in Notification._meta.concrete_fields
        if field.get_internal_type() in ("CharField", "TextField", "JSONField")
    }
    assert texts == {"kind", "subject", "event"}
