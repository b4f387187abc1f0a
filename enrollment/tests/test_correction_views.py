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
from enrollment.models import RosterBatch, RosterCorrection, RosterRow
from enrollment.tests import problem_files, rosters
from enrollment.tests.roster_pages import (
    ZHUANGHE,
    answers,
    approve,
    do_jobs,
    member,
    show_in_full,
    signed_in,
)

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


def _funnel(client: Client, batch: RosterBatch) -> list[tuple[str, int]]:
    [chart] = client.get(f"/rosters/{batch.pk}/").context["charts"]
    return [(row[0], row[1]) for row in chart.table.plain_rows]


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
    assert line.id_number not in shown.content.decode()
    assert AccessLog.objects.filter(subject_id=str(line.pk), action="view raw row").exists()
    show_in_full(clerk, batch)
    shown = clerk.get(f"/corrections/{made.pk}/lines/{line.pk}/")
    assert line.id_number in shown.content.decode()
    assert AccessLog.objects.filter(subject_id=str(line.pk), action="reveal").exists()
    printed = clerk.get(f"/corrections/{made.pk}/lines/?verdict=CHANGED&print=1")
    assert len(printed.context["table_rows"]) == held
    looks = AccessLog.objects.filter(subject_label="enrollment.correctedrow", subject_id="")
    assert list(looks.order_by("pk").values_list("action", "row_count", "area_path")) == [
        ("search", held, batch.area.path),
        ("print", held, batch.area.path),
    ]
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
    funnel = dict(_funnel(clerk, batch))
    assert funnel["未经人工更正"] == funnel["接收或修正"] - held
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
    # Nothing of it is on the roll, and nothing says so.
    page = clerk.get(answer.url)
    assert page.context["status"].label == "已并入名册"
    assert "入库时间" not in page.content.decode()
    section = clerk.get(f"/rosters/{batch.pk}/?section=corrections").content.decode()
    assert "已并入名册" in section
    assert "已入库" not in section
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
    assert "没有任何一行属于本名册的待处理行" in page
    assert RosterCorrection.objects.get().state == "REFUSED"


@pytest.mark.parametrize("form", ["xlsx", "sent"])
def test_a_problem_file_sent_as_a_roster_is_handed_over_to_its_roster(
    clerk: Client, county: Area, form: str
) -> None:
    batch = brought(BatchState.CHECKED)
    held = batch.rows_review + batch.rows_rejected
    name, content = problem_files.fetch(clerk, batch, form)
    corrected = (
        problem_files.corrected_book(content, right)
        if form == "xlsx"
        else problem_files.corrected_text(content, right)
    )
    upload = SimpleUploadedFile(name, corrected)
    answer = clerk.post("/rosters/new/", answers(county, upload))
    do_jobs()
    draft = RosterBatch.objects.exclude(pk=batch.pk).get()
    shown = clerk.get(f"{answer.url}?section=files").content.decode()
    assert f"这是名册{batch.pk}的更正数据" in shown
    file = draft.files.get()
    assert clerk.get(answer.url).context["next_file"] is None
    draft.files.update(layout_confirmed=True)
    said = {"origin_reason": "同一份", "what": "part"}
    refused = clerk.post(f"/rosters/{draft.pk}/start/", said, follow=True)
    assert "请转交该名册" in refused.content.decode()
    handed = clerk.post(f"/rosters/{draft.pk}/files/{file.pk}/corrections/")
    do_jobs()
    made = RosterCorrection.objects.get()
    assert handed.url == f"/corrections/{made.pk}/"
    assert (made.batch_id, made.lines_changed, made.lines_read) == (batch.pk, held, held)
    draft.refresh_from_db()
    assert draft.state == BatchState.CANCELLED


def test_another_countys_problem_file_is_not_handed_over(clerk: Client, county: Area) -> None:
    other = factories.county(ZHUANGHE, "庄河市")
    foreign = brought(BatchState.CHECKED)
    RosterBatch.objects.filter(pk=foreign.pk).update(area=other)
    draft = rosters.receive(rosters.csv_of(rosters.lines(range(60, 70))), channel=Channel.BROWSER)
    draft.files.update(told={"corrects": foreign.pk})
    url = f"/rosters/{draft.pk}/files/{draft.files.get().pk}/corrections/"
    assert clerk.post(url).status_code == 404
    assert not RosterCorrection.objects.exists()


# Typed in on the row's page.


def repair_url(row: RosterRow) -> str:
    return f"/rosters/{row.batch_id}/rows/{row.pk}/repair/"


def typed(client: Client, row: RosterRow, **changed: str) -> dict[str, str]:
    """The form as it was shown, with the cells under these headings typed anew."""
    show_in_full(client, row.batch)
    shown = client.get(repair_url(row)).context
    heads = {field.label: name for name, field in shown["form"].fields.items()}
    values = {name: shown["form"][name].value() for name in shown["form"].fields}
    values |= {heads[head]: text for head, text in changed.items()}
    return values | {"version": shown["version"]}


def rows_without_number(batch: RosterBatch) -> list[RosterRow]:
    return list(
        RosterRow.objects.filter(batch=batch, reasons=["ID_MISSING"], is_settled=False).order_by(
            "pk"
        )
    )


def number_of(row: RosterRow) -> str:
    """The number that the person of this line has."""
    cells = rosters.lines([row.row_no - 2], change=lambda cells, _index: cells)[0]
    assert cells[rosters.HEADER.index("姓名")] == row.name
    return str(cells[rosters.HEADER.index("身份证号")])


@pytest.mark.parametrize("state", [BatchState.CHECKED, BatchState.APPLIED])
def test_rows_typed_in_on_their_pages_gather_and_are_submitted_together(
    clerk: Client, reviewer: Client, state: BatchState
) -> None:
    batch = brought(state)
    first, second, *_others = rows_without_number(batch)
    held = batch.rows_review + batch.rows_rejected
    # First a slip of the pen, then the right number: the last wording counts.
    answer = clerk.post(repair_url(first), typed(clerk, first, 身份证号="21028119790101"))
    do_jobs()
    made = RosterCorrection.objects.get()
    assert answer.url == f"/corrections/{made.pk}/"
    assert (made.source, made.state, made.lines_wrong) == ("PAGE", "OPEN", 1)
    clerk.post(repair_url(first), typed(clerk, first, 身份证号=number_of(first)))
    do_jobs()
    clerk.post(repair_url(second), typed(clerk, second, 身份证号=number_of(second)))
    do_jobs()
    made.refresh_from_db()
    assert (made.lines_read, made.lines_changed, made.lines_wrong) == (2, 2, 0)
    assert RosterCorrection.objects.count() == 1
    clerk.post(f"/corrections/{made.pk}/submit/", {"reason": "按户口簿核对"})
    if state == BatchState.APPLIED:
        waits = clerk.post(repair_url(first), typed(clerk, first, 身份证号="1"))
        assert waits.status_code == 409
        approve(reviewer)
    do_jobs()
    made.refresh_from_db()
    batch.refresh_from_db()
    assert (made.state, made.rows_taken, batch.state) == ("APPLIED", 2, state)
    assert batch.rows_review + batch.rows_rejected == held - 2
    first.refresh_from_db()
    assert (first.id_number, first.version) == (number_of(first), 1)
    assert integrity.broken_invariants() == []
    assert clerk.get(f"/rosters/{batch.pk}/rows/{first.pk}/").context["repair_url"] == ""
    stale = clerk.post(repair_url(first), typed(clerk, first, 姓名="别人") | {"version": "0"})
    assert stale.status_code == 409


def test_a_row_typed_in_as_it_stands_is_no_correction(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED)
    row = rows_without_number(batch)[0]
    answer = clerk.post(repair_url(row), typed(clerk, row))
    assert answer.status_code == 409
    assert "没有更改任何单元格" in answer.content.decode()
    assert not RosterCorrection.objects.exists()


def test_the_page_of_a_repair_says_what_is_wrong_at_its_cell_and_notes_the_look(
    clerk: Client,
) -> None:
    batch = brought(BatchState.CHECKED)
    row = rows_without_number(batch)[0]
    asked = clerk.get(repair_url(row)).content.decode()
    assert "/reveal/" in asked
    assert row.name not in asked
    show_in_full(clerk, batch)
    form = clerk.get(repair_url(row)).context["form"]
    hints = {field.label: field.help_text for field in form.fields.values() if field.help_text}
    assert set(hints) == {"身份证号"}
    assert AccessLog.objects.filter(subject_id=str(row.pk), action="reveal").count() == 1
    other = factories.county(ZHUANGHE, "庄河市")
    stranger = signed_in(member("stranger", Role.CLERK, other))
    assert stranger.get(repair_url(row)).status_code == 404


def test_archives_that_are_damaged_or_packed_too_well_are_refused_in_words(clerk: Client) -> None:
    batch = brought(BatchState.CHECKED)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"a,b\n" * 50)
    damaged = target.getvalue().replace(b"a.csv", b"b.csv", 1)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", bytes(60 * 1024**2))
    for content, words in ((damaged, "BadZipFile"), (bomb.getvalue(), "120")):
        answer = sent(clerk, batch, "问题数据.zip", content)
        assert answer.status_code in (200, 409, 422)
        page = answer.content.decode()
        assert words in page
        assert "ZIP" in page
    assert not RosterCorrection.objects.exists()
