"""A form is carried out once: its token is spent by the first sending, doubles get its answer."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest

from bureau.core import crash

SESSION_KEY = "ui.sent_forms"
#: So many sent forms of a session are remembered; a double comes within seconds.
REMEMBERED = 30


def new_token() -> str:
    return secrets.token_urlsafe(16)


def carried_out_once(
    request: HttpRequest, token: str, act: Callable[[], str | None]
) -> tuple[str | None, bool]:
    """The address that `act` led to, and whether this sending was a double.

    `act` returns the address to go to, or nothing when it was refused and may be sent again.
    Two sendings at the same instant are put in order by an advisory lock of the database, and the
    session is read anew under the lock, so the second finds what the first has noted.
    """
    if not token or len(token) > 60:
        return act(), False
    with connection.cursor() as cursor:
        # A double waits for the first a little longer than other acts wait for one another.
        cursor.execute(
            "SELECT set_config('lock_timeout', '9s', true),"
            " pg_advisory_lock(hashtextextended(%s, 7))",
            [token],
        )
    try:
        led_to = _sent(request).get(token)
        if led_to is not None:
            return str(led_to), True
        crash.point("form_before_act")
        address = act()
        crash.point("form_after_act")
        if address is not None:
            _remember(request, token, address)
        return address, False
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 7))", [token])


def _sent(request: HttpRequest) -> dict[str, Any]:
    """The forms sent in this session, as they stand in the database now."""
    session = request.session
    if session.session_key is None:
        return {}
    fresh = type(session)(session.session_key)
    found: dict[str, Any] = fresh.get(SESSION_KEY, {})
    return found


def _remember(request: HttpRequest, token: str, address: str) -> None:
    sent = {**_sent(request), token: address}
    for oldest in list(sent)[:-REMEMBERED]:
        del sent[oldest]
    request.session[SESSION_KEY] = sent
    request.session.save()
