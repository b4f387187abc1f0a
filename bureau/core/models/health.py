"""Signs that what has nobody's row to its name is alive: the timetable, the workers of a queue."""

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
