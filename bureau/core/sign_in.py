"""Signing in: password rules, second factor, and what must be done before work begins."""

import base64
import datetime
import hashlib
from typing import Any

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import signals as mfa_signals
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth import authenticate, user_logged_in, user_logged_out
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import audit, clock, lockout, sessions
from bureau.core.actors import actor_of
from bureau.core.models import Staff, StaffSession


class ThreeClassesValidator:
    """A password has at least three of: lower case, upper case, digits, other signs.

    Source: GB/T 22239-2019, 8.1.4.1 (identity).
    """

    def validate(self, password: str, user: object = None) -> None:
        classes = [
            any(c.islower() for c in password),
            any(c.isupper() for c in password),
            any(c.isdigit() for c in password),
            any(not c.isalnum() for c in password),
        ]
        if sum(classes) < 3:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        return _("Use at least three of: small letters, capitals, digits, other signs.")


class NotThePresentPasswordValidator:
    """A new password differs from the one it replaces; else a change would be one in name only."""

    def validate(self, password: str, user: Staff | None = None) -> None:
        if user is not None and user.pk and user.check_password(password):
            raise ValidationError(self.get_help_text(), code="password_unchanged")

    def get_help_text(self) -> str:
        return _("The new password must differ from the present one.")


class StaffBackend(ModelBackend):
    """Checks user name and password against the staff table; unknown names take equal time.

    Accounts of the demonstration, whose password is known to everybody, exist in demo mode alone:
    without it they neither sign in nor go on with a session.
    """

    def user_can_authenticate(self, user: Any) -> bool:
        allowed = super().user_can_authenticate(user)
        return allowed and (bool(settings.DEMO) or not getattr(user, "is_demonstration", False))


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Staff are created by administrators, never by signing up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": lockout.WRONG_SIGN_IN,
        "email_password_mismatch": lockout.WRONG_SIGN_IN,
        "incorrect_password": gettext_lazy("The password is wrong."),
        "enter_current_password": gettext_lazy("The present password is wrong."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return lockout.address_of(request) or ""

    def is_safe_url(self, url: str | None) -> bool:
        """Whether the address leads to the portal itself; what is no address does not."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Staff | None:
        """The account, or none when the password is wrong; raises lockout.Locked."""
        attempt = lockout.begin_attempt(request, str(credentials.get("username", "")))
        found = authenticate(
            request, username=credentials.get("username"), password=credentials.get("password")
        )
        if not isinstance(found, Staff):
            return None
        attempt.delete()
        return found

    def set_password(self, user: Staff, password: str) -> None:
        """The account has the new password, whose age counts from now."""
        user.set_password(password)
        user.password_changed_at = clock.now()
        user.save(update_fields=["password", "password_changed_at"])


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Names this portal in the authenticator app and keeps secrets encrypted at rest."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("The code is wrong."),
    }

    def get_totp_label(self, user: Staff) -> str:
        return user.username

    def get_totp_issuer(self) -> str:
        return _("Medical security portal")

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    """Keys from the secret key and its predecessors, so that a rotated key still opens old ones."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"second factor:" + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class _CodeOnce:
    """A code opens the account once, in whichever process, and wrong ones count as attempts."""

    def clean_code(self) -> str:
        form: Any = self
        with lockout.counted_attempt(context.request, form.user.username), transaction.atomic():
            # One code at a time per account: the marks of used ones are read, then written.
            list(Authenticator.objects.select_for_update().filter(user=form.user))
            code = str(super().clean_code())  # type: ignore[misc]
            if form.authenticator.type == Authenticator.Type.TOTP:
                _spend(form.authenticator, code)
            return code


def _spend(authenticator: Authenticator, code: str) -> None:
    """Neither this code of the app nor an earlier one opens the account again (RFC 6238, 5.2).

    allauth remembers used codes in a cache, which here is each process's own.
    """
    secret = get_adapter().decrypt(authenticator.data["secret"])
    counters = [
        counter
        for counter in totp.yield_hotp_counters_from_time()
        if compare_user_code(
            actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, counter))
        )
    ]
    if not counters or max(counters) <= authenticator.data.get("last_counter", 0):
        raise get_adapter().validation_error("incorrect_code")
    authenticator.data["last_counter"] = max(counters)
    authenticator.save(update_fields=["data"])


class CodeForm(_CodeOnce, AuthenticateForm):  # type: ignore[misc]
    """Signing in with a code."""


class CodeAgainForm(_CodeOnce, ReauthenticateForm):  # type: ignore[misc]
    """Confirming with a code while signed in."""


class KeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """Signing in with a security key."""

    def clean_credential(self) -> Any:
        with lockout.counted_attempt(context.request, self.user.username):
            return super().clean_credential()


class KeyAgainForm(ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Confirming with a security key while signed in."""

    def clean_credential(self) -> Any:
        with lockout.counted_attempt(context.request, self.user.username):
            return super().clean_credential()


class SignInForm(LoginForm):  # type: ignore[misc]
    """Name and password under their labels alone; who opens the page can type at once."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs["autofocus"] = True


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """Changing the own password; guesses of the present one count like wrong sign-ins."""

    def clean_oldpassword(self) -> str:
        with lockout.counted_attempt(context.request, self.user.username):
            return str(super().clean_oldpassword())


def second_factor_is_eased(staff: Staff) -> bool:
    """Whether the account works without a second factor: a demonstration account in demo mode."""
    return bool(settings.DEMO) and staff.is_demonstration


def is_eased_for(request: HttpRequest) -> bool:
    """Whether the page has to say that the second factor is eased for this account."""
    return request.user.is_authenticated and second_factor_is_eased(request.user)


def password_is_too_old(staff: Staff, now: datetime.datetime) -> bool:
    """Whether the password was set by an administrator or has passed its greatest age."""
    if second_factor_is_eased(staff):
        return False
    if staff.password_changed_at is None:
        return True
    return now - staff.password_changed_at > datetime.timedelta(days=settings.PASSWORD_MAX_AGE_DAYS)


def step_before_work(request: Any) -> str | None:
    """The route of what a signed-in member of staff must do first; none when work may begin."""
    session: StaffSession | None = request.portal_session
    if session is None:
        return None
    if password_is_too_old(request.user, clock.now()):
        return "account_change_password"
    if not session.has_second_factor and not second_factor_is_eased(request.user):  # type: ignore[attr-defined]
        return "mfa_index"
    return None


@receiver(user_logged_in)
def note_sign_in(sender: object, request: HttpRequest, user: Staff, **_rest: object) -> None:
    """The session is on record under its limits; wrong attempts from this place are cleared."""
    now = clock.now()
    sessions.remove_expired(now)
    sessions.begin(
        request,
        user,
        actor=actor_of(user, on=clock.today()),
        at=now,
        address=lockout.address_of(request),
    )
    lockout.clear(request, user.username)
    request.device_to_remember = user.username  # type: ignore[attr-defined]
    audit.record("sign-in", by=user, at=now)


@receiver(user_logged_out)
def note_sign_out(sender: object, request: HttpRequest, user: Staff | None, **_r: object) -> None:
    """The record of the session goes with the session."""
    if user is not None and request.session.session_key:
        StaffSession.objects.filter(session_key=request.session.session_key).delete()
        audit.record("sign-out", by=user, at=clock.now())


@receiver(account_signals.password_changed)
def end_other_sessions(sender: object, request: Any, user: Staff, **_rest: object) -> None:
    """After a change of password only the session in which it was made goes on."""
    present: StaffSession | None = request.portal_session
    if present is not None:
        present.session_key = request.session.session_key
        present.save(update_fields=["session_key"])
    sessions.end_all_of(user, but=request.session.session_key)
    audit.record("password-changed", by=user, at=clock.now())


@receiver([mfa_signals.authenticator_added, mfa_signals.authenticator_removed])
def note_second_factor(
    sender: object, request: HttpRequest, user: Staff, authenticator: Any, signal: Any, **_r: object
) -> None:
    """Setting up and giving up a second factor stand in the audit trail."""
    added = signal is mfa_signals.authenticator_added
    audit.record(
        "second-factor-added" if added else "second-factor-removed",
        by=user,
        at=clock.now(),
        target=user,
        type=str(authenticator.type),
    )
