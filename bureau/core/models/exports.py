"""Data that leave the portal as files: who took what, what for, who approved it, until when."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureau.core.choices import ExportState


class DataExport(models.Model):
    """One file of rows of a list, from the wish to the last fetch; its number stands in the file.

    A large file, or one with a field in full, is made only after a second person approved it. The
    query is kept as far as it names nobody; rows found by a name are kept by their numbers.
    """

    list_id = models.CharField(max_length=60)
    route = models.CharField(max_length=100)
    kwargs = models.JSONField(default=dict)
    query = models.CharField(max_length=2000, blank=True)
    row_numbers = models.JSONField(null=True, blank=True)
    columns = models.JSONField(_("fields"), default=list)
    bare = models.JSONField(_("fields in full"), default=list)
    file_format = models.CharField(_("format"), max_length=10)
    language = models.CharField(max_length=10)
    is_personal = models.BooleanField(default=False)
    rows_expected = models.BigIntegerField(_("rows"))
    rows_written = models.BigIntegerField(_("rows written"), null=True, blank=True)
    purpose = models.CharField(_("purpose"), max_length=300, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked by"),
        on_delete=models.PROTECT,
        related_name="data_exports",
    )
    asked_at = models.DateTimeField(_("asked at"))
    area = models.ForeignKey("core.Area", verbose_name=_("area"), on_delete=models.PROTECT)
    paths = models.JSONField(default=list)
    needs_approval = models.BooleanField(_("needs approval"), default=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ExportState.choices)
    hours_open = models.PositiveSmallIntegerField(_("hours open"))
    expires_at = models.DateTimeField(_("open until"), null=True, blank=True)
    file = models.OneToOneField(
        "core.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="export"
    )
    mark = models.CharField(
        max_length=40, blank=True, db_comment="number of the control row in the file"
    )
    fetches_allowed = models.PositiveSmallIntegerField(_("fetches allowed"), default=0)
    fetches = models.PositiveIntegerField(_("fetched"), default=0)
    revoked_by = models.CharField(_("revoked by"), max_length=120, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="export_waits_for_its_approval",
                condition=Q(needs_approval=False)
                | Q(state__in=["WAITING", "RETURNED", "REVOKED"])
                | Q(approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="export_in_full_needs_approval",
                condition=Q(bare=[]) | Q(needs_approval=True),
            ),
            models.CheckConstraint(
                name="export_not_approved_by_its_asker",
                condition=Q(approved_by=None) | ~Q(approved_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="export_with_approval_has_a_purpose",
                condition=Q(needs_approval=False) | ~Q(purpose=""),
            ),
            models.CheckConstraint(
                name="export_ready_has_a_file_and_an_end",
                condition=~Q(state="READY") | (Q(file__isnull=False, expires_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="export_fetched_as_often_as_allowed",
                condition=Q(fetches_allowed=0) | Q(fetches__lte=F("fetches_allowed")),
            ),
        ]
        indexes = [
            # Serves the sum of rows that one member of staff took within a day.
            models.Index(fields=["asked_by", "-asked_at"], name="export_by_asker"),
            models.Index(fields=["area", "-id"], name="export_by_area"),
            models.Index(fields=["mark"], name="export_by_mark", condition=~Q(mark="")),
        ]
        db_table_comment = "Files of rows that left the portal, with purpose, approval and end"

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number that stands in the file and in the log: `E0000123`."""
        return f"E{self.pk:07d}"
