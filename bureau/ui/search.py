"""One box for everything: each app registers how it finds its own objects by a typed word.

A finder is asked only for readers who may open its list, gives at most some fifty hits within their
scope, masked, and writes its look down before it gives any.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest

from bureau.core import access
from bureau.core.errors import DomainError
from bureau.ui.navigation import actor_of_request
from bureau.ui.tables import Column, TableRow, rows_of

#: Hits shown of one kind.
MOST_HITS = 50


@dataclasses.dataclass(frozen=True)
class Hits:
    """What one finder found: rows with their columns, and whether there are more."""

    columns: Sequence[Column] = ()
    rows: Sequence[Any] = ()
    is_cut: bool = False


Find = Callable[[HttpRequest, str], Hits]


@dataclasses.dataclass(frozen=True)
class Finder:
    """How objects of one kind are found; `route` is the list whose readers may."""

    label: Any
    route: str
    find: Find
    order: int


@dataclasses.dataclass(frozen=True)
class Group:
    """The hits of one kind as they are drawn, or why nothing was looked for."""

    label: Any
    heads: list[str]
    rows: list[TableRow]
    is_cut: bool
    refusal: DomainError | None = None


_finders: dict[str, Finder] = {}


def register(label: Any, route: str, find: Find, *, order: int = 50) -> None:
    """The box also finds what `find` gives, for those who may open `route`."""
    _finders[route] = Finder(label, route, find, order)


def groups(request: HttpRequest, word: str) -> list[Group]:
    """What every finder has for the word; kinds without a hit or a refusal are left out."""
    actor = actor_of_request(request)
    found = []
    for finder in sorted(_finders.values(), key=lambda one: one.order):
        if not access.may(actor, finder.route):
            continue
        try:
            hits = finder.find(request, word)
        except DomainError as refusal:
            found.append(Group(finder.label, [], [], False, refusal))
            continue
        if hits.rows:
            rows = rows_of(hits.columns, hits.rows[:MOST_HITS])
            heads = [column.head for column in hits.columns]
            is_cut = hits.is_cut or len(hits.rows) > MOST_HITS
            found.append(Group(finder.label, heads, rows, is_cut))
    return found


def number_in(word: str) -> int | None:
    """The whole number that the word is; none for any other text."""
    plain = word.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 16 else None
