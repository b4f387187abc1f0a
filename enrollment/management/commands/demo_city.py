"""Command: the demonstration city's rosters go through the real pipeline, as jobs of the worker."""

import shutil
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from bureau.core import approvals, clock, jobs
from bureau.core.actors import Actor
from bureau.core.choices import UNFINISHED_JOB_STATES, ApprovalState, JobState, Role
from bureau.core.models import ApprovalRequest, Job, Staff
from bureau.intake.choices import TAKEN_BACK, BatchState, Channel
from bureau.testing.city import generate
from enrollment.imports import directory, roster_folder
from enrollment.management.demonstration import Doubles
from enrollment.models import RosterBatch
from enrollment.services import roster_jobs, rosters

PEOPLE = 21_000
SEED = 2019
#: A worker that has not taken a job within this time is not there.
WORKER_SECONDS = 120.0


class Command(BaseCommand):
    """Idempotent: what an interrupted run left is taken up, what is done stays."""

    help = (
        "Make the demonstration city: invented people in nine county rosters and two exports, "
        "with the usual faults, uploaded by a clerk, approved by a reviewer, applied by the "
        "worker. "
        "Rules and subsidies are approved by two, double enrollments proposed and some decided. "
        "The resident fund has its books, kept by two."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, default=PEOPLE)
        parser.add_argument("--in-process", action="store_true", help="do the jobs here, no worker")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("only in demonstration mode (BUREAU_DEMO=1)")
        self.in_process = bool(options["in_process"])
        call_command("load_reference", stdout=self.stdout)
        call_command("make_demo_staff", stdout=self.stdout)
        self.clerk = self._staff(Role.CLERK)
        self.reviewer = self._staff(Role.REVIEWER)
        self.actor = Actor.of(self.clerk)
        began = time.monotonic()
        for batch in self._batches(self._files(options["people"])):
            self._bring_in(batch)
        self.stdout.write(Doubles(self._staff, self._done).settle())
        call_command("make_demonstration_fund", stdout=self.stdout)
        self.stdout.write(f"demonstration city loaded in {time.monotonic() - began:.0f} s")

    def _staff(self, role: Role) -> Staff:
        """The demonstration member of staff who holds the role for the whole city."""
        staff = (
            Staff.objects.filter(
                is_demonstration=True, grants__role=role, grants__area__level="CITY"
            )
            .order_by("pk")
            .first()
        )
        if staff is None:
            raise CommandError(f"no demonstration staff for the role {role}")
        return staff

    def _files(self, people: int) -> list[Path]:
        folder = settings.VAR / "demo-city"
        if not folder.exists():
            # Made aside and renamed, so that a killed run leaves no half city.
            making = settings.VAR / "demo-city.new"
            shutil.rmtree(making, ignore_errors=True)
            generate(making, people=people, seed=SEED, truth=False, reserved_numbers=False)
            making.rename(folder)
        return roster_folder.roster_files(folder)

    def _batches(self, paths: list[Path]) -> list[RosterBatch]:
        senders, refused = directory.sort_files(paths)
        if refused:
            raise CommandError("; ".join(f"{file.name}: {file.why}" for file in refused))
        batches = []
        for sender, files in senders.items():
            known = RosterBatch.objects.filter(
                scheme=sender.scheme, area=sender.area_id, year=sender.year
            ).exclude(state__in=TAKEN_BACK)
            batch = known.exclude(state=BatchState.DRAFT).first()
            if batch is None:
                batch, _unusable = directory.gather(
                    sender, files, by=self.actor, channel=Channel.BROWSER
                )
            if batch is not None:
                batches.append(batch)
        return batches

    def _bring_in(self, batch: RosterBatch) -> None:
        if batch.state == BatchState.DRAFT:
            self._work(roster_jobs.LOOK, batch)
            directory.accept_layouts(batch, by=self.actor)
            rosters.begin_reading(batch=batch, at=clock.now(), by=self.actor)
        if batch.state == BatchState.READING:
            self._work(roster_jobs.CHECK, batch)
        if batch.state == BatchState.CHECKED:
            rosters.confirm_roster(
                batch=batch,
                reason="demonstration",
                at=clock.now(),
                by=self.clerk,
                actor=self.actor,
            )
        if batch.state == BatchState.AWAITING_APPROVAL:
            request = ApprovalRequest.objects.get(
                kind=rosters.KIND, target_id=batch.pk, state=ApprovalState.PENDING
            )
            approvals.decide(request.pk, approve=True, note="", by=self.reviewer, at=clock.now())
            batch.refresh_from_db()
        if batch.state == BatchState.APPLYING:
            self._work(roster_jobs.APPLY, batch)
        self.stdout.write(
            f"{batch.area.name} {batch.scheme} {batch.year}: {batch.rows_read} rows, "
            f"{batch.persons_created} new people, {batch.rows_review} to review"
        )

    def _work(self, kind: str, batch: RosterBatch) -> None:
        """The job is done, by the worker or, if asked, here."""
        self._done(roster_jobs.enqueue(kind, batch, by=self.actor, at=clock.now()))
        batch.refresh_from_db()

    def _done(self, job: Job) -> None:
        job = jobs.run_until_done(job.pk) if self.in_process else self._wait(job)
        if job.state != JobState.DONE:
            raise CommandError(f"job {job.pk} ({job.kind}) ended as {job.state}: {job.last_error}")

    def _wait(self, job: Job) -> Job:
        began = time.monotonic()
        while job.state in UNFINISHED_JOB_STATES:
            if job.started_at is None and time.monotonic() - began > WORKER_SECONDS:
                raise CommandError("no worker takes the jobs; start one or say --in-process")
            time.sleep(0.2)
            job.refresh_from_db()
        return job
