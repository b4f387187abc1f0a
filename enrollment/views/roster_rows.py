"""The rows of a roster: the list with masked values, and one row as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import access
from bureau.core.canaries import Canary
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from bureau.intake.problems import message_of
from bureau.ui import formatting
from bureau.ui.charts import Chart
from bureau.ui.forms import QueryForm
from bureau.ui.paging import Count
from bureau.ui.selections import Act
from bureau.ui.statuses import Status, status_of
from bureau.ui.views import DetailPage, Section
from bureau.ui.views.pages import Crumb
from enrollment.choices import (
    FIX_TEXTS,
    REASON_TEXTS,
    Fix,
    NumberState,
    Outcome,
    PairState,
    Reason,
    Sex,
    SpecialGroup,
)
from enrollment.choices.judged import EVIDENCE_FOR, MAY_BE_LEFT_OUT, may_all_be_right
from enrollment.forms import RowQuery
from enrollment.imports.roster_fields import FIELD_BY_NAME
from enrollment.models import CorrectedRow, RosterBatch, RosterLink, RosterRow
from enrollment.rules.words import ethnicity_names
from enrollment.selectors import roster_hints
from enrollment.selectors import rosters as selectors
from enrollment.selectors.judgements import judgements_of
from enrollment.selectors.masked_row import masked_cell, masked_cells
from enrollment.services.corrections import CORRECTABLE
from enrollment.services.row_repair import may_be_repaired
from enrollment.tables import rosters as words
from enrollment.views.people_looks import ListOfPeople
from enrollment.views.rosters import PARENTS
from enrollment.views.row_sight import RowsInSight


class RosterRows(ListOfPeople):
    """Rows of one roster in the order of the files, masked; each look is on record."""

    title = gettext_lazy("Rows of the roster")
    template_name = "enrollment/roster_rows.html"
    list_id = "enrollment.roster_rows"
    query_class = RowQuery
    columns = words.ROW_COLUMNS
    default_sort = "place"
    personal_label = RosterRow._meta.label_lower
    bare_route = "enrollment:person-reveal"
    summed = "amount"
    acts = (
        Act(gettext_lazy("Right as it is"), "enrollment:roster-rows-right"),
        Act(gettext_lazy("Leave out"), "enrollment:roster-rows-leave-out"),
    )

    @cached_property
    def batch(self) -> RosterBatch:
        return selectors.roster_in(self.scope, self.kwargs["pk"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Fetched before anything else, so that a roster of another area is always 404.
        _fetched = self.batch
        return super().dispatch(request, *args, **kwargs)

    def page_title(self) -> str:
        return _("Rows: %(roster)s") % {"roster": str(self.batch)}

    def breadcrumbs(self) -> list[Crumb]:
        home, *_none = super().breadcrumbs()
        return [
            home,
            *((label, reverse(route)) for label, route in PARENTS),
            (
                str(self.batch),
                reverse("enrollment:roster-detail", args=[self.batch.pk]),
            ),
        ]

    def rows(self) -> QuerySet[RosterRow]:
        return selectors.rows_of(self.kwargs["pk"], self.scope)

    def narrow(self, rows: QuerySet[RosterRow], values: dict[str, Any]) -> QuerySet[RosterRow]:
        return selectors.rows_asked_for(rows, values)

    def query_form(self, values: QueryDict, private: dict[str, list[str]]) -> QueryForm:
        form = super().query_form(values, private)
        if isinstance(form, RowQuery):
            form.offer_files((file.pk, file.name) for file in selectors.files_of(self.batch))
        return form

    def count(self, found: QuerySet[Any]) -> Count:
        """All rows of a roster were counted when it was checked."""
        if self.query.errors or self.query.values() or not self.batch.checked_at:
            return super().count(found)
        return Count(self.batch.rows_read, is_capped=False)

    def area_of_looks(self) -> Area:
        return self.batch.area

    def invented_row(self, person: Canary) -> RosterRow:
        """The invented person of an export, at the beginning of a file of the roster."""
        file = selectors.files_of(self.batch)[:1]
        row = RosterRow(
            pk=0, batch=self.batch, file=file[0] if file else None, sheet=1, row_no=0,
            outcome=Outcome.REVIEW, name=person.name, id_number=person.number,
            birth_on=person.birth_on, reasons=[], fixes=[],
        )  # fmt: skip
        row.page_url = ""  # type: ignore[attr-defined]
        return row

    def before_drawing(self, rows: list[Any]) -> None:
        may_open = access.may(self.actor, "enrollment:roster-row")
        names = {file.pk: selectors.sheet_names(file) for file in {row.file for row in rows}}
        asked = asked_for(self.query.values())
        for row in rows:
            row.sheet_name = names[row.file_id].get(row.sheet, "")
            if row.outcome == Outcome.NOT_RECORD:
                # A heading is nobody's name.
                row.name = row.id_number = row.id_text = None
            row.page_url = row_url(row.batch_id, row.pk, asked) if may_open else ""

    def context(self) -> dict[str, Any]:
        path, chosen = self.request.path, self.request.GET.get("outcome", "")
        tabs: list[tuple[Any, int, str, bool]] = [
            (_("All"), self.batch.rows_read, path, not chosen)
        ]
        tabs += [
            (
                outcome.label,
                getattr(self.batch, f"rows_{outcome.value.lower()}"),
                f"{path}?outcome={outcome.value}",
                chosen == outcome.value,
            )
            for outcome in Outcome
        ]
        return super().context() | {"batch": self.batch, "tabs": tabs}


def asked_for(values: Mapping[str, Any]) -> dict[str, str]:
    """What a list of rows is narrowed to, as it goes on in the addresses of its rows."""
    return {name: str(values[name]) for name in ("outcome", "file", "reason") if values.get(name)}


def row_url(batch_pk: int, pk: int, asked: Mapping[str, str]) -> str:
    """The page of a row, which leads on through the rows that were asked for."""
    url = reverse("enrollment:roster-row", args=[batch_pk, pk])
    return f"{url}?{urlencode(asked)}" if asked else url


class RosterRowDetail(RowsInSight, DetailPage):
    """One row: what the county wrote, what was understood, why it waits, whose it is.

    Masked until a purpose is stated. It leads to the row before and after it in the list from which
    it was opened.
    """

    template_name = "enrollment/roster_row.html"
    sections = (Section("row", gettext_lazy("Row"), "enrollment/_roster_row.html", "row_parts"),)

    def load(self) -> RosterRow:
        row = selectors.row_in(self.scope, self.kwargs["pk"], self.kwargs["row"])
        row.sheet_name = selectors.sheet_names(row.file).get(row.sheet, "")  # type: ignore[attr-defined]
        return row

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.note_row(self.record)
        return super().get(request, *args, **kwargs)

    @property
    def roster_in_sight(self) -> RosterBatch:
        batch: RosterBatch = self.record.batch
        return batch

    def page_title(self) -> str:
        return words.place_of(self.record)

    def breadcrumbs(self) -> list[Crumb]:
        batch = self.record.batch
        return [
            *super().breadcrumbs(),
            *((label, reverse(route)) for label, route in PARENTS),
            (str(batch), reverse("enrollment:roster-detail", args=[batch.pk])),
            (_("Rows of the roster"), reverse("enrollment:roster-rows", args=[batch.pk])),
        ]

    def status(self) -> Status:
        return status_of(Outcome, self.record.outcome)

    def charts(self) -> list[Chart]:
        return []

    def context(self) -> dict[str, Any]:
        row: RosterRow = self.record
        asked = asked_for(self.request.GET)
        before, after = selectors.rows_beside(row, asked)
        rows = reverse("enrollment:roster-rows", args=[row.batch_id])
        return super().context() | {
            "list_url": f"{rows}?{urlencode(asked)}" if asked else rows,
            "repair_url": reverse("enrollment:roster-row-repair", args=[row.batch_id, row.pk])
            if row.batch.state in CORRECTABLE
            and may_be_repaired(row)
            and access.may(self.actor, "enrollment:roster-row-repair")
            else "",
            "right_url": reverse("enrollment:roster-row-right", args=[row.batch_id, row.pk])
            if row.batch.state in CORRECTABLE
            and may_be_repaired(row)
            and may_all_be_right(row.reasons)
            and access.may(self.actor, "enrollment:roster-row-right")
            else "",
            "leave_out_url": reverse("enrollment:roster-row-leave-out", args=[row.batch_id, row.pk])
            if row.batch.state in CORRECTABLE
            and may_be_repaired(row)
            and MAY_BE_LEFT_OUT.intersection(row.reasons)
            and access.may(self.actor, "enrollment:roster-row-leave-out")
            else "",
            "before_url": row_url(row.batch_id, before, asked) if before else "",
            "after_url": row_url(row.batch_id, after, asked) if after else "",
            **self.sight(),
        }

    def row_parts(self) -> dict[str, Any]:
        row: RosterRow = self.record
        link = selectors.link_of(row)
        is_applied = row.batch.state == BatchState.APPLIED
        cells = selectors.raw_cells(row)
        if not self.purpose:
            cells = masked_cells(cells, (row.name, row.head_name))
        return {
            "row": row,
            "cells": [
                (
                    words.shortened(heading),
                    words.shortened(cell),
                    FIELD_BY_NAME[field].label if field in FIELD_BY_NAME else "",
                )
                for heading, cell, field in cells
            ],
            "understood": understood(row, bare=bool(self.purpose))
            if row.outcome != Outcome.NOT_RECORD
            else [],
            "findings": findings_of(row),
            "left_out": selectors.left_out(row),
            "other_lines": [
                (words.place_of(other), row_url(row.batch_id, other.pk, {}))
                for other in (
                    selectors.lines_like(row)
                    if {Reason.LISTED_TWICE, Reason.LEFT_OUT} & set(row.reasons)
                    else []
                )
            ],
            "take_in_url": reverse("enrollment:roster-row-take-in", args=[row.batch_id, row.pk])
            if Reason.LEFT_OUT in row.reasons
            and row.batch.state == BatchState.CHECKED
            and access.may(self.actor, "enrollment:roster-row-take-in", "POST")
            else "",
            "judgements": [(words.word_of(one.reason), one) for one in judgements_of(row)],
            "link": link,
            "stands_by": stands_by(row),
            "tier": words.TIERS.get(link.tier, link.tier) if link else "",
            "told_by": told_by(link),
            "is_applied": is_applied,
            "person_url": words.url_or_none("enrollment:person-detail", link.person_id)
            if link and is_applied
            else "",
            "pairs": [self._pair(pair, other) for pair, other in selectors.pairs_of(row)],
        }

    @staticmethod
    def _pair(pair: Any, other: RosterRow) -> dict[str, Any]:
        return {
            "roster": str(other.batch),
            "name": other.name,
            "number": other.id_number or other.id_text,
            "score": formatting.percent(pair.score),
            "evidence": _("; ").join(str(words.EVIDENCE.get(code, code)) for code in pair.evidence),
            "status": status_of(PairState, pair.state),
        }


def told_by(link: RosterLink | None) -> str:
    """That the row had waited until another roster told whose it is, in a sentence."""
    if link is None or link.told_by is None:
        return ""
    return _("It had waited until this roster told whose it is: %(roster)s.") % {
        "roster": link.told_by
    }


def stands_by(row: RosterRow) -> dict[str, str] | None:
    """That another edition's row stands for this one, in words, and where that row is."""
    if row.stands_by_id is None:
        return None
    other = RosterRow.objects.select_related("file", "batch__area").get(pk=row.stands_by_id)
    is_former = other.batch_id < row.batch_id
    return {
        "words": _("Left out, as its row of the former edition was:")
        if is_former and Reason.LEFT_OUT in row.reasons
        else _("Unchanged since the former edition, whose row stands for it:")
        if is_former
        else _("A newer edition replaced it; this row stands for it now:"),
        "place": f"{other.batch} · {words.place_of(other)}",
        "url": reverse("enrollment:roster-row", args=[other.batch_id, other.pk]),
    }


def understood(row: RosterRow, *, bare: bool) -> list[tuple[Any, str]]:
    """What the row says once it was read and cleaned; only what it says, masked unless `bare`."""

    def shown(field: str, value: str | None) -> str | None:
        if bare or not value:
            return value
        return masked_cell(value, field, (row.name, row.head_name))

    values: list[tuple[Any, str | None]] = [
        (_("Name"), shown("name", row.name)),
        (_("Identity number"), shown("id_number", row.id_number)),
        (_("State of the number"), number_state(row)),
        (_("Proposed number"), shown("id_number", row.id_suggestion)),
        (_("Birth date"), formatting.day(row.birth_on) if row.birth_on else None),
        (_("Birth date without a day"), row.birth_part),
        (_("Sex"), formatting.choice_label(Sex, row.sex) if row.sex else None),
        (_("Household number"), shown("household_no", row.household_no)),
        (_("Relation to the head"), row.relation),
        (_("Name of the head"), shown("head_name", row.head_name)),
        (_("Member number"), shown("member_no", row.member_no)),
        (_("Person number"), shown("psn_no", row.psn_no)),
        (_("Town"), row.town),
        (_("Village"), row.village),
        (_("Address"), shown("address", row.address)),
        (_("Telephone"), shown("phone", row.phone)),
        (_("Ethnic group"), ethnicity_names().get(row.ethnicity or "", row.ethnicity or "")),
        (
            _("Special group"),
            formatting.choice_label(SpecialGroup, row.special_group) if row.special_group else None,
        ),
        (_("Amount"), formatting.money_prose(row.amount) if row.amount is not None else None),
        (_("Year"), str(row.year) if row.year else None),
        (_("Covered from"), formatting.day(row.begins_on) if row.begins_on else None),
        (_("Status"), row.status),
        (_("Remarks"), shown("remarks", row.remarks)),
    ]
    return [(label, words.shortened(value)) for label, value in values if value]


def number_state(row: RosterRow) -> str | None:
    """The state of what stands in the place of the identity number."""
    return formatting.choice_label(NumberState, row.id_state) if row.id_state else None


def findings_of(row: RosterRow | CorrectedRow) -> list[dict[str, Any]]:
    """Reasons, then repairs, each with its explanation and what helps or was done."""
    found = []
    may_be_right = may_all_be_right(row.reasons)
    for code in row.reasons:
        text = REASON_TEXTS.get(Reason(code)) if code in Reason.values else None
        one = finding(code, text, is_repair=False)
        if code == Reason.COLUMN_DOUBTFUL and (doubts := roster_hints.doubts_about(row)):
            one["explanation"] = " ".join(map(message_of, doubts))
        if may_be_right:
            one["remedy"] = f"{one['remedy']} {EVIDENCE_FOR[Reason(code)]}"
        found.append(one)
    for code in row.fixes:
        text = FIX_TEXTS.get(Fix(code)) if code in Fix.values else None
        found.append(finding(code, text, is_repair=True))
    return found


def finding(code: str, text: Any, *, is_repair: bool) -> dict[str, Any]:
    return {
        "label": words.word_of(code),
        "code": code,
        "explanation": text.explanation if text else "",
        "remedy": text.remedy if text else "",
        "is_repair": is_repair,
    }
