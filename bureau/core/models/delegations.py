"""Approvals that one member of staff leaves to a colleague for a time."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureau.core.choices import Role


class Delegation(models.Model):
    """One role in one area is looked after by a colleague who holds the same, up to a day.

    It gives no power that the colleague did not have. While it is in force the colleague decides
    nothing that the one who gave it has made (a trigger on requests keeps that, migration 0010).
    """

    giver = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("left by"), on_delete=models.PROTECT,
        related_name="+", db_index=False,
    )  # fmt: skip
    giver_no = models.CharField(max_length=20)
    taker = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("left to"), on_delete=models.PROTECT,
        related_name="+", db_index=False,
    )  # fmt: skip
    taker_no = models.CharField(max_length=20)
    role = models.CharField(_("role"), max_length=30, choices=Role.choices)
    area = models.ForeignKey(
        "core.Area", verbose_name=_("area"), on_delete=models.PROTECT, related_name="+"
    )
    period = DateRangeField(_("period"))
    reason = models.CharField(_("reason"), max_length=500)
    made_at = models.DateTimeField(_("made at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="delegation_to_another",
                condition=~Q(giver=F("taker")) & ~Q(giver_no=F("taker_no")),
            ),
            models.CheckConstraint(
                name="delegation_has_an_end_and_a_reason",
                condition=Q(period__isempty=False, period__upper_inf=False, period__lower_inf=False)
                & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="delegation_ended_by_somebody",
                condition=Q(ended_at=None, ended_by="")
                | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
            ),
            ExclusionConstraint(
                name="delegation_to_one_at_a_time",
                condition=Q(ended_at=None),
                expressions=[
                    ("giver", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("area", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            # Serves the look whether a request is by somebody who left approvals to its checker.
            models.Index(
                fields=["giver_no", "taker_no"],
                name="delegation_open",
                condition=Q(ended_at=None),
            ),
        ]
        db_table_comment = "Approvals left to a colleague for a time"

    def __str__(self) -> str:
        return str(self.pk)
