"""A member of staff's own settings: language, single keys; and the help page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views import View

from bureau.core import access
from bureau.core.models import Staff
from bureau.portal import orders
from bureau.ui.views import PortalPage, own_path

COOKIE_SECONDS = 365 * 24 * 3600


def _keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=COOKIE_SECONDS,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )


class Language(View):
    """The pages speak the chosen language from now on, on every machine once signed in."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        code = request.POST.get("language", "")
        response = redirect(own_path(request, request.POST.get("next")))
        if code in dict(settings.LANGUAGES):
            if request.user.is_authenticated:
                Staff.objects.filter(pk=request.user.pk).update(language=code)
            _keep(response, settings.LANGUAGE_COOKIE_NAME, code)
        return response


class Shortcuts(View):
    """Single keys act or do not, in this browser (WCAG 2.1.4)."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        response = redirect(own_path(request, request.POST.get("next")))
        _keep(response, "shortcuts", "off" if request.POST.get("shortcuts") == "off" else "on")
        return response


class Help(PortalPage):
    """Which step of the work follows which, and the keys."""

    title = _("Keyboard and help")
    template_name = "portal/help.html"

    def context(self) -> dict[str, Any]:
        return {
            "orders": [
                (order.title, [self.step(one) for one in order.steps]) for order in orders.ORDERS
            ]
        }

    def step(self, step: orders.Step) -> tuple[Any, Any, str]:
        """The step with the address of its page, where the reader may open it."""
        return (
            step.what,
            step.how,
            (reverse(step.route) if access.may(self.actor, step.route) else ""),
        )
