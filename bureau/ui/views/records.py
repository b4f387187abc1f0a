"""The page of one record: summary at the head, sections behind tabs, one of them shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property

from bureau.core import access
from bureau.ui.statuses import Status
from bureau.ui.views.pages import PortalPage


@dataclasses.dataclass(frozen=True)
class Section:
    """One section of a record: `template` is drawn with what the view's method `context` returns.

    Only the chosen section is asked for. With `route`, it is shown to those alone who may open
    that route.
    """

    key: str
    label: Any
    template: str
    context: str
    route: str = ""


class DetailPage(PortalPage):
    """A record. Subclasses give `load`, `summary`, `sections`."""

    template_name = "ui/detail_page.html"
    sections: ClassVar[Sequence[Section]] = ()

    def load(self) -> Any:
        """The record, fetched within the scope; raises Http404 for what lies outside."""
        raise NotImplementedError

    @cached_property
    def record(self) -> Any:
        return self.load()

    def page_title(self) -> Any:
        return self.title or str(self.record)

    def status(self) -> Status | None:
        """The state shown beside the heading."""
        return None

    def summary(self) -> Sequence[tuple[Any, Any]]:
        """What a reader needs at once: pairs (label, value as text)."""
        return ()

    def visible_sections(self) -> list[Section]:
        return [s for s in self.sections if not s.route or access.may(self.actor, s.route)]

    @cached_property
    def section(self) -> Section | None:
        """The section that the address asks for; the first by default."""
        visible = self.visible_sections()
        wanted = self.request.GET.get("section")
        if wanted is None:
            return visible[0] if visible else None
        found = next((section for section in visible if section.key == wanted), None)
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # The record is fetched before anything else, so that one outside the scope is always 404.
        _fetched = self.record
        return super().get(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        section = self.section
        own = getattr(self, section.context)() if section else {}
        return {
            "record": self.record,
            "status": self.status(),
            "summary": self.summary(),
            "sections": self.visible_sections(),
            "section": section,
            **own,
        }
