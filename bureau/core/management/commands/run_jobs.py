"""Runs the jobs that are due in this process, without broker or worker."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models.functions import Now

from bureau.core import jobs
from bureau.core.choices import UNFINISHED_JOB_STATES, JobState
from bureau.core.models import Job


class Command(BaseCommand):
    help = "Run the jobs that are due, here and now, until each has ended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job_ids", nargs="*", type=int, help="only these jobs")

    def handle(self, *args: Any, job_ids: list[int], **options: Any) -> None:
        wanted = Job.objects.filter(state__in=UNFINISHED_JOB_STATES, due_at__lte=Now())
        if job_ids:
            wanted = wanted.filter(pk__in=job_ids)
        failed = 0
        for job_id in list(wanted.order_by("due_at", "pk").values_list("pk", flat=True)):
            try:
                job = jobs.run_until_done(job_id)
            except TimeoutError as error:
                self.stderr.write(str(error))
                failed += 1
                continue
            failed += job.state == JobState.FAILED
            self.stdout.write(f"{job.pk} {job.kind} {job.key}: {job.get_state_display()}")
        if failed:
            raise CommandError(f"{failed} jobs failed or are held elsewhere")
