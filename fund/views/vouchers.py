"""Vouchers: the list, one voucher in the usual layout, entering it, submitting, taking back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bureau.core import access, approvals, audit, clock, money
from bureau.core.errors import DomainError
from bureau.core.models import Staff
from bureau.ui import formatting, once
from bureau.ui.forms import QueryForm
from bureau.ui.paging import Sort
from bureau.ui.statuses import Status, status_of
from bureau.ui.tables import Column
from bureau.ui.views import ActionView, DetailPage, FormPage, ListPage, Quick, Section
from bureau.ui.views.lists import Empty
from fund.choices import VoucherKind, VoucherState
from fund.forms import LINES, MOST_LINES, ReversalForm, VoucherForm, VoucherQuery
from fund.models import Book, Voucher
from fund.selectors import books as selectors
from fund.services import vouchers
from fund.views.books import within_days

PARENTS = ((gettext_lazy("Vouchers"), "fund:voucher-list"),)


class VoucherList(ListPage):
    """Vouchers of the reader's books, the newest first."""

    title = gettext_lazy("Vouchers")
    list_id = "fund.vouchers"
    template_name = "fund/voucher_list.html"
    query_class = VoucherQuery
    quick = Quick(
        gettext_lazy("Summary or event"), paths=("summary", "source_id"), is_private=False
    )
    summed = "total"
    columns = (
        Column(
            "voucher",
            gettext_lazy("Voucher"),
            value=lambda row: number_of(row),
            kind="code",
            link=lambda row: reverse("fund:voucher-detail", args=[row.pk]),
        ),
        Column(
            "on", gettext_lazy("Date"), value="voucher_on", kind="day",
            sort=Sort("voucher_on", descending_first=True),
        ),
        Column("book", gettext_lazy("Book"), value=lambda row: str(row.book)),
        Column("summary", gettext_lazy("Summary")),
        Column("total", gettext_lazy("Total"), kind="money", sort="total"),
        Column("kind", gettext_lazy("Origin"), value=lambda row: row.get_kind_display()),
        Column("maker", pgettext_lazy("voucher", "Maker"), value="made_by"),
        Column("checker", pgettext_lazy("voucher", "Checker"), value="checker"),
        Column("state", gettext_lazy("State"), kind="status", choices=VoucherState),
    )  # fmt: skip

    def rows(self) -> QuerySet[Voucher]:
        return selectors.vouchers_in(self.scope)

    def narrow(self, rows: QuerySet[Voucher], values: dict[str, Any]) -> QuerySet[Voucher]:
        if book := values.get("book"):
            rows = rows.filter(book=int(book))
        same = {name: values[name] for name in ("state", "kind") if name in values}
        return within_days(rows.filter(**same), values, "voucher_on")

    def query_form(self, values: QueryDict, private: dict[str, list[str]]) -> QueryForm:
        form = super().query_form(values, private)
        if isinstance(form, VoucherQuery):
            form.offer_books(self.books)
        return form

    @cached_property
    def books(self) -> list[Book]:
        return list(selectors.books_in(self.scope))

    def entry_links(self) -> list[tuple[str, str]]:
        """Where a voucher of each book is entered, for those who may."""
        if not access.may(self.actor, "fund:voucher-create", "POST"):
            return []
        return [(str(book), reverse("fund:voucher-create", args=[book.pk])) for book in self.books]

    def empty(self) -> Empty:
        if self.query.values():
            return super().empty()
        return Empty(
            _("No vouchers yet"),
            _("Vouchers are entered by hand, or come from business events by approved rules."),
        )


def staff_of(request: HttpRequest) -> Staff:
    """The member of staff who acts; every route asks for one."""
    staff: Any = request.user
    found: Staff = staff
    return found


def number_of(voucher: Voucher) -> str:
    """The voucher's number, or that it has none yet."""
    return str(voucher) if voucher.number else _("not posted yet")


class VoucherDetail(DetailPage):
    """One voucher as it is printed, with what may be done next."""

    template_name = "fund/voucher_detail.html"
    parents = PARENTS
    sections = (
        Section("voucher", gettext_lazy("Voucher"), "fund/_voucher.html", "voucher"),
        Section("trail", gettext_lazy("What was done"), "fund/_voucher_trail.html", "trail"),
    )

    def load(self) -> Voucher:
        return selectors.voucher_in(self.scope, self.kwargs["pk"])

    def page_title(self) -> str:
        if self.record.number:
            return _("Voucher %(number)s") % {"number": self.record}
        return _("Voucher without a number")

    def status(self) -> Status:
        return status_of(VoucherState, self.record.state)

    def context(self) -> dict[str, Any]:
        return super().context() | {"acts": self.acts()}

    def acts(self) -> dict[str, Any]:
        """Addresses of what the reader may do with the voucher now."""
        voucher: Voucher = self.record
        pk = voucher.pk
        waiting = approvals.pending_of(voucher, vouchers.KIND)
        red = selectors.reversal_of(voucher)
        may = access.may(self.actor, "fund:voucher-submit", "POST")
        is_draft = voucher.state == VoucherState.DRAFT
        may_reverse = (
            may and voucher.state == VoucherState.POSTED and not voucher.is_red and red is None
        )
        return {
            "edit": reverse("fund:voucher-change", args=[pk])
            if may and is_draft and not voucher.is_red
            else "",
            "submit": reverse("fund:voucher-submit", args=[pk]) if may and is_draft else "",
            "discard": reverse("fund:voucher-discard", args=[pk]) if may and is_draft else "",
            "reverse": reverse("fund:voucher-reverse", args=[pk]) if may_reverse else "",
            "request": reverse("portal:approval-detail", args=[waiting.pk]) if waiting else "",
            "red": red is not None and red.state == VoucherState.POSTED,
            "red_url": reverse("fund:voucher-detail", args=[red.pk]) if red else "",
            "reverses_url": reverse("fund:voucher-detail", args=[voucher.reverses_id])
            if voucher.reverses_id
            else "",
        }

    def voucher(self) -> dict[str, Any]:
        voucher: Voucher = self.record
        lines = selectors.lines_of(voucher)
        debit = sum((line.debit for line in lines), money.ZERO)
        credit = sum((line.credit for line in lines), money.ZERO)
        return {
            "book_name": str(voucher.book),
            "day": formatting.day_prose(voucher.voucher_on),
            "number": number_of(voucher),
            "lines": [line_of(line) for line in lines],
            "debit": formatting.money(debit),
            "credit": formatting.money(credit),
            "difference": formatting.money(abs(debit - credit)) if debit != credit else "",
            "capitals": money.in_capitals(debit),
            "attachments": formatting.number(voucher.attachments),
            "made_by": voucher.made_by,
            "checked_by": (
                str(voucher.checker)
                if voucher.checker
                else _("by an approved posting rule")
                if voucher.kind == VoucherKind.EVENT
                else ""
            ),
            "posted_at": formatting.instant(voucher.posted_at),
            "source": f"{voucher.source_kind} · {voucher.source_id}" if voucher.source_kind else "",
        }

    def trail(self) -> dict[str, Any]:
        return {
            "trail": [
                {
                    "at": formatting.instant(one.at),
                    "who": one.actor_text,
                    "what": audit.word_of(one.kind),
                }
                for one in audit.latest_on(self.record, 50)
            ]
        }


def line_of(line: Any) -> dict[str, Any]:
    """A line as it is drawn; amounts below zero stand in red."""
    account = line.account
    return {
        "summary": line.summary,
        "general": str(account.parent or account),
        "detail": str(account) if account.parent else "",
        "debit": formatting.money(line.debit) if line.debit else "",
        "credit": formatting.money(line.credit) if line.credit else "",
        "is_red": line.debit < 0 or line.credit < 0,
        "origin": str(line.origin_area) if line.origin_area else "",
    }


class EntryPage(FormPage):
    """The grid of a voucher. Works without JavaScript; with it, the difference is shown live."""

    template_name = "fund/voucher_form.html"
    form_class = VoucherForm
    parents = PARENTS
    submit_label = gettext_lazy("Save as draft")

    def book(self) -> Book:
        raise NotImplementedError

    def rows_wanted(self) -> int:
        sent = self.request.POST.get("rows", "")
        rows = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 4 else LINES
        return rows + LINES if "_more" in self.request.POST else rows

    def form_options(self) -> dict[str, Any]:
        return {
            "accounts": selectors.leaf_accounts(self.book()),
            "rows": self.rows_wanted(),
            "is_new": isinstance(self, VoucherCreate),
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _fetched = self.book()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _fetched = self.book()
        if "_more" in request.POST:
            # More lines under what was filled in so far; nothing is judged yet.
            form = self.form_class(initial=request.POST.dict(), **self.form_options())
            token = request.POST.get("form_token") or once.new_token()
            return self.show_form(form, token=token)
        return super().post(request, *args, **kwargs)

    def context(self) -> dict[str, Any]:
        return super().context() | {"book_name": str(self.book()), "rows": self.rows_wanted()}

    def staff(self) -> Staff:
        """The member of staff who acts."""
        return staff_of(self.request)


class VoucherCreate(EntryPage):
    """A new voucher of one book."""

    title = gettext_lazy("New voucher")

    @cached_property
    def _book(self) -> Book:
        return selectors.book_in(self.scope, self.kwargs["pk"])

    def book(self) -> Book:
        return self._book

    def initial(self) -> dict[str, Any]:
        return {"on": clock.today(), "attachments": "0"}

    def carry_out(self, form: VoucherForm) -> str:
        values = form.cleaned_data
        kind = VoucherKind.OPENING if values.get("is_opening") else VoucherKind.MANUAL
        made = vouchers.draft(
            self.book(),
            on=values["on"],
            summary=values["summary"],
            entries=values["entries"],
            attachments=values["attachments"] or 0,
            kind=kind,
            at=clock.now(),
            by=self.staff(),
        )
        return reverse("fund:voucher-detail", args=[made.pk])

    def success_message(self, form: Any) -> Any:
        return _("The draft is saved. Look at it, then submit it to the second person.")


class VoucherChange(EntryPage):
    """A draft is corrected; who comes second is told what stands by now."""

    title = gettext_lazy("Change the draft")
    submit_label = gettext_lazy("Save")

    @cached_property
    def voucher(self) -> Voucher:
        return selectors.voucher_in(self.scope, self.kwargs["pk"])

    def book(self) -> Book:
        return self.voucher.book

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self._refused() or super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self._refused() or super().post(request, *args, **kwargs)

    def _refused(self) -> HttpResponseBase | None:
        """A voucher that is longer than the grid would lose its last lines there."""
        if len(self.entries) <= MOST_LINES:
            return None
        told = _("A voucher of more than %(most)s lines is not changed on this page.")
        messages.error(self.request, told % {"most": MOST_LINES})
        return redirect(self.cancel_url())

    def rows_wanted(self) -> int:
        return max(super().rows_wanted(), len(self.entries) + 2)

    @cached_property
    def entries(self) -> list[Any]:
        return vouchers.entries_of(self.voucher)

    def version(self) -> str:
        return vouchers.version_of(self.voucher)

    def initial(self) -> dict[str, Any]:
        voucher = self.voucher
        values: dict[str, Any] = {
            "on": voucher.voucher_on,
            "summary": voucher.summary,
            "attachments": str(voucher.attachments),
        }
        for number, entry in enumerate(self.entries, start=1):
            values |= {
                f"account_{number}": str(entry.account_id),
                f"line_{number}": entry.summary,
                f"debit_{number}": entry.debit or None,
                f"credit_{number}": entry.credit or None,
            }
        return values

    def carry_out(self, form: VoucherForm) -> str:
        values = form.cleaned_data
        vouchers.change(
            self.voucher,
            on=values["on"],
            summary=values["summary"],
            entries=values["entries"],
            attachments=values["attachments"] or 0,
            seen=self.seen_version,
            at=clock.now(),
            by=self.staff(),
        )
        return reverse("fund:voucher-detail", args=[self.voucher.pk])

    def cancel_url(self) -> str:
        return reverse("fund:voucher-detail", args=[self.voucher.pk])


class VoucherAct(ActionView):
    """An act on a draft of the reader's books."""

    @cached_property
    def voucher(self) -> Voucher:
        return selectors.voucher_in(self.scope, self.kwargs["pk"])

    def staff(self) -> Staff:
        return staff_of(self.request)

    def next_url(self) -> str:
        return reverse("fund:voucher-detail", args=[self.kwargs["pk"]])


class VoucherSubmit(VoucherAct):
    """The draft waits for a second person."""

    def act(self) -> Any:
        vouchers.submit(self.voucher, at=clock.now(), by=self.staff())
        return _("Submitted. A second person looks at it and posts it.")


class VoucherDiscard(VoucherAct):
    """The draft is removed."""

    def act(self) -> Any:
        vouchers.discard(self.voucher, at=clock.now(), by=self.staff())
        return _("The draft was discarded.")

    def next_url(self) -> str:
        if Voucher.objects.filter(pk=self.kwargs["pk"]).exists():
            return super().next_url()
        return reverse("fund:voucher-list")


class VoucherReverse(FormPage):
    """A posted voucher is taken back in red, after a second person."""

    title = gettext_lazy("Reverse in red")
    lead = gettext_lazy(
        "A voucher in red repeats every line with the other sign. A second person posts it; the "
        "voucher itself stays on record."
    )
    form_class = ReversalForm
    parents = PARENTS
    submit_label = gettext_lazy("Submit the reversal")

    @cached_property
    def voucher(self) -> Voucher:
        return selectors.voucher_in(self.scope, self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _fetched = self.voucher
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _fetched = self.voucher
        return super().post(request, *args, **kwargs)

    def initial(self) -> dict[str, Any]:
        return {"on": max(clock.today(), self.voucher.voucher_on)}

    def carry_out(self, form: ReversalForm) -> str:
        if self.voucher.state != VoucherState.POSTED:
            raise DomainError(
                "voucher_reverses_a_posted_one", _("Only a posted voucher is reversed.")
            )
        request = vouchers.reverse(
            self.voucher,
            on=form.cleaned_data["on"],
            reason=form.cleaned_data["reason"],
            at=clock.now(),
            by=staff_of(self.request),
        )
        return reverse("fund:voucher-detail", args=[request.target_id])

    def success_message(self, form: Any) -> Any:
        return _("Submitted. A second person looks at it and posts it.")

    def cancel_url(self) -> str:
        return reverse("fund:voucher-detail", args=[self.voucher.pk])
