"""Four eyes: one request for a second person's approval of one act."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from bureau.core.choices import ApprovalState


class ApprovalRequest(models.Model):
    """One act that waits for a second person, or was decided; at most one open request per target.

    The checker is another person than the maker: by account and by staff number, in the database. A
    trigger keeps the maker, and what was decided, as they are (migration 0005).
    """

    kind = models.CharField(_("kind"), max_length=60)
    target_label = models.CharField(max_length=60)
    target_id = models.BigIntegerField()
    # In the bureau's language; `approvals.title_of` tells it in the reader's from the facts.
    title = models.CharField(_("subject"), max_length=200)
    title_facts = models.JSONField(
        default=dict, db_default=Value({}, models.JSONField()), blank=True, editable=False
    )
    area = models.ForeignKey("core.Area", verbose_name=_("area"), on_delete=models.PROTECT)
    summary = models.JSONField(_("what it does"), default=dict)
    changes = models.JSONField(_("differences"), default=list)
    amount = models.DecimalField(
        _("amount"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    reason = models.TextField(_("reason"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ApprovalState.choices, default=ApprovalState.PENDING
    )
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("maker"),
        on_delete=models.PROTECT,
        related_name="approvals_made",
    )
    maker_staff_no = models.CharField(max_length=20)
    made_at = models.DateTimeField(_("made at"))
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("checker"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="approvals_checked",
    )
    checker_staff_no = models.CharField(max_length=20, blank=True)
    checked_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    note = models.TextField(_("note of the checker"), blank=True)
    execution_error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="approval_not_by_its_maker",
                condition=Q(checker=None)
                | (~Q(checker=F("maker")) & ~Q(checker_staff_no=F("maker_staff_no"))),
            ),
            models.CheckConstraint(
                name="approval_decision_is_complete",
                condition=Q(
                    state__in=["PENDING", "WITHDRAWN"],
                    checker=None,
                    checked_at=None,
                    checker_staff_no="",
                )
                | (
                    Q(
                        state__in=["APPROVED", "RETURNED"],
                        checker__isnull=False,
                        checked_at__isnull=False,
                    )
                    & ~Q(checker_staff_no="")
                ),
            ),
            models.CheckConstraint(
                name="approval_return_has_a_note", condition=~Q(state="RETURNED") | ~Q(note="")
            ),
            models.UniqueConstraint(
                name="approval_one_open_per_target",
                fields=["kind", "target_label", "target_id"],
                condition=Q(state="PENDING"),
            ),
        ]
        indexes = [
            # Serves the to-do list.
            models.Index(
                fields=["area", "kind"], name="approval_pending", condition=Q(state="PENDING")
            ),
        ]
        db_table_comment = "Requests for a second person's approval"

    def __str__(self) -> str:
        return self.title
