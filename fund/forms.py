"""Forms of the fund: a voucher's head and its grid of lines, a reversal, queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bureau.core import lists
from bureau.core.money import ZERO
from bureau.ui.forms import (
    NO_NUMBERS,
    DateField,
    EntryForm,
    MoneyField,
    QueryForm,
    ReasonField,
    WholeNumberField,
)
from fund.choices import VoucherKind, VoucherState
from fund.models import Account, Book
from fund.rules.entries import Entry

#: Lines of an empty grid, and how many come with "More lines".
LINES = 6
#: Longest voucher that is entered by hand.
MOST_LINES = 60
#: Most papers that are attached to a voucher.
MOST_PAPERS = 9999


class VoucherQuery(QueryForm):
    """What the list of vouchers is asked for."""

    book = forms.ChoiceField(label=gettext_lazy("Book"))
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=VoucherState.choices)
    kind = forms.ChoiceField(label=gettext_lazy("Origin"), choices=VoucherKind.choices)
    since = DateField(label=gettext_lazy("From day"))
    until = DateField(label=gettext_lazy("To day"))

    def offer_books(self, books: Sequence[Book]) -> None:
        """The books of the reader's areas."""
        field: Any = self.fields["book"]
        field.choices = [("", gettext_lazy("All")), *((str(one.pk), str(one)) for one in books)]


class LedgerQuery(QueryForm):
    """What a ledger is asked for."""

    since = DateField(label=gettext_lazy("From day"))
    until = DateField(label=gettext_lazy("To day"))


class VoucherForm(EntryForm):
    """A voucher: its day, its summary, and lines of account, summary, debit and credit."""

    on = DateField(label=gettext_lazy("Date"))
    summary = forms.CharField(label=gettext_lazy("Summary"), max_length=120)
    attachments = WholeNumberField(label=gettext_lazy("Papers attached"), required=False)
    is_opening = forms.BooleanField(
        label=gettext_lazy("These are the opening balances of the book"), required=False
    )

    HEAD = ("on", "summary", "attachments", "is_opening")

    def __init__(
        self, *args: Any, accounts: Sequence[Account], rows: int, is_new: bool, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.accounts = {str(one.pk): one for one in accounts}
        self.row_numbers = range(1, min(rows, MOST_LINES) + 1)
        if not is_new:
            del self.fields["is_opening"]
        choices = [("", "–"), *((pk, str(one)) for pk, one in self.accounts.items())]
        for number in self.row_numbers:
            for name, field in _row_fields(number, choices).items():
                self.fields[f"{name}_{number}"] = field

    def head(self) -> list[forms.BoundField]:
        return [self[name] for name in self.HEAD if name in self.fields]

    def grid(self) -> list[dict[str, Any]]:
        """The lines of the grid: bound fields by their column."""
        return [
            {"number": number}
            | {name: self[f"{name}_{number}"] for name in ("line", "account", "debit", "credit")}
            for number in self.row_numbers
        ]

    def clean_summary(self) -> str:
        """A summary stands in lists, prints and files: no number of a person's belongs there."""
        return _without_numbers(self.cleaned_data["summary"])

    def clean_attachments(self) -> int | None:
        """A column of small numbers keeps it."""
        given: int | None = self.cleaned_data["attachments"]
        if given is not None and given > MOST_PAPERS:
            raise forms.ValidationError(_("At most %(most)s papers.") % {"most": MOST_PAPERS})
        return given

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        values["entries"] = [
            entry for number in self.row_numbers if (entry := self._entry(values, number))
        ]
        if not values["entries"] and not self.errors:
            self.add_error(None, _("Enter at least one line with an account and an amount."))
        return values

    def _entry(self, values: dict[str, Any], number: int) -> Entry | None:
        account = values.get(f"account_{number}")
        debit, credit = values.get(f"debit_{number}"), values.get(f"credit_{number}")
        if not (account or debit or credit):
            return None
        if not account:
            self.add_error(f"account_{number}", _("Choose the account of this line."))
            return None
        if bool(debit) == bool(credit):
            self.add_error(
                f"debit_{number}",
                _("Give an amount above zero in debit or in credit, not in both."),
            )
            return None
        try:
            _without_numbers(values.get(f"line_{number}") or "")
        except forms.ValidationError as refused:
            self.add_error(f"line_{number}", refused)
            return None
        summary = values.get(f"line_{number}") or values.get("summary") or ""
        return Entry(int(account), debit or ZERO, credit or ZERO, summary)


def _without_numbers(text: str) -> str:
    if lists.names_a_person(text):
        raise forms.ValidationError(str(NO_NUMBERS), code="names_a_person")
    return text


def _row_fields(number: int, choices: Sequence[tuple[str, str]]) -> dict[str, forms.Field]:
    """The fields of one line, each with a name that says its line to screen readers."""

    def label(words: Any) -> str:
        return _("Line %(line)s: %(field)s") % {"line": number, "field": words}

    def named(words: str, **more: str) -> dict[str, str]:
        return {"aria-label": words, "autocomplete": "off", **more}

    debit = label(pgettext_lazy("side of an account", "Debit"))
    credit = label(pgettext_lazy("side of an account", "Credit"))
    account = label(gettext_lazy("Account"))
    summary = label(gettext_lazy("Summary"))
    money = {"class": "input-money", "inputmode": "decimal"}
    return {
        "line": forms.CharField(
            label=summary, max_length=120, required=False,
            widget=forms.TextInput(attrs=named(summary)),
        ),
        "account": forms.ChoiceField(
            label=account, choices=choices, required=False,
            widget=forms.Select(attrs=named(account)),
        ),
        "debit": MoneyField(
            label=debit, minimum=ZERO, required=False,
            widget=forms.TextInput(attrs=named(debit, **money) | {"data-side": "debit"}),
        ),
        "credit": MoneyField(
            label=credit, minimum=ZERO, required=False,
            widget=forms.TextInput(attrs=named(credit, **money) | {"data-side": "credit"}),
        ),
    }  # fmt: skip


class ReversalForm(EntryForm):
    """When and why a voucher is taken back."""

    on = DateField(label=gettext_lazy("Date of the voucher in red"))
    reason = ReasonField(
        label=gettext_lazy("Reason"),
        max_length=120,
        help_text=gettext_lazy("It becomes the summary of the voucher in red."),
    )
