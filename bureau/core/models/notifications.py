"""What members of staff are told of in the portal, and what they want to be told of."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bureau.core.choices import NotificationKind


class Notification(models.Model):
    """One event that one member of staff is told of, once however often it is delivered.

    It names what it is about by number and holds no text: the words come from the kind, so that no
    personal data stand here. `subject` is the kind of job or request.
    """

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=20, choices=NotificationKind.choices)
    subject = models.CharField(max_length=60, blank=True)
    target_id = models.BigIntegerField()
    # Tells apart events about one thing, e.g. two failures of one job.
    event = models.CharField(max_length=60)
    area = models.ForeignKey(
        "core.Area", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    at = models.DateTimeField(_("at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="notification_once", fields=["staff", "kind", "target_id", "event"]
            ),
        ]
        indexes = [
            # Serves the page, newest first.
            models.Index(fields=["staff", "-id"], name="notification_of_staff"),
            # Serves the counter on every page, from the index alone.
            models.Index(fields=["staff"], name="notification_unread", condition=Q(read_at=None)),
            # Serves the purge.
            models.Index(fields=["at"], name="notification_by_age"),
        ]
        db_table_comment = "What members of staff are told of in the portal"

    def __str__(self) -> str:
        return f"{self.kind} {self.target_id}"


class Subscription(models.Model):
    """Whether a member of staff wants to be told of one kind; of rosters, for one area."""

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=20, choices=NotificationKind.choices)
    area = models.ForeignKey(
        "core.Area", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_on = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(
                name="subscription_once",
                fields=["staff", "kind", "area"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="subscription_of_rosters_has_an_area",
                condition=Q(kind="ROSTER", area__isnull=False) | (~Q(kind="ROSTER") & Q(area=None)),
            ),
        ]
        db_table_comment = "What members of staff want to be told of"

    def __str__(self) -> str:
        return f"{self.kind} {self.is_on}"
