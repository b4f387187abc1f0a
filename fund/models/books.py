"""Funds, their books, the accounts and periods of a book, and the balances the database keeps."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from bureau.core.fields import MoneyField
from bureau.core.models import Area
from fund.choices import AccountClass, Certainty, FundKind, PeriodState, Side


def _local(name: str, name_en: str) -> str:
    return name_en if name_en and (get_language() or "").startswith("en") else name


class Fund(models.Model):
    """One fund of one area: an accounting entity whose money is never mixed with another's."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    kind = models.CharField(_("kind of fund"), max_length=20, choices=FundKind.choices)
    area = models.ForeignKey(
        Area, verbose_name=_("area"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("fund")
        verbose_name_plural = _("funds")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="fund_code_is_plain", condition=Q(code__regex=r"^[0-9A-Z_-]{2,30}$")
            ),
        ]
        db_table_comment = "Funds; each is an accounting entity of its own"

    def __str__(self) -> str:
        return _local(self.name, self.name_en)


class Book(models.Model):
    """The one set of books of a fund. `postings` counts links of its chain; triggers keep it."""

    fund = models.OneToOneField(
        Fund, verbose_name=_("fund"), on_delete=models.PROTECT, related_name="book"
    )
    opened_by = models.CharField(_("opened by"), max_length=120)
    opened_at = models.DateTimeField(_("opened at"))
    postings = models.PositiveIntegerField(_("postings"), default=0, editable=False)

    class Meta:
        verbose_name = _("book")
        verbose_name_plural = _("books")
        ordering = ["fund__code"]
        db_table_comment = "Sets of books, one per fund"

    def __str__(self) -> str:
        return str(self.fund)


class Account(models.Model):
    """One account of a book's chart. Lines go to leaf accounts alone: a foreign key keeps that.

    An account that gets a sub-account stops being a leaf (a trigger), which its lines forbid.
    """

    book = models.ForeignKey(
        Book, verbose_name=_("book"), on_delete=models.PROTECT, related_name="accounts"
    )
    code = models.CharField(_("account number"), max_length=20)
    name = models.CharField(_("account"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=pgettext_lazy("account", "part of"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    level = models.PositiveSmallIntegerField(pgettext_lazy("account", "level"))
    account_class = models.CharField(_("class"), max_length=12, choices=AccountClass.choices)
    side = models.CharField(_("side of the balance"), max_length=6, choices=Side.choices)
    is_leaf = models.BooleanField(_("takes lines"), default=True, editable=False)
    source = models.CharField(_("source"), max_length=200)
    certainty = models.CharField(
        _("how well it is known"), max_length=10, choices=Certainty.choices
    )

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["book", "code"]
        constraints = [
            models.UniqueConstraint(name="account_code_once_per_book", fields=["book", "code"]),
            models.CheckConstraint(
                name="account_code_is_digits", condition=Q(code__regex=r"^[1-5][0-9]{3,19}$")
            ),
            models.CheckConstraint(
                name="account_top_level_has_no_parent",
                condition=Q(level=1, parent=None) | Q(level__gt=1, parent__isnull=False),
            ),
            models.CheckConstraint(name="account_says_its_source", condition=~Q(source="")),
        ]
        db_table_comment = "Charts of accounts, one per book"

    def __str__(self) -> str:
        return f"{self.code} {_local(self.name, self.name_en)}"


class Period(models.Model):
    """One accounting month of a book; month 0 of its first year holds the opening balances.

    `last_number` is the highest number given to a voucher; triggers keep it, so that numbers have
    no gap. A closed period takes nothing more and is never opened again.
    """

    book = models.ForeignKey(
        Book, verbose_name=_("book"), on_delete=models.PROTECT, related_name="periods"
    )
    year = models.PositiveSmallIntegerField(_("year"))
    month = models.PositiveSmallIntegerField(_("month"))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    state = models.CharField(
        _("state"), max_length=10, choices=PeriodState.choices, default=PeriodState.OPEN
    )
    last_number = models.PositiveIntegerField(_("last number"), default=0, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("closed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    closed_at = models.DateTimeField(
        pgettext_lazy("accounting period", "closed at"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("accounting period")
        verbose_name_plural = _("accounting periods")
        ordering = ["book", "year", "month"]
        constraints = [
            models.UniqueConstraint(name="period_once_per_book", fields=["book", "year", "month"]),
            models.CheckConstraint(
                name="period_month_is_a_month", condition=Q(month__gte=0, month__lte=12)
            ),
            models.CheckConstraint(
                name="period_has_days_in_order", condition=Q(first_day__lte=F("last_day"))
            ),
            models.CheckConstraint(
                name="period_closed_by_somebody",
                condition=Q(state="OPEN", closed_by=None, closed_at=None)
                | Q(state="CLOSED", closed_by__isnull=False, closed_at__isnull=False),
            ),
        ]
        db_table_comment = "Accounting periods of a book"

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"


class Balance(models.Model):
    """What the posted lines of one account in one period sum to; triggers alone write it."""

    period = models.ForeignKey(
        Period, on_delete=models.PROTECT, related_name="balances", db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="balances")
    debit = MoneyField(_("debit"))
    credit = MoneyField(_("credit"))

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        ordering = ["period", "account"]
        constraints = [
            models.UniqueConstraint(
                name="balance_once_per_period_and_account", fields=["period", "account"]
            ),
        ]
        db_table_comment = "Turnover per account and period, kept by triggers"

    def __str__(self) -> str:
        return f"{self.account_id} {self.period_id}"
