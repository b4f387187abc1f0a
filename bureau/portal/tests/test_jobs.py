"""Jobs: who sees them, how far they are, who may stop them and try them again."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from bureau.core import access, clock, jobs
from bureau.core.choices import JobState, Role
from bureau.core.models import Job, JobLog, Staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(clerk: Staff, new_job: Callable[..., Job]) -> Job:
    at = clock.now()
    return new_job(
        clerk,
        JobState.RUNNING,
        phase="Reading",
        units_done=250,
        units_total=1000,
        started_at=at,
        phase_started_at=at - datetime.timedelta(seconds=10),
        heartbeat_at=at,
    )


def test_jobs_of_the_own_areas_are_listed(
    clerk: Any, reviewer: Any, running: Job, signed_in: Any
) -> None:
    page = signed_in(reviewer).get("/jobs/")
    assert [row.key for row in page.context["table_rows"]] == [running.pk]
    own = signed_in(reviewer).get("/jobs/", {"whose": "mine"})
    assert own.context["table_rows"] == []


@pytest.mark.parametrize("path", ["", "progress/"])
def test_a_job_of_another_county_does_not_exist(
    stranger: Any, running: Job, signed_in: Any, path: str
) -> None:
    client = signed_in(stranger)
    assert client.get(f"/jobs/{running.pk}/{path}").status_code == 404
    assert client.get("/jobs/").context["table_rows"] == []
    assert client.get("/jobs/").context["frame"].jobs.count == 0


@pytest.mark.parametrize("act", ["cancel", "retry"])
def test_nobody_of_another_county_steers_a_job(
    stranger: Any, running: Job, signed_in: Any, act: str
) -> None:
    assert signed_in(stranger).post(f"/jobs/{running.pk}/{act}/").status_code == 404
    running.refresh_from_db()
    assert not running.cancel_requested


def test_a_viewer_sees_the_jobs_of_the_area_but_steers_own_ones_only(
    new_staff: Any, running: Job, new_job: Any, signed_in: Any
) -> None:
    viewer = new_staff("viewer", Role.VIEWER, "zhuanghe")
    own = new_job(viewer, area=None)
    client = signed_in(viewer)
    assert client.get(f"/jobs/{running.pk}/").context["may_cancel"] is False
    assert client.post(f"/jobs/{running.pk}/cancel/").status_code == 404
    assert client.post(f"/jobs/{own.pk}/cancel/").status_code == 302
    own.refresh_from_db()
    assert own.state == JobState.CANCELLED


def test_the_system_administrator_sees_every_job(
    new_staff: Any, running: Job, signed_in: Any
) -> None:
    administrator = new_staff("admin", Role.SYSTEM_ADMINISTRATOR, "city")
    assert signed_in(administrator).get(f"/jobs/{running.pk}/").status_code == 200


def test_progress_asks_for_itself_until_the_job_has_ended(
    clerk: Any, running: Job, signed_in: Any
) -> None:
    client = signed_in(clerk)
    fragment = client.get(f"/jobs/{running.pk}/progress/", headers={"HX-Request": "true"})
    text = fragment.content.decode()
    assert 'hx-trigger="every 2s"' in text
    assert "250 / 1,000" in text
    assert "25%" in text
    assert "HX-Refresh" not in fragment.headers
    Job.objects.filter(pk=running.pk).update(state=JobState.DONE, finished_at=clock.now())
    ended = client.get(f"/jobs/{running.pk}/progress/", headers={"HX-Request": "true"})
    assert "hx-trigger" not in ended.content.decode()
    assert ended.headers["HX-Refresh"] == "true"


def test_the_log_is_told_newest_first_with_its_facts(
    clerk: Any, running: Job, signed_in: Any
) -> None:
    JobLog.objects.create(job=running, at=clock.now(), message="<b>later</b>")
    page = signed_in(clerk).get(f"/jobs/{running.pk}/").content.decode()
    assert "Rows read: 1,200" in page
    assert page.index("&lt;b&gt;later") < page.index("Rows read")


def test_a_failed_job_says_why_and_goes_on(clerk: Any, new_job: Any, signed_in: Any) -> None:
    job = new_job(clerk, JobState.FAILED, last_error="第 12 行缺少列")
    client = signed_in(clerk)
    page = client.get(f"/jobs/{job.pk}/")
    assert "第 12 行缺少列" in page.content.decode()
    assert page.context["may_retry"] is True
    client.post(f"/jobs/{job.pk}/retry/")
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_a_job_that_has_ended_is_not_stopped_again(
    clerk: Any, new_job: Any, signed_in: Any
) -> None:
    job = new_job(clerk, JobState.DONE)
    page = signed_in(clerk).post(f"/jobs/{job.pk}/cancel/")
    assert page.status_code == 409
    assert f'href="/jobs/{job.pk}/"' in page.content.decode()
    job.refresh_from_db()
    assert job.state == JobState.DONE


@pytest.mark.parametrize("path", ["/", "/jobs/", "/todo/"])
def test_pages_cost_a_bounded_number_of_queries(
    clerk: Any,
    reviewer: Any,
    new_job: Any,
    new_request: Any,
    signed_in: Any,
    path: str,
    django_assert_max_num_queries: Any,
) -> None:
    for _n in range(8):
        new_job(clerk)
        new_request(clerk)
    client = signed_in(reviewer)
    with django_assert_max_num_queries(25):
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("role", "kind", "steers"),
    [
        (Role.CLERK, "enrollment.check_roster", True),
        (Role.ACCOUNTANT, "enrollment.check_roster", False),
        (Role.FUND_REVIEWER, "enrollment.check_roster", False),
        (Role.REVIEWER, "enrollment.apply_roster", False),
        (Role.REVIEWER, "enrollment.carry_out_decisions", True),
        (Role.DIRECTOR, "portal.export_list", False),
        (Role.REVIEWER, "enrollment.train_linkage_model", True),
        (Role.POLICY_OFFICER, "enrollment.try_linkage_model", True),
        (Role.REVIEWER, "enrollment.relink", True),
        (Role.CLERK, "enrollment.relink", False),
    ],
)
def test_who_steers_a_colleagues_job_is_said_by_the_matrix_for_the_jobs_kind(
    clerk: Any, new_staff: Any, new_job: Any, signed_in: Any, role: Role, kind: str, steers: bool
) -> None:
    """What one does not steer is not there to be steered, also once it has ended."""
    client = signed_in(new_staff("colleague", role, "zhuanghe"))
    waiting, failed = new_job(clerk, kind=kind), new_job(clerk, JobState.FAILED, kind=kind)
    done = new_job(clerk, JobState.DONE, kind=kind)
    answers = [
        client.post(f"/jobs/{waiting.pk}/cancel/").status_code,
        client.post(f"/jobs/{failed.pk}/retry/").status_code,
        client.post(f"/jobs/{done.pk}/cancel/").status_code,
    ]
    assert answers == ([302, 302, 409] if steers else [404, 404, 404])


def test_every_kind_of_job_names_an_act_of_the_matrix_or_is_its_askers_alone() -> None:
    named = {kind.name: kind.steered_by for kind in jobs.kinds() if kind.steered_by}
    assert {"enrollment.check_roster", "enrollment.apply_corrections"} <= set(named)
    for kind, route in named.items():
        assert access.roles_for(route, "POST"), (kind, route)
