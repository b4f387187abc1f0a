"""How a list is asked: the query form, the quick search, saved filters.

Plain conditions stand in the address. A condition that names a person is sent by POST and kept in
the session under a token; the address carries the token, and a saved filter leaves it out.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import secrets
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock, lists
from bureau.core.choices import Audience
from bureau.core.errors import DomainError
from bureau.core.models import Area, SavedFilter
from bureau.ui import formatting
from bureau.ui.forms import QueryForm, answer_text
from bureau.ui.views.pages import PortalPage

#: So many queries with personal values are remembered per session.
REMEMBERED_QUERIES = 20
#: Parts of an address that belong to one look at a list, not to its query.
TRANSIENT = (
    "after", "before", "chart", "chosen", "count", "open", "print", "saved", "given", "ticked",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Quick:
    """The box that searches a list at once: each word must stand in one of the fields.

    `paths` are field paths; a list too long for that overrides `search`. Unless it is said that
    the words never name a person, they stay out of addresses.
    """

    label: Any = dataclasses.field(default_factory=lambda: gettext_lazy("Quick search"))
    paths: tuple[str, ...] = ()
    is_private: bool = True


class QueryOfList(PortalPage):
    """The part of a list page that knows what is asked for."""

    list_id: ClassVar[str] = ""
    query_class: ClassVar[type[QueryForm]] = QueryForm
    quick: ClassVar[Quick | None] = None

    @cached_property
    def query(self) -> QueryForm:
        return self.query_form(self.request.GET, self._given(self.request.GET.get("given")))

    def query_form(self, values: QueryDict, private: dict[str, list[str]]) -> QueryForm:
        """The form filled from the address and from the values kept in the session."""
        filled = values.copy()
        for name in self.private_names():
            filled.pop(name, None)
        for name, given in private.items():
            filled.setlist(name, given)
        form = self.query_class(filled)
        if self.quick is not None:
            form.fields = {"quick": self._quick_field(self.quick), **form.fields}
        return form

    @staticmethod
    def _quick_field(quick: Quick) -> forms.CharField:
        widget = forms.TextInput(attrs={"autocomplete": "off", "data-quick": ""})
        return forms.CharField(label=quick.label, max_length=60, required=False, widget=widget)

    def private_names(self) -> set[str]:
        """Fields whose values never stand in an address."""
        names = set(self.query_class.private_fields)
        if self.quick is not None and self.quick.is_private:
            names.add("quick")
        return names

    def query_names(self) -> list[str]:
        """Fields of the form, the quick search first."""
        quick = ["quick"] if self.quick is not None else []
        return [*quick, *self.query_class.base_fields]

    def search(self, rows: QuerySet[Any], word: str) -> QuerySet[Any]:
        """The rows in which each word of the quick search stands somewhere."""
        paths = self.quick.paths if self.quick is not None else ()
        for part in word.split():
            anywhere = [Q(**{f"{path}__icontains": part}) for path in paths]
            rows = rows.filter(functools.reduce(operator.or_, anywhere)) if anywhere else rows
        return rows

    def narrow(self, rows: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """The rows that fit the values given in the query form."""
        return rows

    def narrowed(self, rows: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """The rows that fit the quick search and the query form."""
        word = values.get("quick")
        return self.narrow(self.search(rows, word) if word else rows, values)

    # Values that name a person stay in the session.

    def _given(self, token: str | None) -> dict[str, list[str]]:
        kept: dict[str, dict[str, list[str]]] = self.request.session.get("ui.queries", {})
        return kept.get(token or "", {})

    def _keep(self, values: dict[str, list[str]]) -> str:
        token = secrets.token_urlsafe(9)
        kept = {**self.request.session.get("ui.queries", {}), token: values}
        self.request.session["ui.queries"] = dict(list(kept.items())[-REMEMBERED_QUERIES:])
        return token

    def take_query(self) -> HttpResponse:
        """The address for the values sent; personal ones stay in the session.

        A number shaped like a person's stays there, too, in whatever field it was typed.
        """
        address = QueryDict(mutable=True)
        private: dict[str, list[str]] = {}
        always = self.private_names()
        for name in self.query_names():
            given = [value for value in self.request.POST.getlist(name) if value.strip()]
            if given and (name in always or any(map(lists.names_a_person, given))):
                private[name] = given
            elif given:
                address.setlist(name, given)
        if sort := self.request.POST.get("sort"):
            address["sort"] = sort
        if private:
            address["given"] = self._keep(private)
        text = address.urlencode()
        return redirect(f"{self.request.path}?{text}" if text else self.request.path)

    def address(self, **changes: int | str | None) -> str:
        """The present address with changes; an absent value takes the name away."""
        values = self.request.GET.copy()
        for name, value in changes.items():
            values.pop(name, None)
            if value is not None:
                values[name] = str(value)
        text = values.urlencode()
        return f"{self.request.path}?{text}" if text else self.request.path

    def plain_query(self) -> str:
        """The conditions and the order of the present address, without those of a person."""
        kept = QueryDict(mutable=True)
        private = self.private_names()
        for name in (*self.query_names(), "sort"):
            values = [
                value
                for value in self.request.GET.getlist(name)
                if value and name not in private and not lists.names_a_person(value)
            ]
            if values:
                kept.setlist(name, values)
        return kept.urlencode()

    def query_in_words(self) -> str:
        """The conditions as people read them; those that name a person only by their field."""
        values = self.query.values()
        private = self.private_names()
        words = []
        for field in self.query:
            if field.name not in values or field.is_hidden:
                continue
            shown = "***" if field.name in private else answer_text(field, values[field.name])
            if lists.names_a_person(shown):
                shown = "***"
            words.append(_("%(label)s: %(value)s") % {"label": field.label, "value": shown})
        return _("; ").join(words)

    # Saved filters.

    @cached_property
    def at_list(self) -> lists.Shared:
        return lists.at_list(self.actor, self.list_id)

    def open_saved(self, wanted: str) -> HttpResponse:
        """The address of a saved filter; 404 for one that is not shared with the reader."""
        number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else 0
        found = next((row for row in self.at_list.filters if row.pk == number), None)
        if found is None:
            raise Http404
        address = QueryDict(found.query, mutable=True)
        address["saved"] = str(found.pk)
        return redirect(f"{self.request.path}?{address.urlencode()}")

    def save_filter(self) -> HttpResponse:
        """The present query stands under the name that was sent."""
        sent = self.request.POST
        plain = self.plain_query()
        given = self._given(self.request.GET.get("given"))
        if not plain and given:
            messages.error(
                self.request,
                _("This query only names a person, and such conditions are never saved."),
            )
            return redirect(self.request.get_full_path())
        audience, _sep, code = sent.get("audience", "").partition(":")
        sharing = lists.Sharing(
            Audience(audience) if audience in Audience.values else Audience.OWN, code
        )
        try:
            saved = lists.save_filter(
                self.list_id, sent.get("name", ""), plain, sharing, by=self.actor, at=clock.now()
            )
        except DomainError as refusal:
            messages.error(self.request, str(refusal))
            return redirect(self.request.get_full_path())
        text = _("The filter “%(name)s” is saved.") % {"name": saved.name}
        if given:
            text += " " + _("What names a person is not part of it.")
        messages.success(self.request, text)
        return redirect(self.address(saved=saved.pk))

    def remove_filter(self) -> HttpResponse:
        """The filter that was sent is gone."""
        number = self.request.POST.get("filter", "")
        try:
            lists.remove_filter(
                self.actor,
                self.list_id,
                int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0,
                at=clock.now(),
            )
        except DomainError as refusal:
            messages.error(self.request, str(refusal))
        else:
            messages.success(self.request, _("The filter is removed."))
        return redirect(self.address(saved=None))

    def saved_context(self) -> dict[str, Any]:
        """The saved filters for the tools above the list."""
        current = self.request.GET.get("saved", "")
        groups: dict[str, list[tuple[SavedFilter, bool, bool]]] = {}
        for found in self.at_list.filters:
            is_own = found.owner_id == self.actor.staff_id
            title = str(Audience.OWN.label if is_own else Audience(found.audience).label)
            groups.setdefault(title, []).append((found, str(found.pk) == current, is_own))
        return {
            "saved_groups": list(groups.items()),
            "saved_current": next(
                (row.name for row in self.at_list.filters if str(row.pk) == current), ""
            ),
            "audiences": self.audiences(),
            "asked_in_words": self.query_in_words() or formatting.ABSENT,
        }

    @cached_property
    def teams(self) -> list[Area]:
        """The areas whose teams the reader belongs to."""
        return list(Area.objects.filter(code__in=lists.teams_of(self.actor)).order_by("path"))

    def audiences(self) -> list[tuple[str, str]]:
        """With whom the reader may share: value of the choice and its words."""
        offered = [(str(Audience.OWN), str(Audience.OWN.label))]
        for area in self.teams:
            words = _("Team of %(area)s") % {"area": area}
            offered.append((f"{Audience.TEAM}:{area.code}", words))
        if lists.may_share_with_everyone(self.actor):
            offered.append((str(Audience.EVERYONE), str(Audience.EVERYONE.label)))
        return offered
