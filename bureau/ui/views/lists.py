"""The page of a list: query, sort, paging by key, chosen columns, chosen rows, print and file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from bureau.core import access, clock, parameters
from bureau.core.canaries import Canary
from bureau.core.errors import DomainError
from bureau.core.exports import ROWS, NeedsPurpose, job_of, one_after_the_other, rows_taken
from bureau.ui import exports, formatting, htmx, paging, selections
from bureau.ui.forms import errors_of
from bureau.ui.paging import Count, Page, Sort
from bureau.ui.tables import MASKED, Column, Head, css_of, rows_of
from bureau.ui.views.list_query import TRANSIENT
from bureau.ui.views.list_settings import SettingsOfList

#: Rows of one print; whoever needs more takes a file, which is on record.
PRINTED_ROWS = 1000


@dataclasses.dataclass(frozen=True)
class Empty:
    """What an empty list says: why, and what to do next."""

    title: Any
    text: Any = ""
    url: str = ""
    action: Any = ""


class ListPage(SettingsOfList):
    """A list. Subclasses give `list_id`, `columns`, `rows`, and `narrow` for the query form.

    `rows`, `narrow` and `search` use only `self.actor`, `self.scope` and `self.kwargs`, never the
    request: the same list is written to a file by a job, and its rows are chosen for acts on other
    pages. The route needs GET, and POST for the form, the settings, the choice and the file.
    """

    template_name = "ui/list_page.html"
    fragment_name: ClassVar[str] = "ui/_list.html"
    print_name: ClassVar[str] = "ui/list_print.html"
    #: Key of the column to sort by at first, with "-" for descending; empty: newest first.
    default_sort: ClassVar[str] = ""
    is_exported: ClassVar[bool] = True
    #: What may be done with chosen rows, besides taking them as a file.
    acts: ClassVar[Sequence[selections.Act]] = ()
    #: Key of the column whose sum is shown for chosen rows.
    summed: ClassVar[str] = ""
    #: Label of the kind of object for the access log, when the list shows persons.
    personal_label: ClassVar[str] = ""
    #: Who may POST to this route may take masked fields in full, after approval; empty: nobody.
    bare_route: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.list_id:
            exports.register_list(cls)

    @cached_property
    def route(self) -> str:
        """The route of the list, by which its rights are looked up."""
        match = self.request.resolver_match
        return match.view_name if match else ""

    # What subclasses give.

    def rows(self) -> QuerySet[Any]:
        """Every row of the list within the scope."""
        raise NotImplementedError

    def before_drawing(self, rows: list[Any]) -> None:
        """A place to fetch for all rows of the page at once what their columns need."""

    def note_rows(self, rows: list[Any]) -> None:
        """A place to write down who is about to be shown, before a row is drawn for a person.

        Files are not asked for here: they are on record by themselves.
        """

    def note_count(self) -> None:
        """Who is told how many rows a query finds has looked, though no row is shown."""
        self.note_rows([])

    def invented_row(self, person: Canary) -> Any:
        """A row for the invented person of an export; none where rows are not about persons."""
        return None

    def bare_columns(self) -> list[Column]:
        """Masked columns that the reader may ask for in full."""
        if not self.bare_route or not access.may(self.actor, self.bare_route, "POST"):
            return []
        return [column for column in self.columns if column.kind in MASKED and column.exported]

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

    # Order.

    def sort_key(self, wanted: str) -> tuple[str, Sort, bool]:
        """The column's key, its order and whether descending; unknown words mean the default."""
        orders = {column.key: column.ordering for column in self.columns if column.ordering}
        for text in (wanted, self.default_sort):
            order = orders.get(text.removeprefix("-"))
            if order:
                return text.removeprefix("-"), order, text.startswith("-")
        return "", Sort("pk"), True

    # The rows asked for.

    def found(self) -> QuerySet[Any]:
        """The rows that fit the query; none while the query cannot be read."""
        values = self.query.values()
        return self.rows().none() if self.query.errors else self.narrowed(self.rows(), values)

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

    def count(self, found: QuerySet[Any]) -> Count:
        """How many rows there are: up to the cap, or exactly when the reader asks for it."""
        if self.request.GET.get("count") == "exact":
            return paging.count_exactly(found)
        return paging.count_up_to_cap(found)

    @property
    def look(self) -> str:
        """What a look at the present page is, for the access log."""
        if "print" in self.request.GET:
            return "print"
        return "search" if self.query.values() else "list"

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

    # Rows chosen for an act.

    def sum_path(self) -> str:
        """The field behind the column that is added up; empty when none is."""
        column = next((column for column in self.columns if column.key == self.summed), None)
        if column is None or not isinstance(column.value, str):
            return ""
        return (column.value or column.key).replace(".", "__")

    def visible_acts(self) -> list[tuple[selections.Act, str]]:
        """The acts that the reader may do, each with its address."""
        return [
            (act, reverse(act.route, kwargs=self.kwargs))
            for act in self.acts
            if access.may(self.actor, act.route, "POST")
        ]

    @property
    def is_selectable(self) -> bool:
        """Whether rows have a box to choose them."""
        return self.is_exported or bool(self.visible_acts())

    def choose_all(self) -> HttpResponse:
        """All rows of the query are chosen, under a token; count and sum are shown."""
        if self.query.errors:
            return redirect(self.request.get_full_path())
        self.note_count()
        return redirect(self.address(chosen=selections.keep(self)))

    def choice_context(self, rows: list[Any]) -> dict[str, Any]:
        """The bar for chosen rows."""
        token = self.request.GET.get("chosen")
        choice = selections.kept(self.request, token, self.list_id)
        column = next((column for column in self.columns if column.key == self.summed), None)
        amounts = [column.raw(row) for row in rows] if column else [None] * len(rows)
        return {
            "acts": self.visible_acts(),
            "choice": choice,
            "choice_token": token if choice else "",
            "ticked": selections.ticks(self.request, self.request.GET.get("ticked"), self.list_id),
            "choice_amount": (
                formatting.money_prose(Decimal(choice["amount"]))
                if choice and choice["amount"] is not None
                else ""
            ),
            "summed_label": column.label if column else "",
            "amounts": amounts,
        }

    # What the page is drawn from.

    def table_context(self) -> dict[str, Any]:
        found = self.found()
        page: Page[Any] = self.page(found)
        count = self.count(found)
        self.note_rows(page.rows)
        self.before_drawing(page.rows)
        hidden = self.request.GET.copy()
        for name in ("sort", "after", "before", "chart", "chosen", "print", "ticked"):
            hidden.pop(name, None)
        choice = self.choice_context(page.rows)
        return {
            "heads": self.heads(),
            "table_rows": rows_of(self.shown_columns(), page.rows, choice.pop("amounts")),
            "count": count,
            "exact_url": self.address(count="exact", ticked=None) if count.is_capped else "",
            "unchosen_query": self.address(chosen=None, ticked=None).partition("?")[2],
            "print_url": self.address(print="1", after=None, before=None, chosen=None, ticked=None),
            "density": self.density,
            "empty": None if page.rows else self.nothing(),
            "first_url": None
            if page.is_first
            else self.address(after=None, before=None, ticked=None),
            "previous_url": self.address(before=page.before, after=None, ticked=None)
            if page.before
            else None,
            "next_url": self.address(after=page.after, before=None, ticked=None)
            if page.after
            else None,
            "sort_url": self.address(
                sort=None, after=None, before=None, chart=None, chosen=None, ticked=None
            ),
            "sort_values": [(name, value) for name in hidden for value in hidden.getlist(name)],
            **choice,
        }

    def context(self) -> dict[str, Any]:
        if "print" in self.request.GET:
            # The print brings its own rows; those of a page are neither fetched nor looked at.
            return {}
        return {
            "query": self.query,
            "query_errors": errors_of(self.query),
            "query_string": self.address(chart=None).partition("?")[2],
            "charts": self.charts(),
            **self.settings_context(),
            **self.saved_context(),
            **self.table_context(),
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if wanted := request.GET.get("open"):
            return self.open_saved(wanted)
        if "print" in request.GET:
            return self.show_print()
        return super().get(request, *args, **kwargs)

    def show(self, *, status: int = 200, **more: Any) -> HttpResponse:
        if htmx.wants_fragment(self.request):
            return self.answer(self.fragment_name, status=status, **more)
        return super().show(status=status, **more)

    def printable(self) -> int:
        """Most rows of one print: what may leave the portal without a second person, and a page."""
        most = min(PRINTED_ROWS, parameters.value(ROWS.key, clock.today()))
        if not self.personal_label:
            return most
        return max(0, most - rows_taken(self.actor.staff_id or 0, clock.now()))

    def printed_rows(self) -> tuple[list[Any], bool]:
        """The rows of one print, on record, and whether there are more than may be printed.

        Two prints at the same time are counted one after the other, as files are.
        """
        _key, sort, descending = self.sort_key(self.request.GET.get("sort", ""))
        ordered = paging.in_order(self.found(), sort, descending)
        refused: DomainError | None = None
        with transaction.atomic():
            if self.personal_label:
                one_after_the_other(self.actor.staff_id or 0)
            most = self.printable()
            rows = list(ordered[: most + 1])
            try:
                self.note_rows(rows[:most])
            except DomainError as refusal:
                # Raised outside, so that the attempt stays on record.
                refused = refusal
        if refused is not None:
            raise refused
        return rows[:most], len(rows) > most

    def show_print(self) -> HttpResponse:
        """The query's rows on one page for paper, with who printed them, when, and what for."""
        rows, is_cut = self.printed_rows()
        self.before_drawing(rows)
        columns = self.shown_columns()
        return self.answer(
            self.print_name,
            heads=[Head(column.head, css_of(column), "", "") for column in columns],
            table_rows=rows_of(columns, rows),
            shown=formatting.number(len(rows)),
            is_cut=is_cut,
            asked_in_words=self.query_in_words(),
            printed_at=formatting.instant(clock.now()),
            back_url=self.address(print=None),
            density=self.density,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What a list takes: a query, a filter, settings, a choice of rows, a wish for a file."""
        act = request.POST.get("_act", "")
        if self.is_exported and (act == "export" or "chosen_format" in request.POST):
            return self.ask_for_file()
        taken: dict[str, Callable[[], HttpResponse]] = {
            "settings": self.take_settings,
            "save_filter": self.save_filter,
            "remove_filter": self.remove_filter,
            "choose_all": self.choose_all,
        }
        return taken.get(act, self.take_query)()

    def ask_for_file(self) -> HttpResponse:
        """A job writes the present view, or the chosen rows, to a file; its progress is shown.

        What needs a second person is asked for on a page of its own, with its purpose.
        """
        sent = self.request.POST
        if "ask" in (sent.get("chosen_format"), sent.get("format")):
            self.note_count()
        try:
            only = self.chosen_numbers() if "chosen_format" in sent else None
            file_format = sent.get("chosen_format") or sent.get("format", "")
            if file_format == "ask":
                return redirect(self.wish_address(only, "xlsx"))
            export = exports.ask(self, file_format, only=only, at=clock.now())
        except NeedsPurpose:
            self.note_count()
            return redirect(self.wish_address(only, file_format))
        except DomainError as refusal:
            messages.error(self.request, str(refusal))
            return redirect(self.request.get_full_path())
        job = job_of(export)
        if job is None:
            return redirect("portal:export-detail", export.pk)
        return redirect("portal:job-detail", job.pk)

    def wish_address(self, only: list[int] | None, file_format: str) -> str:
        """The page on which a file is asked for; what was chosen stays in the session."""
        exports.wish_of(self, file_format, only=only)
        token = selections.keep_wish(self, only, file_format)
        return reverse("portal:export-create", args=[token])

    def chosen_numbers(self) -> list[int]:
        """The numbers of the rows that were chosen. Raises DomainError when none were."""
        if selections.kept(self.request, self.request.POST.get("selection"), self.list_id):
            found = selections.chosen_rows(self.request, self)
            numbers = list(
                found.order_by().values_list("pk", flat=True)[: exports.MOST_NUMBERED + 1]
            )
        else:
            numbers = selections.numbers(self.request)
        if not numbers:
            raise DomainError("nothing_chosen", _("Choose at least one row."))
        return numbers

    def lasting_query(self) -> str:
        """The query of the present address without what belongs to this look alone."""
        return self.address(**dict.fromkeys(TRANSIENT)).partition("?")[2]
