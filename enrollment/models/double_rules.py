"""What decides double enrollments, as data: versions of rules, and subsidies per head and year."""

from typing import Any, Final

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from enrollment.choices import Scheme
from enrollment.choices.double import Confidence, DoubleRuleCode, Standing, VersionState

#: Who approved is named by account and staff number, and worked on it under neither.
_APPROVED_BY_ANOTHER: Final = (
    Q(approved_by_staff=None, approved_by_no="") & ~Q(state="APPROVED")
) | (
    Q(state="APPROVED")
    & ~Q(approved_by_no="")
    & ~Q(drafters__contains=[F("approved_by_no")])
    & (Q(made_by_staff=None) | Q(approved_by_staff=None) | ~Q(approved_by_staff=F("made_by_staff")))
)


def _staff() -> models.ForeignKey[Any, Any]:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )


class DoubleRuleSet(models.Model):
    """One version of the rules of double enrollment, in force from a day; on a day at most one is.

    A second person puts it into force, who did not work on it; then it never changes (a trigger
    keeps it). `measured_on` is the day up to which standing is counted; the texts of notices are
    Chinese, because they go to the insured.
    """

    number = models.PositiveIntegerField(_("version"), unique=True)
    title = models.CharField(_("title"), max_length=120)
    period = DateRangeField(_("in force"))
    measured_on = models.DateField(_("standing is measured up to"))
    recovers_part_year = models.BooleanField(
        _("deduct the year's subsidy where days before the overlap stay in force"), default=False
    )
    objection_days = models.PositiveSmallIntegerField(_("days for an objection"))
    notice_title = models.CharField(_("heading of the notice"), max_length=60)
    notice_text = models.TextField(_("text of the notice"))
    source = models.TextField(_("source"))
    state = models.CharField(
        _("state"), max_length=10, choices=VersionState.choices, default=VersionState.DRAFT
    )
    made_by = models.CharField(_("made by"), max_length=120)
    # None for what came with the software.
    made_by_staff = _staff()
    made_at = models.DateTimeField(_("made at"))
    # Staff numbers of all who drafted, changed or submitted it; none of them approves.
    drafters = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)
    approved_by_staff = _staff()
    approved_by_no = models.CharField(max_length=20, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)

    class Meta:
        verbose_name = _("rules of double enrollment")
        verbose_name_plural = _("rules of double enrollment")
        ordering = ["-number"]
        constraints = [
            ExclusionConstraint(
                name="double_rules_one_version_on_a_day",
                condition=Q(state="APPROVED"),
                expressions=[("period", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                name="double_rules_period_has_a_first_day",
                condition=Q(period__isempty=False, period__lower_inf=False),
            ),
            models.CheckConstraint(
                name="double_rules_approved_by_somebody",
                condition=Q(state="APPROVED", approved_at__isnull=False) & ~Q(approved_by="")
                | (~Q(state="APPROVED") & Q(approved_at=None, approved_by="")),
            ),
            models.CheckConstraint(
                name="double_rules_approved_by_another", condition=_APPROVED_BY_ANOTHER
            ),
        ]
        db_table_comment = "Versions of the rules of double enrollment"

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"


class DoubleRule(models.Model):
    """One rule of a version: its place in the order, its terms, the clause it rests on and how well
    that is known. What the rule asks is the function of its code (`rules.double_rules`)."""

    rule_set = models.ForeignKey(
        DoubleRuleSet, on_delete=models.CASCADE, related_name="rules", db_index=False
    )
    code = models.CharField(_("rule"), max_length=30, choices=DoubleRuleCode.choices)
    priority = models.PositiveSmallIntegerField(_("place in the order"))
    is_active = models.BooleanField(_("is asked"), default=True)
    months = models.PositiveSmallIntegerField(_("months"), default=0)
    loser = models.CharField(
        _("the other coverage"), max_length=10, choices=Standing.choices, default=Standing.ENDS
    )
    singly = models.BooleanField(_("each case is looked at singly"), default=False)
    clause = models.TextField(_("clause"))
    clause_en = models.TextField(_("clause in English"), blank=True)
    source = models.CharField(_("source"), max_length=200)
    confidence = models.CharField(
        _("how well it is known"), max_length=10, choices=Confidence.choices
    )

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["priority"]
        constraints = [
            models.UniqueConstraint(
                name="double_rule_once_per_version", fields=["rule_set", "code"]
            ),
            models.UniqueConstraint(
                name="double_rule_place_once_per_version", fields=["rule_set", "priority"]
            ),
            models.CheckConstraint(
                name="double_rule_loser_ends_or_pauses",
                condition=Q(loser__in=[Standing.ENDS.value, Standing.PAUSES.value]),
            ),
            models.CheckConstraint(
                name="double_rule_says_its_source", condition=~Q(source="") & ~Q(clause="")
            ),
        ]
        db_table_comment = "Rules of a version, in their order, with clause and source"

    def __str__(self) -> str:
        return str(DoubleRuleCode(self.code).label)


class SubsidyStandard(models.Model):
    """What government pays a year for one insured resident of a scheme and area.

    `is_minimum` marks a national lower bound: the local amount may be higher. A standard counts
    once a second person approved it; for a year without one the amount is unknown, not nought.
    """

    year = models.PositiveSmallIntegerField(_("year"))
    scheme = models.CharField(_("scheme"), max_length=10, choices=Scheme.choices)
    area = models.ForeignKey(
        "core.Area", verbose_name=_("area"), on_delete=models.PROTECT, db_index=False
    )
    amount = models.DecimalField(_("amount per head"), max_digits=18, decimal_places=2)
    is_minimum = models.BooleanField(_("national minimum"), default=False)
    source = models.CharField(_("source"), max_length=200)
    confidence = models.CharField(
        _("how well it is known"), max_length=10, choices=Confidence.choices
    )
    state = models.CharField(
        _("state"), max_length=10, choices=VersionState.choices, default=VersionState.DRAFT
    )
    made_by = models.CharField(_("made by"), max_length=120)
    # None for what came with the software.
    made_by_staff = _staff()
    made_at = models.DateTimeField(_("made at"))
    # Staff numbers of all who drafted, changed or submitted it; none of them approves.
    drafters = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)
    approved_by_staff = _staff()
    approved_by_no = models.CharField(max_length=20, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)

    class Meta:
        verbose_name = _("subsidy per head")
        verbose_name_plural = _("subsidies per head")
        ordering = ["-year", "scheme", "area"]
        constraints = [
            models.UniqueConstraint(
                name="subsidy_once_per_year_and_place",
                fields=["year", "scheme", "area", "is_minimum"],
                condition=Q(state="APPROVED"),
            ),
            models.CheckConstraint(name="subsidy_is_an_amount", condition=Q(amount__gte=0)),
            models.CheckConstraint(name="subsidy_says_its_source", condition=~Q(source="")),
            models.CheckConstraint(
                name="subsidy_approved_by_somebody",
                condition=Q(state="APPROVED", approved_at__isnull=False) & ~Q(approved_by="")
                | (~Q(state="APPROVED") & Q(approved_at=None, approved_by="")),
            ),
            models.CheckConstraint(
                name="subsidy_approved_by_another", condition=_APPROVED_BY_ANOTHER
            ),
        ]
        db_table_comment = "Government subsidy per insured resident and year"

    def __str__(self) -> str:
        return f"{self.area} · {Scheme(self.scheme).label} · {self.year}"

    @property
    def title(self) -> str:
        """The same in the bureau's language, for titles that are stored."""
        with override(settings.LANGUAGE_CODE):
            return str(self)
