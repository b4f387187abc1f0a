"""Who fell out of participation: everybody by whom the proof is below its baseline, by name."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bureau.core import access
from bureau.core.canaries import Canary
from bureau.core.models import Area
from bureau.ui import formatting
from bureau.ui.forms import QueryForm
from bureau.ui.tables import Column
from bureau.ui.views import Empty
from enrollment.choices import CoverageState, Outcome, Reason, Scheme
from enrollment.choices.fallen import FallenKind
from enrollment.imports.roster_fields import heading_of
from enrollment.models import CoverageSpell, RosterBatch, RosterRow
from enrollment.selectors import double_enrollment as doubles
from enrollment.selectors import fallen, rosters
from enrollment.selectors.proof_places import Places
from enrollment.tables import rosters as words
from enrollment.tables.people_lines import scheme_name
from enrollment.views.people_looks import ListOfPeople


class FallenQuery(QueryForm):
    """What those who fell out are asked for by."""

    area = forms.ChoiceField(label=gettext_lazy("Area"))
    scheme = forms.ChoiceField(label=gettext_lazy("Scheme"), choices=Scheme.choices)
    year = forms.ChoiceField(label=gettext_lazy("Year"))
    kind = forms.ChoiceField(label=gettext_lazy("Where it stands"), choices=FallenKind.choices)
    reason = forms.ChoiceField(label=pgettext_lazy("roster row", "Reason"), choices=Reason.choices)
    state = forms.ChoiceField(
        label=gettext_lazy("State of the coverage"),
        choices=[
            choice
            for choice in CoverageState.choices
            if choice[0] not in (CoverageState.IN_FORCE, CoverageState.UNDONE)
        ],
    )


class FallenList(ListOfPeople):
    """Rows and people of the baseline that nobody insures now, each with why and what to work on.

    They are exactly those whom the proof of the same areas and year counts as below the baseline.
    """

    title = gettext_lazy("Who fell out")
    lead = gettext_lazy(
        "Everybody whom a roster lists and no coverage insures now: rows that wait or were sent "
        "back, and people on the roll without coverage in force. Nobody may be lost."
    )
    list_id = "enrollment.fallen"
    parents = ((gettext_lazy("Integration proof"), "enrollment:proof"),)
    query_class = FallenQuery
    personal_label = RosterRow._meta.label_lower
    bare_route = "enrollment:person-reveal"
    default_sort = "place"
    columns = (
        Column("place", gettext_lazy("Place"), value=lambda row: words.place_of(row), sort="pk",
               link=lambda row: row.page_url),
        Column("area", gettext_lazy("Area"), kind="code", value=lambda row: row.county_text),
        Column("scheme", gettext_lazy("Scheme"), value=lambda row: scheme_name(row.batch.scheme)),
        Column("year", gettext_lazy("Year"), value=lambda row: str(row.batch.year), shown=False),
        Column("name", gettext_lazy("Name"), kind="masked_name", file_head=heading_of("name")),
        Column("id_number", gettext_lazy("Identity number"), kind="masked_number",
               file_head=heading_of("id_number"),
               value=lambda row: row.id_number or row.id_text),
        Column("kind", gettext_lazy("Where it stands"), kind="status", choices=FallenKind,
               value=lambda row: row.fallen_kind),
        Column("why", gettext_lazy("Why"), value=lambda row: row.why_text),
        Column("work", gettext_lazy("To be worked on"), value=lambda row: row.work_text,
               link=lambda row: row.work_url),
        Column("town", gettext_lazy("Town"), shown=False),
        Column("village", gettext_lazy("Village"), shown=False),
    )  # fmt: skip

    @cached_property
    def applied(self) -> list[RosterBatch]:
        """Rosters of the reader's areas that stand on the roll."""
        return fallen.applied_in(self.scope)

    @cached_property
    def places(self) -> Places:
        return Places()

    def rows(self) -> QuerySet[RosterRow]:
        found = RosterRow.objects.filter(batch__in=[roster.pk for roster in self.applied])
        return found.select_related("file", "batch__area")

    def query_form(self, values: QueryDict, private: dict[str, list[str]]) -> QueryForm:
        form = super().query_form(values, private)
        counties = sorted({*self.places.counties.values()}, key=lambda area: area.path)
        years = sorted({roster.year for roster in self.applied}, reverse=True)
        offered: dict[str, list[tuple[str, str]]] = {
            "area": [(area.code, str(area)) for area in counties if self.is_near(area)],
            "year": [(str(year), str(year)) for year in years],
        }
        for name, choices in offered.items():
            field: Any = form.fields[name]
            field.choices = [("", _("All")), *choices]
        return form

    def is_near(self, area: Area) -> bool:
        """Whether rows of the reader's rosters may lie in the area."""
        return any(
            area.path.startswith(roster.area.path) or roster.area.path.startswith(area.path)
            for roster in self.applied
        )

    def narrow(self, rows: QuerySet[RosterRow], values: dict[str, Any]) -> QuerySet[RosterRow]:
        year = values.get("year")
        counted = [one for one in self.applied if not year or one.year == int(year)]
        # Counted within the year: who stands on the rosters of two years stands for both.
        found = self.asked_for(counted, values.get("kind") or "")
        rows = found.select_related("file", "batch__area")
        if code := values.get("area"):
            county = self.places.by_code.get(code)
            rows = rows.filter(fallen.in_county(county, counted)) if county else rows.none()
        if scheme := values.get("scheme"):
            rows = rows.filter(batch__scheme=scheme)
        if reason := values.get("reason"):
            rows = rows.filter(link=None, reasons__contains=[reason])
        if state := values.get("state"):
            rows = rows.filter(spell__state=state)
        return rows

    @staticmethod
    def asked_for(counted: list[RosterBatch], kind: str) -> QuerySet[RosterRow]:
        """The rows of the kind among these rosters; without one, all below the baseline."""
        if kind != FallenKind.NOT_NEXT:
            return fallen.rows_of([roster.pk for roster in counted], kind)
        latest = max((roster.year for roster in counted), default=0)
        own = [roster.pk for roster in counted if roster.year == latest]
        return fallen.not_next_year(own, latest)

    def invented_row(self, person: Canary) -> RosterRow | None:
        """The invented person of an export, in the first roster of the list."""
        if not self.applied:
            return None
        roster = self.applied[0]
        file = rosters.files_of(roster)[:1]
        row = RosterRow(
            pk=0, batch=roster, file=file[0] if file else None, sheet=1, row_no=0,
            outcome=Outcome.REVIEW, name=person.name, id_number=person.number,
            birth_on=person.birth_on, reasons=[], fixes=[],
        )  # fmt: skip
        self.before_drawing([row])
        return row

    def before_drawing(self, rows: list[Any]) -> None:
        names = {file.pk: rosters.sheet_names(file) for file in {row.file for row in rows}}
        spells = {
            spell.source_row_id: spell
            for spell in CoverageSpell.objects.filter(source_row__in=[row.pk for row in rows])
        }
        cases = doubles.cases_of_spells(self.scope, [spell.pk for spell in spells.values()])
        may_open = access.may(self.actor, "enrollment:roster-row")
        for row in rows:
            spell = spells.get(row.pk)
            row.sheet_name = names[row.file_id].get(row.sheet, "")
            row.county_text = str(self._county(row, spell))
            row.fallen_kind = _kind(row, spell)
            row.page_url = (
                reverse("enrollment:roster-row", args=[row.batch_id, row.pk]) if may_open else ""
            )
            row.why_text = _why(row, spell)
            self._work(row, spell, cases)

    def _county(self, row: RosterRow, spell: CoverageSpell | None) -> Area:
        if spell is not None:
            return self.places.county(spell.area_id)
        return self.places.county_written(row.area_code, row.batch)

    def _work(self, row: Any, spell: CoverageSpell | None, cases: dict[int, int]) -> None:
        """What somebody opens to put it right: the case, the person's file, or the row."""
        case = cases.get(spell.pk) if spell else None
        if case and access.may(self.actor, "enrollment:double-detail"):
            row.work_text = _("Case no. %(number)s") % {"number": case}
            row.work_url = reverse("enrollment:double-detail", args=[case])
        elif spell and access.may(self.actor, "enrollment:person-detail"):
            row.work_text = _("The person's file")
            row.work_url = reverse("enrollment:person-detail", args=[spell.person_id])
        else:
            row.work_text = _("Settled, nothing more to do") if row.is_settled else _("The row")
            row.work_url = row.page_url

    def empty(self) -> Empty:
        if self.query.values():
            return super().empty()
        return Empty(
            _("Nobody fell out"),
            _("Everybody whom an applied roster lists is insured now."),
            reverse("enrollment:proof"),
            _("To the integration proof"),
        )


def _kind(row: RosterRow, spell: CoverageSpell | None) -> FallenKind:
    if spell is not None:
        is_insured = spell.state == CoverageState.IN_FORCE
        return FallenKind.NOT_NEXT if is_insured else FallenKind.UNINSURED
    is_held = row.outcome == Outcome.REVIEW
    return FallenKind.WAITING if is_held else FallenKind.SENT_BACK


def _why(row: RosterRow, spell: CoverageSpell | None) -> str:
    """The reason in words: what is wrong with the row, or how the coverage stands."""
    if spell is None:
        return reasons_of(row) or _("A pair with another row is to be decided first")
    if spell.state == CoverageState.IN_FORCE:
        return _("No coverage in %(year)s yet") % {"year": row.batch.year + 1}
    parts = [formatting.choice_label(CoverageState, spell.state)]
    if spell.reason in CAUSES:
        parts.append(str(CAUSES[spell.reason]))
    if spell.state == CoverageState.UNDER_REVIEW:
        parts.append(reasons_of(row))
    elif not spell.reason and row.status:
        parts.append(_("the roster says “%(status)s”") % {"status": words.shortened(row.status)})
    return _("; ").join(filter(None, parts))


def reasons_of(row: RosterRow) -> str:
    """Why the row waits or was sent back."""
    return _(", ").join(words.word_of(code) for code in row.reasons)


#: Why a coverage is not in force, by the reason that stands with it.
CAUSES = {
    "DOUBLE_ENROLLMENT": gettext_lazy("ended as a double, and the coverage kept ended too"),
    "DOUBLE_PAUSED": gettext_lazy("paused as a double, and the coverage kept ended"),
    "DECISION_UNDONE": gettext_lazy("a decision about this person was taken back"),
    "EDITION_LEFT_OUT": gettext_lazy("left out of a newer edition of the roster"),
}
