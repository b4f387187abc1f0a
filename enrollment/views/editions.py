"""The lines of a newer edition beside their former rows, and what becomes of who is left out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access, clock
from bureau.core.errors import DomainError
from bureau.core.masking import phone
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from bureau.ui import formatting, masking
from bureau.ui.forms import DateField, EntryForm, QueryForm, ReasonField
from bureau.ui.selections import Act
from bureau.ui.statuses import Status, status_of
from bureau.ui.tables import Column
from bureau.ui.views import BatchPage, DetailPage, Section
from bureau.ui.views.pages import Crumb
from enrollment.choices.editions import LeftOut, LineState
from enrollment.imports.edition_compare import COLUMNS
from enrollment.imports.roster_fields import FIELD_BY_NAME
from enrollment.models import EditionLine, RosterBatch, RosterEdition, RosterRow
from enrollment.selectors import editions as selectors
from enrollment.selectors import rosters
from enrollment.selectors.masked_row import masked_cell
from enrollment.services import editions as services
from enrollment.tables import rosters as words
from enrollment.tables.edition_words import MEANINGS, place_text, what_becomes
from enrollment.views.people_looks import ListOfPeople, PageOfPeople
from enrollment.views.roster_rows import understood
from enrollment.views.roster_steps import RosterForms
from enrollment.views.rosters import PARENTS
from enrollment.views.row_sight import RowsInSight

#: Fields whose values lists show masked, by the way in which they are masked.
_MASKED: dict[str, Any] = {
    "name": masking.masked_name,
    "head_name": masking.masked_name,
    "id_number": masking.masked_number,
    "household_no": masking.masked_number,
    "member_no": masking.masked_number,
    "psn_no": masking.masked_number,
    "phone": lambda number: phone(number) or formatting.ABSENT,
}
#: Fields of which lists say only that they changed.
_UNSAID = {"address", "remarks"}


class EditionPage:
    """Mixin of pages about the lines of one edition in the scope."""

    scope: Any
    kwargs: dict[str, Any]

    @cached_property
    def batch(self) -> RosterBatch:
        return rosters.roster_in(self.scope, self.kwargs["pk"])

    @cached_property
    def edition(self) -> RosterEdition:
        found = selectors.edition_of(self.batch)
        if found is None:
            raise Http404
        return found

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that an edition of another area is always 404.
        _fetched = self.edition
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc,no-any-return]

    def way_back(self) -> list[Crumb]:
        batch = self.batch
        return [
            (_("Home"), reverse("portal:home")),
            *((label, reverse(route)) for label, route in PARENTS),
            (str(batch), reverse("enrollment:roster-detail", args=[batch.pk])),
        ]


class EditionQuery(QueryForm):
    """What lines of an edition are asked for by."""

    state = forms.ChoiceField(label=gettext_lazy("Comparison"), choices=LineState.choices)


class EditionLines(EditionPage, ListOfPeople):
    """The lines of an edition beside their former rows, masked; each look is on record."""

    template_name = "enrollment/edition_lines.html"
    list_id = "enrollment.edition_lines"
    query_class = EditionQuery
    default_sort = "place"
    personal_label = EditionLine._meta.label_lower
    columns = (
        Column("place", gettext_lazy("Place"), value=lambda line: line.place_text, sort="pk",
               link=lambda line: line.page_url),
        Column("state", gettext_lazy("Comparison"), kind="status", choices=LineState),
        Column("name", gettext_lazy("Name"), kind="masked_name",
               value=lambda line: line.shown_row.name),
        Column("id_number", gettext_lazy("Identity number"), kind="masked_number",
               value=lambda line: line.shown_row.id_number or line.shown_row.id_text),
        Column("changed", gettext_lazy("What changed"), value=lambda line: line.changed_text),
        Column("amount_before", gettext_lazy("Amount before"), kind="money",
               value="old_row.amount"),
        Column("amount_after", gettext_lazy("Amount now"), kind="money", value="row.amount"),
        Column("becomes", gettext_lazy("What becomes of it"), value=what_becomes),
        Column("former", gettext_lazy("Former row"), shown=False,
               value=lambda line: line.former_text),
    )  # fmt: skip
    acts = (Act(gettext_lazy("End the coverage of who is left out"), "enrollment:roster-end"),)

    def page_title(self) -> str:
        return _("Differences: %(roster)s") % {"roster": str(self.batch)}

    def breadcrumbs(self) -> list[Crumb]:
        return self.way_back()

    def rows(self) -> QuerySet[EditionLine]:
        return selectors.lines_of(self.kwargs["pk"], self.scope)

    def narrow(self, rows: QuerySet[EditionLine], values: dict[str, Any]) -> QuerySet[EditionLine]:
        state = values.get("state")
        return rows.filter(state=state) if state else rows

    def visible_acts(self) -> list[tuple[Act, str]]:
        """Coverage is decided about where people left out are listed, before the edition is handed
        on, and no later.
        """
        is_about_them = self.query.values().get("state") == LineState.LEFT
        may = is_about_them and self.batch.state == BatchState.CHECKED
        return super().visible_acts() if may else []

    def area_of_looks(self) -> Area:
        return self.batch.area

    def before_drawing(self, rows: list[Any]) -> None:
        may_open = access.may(self.actor, "enrollment:edition-line")
        for line in rows:
            line.shown_row = line.row or line.old_row
            line.place_text = place_text(line.shown_row)
            line.former_text = place_text(line.old_row)
            line.changed_text = changes_in_words(line)
            line.page_url = (
                reverse("enrollment:edition-line", args=[self.batch.pk, line.pk])
                if may_open
                else ""
            )

    def context(self) -> dict[str, Any]:
        chosen, path = self.request.GET.get("state", ""), self.request.path
        figures = selectors.figures_of(self.edition)
        tabs: list[tuple[Any, int, str, bool]] = [
            (_("All"), sum(found.lines for found in figures.values()), path, not chosen)
        ]
        tabs += [
            (state.label, found.lines, f"{path}?state={state.value}", chosen == state.value)
            for state, found in figures.items()
        ]
        return super().context() | {"tabs": tabs, "batch": self.batch}


def values_in_words(row: RosterRow | None, field: str) -> str:
    """What the row says in the field, as a text."""
    said = selectors.values_of(row, COLUMNS[field])
    first = next((value for value in said if value not in (None, "")), None)
    if first is None:
        return ""
    return formatting.money(first) if field == "amount" else str(first)


def changes_in_words(line: EditionLine) -> str:
    """Each changed field with both values; what names a person masked."""
    told = []
    for field in line.fields:
        label = FIELD_BY_NAME[field].label
        if field in _UNSAID:
            told.append(_("%(field)s changed") % {"field": label})
            continue
        before, after = (values_in_words(row, field) for row in (line.old_row, line.row))
        mask = _MASKED.get(field)
        if mask is not None:
            before, after = (mask(value) if value else "" for value in (before, after))
            if before == after:
                # Masked, both look the same; the line in full shows them.
                told.append(_("%(field)s changed") % {"field": label})
                continue
        else:
            # A shifted column may hold a number or a name.
            before, after = (
                masked_cell(said, field, _names_of(row)) if said else ""
                for said, row in ((before, line.old_row), (after, line.row))
            )
        told.append(
            _("%(field)s: %(before)s → %(after)s")
            % {
                "field": label,
                "before": before or formatting.ABSENT,
                "after": after or formatting.ABSENT,
            }
        )
    return _("; ").join(told)


def _names_of(row: RosterRow | None) -> tuple[str | None, ...]:
    return () if row is None else (row.name, row.head_name)


class EditionLineDetail(EditionPage, RowsInSight, DetailPage):
    """One line of an edition beside its former row, in full after a purpose; a look on record."""

    template_name = "enrollment/edition_line.html"
    sections = (
        Section("line", gettext_lazy("Line"), "enrollment/_edition_line.html", "line_parts"),
    )

    def load(self) -> EditionLine:
        return selectors.line_in(self.scope, self.kwargs["pk"], self.kwargs["line"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # The log names the rows: lines are made anew by each comparison.
        for row in filter(None, (self.record.row, self.record.old_row)):
            self.note_row(row)
        return super().get(request, *args, **kwargs)

    @property
    def roster_in_sight(self) -> RosterBatch:
        return self.batch

    def context(self) -> dict[str, Any]:
        return super().context() | self.sight()

    def breadcrumbs(self) -> list[Crumb]:
        url = reverse("enrollment:roster-edition", args=[self.batch.pk])
        return [*self.way_back(), (_("Differences"), url)]

    def page_title(self) -> str:
        return place_text(self.record.row or self.record.old_row)

    def status(self) -> Status:
        return status_of(LineState, self.record.state)

    def shown(self, row: RosterRow | None, field: str) -> str:
        """What the row says in the field, masked without a purpose."""
        said = words.shortened(values_in_words(row, field))
        if self.purpose or row is None:
            return said
        return masked_cell(said, field, (row.name, row.head_name))

    def line_parts(self) -> dict[str, Any]:
        line: EditionLine = self.record
        may_open = access.may(self.actor, "enrollment:roster-row")
        return {
            "meaning": MEANINGS[LineState(line.state)],
            "becomes": what_becomes(line),
            "differences": [
                {
                    "label": FIELD_BY_NAME[field].label,
                    "before": self.shown(line.old_row, field),
                    "after": self.shown(line.row, field),
                }
                for field in line.fields
            ],
            "sides": [
                (
                    title,
                    place_text(row),
                    understood(row, bare=bool(self.purpose)),
                    row_url(row) if may_open else "",
                )
                for title, row in (
                    (_("Former edition"), line.old_row),
                    (_("This edition"), line.row),
                )
                if row is not None
            ],
        }


def row_url(row: RosterRow) -> str:
    """The page of the row in its own roster."""
    return reverse("enrollment:roster-row", args=[row.batch_id, row.pk])


class EndLeftOutForm(EntryForm):
    """From when on, and why, the coverage of people whom an edition leaves out ends."""

    ends_on = DateField(
        label=gettext_lazy("Last day of coverage"),
        help_text=gettext_lazy(
            "Days up to this one stay covered. The day before the year begins means: nobody was "
            "covered at all."
        ),
    )
    reason = ReasonField(
        label=gettext_lazy("Why coverage ends"),
        help_text=gettext_lazy("The second person reads it, and it stays with the edition."),
    )


class LeftOutForm(EndLeftOutForm):
    """What becomes of everybody whom an edition leaves out."""

    choice = forms.ChoiceField(
        label=gettext_lazy("People left out"),
        choices=LeftOut.choices,
        widget=forms.RadioSelect,
        initial=LeftOut.KEEP,
    )
    field_order = ("choice", "ends_on", "reason")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("ends_on", "reason"):
            field: Any = self.fields[name]
            field.required = False
            field.needed_when = _("(needed when coverage ends)")

    def clean(self) -> dict[str, Any]:
        """Ending needs its day and its reason."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("choice") == LeftOut.END:
            for name in ("ends_on", "reason"):
                if not found.get(name) and name not in self.errors:
                    self.add_error(name, _("Coverage ends only with a last day and a reason."))
        return found


class LeftOutDecide(EditionPage, RosterForms):
    """What becomes of everybody whom the edition leaves out."""

    title = gettext_lazy("People left out of the newer edition")
    lead = gettext_lazy(
        "They stand in the former edition and not in this one. Nobody is dropped silently: without "
        "a decision their coverage goes on and they stay listed. Nothing ends before a second "
        "person approved the edition."
    )
    form_class = LeftOutForm
    template_name = "enrollment/edition_left_out.html"
    submit_label = gettext_lazy("Save the decision")

    def context(self) -> dict[str, Any]:
        left = selectors.figures_of(self.edition)[LineState.LEFT]
        standing = selectors.standing_left(self.edition).count()
        return super().context() | {
            "effects": [
                (_("People left out"), formatting.number(left.lines)),
                (_("of these on the roll"), formatting.number(standing)),
                (_("Coverages that are to end by now"), formatting.number(left.ends)),
                *(
                    [(_("of these with a decided double enrollment, which stays"), stays)]
                    if (stays := self.decided_doubles())
                    else []
                ),
            ]
        }

    def decided_doubles(self) -> str:
        """How many of those on the roll keep their coverage whatever is chosen; empty for none."""
        found = selectors.decided_doubles(selectors.standing_left(self.edition)).count()
        return formatting.number(found) if found else ""

    def carry_out(self, form: Any) -> str:
        said = form.cleaned_data
        if said["choice"] == LeftOut.END:
            services.end_left_out(
                batch=self.batch,
                ends_on=said["ends_on"],
                reason=said["reason"],
                at=clock.now(),
                by=self.actor,
            )
        else:
            services.keep_left_out(batch=self.batch, at=clock.now(), by=self.actor)
        return f"{self.roster_url}?section=edition"

    def cancel_url(self) -> str:
        return f"{self.roster_url}?section=edition"

    def success_message(self, form: Any) -> str:
        return _("The decision is saved. It is carried out with the edition.")


class LeftOutEnd(EditionPage, PageOfPeople, BatchPage):
    """The coverage of people chosen in the list, whom the edition leaves out, is to end."""

    title = gettext_lazy("End the coverage of who is left out")
    lead = gettext_lazy(
        "Only lines left out that stand for somebody on the roll are part of this. Nothing ends "
        "before a second person approved the edition."
    )
    template_name = "enrollment/edition_end.html"
    list_class = EditionLines
    list_route = "enrollment:roster-edition"
    submit_label = gettext_lazy("Coverage is to end")
    personal_label = EditionLine._meta.label_lower

    def breadcrumbs(self) -> list[Crumb]:
        url = reverse("enrollment:roster-edition", args=[self.batch.pk])
        return [*self.way_back(), (_("Differences"), url)]

    def eligible(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those left out that stand for somebody, while the edition is not handed on."""
        if self.batch.state != BatchState.CHECKED:
            return rows.none()
        return rows.filter(state=LineState.LEFT, old_row__link__isnull=False)

    def carry_out(self, rows: list[Any], note: str) -> None:
        form = EndLeftOutForm(self.request.POST)
        if not form.is_valid():
            messages.error(
                self.request, _("Nothing was done: give the last day of coverage and the reason.")
            )
            return
        try:
            count = services.end_left_out(
                batch=self.batch,
                ends_on=form.cleaned_data["ends_on"],
                reason=form.cleaned_data["reason"],
                lines=[line.pk for line in rows],
                at=clock.now(),
                by=self.actor,
            )
        except DomainError as refusal:
            messages.error(self.request, str(refusal))
            return
        text = _("Coverage of %(n)s people is to end with the edition.")
        messages.success(self.request, text % {"n": formatting.number(count)})
        if stay := len(rows) - count:
            text = _(
                "Coverage of %(n)s people stays: their double enrollment is decided, or nothing of "
                "theirs stood on the roll any more."
            )
            messages.warning(self.request, text % {"n": formatting.number(stay)})

    def back(self) -> str:
        path, _asked, query = super().back().partition("?")
        asked = QueryDict(query, mutable=True)
        asked["state"] = LineState.LEFT.value
        return f"{path}?{asked.urlencode()}"
