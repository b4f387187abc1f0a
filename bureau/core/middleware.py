"""What holds for every request: answers without a database, headers, language, session, access."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render, resolve_url
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers

from bureau import database
from bureau.core import access, clock, integrity, lockout, sessions, sign_in
from bureau.core.actors import ANONYMOUS, Scope, actor_of
from bureau.core.history import HistoryContext

__all__ = [
    "AccessMatrix",
    "BodyLimit",
    "DatabaseUnavailable",
    "HistoryContext",
    "ResponseHeaders",
    "SessionLimits",
    "StaffLanguage",
]

log = logging.getLogger("bureau.access")

Answer = Callable[[HttpRequest], HttpResponse]

#: Seconds after which a browser or a program may ask again while the database is away.
RETRY_AFTER = "10"


class DatabaseUnavailable:
    """Answers 503 in both languages, without the database, when the database does not answer."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        database.begin_page()
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A database that is away is no fault of the page; every other error goes its way."""
        return answer_for_database(request, exception)


def answer_for_database(
    request: HttpRequest, exception: BaseException | None
) -> HttpResponse | None:
    """The page for a database that is away or gave up, or a full disk; none for other errors."""
    if integrity.is_no_room(exception):
        log.error("alarm: no room left on a disk")
        return unavailable("507.html", status=507)
    if integrity.is_overloaded(exception):
        log.warning("overloaded: %s", integrity.describe(exception))  # type: ignore[arg-type]
        return unavailable("503_full.html")
    if integrity.is_giving_up(exception):
        log.warning("the database gave up: %s", integrity.describe(exception))  # type: ignore[arg-type]
        page = render_to_string("503_busy.html", request=request)
        return HttpResponse(page, status=503, headers={"Retry-After": RETRY_AFTER})
    if isinstance(exception, OperationalError | InterfaceError):
        log.error("database unavailable: %s", type(exception).__name__)
        return unavailable()
    return None


def unavailable(template: str = "503.html", status: int = 503) -> HttpResponse:
    """The page that says, in both languages and without the database, that it does not answer."""
    # A broken connection is given back broken, so that the pool replaces it.
    connection.close_if_unusable_or_obsolete()
    return HttpResponse(
        render_to_string(template), status=status, headers={"Retry-After": RETRY_AFTER}
    )


class ResponseHeaders:
    """Pages are private: no cache keeps them, and browsers get no right they do not need."""

    PERMISSIONS = (
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), payment=(), usb=(), interest-cohort=()"
    )

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers["Permissions-Policy"] = self.PERMISSIONS
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        patch_vary_headers(response, ["Cookie", "Accept-Language"])
        return response


class BodyLimit:
    """Refuses, before it is read, a request larger than its route takes from whoever sends it.

    Files go only to the routes that take them, from those who may send them there; it stands
    before the middleware that looks for the form's token, which reads the whole body.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: Any, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """The answer to what is too large, or nothing when the body may be read."""
        entry = access.matrix().entry_for(request.resolver_match.view_name)
        takes_files = (
            entry is not None and entry.files and entry.allows(request.actor, request.method)
        )
        limit = settings.UPLOAD_MAX_BYTES if takes_files else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) <= limit:
            return None
        if entry is not None and entry.files and request.actor.staff_id is None:
            # The session ended while the files were chosen.
            return AccessMatrix.ask_to_sign_in(request)
        return render(request, "413.html", status=413)


class StaffLanguage:
    """The page speaks the language of the member of staff, else of the cookie, else the browser's.

    Only the two languages of the portal are ever chosen, whatever a cookie or header says.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = self.language_of(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    @staticmethod
    def language_of(request: HttpRequest) -> str:
        known = [code for code, _name in settings.LANGUAGES]
        chosen = getattr(request.user, "language", "")
        cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        for code in (chosen, cookie):
            if code in known:
                return code
        for word in request.headers.get("Accept-Language", "")[:200].split(","):
            primary = word.split(";")[0].strip().lower().split("-")[0]
            for code in known:
                if code.split("-")[0] == primary:
                    return code
        return settings.LANGUAGE_CODE


class SessionLimits:
    """Names the actor of the request and ends sessions that may not go on.

    The account and its roles are read with each request, so a member of staff who was shut out or
    lost a role is stopped by the next request.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = ANONYMOUS  # type: ignore[attr-defined]
        request.scope = Scope()  # type: ignore[attr-defined]
        request.portal_session = None  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            actor = actor_of(request.user, on=clock.today())
            record = sessions.record_of(request)
            why = sessions.reason_to_end(record, request, actor, clock.now())
            if why is None:
                request.actor = actor  # type: ignore[attr-defined]
                request.portal_session = record  # type: ignore[attr-defined]
            else:
                self.end(request, why)
        response = self.get_response(request)
        username = getattr(request, "device_to_remember", "")
        if username and not lockout.device_of(request, username):
            lockout.remember_device(response, username)
        match = request.resolver_match
        if match is not None and match.view_name == "account_logout" and request.method == "POST":
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    @staticmethod
    def end(request: HttpRequest, why: str) -> None:
        """Nobody is signed in any more, and the sign-in page says why."""
        if request.session.session_key:
            sessions.end_sessions(request.session.session_key)
        logout(request)
        messages.info(request, sessions.WHY_ENDED[why])

    def process_view(
        self, request: Any, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """Activity of a person keeps the session alive; what pages poll by themselves does not."""
        entry = access.matrix().entry_for(request.resolver_match.view_name)
        if request.portal_session and entry is not None and not entry.background:
            sessions.note_use(request.portal_session, clock.now())
        return None


class AccessMatrix:
    """Decides by the matrix whether the request may reach its view, before the view runs.

    What the view gets: `request.actor`, and `request.scope`, the areas in which the actor holds a
    role that this route and method allow.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: Any, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """An answer in place of the view's, or nothing when the view may go on."""
        route, method, actor = request.resolver_match.view_name, request.method, request.actor
        entry = access.matrix().entry_for(route)
        if entry is None:
            log.error("route %s is not in the access matrix", route)
            raise PermissionDenied
        if not entry.public and actor.staff_id is None:
            return self.ask_to_sign_in(request)
        if not entry.without_second_factor:
            step = sign_in.step_before_work(request)
            if step is not None:
                return self.send_to(request, step)
        plain = "GET" if method == "HEAD" else method
        if plain not in entry.methods:
            return HttpResponseNotAllowed(entry.methods)
        if not entry.allows(actor, method):
            log.warning("refused %s %s to account %s", method, route, actor.staff_id)
            raise PermissionDenied
        request.scope = entry.scope_for(actor, method)
        return None

    @staticmethod
    def ask_to_sign_in(request: HttpRequest) -> HttpResponseBase:
        """Pages lead to the sign-in page and back; programs and fragments are told 401."""
        if request.headers.get("HX-Request"):
            return HttpResponse(
                status=401, headers={"HX-Redirect": resolve_url(settings.LOGIN_URL)}
            )
        if request.path.startswith("/api/"):
            return HttpResponse(status=401)
        if request.method not in {"GET", "HEAD"}:
            return redirect(settings.LOGIN_URL)
        return redirect_to_login(request.get_full_path())

    @staticmethod
    def send_to(request: HttpRequest, route: str) -> HttpResponseBase:
        """A fragment makes the whole page go there, a page is redirected."""
        if request.headers.get("HX-Request"):
            return HttpResponse(status=403, headers={"HX-Redirect": resolve_url(route)})
        return redirect(route)
