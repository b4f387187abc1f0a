"""The left menu and the cards of the home page, registered by each app; what every page shows."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from bureau.core import access
from bureau.core.actors import ANONYMOUS, Actor
from bureau.core.choices import Role
from bureau.core.models import Area

#: Groups of the menu in their order; an app registers entries under one of these keys.
GROUPS: dict[str, Any] = {
    "work": _("My work"),
    "people": _("Insured persons"),
    "rosters": _("Rosters and integration"),
    "contributions": _("Contributions"),
    "fund": _("Fund"),
    "catalogue": _("Catalogue"),
    "institutions": _("Designated institutions"),
    "claims": _("Claims and settlement"),
    "reports": _("Reports"),
    "administration": _("Administration"),
}


@dataclasses.dataclass(frozen=True)
class Entry:
    """One line of the menu; `counter` gives the figure shown behind it (none: no figure).

    A line to a maintenance page is there for accounts that are marked for these pages.
    """

    group: str
    label: Any
    route: str
    order: int
    icon: str
    counter: Callable[[HttpRequest], int] | None = None
    is_maintenance: bool = False


@dataclasses.dataclass(frozen=True)
class Card:
    """One tile of the home page: a figure, what it means, and where to go next."""

    title: Any
    figure: str
    text: Any
    url: str
    action: Any
    tone: str = "plain"
    icon: str = "note"


@dataclasses.dataclass(frozen=True)
class Work:
    """Open work of one kind: how much, since when, and where it is done."""

    label: Any
    count: int
    url: str
    oldest_at: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True)
class Start:
    """What a member of staff begins most days with: a button of the home page."""

    label: Any
    route: str
    icon: str

    @property
    def url(self) -> str:
        return reverse(self.route)


_entries: dict[str, Entry] = {}
_starts: dict[str, Start] = {}
_work: list[tuple[int, Callable[[HttpRequest], Iterable[Work]]]] = []
_cards: list[tuple[int, Callable[[HttpRequest], Iterable[Card]]]] = []


def register(
    group: str,
    label: Any,
    route: str,
    *,
    order: int = 50,
    icon: str = "next",
    counter: Callable[[HttpRequest], int] | None = None,
    is_maintenance: bool = False,
) -> None:
    """The menu has a line for `route`, shown to those who may open it. One line per route."""
    if group not in GROUPS:
        raise LookupError(f"unknown menu group {group!r}; known: {', '.join(GROUPS)}")
    _entries[route] = Entry(group, label, route, order, icon, counter, is_maintenance)


def register_cards(provider: Callable[[HttpRequest], Iterable[Card]], *, order: int = 50) -> None:
    """The home page asks `provider` for cards; none where they do not concern the reader."""
    _cards.append((order, provider))


def cards(request: HttpRequest) -> list[Card]:
    """The cards of the home page for the signed-in member of staff."""
    ordered = sorted(_cards, key=lambda pair: pair[0])
    return [card for _order, provider in ordered for card in provider(request)]


def register_start(label: Any, route: str, *, icon: str = "next") -> None:
    """The home page has a button to `route` for those who may open it."""
    _starts[route] = Start(label, route, icon)


def starts(request: HttpRequest) -> list[Start]:
    """The buttons of the home page for the signed-in member of staff."""
    actor = actor_of_request(request)
    return [start for start in _starts.values() if access.may(actor, start.route)]


def register_work(provider: Callable[[HttpRequest], Iterable[Work]], *, order: int = 50) -> None:
    """Home and to-do pages show the open work that `provider` gives; none for those without it."""
    _work.append((order, provider))


def open_work(request: HttpRequest) -> list[Work]:
    """Open work of every app for the signed-in member of staff; kinds without any are left out."""
    ordered = sorted(_work, key=lambda pair: pair[0])
    return [work for _order, provider in ordered for work in provider(request) if work.count]


def faults() -> list[str]:
    """Menu entries whose route does not exist or is not in the access matrix (`checks`)."""
    matrix = access.matrix()
    return [
        route for route in _entries if not _url_or_none(route) or matrix.entry_for(route) is None
    ]


@dataclasses.dataclass(frozen=True)
class MenuLine:
    """One entry as it is drawn."""

    route: str
    label: Any
    url: str
    icon: str
    is_current: bool
    count: int


@dataclasses.dataclass(frozen=True)
class MenuGroup:
    """One group of the menu with the lines this member of staff may open."""

    key: str
    label: Any
    lines: list[MenuLine]


def menu(request: HttpRequest) -> list[MenuGroup]:
    """Groups with the entries that the request's actor may open; the current line is marked."""
    actor = actor_of_request(request)
    may_maintain = bool(getattr(request.user, "is_staff", False))
    urls = {
        entry.route: url
        for entry in _entries.values()
        if access.may(actor, entry.route)
        and (may_maintain or not entry.is_maintenance)
        and (url := _url_or_none(entry.route))
    }
    allowed = [entry for entry in _entries.values() if entry.route in urls]
    current = _current_route(request, urls)
    groups = []
    for key, label in GROUPS.items():
        lines = [
            MenuLine(
                entry.route,
                entry.label,
                urls[entry.route],
                entry.icon,
                entry.route == current,
                entry.counter(request) if entry.counter else 0,
            )
            for entry in sorted(allowed, key=lambda entry: entry.order)
            if entry.group == key
        ]
        if lines:
            groups.append(MenuGroup(key, label, lines))
    return groups


def _current_route(request: HttpRequest, urls: dict[str, str]) -> str | None:
    """The entry whose address is the longest beginning of the request's path."""
    home = reverse("portal:home")
    fitting = [
        (len(url), route)
        for route, url in urls.items()
        if request.path == url or (url != home and request.path.startswith(url))
    ]
    return max(fitting)[1] if fitting else None


def actor_of_request(request: HttpRequest) -> Actor:
    """Who asks; nobody on pages outside the access matrix, as the signed-out ones are."""
    actor = getattr(request, "actor", None)
    return actor if isinstance(actor, Actor) else ANONYMOUS


class Frame:
    """What the base page shows around every page.

    Pages of the portal load it before they are drawn; pages of others, such as signing in, ask for
    each part only when it is drawn, as most of them draw none.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._actor = actor_of_request(request)

    def load(self) -> Frame:
        """All that the database has to be asked for is there."""
        _asked = self.menu, self.grants
        return self

    @property
    def demonstration(self) -> bool:
        return bool(settings.DEMO)

    @property
    def shortcuts(self) -> str:
        """`off` when the reader switched the single keys off (WCAG 2.1.4), else `on`."""
        return "off" if self._request.COOKIES.get("shortcuts") == "off" else "on"

    @cached_property
    def menu(self) -> list[MenuGroup]:
        return [] if self._actor.staff_id is None else menu(self._request)

    def _line(self, route: str) -> MenuLine | None:
        lines = (line for group in self.menu for line in group.lines)
        return next((line for line in lines if line.route == route), None)

    @cached_property
    def todo(self) -> MenuLine | None:
        return self._line("portal:todo")

    @cached_property
    def jobs(self) -> MenuLine | None:
        return self._line("portal:jobs")

    @cached_property
    def notifications(self) -> MenuLine | None:
        return self._line("portal:notifications")

    @property
    def home_url(self) -> str:
        return reverse("portal:home")

    @property
    def actor_name(self) -> str:
        user = getattr(self._request, "user", None)
        return str(getattr(user, "full_name", ""))

    @cached_property
    def _area_names(self) -> dict[str, str]:
        codes = {grant.area_code for grant in self._actor.grants}
        return {area.code: str(area) for area in Area.objects.filter(code__in=codes)}

    @cached_property
    def grants(self) -> list[str]:
        """Each role in force with its area, in words."""
        return [
            f"{self._area_names.get(grant.area_code, grant.area_code)} · {Role(grant.role).label}"
            for grant in self._actor.grants
        ]

    @property
    def scope_label(self) -> str:
        """The first role with its area; more are only counted, so that the bar stays short."""
        if not self.grants:
            return ""
        more = len(self.grants) - 1
        return f"{self.grants[0]} +{more}" if more else self.grants[0]

    @property
    def password_url(self) -> str:
        return _url_or_none("account_change_password")

    @property
    def second_factor_url(self) -> str:
        return _url_or_none("mfa_index")

    @property
    def sign_out_url(self) -> str:
        return _url_or_none("account_logout")

    @property
    def maintenance_url(self) -> str:
        user = getattr(self._request, "user", None)
        return _url_or_none("admin:index") if getattr(user, "is_staff", False) else ""


def _url_or_none(route: str) -> str:
    """The route's address, or an empty text where an installation leaves the route out."""
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor: `frame` in every template rendered with a request."""
    return {"frame": Frame(request)}
