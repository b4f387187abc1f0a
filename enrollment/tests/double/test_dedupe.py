"""The overview of de-duplication: each row at its stages, counted by a job, seen in one's areas."""

import pytest
from django.test import Client
from django.urls import reverse

from bureau.core import clock, jobs
from bureau.core.choices import JobState, Role
from bureau.core.models import Area, Job
from enrollment.choices import Verdict
from enrollment.models import CandidatePair, DedupeCount, DedupeLine, RosterBatch
from enrollment.services import dedupe
from enrollment.tests import decisions as made

pytestmark = pytest.mark.django_db


def count():
    job = dedupe.ask_to_count(by="test", at=clock.now())
    found = jobs.run_until_done(job.pk)
    assert found.state == JobState.DONE, found.last_error
    return DedupeCount.objects.get()


def page_of(role, code):
    account = made.clerk(
        f"{role}-{code}".lower()[:20], (role, Area.objects.get(code=code)), is_demonstration=True
    )
    client = Client()
    client.force_login(account)
    return client, client.get(reverse("enrollment:dedupe"))


def test_every_row_is_counted_at_its_stages(cases, settings):
    settings.DEMO = True
    own = made.roster(Area.objects.get(code="210281"), year=2018)
    pairs = [made.pair(made.row(own), made.person_row(own)) for _n in range(3)]
    made.decided(pairs[0], Verdict.SAME)
    made.decided(pairs[1], Verdict.DIFFERENT)
    found = count()
    lines = {(line.area.code, line.scheme): line for line in found.lines.select_related("area")}
    rural = lines["210281", "NCMS"]
    rosters = RosterBatch.objects.filter(area__code="210281", state="APPLIED")
    rows = sum(batch.rows.count() for batch in rosters)
    assert rural.rows_read == rows > 30
    exports = RosterBatch.objects.filter(scheme="UEBMI")
    employees = [line for (_code, scheme), line in lines.items() if scheme == "UEBMI"]
    assert sum(line.rows_read for line in employees) == sum(b.rows.count() for b in exports)
    assert sum(line.linked for line in employees) == 6, "five and one are known from the county"
    waiting = CandidatePair.objects.filter(batch=own).count()
    before = rural.asked - waiting
    assert (waiting, before >= 0, rural.confirmed) == (3, True, 1)
    assert all(line.matched == line.linked + line.asked for line in lines.values())
    # Counted again nothing is left of the count before, and nothing differs.
    again = count()
    assert again.pk != found.pk
    assert {
        (line.area.code, line.scheme): line.rows_read for line in again.lines.select_related("area")
    } == {key: line.rows_read for key, line in lines.items()}


def test_a_count_killed_behind_its_write_is_one_count(cases, monkeypatch):
    job = dedupe.ask_to_count(by="test", at=clock.now())

    def killed(name):
        if name == "job_before_end":
            raise KeyboardInterrupt

    monkeypatch.setattr("bureau.core.crash.point", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk, worker="test")
    monkeypatch.undo()
    first = DedupeCount.objects.get().pk
    jobs.run_until_done(job.pk)
    assert DedupeCount.objects.get().pk == first


def test_the_page_shows_the_readers_areas_with_charts_and_csv(cases, settings):
    settings.DEMO = True
    client, page = page_of(Role.DIRECTOR, "210200")
    assert page.status_code == 200
    assert client.post(reverse("enrollment:dedupe-count")).status_code == 302
    jobs.run_until_done(Job.objects.get(kind=dedupe.COUNT, finished_at=None).pk)
    text = client.get(reverse("enrollment:dedupe")).content.decode()
    assert "比对模型版本 1" in text
    assert "瓦房店市" in text
    for key in ("funnel", "saved", "areas", "sources"):
        table = client.get(reverse("enrollment:dedupe"), {"chart": key})
        assert table["Content-Type"].startswith("text/csv")
    _client, elsewhere = page_of(Role.REVIEWER, "210283")
    assert "瓦房店市" not in elsewhere.content.decode().partition("</nav>")[2]


def test_the_stages_are_kept_in_order_by_the_database(cases):
    from django.db import IntegrityError, transaction

    found = count()
    with pytest.raises(IntegrityError), transaction.atomic():
        DedupeLine.objects.filter(count=found).update(linked=10**9)
