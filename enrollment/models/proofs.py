"""The integration proof as it was counted, and as two people signed it."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
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
    `drafters` are staff numbers of who worked on its rosters or prepared it: none of them signs it.
    A signed proof may be set aside by two people, with a reason; it stays on record as that.
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
    drafters = ArrayField(models.CharField(max_length=20), default=list, blank=True, db_default=[])
    aside_reason = models.TextField(_("why set aside"), blank=True, db_default="")
    aside_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("setting aside asked by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    aside_asked_by_no = models.CharField(max_length=20, blank=True, db_default="")
    aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("setting aside approved by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    aside_by_no = models.CharField(max_length=20, blank=True, db_default="")
    aside_at = models.DateTimeField(_("set aside at"), null=True, blank=True)

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
                condition=Q(
                    state__in=["SIGNED", "SET_ASIDE"],
                    signed_by__isnull=False,
                    signed_at__isnull=False,
                )
                & ~Q(signed_by_no="")
                | ~Q(state__in=["SIGNED", "SET_ASIDE"])
                & Q(signed_by=None, signed_at=None, signed_by_no=""),
            ),
            models.CheckConstraint(
                name="proof_signed_by_none_of_its_workers",
                condition=Q(signed_by_no="") | ~Q(drafters__contains=[F("signed_by_no")]),
            ),
            models.CheckConstraint(
                name="proof_set_aside_by_two",
                condition=Q(
                    state="SET_ASIDE",
                    aside_asked_by__isnull=False,
                    aside_by__isnull=False,
                    aside_at__isnull=False,
                )
                & ~Q(aside_reason="")
                & ~Q(aside_asked_by_no="")
                & ~Q(aside_by_no="")
                & ~Q(aside_by=F("aside_asked_by"))
                & ~Q(aside_by_no=F("aside_asked_by_no"))
                | ~Q(state="SET_ASIDE")
                & Q(
                    aside_reason="",
                    aside_asked_by=None,
                    aside_asked_by_no="",
                    aside_by=None,
                    aside_by_no="",
                    aside_at=None,
                ),
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


class DedupeCount(models.Model):
    """One count of what becomes of rows on their way to one roll, over the whole city; the newest
    is shown. `basis` tells the state of the roll it was counted from.
    """

    basis = models.CharField(max_length=120)
    counted_at = models.DateTimeField(_("counted at"))
    seconds = models.FloatField(default=0)
    job = models.OneToOneField("core.Job", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("count of duplicates")
        verbose_name_plural = _("counts of duplicates")
        ordering = ["-id"]
        db_table_comment = "Counts of rows on their way to one roll"

    def __str__(self) -> str:
        return str(self.pk)


class DedupeLine(models.Model):
    """The figures of one count for one area and source: rows at each stage, and the subsidy.

    Each stage is a part of the one before, as far as it is about rows; `ended` and money are those
    of coverages that make room here.
    """

    count = models.ForeignKey(DedupeCount, on_delete=models.CASCADE, related_name="lines")
    area = models.ForeignKey(
        "core.Area", verbose_name=_("area"), on_delete=models.PROTECT, db_index=False
    )
    scheme = models.CharField(_("scheme"), max_length=10)
    rows_read = models.BigIntegerField(_("rows read"), default=0)
    parsed = models.BigIntegerField(_("rows that are records"), default=0)
    valid = models.BigIntegerField(_("valid rows"), default=0)
    once = models.BigIntegerField(_("rows unique in their file"), default=0)
    matched = models.BigIntegerField(_("rows that meet another"), default=0)
    linked = models.BigIntegerField(_("rows linked automatically"), default=0)
    asked = models.BigIntegerField(_("rows to review"), default=0)
    confirmed = models.BigIntegerField(_("rows confirmed as one person"), default=0)
    ended = models.BigIntegerField(_("double coverages ended"), default=0)
    saved = models.DecimalField(
        _("subsidy avoided"), max_digits=18, decimal_places=2, default=Decimal("0.00")
    )
    at_least = models.BigIntegerField(default=0)
    unknown = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("line of a count of duplicates")
        verbose_name_plural = _("lines of counts of duplicates")
        ordering = ["count", "area", "scheme"]
        constraints = [
            models.UniqueConstraint(name="dedupe_line_once", fields=["count", "area", "scheme"]),
            models.CheckConstraint(
                name="dedupe_stages_in_order",
                condition=Q(
                    rows_read__gte=F("parsed"),
                    parsed__gte=F("valid"),
                    valid__gte=F("once"),
                    once__gte=F("matched"),
                    matched__gte=F("linked"),
                    asked__gte=F("confirmed"),
                ),
            ),
        ]
        db_table_comment = "Rows at each stage by area and source, per count"

    def __str__(self) -> str:
        return f"{self.area_id} {self.scheme}"
