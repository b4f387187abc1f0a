"""The page of a household: who belongs to it, and who of them was insured in which year."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock, masking
from bureau.ui import formatting
from bureau.ui.masking import masked_name
from bureau.ui.statuses import Status, status_of
from bureau.ui.views import DetailPage, Section
from enrollment.choices import CoverageState
from enrollment.models import CoverageSpell, Household
from enrollment.selectors import people
from enrollment.tables.people_lines import numbered_by, relation_name, scheme_name
from enrollment.views.people_looks import PageOfPeople


@dataclasses.dataclass(frozen=True)
class YearCell:
    """What held for one member in one year: pairs of state and words; empty when nothing did."""

    spells: list[tuple[Status, str]]


@dataclasses.dataclass(frozen=True)
class MemberLine:
    """One member as a line of the grid."""

    name: str
    url: str
    relation: str
    birth: str
    cells: list[YearCell]


class HouseholdDetail(PageOfPeople, DetailPage):
    """One household with its members by year."""

    parents = ((gettext_lazy("People"), "enrollment:person-list"),)
    sections = (
        Section("members", gettext_lazy("Members"), "enrollment/_household_members.html", "grid"),
    )

    def load(self) -> Household:
        return people.household_in(self.scope, self.kwargs["pk"])

    def page_title(self) -> str:
        return _("Household %(number)s") % {"number": self.record.number}

    @cached_property
    def years(self) -> people.HouseholdYears:
        return people.years_of_household(self.record, self.scope, until=clock.today())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.note_look(
            self.record,
            "view",
            fields=["members"],
            area=self.record.area,
            row_count=len(self.years.members),
        )
        return super().get(request, *args, **kwargs)

    def summary(self) -> Sequence[tuple[Any, Any]]:
        household: Household = self.record
        return [
            (_("Scheme"), scheme_name(household.scheme)),
            (_("Numbered by"), numbered_by(household)),
            (_("Area"), household.area),
            (_("Town"), household.place or formatting.ABSENT),
            (_("Village"), household.village or formatting.ABSENT),
            (_("Address"), masking.address(household.address) or formatting.ABSENT),
            (_("Members"), formatting.number(len(self.years.members))),
        ]

    def grid(self) -> dict[str, Any]:
        return {
            "years": self.years.years,
            "lines": [_line(found, self.years.years) for found in self.years.members],
            "hidden": self.years.hidden,
            "others": [
                (
                    reverse("enrollment:household-detail", args=[other.pk]),
                    _("Household %(number)s") % {"number": other.number},
                    numbered_by(other),
                    other.shared,  # type: ignore[attr-defined]
                )
                for other in people.households_in_common(self.record, self.scope)
            ],
        }


def _line(found: people.MemberYears, years: list[int]) -> MemberLine:
    person = found.member.person
    return MemberLine(
        name=masked_name(person.name),
        url=reverse("enrollment:person-detail", args=[person.pk]),
        relation=relation_name(found.member.relation),
        birth=formatting.day(person.birth_on),
        cells=[YearCell([_words(spell) for spell in found.years[year]]) for year in years],
    )


def _words(spell: CoverageSpell) -> tuple[Status, str]:
    paid = spell.contribution_amount
    amount = "" if paid is None else formatting.money(paid)
    return status_of(CoverageState, spell.state), " ".join(
        filter(None, [scheme_name(spell.scheme), amount])
    )
