"""Sessions: idle time, age, number, ending on the server, headers."""

import contextlib
import datetime
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bureau.core import sessions
from bureau.core.choices import Role
from bureau.core.models import RoleGrant, Staff, StaffSession
from bureau.core.tests.factories import ALWAYS, county, staff

pytestmark = pytest.mark.django_db

HOME = "/"


def member(username: str = "wang") -> Staff:
    made = staff(username, (Role.CLERK, county()))
    totp.TOTP.activate(made, "JBSWY3DPEHPK3PXP")
    return made


def signed_in(who: Staff) -> Client:
    client = Client()
    client.force_login(who)
    return client


def moved_back(who: Staff, **fields: datetime.timedelta) -> None:
    for record in StaffSession.objects.filter(staff=who):
        for name, by in fields.items():
            setattr(record, name, getattr(record, name) - by)
        record.save()


def is_in(client: Client) -> bool:
    return client.get(HOME).status_code == 200


def test_a_fresh_session_works():
    assert is_in(signed_in(member()))


@pytest.mark.django_db(transaction=True)
def test_sign_ins_at_the_same_moment_keep_the_limit(settings):
    settings.SESSION_PARALLEL_LIMIT = 1
    who = member()
    together = threading.Barrier(4)

    def sign_in(_number: int) -> None:
        try:
            together.wait(timeout=30)
            # One that another has ended meanwhile can no longer be saved.
            with contextlib.suppress(UpdateError):
                signed_in(who)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sign_in, range(4)))
    assert StaffSession.objects.filter(staff=who).count() == 1


def test_idle_time_ends_it():
    who = member()
    client = signed_in(who)
    moved_back(who, seen_at=datetime.timedelta(minutes=15, seconds=1))
    answer = client.get(HOME)
    assert answer.status_code == 302
    assert not StaffSession.objects.filter(staff=who).exists()
    assert not Session.objects.filter(session_key=client.cookies["sid"].value).exists()


def test_use_keeps_it_alive_up_to_its_age():
    who = member()
    client = signed_in(who)
    moved_back(who, seen_at=datetime.timedelta(minutes=14))
    assert is_in(client)
    moved_back(who, seen_at=datetime.timedelta(minutes=14))
    assert is_in(client)
    moved_back(who, began_at=datetime.timedelta(hours=10, seconds=1))
    assert not is_in(client)


def test_what_a_page_polls_by_itself_does_not_keep_it_alive():
    who = member()
    client = signed_in(who)
    moved_back(who, seen_at=datetime.timedelta(minutes=10))
    before = StaffSession.objects.get(staff=who).seen_at
    client.get(reverse("portal:job-progress", args=[1]))
    assert StaffSession.objects.get(staff=who).seen_at == before


def test_the_oldest_beyond_the_limit_is_ended(settings):
    settings.SESSION_PARALLEL_LIMIT = 3
    who = member()
    clients = [signed_in(who) for _ in range(4)]
    assert [is_in(client) for client in clients] == [False, True, True, True]


def test_shutting_out_takes_effect_with_the_next_request():
    who = member()
    client = signed_in(who)
    Staff.objects.filter(pk=who.pk).update(is_active=False)
    assert not is_in(client)


@pytest.mark.parametrize("change", ["added", "removed", "ended"])
def test_changed_roles_end_the_session_at_once(change):
    who = member()
    client = signed_in(who)
    if change == "added":
        RoleGrant.objects.create(
            staff=who, role=Role.REVIEWER, area=county("210283", "庄河市"), period=ALWAYS
        )
    elif change == "removed":
        RoleGrant.objects.filter(staff=who).delete()
    else:
        today = timezone.localdate()
        RoleGrant.objects.filter(staff=who).update(period=(datetime.date(2016, 1, 1), today))
    assert not is_in(client)


def test_signing_out_ends_it_on_the_server_and_clears_the_browser():
    who = member()
    client = signed_in(who)
    key = client.cookies["sid"].value
    answer = client.post(reverse("account_logout"))
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.filter(session_key=key).exists()
    assert not StaffSession.objects.filter(session_key=key).exists()
    replayed = Client()
    replayed.cookies["sid"] = key
    assert not is_in(replayed)


def test_signing_out_by_a_link_is_not_possible():
    client = signed_in(member())
    assert client.get(reverse("account_logout")).status_code == 405
    assert is_in(client)


def test_a_key_made_up_by_the_browser_is_never_taken_over():
    client = Client()
    client.cookies["sid"] = "a" * 32
    client.force_login(member())
    assert client.cookies["sid"].value != "a" * 32


def test_expired_records_are_removed():
    who = member()
    signed_in(who)
    moved_back(who, seen_at=datetime.timedelta(hours=1))
    assert sessions.remove_expired(timezone.now()) == 1


def test_private_pages_are_never_kept_and_give_browsers_no_rights():
    answer = signed_in(member()).get(HOME)
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_knowing_who_asks_costs_four_queries(django_assert_num_queries):
    client = signed_in(member())
    with django_assert_num_queries(4):  # session, account, roles, record of the session
        client.get(reverse("account_logout"))


def test_tidying_removes_what_is_over_and_nothing_else():
    idle = member("idle")
    signed_in(idle)
    at_work = signed_in(member("working"))
    moved_back(idle, seen_at=datetime.timedelta(hours=1))
    nobody = Client().session
    Session.objects.filter(pk=nobody.session_key).update(expire_date=timezone.now())
    assert sessions.tidy(timezone.now()) == 2
    assert is_in(at_work)
    assert Session.objects.count() == StaffSession.objects.count() == 1
