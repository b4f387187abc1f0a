"""Passwords issued once, for accounts whose owner chooses another at the first sign-in."""

import secrets
import string

from bureau.core import lockout, sessions
from bureau.core.models import Staff

#: Letters and digits without those that are mistaken for one another.
SIGNS = "".join(sign for sign in string.ascii_letters + string.digits if sign not in "0O1lI")


def one_time_password() -> str:
    """Sixteen signs of all classes, in groups of four."""
    while True:
        groups = ["".join(secrets.choice(SIGNS) for _ in range(4)) for _ in range(4)]
        text = "-".join(groups)
        if all(
            any(test(sign) for sign in text) for test in (str.islower, str.isupper, str.isdigit)
        ):
            return text


def issue_to(staff: Staff) -> str:
    """The account has a new password that must be changed at sign-in; its sessions and lock ended.

    The password is returned, to be shown once, and is kept nowhere.
    """
    password = one_time_password()
    staff.set_password(password)
    staff.password_changed_at = None
    staff.save(update_fields=["password", "password_changed_at"])
    sessions.end_all_of(staff)
    lockout.unlock(staff.username)
    return password
