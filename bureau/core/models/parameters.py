"""Figures that the bureau decides by itself, each a dated version that a second person approved."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureau.core.choices import ParameterState


class ParameterVersion(models.Model):
    """One value of one parameter from a day on; the latest approved one of a day holds on it.

    Nothing is changed once it was approved: another value is another version.
    """

    key = models.CharField(_("parameter"), max_length=60)
    value = models.BigIntegerField(_("value"))
    starts_on = models.DateField(_("in force from"))
    source = models.CharField(
        _("basis"), max_length=300, help_text=_("The document, or whose decision it is.")
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=ParameterState.choices,
        default=ParameterState.PROPOSED,
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("proposed by"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)

    class Meta:
        verbose_name = _("value of a parameter")
        verbose_name_plural = _("values of parameters")
        ordering = ["key", "-starts_on", "-id"]
        constraints = [
            models.CheckConstraint(
                name="parameter_in_force_was_approved",
                condition=~Q(state="APPROVED")
                | (Q(approved_by__isnull=False) & Q(approved_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="parameter_not_approved_by_its_proposer",
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")),
            ),
            models.UniqueConstraint(
                name="parameter_one_proposal_at_a_time",
                fields=["key"],
                condition=Q(state="PROPOSED"),
            ),
        ]
        indexes = [
            # Serves every look at a value in force.
            models.Index(
                fields=["key", "-starts_on", "-id"],
                name="parameter_in_force",
                condition=Q(state="APPROVED"),
            ),
        ]
        db_table_comment = "Figures the bureau decides, dated and approved by a second person"

    def __str__(self) -> str:
        return f"{self.key} {self.value}"
