"""Which business event goes to which accounts: dated data that a second person approved."""

from typing import Final

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fund.choices import Certainty, RuleState, Side
from fund.models.books import Account, Book

_APPROVED_BY_ANOTHER: Final = (
    Q(approved_by=None, approved_by_no="", approved_at=None) & ~Q(state="APPROVED")
) | (
    Q(state="APPROVED", approved_by__isnull=False, approved_at__isnull=False)
    & ~Q(approved_by_no="")
    & ~Q(drafters__contains=[F("approved_by_no")])
)


class PostingRule(models.Model):
    """How one kind of event is posted in one book from a day on; on a day at most one holds."""

    book = models.ForeignKey(
        Book, verbose_name=_("book"), on_delete=models.PROTECT, related_name="rules"
    )
    event = models.CharField(_("event"), max_length=60)
    title = models.CharField(_("title"), max_length=120)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    period = DateRangeField(_("in force"))
    source = models.CharField(_("source"), max_length=200)
    certainty = models.CharField(
        _("how well it is known"), max_length=10, choices=Certainty.choices
    )
    state = models.CharField(
        _("state"), max_length=10, choices=RuleState.choices, default=RuleState.DRAFT
    )
    drafters = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    made_by = models.CharField(_("made by"), max_length=120)
    made_at = models.DateTimeField(_("made at"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    approved_by_no = models.CharField(max_length=20, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)

    class Meta:
        verbose_name = _("posting rule")
        verbose_name_plural = _("posting rules")
        ordering = ["book", "event", "period"]
        constraints = [
            ExclusionConstraint(
                name="posting_rule_one_on_a_day",
                condition=Q(state="APPROVED"),
                expressions=[
                    ("book", RangeOperators.EQUAL),
                    ("event", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="posting_rule_period_has_a_first_day",
                condition=Q(period__isempty=False, period__lower_inf=False),
            ),
            models.CheckConstraint(
                name="posting_rule_event_is_a_code",
                condition=Q(event__regex=r"^[a-z_]+(\.[a-z_]+)*$"),
            ),
            models.CheckConstraint(name="posting_rule_says_its_source", condition=~Q(source="")),
            models.CheckConstraint(
                name="posting_rule_approved_by_another", condition=_APPROVED_BY_ANOTHER
            ),
        ]
        db_table_comment = "Which event goes to which accounts, dated and approved"

    def __str__(self) -> str:
        return f"{self.event} ({self.book})"


class PostingRuleLine(models.Model):
    """One line that each voucher of the event gets: the amount of one part, on one account."""

    rule = models.ForeignKey(
        PostingRule, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    place = models.PositiveSmallIntegerField(_("line"))
    part = models.CharField(_("part of the amount"), max_length=30)
    side = models.CharField(_("side"), max_length=6, choices=Side.choices)
    # The same book and a leaf: foreign key of migration 0002.
    book = models.ForeignKey(
        Book, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
    )

    class Meta:
        verbose_name = _("line of a posting rule")
        verbose_name_plural = _("lines of posting rules")
        ordering = ["rule", "place"]
        constraints = [
            models.UniqueConstraint(
                name="posting_rule_line_once_per_place", fields=["rule", "place"]
            ),
        ]
        db_table_comment = "Accounts and sides of a posting rule"

    def __str__(self) -> str:
        return f"{self.rule_id}/{self.place}"
