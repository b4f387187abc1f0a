"""Forms about one row of a roster: the row as it is to be typed anew, cell by cell."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from bureau.core import clock
from bureau.ui.views.pages import Crumb
from enrollment.choices import REASON_TEXTS, Reason
from enrollment.forms import RepairForm
from enrollment.models import RosterBatch, RosterRow
from enrollment.rules.repairs import FIELD_OF_REASON
from enrollment.selectors import rosters
from enrollment.services import row_repair
from enrollment.tables import rosters as words
from enrollment.views.roster_steps import RosterForms
from enrollment.views.row_sight import RowsInSight


class FormOfRow(RowsInSight, RosterForms):
    """A form about one row of a roster, which is fetched and the look at it noted first."""

    @property
    def roster_in_sight(self) -> RosterBatch:
        batch: RosterBatch = self.row.batch
        return batch

    @cached_property
    def row(self) -> RosterRow:
        return rosters.row_in(self.scope, self.kwargs["pk"], self.kwargs["row"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that a row of another area is always 404.
        _fetched = self.row
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.note_row(self.row)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What is refused is answered with the form, which shows the row again."""
        self.note_row(self.row)
        return super().post(request, *args, **kwargs)

    def breadcrumbs(self) -> list[Crumb]:
        row = self.row
        url = reverse("enrollment:roster-row", args=[row.batch_id, row.pk])
        return [*super().breadcrumbs(), (words.place_of(row), url)]

    def version(self) -> str:
        return str(self.row.version)


class RowRepair(FormOfRow):
    """A row that waits or was rejected is typed anew, cell by cell."""

    title = gettext_lazy("Correct the row")
    lead = gettext_lazy(
        "Change what is wrong. The row is checked at once by the rules of the roster; you see the "
        "difference before anything changes. Rows you correct this way gather until you submit "
        "them."
    )
    form_class = RepairForm
    template_name = "enrollment/roster_repair.html"
    submit_label = gettext_lazy("Check and compare")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Cells are typed in full, so the purpose is asked for before; an answer shows none."""
        if self.purpose:
            return super().get(request, *args, **kwargs)
        return self.answer("enrollment/row_purpose.html", **self.sight())

    def form_options(self) -> dict[str, Any]:
        cells = row_repair.cells_of(self.row)
        heads = [heading for heading, _cell, _field in rosters.raw_cells(self.row)]
        return {"cells": cells, "heads": heads, "faulty": self.faulty()}

    def faulty(self) -> dict[int, str]:
        """What is wrong and what helps, by the cell that it is about."""
        places = rosters.places_of_fields(self.row)
        found: dict[int, str] = {}
        for code in self.row.reasons:
            reason = Reason(code) if code in Reason.values else None
            field = FIELD_OF_REASON.get(reason) if reason else None
            if reason and field in places:
                text = REASON_TEXTS[reason]
                said = f"{text.explanation} {text.remedy}"
                found[places[field]] = f"{found.get(places[field], '')} {said}".strip()
        return found

    def carry_out(self, form: Any) -> str:
        version = self.seen_version
        correction = row_repair.repair(
            row=self.row,
            cells=form.cells(),
            version=int(version)
            if version.isascii() and version.isdigit() and len(version) < 19
            else -1,
            at=clock.now(),
            by=self.actor,
        )
        return reverse("enrollment:correction-detail", args=[correction.pk])
