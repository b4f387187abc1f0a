"""Sessions of staff: idle time, age, number side by side, and ending them on the server."""

import datetime
import hashlib

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bureau.core.actors import Actor
from bureau.core.models import Staff, StaffSession

#: Key in the session under which the digest of the roles at sign-in is kept.
ROLES_KEY = "roles_at_sign_in"

#: A use is written down at most this often, so that reading pages costs no write.
SEEN_STEP = datetime.timedelta(seconds=30)

WHY_ENDED = {
    "closed": _("This session was ended. Please sign in again."),
    "idle": _("You were away for too long. Please sign in again."),
    "age": _("The working day's session is over. Please sign in again."),
    "roles": _("Your roles have changed. Please sign in again."),
}


def roles_digest(actor: Actor) -> str:
    """A short text that is equal exactly while the actor's roles and areas are."""
    text = "|".join(sorted(f"{grant.role}:{grant.area_path}" for grant in actor.grants))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def begin(
    request: HttpRequest, staff: Staff, *, actor: Actor, at: datetime.datetime, address: str | None
) -> None:
    """The session is on record; the member's oldest sessions beyond the limit have ended."""
    if not request.session.session_key:
        request.session.create()
    request.session[ROLES_KEY] = roles_digest(actor)
    with transaction.atomic():
        # One sign-in of an account at a time, or two would not count each other.
        Staff.objects.select_for_update(no_key=True).get(pk=staff.pk)
        StaffSession.objects.update_or_create(
            session_key=request.session.session_key,
            defaults={
                "staff": staff,
                "began_at": at,
                "seen_at": at,
                "address": address,
                "user_agent": request.headers.get("User-Agent", "")[:200],
            },
        )
        newest_first = StaffSession.objects.filter(staff=staff).order_by("-began_at", "-pk")
        keys = newest_first.values_list("session_key", flat=True)
        end_sessions(*keys[settings.SESSION_PARALLEL_LIMIT :])


def end_sessions(*keys: str) -> int:
    """The sessions with these keys no longer exist on the server; returns how many were known."""
    Session.objects.filter(session_key__in=keys).delete()
    return StaffSession.objects.filter(session_key__in=keys).delete()[0]


def end_all_of(staff: Staff, *, but: str | None = None) -> int:
    """All sessions of the member have ended, except the one with the key `but`."""
    keys = StaffSession.objects.filter(staff=staff).exclude(session_key=but)
    return end_sessions(*keys.values_list("session_key", flat=True))


def record_of(request: HttpRequest) -> StaffSession | None:
    """The record of the request's session, with `has_second_factor`; none if it was ended."""
    factors = Authenticator.objects.filter(
        user=OuterRef("staff"), type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    )
    return (
        StaffSession.objects.filter(session_key=request.session.session_key, staff=request.user.pk)
        .annotate(has_second_factor=Exists(factors))
        .first()
    )


def reason_to_end(
    record: StaffSession | None, request: HttpRequest, actor: Actor, now: datetime.datetime
) -> str | None:
    """A key of WHY_ENDED when the session may not go on; none while it may."""
    if record is None:
        return "closed"
    if now - record.seen_at > datetime.timedelta(seconds=settings.SESSION_IDLE_SECONDS):
        return "idle"
    if now - record.began_at > datetime.timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS):
        return "age"
    if request.session.get(ROLES_KEY) != roles_digest(actor):
        return "roles"
    return None


def note_use(record: StaffSession, now: datetime.datetime) -> None:
    """A person has used the session just now; idle time starts anew."""
    if now - record.seen_at >= SEEN_STEP:
        StaffSession.objects.filter(pk=record.pk).update(seen_at=now)


def remove_expired(now: datetime.datetime) -> int:
    """Records of sessions that are over by age or idle time are gone; returns how many."""
    idle_since = now - datetime.timedelta(seconds=settings.SESSION_IDLE_SECONDS)
    begun_before = now - datetime.timedelta(seconds=settings.SESSION_ABSOLUTE_SECONDS)
    over = StaffSession.objects.filter(seen_at__lt=idle_since) | StaffSession.objects.filter(
        began_at__lt=begun_before
    )
    return end_sessions(*over.values_list("session_key", flat=True))


def tidy(now: datetime.datetime) -> int:
    """Sessions that are over, those of nobody who signed in too, are gone; returns how many."""
    ended = remove_expired(now)
    return ended + Session.objects.filter(expire_date__lt=now).delete()[0]
