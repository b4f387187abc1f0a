"""Decisions of a packet that wait together for a second person, and what came of each of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enrollment.choices.bundles import BundledState
from enrollment.models.decision_triggers import append_only
from enrollment.models.decisions import PairDecision, ReviewPacket


class DecisionBundle(models.Model):
    """What one request for approval is about: decisions that one clerk handed in together."""

    packet = models.ForeignKey(
        ReviewPacket, verbose_name=_("packet"), on_delete=models.PROTECT, related_name="bundles"
    )
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("decisions handed in together")
        verbose_name_plural = _("decisions handed in together")
        ordering = ["-id"]
        triggers = [append_only("decision_bundle_stands")]
        db_table_comment = "Decisions on pairs that a second person approves together; append-only"

    def __str__(self) -> str:
        return str(self.pk)


class BundledDecision(models.Model):
    """One decision within a request: what it would do, as the second person is told, and what came
    of it. A decision waits or is approved in one request at most."""

    bundle = models.ForeignKey(DecisionBundle, on_delete=models.PROTECT, related_name="lines")
    approval = models.ForeignKey("core.ApprovalRequest", on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(
        PairDecision, on_delete=models.PROTECT, related_name="bundled", db_index=False
    )
    overlaps = models.PositiveIntegerField(_("coverages that would overlap"), default=0)
    enters = models.PositiveIntegerField(_("coverages that would come in"), default=0)
    amount_left = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    amount_right = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    state = models.CharField(
        _("state"), max_length=10, choices=BundledState.choices, default=BundledState.WAITING
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True, db_default="")
    settled_by = models.CharField(_("decided by"), max_length=120, blank=True, db_default="")
    settled_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("decision in a request")
        verbose_name_plural = _("decisions in requests")
        ordering = ["bundle", "id"]
        constraints = [
            models.UniqueConstraint(
                name="decision_in_one_request",
                fields=["decision"],
                condition=Q(state__in=["WAITING", "APPROVED"]),
            ),
            models.CheckConstraint(
                name="bundled_decision_returned_with_a_reason",
                condition=~Q(state="RETURNED") | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="bundled_decision_settled_by_somebody",
                condition=Q(state="WAITING", settled_at=None, settled_by="")
                | ~Q(state="WAITING") & Q(settled_at__isnull=False) & ~Q(settled_by=""),
            ),
        ]
        db_table_comment = "Decisions on pairs within requests for approval"

    def __str__(self) -> str:
        return f"{self.bundle_id} {self.decision_id}"
