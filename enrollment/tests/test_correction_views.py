"""The pages of corrections: load, look through, hand on, approve; the same again says so."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bureau.core import integrity
from bureau.core.choices import Role
from bureau.core.models import AccessLog, ApprovalRequest, Area, Job
from bureau.core.tests import factories
from bureau.intake.choices import BatchState, Channel
from enrollment.models import RosterBatch, RosterCorrection
from enrollment.tests import problem_files, rosters
from enrollment.tests.roster_pages import approve, do_jobs, member, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

WIDTH = len(rosters.HEADER)


@pytest.fixture(autouse=True)
def _demonstration(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def county(transactional_db: None) -> Area:
    return factories.county()


@pytest.fixture
def clerk(county: Area) -> Client:
    return signed_in(member("clerk", Role.CLERK, county))


@pytest.fixture
def reviewer(county: Area) -> Client:
    return signed_in(member("reviewer", Role.REVIEWER, county))


def brought(state: BatchState, *contents: bytes) -> RosterBatch:
    contents = contents or (rosters.csv_of(rosters.lines(range(60))),)
    names = [f"{place}镇.csv" for place in range(len(contents))]
    batch = rosters.receive(*contents, names=names, channel=Channel.COMMAND_LINE)
    return rosters.bring_to(batch, state)


def right(line: list[str]) -> None:
    """The line as it would be without a fault; three members of a household follow each other."""
    household = int(line[rosters.HEADER.index("户号")])
    relation = line[rosters.HEADER.index("与户主关系")]
    person = 3 * (household - 1) + {"户主": 0, "配偶": 1}.get(relation, 2)
    line[:WIDTH] = rosters.lines([person], change=lambda cells, _index: cells)[0]


def sent(client: Client, batch: RosterBatch, name: str, content: bytes) -> Any:
    upload = SimpleUploadedFile(name, content)
    answer = client.post(f"/rosters/{batch.pk}/corrections/new/", {"uploads": [upload]})
    if answer.status_code == 302:
        do_jobs()
    return answer


def test_a_corrected_workbook_goes_to_a_second_person_and_onto_the_roll(
    clerk: Client, reviewer: Client
) -> None:
    batch = brought(BatchState.APPLIED)
    held = batch.rows_review + batch.rows_rejected
    _name, content = problem_files.fetch(clerk, batch)
    corrected = problem_files.corrected_book(content, right)
    answer = sent(clerk, batch, "问题数据.xlsx", corrected)
    page = clerk.get(answer.url)
    made = RosterCorrection.objects.get()
    assert (made.lines_changed, made.lines_read) == (held, held)
    assert page.context["may_submit"]
    lines = clerk.get(f"/corrections/{made.pk}/lines/?verdict=CHANGED")
    assert len(lines.context["table_rows"]) == held
    line = made.lines.filter(reasons=[], id_number__isnull=False).first()
    assert line.id_number not in lines.content.decode()
    shown = clerk.get(f"/corrections/{made.pk}/lines/{line.pk}/")
    assert line.id_number in shown.content.decode()
    assert AccessLog.objects.filter(subject_id=str(line.pk), action="view raw row").exists()
    # Dots are no reason.
    refused = clerk.post(f"/corrections/{made.pk}/submit/", {"reason": "…… . ."})
    assert refused.status_code == 422
    clerk.post(f"/corrections/{made.pk}/submit/", {"reason": "按户口簿逐人核对"})
    request = ApprovalRequest.objects.get()
    assert request.summary == {"lines_changed": held}
    assert clerk.get(f"/todo/{request.pk}/").status_code == 200
    assert reviewer.get(f"/corrections/{made.pk}/").status_code == 200
    approve(reviewer)
    batch.refresh_from_db()
    made.refresh_from_db()
    assert (made.state, made.rows_taken, batch.rows_review, batch.rows_rejected) == (
        "APPLIED", held, 0, 0,
    )  # fmt: skip
    job = Job.objects.get(kind="enrollment.apply_corrections")
    assert f'href="/corrections/{made.pk}/"' in clerk.get(f"/jobs/{job.pk}/").content.decode()
    section = clerk.get(f"/rosters/{batch.pk}/?section=corrections").content.decode()
    assert f"/corrections/{made.pk}/" in section
    assert integrity.broken_invariants() == []
    again = sent(clerk, batch, "换个名字.xlsx", corrected)
    assert again.status_code == 409
    assert "没有重复采用" in again.content.decode()


def test_an_archive_of_problem_files_goes_into_the_checked_roster(clerk: Client) -> None:
    batch = brought(
        BatchState.CHECKED,
        rosters.csv_of(rosters.lines(range(60))),
        rosters.csv_of(rosters.lines(range(60, 120))),
    )
    _name, content = problem_files.fetch(clerk, batch, "sent")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, part in problem_files.unpacked(content).items():
            archive.writestr(name, problem_files.corrected_text(part, right))
    answer = sent(clerk, batch, "问题数据.zip", target.getvalue())
    made = RosterCorrection.objects.get()
    assert made.files.count() == 2
    assert made.lines_changed == made.lines_read > 10
    clerk.post(f"/corrections/{made.pk}/submit/", {"reason": "已与各镇核对"})
    do_jobs()
    batch.refresh_from_db()
    assert (batch.state, batch.rows_review, batch.rows_rejected) == ("CHECKED", 0, 0)
    assert clerk.get(answer.url).status_code == 200
    assert not ApprovalRequest.objects.exists()


def test_corrections_are_dropped_and_their_file_may_come_again(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED)
    _name, content = problem_files.fetch(clerk, batch, "sent")
    corrected = problem_files.corrected_text(content, right)
    sent(clerk, batch, "a.csv", corrected)
    made = RosterCorrection.objects.get()
    clerk.post(f"/corrections/{made.pk}/drop/")
    assert sent(clerk, batch, "a.csv", corrected).status_code == 302
    made.refresh_from_db()
    assert made.state == "DROPPED"


def test_a_file_that_holds_no_corrections_says_why(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED)
    answer = sent(clerk, batch, "b.csv", rosters.csv_of(rosters.lines(range(90, 99))))
    page = clerk.get(answer.url).content.decode()
    assert "未找到带有" in page
    assert RosterCorrection.objects.get().state == "REFUSED"
