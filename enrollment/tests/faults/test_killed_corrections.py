"""A process killed while corrections are read or applied: the result is as if nothing happened."""

from collections.abc import Callable, Mapping, Sequence

import pytest
from django.db import connection

from bureau.core import clock, jobs
from bureau.core.choices import JobState
from bureau.intake.choices import BatchState
from bureau.testing import faults
from enrollment.choices import CorrectionSource, CorrectionState
from enrollment.models import RosterCorrection
from enrollment.services import correction_jobs
from enrollment.services import corrections as services
from enrollment.services.correction_jobs import READ, TAKE
from enrollment.tests import corrections, problem_files, rosters
from enrollment.tests.faults import imports
from enrollment.tests.fingerprint import content, differences

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

#: One of them ends the whole: each must be harmless by itself.
POINTS = [
    (READ, "corrections_after_copy:2"),
    (TAKE, "corrections_before_linking"),
    (TAKE, "correct_links:2"),
    (TAKE, "left_release:2"),
    (TAKE, "corrections_before_last_commit"),
]
#: The others, in one go.
SERIES = {
    READ: ["corrections_before_copy:2", "step_after_commit:2", "corrections_before_judging"],
    TAKE: [
        "correct_rows:2",
        "step_after_commit:3",
        "correct_spells:2",
        "left_households",
        "correct_persons",
        "opener_values",
        "job_before_end",
    ],
}
_undisturbed: dict[str, dict[str, list[str]]] = {}

Work = Callable[[str, RosterCorrection], RosterCorrection]


def right(line: list[str]) -> None:
    """The papers say so; every fourth line stays wrong."""
    index = int(line[problem_files.ROW]) - 2
    if index % 4:
        width = len(rosters.HEADER)
        line[:width] = rosters.lines([index], change=lambda cells, _index: cells)[0]


def run(work: Work, state: BatchState) -> dict[str, list[str]]:
    """What stands there after the corrections of a roster of 150 people were read and applied."""
    batch = rosters.receive(rosters.csv_of(rosters.lines(range(150))))
    rosters.bring_to(batch, state)
    text = problem_files.corrected_text(corrections.problem_text(batch), right)
    correction = services.begin(
        batch=batch, source=CorrectionSource.FILE, at=clock.now(), by=rosters.BY
    )
    corrections.add(correction, text)
    correction = work(READ, correction)
    corrections.approve(correction)
    correction = work(TAKE, correction)
    assert correction.state == CorrectionState.APPLIED
    batch.refresh_from_db()
    assert batch.state == state
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version, raw, outcome, values::text FROM enrollment_rosterrowversion"
        )
        versions = sorted(str(line) for line in cursor.fetchall())
        cursor.execute(
            "SELECT verdict, is_taken, raw, outcome, reasons FROM enrollment_correctedrow"
        )
        lines = sorted(str(line) for line in cursor.fetchall())
    return content() | {"versions": versions, "lines": lines}


def undisturbed(state: BatchState) -> dict[str, list[str]]:
    if state not in _undisturbed:
        _undisturbed[state] = run(corrections.work, state)
        assert _undisturbed[state]["versions"]
        imports.start_anew()
    return _undisturbed[state]


def killed_at(points: Mapping[str, Sequence[str]]) -> Work:
    """Each job in processes of its own, killed one after the other, and then to its end here."""

    def work(kind: str, correction: RosterCorrection) -> RosterCorrection:
        job = correction_jobs.enqueue(kind, correction, by=rosters.BY, at=clock.now())
        for point in points.get(kind, ()):
            code = faults.run_job_process(job.pk, include=imports.SMALL_STEPS, crash_point=point)
            assert code == -9, f"{kind} did not come by {point}"
            imports.release(job)
        ended = jobs.run_until_done(job.pk, patience=30)
        assert ended.state == JobState.DONE, ended.last_error
        correction.refresh_from_db()
        return correction

    return work


@pytest.mark.parametrize(("kind", "point"), POINTS)
def test_killed_once(kind: str, point: str, no_broker: None) -> None:
    wanted = undisturbed(BatchState.APPLIED)
    assert differences(wanted, run(killed_at({kind: [point]}), BatchState.APPLIED)) == []


def test_killed_again_and_again(no_broker: None) -> None:
    wanted = undisturbed(BatchState.APPLIED)
    assert differences(wanted, run(killed_at(SERIES), BatchState.APPLIED)) == []


def test_killed_while_a_checked_roster_takes_them(no_broker: None) -> None:
    wanted = undisturbed(BatchState.CHECKED)
    points = {TAKE: ["correct_rows:2", "corrections_before_last_commit"]}
    assert differences(wanted, run(killed_at(points), BatchState.CHECKED)) == []
