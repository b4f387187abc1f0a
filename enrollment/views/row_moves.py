"""A row that was linked to the wrong person is asked out of the file; what was asked before."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from bureau.core import clock
from bureau.core.actors import Scope
from bureau.ui import formatting
from bureau.ui.forms import EntryForm, ReasonField
from bureau.ui.masking import masked_name
from bureau.ui.statuses import status_of
from bureau.ui.views import FormPage
from bureau.ui.views.pages import Crumb
from enrollment.choices import RowMoveState
from enrollment.models import CoverageSpell, Person, RosterRow, RowMoveRequest
from enrollment.selectors import people
from enrollment.services import row_moves
from enrollment.tables.people_lines import period_text, place_of, scheme_name
from enrollment.tables.people_sources import roster_name
from enrollment.views.people_looks import PageOfPeople

OWN, OTHER = "OWN", "OTHER"
NOWHERE: Final = Scope()
#: Wishes that the page of a person names.
NAMED = 20


def wish_lines(person: Person) -> list[dict[str, Any]]:
    """What was asked about rows of this file, the latest first, and what came of it."""
    wishes = (
        RowMoveRequest.objects.filter(Q(from_person=person) | Q(to_person=person))
        .select_related("row__file", "row__batch__area", "from_person", "to_person")
        .order_by("-pk")[:NAMED]
    )
    return [
        {
            "row": f"{roster_name(wish.row)}: {place_of(wish.row)}",
            "from_file": wish.from_person.file_no,
            "to_file": wish.to_person.file_no if wish.to_person else _("a file of its own"),
            "status": status_of(RowMoveState, wish.state),
            "why_not": wish.dropped_because,
            "reason": wish.reason,
            "who": wish.by_text,
            "at": wish.at,
        }
        for wish in wishes
    ]


def move_url(person: Person, row: RosterRow) -> str:
    return reverse("enrollment:row-move-ask", args=[person.pk, row.pk])


class RowMoveForm(EntryForm):
    """Where the row belongs, and why it does not belong here."""

    where = forms.ChoiceField(
        label=gettext_lazy("Where does the row belong?"),
        widget=forms.RadioSelect,
        choices=(
            (OWN, gettext_lazy("To somebody who has no file yet: it opens one of its own")),
            (OTHER, gettext_lazy("To the person of another file")),
        ),
    )
    file_no = forms.CharField(
        label=gettext_lazy("Number of the other file"),
        required=False,
        max_length=14,
        help_text=gettext_lazy("It stands on the person's page. Only for another file."),
    )
    reason = ReasonField(
        label=gettext_lazy("Why does the row not belong to this person?"),
        help_text=gettext_lazy("The second person reads it; it stays on record."),
    )

    def __init__(self, *args: Any, scope: Scope = NOWHERE, **options: Any) -> None:
        super().__init__(*args, **options)
        self.scope = scope
        self.target: Person | None = None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("where") != OTHER:
            return given
        number = str(given.get("file_no") or "").strip()
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            self.add_error("file_no", _("Give the number of the file, digits alone."))
            return given
        self.target = people.people_in(self.scope).filter(pk=int(number)).first()
        if self.target is None:
            self.add_error("file_no", _("Your areas have no file of this number."))
        return given


class RowMoveAsk(PageOfPeople, FormPage):
    """A row is asked out of the file it is linked to; a second person approves."""

    title = gettext_lazy("Take a row out of this file")
    parents = ((gettext_lazy("People"), "enrollment:person-list"),)
    form_class = RowMoveForm
    check_answers = True
    submit_label = gettext_lazy("Submit for approval")

    @cached_property
    def person(self) -> Person:
        return people.person_in(self.scope, self.kwargs["pk"])

    @cached_property
    def row(self) -> RosterRow:
        for row in people.source_rows_of(self.person):
            if row.pk == self.kwargs["row"]:
                return row
        raise Http404

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that a row of another file or area is always 404.
        _fetched = self.row
        return super().dispatch(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        lead = _("%(roster)s: %(place)s, in file %(file)s") % {
            "roster": roster_name(self.row),
            "place": place_of(self.row),
            "file": self.person.file_no,
        }
        return {**super().context(), "lead": lead}

    @property
    def person_url(self) -> str:
        address = reverse("enrollment:person-detail", args=[self.person.pk])
        return f"{address}?section=sources"

    def breadcrumbs(self) -> list[Crumb]:
        return [*super().breadcrumbs(), (self.person.file_no, self.person_url)]

    def form_options(self) -> dict[str, Any]:
        return {"scope": self.scope}

    def effects(self, form: Any) -> list[tuple[Any, Any]]:
        """Whose file it goes to, and the coverage that goes along."""
        spells = CoverageSpell.objects.filter(source_row=self.row).select_related("area")
        target: Person | None = form.target
        if target is not None:
            self.note_look(target, "view", fields=["name", "area"], area=target.area)
        into = (
            f"{target.file_no} · {masked_name(target.name)} · {target.area}"
            if target is not None
            else _("a file of its own")
        )
        return [
            (_("Into file"), into),
            *((_("Coverage that goes along"), _coverage_text(spell)) for spell in spells),
        ]

    def carry_out(self, form: Any) -> str:
        staff: Any = self.request.user
        row_moves.ask(
            row_id=self.row.pk,
            person=self.person,
            to_person=form.target,
            reason=form.cleaned_data["reason"],
            by=staff,
            actor=self.actor,
            at=clock.now(),
        )
        return self.person_url

    def success_message(self, form: Any) -> str:
        return _("Submitted. A second person approves it.")


def _coverage_text(spell: CoverageSpell) -> str:
    parts = [scheme_name(spell.scheme), str(spell.area), period_text(spell.period)]
    if spell.contribution_amount is not None:
        parts.append(formatting.money_prose(spell.contribution_amount))
    return " · ".join(parts)


class RowMoveSubject(View):
    """From a request to the file that the row is to leave."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        wish = get_object_or_404(RowMoveRequest, pk=pk)
        person = people.person_in(request.scope, wish.from_person_id)  # type: ignore[attr-defined]
        address = reverse("enrollment:person-detail", args=[person.pk])
        return redirect(f"{address}?section=sources")
