"""Duplicates area by area and scheme by scheme, each figure leading to its cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import clock
from bureau.core.models import Area
from bureau.ui import formatting
from bureau.ui.charts import Bar, Bars, Chart, HeatTable
from bureau.ui.views import PortalPage
from enrollment.selectors import double_figures as figures
from enrollment.selectors import double_rules
from enrollment.selectors.double_figures import Figures, Pair
from enrollment.tables.people_lines import scheme_name
from enrollment.views.double_cases import PARENTS


class DoubleOverlaps(PortalPage):
    """The figure a director asks for: duplicates removed and subsidy saved, and where."""

    title = gettext_lazy("Overlaps and subsidy saved")
    lead = gettext_lazy(
        "Each person listed twice is one duplicate: who is listed where as well, how many were "
        "removed, and what subsidy that saves. Every figure leads to its cases."
    )
    template_name = "enrollment/double_overlaps.html"
    parents = PARENTS

    @cached_property
    def pairs(self) -> list[Pair]:
        return figures.pairs_in(self.scope)

    @cached_property
    def contested(self) -> list[Pair]:
        return figures.contested_in(self.scope)

    @cached_property
    def areas(self) -> list[Area]:
        found = {area.pk: area for pair in self.pairs for area in (pair.area, pair.other_area)}
        return sorted(found.values(), key=lambda area: area.path)

    @cached_property
    def by_areas(self) -> dict[tuple[Area, Area], Figures]:
        return figures.summed(self.pairs, figures.areas_of)

    def charts(self) -> Sequence[Chart]:
        names = [str(area) for area in self.areas]
        return [
            HeatTable(
                key="overlaps",
                title=_("Duplicates area by area"),
                finding=self.finding(),
                columns=names,
                rows=[
                    (str(area), [self.between(area, other) for other in self.areas])
                    for area in self.areas
                ],
                label_head=_("Area"),
            ),
            Bars(
                key="saved",
                title=_("Subsidy saved and still to be saved, by area"),
                finding=_("The mark shows what all duplicates found there cost in subsidy."),
                kind="money",
                bars=[
                    Bar(str(area), line.saved_bounded, line.whole_bounded)
                    for area, line in self.by_area().items()
                ],
                label_head=_("Area"),
                value_head=formatting.in_money(_("Subsidy saved")),
                target_head=formatting.in_money(_("Saved and to be saved")),
            ),
        ]

    def between(self, area: Area, other: Area) -> int | None:
        pair = (area, other) if area.path <= other.path else (other, area)
        found = self.by_areas.get(pair)
        return found.found if found else None

    def finding(self) -> str:
        if not self.by_areas:
            return _("Nobody is enrolled twice.")
        (a, b), line = max(self.by_areas.items(), key=lambda item: item[1].found)
        return _("Most duplicates lie between %(a)s and %(b)s: %(n)s.") % {
            "a": a, "b": b, "n": formatting.number(line.found),
        }  # fmt: skip

    def by_area(self) -> dict[Area, Figures]:
        """Figures by the area of the coverage that makes room: there the subsidy is saved."""
        found = figures.summed(self.pairs, lambda pair: pair.other_area)
        return {area: found[area] for area in self.areas if area in found}

    def context(self) -> dict[str, Any]:
        whole = figures.total(self.pairs)
        contested = figures.total(self.contested).found
        by_schemes = figures.summed(self.contested, figures.schemes_of)
        by_rooms = figures.summed(self.contested, lambda pair: pair.other_area)
        heat, saved = self.charts()
        return {
            "summary": [
                (_("Duplicates found"), formatting.number(whole.found)),
                (_("Duplicates removed"), formatting.number(whole.removed)),
                (_("Subsidy saved"), formatting.money_prose(whole.saved_bounded)),
                (_("Subsidy still to be saved"), formatting.money_prose(whole.to_save_bounded)),
                (_("Undecided"), formatting.number(whole.undecided)),
                (_("Contested"), formatting.number(contested)),
                (_("Subsidy not known"), formatting.number(whole.unknown)),
            ],
            "at_least": whole.at_least,
            "is_ruled": double_rules.in_force(clock.today()) is not None,
            "heat": heat,
            "saved": saved,
            "heat_rows": self.heat_rows(heat),
            "by_scheme": [
                (
                    f"{scheme_name(a)} × {scheme_name(b)}",
                    list_url(scheme=a, other_scheme=b),
                    cells(line, by_schemes.get((a, b)), scheme=a, other_scheme=b),
                )
                for (a, b), line in sorted(figures.summed(self.pairs, figures.schemes_of).items())
            ],
            "by_area": [
                (
                    str(area),
                    list_url(room=area.code),
                    cells(line, by_rooms.get(area), room=area.code),
                )
                for area, line in self.by_area().items()
            ],
            "total": cells(whole, figures.total(self.contested)),
            "heads": [
                _("Duplicates found"),
                _("Duplicates removed"),
                _("Contested cases among them"),
                _("Undecided"),
                formatting.in_money(_("Subsidy saved")),
                formatting.in_money(_("Still to be saved")),
                _("Subsidy not known"),
            ],
        }

    def heat_rows(self, heat: Any) -> list[tuple[str, list[tuple[Any, str]]]]:
        """Each cell of the heat table with the address of its cases."""
        rows = []
        for area, (label, drawn) in zip(self.areas, heat.heat_rows, strict=True):
            linked = [
                (cell, list_url(area=area.code, other_area=other.code) if cell.text else "")
                for other, cell in zip(self.areas, drawn, strict=True)
            ]
            rows.append((label, linked))
        return rows


def cells(line: Figures, contested: Figures | None, **asked: str) -> list[tuple[str, str]]:
    """The figures of a line, each with the address of its cases."""
    decided = list_url(**asked, carried="REMOVED")
    return [
        (formatting.number(line.found), list_url(**asked)),
        (formatting.number(line.removed), decided),
        (
            formatting.number(contested.found if contested else 0),
            list_url(**asked, state="CONTESTED"),
        ),
        (formatting.number(line.undecided), list_url(**asked, rule="NONE", carried="OPEN")),
        (formatting.money(line.saved_bounded), decided),
        (formatting.money(line.to_save_bounded), list_url(**asked, carried="OPEN")),
        (formatting.number(line.unknown), ""),
    ]


def list_url(**asked: str) -> str:
    return f"{reverse('enrollment:double-list')}?{urlencode(asked)}"
