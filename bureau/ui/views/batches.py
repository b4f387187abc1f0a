"""An act on many rows of a list: first a page with their number and sum, then the act, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import digests
from bureau.core.errors import DomainError
from bureau.ui import formatting, once, selections
from bureau.ui.tables import Head, css_of, rows_of
from bureau.ui.views.lists import ListPage
from bureau.ui.views.pages import PortalPage

#: Chosen rows that the page before the act names one by one.
NAMED = 50
#: Longest query of a list that a form brings back.
LONGEST_QUERY = 2000


class BatchPage(PortalPage):
    """An act on rows chosen in a list. Subclasses give `list_class`, `list_route`, `carry_out`.

    The rows are found anew within the list's own scope; what does not lie in it, or `eligible`
    leaves out, is not touched. The page that is confirmed has shown the very rows and the sum that
    the act then meets: when one of them has changed meanwhile, it is shown again.
    """

    http_method_names = ["post"]
    template_name = "ui/batch_check.html"
    list_class: ClassVar[type[ListPage]]
    list_route: ClassVar[str] = ""
    submit_label: ClassVar[Any] = gettext_lazy("Confirm")
    submit_icon: ClassVar[str] = "check"
    #: Whether a remark may be given, which goes with the act.
    takes_note: ClassVar[bool] = False
    #: Most rows of one act; an act on more would not be one that somebody has looked at.
    most: ClassVar[int] = 200

    def eligible(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Of the chosen rows, those on which the act is possible now."""
        return rows

    def carry_out(self, rows: list[Any], note: str) -> None:
        """The act is done for each row, and messages say what came of it."""
        raise NotImplementedError

    def each(self, rows: list[Any], act: Callable[[Any], object]) -> int:
        """How many of the rows the act was done for; each refusal is told with its row's name."""
        done = 0
        for row in rows:
            try:
                act(row)
            except DomainError as refusal:
                name = self.list_page.columns[0].text(row)
                messages.error(self.request, f"{name}: {refusal}")
            else:
                done += 1
        return done

    def list_kwargs(self) -> dict[str, Any]:
        """Arguments of the list's own route."""
        return dict(self.kwargs)

    @cached_property
    def list_page(self) -> ListPage:
        return selections.page_for(
            self.request, self.list_class, self.list_route, self.list_kwargs()
        )

    def chosen(self) -> QuerySet[Any]:
        return self.eligible(selections.chosen_rows(self.request, self.list_page))

    def back(self) -> str:
        """The list as it was asked for when the rows were chosen."""
        path, query = reverse(self.list_route, kwargs=self.list_kwargs()), self.list_query()
        return f"{path}?{query.urlencode()}" if query else path

    def back_to_choice(self) -> str:
        """The same with the rows chosen still, for who wants to choose others."""
        path, query = reverse(self.list_route, kwargs=self.list_kwargs()), self.list_query()
        token = self.request.POST.get("selection")
        list_id = self.list_class.list_id
        if selections.kept(self.request, token, list_id):
            query["chosen"] = str(token)
        elif chosen := selections.numbers(self.request):
            query["ticked"] = selections.keep_ticks(self.request, list_id, chosen)
        return f"{path}?{query.urlencode()}" if query else path

    def list_query(self) -> QueryDict:
        """What the list was asked for, and its page; nothing that belonged to one look at it."""
        query = QueryDict(self.request.POST.get("list_query", "")[:LONGEST_QUERY], mutable=True)
        for name in ("chosen", "ticked", "chart", "print", "open"):
            query.pop(name, None)
        return query

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        chosen = self.chosen()
        total = selections.total_of(self.list_page, chosen)
        if not total.count:
            return self.nothing_left()
        if total.count > self.most:
            self.list_page.note_count()
            text = _("At most %(most)s rows at once; you chose %(n)s. Narrow the query.")
            counts = {"most": formatting.number(self.most), "n": formatting.number(total.count)}
            messages.error(request, text % counts)
            return redirect(self.back_to_choice())
        numbers = set(chosen.order_by().values_list("pk", flat=True))
        seen = f"{total.count}:{total.amount}:{digests.of_numbers(numbers)}"
        if request.POST.get("_confirmed") != seen:
            return self.show_check(chosen, total, seen)
        note = request.POST.get("note", "")[:2000]

        def act() -> str:
            # What came into the query since then was not shown.
            self.carry_out([row for row in chosen if row.pk in numbers], note)
            return self.back()

        token = request.POST.get("form_token", "")
        address, is_double = once.carried_out_once(request, token, act)
        if is_double:
            messages.info(request, _("This form had already been sent; it was not sent again."))
        return redirect(address or self.back())

    def nothing_left(self) -> HttpResponseBase:
        """The answer when the act is possible on none of the chosen rows."""
        messages.error(self.request, _("Choose at least one row on which this can be done."))
        return redirect(self.back_to_choice())

    def show_check(self, chosen: QuerySet[Any], total: selections.Total, seen: str) -> HttpResponse:
        """What is about to be done, with number and sum."""
        rows = list(chosen[:NAMED])
        self.list_page.note_rows(rows)
        self.list_page.before_drawing(rows)
        columns = self.list_page.shown_columns()
        summed = next((c for c in columns if c.key == self.list_page.summed), None)
        return self.show(
            heads=[Head(column.head, css_of(column), "", "") for column in columns],
            table_rows=rows_of(columns, rows),
            chosen_count=total.count,
            is_cut=total.count > NAMED,
            summed_label=summed.label if summed else "",
            amount=formatting.money_prose(total.amount) if total.amount is not None else "",
            seen=seen,
            form_token=once.new_token(),
            selection=self.request.POST.get("selection", ""),
            numbers=selections.numbers(self.request),
            back_url=self.back_to_choice(),
            list_query=self.list_query().urlencode(),
            back_path=self.back_to_choice(),
        )
