"""Files kept by the portal: uploads and exports, outside the web root under names of our own."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StoredFile(models.Model):
    """One file kept under MEDIA_ROOT; `original_name` is what the sender called it."""

    purpose = models.CharField(_("purpose"), max_length=40)
    original_name = models.CharField(_("file"), max_length=255)
    path = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField(_("size"))
    area = models.ForeignKey("core.Area", null=True, blank=True, on_delete=models.PROTECT)
    owner_id = models.BigIntegerField(
        null=True, blank=True, db_comment="staff member for whom an export was made"
    )
    created_at = models.DateTimeField(_("received at"))
    created_by = models.CharField(_("received from"), max_length=120)
    purge_after = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")
        ordering = ["-id"]
        indexes = [models.Index(fields=["sha256"], name="stored_file_by_content")]

    def __str__(self) -> str:
        return self.original_name
