"""The page of a list: query form, sort, paging by key, chosen columns, file of the present view."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock
from bureau.core.errors import DomainError
from bureau.ui import exports, htmx, paging
from bureau.ui.forms import QueryForm, errors_of
from bureau.ui.paging import Count, Page, Sort
from bureau.ui.tables import Column, Head, css_of, rows_of
from bureau.ui.views.pages import PortalPage

DENSITIES = {
    "compact": gettext_lazy("Compact"),
    "normal": gettext_lazy("Normal"),
    "roomy": gettext_lazy("Roomy"),
}
#: So many queries with personal values are remembered per session.
REMEMBERED_QUERIES = 20


@dataclasses.dataclass(frozen=True)
class Empty:
    """What an empty list says: why, and what to do next."""

    title: Any
    text: Any = ""
    url: str = ""
    action: Any = ""


class ListPage(PortalPage):
    """A list. Subclasses give `list_id`, `columns`, `rows`, and `narrow` for the query form.

    `rows` and `narrow` use only `self.actor`, `self.scope` and `self.kwargs`, never the request:
    the same list is written to a file by a job. The route needs GET, and POST for the form, the
    choice of columns and the file.
    """

    template_name = "ui/list_page.html"
    fragment_name: ClassVar[str] = "ui/_list.html"
    list_id: ClassVar[str] = ""
    columns: ClassVar[Sequence[Column]] = ()
    query_class: ClassVar[type[QueryForm]] = QueryForm
    #: Key of the column to sort by at first, with "-" for descending; empty: newest first.
    default_sort: ClassVar[str] = ""
    is_exported: ClassVar[bool] = True
    #: Whether rows have a box to choose them; the subclass's template says what may be done.
    is_selectable: ClassVar[bool] = False
    #: Label of the kind of object for the access log, when the list shows persons.
    personal_label: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.list_id:
            exports.register_list(cls)

    # What subclasses give.

    def rows(self) -> QuerySet[Any]:
        """Every row of the list within the scope."""
        raise NotImplementedError

    def narrow(self, rows: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """The rows that fit the values given in the query form."""
        return rows

    def before_drawing(self, rows: list[Any]) -> None:
        """A place to fetch for all rows of the page at once what their columns need."""

    def nothing(self) -> Empty:
        """What stands in place of rows; a query that cannot be read comes before all else."""
        if self.query.errors:
            return Empty(_("The query cannot be read"), _("Correct the value marked above."))
        return self.empty()

    def empty(self) -> Empty:
        """What an empty list says; subclasses say what to do next."""
        if self.query.values():
            return Empty(
                _("Nothing fits this query"),
                _("Take a condition away, or check how it is written."),
                self.request.path,
                _("Reset the query"),
            )
        return Empty(_("Nothing here yet"))

    # Query: values in the address, personal values in the session under a token.

    @cached_property
    def query(self) -> QueryForm:
        return self.query_form(self.request.GET, self._given(self.request.GET.get("given")))

    def query_form(self, values: QueryDict, private: dict[str, list[str]]) -> QueryForm:
        """The form filled from the address and from the values kept in the session."""
        filled = values.copy()
        for name in self.query_class.private_fields:
            filled.pop(name, None)
            if name in private:
                filled.setlist(name, private[name])
        return self.query_class(filled)

    def _given(self, token: str | None) -> dict[str, list[str]]:
        kept: dict[str, dict[str, list[str]]] = self.request.session.get("ui.queries", {})
        return kept.get(token or "", {})

    def _keep(self, values: dict[str, list[str]]) -> str:
        token = secrets.token_urlsafe(9)
        kept = {**self.request.session.get("ui.queries", {}), token: values}
        self.request.session["ui.queries"] = dict(list(kept.items())[-REMEMBERED_QUERIES:])
        return token

    def take_query(self) -> HttpResponse:
        """The address for the values sent; personal ones stay in the session."""
        address = QueryDict(mutable=True)
        private: dict[str, list[str]] = {}
        for name in self.query_class.base_fields:
            given = [value for value in self.request.POST.getlist(name) if value.strip()]
            if given and name in self.query_class.private_fields:
                private[name] = given
            elif given:
                address.setlist(name, given)
        if sort := self.request.POST.get("sort"):
            address["sort"] = sort
        if private:
            address["given"] = self._keep(private)
        return redirect(f"{self.request.path}?{address.urlencode()}")

    # Order, columns, density: the address and the session.

    def sort_key(self, wanted: str) -> tuple[str, Sort, bool]:
        """The column's key, its order and whether descending; unknown words mean the default."""
        orders = {column.key: column.ordering for column in self.columns if column.ordering}
        for text in (wanted, self.default_sort):
            order = orders.get(text.removeprefix("-"))
            if order:
                return text.removeprefix("-"), order, text.startswith("-")
        return "", Sort("pk"), True

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What this session chose for this list: columns, density, rows per page."""
        chosen: dict[str, Any] = self.request.session.get("ui.lists", {}).get(self.list_id, {})
        return chosen

    def shown_columns(self) -> list[Column]:
        chosen = self.settings.get("columns")
        first, *others = self.columns
        if chosen is None:
            return [first, *(column for column in others if column.shown)]
        return [first, *(column for column in others if column.key in chosen)]

    @property
    def size(self) -> int:
        size = self.settings.get("size")
        return size if size in paging.PAGE_SIZES else paging.DEFAULT_SIZE

    @property
    def density(self) -> str:
        density = str(self.settings.get("density"))
        return density if density in DENSITIES else "normal"

    def take_settings(self) -> HttpResponse:
        """The choice of columns, density and size holds for this session."""
        sent = self.request.POST
        lists = dict(self.request.session.get("ui.lists", {}))
        if "_default" in sent:
            lists.pop(self.list_id, None)
        else:
            known = {column.key for column in self.columns}
            size = sent.get("size", "")
            lists[self.list_id] = {
                "columns": [key for key in sent.getlist("columns") if key in known],
                "density": sent.get("density", ""),
                "size": int(size) if size.isascii() and size.isdigit() else 0,
            }
        self.request.session["ui.lists"] = lists
        return redirect(self.request.get_full_path())

    # The rows asked for.

    def found(self) -> QuerySet[Any]:
        """The rows that fit the query; none while the query cannot be read."""
        values = self.query.values()
        return self.rows().none() if self.query.errors else self.narrow(self.rows(), values)

    def page(self, found: QuerySet[Any]) -> Page[Any]:
        _key, sort, descending = self.sort_key(self.request.GET.get("sort", ""))
        return paging.page_of(
            found,
            known=self.rows(),
            sort=sort,
            descending=descending,
            size=self.size,
            query=self.request.GET,
        )

    def heads(self) -> list[Head]:
        current, _order, descending = self.sort_key(self.request.GET.get("sort", ""))
        heads = []
        for column in self.shown_columns():
            order, state, sort_by = column.ordering, "", ""
            if order:
                is_current = column.key == current
                first_down = order.descending_first
                down = not descending if is_current else first_down
                sort_by = f"-{column.key}" if down else column.key
                state = ("descending" if descending else "ascending") if is_current else "none"
            heads.append(Head(column.head, css_of(column), sort_by, state))
        return heads

    def address(self, **changes: int | str | None) -> str:
        """The present address with changes; an absent value takes the name away."""
        values = self.request.GET.copy()
        for name, value in changes.items():
            values.pop(name, None)
            if value is not None:
                values[name] = str(value)
        text = values.urlencode()
        return f"{self.request.path}?{text}" if text else self.request.path

    def table_context(self) -> dict[str, Any]:
        found = self.found()
        page: Page[Any] = self.page(found)
        count: Count = paging.count_up_to_cap(found)
        self.before_drawing(page.rows)
        hidden = self.request.GET.copy()
        for name in ("sort", "after", "before", "chart"):
            hidden.pop(name, None)
        return {
            "heads": self.heads(),
            "table_rows": rows_of(self.shown_columns(), page.rows),
            "count": count,
            "density": self.density,
            "empty": None if page.rows else self.nothing(),
            "first_url": None if page.is_first else self.address(after=None, before=None),
            "previous_url": self.address(before=page.before, after=None) if page.before else None,
            "next_url": self.address(after=page.after, before=None) if page.after else None,
            "sort_url": self.address(sort=None, after=None, before=None, chart=None),
            "sort_values": [(name, value) for name in hidden for value in hidden.getlist(name)],
        }

    def context(self) -> dict[str, Any]:
        shown = {column.key for column in self.shown_columns()}
        return {
            "query": self.query,
            "query_errors": errors_of(self.query),
            "query_string": self.address(chart=None).partition("?")[2],
            "choosable": [(c.key, c.label, c.key in shown) for c in self.columns[1:]],
            "densities": DENSITIES.items(),
            "sizes": paging.PAGE_SIZES,
            "size": self.size,
            "charts": self.charts(),
            **self.table_context(),
        }

    def show(self, *, status: int = 200, **more: Any) -> HttpResponse:
        if htmx.wants_fragment(self.request):
            return self.answer(self.fragment_name, status=status, **more)
        return super().show(status=status, **more)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What a list takes: a query with personal values, settings, a wish for a file."""
        act = request.POST.get("_act")
        if act == "settings":
            return self.take_settings()
        if act == "export" and self.is_exported:
            return self.ask_for_file()
        return self.take_query()

    def ask_for_file(self) -> HttpResponse:
        """A job writes the present view to a file; the reader sees its progress."""
        try:
            job = exports.ask(self, self.request.POST.get("format", ""), at=clock.now())
        except DomainError as refusal:
            messages.error(self.request, str(refusal))
            return redirect(self.request.get_full_path())
        return redirect("portal:job-detail", job.pk)
