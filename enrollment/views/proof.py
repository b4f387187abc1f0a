"""The page of the integration proof, and the wish for its workbook."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from bureau.core import access, clock, jobs
from bureau.core.choices import UNFINISHED_JOB_STATES
from bureau.core.errors import DomainError
from bureau.core.models import Job
from bureau.ui import formatting
from bureau.ui.charts import Chart, HeatTable, StackedBars
from bureau.ui.statuses import Status, status_of
from bureau.ui.views import PortalPage
from enrollment.choices import Outcome
from enrollment.choices.double import ProofState
from enrollment.choices.fallen import FallenKind
from enrollment.models import ProofSnapshot, SignedProof
from enrollment.reports import proof_names as names
from enrollment.reports import proof_tables
from enrollment.reports.proof import guard_said, is_settled, verdict, written
from enrollment.reports.proof_tables import Head, Line, Table
from enrollment.selectors import double_figures, proof_counts
from enrollment.selectors.proof import Proof, read
from enrollment.services import proof_jobs, proofs

#: Signs of a digest that tell two files apart on the page; the workbook has all of them.
SHORT_DIGEST = 12
#: Columns of the files' table that lead to the rows counted in them.
FIRST_OUTCOME = 3
#: Columns of the guard's table that lead to those whom they count, with the kind.
FALLEN_COLUMNS = {
    5: "",
    6: FallenKind.WAITING.value,
    7: FallenKind.SENT_BACK.value,
    8: FallenKind.UNINSURED.value,
}
#: Proofs laid down that the page names.
MOST_LAID_DOWN = 10


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
    """The proof over the rosters of the reader's areas, as a job counted it last."""

    title = gettext_lazy("Integration proof")
    lead = gettext_lazy(
        "What became of every row of every file, and of everybody, on the way to one roll: what "
        "adds up, what waits, and who is not insured."
    )
    template_name = "enrollment/proof.html"
    #: Whether figures lead to lists of today; those of a proof of an earlier roll do not.
    is_linked = True

    @cached_property
    def year(self) -> int | None:
        return chosen_year(self.request.GET.get("year", ""))

    @cached_property
    def counted(self) -> ProofSnapshot | None:
        """What a job counted for these areas; none while nobody has asked."""
        return ProofSnapshot.objects.filter(
            scope=proofs.scope_key(self.scope), year=self.year or 0
        ).first()

    @cached_property
    def is_current(self) -> bool:
        """Whether the roll is as it was when the figures were counted."""
        found = self.counted
        return found is not None and found.basis == proofs.basis_of(self.scope, self.year)

    @cached_property
    def proof(self) -> Proof | None:
        found = self.counted
        if found is None:
            return None
        unread, drafts = proof_counts.uncounted(self.scope, self.year)
        return read(
            found.content,
            made_at=found.counted_at,
            years=proof_counts.years_of(self.scope),
            unread_rosters=unread,
            drafts=drafts,
        )

    def charts(self) -> Sequence[Chart]:
        if self.proof is None:
            return []
        return [_fate_of_records(self.proof), _overlap_heat(self.proof)]

    def around(self) -> dict[str, Any]:
        """What the page shows beside the figures: counting, signing, proofs laid down."""
        running = Job.objects.filter(
            kind=proofs.COUNT,
            arguments__scope=proofs.scope_key(self.scope),
            arguments__year=self.year or 0,
            state__in=UNFINISHED_JOB_STATES,
        ).first()
        laid_down = self.scope.filter(SignedProof.objects.select_related("area")).order_by("-pk")
        same = self.same_laid_down(laid_down)
        return {
            "is_current": self.is_current,
            "job": running,
            "progress": jobs.progress_of(running) if running else None,
            "chosen_year": str(self.year) if self.year else "",
            "may_count": access.may(self.actor, "enrollment:proof-count", "POST"),
            "same_laid_down": same,
            "may_sign": self.is_current
            and same is None
            and len(self.scope.paths) == 1
            and access.may(self.actor, "enrollment:proof-prepare", "POST"),
            "laid_down": [
                (
                    reverse("enrollment:proof-signed", args=[found.pk]),
                    found,
                    status_of(ProofState, found.state),
                )
                for found in laid_down[:MOST_LAID_DOWN]
            ],
        }

    def same_laid_down(self, laid_down: QuerySet[SignedProof]) -> dict[str, Any] | None:
        """The proof that tells these very figures, signed or waiting for its second signature."""
        if self.proof is None:
            return None
        found = laid_down.filter(
            year=self.year or 0,
            digest=self.proof.digest(),
            state__in=[ProofState.PREPARED, ProofState.SIGNED],
        ).first()
        if found is None:
            return None
        return {"found": found, "url": reverse("enrollment:proof-signed", args=[found.pk])}

    def context(self) -> dict[str, Any]:
        proof = self.proof
        if proof is None:
            return self.around() | {"proof": None, "may_export": False}
        drawn = {t.key: self.draw(t) for t in proof_tables.tables_of(proof)}
        del drawn["overlaps"]  # The heat table shows it.
        fate, heat = self.charts()
        totals, doubles = proof.totals, double_figures.total(proof.doubles)
        return {
            "proof": proof,
            "verdict": verdict(proof),
            "is_settled": is_settled(proof),
            "guard": guard_said(proof),
            "digest": proof.digest(),
            "summary": [
                (names.READ, formatting.number(totals.read)),
                (names.RECORDS, formatting.number(totals.records)),
                (names.PEOPLE, formatting.number(totals.people)),
                (names.FURTHER, formatting.number(totals.further_same + totals.further_other)),
                (names.DOUBLES_ENDED, formatting.number(doubles.removed)),
                (names.SAVED, formatting.money_prose(doubles.saved_bounded)),
                (names.WAITING, formatting.number(totals.waiting)),
                (names.REJECTED, formatting.number(totals.rejected)),
                (names.BELOW, formatting.number(proof.below)),
            ],
            "meanings": names.MEANINGS,
            "tables": drawn,
            "fate": fate,
            "heat": heat,
            "fallen_url": self.all_fallen_url(),
            "may_export": access.may(self.actor, "enrollment:proof-export", "POST"),
            "query": f"year={self.year}" if self.year else "",
            "revision": self.counted.revision if self.counted else "",
            **self.around(),
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

    @cached_property
    def may_open_fallen(self) -> bool:
        return access.may(self.actor, "enrollment:fallen")

    def url(self, table: Table, line: Line, place: int) -> str:
        """Where a figure leads: to the roster, or to the rows that were counted."""
        if table.key == "guard" and self.is_linked and self.may_open_fallen:
            return self.fallen_url(line, place)
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

    def all_fallen_url(self) -> str:
        """The list of everybody below the baseline, where there is one to open."""
        if self.proof is None or not self.proof.below or not self.may_open_fallen:
            return ""
        return reverse("enrollment:fallen") + (f"?year={self.year}" if self.year else "")

    def fallen_url(self, line: Line, place: int) -> str:
        """The list of those whom a figure of the guard counts; none for others and noughts."""
        if place not in FALLEN_COLUMNS or not line.values[place]:
            return ""
        kind, year = FALLEN_COLUMNS[place], str(self.year or "")
        asked = {"area": line.area_code, "year": year, "kind": kind}
        known = {name: value for name, value in asked.items() if value}
        return f"{reverse('enrollment:fallen')}?{urlencode(known)}"


def chosen_year(text: str) -> int | None:
    """The year of the address; Http404 for what is no year."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 4):
        raise Http404
    return int(text)


def _css(head: Head) -> str:
    right = dict.fromkeys(("number", "percent", "money"), "is-right")
    return {**right, "mark": "is-centre"}.get(head.kind, "")


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
    if head.kind == "money":
        return DrawnCell(formatting.money(value), _css(head))
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
            Status(names.PEOPLE, "good"),
            Status(names.FURTHER, "calm"),
            Status(names.WAITING, "caution"),
            Status(names.REJECTED, "bad"),
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
        year = chosen_year(request.POST.get("year", ""))
        signed = request.POST.get("signed", "")
        try:
            job = proof_jobs.ask(
                year=year,
                language=get_language() or "zh-hans",
                at=clock.now(),
                by=self.actor,
                file_format=request.POST.get("format", "xlsx"),
                signed=int(signed)
                if signed.isascii() and signed.isdecimal() and len(signed) < 19
                else 0,
            )
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("enrollment:proof")
        answer: HttpResponseRedirect = redirect("portal:job-detail", job.pk)
        return answer
