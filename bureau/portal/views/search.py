"""The box of the bar: one word, looked for among everything its reader may open."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bureau.core import exports as core_exports
from bureau.portal import selectors
from bureau.portal.views.exports import Exports
from bureau.portal.views.jobs import Jobs
from bureau.ui import search
from bureau.ui.navigation import actor_of_request
from bureau.ui.search import Hits
from bureau.ui.views import PortalPage

SESSION_KEY = "ui.searches"
#: So many words are remembered per session; the address carries a token instead.
REMEMBERED = 10
LONGEST_WORD = 60


class Search(PortalPage):
    """What is found for a word. The word is sent by POST and stays in the session."""

    title = _("Search")
    template_name = "portal/search.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        word = request.POST.get("word", "").replace("\0", "").strip()[:LONGEST_WORD]
        if not word:
            return redirect("portal:search")
        token = secrets.token_urlsafe(9)
        kept = {**request.session.get(SESSION_KEY, {}), token: word}
        request.session[SESSION_KEY] = dict(list(kept.items())[-REMEMBERED:])
        return redirect(f"{reverse('portal:search')}?given={token}")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        kept: dict[str, str] = request.session.get(SESSION_KEY, {})
        word = kept.get(request.GET.get("given", ""), "")
        groups = search.groups(request, word) if word else []
        refused = any(g.refusal and g.refusal.code == "too_many_looks" for g in groups)
        response = self.show(status=429 if refused else 200, word=word, groups=groups)
        if refused:
            response.headers["Retry-After"] = "60"
        return response


def find_jobs(request: HttpRequest, word: str) -> Hits:
    """The visible job of this number."""
    number = search.number_in(word)
    if number is None:
        return Hits()
    rows = selectors.jobs_visible_to(actor_of_request(request)).filter(pk=number)
    return Hits(Jobs.columns[:3], list(rows))


def find_exports(request: HttpRequest, word: str) -> Hits:
    """The visible export of this number, or whose control row holds it."""
    rows = core_exports.visible_to(actor_of_request(request))
    found = core_exports.by_number(rows, word)
    return Hits(Exports.columns[:3], list(found[: search.MOST_HITS]))
