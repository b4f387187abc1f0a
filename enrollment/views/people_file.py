"""The person's file: one page with what is known, by whom it was said, and who looked at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, clock, masking
from bureau.core.errors import DomainError
from bureau.core.models import AccessLog, Area
from bureau.ui import formatting, trails
from bureau.ui.masking import masked_number
from bureau.ui.paging import Sort
from bureau.ui.statuses import Status, status_of
from bureau.ui.tables import Column
from bureau.ui.views import DetailPage, Empty, ListPage, Section
from enrollment.choices import IdentifierKind, PersonState
from enrollment.choices.double import CaseState
from enrollment.models import Person, PersonIdentifier
from enrollment.selectors import double_enrollment, people
from enrollment.services import looks
from enrollment.tables import double_words, people_history, people_lines, people_sources
from enrollment.views import row_moves
from enrollment.views.people_looks import PageOfPeople

PARENTS = ((gettext_lazy("People"), "enrollment:person-list"),)


class PersonDetail(PageOfPeople, DetailPage):
    """One person, one file. The name stands in full here alone; numbers only after a reason."""

    template_name = "enrollment/person_detail.html"
    parents = PARENTS
    sections = (
        Section("timeline", gettext_lazy("Timeline"), "enrollment/_person_timeline.html", "life"),
        Section("numbers", gettext_lazy("Numbers"), "enrollment/_person_numbers.html", "numbers"),
        Section(
            "household", gettext_lazy("Household"), "enrollment/_person_household.html", "homes"
        ),
        Section("sources", gettext_lazy("Sources"), "enrollment/_person_sources.html", "sources"),
        Section(
            "doubles",
            gettext_lazy("Double enrollments"),
            "enrollment/_person_doubles.html",
            "doubles",
            route="enrollment:double-detail",
        ),
        Section("pairs", gettext_lazy("Pairs"), "enrollment/_person_pairs.html", "pairs"),
        Section("changes", gettext_lazy("Changes"), "enrollment/_person_changes.html", "changes"),
    )

    def load(self) -> Person:
        return people.person_in(self.scope, self.kwargs["pk"])

    @cached_property
    def area_of_sight(self) -> Area:
        return people.area_of_sight(self.record, self.scope)

    def page_title(self) -> str:
        return str(self.record.name)

    def status(self) -> Status:
        return status_of(PersonState, self.record.state)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        section = self.section
        self.note_look(
            self.record,
            "view",
            fields=["summary", *([section.key] if section else [])],
            area=self.area_of_sight,
        )
        return super().get(request, *args, **kwargs)

    @cached_property
    def known(self) -> list[PersonIdentifier]:
        return people.numbers_of(self.record)

    def summary(self) -> Sequence[tuple[Any, Any]]:
        person: Person = self.record
        number = next((n.number for n in self.known if n.kind == IdentifierKind.RESIDENT_ID), None)
        return [
            (_("Identity number"), masked_number(number)),
            (_("Sex"), person.get_sex_display() or formatting.ABSENT),
            (_("Birth date"), formatting.day(person.birth_on)),
            (_("Area"), person.area),
            (_("File number"), person.file_no),
            (_("File opened"), formatting.day(person.created_at)),
        ]

    def context(self) -> dict[str, Any]:
        kept = self.record.merged_into
        may_look_up = access.may(self.actor, "enrollment:person-looks")
        return super().context() | {
            "kept_url": reverse("enrollment:person-detail", args=[kept.pk]) if kept else "",
            "looks_url": (
                reverse("enrollment:person-looks", args=[self.record.pk]) if may_look_up else ""
            ),
        }

    # Sections.

    def life(self) -> dict[str, Any]:
        spells = people.spells_of(self.record)
        ends = double_enrollment.ends_of(spells)
        seen: set[int] = set()
        if ends and access.may(self.actor, "enrollment:double-decision"):
            decisions = [
                side.case.decision_id for side in ends.values() if side.case.decision_id is not None
            ]
            own = double_enrollment.decisions_in(self.scope).filter(pk__in=decisions)
            seen = set(own.values_list("pk", flat=True))
        return {
            "timeline": people_lines.timeline(spells, ends=ends, today=clock.today()),
            "spells": [
                people_lines.spell_line(spell, ends.get(spell.pk), seen) for spell in spells
            ],
        }

    def numbers(self) -> dict[str, Any]:
        person: Person = self.record
        return {
            "numbers": self.number_lines({n.pk: masked_number(n.number) for n in self.known}),
            "contact": [
                (_("Phone"), masking.phone(person.phone) or formatting.ABSENT),
                (_("Address"), masking.address(person.address) or formatting.ABSENT),
            ],
            "may_reveal": access.may(self.actor, "enrollment:person-reveal", "POST"),
        }

    def number_lines(self, texts: dict[int, str]) -> list[people_lines.NumberLine]:
        areas = people.issuers(self.known)
        return [people_lines.number_line(n, areas, texts[n.pk]) for n in self.known]

    def homes(self) -> dict[str, Any]:
        homes = people.homes_of(self.record)
        seen = people.seen_among(
            self.scope, [member.person_id for home in homes for member in home.members]
        )
        return {
            "homes": [
                people_lines.home_lines(home, seen, is_current=not place)
                for place, home in enumerate(homes)
            ]
        }

    def sources(self) -> dict[str, Any]:
        rows = people.source_rows_of(self.record)
        may_move = access.may(self.actor, "enrollment:row-move-ask", "POST")
        return {
            "sources": people_sources.side_by_side(self.record, rows, self.known, self.scope),
            "moves": [row_moves.move_url(self.record, row) for row in rows] if may_move else [],
            "wishes": row_moves.wish_lines(self.record),
        }

    def pairs(self) -> dict[str, Any]:
        waiting = people.pairs_of(self.record)
        return {"pairs": [people_sources.pair_line(pair, self.scope) for pair in waiting]}

    def doubles(self) -> dict[str, Any]:
        cases = list(double_enrollment.cases_of(self.record.pk).order_by("-pk"))
        sides = double_enrollment.sides_of_all(cases)
        own = double_enrollment.cases_in(self.scope).filter(pk__in=[case.pk for case in cases])
        seen = set(own.values_list("pk", flat=True))
        return {
            "doubles": [
                {
                    "number": str(case),
                    "url": (
                        reverse("enrollment:double-detail", args=[case.pk])
                        if case.pk in seen
                        else ""
                    ),
                    "since": case.overlaps_from,
                    "rule": double_words.rule_name(case.rule),
                    "kept": double_words.sides_text(sides[case.pk], kept=True),
                    "ended": double_words.sides_text(sides[case.pk], kept=False),
                    "status": status_of(CaseState, case.state),
                }
                for case in cases
            ]
        }

    def changes(self) -> dict[str, Any]:
        return {"history": people_history.history_of(self.record)}


class PersonReveal(PersonDetail):
    """The same page with numbers, phone and address in full, after a reason that is on record."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        person = self.record
        looks.expect_human_pace(at=clock.now(), by=self.actor)
        values = {
            "numbers": {number.pk: number.number for number in self.known},
            "phone": person.phone,
            "address": person.address,
        }
        try:
            self.revealed = masking.reveal(
                request,  # type: ignore[arg-type]
                person,
                values,
                area=self.area_of_sight,
                reason=request.POST.get("reason", ""),
            )
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return self.back()
        return self.show()

    def back(self) -> HttpResponseRedirect:
        address = reverse("enrollment:person-detail", args=[self.record.pk])
        return redirect(f"{address}?section=numbers")

    @cached_property
    def section(self) -> Section:
        return next(section for section in self.sections if section.key == "numbers")

    def numbers(self) -> dict[str, Any]:
        return {
            "numbers": self.number_lines(self.revealed["numbers"]),
            "contact": [
                (_("Phone"), self.revealed["phone"] or formatting.ABSENT),
                (_("Address"), self.revealed["address"] or formatting.ABSENT),
            ],
            "is_revealed": True,
        }


#: Parts of the file that a look showed, in words.
LOOK_FIELDS = {
    "summary": gettext_lazy("Summary"),
    "phone": gettext_lazy("Phone"),
    "address": gettext_lazy("Address"),
    **{section.key: section.label for section in PersonDetail.sections},
}


def act_of(look: AccessLog) -> str:
    return str(trails.LOOKS.get(look.action, look.action))


def fields_of(look: AccessLog) -> str:
    return _(", ").join(str(LOOK_FIELDS.get(field, field)) for field in look.fields)


class PersonLooks(PageOfPeople, ListPage):
    """Who looked at a person's file, when and for what; can be printed for the person."""

    title = gettext_lazy("Who looked at this file")
    parents = PARENTS
    list_id = "enrollment.person_looks"
    is_exported = False
    columns = (
        Column("at", gettext_lazy("When"), kind="instant", sort=Sort("pk", descending_first=True)),
        Column("actor", gettext_lazy("Who"), value="actor_text"),
        Column("action", gettext_lazy("What was done"), value=act_of),
        Column("reason", gettext_lazy("Reason")),
        Column("fields", gettext_lazy("Fields"), value=fields_of),
        Column("address", gettext_lazy("Address of the computer"), shown=False),
    )

    @cached_property
    def person(self) -> Person:
        return people.person_in(self.scope, self.kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that a person of another area is always 404.
        _fetched = self.person
        return super().dispatch(request, *args, **kwargs)

    def page_title(self) -> str:
        return _("Who looked at file %(number)s") % {"number": self.person.file_no}

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        address = reverse("enrollment:person-detail", args=[self.person.pk])
        return [*super().breadcrumbs(), (self.person.file_no, address)]

    def rows(self) -> QuerySet[AccessLog]:
        return people.looks_at(self.person)

    def empty(self) -> Empty:
        return Empty(_("Nobody has looked at this file yet"))
