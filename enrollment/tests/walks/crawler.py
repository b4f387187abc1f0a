"""Walks from page to page as one member of staff, along the links that the pages show."""

import html
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.db import connection
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from bureau.core import access
from bureau.core.choices import Role
from bureau.core.models import AccessLog
from bureau.testing.access import all_routes

_LINK = re.compile(r'(?:href|hx-get|src)="([^"#]*)')


@dataclass(frozen=True)
class Seen:
    """One answer: where, which page, what of the database it changed, what it left on record."""

    url: str
    route: str
    answer: Any
    text: str
    changed: dict[str, int]
    looks: int


def walk(client: Client, role: Role, *, most: int, seed: int) -> Iterator[Seen]:
    """Up to `most` answers, beginning with every page of the role that needs no object.

    Of each route the same number of addresses is asked for, drawn by the seed, so that a long list
    does not crowd out the rest.
    """
    drawn = random.Random(seed)
    waiting = [reverse(r.name) for r in all_routes() if not r.has_objects and _may(r.name, role)]
    known, asked = set(waiting), Counter[str]()
    for _step in range(most):
        if not waiting:
            return
        drawn.shuffle(waiting)
        waiting.sort(key=lambda url: asked[route_of(url)])
        url = waiting.pop(0)
        asked[route_of(url)] += 1
        seen = look(client, url)
        yield seen
        for link in _LINK.findall(seen.text):
            found = urljoin(url, html.unescape(link))
            parts = urlsplit(found)
            if parts.netloc or parts.scheme or not found.startswith("/") or found in known:
                continue
            if _may(route_of(found), role):
                known.add(found)
                waiting.append(found)


def look(client: Client, url: str) -> Seen:
    """The page, and what looking at it did."""
    before, looks = changes(), AccessLog.objects.count()
    answer = client.get(url)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    after = changes()
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    text = content.decode("utf-8", "replace")
    return Seen(url, route_of(url), answer, text, changed, AccessLog.objects.count() - looks)


def changes() -> Counter[str]:
    """Rows written so far in the present transaction, by table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
        )
        return Counter(dict(cursor.fetchall()))


def route_of(url: str) -> str:
    """The name of the portal's route at this address, or nothing."""
    try:
        name = resolve(urlsplit(url).path).view_name
    except Resolver404:
        return ""
    return name if access.matrix().entry_for(name) else ""


def _may(name: str, role: Role) -> bool:
    entry = access.matrix().entry_for(name)
    if entry is None or "GET" not in entry.methods:
        return False
    return entry.public or role in entry.roles_for("GET")
