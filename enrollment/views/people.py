"""Finding people: one box that knows what was typed, and the list of the people of one's areas."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core.canaries import Canary
from bureau.core.errors import DomainError
from bureau.core.models import Area
from bureau.ui.forms import DateField, QueryForm
from bureau.ui.paging import COUNT_CAP, Count, Page, Sort
from bureau.ui.tables import Column
from bureau.ui.views import Empty
from enrollment.choices import PersonState, Sex
from enrollment.imports.roster_fields import heading_of
from enrollment.models import Person
from enrollment.selectors import people, people_pages, people_search
from enrollment.views.people_looks import ListOfPeople

#: Digits of the largest number a file can have.
LONGEST_NUMBER = 18


class PeopleQuery(QueryForm):
    """What people are asked for by; only the area and the roster stand in the address."""

    private_fields = ("word", "birth_on", "household_no")

    word = forms.CharField(
        label=gettext_lazy("Number, name or initials"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    birth_on = DateField(label=gettext_lazy("Birth date"))
    household_no = forms.CharField(label=gettext_lazy("Household number"), max_length=40)
    area = forms.ChoiceField(label=gettext_lazy("Area"), choices=[])
    roster = forms.IntegerField(
        label=gettext_lazy("Roster number"),
        min_value=1,
        max_value=2**31 - 1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "input-short"}),
    )

    def clean_word(self) -> people_search.Wanted | None:
        word = self.cleaned_data["word"]
        if not word:
            return None
        try:
            return people_search.wanted_by(word)
        except DomainError as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal


def is_number(text: str) -> bool:
    """Whether the text can be the number of a file."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER


class PersonList(ListOfPeople):
    """People of the areas in which the reader works, masked; each look is on record."""

    title = gettext_lazy("People")
    lead = gettext_lazy(
        "Find a person by identity number or its last 4 to 6 digits, file, scheme, household or "
        "telephone number, name in full or in part, or the first letters of the name's sound."
    )
    template_name = "enrollment/person_list.html"
    list_id = "enrollment.people"
    query_class = PeopleQuery
    personal_label = Person._meta.label_lower
    bare_route = "enrollment:person-reveal"
    columns = (
        Column(
            "name",
            gettext_lazy("Name"),
            kind="masked_name",
            file_head=heading_of("name"),
            link=lambda person: reverse("enrollment:person-detail", args=[person.pk]),
        ),
        Column(
            "number",
            gettext_lazy("Identity number"),
            value=lambda person: person.shown_number,
            kind="masked_number",
            file_head=heading_of("id_number"),
        ),
        Column(
            "sex",
            gettext_lazy("Sex"),
            value=lambda person: person.get_sex_display(),
            file_head=heading_of("sex"),
        ),
        Column(
            "birth_on", gettext_lazy("Birth date"), kind="day", file_head=heading_of("birth_on")
        ),
        Column("area", gettext_lazy("Area")),
        Column("state", gettext_lazy("State"), kind="status", choices=PersonState),
        Column("file_no", gettext_lazy("File number"), kind="code", sort=Sort("pk")),
    )  # fmt: skip
    #: Whether more people fit a loose query than are shown.
    is_cut = False

    def rows(self) -> QuerySet[Person]:
        return self._listed.all()

    @cached_property
    def _listed(self) -> QuerySet[Person]:
        return people.living_files(people.people_of(self._areas))

    @cached_property
    def _areas(self) -> list[int] | None:
        # Once a request: the areas of the scope are looked up for it.
        return people.scope_areas(self.scope)

    @cached_property
    def areas_offered(self) -> list[Area]:
        return people.areas_offered(self.scope)

    def query_form(self, values: QueryDict, private: dict[str, list[str]]) -> QueryForm:
        form = super().query_form(values, private)
        offered = [(area.code, str(area)) for area in self.areas_offered]
        area: Any = form.fields["area"]
        area.choices = [("", _("All")), *offered]
        return form

    def narrow(self, rows: QuerySet[Person], values: dict[str, Any]) -> QuerySet[Person]:
        if values.get("area"):
            places = people_pages.places(self.scope, self.area) if self.area else None
            rows = rows.filter(area__in=places.areas) if places else rows.none()
        if birth_on := values.get("birth_on"):
            rows = rows.filter(birth_on=birth_on)
        if roster := values.get("roster"):
            rows = rows.filter(pk__in=people.people_of_roster(self.scope, roster))
        if number := values.get("household_no"):
            rows = rows.filter(people_search.in_household(number))
        wanted: people_search.Wanted | None = values.get("word")
        if wanted is None:
            return rows
        found = people_search.hits(rows, wanted)
        self.is_cut = len(found) > people_search.MOST_HITS
        return self.rows().filter(pk__in=found[: people_search.MOST_HITS])

    @cached_property
    def area(self) -> Area | None:
        """The area asked for, if it is one of those offered."""
        code = self.query.values().get("area")
        return next((a for a in self.areas_offered if a.code == code), None)

    @cached_property
    def places(self) -> people_pages.Places | None:
        """The areas listed, when people are asked for by nothing else."""
        asked = set(self.query.values())
        if self.query.errors or asked - {"area"} or (asked and not self.area):
            return None
        if self.area is None:
            return people_pages.places_of(self._areas)
        return people_pages.places(self.scope, self.area)

    def page(self, found: QuerySet[Any]) -> Page[Any]:
        """A list of areas takes its page from them, not from everybody."""
        if self.places is None:
            return super().page(found)
        _key, _sort, descending = self.sort_key(self.request.GET.get("sort", ""))
        given = {name: self.request.GET.get(name, "") for name in ("after", "before")}
        edges = {name: int(text) for name, text in given.items() if is_number(text)}
        known = self.rows().filter(pk__in=edges.values()) if edges else self.rows().none()
        seen = set(known.values_list("pk", flat=True))
        side = next((name for name, number in edges.items() if number in seen), "after")
        downwards = descending == (side == "after")
        bounds = {"below" if downwards else "above": edges[side]} if edges.get(side) in seen else {}
        near = self.places.near(**bounds, downwards=downwards, most=self.size + 1)
        return super().page(found.filter(pk__in=near))

    def count(self, found: QuerySet[Any]) -> Count:
        if self.is_cut:
            return Count(people_search.MOST_HITS, is_capped=True)
        if self.places is None or self.request.GET.get("count") == "exact":
            return super().count(found)
        figure = self.places.count(most=COUNT_CAP + 1)
        return Count(min(figure, COUNT_CAP), figure > COUNT_CAP)

    def table_context(self) -> dict[str, Any]:
        context = super().table_context()
        # No exact count is offered of a search that stops at its most hits.
        return context | {"exact_url": "" if self.is_cut else context["exact_url"]}

    def before_drawing(self, rows: list[Any]) -> None:
        """The numbers of all rows come with one query."""
        numbers = people.with_numbers(rows)
        for person in rows:
            person.shown_number = numbers.get(person.pk)

    def invented_row(self, person: Canary) -> Person:
        """The invented person of an export, in the area that the file is about."""
        area = self.scope.filter(Area.objects.all(), "path").order_by("path").first()
        row = Person(
            pk=0, name=person.name, birth_on=person.birth_on, area=area,
            sex=Sex.MALE if person.is_male else Sex.FEMALE,
        )  # fmt: skip
        row.shown_number = person.number  # type: ignore[attr-defined]
        return row

    def context(self) -> dict[str, Any]:
        return super().context() | {"is_cut": self.is_cut, "most_hits": people_search.MOST_HITS}

    def empty(self) -> Empty:
        if self.query.values():
            return Empty(
                _("Nobody here fits this query"),
                _(
                    "Check how the number or name is written, or leave a condition out. Only "
                    "people of your own areas are looked for."
                ),
                self.request.path,
                _("Reset the query"),
            )
        return Empty(
            _("No person yet"),
            _("People appear here when a roster has been applied to the roll."),
        )
