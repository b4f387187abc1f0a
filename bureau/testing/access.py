"""For the tests of access: every route of the portal, and objects in one county or another.

An app declares in `<app>/tests/samples.py` how a new object for a route is made in a given county:

    @sample("enrollment:roster-detail")
    def roster(place: Area) -> dict[str, object]:
        return {"pk": make_roster(place).pk}

From that follow, without further tests, that staff of another county get 404 for it by every method
the matrix lists, and that the scope is what keeps them out.
"""

import importlib
import importlib.util
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from django.db import connection
from django.db.models import Q
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import get_converters
from psycopg import sql

from bureau.core import rights
from bureau.core.actors import Scope
from bureau.core.models import Area
from bureau.database import WEB_ROLE

APPS = (
    "bureau.core", "bureau.intake", "bureau.portal", "fund", "enrollment", "catalogue",
    "institutions", "benefits",
)  # fmt: skip

Maker = Callable[[Area], dict[str, Any]]

_samples: dict[str, Maker] = {}

#: A value that each converter reads; no object need exist where the request is refused before.
DUMMIES = {
    "int": 1,
    "str": "x",
    "slug": "x",
    "uuid": uuid.UUID(int=1),
    "path": "1",
}


def sample(*routes: str) -> Callable[[Maker], Maker]:
    """Decorator: the function makes, in the county it is given, what these routes show."""

    def declare(maker: Maker) -> Maker:
        for route in routes:
            _samples[route] = maker
        return maker

    return declare


def samples() -> dict[str, Maker]:
    """What all apps have declared, by route."""
    for app in APPS:
        if importlib.util.find_spec(f"{app}.tests") and importlib.util.find_spec(
            f"{app}.tests.samples"
        ):
            importlib.import_module(f"{app}.tests.samples")
    return dict(_samples)


@dataclass(frozen=True)
class Route:
    """One route of the portal: its name with name spaces, and the converters of its arguments."""

    name: str
    converters: tuple[tuple[str, str], ...]

    @property
    def has_objects(self) -> bool:
        return bool(self.converters)

    def dummy_arguments(self) -> dict[str, Any]:
        """Arguments with which the route's address can be made."""
        return {name: DUMMIES[kind] for name, kind in self.converters}


def all_routes() -> list[Route]:
    """Every route of the URL resolver, in the order of the file."""
    return list(dict.fromkeys(_walk(get_resolver().url_patterns, (), ())))


def _walk(
    patterns: list[Any], spaces: tuple[str, ...], outer: tuple[tuple[str, str], ...]
) -> Iterator[Route]:
    kinds = {type(converter): name for name, converter in get_converters().items()}
    for pattern in patterns:
        own = outer + tuple(
            (name, kinds.get(type(converter), "str"))
            for name, converter in pattern.pattern.converters.items()
        )
        if isinstance(pattern, URLResolver):
            inner = spaces + ((pattern.namespace,) if pattern.namespace else ())
            yield from _walk(pattern.url_patterns, inner, own)
        elif isinstance(pattern, URLPattern):
            name = pattern.name or pattern.lookup_str
            if name == "app_list" and spaces == ("admin",):
                own = (*own, ("app_label", "app"))
            yield Route(":".join((*spaces, name)), own)


DUMMIES["app"] = "core"


@contextmanager
def scope_switched_off() -> Iterator[None]:
    """As if nobody had written a filter by area: what a test of isolation must notice."""
    everything = Q(pk__isnull=False)
    with (
        mock.patch.object(Scope, "q", return_value=everything),
        mock.patch.object(Scope, "filter", lambda self, rows, lookup="area__path": rows),
        mock.patch.object(Scope, "covers", return_value=True),
        mock.patch.object(Scope, "is_empty", property(lambda self: False)),
    ):
        yield


@contextmanager
def rights_of_web() -> Iterator[None]:
    """Inside, the database allows what it allows the web server; a server without the role, all."""
    if WEB_ROLE not in rights.roles_here():
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(WEB_ROLE)))
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")
