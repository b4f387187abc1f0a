"""The page of the integration proof, and the wish for its workbook."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from bureau.core import access, clock
from bureau.ui import formatting
from bureau.ui.charts import Chart, HeatTable, StackedBars
from bureau.ui.statuses import Status
from bureau.ui.views import PortalPage
from enrollment.choices import Outcome
from enrollment.reports import proof_tables
from enrollment.reports.proof import verdict, written
from enrollment.reports.proof_tables import Head, Line, Table
from enrollment.selectors import proof_counts
from enrollment.selectors.proof import Proof
from enrollment.services import proof_jobs

#: Signs of a digest that tell two files apart on the page; the workbook has all of them.
SHORT_DIGEST = 12
#: Columns of the files' table that lead to the rows counted in them.
FIRST_OUTCOME = 3


@dataclasses.dataclass(frozen=True)
class DrawnCell:
    """One cell as it is drawn; a mark has a `status`."""

    text: str
    css: str = ""
    url: str = ""
    status: Status | None = None


@dataclasses.dataclass(frozen=True)
class DrawnTable:
    """One table as it is drawn."""

    table: Table
    heads: list[tuple[Any, str]]
    rows: list[list[DrawnCell]]
    total: list[DrawnCell]


class ProofPage(PortalPage):
    """The proof over the rosters of the reader's areas, counted at this moment."""

    title = gettext_lazy("Integration proof")
    lead = gettext_lazy(
        "Every row of every file is accounted for, and nobody is lost on the way to one roll."
    )
    template_name = "enrollment/proof.html"

    @cached_property
    def year(self) -> int | None:
        return chosen_year(self.request.GET.get("year", ""))

    @cached_property
    def proof(self) -> Proof:
        return proof_counts.proof_of(self.scope, year=self.year, at=clock.now())

    def charts(self) -> Sequence[Chart]:
        return [_fate_of_records(self.proof), _overlap_heat(self.proof)]

    def context(self) -> dict[str, Any]:
        proof = self.proof
        drawn = {t.key: self.draw(t) for t in proof_tables.tables_of(proof)}
        del drawn["overlaps"]  # The heat table shows it.
        fate, heat = self.charts()
        totals = proof.totals
        return {
            "proof": proof,
            "verdict": verdict(proof),
            "digest": proof.digest(),
            "summary": [
                (_("Rows read"), formatting.number(totals.read)),
                (_("Records before"), formatting.number(totals.records)),
                (_("People after"), formatting.number(totals.people)),
                (
                    _("Duplicates removed"),
                    formatting.number(totals.further_same + totals.further_other),
                ),
                (_("Waiting for a clerk"), formatting.number(totals.waiting)),
                (_("Sent back"), formatting.number(totals.rejected)),
            ],
            "tables": drawn,
            "fate": fate,
            "heat": heat,
            "may_export": access.may(self.actor, "enrollment:proof-export", "POST"),
            "query": f"year={self.year}" if self.year else "",
        }

    @cached_property
    def may_open_rows(self) -> bool:
        return access.may(self.actor, "enrollment:roster-rows")

    def draw(self, table: Table) -> DrawnTable:
        return DrawnTable(
            table=table,
            heads=[(head.label, _css(head)) for head in table.heads],
            rows=[
                [
                    dataclasses.replace(_cell(head, value), url=self.url(table, line, place))
                    for place, (head, value) in enumerate(
                        zip(table.heads, line.values, strict=True)
                    )
                ]
                for line in table.lines
            ],
            total=[
                _cell(head, value)
                for head, value in zip(table.heads, table.total or [], strict=False)
            ],
        )

    def url(self, table: Table, line: Line, place: int) -> str:
        """Where a figure leads: to the roster, or to the rows that were counted."""
        if line.roster_id is None or not self.may_open_rows:
            return ""
        if table.key == "rosters":
            return reverse("enrollment:roster-detail", args=[line.roster_id]) if not place else ""
        column = place - FIRST_OUTCOME
        if not 0 <= column < len(Outcome) or not line.values[place]:
            return ""
        outcome = proof_tables.OUTCOMES[column]
        rows = reverse("enrollment:roster-rows", args=[line.roster_id])
        return f"{rows}?outcome={outcome}&file={line.file_id}"


def chosen_year(text: str) -> int | None:
    """The year of the address; Http404 for what is no year."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise Http404
    return int(text)


def _css(head: Head) -> str:
    return {"number": "is-right", "percent": "is-right", "mark": "is-centre"}.get(head.kind, "")


def _cell(head: Head, value: Any) -> DrawnCell:
    if head.kind == "mark":
        status = Status(written("mark", value), "good" if value else "bad")
        return DrawnCell("", _css(head), status=status)
    if value is None or value == "":
        return DrawnCell("" if value == "" else formatting.ABSENT, _css(head))
    if head.kind == "number":
        return DrawnCell(formatting.number(value), _css(head))
    if head.kind == "percent":
        return DrawnCell(formatting.percent(value), _css(head))
    if head.kind == "digest":
        return DrawnCell(f"{value[:SHORT_DIGEST]}…", _css(head))
    return DrawnCell(str(value), _css(head))


def _fate_of_records(proof: Proof) -> StackedBars:
    """What became of each area's records."""
    totals = proof.totals
    return StackedBars(
        key="participation",
        title=_("What became of each area's records"),
        finding=_("%(records)s records became %(people)s people on the roll.")
        % {
            "records": formatting.number(totals.applied_records),
            "people": formatting.number(totals.people),
        },
        series=[
            Status(_("People after"), "good"),
            Status(_("Further rows"), "calm"),
            Status(_("Waiting for a clerk"), "caution"),
            Status(_("Sent back"), "bad"),
        ],
        bars=[
            (line.area, (line.people, line.same + line.elsewhere, line.waiting, line.rejected))
            for line in proof.participation
        ],
        label_head=_("Area"),
    )


def _overlap_heat(proof: Proof) -> HeatTable:
    """People listed in two areas, area by area."""
    areas, figures = proof_tables.overlap_matrix(proof)
    largest = max(proof.county_overlaps, key=lambda pair: pair[2], default=None)
    finding = _("No person is listed twice.")
    if largest and largest[0] == largest[1]:
        finding = _("Most people are listed twice within %(area)s: %(people)s.") % {
            "area": largest[0],
            "people": formatting.number(largest[2]),
        }
    elif largest:
        finding = _("Most people are listed both in %(a)s and in %(b)s: %(people)s.") % {
            "a": largest[0],
            "b": largest[1],
            "people": formatting.number(largest[2]),
        }
    return HeatTable(
        key="overlaps",
        title=_("People in two areas"),
        finding=finding,
        columns=areas,
        rows=[
            (area, [value or None for value in row])
            for area, row in zip(areas, figures, strict=True)
        ],
        label_head=_("Area"),
    )


class ProofExport(PortalPage):
    """The wish for the workbook: a job makes it for the asker alone."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        job = proof_jobs.ask(
            year=chosen_year(request.POST.get("year", "")),
            language=get_language() or "zh-hans",
            at=clock.now(),
            by=self.actor,
        )
        answer: HttpResponseRedirect = redirect("portal:job-detail", job.pk)
        return answer
