"""Rosters as their pages show them: lists within the scope, counts, differences, people linked."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet, Sum
from django.shortcuts import get_object_or_404

from bureau.core.actors import Scope
from bureau.core.choices import UNFINISHED_JOB_STATES, AreaLevel
from bureau.core.models import Area, Job
from bureau.intake.choices import BatchState
from enrollment.choices import Outcome, Reason
from enrollment.models import CandidatePair, RosterBatch, RosterFile, RosterLink, RosterRow

#: Kinds of jobs about rosters; their key is the roster's number.
JOB_KINDS = (
    "enrollment.look_at_roster",
    "enrollment.check_roster",
    "enrollment.apply_roster",
)
#: Outcomes of rows that are records and reach the roll now or after a clerk's decision.
COUNTED = (Outcome.ACCEPTED, Outcome.FIXED, Outcome.REVIEW, Outcome.REJECTED)
#: States in which a roster waits for its clerk.
WAITING_FOR_CLERK = (BatchState.DRAFT, BatchState.CHECKED)


def rosters_in(scope: Scope) -> QuerySet[RosterBatch]:
    """Every roster of the areas in the scope."""
    return scope.filter(RosterBatch.objects.select_related("area"))


def roster_in(scope: Scope, pk: int) -> RosterBatch:
    """The roster if its area lies in the scope; Http404 otherwise."""
    found: RosterBatch = get_object_or_404(rosters_in(scope), pk=pk)
    return found


def areas_in(scope: Scope) -> list[Area]:
    """Areas of the scope that hand in rosters: the city and its counties."""
    levels = [AreaLevel.CITY, AreaLevel.COUNTY]
    return list(scope.filter(Area.objects.filter(level__in=levels), "path").order_by("path"))


def files_of(batch: RosterBatch) -> list[RosterFile]:
    """The roster's files that were not removed; all of them once the roster is withdrawn."""
    files = RosterFile.objects.filter(batch=batch).select_related("stored").order_by("pk")
    if batch.state != BatchState.CANCELLED:
        files = files.filter(withdrawn=False)
    return list(files)


def file_in(scope: Scope, batch_pk: int, pk: int) -> RosterFile:
    """The file of a roster in the scope; Http404 otherwise."""
    files = RosterFile.objects.select_related("stored", "batch__area").filter(
        batch=batch_pk, withdrawn=False
    )
    found: RosterFile = get_object_or_404(scope.filter(files, "batch__area__path"), pk=pk)
    return found


def latest_job(batch: RosterBatch) -> Job | None:
    """The newest job about the roster."""
    return Job.objects.filter(kind__in=JOB_KINDS, key=str(batch.pk)).order_by("-pk").first()


def unfinished_jobs(batches: Iterable[RosterBatch]) -> dict[int, Job]:
    """By roster, the job about it that waits or runs."""
    jobs = Job.objects.filter(
        kind__in=JOB_KINDS,
        key__in=[str(batch.pk) for batch in batches],
        state__in=UNFINISHED_JOB_STATES,
    )
    return {int(job.key): job for job in jobs}


def rows_of(batch_pk: int, scope: Scope) -> QuerySet[RosterRow]:
    """The rows of a roster in the scope."""
    rows = RosterRow.objects.filter(batch=batch_pk).select_related("file")
    return scope.filter(rows, "batch__area__path")


def row_in(scope: Scope, batch_pk: int, pk: int) -> RosterRow:
    """One row of a roster in the scope; Http404 otherwise."""
    rows = rows_of(batch_pk, scope).select_related("file", "batch__area")
    found: RosterRow = get_object_or_404(rows, pk=pk)
    return found


def counts_by_reason(batch: RosterBatch) -> list[tuple[str, int]]:
    """How many rows that wait or were rejected carry each reason, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT reason, count(*) FROM enrollment_rosterrow, unnest(reasons) reason
            WHERE batch_id = %s AND outcome IN ('REVIEW', 'REJECTED')
            GROUP BY reason ORDER BY count(*) DESC, reason
            """,
            [batch.pk],
        )
        return [(str(reason), int(count)) for reason, count in cursor.fetchall()]


def counts_by_fix(batch: RosterBatch) -> list[tuple[str, int]]:
    """How many rows carry each repair, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT fix, count(*) FROM enrollment_rosterrow, unnest(fixes) fix
            WHERE batch_id = %s GROUP BY fix ORDER BY count(*) DESC, fix
            """,
            [batch.pk],
        )
        return [(str(fix), int(count)) for fix, count in cursor.fetchall()]


def counts_by_kind_of_line(batch: RosterBatch) -> list[tuple[str, int]]:
    """Why rows are no records (title, heading, subtotal, note, blank), the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT reason, count(*) FROM enrollment_rosterrow, unnest(reasons) reason
            WHERE batch_id = %s AND outcome = 'NOT_RECORD'
            GROUP BY reason ORDER BY count(*) DESC, reason
            """,
            [batch.pk],
        )
        return [(str(reason), int(count)) for reason, count in cursor.fetchall()]
