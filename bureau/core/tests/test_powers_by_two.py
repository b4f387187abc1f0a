"""No security administrator alone gives a role, opens an account or takes one over."""

# ruff: noqa: S608 (the statements are made of own texts alone)

import datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.urls import reverse

from bureau.core import approvals, clock, integrity, passwords, powers
from bureau.core.choices import Role, WishState
from bureau.core.errors import DomainError, NotEntitled, OwnWork
from bureau.core.models import ApprovalRequest, AuditEvent, PowerWish, RoleGrant, Staff
from bureau.core.tests.factories import ALWAYS, PASSWORD, city, county, staff
from bureau.core.tests.test_admin import act, client_of, filled_in, upload
from bureau.database import WEB_ROLE, WORKER_ROLE
from bureau.testing.roles import NO_RIGHT, As, act_as, make_roles, why_refused

pytestmark = pytest.mark.django_db
ADMIN = Role.SECURITY_ADMINISTRATOR


@pytest.fixture(autouse=True)
def order(settings):
    settings.DEMO = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    yield
    assert [one for one in integrity.broken_invariants() if "stored" not in one.name] == []


@pytest.fixture
def client() -> Client:
    """Signed in as the one security administrator."""
    return client_of(ADMIN, "first")


@pytest.fixture
def second() -> Staff:
    return staff("second", (ADMIN, city()), is_staff=True, is_demonstration=True)


@pytest.fixture
def person() -> Staff:
    return staff("li", staff_no="N7", password=None)


def approve(by: Staff, request: ApprovalRequest | None = None) -> ApprovalRequest:
    request = request or ApprovalRequest.objects.get(state="PENDING")
    return approvals.decide(request.pk, approve=True, by=by, at=clock.now())


def role_form(person: Staff, **changes: Any) -> dict[str, Any]:
    return {
        "staff": person.pk, "role": "CLERK", "area": county().pk, "period_0": "2016-09-01",
        "period_1": "", "reason": "new in the office",
    } | changes  # fmt: skip


def messages_of(answer: Any) -> str:
    return " ".join(str(one) for one in answer.context["messages"])


# ---- Roles


def test_a_role_holds_after_another_administrator_approved_it(client, second, person):
    answer = client.post(reverse("admin:core_rolegrant_add"), role_form(person), follow=True)
    assert answer.status_code == 200
    assert not RoleGrant.objects.filter(staff=person).exists()
    request = ApprovalRequest.objects.get()
    assert request.summary["staff_no"] == "N7"
    assert request.reason == "new in the office"
    assert list(approvals.pending_for(approvals.actor_of(second, clock.today()))) == [request]
    approve(second)
    grant = RoleGrant.objects.get(staff=person)
    assert (grant.role, grant.area, grant.approval) == ("CLERK", county(), request)
    assert "first" in grant.granted_by
    assert AuditEvent.objects.filter(kind="power.approved").count() == 1
    assert PowerWish.objects.get().state == WishState.DONE


def test_neither_who_asks_nor_whom_it_is_about_approves(client, second, person):
    first = Staff.objects.get(username="first")
    twin = staff("twin", (ADMIN, city()), staff_no=first.staff_no)
    holder = staff("li-two", (ADMIN, city()), staff_no="N7")
    client.post(reverse("admin:core_rolegrant_add"), role_form(person))
    for one in (first, twin, holder):
        with pytest.raises(OwnWork):
            approve(one)
    for other in (Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR, Role.DIRECTOR):
        with pytest.raises(NotEntitled):
            approve(staff(other.lower(), (other, city())))
    assert not RoleGrant.objects.filter(staff=person).exists()


def test_an_administrator_who_is_alone_is_told_the_operators_way(client, person):
    staff("also-n7", (ADMIN, city()), staff_no="N7")
    answer = client.post(reverse("admin:core_rolegrant_add"), role_form(person))
    assert "make_administrator" in str(answer.context["adminform"].form.errors)
    answer = act(client, "issue_password", person, reason="lost")
    assert "make_administrator" in messages_of(client.get(answer.url))
    assert not PowerWish.objects.exists()


def test_a_reason_is_asked_for(client, second, person):
    answer = client.post(reverse("admin:core_rolegrant_add"), role_form(person, reason=" "))
    assert answer.context["adminform"].form.errors
    assert not PowerWish.objects.exists()


def test_a_role_is_taken_away_by_two_and_its_holder_place_and_kind_stay(client, second, person):
    grant = RoleGrant.objects.create(staff=person, role="CLERK", area=county(), period=ALWAYS)
    url = reverse("admin:core_rolegrant_change", args=[grant.pk])
    values = filled_in(client, url) | {
        "period_0": "2016-01-01", "period_1": "2017-01-01", "reason": "moved",
        "role": "DIRECTOR", "area": city().pk, "granted_by": "x",
    }  # fmt: skip
    assert client.post(url, values).status_code == 302
    grant.refresh_from_db()
    assert grant.period.upper is None
    approve(second)
    grant.refresh_from_db()
    assert str(grant.period.upper) == "2017-01-01"
    assert (grant.role, grant.area) == ("CLERK", county())


def test_roles_come_in_by_file_and_wait_like_others_but_never_the_own(client, second, person):
    url = reverse("admin:core_rolegrant_import")
    header = ["staff", "role", "area", "first_day", "day_after_last", "reason"]
    rows = [["li", role, "210281", "2016-09-01", None, "by decree"] for role in ("CLERK", "VIEWER")]
    county()
    upload(client, url, header, *rows)
    assert not RoleGrant.objects.filter(staff=person).exists()
    requests = ApprovalRequest.objects.all()
    assert {one.reason for one in requests} == {"by decree"}
    done = approvals.decide_many([one.pk for one in requests], by=second, at=clock.now())
    assert done.decided_count == 2
    grant = RoleGrant.objects.get(staff=person, role="CLERK")
    assert (str(grant.period.lower), grant.period.upper) == ("2016-09-01", None)
    upload(client, url, header, ["li", "CLERK", "210281", "2016-09-01", "2017-01-01", None])
    grant.refresh_from_db()
    assert grant.period.upper is None
    approve(second)
    grant.refresh_from_db()
    assert str(grant.period.upper) == "2017-01-01"
    upload(client, url, header, ["first", "DIRECTOR", "210200", "2016-09-01", None, "x"])
    assert not PowerWish.objects.filter(staff__username="first").exists()


def test_against_the_three_powers_the_form_says_no_also_over_two_accounts(client, second):
    """The trigger would; the form says it before anybody waits."""
    staff("auditor-one", (Role.AUDITOR, city()), staff_no="N8")
    other = staff("auditor-two", staff_no="N8")
    values = role_form(other, role="SYSTEM_ADMINISTRATOR", area=city().pk)
    answer = client.post(reverse("admin:core_rolegrant_add"), values)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not PowerWish.objects.exists()


def test_two_wishes_do_not_join_two_powers_when_both_are_approved(client, second, person):
    for role in ("AUDITOR", "SYSTEM_ADMINISTRATOR"):
        values = role_form(person, role=role, area=city().pk)
        assert client.post(reverse("admin:core_rolegrant_add"), values).status_code == 302
    first, later = ApprovalRequest.objects.order_by("pk")
    approve(second, first)
    with pytest.raises(DomainError):
        approve(second, later)
    assert RoleGrant.objects.filter(staff=person).count() == 1


def test_a_wish_returned_or_taken_back_does_nothing_and_may_be_asked_anew(client, second, person):
    for how in ("return", "withdraw"):
        client.post(reverse("admin:core_rolegrant_add"), role_form(person))
        waits = ApprovalRequest.objects.get(state="PENDING")
        if how == "return":
            approvals.decide(waits.pk, approve=False, by=second, at=clock.now(), note="no")
        else:
            approvals.withdraw(waits.pk, by=waits.maker, at=clock.now())
    client.post(reverse("admin:core_rolegrant_add"), role_form(person))
    client.post(reverse("admin:core_rolegrant_add"), role_form(person))
    assert ApprovalRequest.objects.filter(state="PENDING").count() == 1, "asked once"
    assert not RoleGrant.objects.filter(staff=person).exists()


# ---- Accounts


ACCOUNT = {
    "username": "zhao", "full_name": "赵", "staff_no": "N9", "is_active": "on", "is_staff": "on",
    "reason": "new auditor",
}  # fmt: skip


def test_a_new_account_signs_in_after_another_administrator_approved_it(client, second):
    assert client.post(reverse("admin:core_staff_add"), ACCOUNT).status_code == 302
    made = Staff.objects.get(username="zhao")
    assert (made.is_active, made.is_staff, made.has_usable_password()) == (False, False, False)
    assert act(client, "issue_password", made, reason="x").status_code == 302
    made.refresh_from_db()
    assert not made.has_usable_password(), "no password before the approval"
    wish = PowerWish.objects.get(act="ACCOUNT")
    approve(second, ApprovalRequest.objects.get(target_id=wish.pk))
    made.refresh_from_db()
    assert (made.is_active, made.is_staff) == (True, True)
    answer = act(client, "issue_password", made)
    made.refresh_from_db()
    [(shown, password)] = answer.context["issued"]
    assert shown == made
    assert made.check_password(password)


def test_accounts_by_file_wait_too(client, second):
    header = ["username", "full_name", "staff_no", "is_active", "is_staff"]
    url = reverse("admin:core_staff_import")
    upload(client, url, header, ["zhao", "赵", "N9", "1", "1"])
    made = Staff.objects.get(username="zhao")
    assert (made.is_active, made.is_staff) == (False, False)
    approve(second)
    made.refresh_from_db()
    assert (made.is_active, made.is_staff) == (True, True)


def test_shutting_out_holds_at_once_and_letting_in_again_takes_two(client, second):
    person = staff("li", staff_no="N7")
    url = reverse("admin:core_staff_change", args=[person.pk])
    values = filled_in(client, url)
    values.pop("is_active")
    assert client.post(url, values).status_code == 302
    person.refresh_from_db()
    assert not person.is_active
    values = filled_in(client, url) | {"is_active": "on", "full_name": "李强", "reason": "back"}
    assert client.post(url, values).status_code == 302
    person.refresh_from_db()
    assert (person.is_active, person.full_name) == (False, "李强")
    approve(second)
    person.refresh_from_db()
    assert person.is_active
    assert person.check_password(PASSWORD)


# ---- Passwords and second factors


def test_a_one_time_password_is_issued_once_after_approval_to_who_asked(client, second):
    person = staff("li", staff_no="N7")
    assert act(client, "issue_password", person, reason="lost").status_code == 302
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    approve(second)
    assert person.check_password(PASSWORD), "the second one sees no password either"
    theirs = Client()
    theirs.force_login(second)
    act(theirs, "issue_password", person, reason="mine")
    person.refresh_from_db()
    assert person.check_password(PASSWORD), "nobody issues what another asked for"
    answer = act(client, "issue_password", person)
    person.refresh_from_db()
    [(_staff, password)] = answer.context["issued"]
    assert person.check_password(password)
    assert person.password_changed_at is None
    assert "no-store" in answer.headers["Cache-Control"]
    event = AuditEvent.objects.get(kind="staff.password-issued")
    assert password not in str(event.facts)
    act(client, "issue_password", person, reason="again")
    person.refresh_from_db()
    assert person.check_password(password), "an approval is good for one password"


def test_an_approved_password_is_issued_within_a_day(client, second):
    person = staff("li", staff_no="N7")
    act(client, "issue_password", person, reason="lost")
    approve(second)
    first = Staff.objects.get(username="first")
    late = clock.now() + datetime.timedelta(hours=25)
    assert powers.issue_password(person, by=first, at=late) is None


def test_a_second_factor_is_removed_by_two(client, second):
    person = staff("li", staff_no="N7")
    Authenticator.objects.create(user=person, type="totp", data={})
    act(client, "remove_second_factor", person, reason="telephone lost")
    assert Authenticator.objects.filter(user=person).exists()
    approve(second)
    assert not Authenticator.objects.filter(user=person).exists()
    assert AuditEvent.objects.filter(kind="staff.second-factor-removed").count() == 1


# ---- Round the pages


def asked(person: Staff, second: Staff) -> tuple[Staff, ApprovalRequest]:
    first = staff("first", (ADMIN, city()))
    request = powers.ask_role(
        person, "CLERK", county(), DateRange(datetime.date(2016, 9, 1), None), reason="r",
        by=first, at=clock.now(),
    )  # fmt: skip
    return first, request


def test_the_whole_way_goes_with_the_web_servers_rights(second, person):
    make_roles()
    first = staff("first", (ADMIN, city()))
    with As(WEB_ROLE):
        request = powers.ask_role(
            person, "CLERK", county(), ALWAYS, reason="r", by=first, at=clock.now()
        )
        approve(second, request)
        change = powers.ask_period(
            RoleGrant.objects.get(staff=person),
            DateRange(datetime.date(2016, 1, 1), datetime.date(2017, 1, 1)),
            reason="r", by=first, at=clock.now(),
        )  # fmt: skip
        approve(second, change)
        made = Staff(username="zhao", full_name="赵", staff_no="N9", is_active=False)
        made.set_unusable_password()
        made.save()
        approve(second, powers.ask_account(made, may_sign_in=True, may_maintain=False, reason="r",
                                           by=first, at=clock.now()))  # fmt: skip
        made.refresh_from_db()
        password = powers.issue_password(made, by=first, at=clock.now())
        made.refresh_from_db()
        assert made.check_password(password)
        # Then it is the person's own to change.
        made.set_password("Another-rain-2016")
        made.password_changed_at = clock.now()
        made.save()
    assert str(RoleGrant.objects.get(staff=person).period.upper) == "2017-01-01"


GRANT = (
    "INSERT INTO core_rolegrant (staff_id, role, area_id, period, granted_by, approval_id)"
    " SELECT staff.id, %s, area.id, '[2016-09-01,)', 'x', %s FROM core_staff staff, core_area area"
    " WHERE staff.username = 'li' AND area.code = '210281'"
)


def test_no_statement_gives_a_role(second, person):
    make_roles()
    _first, request = asked(person, second)
    assert why_refused(WEB_ROLE, GRANT, "CLERK", None) == "power_by_two_people"
    assert why_refused(WEB_ROLE, GRANT, "CLERK", request.pk) == "power_by_two_people"
    approve(second, request)
    for role in ("CLERK", "DIRECTOR"):
        why = why_refused(WEB_ROLE, GRANT, role, request.pk)
        assert why in ("power_by_two_people", "role_grant_once_at_a_time"), "used once"
    for change in ("role = 'DIRECTOR'", "area_id = 0", "period = '[2016-01-01,2030-01-01)'",
                   f"staff_id = {second.pk}", "approval_id = NULL",
                   "granted_by = 'y'"):  # fmt: skip
        assert why_refused(WEB_ROLE, f"UPDATE core_rolegrant SET {change}") in (
            "power_by_two_people", "role_grant_once_at_a_time", "role_grant_three_powers_apart",
        )  # fmt: skip
    assert why_refused(WEB_ROLE, "DELETE FROM core_rolegrant") == NO_RIGHT
    for statement in ("UPDATE core_rolegrant SET role = 'VIEWER'", "DELETE FROM core_rolegrant"):
        assert why_refused(WORKER_ROLE, statement) == NO_RIGHT


def test_no_statement_approves_a_wish_or_changes_it(second, person):
    make_roles()
    asked(person, second)
    alone = "UPDATE core_powerwish SET state = 'APPROVED', approved_by_no = %s, approved_at = now()"
    assert why_refused(WEB_ROLE, alone, second.staff_no) == "power_by_two_people"
    for fact in ("role = 'DIRECTOR'", "area_id = 0", "period = '[2016-01-01,)'", "act = 'PASSWORD'",
                 "staff_no = 'x'", "asked_by_no = 'x'", "may_maintain = true"):  # fmt: skip
        assert why_refused(WEB_ROLE, f"UPDATE core_powerwish SET {fact}") == "power_stands"
    assert why_refused(WEB_ROLE, "DELETE FROM core_powerwish") == NO_RIGHT


def test_no_statement_opens_an_account_or_sets_anybodys_password_back(second):
    make_roles()
    person = staff("li", staff_no="N7")
    for change in ("is_staff = true", "is_superuser = true", "is_demonstration = true",
                   "password = 'md5$x$y', password_changed_at = NULL"):  # fmt: skip
        why = why_refused(WEB_ROLE, f"UPDATE core_staff SET {change} WHERE username = 'li'")
        assert why == "power_by_two_people", change
    Staff.objects.filter(pk=person.pk).update(is_active=False)
    opened = "UPDATE core_staff SET is_active = true WHERE username = 'li'"
    assert why_refused(WEB_ROLE, opened) == "power_by_two_people"
    for made in ({"is_active": True}, {"is_staff": True}, {"is_superuser": True}):
        with pytest.raises(Exception, match="stands"):
            act_as(
                WEB_ROLE,
                lambda made=made: Staff.objects.create_user(
                    "puppet", None, full_name="x", staff_no="x", **{"is_active": False} | made
                ),
            )
    with pytest.raises(Exception, match="no second administrator"):
        act_as(WEB_ROLE, lambda: passwords.issue_to(person))
