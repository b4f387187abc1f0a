"""Full disks: a clear word, nothing half-saved, and work that goes on when there is room again.

Where a disk in memory can be mounted (as root), that is the full one; elsewhere the operating
system limits the size of a file, which ends a writing in the same way, or the test says why not.
"""

import contextlib
import os
import resource
import shutil
import tempfile
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now

from bureau.core import jobs
from bureau.core.choices import JobState, Role
from bureau.core.models import Area, Job, StoredFile
from bureau.core.tests import factories
from bureau.database import WORKER_ROLE
from bureau.embedded import EmbeddedPostgres
from bureau.testing import faults, small_disks
from enrollment.models import RosterBatch, RosterFile
from enrollment.services.roster_jobs import CHECK, LOOK
from enrollment.tests import rosters
from enrollment.tests.faults import imports
from enrollment.tests.faults.uploads import CONTENT, Form

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

#: Room for less than one upload.
SMALL = len(CONTENT) // 2


@pytest.fixture
def small_disk(tmp_path):
    """A data folder without room for an upload, and the act that gives it more."""
    uploads = tmp_path / "small" / "uploads"
    uploads.mkdir(parents=True)
    if small_disks.why_none():
        yield uploads.parent, None
        return
    with small_disks.mounted(uploads, str(SMALL)) as resize:
        yield uploads.parent, lambda: resize("200m")


@pytest.fixture
def clerk(settings):
    settings.DEMO = True
    county = Area.objects.get(code="210281")
    return factories.staff("clerk", (Role.CLERK, county), is_demonstration=True)


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_upload_to_a_full_disk_is_refused_whole_and_taken_when_there_is_room(
    tmp_path, small_disk, clerk, no_broker, settings
):
    folder, make_room = small_disk
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if make_room is None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, hard))
    try:
        web = faults.Web(
            tmp_path / "web.log",
            processes=1,
            variables={"BUREAU_VAR": str(folder), "BUREAU_SECRET_KEY": settings.SECRET_KEY},
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with web:
        form = Form(web, clerk)
        answer = web.request("POST", "/rosters/new/", form.body, form.headers)
        assert answer.status == 507
        assert "No room on the disk" in answer.text
        assert "磁盘" in answer.text
        assert not RosterBatch.objects.exists()
        assert not StoredFile.objects.exists()
        assert sum(path.stat().st_size for path in files_in(folder / "uploads")) == 0
        cookie = {"Cookie": form.headers["Cookie"]}
        assert web.request("GET", "/rosters/", headers=cookie).status == 200
        if make_room is not None:
            ready = web.request("GET", "/ready")
            assert (ready.status, '"disk": false' in ready.text) == (503, True)
            make_room()
            assert form.send(web)
            assert RosterFile.objects.get().stored.size == len(CONTENT)


@pytest.fixture
def database_with_a_small_room():
    """A PostgreSQL whose staging table lies on a disk of its own that is nearly full."""
    if why_none := small_disks.why_none():
        pytest.skip(why_none)
    folder = Path(tempfile.mkdtemp(prefix="bureau-test-"))
    folder.chmod(0o711)
    room = folder / "room"
    room.mkdir(mode=0o700)
    with contextlib.ExitStack() as ends:
        ends.callback(shutil.rmtree, folder)
        resize = ends.enter_context(small_disks.mounted(room, "400k"))
        server = EmbeddedPostgres(folder / "postgres")
        server.start()
        ends.callback(server.stop)
        if server.account is not None:
            os.chown(room, server.account.uid, server.account.gid)
        yield server, room, lambda: resize("200m")


PREPARE = """
from django.core.management import call_command
from django.db import connection
call_command("migrate", verbosity=0)
call_command("load_reference", verbosity=0)
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLESPACE small LOCATION '{room}'")
    cursor.execute("ALTER TABLE enrollment_rosterrow SET TABLESPACE small")
from enrollment.services import roster_jobs
from enrollment.tests import rosters
from enrollment.tests.faults import imports
batch = rosters.receive(rosters.csv_of(rosters.lines(range(2000))))
rosters.work(roster_jobs.LOOK, batch)
imports.lay_out(batch)
print(rosters.ask(roster_jobs.CHECK, batch).pk)
"""
TRY = """
from django.db.models.functions import Now
from bureau.core import jobs
from bureau.core.models import Job
from enrollment.models import RosterRow
Job.objects.filter(pk={job}).update(due_at=Now())
outcome = jobs.run({job}, worker="w")
job = Job.objects.get(pk={job})
print(outcome, job.state, job.attempts, RosterRow.objects.count())
"""


def test_a_database_without_room_loses_nothing_and_goes_on(
    tmp_path, database_with_a_small_room, no_broker
):
    server, room, make_room = database_with_a_small_room
    server.make_role(WORKER_ROLE)
    house = {"BUREAU_DATABASE_URL": server.create_database("bureau")}
    house["BUREAU_VAR"] = str(tmp_path / "var")
    job = int(faults.run_python(PREPARE.format(room=room), variables=house).split()[-1])
    for _attempt in range(2):
        said = faults.run_python(TRY.format(job=job), variables=house).split()[-4:]
        assert said[:3] == ["RETRY", "QUEUED", "0"], "a full disk is not the job's fault"
    make_room()
    said = faults.run_python(TRY.format(job=job), variables=house).split()[-4:]
    assert said[:2] == ["DONE", "DONE"]
    assert int(said[3]) == 2001, "each person, and the headings as no record"
    faults.manage("check_invariants", variables=house)


def test_the_page_for_a_full_database_says_so(clerk, monkeypatch):
    """Whatever the statement: what the database says is what counts."""
    from django.test import Client

    def full(*_args, **_options):
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING errcode = '53100'; END $$")

    client = Client(raise_request_exception=False)
    client.force_login(clerk, backend="bureau.core.sign_in.StaffBackend")
    monkeypatch.setattr("bureau.core.sign_in.step_before_work", full)
    answer = client.get("/rosters/")
    assert answer.status_code == 507
    assert "No room on the disk" in answer.content.decode()


def test_a_file_that_finds_no_room_leaves_no_row_and_its_job_goes_on(no_broker, monkeypatch):
    """A job that writes a file: the disk is full twice, then there is room."""
    batch = rosters.receive(rosters.csv_of(rosters.lines(range(30))))
    rosters.work(LOOK, batch)
    imports.lay_out(batch)
    job = rosters.ask(CHECK, batch)
    full = iter([True, True])
    make = tempfile.TemporaryDirectory

    def on_a_full_disk(*arguments, **options):
        if next(full, False):
            raise OSError(28, os.strerror(28))
        return make(*arguments, **options)

    monkeypatch.setattr(tempfile, "TemporaryDirectory", on_a_full_disk)
    for _attempt in range(2):
        Job.objects.filter(pk=job.pk).update(due_at=Now())
        assert jobs.run(job.pk, worker="w") is jobs.Outcome.RETRY
        job.refresh_from_db()
        assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    Job.objects.filter(pk=job.pk).update(due_at=Now())
    assert jobs.run_until_done(job.pk).state == JobState.DONE
