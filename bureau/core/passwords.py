"""Passwords issued once, for accounts whose owner chooses another at the first sign-in."""

import secrets
import string

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
