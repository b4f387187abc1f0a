"""A web server killed while a roster is uploaded: no effect or one, and no rest on the disk."""

import datetime
import random
import threading
import time
from contextlib import suppress
from http.client import HTTPException
from urllib.parse import urlencode

import pytest
from django.test import Client

from bureau.core import clock, files, integrity
from bureau.core.actors import Actor
from bureau.core.choices import ApprovalState, JobState, Role
from bureau.core.models import ApprovalRequest, Area, AuditEvent, Job, StoredFile
from bureau.core.tests import factories
from bureau.testing import faults, halts
from enrollment.models import RosterBatch, RosterFile
from enrollment.services import roster_jobs
from enrollment.services import rosters as services
from enrollment.tests import roster_samples
from enrollment.tests.faults.uploads import CONTENT, Form, rests

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def new_web(tmp_path):
    started = []

    def start(**options):
        started.append(faults.Web(tmp_path / "web.log", **options))
        return started[-1]

    yield start
    for web in started:
        web.kill()


@pytest.fixture
def clerk(settings):
    settings.DEMO = True
    county = Area.objects.get(code="210281")
    return factories.staff("clerk", (Role.CLERK, county), is_demonstration=True)


@pytest.mark.parametrize("killed", ["line", "server"])
def test_an_upload_cut_in_the_middle_and_sent_again_is_one_roster(new_web, clerk, killed):
    before = rests()
    web = new_web()
    form = Form(web, clerk)
    line = form.send_part(web, 0.6)
    faults.wait_until(lambda: rests() - before or killed == "line", 30, "the beginning arrives")
    if killed == "server":
        web.kill()
        line.close()
        web = new_web()
    else:
        line.close()
        time.sleep(0.5)
    assert not RosterBatch.objects.exists()
    assert not StoredFile.objects.exists()
    address = form.send(web)
    assert form.send(web) == address
    batch = RosterBatch.objects.get()
    assert address.endswith(f"/{batch.pk}/")
    stored = RosterFile.objects.get().stored
    assert (stored.size, files.is_whole(stored)) == (len(CONTENT), True)
    assert Job.objects.filter(key=str(batch.pk)).count() == 1
    files.purge_orphans(at=clock.now() + datetime.timedelta(hours=25))
    assert rests() - before == {files.path_of(stored)}


def test_a_server_killed_between_file_and_answer_is_asked_again(new_web, clerk):
    """The answer is lost, the work may be done: the same form comes to the same one roster."""
    web = new_web()
    form = Form(web, clerk)
    line = form.send_part(web, 1)
    faults.wait_until(lambda: rests() or RosterBatch.objects.exists(), 60, "some work")
    web.kill()
    line.close()
    web = new_web()
    try:
        form.send(web)
    except AssertionError:
        # The first sending came through but for its answer: its content is known, not doubled.
        assert RosterFile.objects.filter(withdrawn=False).count() == 1
    assert RosterBatch.objects.count() == 1
    assert RosterFile.objects.filter(withdrawn=False).count() == 1


def halting(new_web, tmp_path, *points):
    """A web server that waits at these points, and the points."""
    waits = halts.Halts(tmp_path / "halts", *points)
    web = new_web(
        processes=1, app="bureau.testing.halting_wsgi:application", variables=waits.variables
    )
    return web, waits


def sent_from_the_side(work):
    """The work in a thread of its own: its answer never comes, because the server is killed."""
    thread = threading.Thread(target=lambda: suppressed(work), daemon=True)
    thread.start()
    return thread


def suppressed(work):
    with suppress(OSError, HTTPException, AssertionError):
        work()


@pytest.mark.parametrize("point", ["file_written", "form_before_act", "form_after_act"])
def test_a_server_killed_at_a_named_point_of_an_upload(new_web, clerk, tmp_path, point):
    """With the same token again: one roster at most, and no rest after the sweeper."""
    before = rests()
    web, waits = halting(new_web, tmp_path, point)
    form = Form(web, clerk)
    sending = sent_from_the_side(lambda: form.send(web))
    faults.wait_until(lambda: waits.is_reached(point), 60, f"{point} is reached")
    web.kill()
    sending.join(60)
    web = new_web()
    suppressed(lambda: form.send(web))
    assert RosterFile.objects.filter(withdrawn=False).count() == 1
    assert RosterBatch.objects.count() == 1
    stored = RosterFile.objects.get(withdrawn=False).stored
    assert files.is_whole(stored)
    assert Job.objects.filter(key=str(RosterBatch.objects.get().pk)).count() == 1
    files.purge_orphans(at=clock.now() + datetime.timedelta(hours=25))
    assert rests() - before == {files.path_of(stored)}


def test_a_server_killed_at_random_moments_of_an_upload(new_web, clerk, pytestconfig):
    """So many times, at a moment drawn from the seed; whoever sends again has one roster."""
    for seed in range(pytestconfig.getoption("--fault-seeds")):
        before, known = rests(), set(RosterBatch.objects.values_list("pk", flat=True))
        web = new_web(processes=1)
        form = Form(web, clerk)
        sending = sent_from_the_side(lambda sent=form, to=web: sent.send(to))
        time.sleep(random.Random(seed).uniform(0, 1.2))
        web.kill()
        sending.join(60)
        web = new_web(processes=1)
        suppressed(lambda sent=form, to=web: sent.send(to))
        web.kill()
        batch = RosterBatch.objects.exclude(pk__in=known).get()
        stored = batch.files.get().stored
        assert files.is_whole(stored), f"seed {seed}"
        assert Job.objects.filter(key=str(batch.pk)).count() == 1, f"seed {seed}"
        files.purge_orphans(at=clock.now() + datetime.timedelta(hours=25))
        assert rests() - before == {files.path_of(stored)}, f"seed {seed}"
        # The next one sends the same content.
        RosterFile.objects.update(withdrawn=True)
    assert integrity.broken_invariants() == []


def posting(web, staff, path, values):
    """Sends a form as the member of staff, with a token of the page, as often as it is called."""
    client = Client()
    client.force_login(staff, backend="bureau.core.sign_in.StaffBackend")
    token = "a" * 32
    headers = {
        "Cookie": f"sid={client.cookies['sid'].value}; csrf={token}",
        "X-CSRFToken": token,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = urlencode(values).encode()
    return lambda server=web: server.request("POST", path, body, headers)


@pytest.mark.parametrize("point", ["form_before_act", "form_after_act"])
def test_a_server_killed_while_a_roster_is_confirmed(new_web, clerk, tmp_path, point):
    batch = roster_samples.roster(Area.objects.get(code="210281"), "CHECKED")
    RosterBatch.objects.update(rows_read=0, rows_review=0)
    web, waits = halting(new_web, tmp_path, point)
    send = posting(
        web,
        clerk,
        f"/rosters/{batch.pk}/confirm/",
        {"reason": "It is in order.", "form_token": "once"},
    )
    sending = sent_from_the_side(send)
    faults.wait_until(lambda: waits.is_reached(point), 60, f"{point} is reached")
    web.kill()
    sending.join(60)
    answer = send(new_web(processes=1))
    assert answer.status == (302 if point == "form_before_act" else 409)
    assert ApprovalRequest.objects.count() == 1
    assert AuditEvent.objects.filter(kind="roster.confirmed").count() == 1


@pytest.mark.parametrize("point", ["decision_before_commit", "act_before_answer"])
def test_a_server_killed_while_a_roster_is_approved(new_web, clerk, tmp_path, point):
    area = Area.objects.get(code="210281")
    batch = roster_samples.roster(area, "CHECKED")
    RosterBatch.objects.update(rows_read=0, rows_review=0)
    request = services.confirm_roster(
        batch=batch, reason="x", at=clock.now(), by=clerk, actor=Actor.of(clerk)
    )
    decider = factories.staff("decider", (Role.REVIEWER, area), is_demonstration=True)
    web, waits = halting(new_web, tmp_path, point)
    send = posting(web, decider, f"/todo/{request.pk}/decide/", {"decision": "approve"})
    sending = sent_from_the_side(send)
    faults.wait_until(lambda: waits.is_reached(point), 60, f"{point} is reached")
    web.kill()
    sending.join(60)
    answer = send(new_web(processes=1))
    assert answer.status == (302 if point == "decision_before_commit" else 409)
    request.refresh_from_db()
    assert request.state == ApprovalState.APPROVED
    assert AuditEvent.objects.filter(kind="approval.approve").count() == 1
    assert Job.objects.filter(kind=roster_jobs.APPLY).count() == 1
    Job.objects.update(state=JobState.CANCELLED, finished_at=clock.now())
    RosterBatch.objects.update(state="CANCELLED")
