"""An act of a person on a button: by POST only, then back to a page with a message."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views import View

from bureau.core import crash
from bureau.core.actors import Actor, Scope
from bureau.core.errors import DomainError, MovedOn
from bureau.ui.views.conflicts import conflict_page
from bureau.ui.views.pages import own_path


class ActionView(View):
    """One act. `act` does it and returns the message of success; a refusal is a message too.

    Who comes second gets the page that says who was faster.
    """

    http_method_names = ["post"]

    @cached_property
    def actor(self) -> Actor:
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        return actor

    @cached_property
    def scope(self) -> Scope:
        scope: Scope = self.request.scope  # type: ignore[attr-defined]
        return scope

    def act(self) -> Any:
        """What becomes true, then the message for the person. Raises DomainError to refuse."""
        raise NotImplementedError

    def next_url(self) -> str:
        """Where to go afterwards: the form's `next`, if it lies in this portal."""
        return own_path(self.request, self.request.POST.get("next"))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            done = self.act()
        except MovedOn as refusal:
            return conflict_page(request, refusal, self.next_url())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            crash.point("act_before_answer")
            if done:
                messages.success(request, str(done))
        return redirect(self.next_url())
