"""Rows of a list that were chosen for an act: single ones by number, or all of a query by a token.

A token stands for the query, never for rows: what it means is found anew, within the scope of the
actor, whenever it is used.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import secrets
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet, Sum
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from bureau.core import access
from bureau.core.actors import Scope

if TYPE_CHECKING:
    from bureau.ui.views.lists import ListPage

SESSION_KEY = "ui.chosen"
WISHES_KEY = "ui.wishes"
TICKS_KEY = "ui.ticks"
#: So many choices of whole queries are remembered per session.
REMEMBERED = 10
#: Longest list of single rows that is read from a form: two of the largest pages.
MOST_SINGLE = 400


@dataclasses.dataclass(frozen=True)
class Act:
    """What may be done with chosen rows: a button that leads to the route's page by POST."""

    label: Any
    route: str
    icon: str = "check"
    is_bad: bool = False


@dataclasses.dataclass(frozen=True)
class Total:
    """How many rows were chosen, and the sum of the column that the list adds up."""

    count: int
    amount: Any = None


def total_of(page: ListPage, rows: QuerySet[Any]) -> Total:
    """Count and sum of the rows, counted by the database."""
    path = page.sum_path()
    if not path:
        return Total(rows.order_by().count())
    found = rows.order_by().aggregate(amount=Sum(path))
    return Total(rows.order_by().count(), found["amount"])


def keep(page: ListPage) -> str:
    """A token for all rows of the page's present query."""
    token = secrets.token_urlsafe(9)
    total = total_of(page, page.found())
    kept = {
        **page.request.session.get(SESSION_KEY, {}),
        token: {
            "list": page.list_id,
            "kwargs": json.dumps(page.kwargs, default=str),
            "query": page.plain_query(),
            "given": page.request.session.get("ui.queries", {}).get(
                page.request.GET.get("given", ""), {}
            ),
            "count": total.count,
            "amount": None if total.amount is None else str(total.amount),
        },
    }
    page.request.session[SESSION_KEY] = dict(list(kept.items())[-REMEMBERED:])
    return token


def keep_wish(page: ListPage, only: list[int] | None, file_format: str) -> str:
    """A token for a file of the present view, or of the rows that were chosen."""
    token = secrets.token_urlsafe(9)
    wishes = {
        **page.request.session.get(WISHES_KEY, {}),
        token: {
            "list": page.list_id,
            "route": page.route,
            "kwargs": dict(page.kwargs),
            "query": page.request.GET.urlencode(),
            "only": only,
            "format": file_format,
        },
    }
    page.request.session[WISHES_KEY] = dict(list(wishes.items())[-REMEMBERED:])
    return token


def wish(request: HttpRequest, token: str) -> dict[str, Any] | None:
    """What was to be taken under this token in this session."""
    found: dict[str, Any] | None = request.session.get(WISHES_KEY, {}).get(token)
    return found


def kept(request: HttpRequest, token: str | None, list_id: str) -> dict[str, Any] | None:
    """What the token stands for in this session; none for another list's or an unknown one."""
    found: dict[str, Any] | None = request.session.get(SESSION_KEY, {}).get(token or "")
    return found if found is not None and found["list"] == list_id else None


def keep_ticks(request: HttpRequest, list_id: str, ticked: list[int]) -> str:
    """A token under which the list shows these boxes ticked again."""
    token = secrets.token_urlsafe(9)
    kept_before = request.session.get(TICKS_KEY, {})
    ticks = {**kept_before, token: {"list": list_id, "numbers": ticked}}
    request.session[TICKS_KEY] = dict(list(ticks.items())[-REMEMBERED:])
    return token


def ticks(request: HttpRequest, token: str | None, list_id: str) -> frozenset[int]:
    """The boxes of the list that are ticked under the token in this session."""
    found = request.session.get(TICKS_KEY, {}).get(token or "")
    is_of_list = found is not None and found["list"] == list_id
    return frozenset(found["numbers"]) if is_of_list else frozenset()


def numbers(request: HttpRequest) -> list[int]:
    """The single rows that were chosen."""
    sent = request.POST.getlist("chosen")[:MOST_SINGLE]
    return [int(n) for n in sent if n.isascii() and n.isdigit() and len(n) < 19]


def page_for(
    request: Any, list_class: type[ListPage], route: str, kwargs: Any, query: str | None = None
) -> ListPage:
    """The list as the request's actor may see it at its own route, asked by `query` if given."""
    entry = access.matrix().entry_for(route)
    page = list_class()
    if query is not None:
        request = copy.copy(request)
        request.GET = QueryDict(query)
        request.path = reverse(route, kwargs=kwargs)
    page.request, page.actor, page.route = request, request.actor, route
    page.args, page.kwargs = (), kwargs
    page.scope = Scope()
    if entry is not None and entry.allows(request.actor, "GET"):
        page.scope = entry.scope_for(request.actor, "GET")
    return page


def chosen_rows(request: HttpRequest, page: ListPage) -> QuerySet[Any]:
    """The rows that were sent: all of a kept query, or the single ones; only what the scope has."""
    choice = kept(request, request.POST.get("selection"), page.list_id)
    if choice is None:
        return page.rows().filter(pk__in=numbers(request))
    form = page.query_form(QueryDict(choice["query"]), choice["given"])
    values = form.values()
    return page.rows().none() if form.errors else page.narrowed(page.rows(), values)
