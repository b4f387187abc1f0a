"""The page of the installation's state, and the failed jobs that are an administrator's work."""

from typing import Any

import pytest

from bureau.core.choices import JobState, Role
from bureau.core.models import AuditEvent, Job
from bureau.ui import navigation

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(new_staff: Any) -> Any:
    return new_staff("sysadmin", Role.SYSTEM_ADMINISTRATOR, "city", "高飞")


def work_of(client: Any) -> list[Any]:
    return list(client.get("/").context["work"])


def test_what_is_not_well_stands_there_with_its_remedy(administrator: Any, signed_in: Any) -> None:
    page = signed_in(administrator).get("/status/", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "celery beat" in text, "no timetable runs here"
    assert "status-bad" in text
    assert "status-good" in text


def test_failed_jobs_are_the_administrators_work_until_somebody_takes_note(
    administrator: Any, clerk: Any, new_job: Any, signed_in: Any
) -> None:
    job = new_job(clerk, JobState.FAILED, last_error="x")
    client = signed_in(administrator)
    assert [line.count for line in work_of(client)] == [1]
    assert work_of(signed_in(clerk)) == []
    assert client.get(work_of(client)[0].url).status_code == 200
    assert client.post(f"/jobs/{job.pk}/note/").status_code == 302
    assert work_of(client) == []
    job.refresh_from_db()
    assert "高飞" in job.noted_by
    assert "高飞" in client.get(f"/jobs/{job.pk}/").content.decode()
    assert AuditEvent.objects.filter(kind="job.noted", target_id=str(job.pk)).count() == 1


def test_note_is_taken_once_and_of_failed_jobs_only(
    administrator: Any, clerk: Any, new_job: Any, signed_in: Any
) -> None:
    client = signed_in(administrator)
    done = new_job(clerk, JobState.DONE)
    assert client.post(f"/jobs/{done.pk}/note/").status_code == 409
    failed = new_job(clerk, JobState.FAILED)
    assert client.post(f"/jobs/{failed.pk}/note/").status_code == 302
    answer = client.post(f"/jobs/{failed.pk}/note/")
    assert answer.status_code == 409
    assert "高飞" in answer.content.decode()


def test_a_job_that_is_tried_again_is_open_work_when_it_fails_again(
    administrator: Any, clerk: Any, new_job: Any, signed_in: Any
) -> None:
    job = new_job(clerk, JobState.FAILED)
    client = signed_in(administrator)
    client.post(f"/jobs/{job.pk}/note/")
    client.post(f"/jobs/{job.pk}/retry/")
    job.refresh_from_db()
    assert (job.state, job.noted_at) == (JobState.QUEUED, None)
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, finished_at=job.requested_at)
    assert [line.count for line in work_of(client)] == [1]


def test_the_menu_leads_there_for_administrators_only(
    administrator: Any, clerk: Any, signed_in: Any
) -> None:
    for staff, expected in ((administrator, True), (clerk, False)):
        frame = signed_in(staff).get("/").context["frame"]
        assert isinstance(frame, navigation.Frame)
        assert bool(frame._line("portal:status")) is expected
