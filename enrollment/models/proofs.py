"""The integration proof as it was counted, and as two people signed it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enrollment.choices.double import ProofState


class ProofSnapshot(models.Model):
    """The figures of the proof over some areas and years, counted by a job at one moment.

    `basis` tells the state of the roll they were counted from: when it differs from that of now,
    they are out of date. `content` is the canonical text of the figures, `digest` its SHA-256.
    """

    scope = models.CharField(_("areas"), max_length=400)
    year = models.PositiveSmallIntegerField(_("year"), default=0)
    basis = models.CharField(max_length=120)
    roll_revision = models.BigIntegerField(_("revision of the roll"))
    counted_at = models.DateTimeField(_("counted at"))
    seconds = models.FloatField(default=0)
    holds = models.BooleanField(_("every equation holds"))
    content = models.TextField()
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("count of the proof")
        verbose_name_plural = _("counts of the proof")
        constraints = [
            models.UniqueConstraint(name="proof_count_one_per_scope", fields=["scope", "year"])
        ]
        db_table_comment = "Figures of the integration proof as last counted"

    def __str__(self) -> str:
        return f"{self.scope} {self.year}"

    @property
    def revision(self) -> str:
        """The state of the roll that was counted: its revision, and that of its coverage."""
        return self.basis.partition(":")[0] or str(self.roll_revision)


class SignedProof(models.Model):
    """A proof laid down by one person and signed by another; its figures never change again.

    `compared` is what a later count of the same rosters differed in, with when it was made.
    """

    area = models.ForeignKey("core.Area", verbose_name=_("area"), on_delete=models.PROTECT)
    year = models.PositiveSmallIntegerField(_("year"), default=0)
    state = models.CharField(
        _("state"), max_length=10, choices=ProofState.choices, default=ProofState.PREPARED
    )
    basis = models.CharField(max_length=120)
    roll_revision = models.BigIntegerField(_("revision of the roll"))
    counted_at = models.DateTimeField(_("counted at"))
    holds = models.BooleanField(_("every equation holds"))
    content = models.TextField()
    digest = models.CharField(_("SHA-256"), max_length=64)
    remark = models.TextField(_("remark"), blank=True)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("prepared by"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    prepared_by_no = models.CharField(max_length=20)
    prepared_at = models.DateTimeField(_("prepared at"))
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("signed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    signed_by_no = models.CharField(max_length=20, blank=True)
    signed_at = models.DateTimeField(_("signed at"), null=True, blank=True)
    compared = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("signed proof")
        verbose_name_plural = _("signed proofs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="proof_signed_by_two",
                condition=Q(signed_by=None)
                | (~Q(signed_by=F("prepared_by")) & ~Q(signed_by_no=F("prepared_by_no"))),
            ),
            models.CheckConstraint(
                name="proof_signature_is_complete",
                condition=Q(state="SIGNED", signed_by__isnull=False, signed_at__isnull=False)
                & ~Q(signed_by_no="")
                | ~Q(state="SIGNED") & Q(signed_by=None, signed_at=None, signed_by_no=""),
            ),
        ]
        indexes = [models.Index(fields=["area", "-id"], name="signed_proof_by_area")]
        db_table_comment = "Integration proofs signed by two people"

    def __str__(self) -> str:
        return f"{self.area} {self.year or ''}".strip()

    @property
    def revision(self) -> str:
        """The state of the roll it tells of: its revision, and that of its coverage."""
        return self.basis.partition(":")[0] or str(self.roll_revision)
