"""The page for whoever comes second: who did what and when, and what stands by now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from bureau.core import audit
from bureau.core.errors import MovedOn
from bureau.ui import navigation

#: So many of the latest acts tell what happened meanwhile.
LATEST = 3


def conflict_page(request: HttpRequest, refusal: MovedOn, back_url: str) -> HttpResponse:
    """The answer to an act that somebody else has overtaken; nothing of it was carried out."""
    acts = [] if refusal.target is None else audit.latest_on(refusal.target, LATEST)
    context = {
        "title": _("Someone else was faster"),
        "frame": navigation.Frame(request).load(),
        "refusal": str(refusal),
        "conflicts": refusal.conflicts,
        "acts": [(act, audit.word_of(act.kind)) for act in acts],
        # Whoever has written a reason need not write it again.
        "written": request.POST.get("note") or request.POST.get("reason") or "",
        "back_url": back_url,
    }
    return render(request, "409.html", context, status=409)
