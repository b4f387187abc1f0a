"""Pages that show people's data: the look is on record first, and a machine's pace is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from bureau.core import clock, lockout
from bureau.core.models import Area
from bureau.ui import htmx
from bureau.ui.views import ListPage, PortalPage
from enrollment.services import looks


class PageOfPeople(PortalPage):
    """Mixin of pages that show people's data."""

    def note_look(
        self,
        subject: models.Model | str,
        action: str,
        *,
        fields: Sequence[str],
        area: Area | None = None,
        row_count: int = 1,
    ) -> None:
        """The look is on record; raises TooManyLooks, which this page answers."""
        looks.note(
            subject,
            action,
            fields=fields,
            area=area,
            row_count=row_count,
            address=lockout.address_of(self.request),
            at=clock.now(),
            by=self.actor,
        )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except looks.TooManyLooks as refusal:
            return self.refuse(refusal)

    def refuse(self, refusal: looks.TooManyLooks) -> HttpResponse:
        """A page without anybody's data that says how long to wait."""
        context = {
            "title": _("Too many looks"),
            "breadcrumbs": self.breadcrumbs(),
            "refusal": refusal,
        }
        response = render(self.request, "enrollment/person_refused.html", context, status=429)
        response.headers["Retry-After"] = "60"
        if htmx.wants_fragment(self.request):
            # A fragment has no room for this; the whole page comes instead.
            response.headers["HX-Refresh"] = "true"
        return response


class ListOfPeople(PageOfPeople, ListPage):
    """A list that shows people: a page, a print and the rows of an act are each one look."""

    def area_of_looks(self) -> Area | None:
        """The area that all rows lie in, where the list is about one."""
        return None

    def people_in(self, rows: list[Any]) -> int:
        """How many people these rows show."""
        return len(rows)

    def note_rows(self, rows: list[Any]) -> None:
        """The look is on record before a row is drawn; files of the list are so by themselves."""
        self.note_look(
            self.personal_label,
            self.look,
            fields=[column.key for column in self.shown_columns()],
            area=self.area_of_looks(),
            row_count=self.people_in(rows),
        )
