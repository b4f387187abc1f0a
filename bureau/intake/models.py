"""What every batch of files from outside has in common, and the layouts remembered per source.

An app derives its own batch, file and row from the abstract models here and adds its columns.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureau.intake.choices import BatchState, Channel


class RememberedLayout(models.Model):
    """How the columns of one source's files are to be read; unique by source and headings.

    `signature` is `FileLayout.signature()`; `layout` is a whole `FileLayout` as it was confirmed.
    """

    kind = models.CharField(_("kind"), max_length=40)
    source = models.CharField(_("source"), max_length=60)
    signature = models.CharField(max_length=64)
    layout = models.JSONField(_("columns"), default=dict)
    confirmed_by = models.CharField(_("confirmed by"), max_length=120)
    confirmed_at = models.DateTimeField(_("confirmed at"))
    use_count = models.PositiveIntegerField(_("times used"), default=0)

    class Meta:
        verbose_name = _("remembered layout")
        verbose_name_plural = _("remembered layouts")
        ordering = ["kind", "source"]
        constraints = [
            models.UniqueConstraint(
                name="layout_once_per_source_and_headings", fields=["kind", "source", "signature"]
            ),
        ]
        db_table_comment = "Column mappings confirmed by people, recognised again next time"

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"


class Batch(models.Model):
    """One delivery of files of one source. Counts are of rows; each row has exactly one outcome."""

    state = models.CharField(
        _("state"), max_length=20, choices=BatchState.choices, default=BatchState.DRAFT
    )
    channel = models.CharField(
        _("channel"), max_length=20, choices=Channel.choices, default=Channel.BROWSER
    )
    area = models.ForeignKey("core.Area", verbose_name=_("area"), on_delete=models.PROTECT)
    note = models.CharField(_("note"), max_length=200, blank=True)
    rows_declared = models.BigIntegerField(_("rows declared"), null=True, blank=True)
    amount_declared = models.DecimalField(
        _("amount declared"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    rows_read = models.BigIntegerField(_("rows read"), default=0)
    rows_accepted = models.BigIntegerField(_("accepted"), default=0)
    rows_fixed = models.BigIntegerField(_("fixed"), default=0)
    rows_review = models.BigIntegerField(_("review"), default=0)
    rows_rejected = models.BigIntegerField(_("rejected"), default=0)
    rows_not_record = models.BigIntegerField(_("not a record"), default=0)
    amount_read = models.DecimalField(_("amount read"), max_digits=18, decimal_places=2, default=0)
    received_at = models.DateTimeField(_("received at"))
    received_by = models.CharField(_("received by"), max_length=120)
    received_by_staff = models.ForeignKey(
        "core.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    confirmed_by = models.CharField(_("confirmed by"), max_length=120, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=120, blank=True)
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            # The equation of the batch: no row is lost, none counted twice.
            models.CheckConstraint(
                name="%(class)s_every_row_has_one_outcome",
                condition=Q(checked_at=None)
                | Q(
                    rows_read=F("rows_accepted")
                    + F("rows_fixed")
                    + F("rows_review")
                    + F("rows_rejected")
                    + F("rows_not_record")
                ),
            ),
            models.CheckConstraint(
                name="%(class)s_applied_after_second_person",
                condition=~Q(state__in=["APPLYING", "APPLIED"])
                | (Q(approved_at__isnull=False) & ~Q(approved_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class BatchFile(models.Model):
    """One file of a batch, its shape and the layout by which it is read.

    `sha256` is of the content: nothing is taken twice while the first is not withdrawn.
    """

    stored = models.ForeignKey("core.StoredFile", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField(max_length=64)
    shape = models.JSONField(default=dict)
    layout = models.JSONField(default=dict)
    layout_confirmed = models.BooleanField(_("layout confirmed"), default=False)
    problems = models.JSONField(default=list)
    withdrawn = models.BooleanField(_("withdrawn"), default=False)
    blocks_loaded = models.IntegerField(default=0)
    rows_loaded = models.BigIntegerField(_("rows loaded"), default=0)
    is_loaded = models.BooleanField(default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class StagedRow(models.Model):
    """One row of a file as it was read, with what became of it; unique by its place.

    `raw` is a JSON list of the cells exactly as read (a NUL stands as an escape).
    """

    sheet = models.IntegerField(_("sheet"))
    row_no = models.IntegerField(_("row"))
    raw = models.TextField()
    outcome = models.CharField(_("outcome"), max_length=10)
    reasons = ArrayField(models.TextField(), verbose_name=_("reasons"), default=list)
    fixes = ArrayField(models.TextField(), verbose_name=_("repairs"), default=list)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.sheet}:{self.row_no}"
