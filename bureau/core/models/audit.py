"""What was done and what was looked at: append-only."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bureau.core.tracking import append_only


class AuditEvent(models.Model):
    """One act of one actor, one event per batch of bulk work; never changed or removed."""

    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("act"), max_length=60)
    actor_id = models.BigIntegerField(null=True)
    actor_text = models.CharField(_("actor"), max_length=120)
    target_label = models.CharField(_("object"), max_length=60, blank=True)
    target_id = models.CharField(_("object number"), max_length=60, blank=True)
    area_path = models.CharField(max_length=60, blank=True)
    facts = models.JSONField(_("facts"), default=dict)
    request_id = models.CharField(_("request"), max_length=36, blank=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-id"]
        indexes = [models.Index(fields=["target_label", "target_id"], name="audit_event_by_target")]
        triggers = [append_only("audit_event_is_append_only")]
        db_table_comment = "Acts of staff and jobs; append-only"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind}"


class AccessLog(models.Model):
    """One look at personal data, written before the data are shown. Never changed or removed."""

    at = models.DateTimeField(_("at"))
    actor_id = models.BigIntegerField()
    actor_text = models.CharField(_("actor"), max_length=120)
    subject_label = models.CharField(_("object"), max_length=60)
    subject_id = models.CharField(_("object number"), max_length=60, blank=True)
    action = models.CharField(_("action"), max_length=20)
    fields = models.JSONField(_("fields"), default=list)
    row_count = models.IntegerField(_("rows"), default=1)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    area_path = models.CharField(max_length=60, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    request_id = models.CharField(_("request"), max_length=36, blank=True)

    class Meta:
        verbose_name = _("access log entry")
        verbose_name_plural = _("access log")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_label", "subject_id"], name="access_log_by_subject"),
            # Serves the limit on looks a minute, and what one member of staff looked at.
            models.Index(fields=["actor_id", "at"], name="access_log_by_actor"),
        ]
        triggers = [append_only("access_log_is_append_only")]
        db_table_comment = "Who looked at whose data, when and why; append-only"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_text} {self.action}"
