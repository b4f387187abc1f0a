"""The page of one roster: the step at which it stands, what was found, what became of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from bureau.core import access, approvals, jobs
from bureau.core.choices import UNFINISHED_JOB_STATES, ApprovalState, JobState
from bureau.core.models import ApprovalRequest, Job
from bureau.intake.choices import TAKEN_BACK, BatchState
from bureau.intake.problems import message_of, remedy_of
from bureau.intake.shapes import Problem
from bureau.ui import formatting
from bureau.ui.charts import Bar, Chart, Funnel, Pareto
from bureau.ui.statuses import Status, status_of
from bureau.ui.views import DetailPage, Section
from enrollment.choices import (
    FIX_TEXTS,
    REASON_TEXTS,
    CorrectionSource,
    Fix,
    Outcome,
    Reason,
)
from enrollment.choices.undo import UndoState
from enrollment.forms import FilesForm
from enrollment.models import RosterBatch, RosterEdition, RosterFile, RosterUndo
from enrollment.selectors import corrections as correction_selectors
from enrollment.selectors import (
    editions,
    roster_hints,
    roster_impact,
    undo_dependents,
    undo_preview,
)
from enrollment.selectors import rosters as selectors
from enrollment.services import roster_summary, undoing
from enrollment.services import rosters as services
from enrollment.tables import rosters as words
from enrollment.tables.roster_tones import FileState, correction_status
from enrollment.views import edition_parts
from enrollment.views.rosters import PARENTS, STEPS
from enrollment.views.sight_purpose import purpose_of_file
from enrollment.views.start_form import StartForm

#: Reasons with a bar of their own in the chart; the table names all of them.
CHART_REASONS = 12
TOTALS = {
    "rows": gettext_lazy("Records"),
    "households": gettext_lazy("Households"),
    "amount": gettext_lazy("Amount (yuan)"),
}


@dataclasses.dataclass(frozen=True)
class FileLine:
    """One file of a roster as it is drawn."""

    file: RosterFile
    status: Status
    kind: str
    problems: list[tuple[str, str]]
    differences: list[str]
    is_open: bool


@dataclasses.dataclass(frozen=True)
class ReasonLine:
    """One reason or repair: how many rows carry it, what it means, what to do."""

    code: str
    label: Any
    count: int
    explanation: Any
    remedy: Any
    url: str


class RosterDetail(DetailPage):
    """One roster, at its step; the page to come back to."""

    template_name = "enrollment/roster_detail.html"
    parents = PARENTS

    def load(self) -> RosterBatch:
        return selectors.roster_in(self.scope, self.kwargs["pk"])

    def page_title(self) -> str:
        return str(self.record)

    def status(self) -> Status:
        return status_of(BatchState, self.record.state)

    def summary(self) -> list[tuple[Any, Any]]:
        batch: RosterBatch = self.record
        facts: list[tuple[Any, Any]] = [
            (_("Received"), formatting.instant(batch.received_at)),
            (_("Received by"), batch.received_by),
        ]
        if batch.checked_at:
            facts.append((_("Checked at"), formatting.instant(batch.checked_at)))
        if batch.confirmed_by and batch.confirmed_at:
            facts.append((_("Confirmed by"), batch.confirmed_by))
        if batch.approved_by:
            facts.append((_("Approved by"), batch.approved_by))
        if batch.applied_at:
            facts.append((_("Applied at"), formatting.instant(batch.applied_at)))
        facts += edition_parts.facts_of(batch, self.edition)
        if self.undo and self.undo.done_at:
            facts.append((_("Undone at"), formatting.instant(self.undo.done_at)))
        if not batch.checked_at:
            facts += declared_of(batch)
        if batch.note:
            facts.append((_("Remarks"), batch.note))
        return facts

    # Which sections there are depends on the step.

    def visible_sections(self) -> list[Section]:
        files = Section("files", _("Files"), "enrollment/_roster_files.html", "files_of_roster")
        trail = Section("trail", _("Acts on this roster"), "enrollment/_roster_trail.html", "trail")
        if not self.record.checked_at:
            return [files, trail]
        compared = (
            [Section("edition", _("Differences"), "enrollment/_roster_edition.html", "compared")]
            if self.edition
            else []
        )
        return [
            Section("result", self.result_label, "enrollment/_roster_result.html", "result"),
            *compared,
            Section("reasons", _("Reasons"), "enrollment/_roster_reasons.html", "reasons"),
            Section("repairs", _("Repairs"), "enrollment/_roster_reasons.html", "repairs"),
            Section(
                "corrections",
                _("Corrections"),
                "enrollment/_roster_corrections.html",
                "corrections",
            ),
            files,
            trail,
        ]

    @property
    def result_label(self) -> str:
        return _("Result") if self.record.applied_at else _("Preview")

    @property
    def step(self) -> int | None:
        """The number of the step at which the roster stands; none once it is withdrawn."""
        state = self.record.state
        if state == BatchState.DRAFT:
            if not self.files:
                return 1
            return 3 if all(file.layout_confirmed for file in self.files) else 2
        return {
            BatchState.READING: 3,
            BatchState.CHECKED: 4,
            BatchState.AWAITING_APPROVAL: 5,
            BatchState.APPLYING: 6,
            BatchState.APPLIED: 7,
        }.get(state)

    @cached_property
    def files(self) -> list[RosterFile]:
        return selectors.files_of(self.record)

    @cached_property
    def job(self) -> Job | None:
        return selectors.latest_job(self.record)

    @cached_property
    def edition(self) -> RosterEdition | None:
        """That the roster is a newer edition of another."""
        return editions.edition_of(self.record)

    def compared(self) -> dict[str, Any]:
        """What the comparison with the former edition came to."""
        if self.edition is None:
            raise LookupError("the section is shown for editions alone")
        may_decide = self.may("enrollment:roster-left-out")
        return edition_parts.differences_of(self.record, self.edition, may_decide=may_decide)

    @cached_property
    def undo(self) -> RosterUndo | None:
        """The newest undoing of the roster, while there is something to say of it."""
        return undo_preview.latest_undo(self.record) if self.record.applied_at else None

    def may(self, route: str, method: str = "POST") -> bool:
        """Whether the reader may call the route for this roster's area."""
        roles = access.roles_for(route, method)
        return bool(roles) and self.actor.scope(*roles).covers(self.record.area.path)

    # The sections.

    def files_of_roster(self) -> dict[str, Any]:
        differences = selectors.origin_differences(self.record, self.files)
        return {
            "file_lines": [self._file_line(file, differences) for file in self.files],
            "files_form": FilesForm(),
        }

    def _file_line(
        self, file: RosterFile, differences: Sequence[selectors.OriginDifference]
    ) -> FileLine:
        return FileLine(
            file=file,
            status=status_of(FileState, state_of_file(file)),
            kind=kind_of_file(file),
            problems=[
                (message_of(problem), remedy_of(problem))
                for problem in (Problem(**stored) for stored in file.problems)
            ],
            differences=[
                origin_words(difference) for difference in differences if difference.file is file
            ],
            is_open=bool(file.layout) and not file.layout_confirmed,
        )

    def result(self) -> dict[str, Any]:
        batch: RosterBatch = self.record
        rows = reverse("enrollment:roster-rows", args=[batch.pk])
        return {
            "outcomes": [
                (
                    status_of(Outcome, outcome),
                    getattr(batch, f"rows_{outcome.value.lower()}"),
                    f"{rows}?outcome={outcome.value}",
                )
                for outcome in Outcome
            ],
            "rows_url": rows,
            "totals": [
                (TOTALS[total.key], total, total.key == "amount")
                for total in selectors.totals_of(batch)
            ],
            "effects": effects_of(batch),
            "linked_before": roster_summary.LINKED_BEFORE
            if batch.state in (BatchState.CHECKED, BatchState.AWAITING_APPROVAL)
            and roster_impact.is_linked_before(batch)
            else "",
            "people_url": f"{reverse('enrollment:person-list')}?roster={batch.pk}",
            "gives_archive": selectors.has_several_problem_files(batch),
            "proof_url": words.url_or_none("enrollment:proof"),
        }

    @cached_property
    def counts(self) -> list[tuple[str, int]]:
        """How many rows carry each reason or repair, as the section asks."""
        if self.section is not None and self.section.key == "repairs":
            return selectors.counts_by_fix(self.record)
        return selectors.counts_by_reason(self.record)

    def reasons(self) -> dict[str, Any]:
        return {
            "reason_lines": [self._reason(code, count) for code, count in self.counts],
            "reasons_title": _("Why rows wait or were rejected"),
            "reasons_empty": _("No row waits and none was rejected."),
            "remedy_head": _("Remedy"),
        }

    def repairs(self) -> dict[str, Any]:
        return {
            "reason_lines": [self._reason(code, count) for code, count in self.counts],
            "reasons_title": _("What was repaired; the raw rows keep what the county wrote"),
            "reasons_empty": _("Nothing had to be repaired."),
            "remedy_head": _("What the system did"),
        }

    def _reason(self, code: str, count: int) -> ReasonLine:
        found: Any = None
        if code in Reason.values:
            found = REASON_TEXTS.get(Reason(code))
        elif code in Fix.values:
            found = FIX_TEXTS.get(Fix(code))
        rows = reverse("enrollment:roster-rows", args=[self.record.pk])
        return ReasonLine(
            code,
            words.word_of(code),
            count,
            found.explanation if found else "",
            found.remedy if found else "",
            f"{rows}?reason={code}",
        )

    def corrections(self) -> dict[str, Any]:
        return {
            "corrections": [
                (
                    made,
                    correction_status(made),
                    formatting.choice_label(CorrectionSource, made.source),
                )
                for made in correction_selectors.corrections_of(self.record)
            ]
        }

    def trail(self) -> dict[str, Any]:
        events = selectors.trail_of(self.record)
        names = {file.pk: file.name for file in RosterFile.objects.filter(batch=self.record)}
        return {
            "trail": [
                (event, words.act_of(event), names.get(event.facts.get("file"), ""))
                for event in events
            ]
        }

    def charts(self) -> list[Chart]:
        if not self.record.checked_at or self.section is None:
            return []
        if self.section.key == "result":
            return [funnel_of(self.record)]
        if self.section.key in ("reasons", "repairs"):
            return self._pareto()
        return []

    def _pareto(self) -> list[Chart]:
        is_reasons = self.section is not None and self.section.key == "reasons"
        if not self.counts:
            return []
        first, most = self.counts[0]
        others = self.counts[CHART_REASONS:]
        return [
            Pareto(
                key="why",
                title=_("Most frequent first"),
                finding=_("The most frequent is “%(what)s” with %(n)s rows.")
                % {"what": words.word_of(first), "n": formatting.number(most)},
                bars=[
                    Bar(words.word_of(code), count) for code, count in self.counts[:CHART_REASONS]
                ],
                rest=Bar(
                    _("The %(n)s others") % {"n": formatting.number(len(others))},
                    sum(count for _code, count in others),
                )
                if others
                else None,
                label_head=pgettext("roster row", "Reason") if is_reasons else _("Repair"),
                value_head=_("Rows"),
            )
        ]

    def context(self) -> dict[str, Any]:
        batch: RosterBatch = self.record
        state, job = batch.state, self.job
        is_clerk = self.may("enrollment:roster-create")
        waits = approvals.pending_of(batch, services.KIND) if is_awaiting(batch) else None
        differences = (
            selectors.origin_differences(batch, self.files) if state == BatchState.DRAFT else []
        )
        is_running = job is not None and job.state in UNFINISHED_JOB_STATES
        return super().context() | {
            "batch": batch,
            "steps": STEPS,
            "step": self.step,
            "is_clerk": is_clerk,
            "charts": self.charts(),
            "query_string": self.request.GET.urlencode(),
            "job": job if job and self.shows_job(job) else None,
            "progress": jobs.progress_of(job) if job else None,
            "is_running": is_running,
            "may_resume": is_clerk and self.is_stopped,
            "may_start": is_clerk and self.step == 3 and state == BatchState.DRAFT,
            "start_form": self.start_form if state == BatchState.DRAFT else None,
            "is_empty_draft": state == BatchState.DRAFT and not self.files,
            "may_withdraw": is_clerk
            and state in (BatchState.DRAFT, BatchState.READING, BatchState.CHECKED),
            **undo_of(
                self.undo,
                may_ask=is_clerk and state == BatchState.APPLIED,
                is_final=state == BatchState.APPLIED and undo_dependents.is_final(batch),
            ),
            "next_file": next(
                (
                    f
                    for f in self.files
                    if f.layout and not f.layout_confirmed and not f.told.get("corrects")
                ),
                None,
            ),
            "approval": waits,
            "rosters_like": edition_parts.likes_of(batch)
            # A draft asks what it is where it is started.
            if state not in (BatchState.APPLIED, BatchState.UNDOING, *TAKEN_BACK)
            and not (state == BatchState.DRAFT and self.step == 3)
            else [],
            "edition": self.edition,
            "edition_names": edition_parts.names_of(self.edition) if self.edition else "",
            "newer": editions.newer_of(batch),
            "without_numbers": roster_hints.files_without_numbers(self.files)
            if state == BatchState.DRAFT
            else [],
            "still_open": batch.open_rows,
            "open_corrections": correction_selectors.open_corrections_of(batch)
            if is_clerk and batch.checked_at
            else [],
            "returned": self.returned,
            "refused_file": next((f for f in self.files if f.problems), None),
            "differences": [
                (difference.file.name, origin_words(difference)) for difference in differences
            ],
            "may_correct": self.may("enrollment:roster-corrections")
            and state in (BatchState.CHECKED, BatchState.APPLIED),
            "has_text_files": any(file.shape.get("kind") == "text" for file in self.files),
            "may_fetch_errors": bool(batch.checked_at)
            and bool(batch.open_rows)
            and state != BatchState.UNDONE
            and self.may("enrollment:roster-error-file"),
            **purpose_of_file(self.request, batch),
        }

    @cached_property
    def returned(self) -> ApprovalRequest | None:
        """The request that was sent back, while the clerk has not decided anew."""
        is_checked = self.record.state == BatchState.CHECKED
        latest = approvals.latest_of(self.record, services.KIND) if is_checked else None
        return latest if latest and latest.state == ApprovalState.RETURNED else None

    @cached_property
    def start_form(self) -> StartForm:
        differences = selectors.origin_differences(self.record, self.files)
        return StartForm(**edition_parts.start_options(self.record, differences))

    def shows_job(self, job: Job) -> bool:
        """Whether the job says something about the present step."""
        return job.state in (*UNFINISHED_JOB_STATES, JobState.FAILED, JobState.CANCELLED) and (
            self.record.state
            in (BatchState.DRAFT, BatchState.READING, BatchState.APPLYING, BatchState.UNDOING)
        )

    @property
    def is_stopped(self) -> bool:
        """Whether the roster waits for work that nobody does."""
        if self.job is not None and self.job.state in UNFINISHED_JOB_STATES:
            return False
        if self.record.state == BatchState.DRAFT:
            return any(not file.layout and not file.problems for file in self.files)
        return self.record.state in (
            BatchState.READING,
            BatchState.APPLYING,
            BatchState.UNDOING,
        )


def undo_of(undo: RosterUndo | None, *, may_ask: bool, is_final: bool) -> dict[str, Any]:
    """What the page says of the roster's undoing, and whether it may be asked for."""
    is_asked = undo is not None and undo.state == UndoState.ASKED
    return {
        "undo": undo,
        "undo_request": approvals.pending_of(undo.batch, undoing.KIND)
        if undo and is_asked
        else None,
        "undo_figures": [
            (undoing.SUMMARY[name], formatting.number(undo.figures[name]))
            for name in undo_preview.FIGURES
            if name in undo.figures
        ]
        if undo
        else [],
        "may_undo": may_ask and not is_asked and not is_final,
        "is_final": may_ask and is_final,
    }


def declared_of(batch: RosterBatch) -> list[tuple[Any, str]]:
    """What the sender declared, as far as it was, until it stands beside what was read."""
    amount = batch.amount_declared
    declared = [
        (_("Records declared"), batch.rows_declared, formatting.number(batch.rows_declared)),
        (
            _("Households declared"),
            batch.households_declared,
            formatting.number(batch.households_declared),
        ),
        (_("Amount declared"), amount, formatting.money_prose(amount)),
    ]
    return [(label, written) for label, value, written in declared if value is not None]


def is_awaiting(batch: RosterBatch) -> bool:
    return bool(batch.state == BatchState.AWAITING_APPROVAL)


def state_of_file(file: RosterFile) -> FileState:
    """Where the file stands before and while the roster is read."""
    if file.problems:
        return FileState.REFUSED
    if not file.layout:
        return FileState.UNSEEN
    if file.is_loaded:
        return FileState.LOADED
    return FileState.CONFIRMED if file.layout_confirmed else FileState.OPEN


def kind_of_file(file: RosterFile) -> str:
    """Container, writing and separator of the file in words."""
    shape = file.shape
    if not shape:
        return ""
    if shape.get("kind") != "text":
        return str(shape.get("kind", "")).upper()
    names = {"\t": _("tab"), ",": _("comma"), ";": _("semicolon"), "|": "|"}
    delimiter = shape.get("delimiter") or ""
    return _("Text, %(encoding)s, separated by %(delimiter)s") % {
        "encoding": str(shape.get("encoding") or "").upper(),
        "delimiter": names.get(delimiter, delimiter),
    }


def origin_words(difference: selectors.OriginDifference) -> str:
    """What a file says of itself, in a sentence."""
    if difference.what == "area":
        return _("The file is of %(told)s, %(by)s.") % {
            "told": difference.told,
            "by": words.TOLD_BY.get(difference.told_by, difference.told_by),
        }
    if difference.what == "scheme":
        return _("The file is of another scheme: %(told)s.") % {"told": difference.told}
    return _("The file is of another year: %(told)s.") % {"told": difference.told}


def effects_of(batch: RosterBatch) -> list[tuple[Any, str]]:
    """What the roster does to the roll, in words and figures."""
    impact = roster_impact.impact_of(batch)
    effects = [
        (_("New files of people"), formatting.number(batch.persons_created)),
        (
            _("Rows of people already on the roll"),
            formatting.number(batch.rows_attached - impact.second_files),
        ),
        (_("Pairs for a clerk to decide"), formatting.number(batch.pairs_found)),
        (_("Rows that give coverage"), share_words(impact.covers)),
    ]
    if batch.rows_told:
        words_for_told = str(roster_summary.TOLD["rows_told"])
        effects.insert(2, (words_for_told, formatting.number(batch.rows_told)))
    if impact.waits.rows:
        effects.append((_("Rows that wait, without coverage yet"), share_words(impact.waits)))
    if impact.twice.rows:
        effects.append((_("Second lines of people, which wait"), share_words(impact.twice)))
    if impact.left_out.rows:
        effects.append((_("Lines left out by a clerk"), share_words(impact.left_out)))
    gone, waited = roster_impact.gone_to_newer(batch)
    if gone:
        told = _("%(rows)s, of which %(waited)s had waited or been rejected") % {
            "rows": formatting.number(gone),
            "waited": formatting.number(waited),
        }
        effects.append((_("Rows whose place a newer edition took"), told))
    if impact.stands.rows > gone - waited:
        unchanged = impact.stands.rows - (gone - waited)
        effects.append(
            (
                _("Unchanged rows, for which the former edition's stand"),
                formatting.number(unchanged),
            )
        )
    return effects


def share_words(share: roster_impact.Share) -> str:
    """How many rows, and what they paid."""
    return _("%(rows)s, contributions %(amount)s") % {
        "rows": formatting.number(share.rows),
        "amount": formatting.money_prose(share.amount),
    }


def funnel_of(batch: RosterBatch) -> Funnel:
    """From the rows of the files to the rows that go onto the roll at once."""
    records = batch.rows_read - batch.rows_not_record
    clean = batch.rows_accepted + batch.rows_fixed
    corrected = selectors.corrected_by_hand(batch)
    by_itself = clean - corrected.get(Outcome.ACCEPTED, 0) - corrected.get(Outcome.FIXED, 0)
    share = formatting.percent(by_itself / records if records else None)
    return Funnel(
        key="funnel",
        title=_("From the files to the roll"),
        finding=_("%(share)s of the records can go onto the roll without a clerk.")
        % {"share": share},
        stages=[
            Bar(_("Records"), records),
            Bar(_("Not rejected"), records - batch.rows_rejected),
            Bar(_("Accepted or fixed"), clean),
            *([Bar(_("Not corrected by hand"), by_itself)] if by_itself < clean else []),
            Bar(
                _("Accepted as written"),
                batch.rows_accepted - corrected.get(Outcome.ACCEPTED, 0),
            ),
        ],
        label_head=_("Stage"),
        value_head=_("Rows"),
    )
