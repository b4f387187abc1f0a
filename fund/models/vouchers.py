"""Vouchers, their lines, and the postings that seal them."""

from typing import Any, Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bureau.core.fields import MoneyField
from bureau.core.models import Area
from fund.choices import VoucherKind, VoucherState
from fund.models.books import Account, Book, Period
from fund.models.rules import PostingRule

#: A posted voucher was looked at by a second person, or follows a rule that was approved.
_POSTED_BY_ANOTHER: Final = ~Q(state="POSTED") | (
    Q(kind="EVENT", rule__isnull=False)
    | (
        ~Q(kind="EVENT")
        & Q(checker__isnull=False, maker__isnull=False)
        & ~Q(checker_no="")
        & ~Q(checker=F("maker"))
        & ~Q(checker_no=F("maker_no"))
        & ~Q(drafters__contains=[F("checker_no")])
    )
)


def _staff(label: Any) -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=label,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )


class Voucher(models.Model):
    """One accounting voucher. Its number is given at posting, gap-free per book and month.

    What is posted never changes; it is corrected by a voucher in red that reverses it. A business
    event is posted once for ever: (`source_kind`, `source_id`) is unique in the book.
    """

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    period = models.ForeignKey(
        Period, verbose_name=_("period"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(_("origin"), max_length=10, choices=VoucherKind.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=VoucherState.choices, default=VoucherState.DRAFT
    )
    number = models.PositiveIntegerField(pgettext_lazy("voucher", "number"), null=True, blank=True)
    voucher_on = models.DateField(_("date"))
    summary = models.CharField(_("summary"), max_length=120)
    total = MoneyField(_("total"))
    attachments = models.PositiveSmallIntegerField(_("papers attached"), default=0)
    is_red = models.BooleanField(_("in red"), default=False)
    reverses = models.OneToOneField(
        "self",
        verbose_name=_("reverses"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reversed_by",
    )
    source_kind = models.CharField(_("event"), max_length=60, blank=True)
    source_id = models.CharField(_("number of the event"), max_length=60, blank=True)
    rule = models.ForeignKey(
        PostingRule, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    maker = _staff(pgettext_lazy("voucher", "maker"))
    maker_no = models.CharField(max_length=20, blank=True)
    made_by = models.CharField(pgettext_lazy("voucher", "made by"), max_length=120)
    made_at = models.DateTimeField(pgettext_lazy("voucher", "made at"))
    # Staff numbers of all who drafted, changed or submitted it; none of them posts it.
    drafters = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    checker = _staff(pgettext_lazy("voucher", "checker"))
    checker_no = models.CharField(max_length=20, blank=True)
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ["-voucher_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="voucher_number_once_per_period",
                fields=["period", "number"],
                condition=Q(number__isnull=False),
            ),
            models.UniqueConstraint(
                name="voucher_source_once_for_ever",
                fields=["source_kind", "source_id"],
                condition=~Q(source_kind=""),
            ),
            models.CheckConstraint(
                name="voucher_numbered_when_posted",
                condition=Q(
                    state="POSTED", number__isnull=False, number__gte=1, posted_at__isnull=False
                )
                | (
                    ~Q(state="POSTED") & Q(number=None, posted_at=None, checker=None, checker_no="")
                ),
            ),
            models.CheckConstraint(name="voucher_posted_by_another", condition=_POSTED_BY_ANOTHER),
            models.CheckConstraint(
                name="voucher_of_an_event_names_it",
                condition=(Q(kind="EVENT") & ~Q(source_kind="") & ~Q(source_id=""))
                | (~Q(kind="EVENT") & Q(source_kind="", source_id="", rule=None)),
            ),
            models.CheckConstraint(
                name="voucher_in_red_reverses_one",
                condition=Q(is_red=True, reverses__isnull=False) | Q(is_red=False, reverses=None),
            ),
            models.CheckConstraint(
                name="voucher_total_has_its_sign",
                condition=Q(is_red=False, total__gte=0) | Q(is_red=True, total__lte=0),
            ),
            models.CheckConstraint(
                name="voucher_texts_are_one_line",
                condition=~Q(summary__contains="\n")
                & ~Q(source_kind__contains="|")
                & ~Q(source_id__contains="|")
                & ~Q(source_id__contains="\n")
                & ~Q(maker_no__contains="|")
                & ~Q(checker_no__contains="|")
                & ~Q(summary=""),
            ),
        ]
        indexes = [
            # Serves the list of a book, newest first.
            models.Index(fields=["book", "-voucher_on", "-id"], name="voucher_by_book_and_day"),
            # Serves what waits for somebody, and the blockers of a close.
            models.Index(
                fields=["period"], name="voucher_not_posted", condition=~Q(state="POSTED")
            ),
        ]
        db_table_comment = "Accounting vouchers; posted ones never change"

    def __str__(self) -> str:
        if self.number is None:
            return f"{self.voucher_on} · {self.summary}"
        return f"{self.period}-{self.number:04d}"


class VoucherLine(models.Model):
    """One line of a voucher: one account, debit or credit, above zero; below zero if in red.

    `book` and `is_red` are the voucher's, and the account is a leaf of the same book: foreign keys
    of several columns keep that (migration 0002).
    """

    voucher = models.ForeignKey(
        Voucher, on_delete=models.PROTECT, related_name="lines", db_index=False,
        db_constraint=False,
    )  # fmt: skip
    book = models.ForeignKey(
        Book, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    is_red = models.BooleanField(default=False)
    line_no = models.PositiveIntegerField(_("line"))
    account = models.ForeignKey(
        Account,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    debit = MoneyField(_("debit"), default=0)
    credit = MoneyField(_("credit"), default=0)
    summary = models.CharField(_("summary"), max_length=120)
    # Kept until what came from an old fund is cleared (domain: merging the funds).
    origin_area = models.ForeignKey(
        Area,
        verbose_name=_("area of origin"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("voucher line")
        verbose_name_plural = _("voucher lines")
        ordering = ["voucher", "line_no"]
        constraints = [
            models.UniqueConstraint(
                name="voucher_line_once_per_number", fields=["voucher", "line_no"]
            ),
            models.CheckConstraint(
                name="voucher_line_is_debit_or_credit",
                condition=Q(is_red=False, debit__gt=0, credit=0)
                | Q(is_red=False, debit=0, credit__gt=0)
                | Q(is_red=True, debit__lt=0, credit=0)
                | Q(is_red=True, debit=0, credit__lt=0),
            ),
            models.CheckConstraint(
                name="voucher_line_has_a_summary_of_one_line",
                condition=~Q(summary="") & ~Q(summary__contains="\n"),
            ),
        ]
        indexes = [
            # Serves the ledger of an account, from the newest voucher back.
            models.Index(fields=["account", "-voucher"], name="voucher_line_by_account"),
        ]
        db_table_comment = "Debit and credit lines of vouchers"

    def __str__(self) -> str:
        return f"{self.voucher_id}/{self.line_no}"


class Posting(models.Model):
    """Vouchers of a period posted by one statement: a link of the book's chain, made by triggers.

    Its digest covers every field and line of its vouchers and the digest of the link before; it is
    empty only within the transaction that posts, at whose end the vouchers are checked and sealed.
    """

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+", db_index=False)
    sequence = models.PositiveIntegerField(pgettext_lazy("chain", "link"))
    first_number = models.PositiveIntegerField()
    last_number = models.PositiveIntegerField()
    digest = models.CharField(_("digest"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        ordering = ["book", "sequence"]
        constraints = [
            models.UniqueConstraint(
                name="posting_sequence_once_per_book", fields=["book", "sequence"]
            ),
            models.UniqueConstraint(
                name="posting_first_number_once", fields=["period", "first_number"]
            ),
            models.CheckConstraint(
                name="posting_has_numbers_in_order",
                condition=Q(first_number__gte=1, first_number__lte=F("last_number")),
            ),
        ]
        indexes = [
            # Serves the guard of lines: what is not sealed yet belongs to this transaction.
            models.Index(fields=["period"], name="posting_not_sealed", condition=Q(digest="")),
        ]
        db_table_comment = "Links of each book's chain over its posted vouchers"

    def __str__(self) -> str:
        return f"{self.book_id}/{self.sequence}"
