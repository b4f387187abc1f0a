"""Lock-out after wrong attempts at a password or a second factor, counted in the database.

An attempt is written down as failed before it is checked and struck out when it turns out right, so
that many attempts at the same time cannot pass the limit. Attempts from a browser in which the
account has signed in before are counted by themselves: whoever shuts out a user name from elsewhere
does not shut out its owner. Unknown user names are counted like known ones.
"""

import datetime
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from bureau.core import clock
from bureau.core.models import SignInFailure

#: Wrong attempts on one account before it is locked (GB/T 22239-2019, 8.1.4.1).
ATTEMPTS_PER_ACCOUNT = 5
#: Wrong attempts from one address before it is locked; an office shares one address.
ATTEMPTS_PER_ADDRESS = 50
#: The first lock; each further one in the window is twice as long as the one before.
FIRST_LOCK = datetime.timedelta(minutes=15)
LONGEST_LOCK = datetime.timedelta(hours=8)
ACCOUNT_WINDOW = datetime.timedelta(hours=24)
ADDRESS_WINDOW = datetime.timedelta(hours=1)

#: How long attempts are kept: logs of the network's use stay at least six months (Cybersecurity
#: Law, article 21), and a year shows the pattern of one before it.
KEPT = datetime.timedelta(days=365)

DEVICE_SALT = "bureau.known-device"
DEVICE_AGE = datetime.timedelta(days=180)


class Locked(ValidationError):
    """Too many wrong attempts; the message says for how many minutes."""

    def __init__(self, until: datetime.datetime, now: datetime.datetime) -> None:
        minutes = max(1, -(-int((until - now).total_seconds()) // 60))
        super().__init__(
            ngettext_lazy(
                "Too many wrong attempts. Please try again in %(minutes)d minute.",
                "Too many wrong attempts. Please try again in %(minutes)d minutes.",
                "minutes",
            )
            % {"minutes": minutes},
            code="locked",
        )


def address_of(request: HttpRequest) -> str | None:
    """The address of the browser; X-Forwarded-For counts only behind a proxy that is trusted.

    Of a forwarded chain the last address that is not a trusted proxy's is taken: the ones before
    it are whatever the sender wrote.
    """
    nearest: str | None = request.META.get("REMOTE_ADDR") or None
    if nearest not in settings.TRUSTED_PROXIES:
        return nearest
    for word in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        if word.strip() and word.strip() not in settings.TRUSTED_PROXIES:
            return word.strip()
    return nearest


def device_of(request: HttpRequest, username: str) -> str:
    """The number of this browser if the account has signed in from it before, else empty."""
    try:
        name, number = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""),
            salt=DEVICE_SALT,
            max_age=DEVICE_AGE,
        )
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(number) if name == _counted_as(username) else ""


def remember_device(response: HttpResponse, username: str) -> None:
    """The browser is known for this account from now on."""
    value = signing.dumps((_counted_as(username), secrets.token_hex(8)), salt=DEVICE_SALT)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        value,
        max_age=DEVICE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def begin_attempt(request: HttpRequest, username: str) -> SignInFailure:
    """The attempt counts as failed until `SignInFailure.delete`; raises Locked."""
    name, now = _counted_as(username), clock.now()
    address, device = address_of(request), device_of(request, username)
    with transaction.atomic(), connection.cursor() as cursor:
        # One attempt at a time per account and per address, for the length of this short block.
        for key in (f"sign-in {name} {device}", f"sign-in from {address}"):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        until = locked_until(name, address, device, now)
        if until is None:
            return SignInFailure.objects.create(
                username=name, address=address, device=device, failed_at=now
            )
    raise Locked(until, now)


@contextmanager
def counted_attempt(request: HttpRequest, username: str) -> Iterator[None]:
    """What fails inside counts as a wrong attempt; raises Locked before anything is checked."""
    attempt = begin_attempt(request, username)
    yield
    attempt.delete()


def locked_until(
    name: str, address: str | None, device: str, now: datetime.datetime
) -> datetime.datetime | None:
    """When the lock of the account or the address ends; none when neither is locked."""
    failures = SignInFailure.objects.filter(cleared=False).order_by("failed_at")
    of_account = failures.filter(
        username=name, device=device, failed_at__gt=now - ACCOUNT_WINDOW
    ).values_list("failed_at", flat=True)
    ends = [_end_of_lock(list(of_account), ATTEMPTS_PER_ACCOUNT)]
    if address is not None and not device:
        from_address = failures.filter(
            address=address, device="", failed_at__gt=now - ADDRESS_WINDOW
        ).values_list("failed_at", flat=True)
        ends.append(_end_of_lock(list(from_address), ATTEMPTS_PER_ADDRESS))
    return max((end for end in ends if end is not None and end > now), default=None)


def clear(request: HttpRequest, username: str) -> None:
    """After a complete sign-in the account's wrong attempts from this place no longer count."""
    SignInFailure.objects.filter(
        username=_counted_as(username), device=device_of(request, username), cleared=False
    ).update(cleared=True)


def unlock(username: str) -> int:
    """No wrong attempt on the account counts any more; returns how many did."""
    return SignInFailure.objects.filter(username=_counted_as(username), cleared=False).update(
        cleared=True
    )


def purge(at: datetime.datetime) -> int:
    """Attempts older than `KEPT` are gone; returns how many were."""
    return SignInFailure.objects.filter(failed_at__lt=at - KEPT).delete()[0]


def _counted_as(username: str) -> str:
    """Spellings that differ only in case are one account's, within the column's length."""
    return username.strip().casefold()[:60]


def _end_of_lock(times: list[datetime.datetime], limit: int) -> datetime.datetime | None:
    locks = len(times) // limit
    if locks == 0:
        return None
    doubled: datetime.timedelta = FIRST_LOCK * 2 ** min(locks - 1, 10)
    return times[locks * limit - 1] + min(doubled, LONGEST_LOCK)


#: Shown for a wrong password, an unknown user name and a closed account alike.
WRONG_SIGN_IN = _("The user name or the password is wrong.")
