"""Periods in which people are covered."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bureau.core.tracking import tracked
from enrollment.choices import CoverageState, Scheme


@tracked()
class CoverageSpell(models.Model):
    """One period of basic coverage of one person in one scheme and area; one per roster row.

    No two spells in force overlap. A spell that would is kept as a double enrollment until it is
    decided which stays: nothing is lost and nobody is insured twice.
    """

    person = models.ForeignKey(
        "enrollment.Person",
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        related_name="spells",
    )
    scheme = models.CharField(_("scheme"), max_length=10, choices=Scheme.choices)
    area = models.ForeignKey(
        "core.Area", verbose_name=_("area"), on_delete=models.PROTECT, db_index=False
    )
    period = DateRangeField(_("period"))
    state = models.CharField(_("state"), max_length=20, choices=CoverageState.choices)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    special_group = models.CharField(_("special group"), max_length=30, blank=True)
    contribution_amount = models.DecimalField(
        _("contribution"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    source_row = models.OneToOneField(
        "enrollment.RosterRow",
        verbose_name=_("roster row"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="spell",
    )

    class Meta:
        verbose_name = _("coverage spell")
        verbose_name_plural = _("coverage spells")
        constraints = [
            ExclusionConstraint(
                name="coverage_no_two_in_force_on_a_day",
                condition=Q(state="IN_FORCE"),
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="coverage_period_not_empty", condition=Q(period__isempty=False)
            ),
        ]
        indexes = [
            # Serves the roll of an area and scheme.
            models.Index(fields=["area", "scheme", "state"], name="coverage_by_area"),
            # Serves the list of the people insured in an area, page by page.
            models.Index(fields=["area", "person"], name="coverage_people_of_area"),
            # Serves the search for double enrollments that are to be decided.
            models.Index(fields=["person"], name="coverage_double", condition=Q(state="DOUBLE")),
            # Serves the list of those who fell out: people whom a coverage does not insure.
            models.Index(
                fields=["person"],
                name="coverage_idle",
                condition=~Q(state__in=["IN_FORCE", "UNDONE"]),
            ),
        ]
        db_table_comment = "Periods of basic coverage"

    def __str__(self) -> str:
        return f"{self.scheme} {self.pk}"
