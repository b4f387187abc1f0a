"""What people found right as it is written, so that it is not asked again next year."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bureau.core.tracking import append_only


class RowJudgement(models.Model):
    """A problem that a person found right as it is, for the values it was about.

    `key` is a digest of the reason and of those values (enrollment_judgement_key in the database):
    rows of the same source area with the same values are not asked about again. Made when
    corrections are taken, so its approver is theirs, or that of the roster they went into.
    """

    area = models.ForeignKey("core.Area", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=30)
    key = models.CharField(max_length=64)
    evidence = models.TextField(_("evidence"))
    row = models.ForeignKey(
        "enrollment.RosterRow", on_delete=models.PROTECT, related_name="judgements"
    )
    correction = models.ForeignKey(
        "enrollment.RosterCorrection", on_delete=models.PROTECT, related_name="judgements"
    )
    judged_at = models.DateTimeField(_("judged at"))
    judged_by = models.CharField(_("judged by"), max_length=120)

    class Meta:
        verbose_name = _("row found right as it is")
        verbose_name_plural = _("rows found right as they are")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="judgement_once_for_the_same_values", fields=["area", "reason", "key"]
            ),
            models.CheckConstraint(name="judgement_has_evidence", condition=~models.Q(evidence="")),
        ]
        triggers = [append_only("row_judgement_is_append_only")]
        db_table_comment = "Problems that people found right as they are; append-only"

    def __str__(self) -> str:
        return f"{self.row_id} {self.reason}"
