"""To-do and done: approvals that wait for a second person, own requests, own decisions."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from bureau.core import access, approvals, clock, delegations
from bureau.core.choices import ApprovalState
from bureau.core.models import ApprovalRequest
from bureau.portal import selectors
from bureau.portal.views.delegations import line_of
from bureau.ui import formatting, navigation
from bureau.ui.charts import Bar, Bars, Chart
from bureau.ui.forms import QueryForm
from bureau.ui.paging import Sort
from bureau.ui.selections import Act
from bureau.ui.statuses import Status, status_of
from bureau.ui.tables import Column
from bureau.ui.views import (
    ActionView,
    BatchPage,
    DetailPage,
    Empty,
    ListPage,
    Quick,
    Section,
)

VIEWS = {
    "waiting": gettext_lazy("To-do"),
    "mine": gettext_lazy("My requests"),
    "done": pgettext_lazy("to-do", "Done"),
}
AGE_LABELS = (
    gettext_lazy("0–1 day"),
    gettext_lazy("2–3 days"),
    gettext_lazy("4–7 days"),
    gettext_lazy("More than 7 days"),
)


def view_of(wanted: str) -> str:
    """The view that was asked for; what waits by default."""
    return wanted if wanted in VIEWS else "waiting"


def lateness(found: ApprovalRequest, at: datetime.datetime) -> str:
    """Whether the request is late, and by how much; or what time is left."""
    if found.due_at is None or found.state != ApprovalState.PENDING:
        return ""
    hours = (found.due_at - at).total_seconds() / 3600
    days = math.ceil(abs(hours) / 24)
    if hours < 0:
        return ngettext("%(n)d day overdue", "%(n)d days overdue", days) % {"n": days}
    return ngettext("%(n)d day left", "%(n)d days left", days) % {"n": days}


def age(found: ApprovalRequest, at: datetime.datetime) -> str:
    """How long the request has waited."""
    return formatting.age(found.made_at, at) if found.state == ApprovalState.PENDING else ""


def fact_text(value: Any) -> Any:
    """What a request does, as it is shown: figures grouped, sums with what is a lower bound."""
    if isinstance(value, Decimal):
        return formatting.money(value)
    return formatting.number(value) if isinstance(value, int) else value


class ApprovalQuery(QueryForm):
    """What approvals are asked for by."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=ApprovalState.choices)
    view = forms.ChoiceField(choices=list(VIEWS.items()), widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            ("", gettext_lazy("All")),
            *((kind.name, kind.label) for kind in approvals.kinds()),
        ]


class Todo(ListPage):
    """Requests that wait for a decision of the reader; behind tabs, own requests and decisions."""

    title = gettext_lazy("To-do and done")
    template_name = "portal/todo.html"
    list_id = "portal.todo"
    query_class = ApprovalQuery
    is_exported = False
    quick = Quick(paths=("title", "maker__full_name"))
    acts = (Act(gettext_lazy("Approve the chosen ones"), "portal:approvals-approve"),)
    summed = "amount"
    columns = (
        Column(
            "title",
            gettext_lazy("Subject"),
            value=approvals.title_of,
            link=lambda row: reverse("portal:approval-detail", args=[row.pk]),
        ),
        Column("kind", gettext_lazy("Kind"), value=lambda row: approvals.label_of(row.kind)),
        Column("area", gettext_lazy("Area")),
        Column("amount", gettext_lazy("Amount"), kind="money"),
        Column("maker", gettext_lazy("Made by"), value="maker.full_name"),
        Column("made_at", gettext_lazy("Made at"), kind="instant", sort="made_at"),
        Column("due_at", gettext_lazy("Due"), kind="instant", sort=Sort("due_at", nullable=True)),
        Column(
            "lateness",
            gettext_lazy("Days left or overdue"),
            value=lambda row: lateness(row, clock.now()),
        ),
        Column("age", gettext_lazy("Age"), value=lambda row: age(row, clock.now())),
        Column("state", gettext_lazy("State"), kind="status", choices=ApprovalState),
        Column("checked_at", gettext_lazy("Decided at"), kind="instant", shown=False),
    )

    @property
    def chosen_view(self) -> str:
        return view_of(self.request.GET.get("view", ""))

    @property
    def default_sort(self) -> str:  # type: ignore[override]
        """What is due first stands first while it waits; the newest first once it is history."""
        return "due_at" if self.chosen_view == "waiting" else "-made_at"

    def visible_acts(self) -> list[tuple[Act, str]]:
        """Only what waits can be approved."""
        return super().visible_acts() if self.chosen_view == "waiting" else []

    def shown_columns(self) -> list[Column]:
        """What waits has but one state, so its column is left out unless it was chosen."""
        columns = super().shown_columns()
        if self.setting.columns is None:
            # What is history is neither late nor growing older; of what waits the age is enough.
            needless = (
                {"state", "made_at"}
                if self.chosen_view == "waiting"
                else {"lateness", "age", "due_at"}
            )
            columns = [column for column in columns if column.key not in needless]
        return columns

    def rows(self) -> QuerySet[ApprovalRequest]:
        return selectors.todo_of(self.actor)

    def narrow(
        self, rows: QuerySet[ApprovalRequest], values: dict[str, Any]
    ) -> QuerySet[ApprovalRequest]:
        rows = selectors.in_view(rows, self.actor, view_of(values.get("view", "")))
        if kind := values.get("kind"):
            rows = rows.filter(kind=kind)
        if state := values.get("state"):
            rows = rows.filter(state=state)
        return rows

    def before_drawing(self, rows: list[Any]) -> None:
        for row in rows:
            row.amount = approvals.amount_of(row)

    def empty(self) -> Empty:
        if set(self.query.values()) - {"view"}:
            return super().empty()
        texts = {
            "waiting": (
                _("Nothing waits for you"),
                _("Requests of others in your areas appear here when they need your decision."),
            ),
            "mine": (
                _("You have made no requests"),
                _("What you submit for approval appears here with its decision."),
            ),
            "done": (_("You have decided nothing yet"), ""),
        }
        return Empty(*texts[self.chosen_view])

    def query_form(self, values: QueryDict, private: dict[str, list[str]]) -> QueryForm:
        form = super().query_form(values, private)
        if self.chosen_view == "waiting":
            del form.fields["state"]
        return form

    @cached_property
    def _ages(self) -> list[int]:
        waiting = selectors.waiting_for(self.actor).values_list("made_at", flat=True)
        return selectors.counts_by_age(waiting, clock.now())

    def charts(self) -> list[Chart]:
        if self.chosen_view != "waiting" or not any(self._ages):
            return []
        late = self._ages[-1]
        finding = (
            ngettext(
                "%(n)d request has waited for more than 7 days.",
                "%(n)d requests have waited for more than 7 days.",
                late,
            )
            % {"n": late}
            if late
            else _("No request has waited for more than 7 days.")
        )
        return [
            Bars(
                key="open-by-age",
                title=_("Open requests by age"),
                finding=finding,
                bars=[Bar(*pair) for pair in zip(AGE_LABELS, self._ages, strict=True)],
                label_head=_("Age"),
                value_head=_("Requests"),
            )
        ]

    def context(self) -> dict[str, Any]:
        staff: Any = self.request.user
        return super().context() | {
            "views": VIEWS.items(),
            "chosen_view": self.chosen_view,
            "work": navigation.open_work(self.request),
            "delegated": [
                line_of(found, staff) for found in delegations.concerning(staff, on=clock.today())
            ],
        }


class ApprovalDetail(DetailPage):
    """One request: what it does, what differs, and the decision."""

    template_name = "portal/approval_detail.html"
    parents = ((gettext_lazy("To-do and done"), "portal:todo"),)
    sections = (
        Section("request", gettext_lazy("Request"), "portal/_approval_request.html", "request_of"),
    )

    def load(self) -> ApprovalRequest:
        visible = selectors.approvals_visible_to(self.actor)
        found: ApprovalRequest = get_object_or_404(visible, pk=self.kwargs["pk"])
        return found

    def page_title(self) -> str:
        return approvals.title_of(self.record)

    def status(self) -> Status:
        return status_of(ApprovalState, self.record.state)

    def summary(self) -> list[tuple[Any, Any]]:
        found: ApprovalRequest = self.record
        facts: list[tuple[Any, Any]] = [
            (_("Kind"), approvals.label_of(found.kind)),
            (_("Area"), found.area),
            (_("Made by"), found.maker.full_name),
            (_("Made at"), formatting.instant(found.made_at)),
        ]
        if found.amount is not None:
            facts.append((_("Amount"), formatting.money_prose(approvals.amount_of(found))))
        if found.due_at:
            late = lateness(found, clock.now())
            due = formatting.instant(found.due_at)
            facts.append((_("Due"), f"{due} ({late})" if late else due))
        if found.checker:
            facts.append((_("Decided by"), found.checker.full_name))
            facts.append((_("Decided at"), formatting.instant(found.checked_at)))
        return facts

    def request_of(self) -> dict[str, Any]:
        found: ApprovalRequest = self.record
        differences = [
            {"label": row.get("field"), "before": row.get("before"), "after": row.get("after")}
            for row in found.changes
        ]
        facts = [(label, fact_text(value)) for label, value in approvals.summary_of(found)]
        route = approvals.target_route_of(found.kind)
        may_open = bool(route) and access.may(self.actor, route)
        return {
            "facts": facts,
            "differences": differences,
            "target_url": reverse(route, args=[found.target_id]) if may_open else "",
        }

    def context(self) -> dict[str, Any]:
        found: ApprovalRequest = self.record
        staff: Any = self.request.user
        is_own = staff.staff_no == found.maker_staff_no
        is_pending = found.state == ApprovalState.PENDING
        decides = approvals.may_decide(self.actor, found)
        is_left = approvals.is_left_by_maker(found, staff.staff_no, on=clock.today())
        is_worker = staff.staff_no in approvals.workers_of(found)
        may_decide = is_pending and decides and not (is_own or is_left or is_worker)
        return super().context() | {
            "may_decide": may_decide,
            "is_list": may_decide and approvals.has_parts(found.kind),
            "is_worker_pending": is_pending and decides and is_worker and not is_own,
            "is_left_pending": is_pending and is_left,
            "is_own_pending": is_pending and is_own,
            "may_withdraw": is_pending and found.maker_id == staff.pk,
        }


class ApprovalDecide(ActionView):
    """The request is approved and its act done, or it is returned with a reason."""

    def act(self) -> str:
        staff: Any = self.request.user
        decidable = selectors.approvals_decidable_by(self.actor)
        found = get_object_or_404(decidable, pk=self.kwargs["pk"])
        approvals.expect_no_list(found.kind)
        approve = self.request.POST.get("decision") == "approve"
        note = self.request.POST.get("note", "")[:2000]
        at = clock.now()
        approvals.decide(found.pk, approve=approve, by=staff, at=at, note=note)
        if not approve:
            return _("Returned with your reason.")
        if selectors.work_begun_at(at):
            return _("Approved. The act is being carried out; its page shows when it is done.")
        return _("Approved; the act is done.")

    def next_url(self) -> str:
        return reverse("portal:approval-detail", args=[self.kwargs["pk"]])


class ApprovalWithdraw(ActionView):
    """The maker takes the request back."""

    def act(self) -> str:
        staff: Any = self.request.user
        found = get_object_or_404(selectors.made_by(self.actor), pk=self.kwargs["pk"])
        approvals.withdraw(found.pk, by=staff, at=clock.now())
        return _("The request is withdrawn.")

    def next_url(self) -> str:
        return reverse("portal:approval-detail", args=[self.kwargs["pk"]])


class ApprovalsApprove(BatchPage):
    """Several requests are approved at once, after a page that shows their number and sum."""

    title = gettext_lazy("Approve several requests")
    parents = ((gettext_lazy("To-do and done"), "portal:todo"),)
    list_class = Todo
    list_route = "portal:todo"
    submit_label = gettext_lazy("Approve the requests")
    takes_note = True

    def eligible(self, rows: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
        return selectors.in_view(rows, self.actor, "waiting")

    def carry_out(self, rows: list[ApprovalRequest], note: str) -> None:
        staff: Any = self.request.user
        result = approvals.decide_many(
            [found.pk for found in rows], by=staff, at=clock.now(), note=note
        )
        self.tell(result, rows)

    def tell(self, result: approvals.BatchDecision, chosen: list[ApprovalRequest]) -> None:
        titles = {found.pk: approvals.title_of(found) for found in chosen}
        if result.decided_count:
            text = ngettext(
                "%(n)d request approved, together %(sum)s.",
                "%(n)d requests approved, together %(sum)s.",
                result.decided_count,
            )
            amount = formatting.money_prose(result.amount)
            messages.success(self.request, text % {"n": result.decided_count, "sum": amount})
        for decision in result.decisions:
            if decision.refused is not None:
                title = titles[decision.request_id]
                messages.error(self.request, f"{title}: {decision.refused}")
