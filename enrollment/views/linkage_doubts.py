"""Links that the version in force would not make any more: looked at, kept, or moved by two."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bureau.core import access, clock
from bureau.core.canaries import Canary
from bureau.ui.forms import QueryForm
from bureau.ui.navigation import Work, actor_of_request
from bureau.ui.selections import Act
from bureau.ui.tables import Column
from bureau.ui.views import BatchPage, Empty, ListPage
from enrollment.choices import DoubtNow, DoubtState
from enrollment.models import LinkDoubt, Person, RosterRow
from enrollment.selectors import linkage_models as selectors
from enrollment.services import linkage_versions as services
from enrollment.tables.rosters import place_of
from enrollment.views.linkage_models import MODEL_PARENTS
from enrollment.views.people_looks import ListOfPeople
from enrollment.views.row_moves import move_url

DOUBTS = "enrollment:linkage-doubts"


class DoubtQuery(QueryForm):
    """What doubted links are asked for by."""

    state = forms.ChoiceField(label=gettext_lazy("State"), choices=DoubtState.choices)
    now = forms.ChoiceField(
        label=gettext_lazy("The version in force would"), choices=DoubtNow.choices
    )


class LinkageDoubts(ListOfPeople, ListPage):
    """Doubted links of the reader's areas, names masked; each look is on record."""

    title = gettext_lazy("Doubted links")
    lead = gettext_lazy(
        "Automatic links that the version in force would not make any more. Nothing was unlinked: "
        "keep the link, or take the row out of the file, which a second person approves."
    )
    parents = MODEL_PARENTS
    list_id = "enrollment.linkage_doubts"
    query_class = DoubtQuery
    personal_label = RosterRow._meta.label_lower
    acts = (Act(gettext_lazy("The links are right"), "enrollment:linkage-doubts-keep"),)
    columns = (
        Column(
            "place",
            gettext_lazy("Roster row"),
            value=lambda doubt: place_of(doubt.row),
            link=lambda doubt: reverse(
                "enrollment:roster-row", args=[doubt.row.batch_id, doubt.row_id]
            ),
        ),
        Column("row_name", gettext_lazy("Name in the roster"), "row.name", kind="masked_name"),
        Column(
            "person",
            gettext_lazy("Name in the file"),
            "person.name",
            kind="masked_name",
        ),
        Column(
            "file",
            gettext_lazy("File number"),
            "person.file_no",
            kind="code",
            link=lambda doubt: (
                reverse("enrollment:person-detail", args=[doubt.person_id]) + "?section=sources"
            ),
        ),
        Column("area", gettext_lazy("Area")),
        Column("score", gettext_lazy("Likelihood then"), kind="percent"),
        Column(
            "now",
            gettext_lazy("The version in force would"),
            value=lambda doubt: doubt.get_now_display(),
        ),
        Column("state", gettext_lazy("State"), kind="status", choices=DoubtState),
        Column(
            "move",
            gettext_lazy("If the link is wrong"),
            value=lambda doubt: _("Take the row out") if doubt.state == DoubtState.OPEN else "",
            link=lambda doubt: (
                move_url(doubt.person, doubt.row) if doubt.state == DoubtState.OPEN else ""
            ),
            exported=False,
        ),
        Column("found_at", gettext_lazy("Found at"), "run.made_at", kind="instant"),
        Column("answered_by", gettext_lazy("Answered by"), shown=False),
        Column("note", gettext_lazy("Remarks"), shown=False),
    )

    def rows(self) -> QuerySet[LinkDoubt]:
        return selectors.doubts_in(self.scope)

    def narrow(self, rows: QuerySet[LinkDoubt], values: dict[str, Any]) -> QuerySet[LinkDoubt]:
        given = {name: values[name] for name in ("state", "now") if values.get(name)}
        return rows.filter(**given)

    def invented_row(self, person: Canary) -> LinkDoubt:
        """A doubt about the invented person, for files."""
        area = selectors.first_area(self.scope)
        doubt = LinkDoubt(pk=0, state=DoubtState.OPEN, now=DoubtNow.ASK, score=0.9)
        shown: Any = doubt
        shown.row = RosterRow(pk=0, name=person.name, row_no=0)
        shown.row.file = _NoFile()
        shown.person = Person(pk=0, name=person.name)
        shown.area = area
        shown.run = _NoRun()
        return doubt

    def empty(self) -> Empty:
        if self.query.values():
            return super().empty()
        return Empty(
            _("No link is in doubt"),
            _("Doubts appear when the version in force is asked to link again."),
        )


class _NoFile:
    """The file of an invented row."""

    name = ""


class _NoRun:
    """The run that found an invented doubt."""

    made_at = None


class DoubtsKeep(BatchPage):
    """The chosen links are right and stay; the doubts are answered."""

    title = gettext_lazy("The links are right")
    parents = ((gettext_lazy("Doubted links"), DOUBTS),)
    list_class = LinkageDoubts
    list_route = DOUBTS
    submit_label = gettext_lazy("Keep these links")
    takes_note = True

    def eligible(self, rows: QuerySet[LinkDoubt]) -> QuerySet[LinkDoubt]:
        return rows.filter(state=DoubtState.OPEN)

    def carry_out(self, rows: list[LinkDoubt], note: str) -> None:
        done = self.each(
            rows,
            lambda doubt: services.keep_link(doubt, note=note, by=self.actor, at=clock.now()),
        )
        if done:
            text = ngettext("%(n)d link stays.", "%(n)d links stay.", done)
            messages.success(self.request, text % {"n": done})


def doubts_waiting(request: HttpRequest) -> Iterable[Work]:
    """Doubted links of the reader's areas, for home and to-do."""
    actor = actor_of_request(request)
    roles = access.roles_for("enrollment:linkage-doubts-keep", "POST")
    if not actor.has(*roles):
        return
    found = selectors.counts_of_doubts(actor.scope(*roles))
    yield Work(_("Doubted links"), found["count"], reverse(DOUBTS) + "?state=OPEN", found["oldest"])
