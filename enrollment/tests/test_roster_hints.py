"""What a clerk and the second person are told of a roster before it goes onto the roll."""

import random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest, Area, Job
from bureau.core.tests import factories
from bureau.intake.choices import BatchState
from enrollment.models import RosterBatch, RosterLink, RosterRow
from enrollment.tests import problem_files, rosters
from enrollment.tests.roster_pages import (
    ZHUANGHE,
    answers,
    confirm_columns,
    do_jobs,
    member,
    signed_in,
    upload,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _demonstration(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def county(transactional_db: None) -> Area:
    return factories.county()


@pytest.fixture
def clerk(county: Area) -> Client:
    return signed_in(member("clerk", Role.CLERK, county))


def brought(state: BatchState, start: int = 0) -> RosterBatch:
    content = rosters.csv_of(rosters.lines(range(start, start + 60)))
    return rosters.bring_to(rosters.receive(content, names=[f"{start}.csv"]), state)


def test_a_roster_like_one_on_the_roll_is_said_to_clerk_and_second_person(clerk: Client) -> None:
    first = brought(BatchState.APPLIED)
    second = brought(BatchState.CHECKED, start=300)
    for page in (f"/rosters/{second.pk}/", f"/rosters/{second.pk}/confirm/"):
        shown = clerk.get(page)
        assert shown.context["rosters_like"] == [first]
        assert "已有同类名册" in shown.content.decode()
    assert clerk.get(f"/rosters/{first.pk}/").context["rosters_like"] == []
    clerk.post(f"/rosters/{second.pk}/confirm/", {"reason": "补充名册。"})
    request = ApprovalRequest.objects.get()
    assert request.summary["rosters_like"] == first.title
    assert first.title in clerk.get(f"/todo/{request.pk}/").content.decode()


def test_the_second_person_reads_where_files_say_they_are_from_and_why_they_belong_here(
    county: Area,
) -> None:
    other = factories.county(ZHUANGHE, "庄河市")
    stranger = signed_in(member("stranger", Role.CLERK, other))
    stranger.post("/rosters/new/", answers(other, upload()))
    do_jobs()
    batch = RosterBatch.objects.get()
    confirm_columns(stranger, batch)
    page = f"/rosters/{batch.pk}/"
    stranger.post(f"{page}start/", {"origin_reason": "该镇今年划入庄河。"})
    do_jobs()
    stranger.post(f"{page}confirm/", {"reason": "已核对。"})
    request = ApprovalRequest.objects.get()
    assert "瓦房店市" in request.summary["told_otherwise"]
    assert request.summary["origin_reason"] == "该镇今年划入庄河。"
    shown = stranger.get(f"/todo/{request.pk}/").content.decode()
    assert "该镇今年划入庄河。" in shown
    assert "origin_reason" not in shown


def test_bytes_that_are_no_text_are_no_roster(clerk: Client, county: Area) -> None:
    noise = random.Random(7).randbytes(4096)
    sent = SimpleUploadedFile("瓦房店市2019年新农合.xlsx", noise)
    clerk.post("/rosters/new/", answers(county, sent))
    do_jobs()
    batch = RosterBatch.objects.get()
    shown = clerk.get(f"/rosters/{batch.pk}/")
    assert "内容不是文字" in shown.content.decode()
    assert shown.context["refused_file"] == batch.files.get()


def test_a_file_without_a_number_column_is_not_confirmed_in_silence(
    clerk: Client, county: Area
) -> None:
    lines = [[rosters.person(index)["姓名"], "已缴"] for index in range(30)]
    sent = SimpleUploadedFile("名单.csv", rosters.csv_of(lines, ["姓名", "备注"]))
    clerk.post("/rosters/new/", answers(county, sent))
    do_jobs()
    batch = RosterBatch.objects.get()
    confirm_columns(clerk, batch)
    shown = clerk.get(f"/rosters/{batch.pk}/")
    assert shown.context["without_numbers"] == [batch.files.get()]
    assert shown.content.decode().count("没有身份证号列") == 2


def test_confirming_explains_why_more_files_are_opened_than_rows_enter(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED)
    assert "参保暂缓生效" in clerk.get(f"/rosters/{batch.pk}/confirm/").content.decode()


def test_the_people_of_a_roster_are_listed_alone(clerk: Client) -> None:
    first, second = brought(BatchState.APPLIED), brought(BatchState.APPLIED, start=300)
    url = clerk.get(f"/rosters/{second.pk}/").context["people_url"]
    assert url == f"/people/?roster={second.pk}"
    keys = {row.key for row in clerk.get(f"{url}&size=200").context["table_rows"]}
    ours = set(RosterLink.objects.filter(batch=second).values_list("person_id", flat=True))
    theirs = set(RosterLink.objects.filter(batch=first).values_list("person_id", flat=True))
    assert keys
    assert keys <= ours
    assert not keys & theirs
    other = factories.county(ZHUANGHE, "庄河市")
    stranger = signed_in(member("stranger", Role.CLERK, other))
    assert stranger.get(url).context["table_rows"] == []


def test_a_heading_is_shown_as_nobodys_name(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED)
    assert RosterRow.objects.filter(batch=batch, outcome="NOT_RECORD").exists()
    page = clerk.get(f"/rosters/{batch.pk}/rows/?outcome=NOT_RECORD")
    assert "姓*" not in page.content.decode()


def test_archives_of_problem_files_tell_their_form_by_their_names(clerk: Client) -> None:
    contents = [rosters.csv_of(rosters.lines(range(at, at + 40))) for at in (0, 300)]
    batch = rosters.bring_to(
        rosters.receive(*contents, names=["甲镇.csv", "乙镇.csv"]), BatchState.CHECKED
    )
    shown = clerk.get(f"/rosters/{batch.pk}/")
    assert shown.context["gives_archive"]
    names = [problem_files.fetch(clerk, batch, form)[0] for form in ("xlsx", "sent")]
    assert len(set(names)) == 2


def test_jobs_are_named_in_the_readers_language(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED)
    job = Job.objects.filter(kind="enrollment.check_roster").get()
    for page in ("/", "/jobs/", f"/jobs/{job.pk}/"):
        assert batch.title in clerk.get(page).content.decode()
    clerk.cookies["language"] = "en"
    for page in ("/", "/jobs/", f"/jobs/{job.pk}/"):
        shown = clerk.get(page).content.decode()
        assert f"(no. {batch.pk})" in shown
        assert batch.title not in shown
