"""Machines whose clock is wrong, and two timetables at once: the database's time counts."""

import datetime
import signal
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from bureau.core import clock, integrity, timetable
from bureau.core.choices import JobState, Role
from bureau.core.models import AuditEvent, DueRun, Job, StaffSession
from bureau.core.tests import (
    factories,
    toy_jobs,  # noqa: F401 (registers the jobs)
)
from bureau.embedded import EmbeddedValkey
from bureau.processes import die_with_parent
from bureau.testing import faults, skewed

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

TOYS = "bureau.core.tests.toy_jobs"
NEAR = datetime.timedelta(minutes=2)
DAY = 86_400
#: Ahead, behind, and the last seconds of another year.
WRONG = ["7200", "-86400", "2016-12-31T23:59:58+08:00"]


@pytest.fixture(autouse=True)
def order_afterwards(settings):
    settings.DEMO = True
    settings.JOB_LEASE_SECONDS = faults.LEASE_SECONDS
    yield
    assert integrity.broken_invariants() == []


@pytest.fixture
def broker(tmp_path, monkeypatch):
    from bureau.celery import app
    from bureau.core.jobs import dispatch

    valkey = EmbeddedValkey(tmp_path / "valkey", durable=False)
    valkey.start()
    monkeypatch.setenv("BUREAU_REDIS_URL", valkey.url)
    monkeypatch.setattr(app.conf, "broker_url", f"{valkey.url}/0")
    monkeypatch.setattr(dispatch, "_resting_until", 0.0)
    yield valkey
    valkey.stop()


@pytest.mark.parametrize("wrong", WRONG)
def test_a_worker_whose_clock_is_wrong_works_and_dates_by_the_database(wrong, tmp_path, broker):
    """Beside it a right one, of which it takes no lease and which takes none of its."""
    many = [
        Job.objects.create(
            kind="toy.count", key=str(n), queue="bulk", arguments={"to": 6, "pause": 0.2},
            due_at=clock.now(), requested_at=clock.now(), requested_by_text="t",
        )
        for n in range(6)
    ]  # fmt: skip
    with (
        faults.Worker(
            tmp_path / "wrong.log",
            include=f"{TOYS},bureau.testing.skewed_worker",
            variables={skewed.CLOCK: wrong},
        ),
        faults.Worker(tmp_path / "right.log", include=TOYS),
    ):
        ended = [faults.wait_for_end(job.pk, 90) for job in many]
    now = clock.now()
    for job in ended:
        assert (job.state, job.fence) == (JobState.DONE, 1), "nobody took another's lease"
        for written in (job.started_at, job.finished_at):
            assert abs(now - written) < NEAR
    effects = AuditEvent.objects.filter(kind="toy.effect")
    assert effects.count() == 6 * len(many)
    assert [event.pk for event in effects if abs(now - event.at) > NEAR] == []


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_worker_alone_does_its_jobs(wrong, tmp_path, broker):
    """No message is thrown away because the worker believes it to be old."""
    with faults.Worker(
        tmp_path / "wrong.log",
        include=f"{TOYS},bureau.testing.skewed_worker",
        variables={skewed.CLOCK: wrong},
    ):
        job = Job.objects.create(
            kind="toy.count", key="k", queue="bulk", arguments={"to": 2}, due_at=clock.now(),
            requested_at=clock.now(), requested_by_text="t",
        )  # fmt: skip
        assert faults.wait_for_end(job.pk, 60).state == JobState.DONE


@pytest.mark.parametrize("wrong", WRONG)
def test_a_web_server_whose_clock_is_wrong_dates_acts_by_the_database(wrong, tmp_path):
    """A session stays in use, and what is done stands under today's day."""
    clerk = factories.staff(
        "clerk", (Role.CLERK, factories.county()), is_demonstration=True, password=None
    )
    client = Client()
    client.force_login(clerk, backend="bureau.core.sign_in.StaffBackend")
    now = timezone.now()
    failed = Job.objects.create(
        kind="toy.count", key="k", area=factories.county(), due_at=now, requested_at=now,
        requested_by=clerk, requested_by_text="t", state=JobState.FAILED, finished_at=now,
        queue="bulk",
    )  # fmt: skip
    with faults.Web(
        tmp_path / "web.log",
        processes=1,
        app="bureau.testing.skewed_wsgi",
        variables={skewed.CLOCK: wrong},
    ) as web:
        headers = {"Cookie": f"sid={client.cookies['sid'].value}"}
        page = web.request("GET", "/jobs/", headers=headers)
        assert page.status == 200, "the session is neither too old nor of the future"
        csrf = page.headers["Set-Cookie"].partition("csrf=")[2].partition(";")[0]
        headers = {
            "Cookie": f"{headers['Cookie']}; csrf={csrf}",
            "X-CSRFToken": csrf,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        assert web.request("POST", f"/jobs/{failed.pk}/note/", b"", headers).status == 302
        home = web.request("GET", "/", headers=headers).text
    failed.refresh_from_db()
    assert abs(clock.now() - failed.noted_at) < NEAR
    assert abs(clock.now() - AuditEvent.objects.get(kind="job.noted").at) < NEAR
    assert abs(clock.now() - StaffSession.objects.get().seen_at) < NEAR
    assert f"{clock.today():%Y}" in home


def start_beat(folder, number, **variables):
    """A timetable as an installation runs it."""
    command = [sys.executable, "-m", "celery", "-A", "bureau.celery:app", "beat", "-l", "WARNING"]
    command += ["-s", str(folder / f"beat{number}"), "--pidfile", ""]
    with (folder / f"beat{number}.log").open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=django_settings.BASE_DIR,
            env=faults.environment(**variables),
            preexec_fn=die_with_parent(signal.SIGKILL),
        )


def test_two_timetables_make_up_for_a_missed_night_once(tmp_path, broker):
    """Both were away over midnight; of the workers that hear them, one has a wrong clock."""
    now = clock.now()
    for entry in timetable.entries():
        DueRun.objects.create(
            name=entry.kind, due_at=entry.last_due(now) - datetime.timedelta(days=1), seen_at=now
        )
    kinds = sorted(entry.kind for entry in timetable.entries())
    beats = [start_beat(tmp_path, n) for n in range(2)]
    try:
        with (
            faults.Worker(tmp_path / "one.log"),
            faults.Worker(
                tmp_path / "two.log",
                include="bureau.testing.skewed_worker",
                variables={skewed.CLOCK: str(-DAY)},
            ),
        ):

            def is_done():
                connection.close()
                return Job.objects.filter(state=JobState.DONE).count() >= len(kinds)

            faults.wait_until(is_done, 150, "the missed night is made up for")
    finally:
        for beat in beats:
            beat.kill()
            beat.wait()
    assert sorted(Job.objects.values_list("kind", flat=True)) == kinds
    assert AuditEvent.objects.filter(kind="invariants.checked").count() == 1
    assert DueRun.objects.exclude(job=None).count() == len(kinds)
