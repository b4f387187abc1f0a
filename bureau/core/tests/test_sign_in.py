"""Signing in: second factor, lock-out, password age; through the real pages."""

import datetime
import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bureau.core import lockout, sign_in
from bureau.core.models import AuditEvent, SignInFailure, Staff
from bureau.core.tests.factories import PASSWORD, staff

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXP"
LOGIN = "/sign-in/"


@pytest.fixture(autouse=True)
def _unused_codes_and_quick_hashes(settings):
    """Each test may use the code of the present half minute once more; hashes cost no time."""
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def send(client: Client, username: str, password: str = PASSWORD, **extra):
    return client.post(LOGIN, {"login": username, "password": password}, **extra)


def code_now(later: int = 0) -> str:
    """The code of this half minute, or the next, which a phone whose clock is ahead may show."""
    counter = list(totp.yield_hotp_counters_from_time())[1 + later]
    return totp.format_hotp_value(totp.hotp_value(SECRET, counter))


def member_with_app(username: str = "wang") -> Staff:
    member = staff(username)
    totp.TOTP.activate(member, SECRET)
    return member


def fail(client: Client, username: str, times: int, **extra) -> None:
    for _ in range(times):
        send(client, username, "wrong", **extra)


def text_of(answer) -> str:
    """The page without what differs from one answer to the next."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
    return re.sub(r'name="login" value="[^"]+"', "", page)


def test_without_a_second_factor_nothing_opens_but_setting_one_up(client):
    staff("wang")
    assert send(client, "wang").status_code == 302
    answer = client.get(reverse("portal:home"))
    assert answer.status_code == 302
    assert answer.url == reverse("mfa_index")
    assert client.get(answer.url).status_code == 200
    assert client.get(reverse("mfa_activate_totp")).url.startswith("/account/confirm/")


def test_setting_up_an_app_opens_the_portal_and_keeps_its_secret_encrypted(
    client, django_capture_on_commit_callbacks
):
    member = staff("wang")
    send(client, "wang")
    asked = client.get(reverse("mfa_activate_totp")).url
    page = client.post(asked, {"password": PASSWORD}, follow=True).content.decode()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page).group(1)
    counter = list(totp.yield_hotp_counters_from_time())[1]
    code = totp.format_hotp_value(totp.hotp_value(secret, counter))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("mfa_activate_totp"), {"code": code})
    assert answer.status_code == 302
    assert client.get(answer.url).status_code == 200
    assert client.get(reverse("portal:home")).status_code == 200
    stored = Authenticator.objects.get(user=member, type="totp")
    assert secret not in str(stored.data)
    assert AuditEvent.objects.filter(kind="second-factor-added").exists()


def test_with_a_second_factor_the_password_alone_opens_nothing(client):
    member_with_app()
    answer = send(client, "wang")
    assert answer.url == reverse("mfa_authenticate")
    assert client.get(reverse("portal:home")).status_code == 302
    assert "_auth_user_id" not in client.session
    answer = client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert answer.status_code == 302
    assert client.get(reverse("portal:home")).status_code == 200


def test_signing_in_gives_the_session_a_new_key(client):
    member_with_app()
    client.get(LOGIN)
    client.session.save()
    send(client, "wang")
    before = client.cookies["sid"].value
    client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert client.cookies["sid"].value != before


def test_the_demonstration_eases_the_second_factor_for_its_own_accounts_alone(client, settings):
    settings.DEMO = True
    staff("demo", is_demonstration=True, password_changed_at=None)
    staff("wang")
    send(client, "demo")
    assert client.get(reverse("portal:home")).status_code == 200
    other = Client()
    send(other, "wang")
    assert other.get(reverse("portal:home")).status_code == 302


def test_outside_the_demonstration_its_accounts_neither_sign_in_nor_go_on(client, settings):
    staff("demo", is_demonstration=True)
    send(client, "demo")
    assert client.get(reverse("portal:home")).url.startswith(reverse("account_login"))
    settings.DEMO = True
    send(client, "demo")
    assert client.get(reverse("portal:home")).status_code == 200
    settings.DEMO = False
    assert client.get(reverse("portal:home")).url.startswith(reverse("account_login"))


def test_unknown_closed_and_wrong_get_the_same_answer():
    staff("wang")
    staff("gone", is_active=False)
    staff("new", password=None)
    pages = {text_of(send(Client(), name, "Wrong-word-2016")) for name in ("wang", "nobody", "new")}
    pages.add(text_of(send(Client(), "gone")))
    assert len(pages) == 1


def test_five_wrong_passwords_lock_the_account_also_for_the_right_one(client):
    staff("wang")
    fail(client, "wang", 5)
    answer = send(client, "wang")
    assert answer.status_code == 200
    assert "15" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_an_unknown_name_is_locked_like_a_known_one(client):
    staff("wang")
    fail(Client(), "wang", 5)
    fail(Client(), "nobody", 5)
    assert text_of(send(Client(), "wang")) == text_of(send(Client(), "nobody"))


def test_the_lock_ends_and_the_next_one_is_twice_as_long():
    now = timezone.now()
    long_ago = now - datetime.timedelta(minutes=16)
    for minutes in range(5):
        SignInFailure.objects.create(
            username="wang", failed_at=long_ago - datetime.timedelta(minutes=minutes)
        )
    assert lockout.locked_until("wang", None, "", now) is None
    for _ in range(5):
        SignInFailure.objects.create(username="wang", failed_at=now)
    assert lockout.locked_until("wang", None, "", now) == now + datetime.timedelta(minutes=30)


def test_attempts_while_locked_do_not_lengthen_the_lock(client):
    staff("wang")
    fail(client, "wang", 25)
    assert SignInFailure.objects.filter(username="wang").count() == 5


def test_fifty_wrong_from_one_address_lock_the_address_for_other_names(client):
    staff("wang")
    for number in range(10):
        fail(client, f"guess{number}", 5)
    assert "_auth_user_id" not in client.session
    answer = send(client, "wang")
    assert answer.status_code == 200
    assert send(Client(), "wang", REMOTE_ADDR="10.1.1.9").status_code == 302


def test_a_forged_forwarding_header_changes_nothing(client, settings):
    for number in range(10):
        fail(client, f"guess{number}", 5, HTTP_X_FORWARDED_FOR=f"10.9.9.{number}")
    staff("wang")
    assert send(client, "wang", HTTP_X_FORWARDED_FOR="10.8.8.8").status_code == 200
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    assert send(client, "wang", HTTP_X_FORWARDED_FOR="10.8.8.8").status_code == 302


def test_behind_a_trusted_proxy_only_the_last_foreign_address_counts(rf, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    request = rf.get("/", HTTP_X_FORWARDED_FOR="1.1.1.1, 10.8.8.8, 127.0.0.1")
    assert lockout.address_of(request) == "10.8.8.8"


def test_the_owner_gets_in_from_a_known_browser_while_others_lock_the_name():
    member_with_app()
    own = Client()
    send(own, "wang")
    own.post(reverse("mfa_authenticate"), {"code": code_now()})
    own.post(reverse("account_logout"))
    fail(Client(), "wang", 20)
    cache.clear()
    assert send(own, "wang").url == reverse("mfa_authenticate")
    answer = own.post(reverse("mfa_authenticate"), {"code": code_now(later=1)})
    assert answer.status_code == 302
    assert send(Client(), "wang").status_code == 200, "elsewhere the lock still holds"


def test_wrong_codes_of_the_second_factor_count_too(client):
    member_with_app()
    send(client, "wang")
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert "_auth_user_id" not in client.session
    assert send(Client(), "wang").status_code == 200, "a right password does not lift the lock"


def test_a_right_password_between_wrong_codes_does_not_start_the_count_anew(client):
    member_with_app()
    for _ in range(4):
        send(client, "wang")
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert SignInFailure.objects.filter(username="wang", cleared=False).count() == 4


def test_a_complete_sign_in_clears_the_wrong_attempts(client):
    member_with_app()
    fail(client, "wang", 4)
    send(client, "wang")
    client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert not SignInFailure.objects.filter(username="wang", cleared=False).exists()


def test_a_password_set_by_others_must_be_changed_first(client):
    staff("wang", password_changed_at=None)
    send(client, "wang")
    answer = client.get(reverse("portal:home"))
    assert answer.url == reverse("account_change_password")


def test_a_password_past_ninety_days_must_be_changed(client):
    member = staff("wang")
    now = timezone.now()
    member.password_changed_at = now - datetime.timedelta(days=91)
    assert sign_in.password_is_too_old(member, now)
    member.password_changed_at = now - datetime.timedelta(days=89)
    assert not sign_in.password_is_too_old(member, now)


def change_password(client: Client, new: str, old: str = PASSWORD):
    return client.post(
        reverse("account_change_password"),
        {"oldpassword": old, "password1": new, "password2": new},
    )


@pytest.mark.parametrize(
    "new", ["Short-1a", "alllowercaseletters", "Password1234", PASSWORD, "wang-wang-W1"]
)
def test_weak_and_unchanged_passwords_are_refused(client, new):
    member = staff("wang", full_name="wang-wang-W1")
    send(client, "wang")
    assert change_password(client, new).status_code == 200
    member.refresh_from_db()
    assert member.check_password(PASSWORD)


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(client):
    member_with_app()
    other = Client()
    for each in (client, other):
        cache.clear()
        send(each, "wang")
        each.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert change_password(client, "Autumn-leaf-2017").status_code == 302
    assert client.get(reverse("portal:home")).status_code == 200
    assert other.get(reverse("portal:home")).status_code == 302


def test_guesses_of_the_present_password_are_counted(client):
    member_with_app()
    send(client, "wang")
    client.post(reverse("mfa_authenticate"), {"code": code_now()})
    for _ in range(5):
        change_password(client, "Autumn-leaf-2017", old="wrong")
    assert change_password(client, "Autumn-leaf-2017").status_code == 200


@pytest.mark.parametrize("path", ["signup", "password/reset", "email", "login/code"])
def test_signing_up_and_reset_by_mail_do_not_exist(client, path):
    assert client.get(f"/account/{path}/").status_code == 404
    assert client.get(f"/sign-in/{path}/").status_code == 404


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_after_signing_in_the_way_leads_only_to_own_pages(client, target):
    staff("wang")
    answer = client.post(LOGIN, {"login": "wang", "password": PASSWORD, "next": target})
    assert answer.url == reverse("portal:home")


def test_three_classes_are_asked_for():
    validator = sign_in.ThreeClassesValidator()
    validator.validate("Aa1aaaaaaaaa")
    with pytest.raises(ValidationError):
        validator.validate("aaaaaaaaaaa1")


def test_the_lock_holds_without_redis(client, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    staff("wang")
    fail(client, "wang", 5)
    assert send(client, "wang").status_code == 200


def test_a_code_opens_the_account_once_in_whichever_process():
    member_with_app()
    code = code_now()
    for expected in (302, 200):
        client = Client()
        send(client, "wang")
        cache.clear()  # As in another process: allauth's own memory of used codes is empty there.
        assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == expected
    assert SignInFailure.objects.filter(username="wang", cleared=False).count() == 1


def test_old_attempts_are_purged_and_younger_ones_stay():
    now = timezone.now()
    for days in (366, 364):
        SignInFailure.objects.create(username="wang", failed_at=now - datetime.timedelta(days=days))
    assert lockout.purge(now) == 1
    assert SignInFailure.objects.count() == 1


def test_an_operator_lets_back_in_whom_no_administrator_can_help(client, capsys):
    member = member_with_app()
    fail(client, "wang", lockout.ATTEMPTS_PER_ACCOUNT)
    call_command("issue_password", "wang", "--remove-second-factor")
    password = capsys.readouterr().out.strip().rsplit(" ", 1)[1]
    assert not Authenticator.objects.filter(user=member).exists()
    assert send(client, "wang", password).status_code == 302
    assert client.get("/").url == reverse("account_change_password")
    issued = AuditEvent.objects.get(kind="staff.password-issued")
    assert issued.facts == {"second_factor_removed": True}
    assert password not in str(issued.__dict__)


def test_a_new_password_alone_leaves_the_second_factor(capsys):
    member = member_with_app()
    call_command("issue_password", "wang")
    assert Authenticator.objects.filter(user=member).exists()
    with pytest.raises(CommandError, match="no account li"):
        call_command("issue_password", "li")


def test_the_sign_in_page_can_be_typed_into_at_once(client):
    page = client.get("/sign-in/").content.decode()
    field = re.search(r"<input[^>]*name=\"login\"[^>]*>", page)
    assert field is not None
    assert "autofocus" in field[0]
    assert "placeholder" not in page
