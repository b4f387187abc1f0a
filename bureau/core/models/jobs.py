"""Long work: the job row is the truth, whatever happens to messages and workers."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bureau.core.choices import UNFINISHED_JOB_STATES, JobState, LogLevel


class Job(models.Model):
    """One piece of long work; unique by (kind, key) while unfinished.

    `fence` grows with each taking of the lease; a worker writes only while its own number is the
    row's, checked in the transaction of the write. A resumed run continues from `checkpoint`.
    """

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(_("key"), max_length=120)
    queue = models.CharField(_("queue"), max_length=20, default="bulk")
    arguments = models.JSONField(
        _("arguments"), default=dict, help_text=_("Identifiers only, no personal data.")
    )
    label = models.CharField(_("subject"), max_length=200, blank=True)
    area = models.ForeignKey(
        "core.Area", verbose_name=_("area"), null=True, blank=True, on_delete=models.PROTECT
    )
    state = models.CharField(
        _("state"), max_length=10, choices=JobState.choices, default=JobState.QUEUED
    )
    phase = models.CharField(_("phase"), max_length=60, blank=True)
    units_done = models.BigIntegerField(_("done"), default=0)
    units_total = models.BigIntegerField(_("of"), null=True, blank=True)
    checkpoint = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    fence = models.BigIntegerField(default=0)
    worker = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"))
    sent_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    phase_started_at = models.DateTimeField(null=True, blank=True)
    phase_units_at_start = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    cancel_requested_by = models.CharField(max_length=120, blank=True)
    last_error = models.TextField(_("last error"), blank=True)
    noted_at = models.DateTimeField(_("taken note of"), null=True, blank=True)
    noted_by = models.CharField(max_length=120, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
    )
    requested_by_text = models.CharField(_("requested by"), max_length=120)
    requested_at = models.DateTimeField(_("requested at"))

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="job_one_unfinished_per_key",
                fields=["kind", "key"],
                condition=Q(state__in=[s.value for s in UNFINISHED_JOB_STATES]),
            ),
            models.CheckConstraint(
                name="job_attempts_within_reason", condition=Q(attempts__lte=100)
            ),
            models.CheckConstraint(
                name="job_finished_has_its_instant",
                condition=Q(state__in=[s.value for s in UNFINISHED_JOB_STATES], finished_at=None)
                | (
                    ~Q(state__in=[s.value for s in UNFINISHED_JOB_STATES])
                    & Q(finished_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="job_done_units_within_total",
                condition=Q(units_total=None) | Q(units_done__lte=F("units_total")),
            ),
        ]
        indexes = [
            # Serves the sweeper: unfinished jobs that are due or whose lease ran out.
            models.Index(
                fields=["due_at"],
                name="job_unfinished",
                condition=Q(state__in=[s.value for s in UNFINISHED_JOB_STATES]),
            ),
        ]
        db_table_comment = "Long work; the row is the truth, messages only point at it"

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class JobLog(models.Model):
    """One line of a job's log: a message id with facts, shown in the reader's language."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="log_lines")
    at = models.DateTimeField()
    level = models.CharField(max_length=10, choices=LogLevel.choices, default=LogLevel.INFO)
    message = models.TextField()
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("job log line")
        verbose_name_plural = _("job log lines")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.message
