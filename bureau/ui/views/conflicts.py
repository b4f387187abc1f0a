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
    # The same member of staff in another window is told so, and not of a colleague.
    by_own_hand = bool(acts) and acts[0].actor_id == request.user.pk
    is_own = refusal.is_own or by_own_hand
    context = {
        "title": _("Done by yourself in another window")
        if is_own
        else _("Someone else was faster"),
        "own_at": acts[0].at if by_own_hand and not refusal.is_own else None,
        "frame": navigation.Frame(request).load(),
        "refusal": str(refusal),
        "conflicts": refusal.conflicts,
        "acts": [(act, audit.word_of(act.kind)) for act in acts],
        # Whoever has written a reason need not write it again.
        "written": request.POST.get("note") or request.POST.get("reason") or "",
        "back_url": back_url,
    }
    return render(request, "409.html", context, status=409)
