"""What every page has: title, way back, actor and scope, charts with their figures as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views import View

from bureau.core.actors import Actor, Scope
from bureau.ui import htmx, navigation
from bureau.ui.charts import Chart
from bureau.ui.tables import written

Crumb = tuple[Any, str]


def own_path(request: HttpRequest, target: str | None) -> str:
    """The address to go to if it lies in this portal, else the home page."""
    if target and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return reverse("portal:home")


class PortalPage(View):
    """A page in the frame; `self.actor` and `self.scope` come from the access matrix."""

    title: ClassVar[Any] = ""
    lead: ClassVar[Any] = ""
    template_name: ClassVar[str] = ""
    #: Where this page hangs: pairs (label, route without arguments), the home page left out.
    parents: ClassVar[Sequence[tuple[Any, str]]] = ()

    @cached_property
    def actor(self) -> Actor:
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        return actor

    @cached_property
    def scope(self) -> Scope:
        scope: Scope = self.request.scope  # type: ignore[attr-defined]
        return scope

    def page_title(self) -> Any:
        return self.title

    def breadcrumbs(self) -> list[Crumb]:
        """The way from the home page to here; the page itself is its heading."""
        return [
            (_("Home"), reverse("portal:home")),
            *((label, reverse(route)) for label, route in self.parents),
        ]

    def charts(self) -> Sequence[Chart]:
        """The charts of this page; each is also a table and a CSV."""
        return ()

    def context(self) -> dict[str, Any]:
        """What the template gets beyond the frame."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        wanted = request.GET.get("chart")
        return self.chart_as_csv(wanted) if wanted else self.show()

    def chart_as_csv(self, key: str) -> HttpResponse:
        """The plotted figures; a page without such a chart answers 404."""
        chart = next((chart for chart in self.charts() if chart.key == key), None)
        if chart is None:
            raise Http404
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow([written(str(head)) for head in chart.table.heads])
        writer.writerows([written(cell) for cell in row] for row in chart.table.plain_rows)
        # The mark at the beginning tells Excel that the text is UTF-8.
        response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{key}.csv"'
        return response

    def show(self, *, status: int = 200, **more: Any) -> HttpResponse:
        return self.answer(self.template_name, status=status, **more)

    def answer(self, template: str, *, status: int = 200, **more: Any) -> HttpResponse:
        """The template with title, way back, charts and the page's own context."""
        context: dict[str, Any] = {
            "view": self,
            "title": self.page_title(),
            "lead": self.lead,
            "breadcrumbs": self.breadcrumbs(),
        }
        if not htmx.wants_fragment(self.request):
            context["frame"] = navigation.Frame(self.request).load()
        context.update(self.context())
        context.update(more)
        return htmx.vary_by_htmx(render(self.request, template, context, status=status))
