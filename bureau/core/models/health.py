"""What works by itself: its signs of life, and which runs of the timetable were asked for."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SignOfLife(models.Model):
    """When something last showed that it works; one row for each name."""

    name = models.CharField(_("name"), max_length=40, primary_key=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")
        db_table_comment = "Last sign of life of the timetable and of each queue's workers"

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M}"


class DueRun(models.Model):
    """A run of the timetable that fell due and was seen to, or passed over as its policy says."""

    name = models.CharField(_("name"), max_length=60)
    due_at = models.DateTimeField(_("due at"))
    seen_at = models.DateTimeField(_("seen at"))
    job = models.ForeignKey(
        "core.Job", on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("job")
    )

    class Meta:
        verbose_name = _("run of the timetable")
        verbose_name_plural = _("runs of the timetable")
        db_table_comment = "Runs that fell due; a row lets exactly one process ask for the job"
        constraints = [
            models.UniqueConstraint(fields=["name", "due_at"], name="due_run_asked_for_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.due_at:%Y-%m-%d %H:%M}"
