"""The roster pages: who sees what, each step, double sending, known content, other counties."""

import io
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bureau.core.choices import Role
from bureau.core.models import (
    AccessLog,
    ApprovalRequest,
    Area,
    AuditEvent,
    Job,
    RoleGrant,
    StoredFile,
)
from bureau.core.tests import factories
from bureau.intake.choices import BatchState, Channel
from bureau.ui import paging
from enrollment.models import RosterBatch, RosterFile, RosterRow
from enrollment.services import looks
from enrollment.tests import roster_pages, rosters
from enrollment.tests.roster_pages import (
    ZHUANGHE,
    answers,
    approve,
    confirm_columns,
    do_jobs,
    member,
    sent_back,
    signed_in,
    upload,
)
from enrollment.views import sight_purpose

pytestmark = pytest.mark.django_db(transaction=True)

#: Queries that a page may make, whatever its number of rows.
BUDGET = 25
READERS = {
    Role.VIEWER, Role.CLERK, Role.REVIEWER, Role.POLICY_OFFICER, Role.DIRECTOR, Role.AUDITOR,
}  # fmt: skip


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


@pytest.fixture
def stranger(transactional_db: None) -> Client:
    other = factories.county(ZHUANGHE, "庄河市")
    return signed_in(member("stranger", Role.CLERK, other))


@pytest.fixture
def checked(county: Area) -> RosterBatch:
    """A roster whose rows were read and checked."""
    batch = rosters.receive(rosters.csv_of(rosters.lines(range(60))), channel=Channel.BROWSER)
    return rosters.bring_to(batch, BatchState.CHECKED)


def pages_of(batch: RosterBatch) -> Iterator[str]:
    """Every page of a roster that is read by GET."""
    row = RosterRow.objects.filter(batch=batch, outcome="REVIEW").first()
    assert row is not None
    yield f"/rosters/{batch.pk}/"
    for section in ("result", "reasons", "repairs", "files", "trail"):
        yield f"/rosters/{batch.pk}/?section={section}"
    yield f"/rosters/{batch.pk}/rows/"
    yield f"/rosters/{batch.pk}/rows/?outcome=REVIEW&reason=ID_MISSING"
    yield f"/rosters/{batch.pk}/rows/{row.pk}/"


def texts(answer: Any) -> str:
    return answer.content.decode()


# Who sees what.


@pytest.mark.parametrize("role", sorted(Role))
def test_readers_of_the_roll_see_rosters_and_nobody_else(
    role: Role, county: Area, checked: RosterBatch
) -> None:
    client = signed_in(member("someone", role, county))
    wanted = 200 if role in READERS else 403
    assert client.get("/rosters/").status_code == wanted
    assert client.get(f"/rosters/{checked.pk}/").status_code == wanted
    assert client.get(f"/rosters/{checked.pk}/rows/").status_code == wanted
    row = checked.rows.first()
    wanted = 200 if role in {Role.CLERK, Role.REVIEWER, Role.AUDITOR} else 403
    assert client.get(f"/rosters/{checked.pk}/rows/{row.pk}/").status_code == wanted
    wanted = 200 if role == Role.CLERK else 403
    assert client.get("/rosters/new/").status_code == wanted
    assert client.get(f"/rosters/{checked.pk}/confirm/").status_code == wanted


def test_a_roster_of_another_county_does_not_exist(stranger: Client, checked: RosterBatch) -> None:
    file = checked.files.get()
    for page in pages_of(checked):
        assert stranger.get(page).status_code == 404, page
    own = f"/rosters/{checked.pk}"
    for page in (f"{own}/confirm/", f"{own}/withdraw/", f"{own}/files/{file.pk}/layout/"):
        assert stranger.get(page).status_code == 404, page
        assert stranger.post(page, {}).status_code == 404, page
    for act in ("start", "resume", "stop", "error-file", f"files/{file.pk}/remove"):
        assert stranger.post(f"{own}/{act}/").status_code == 404, act
    assert stranger.post(f"{own}/files/", {"uploads": upload()}).status_code == 404
    assert "瓦房店" not in texts(stranger.get("/rosters/"))
    assert checked.state == RosterBatch.objects.get().state


def test_a_clerk_cannot_receive_a_roster_for_another_county(stranger: Client, county: Area) -> None:
    answer = stranger.post("/rosters/new/", answers(county, upload()))
    assert answer.status_code == 422
    assert not RosterBatch.objects.exists()


def test_a_row_is_not_shown_under_another_roster(clerk: Client, checked: RosterBatch) -> None:
    other = rosters.receive(channel=Channel.BROWSER)
    row = checked.rows.first()
    assert clerk.get(f"/rosters/{other.pk}/rows/{row.pk}/").status_code == 404
    file = checked.files.get()
    assert clerk.get(f"/rosters/{other.pk}/files/{file.pk}/layout/").status_code == 404


@pytest.mark.parametrize("act", ["start", "resume", "stop", "error-file"])
def test_acts_are_by_post_only(clerk: Client, checked: RosterBatch, act: str) -> None:
    assert clerk.get(f"/rosters/{checked.pk}/{act}/").status_code == 405


def test_pages_are_get_only(clerk: Client, checked: RosterBatch) -> None:
    assert clerk.post(f"/rosters/{checked.pk}/").status_code == 405
    assert Client().get(f"/rosters/{checked.pk}/").status_code == 302


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_stay_within_their_budget_of_queries(
    county: Area, checked: RosterBatch, language: str, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(member("clerk", Role.CLERK, county, language=language))
    for page in ["/rosters/", *pages_of(checked)]:
        with django_assert_max_num_queries(BUDGET) as queries:
            assert client.get(page).status_code == 200
        assert isinstance(queries, CaptureQueriesContext)


# The steps.


def test_a_roster_goes_from_the_upload_to_the_roll(
    clerk: Client, reviewer: Client, county: Area
) -> None:
    answer = clerk.post("/rosters/new/", answers(county, upload(), rows_declared="45"))
    batch = RosterBatch.objects.get()
    page = f"/rosters/{batch.pk}/"
    assert answer.url == page
    assert clerk.get(page).context["step"] == 2
    do_jobs()
    confirm_columns(clerk, batch)
    assert clerk.get(page).context["step"] == 3
    clerk.post(f"{page}start/")
    do_jobs()
    shown = clerk.get(page)
    assert shown.context["step"] == 4
    batch.refresh_from_db()
    assert batch.rows_read == 47  # the heading and the total are lines of the file, too
    assert batch.rows_not_record == 2
    assert [total.difference for _label, total, _money in shown.context["totals"]] == [0]
    clerk.post(f"{page}confirm/", {"reason": "Compared with the covering letter."})
    assert clerk.get(page).context["step"] == 5
    request = ApprovalRequest.objects.get()
    detail = reviewer.get(f"/todo/{request.pk}/")
    assert page in texts(detail)
    assert "rows_read" not in texts(detail)
    approve(reviewer)
    batch.refresh_from_db()
    assert batch.state == BatchState.APPLIED
    assert clerk.get(page).status_code == 200


def test_the_maker_cannot_approve_the_own_roster(county: Area, checked: RosterBatch) -> None:
    both = member("both", Role.CLERK, county)
    RoleGrant.objects.create(staff=both, role=Role.REVIEWER, area=county, period=factories.ALWAYS)
    client = signed_in(both)
    client.post(f"/rosters/{checked.pk}/confirm/", {"reason": "It is in order."})
    request = ApprovalRequest.objects.get()
    client.post(f"/todo/{request.pk}/decide/", {"decision": "approve"})
    checked.refresh_from_db()
    assert checked.state == BatchState.AWAITING_APPROVAL


def test_totals_that_differ_must_be_acknowledged(
    clerk: Client, county: Area, checked: RosterBatch
) -> None:
    RosterBatch.objects.filter(pk=checked.pk).update(
        rows_declared=70, households_declared=20, amount_declared="15000.00"
    )
    page = f"/rosters/{checked.pk}/confirm/"
    assert "-10" in texts(clerk.get(page))
    assert clerk.post(page, {"reason": "It is in order."}).status_code == 422
    answer = clerk.post(page, {"reason": "Ten died.", "acknowledged": "on"})
    assert answer.status_code == 302
    request = ApprovalRequest.objects.get()
    assert request.summary["rows_declared"] == 70
    assert request.summary["rows_found"] == 60
    assert request.summary["amount_declared"] == "15,000.00"
    assert "amount_found" in request.summary


def test_what_the_sender_declared_is_shown_before_the_check(clerk: Client, county: Area) -> None:
    clerk.post("/rosters/new/", answers(county, upload(), rows_declared="4321"))
    assert "4,321" in texts(clerk.get(f"/rosters/{RosterBatch.objects.get().pk}/"))


def test_the_clerk_reads_why_a_roster_was_sent_back_and_by_whom(
    clerk: Client, reviewer: Client, checked: RosterBatch
) -> None:
    clerk.post(f"/rosters/{checked.pk}/confirm/", {"reason": "It is in order."})
    request = ApprovalRequest.objects.get()
    reviewer.post(
        f"/todo/{request.pk}/decide/", {"decision": "return", "note": "Ask the town again."}
    )
    page = f"/rosters/{checked.pk}/"
    assert clerk.get(page).context["returned"].checker.username == "reviewer"
    assert "Ask the town again." in texts(clerk.get(page))
    assert "Ask the town again." in texts(clerk.get(f"{page}?section=trail"))
    event = AuditEvent.objects.get(kind="roster.returned")
    assert event.actor_id == request.__class__.objects.get().checker_id
    assert "job:" not in event.actor_text
    clerk.post(f"{page}confirm/", {"reason": "The town was asked."})
    assert clerk.get(page).context["returned"] is None


def test_the_one_who_approves_stands_in_the_trail_by_number(
    clerk: Client, reviewer: Client, checked: RosterBatch
) -> None:
    clerk.post(f"/rosters/{checked.pk}/confirm/", {"reason": "It is in order."})
    approve(reviewer)
    event = AuditEvent.objects.get(kind="roster.approved")
    assert event.actor_id == ApprovalRequest.objects.get().checker_id


def test_a_row_shows_words_for_codes_and_nothing_of_lines_that_are_no_records(
    clerk: Client, checked: RosterBatch
) -> None:
    row = RosterRow.objects.filter(batch=checked, outcome="ACCEPTED").first()
    assert row is not None
    RosterRow.objects.filter(pk=row.pk).update(ethnicity="02", special_group="ORDINARY")
    page = f"/rosters/{checked.pk}/rows/{row.pk}/"
    understood = dict(clerk.get(page).context["understood"])
    assert "蒙古族" in understood.values()
    assert "ORDINARY" not in understood.values()
    RosterRow.objects.filter(pk=row.pk).update(outcome="NOT_RECORD")
    assert clerk.get(page).context["understood"] == []


def test_a_draft_left_without_a_file_is_offered_for_use_or_to_be_discarded(
    clerk: Client, county: Area
) -> None:
    clerk.post("/rosters/new/", answers(county, upload()))
    draft = RosterBatch.objects.get()
    assert clerk.get("/rosters/new/").context["empty_drafts"] == []
    page = f"/rosters/{draft.pk}/"
    clerk.post(f"{page}files/{draft.files.get().pk}/remove/")
    answer = clerk.get(page)
    assert answer.context["is_empty_draft"]
    assert f"{page}withdraw/" in answer.content.decode()
    offered = clerk.get("/rosters/new/")
    assert offered.context["empty_drafts"] == [draft]
    assert f"{page}files/" in offered.content.decode()
    clerk.post(f"{page}files/", {"uploads": upload()})
    assert not clerk.get(page).context["is_empty_draft"]


def test_a_double_click_makes_one_roster(clerk: Client, county: Area) -> None:
    form = clerk.get("/rosters/new/")
    token = form.context["form_token"]
    first = clerk.post("/rosters/new/", answers(county, upload(), form_token=token))
    second = clerk.post("/rosters/new/", answers(county, upload(), form_token=token))
    assert first.url == second.url
    assert RosterBatch.objects.count() == 1
    assert StoredFile.objects.filter(purged_at=None).count() == 1


def test_known_content_is_refused_with_the_name_of_the_earlier_roster(
    clerk: Client, county: Area
) -> None:
    clerk.post("/rosters/new/", answers(county, upload()))
    answer = clerk.post("/rosters/new/", answers(county, upload("另一个名字.csv")))
    assert answer.status_code == 409
    earlier = RosterBatch.objects.get()
    assert "瓦房店市2019年新农合.csv" in texts(answer)
    assert str(earlier.pk) in texts(answer)
    assert StoredFile.objects.count() == 1


def test_of_several_files_the_known_one_is_left_out(clerk: Client, county: Area) -> None:
    clerk.post("/rosters/new/", answers(county, upload()))
    answer = clerk.post(
        "/rosters/new/", answers(county, upload("重复.csv"), upload("新.csv", people=30))
    )
    assert answer.status_code == 302
    assert [file.name for file in RosterBatch.objects.latest("pk").files.all()] == ["新.csv"]
    assert "重复.csv" in texts(clerk.get(answer.url))


def test_an_upload_that_is_too_large_or_empty_is_refused(
    clerk: Client, county: Area, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    assert clerk.post("/rosters/new/", answers(county, upload())).status_code == 413
    settings.UPLOAD_MAX_BYTES = 10**6
    empty = SimpleUploadedFile("空.csv", b"")
    answer = clerk.post("/rosters/new/", answers(county, empty))
    assert answer.status_code == 422
    assert "空.csv" in texts(answer)
    assert not RosterBatch.objects.exists()
    assert not StoredFile.objects.exists()


def test_a_file_that_is_no_table_says_why(clerk: Client, county: Area) -> None:
    picture = SimpleUploadedFile("照片.csv", b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    clerk.post("/rosters/new/", answers(county, picture))
    do_jobs()
    batch = RosterBatch.objects.get()
    answer = clerk.get(f"/rosters/{batch.pk}/")
    assert "PNG" in texts(answer)
    assert answer.context["refused_file"] == batch.files.get()
    file = batch.files.get()
    answer = clerk.get(f"/rosters/{batch.pk}/files/{file.pk}/layout/")
    assert answer.status_code == 302
    clerk.post(f"/rosters/{batch.pk}/files/{file.pk}/remove/")
    assert not batch.files.filter(withdrawn=False).exists()


def test_a_file_of_another_county_and_year_needs_a_reason(stranger: Client, county: Area) -> None:
    other = Area.objects.get(code=ZHUANGHE)
    stranger.post("/rosters/new/", answers(other, upload(), year="2018"))
    do_jobs()
    batch = RosterBatch.objects.get()
    confirm_columns(stranger, batch)
    page = f"/rosters/{batch.pk}/"
    shown = texts(stranger.get(f"{page}?section=files"))
    assert "瓦房店市" in shown
    assert "2019" in shown
    stranger.post(f"{page}start/")
    batch.refresh_from_db()
    assert batch.state == BatchState.DRAFT
    stranger.post(f"{page}start/", {"origin_reason": "The town changed its county."})
    batch.refresh_from_db()
    assert batch.state == BatchState.READING
    event = AuditEvent.objects.get(kind="roster.reading")
    assert event.facts["origin_reason"] == "The town changed its county."


def test_columns_are_confirmed_once_for_files_with_the_same_headings(
    clerk: Client, county: Area
) -> None:
    files = [upload(f"瓦房店2019-{n}.csv", people=n) for n in range(5, 22)]
    clerk.post("/rosters/new/", answers(county, *files))
    do_jobs()
    batch = RosterBatch.objects.get()
    assert batch.files.count() == 17
    confirm_columns(clerk, batch)
    assert batch.files.filter(layout_confirmed=True).count() == 17


def test_columns_need_a_name_and_feed_no_field_twice(clerk: Client, county: Area) -> None:
    clerk.post("/rosters/new/", answers(county, upload()))
    do_jobs()
    file = RosterFile.objects.get()
    page = f"/rosters/{file.batch_id}/files/{file.pk}/layout/"
    form = clerk.get(page).context["form"]
    values = sent_back(form)
    name = next(key for key, value in values.items() if value == "name")
    assert clerk.post(page, {**values, name: ""}).status_code == 422
    answer = clerk.post(page, {**values, name: "id_number"})
    assert answer.status_code == 422
    assert "身份证号" in texts(answer)
    kept = next(key for key in values if key.startswith("keep-"))
    assert clerk.post(page, {k: v for k, v in values.items() if k != kept}).status_code == 422
    assert AccessLog.objects.filter(subject_label="enrollment.rosterfile").count() == 4


def test_a_roster_is_withdrawn_and_its_file_sent_again(clerk: Client, county: Area) -> None:
    clerk.post("/rosters/new/", answers(county, upload()))
    batch = RosterBatch.objects.get()
    page = f"/rosters/{batch.pk}/withdraw/"
    assert clerk.post(page, {}).status_code == 422
    assert clerk.post(page, {"sure": "on"}).status_code == 302
    batch.refresh_from_db()
    assert batch.state == BatchState.CANCELLED
    assert not Job.objects.filter(state="QUEUED").exists()
    assert clerk.post("/rosters/new/", answers(county, upload())).status_code == 302
    assert clerk.post(page, {"sure": "on"}).status_code == 409


def test_checking_is_stopped_and_goes_on(clerk: Client, county: Area) -> None:
    clerk.post("/rosters/new/", answers(county, upload()))
    do_jobs()
    batch = RosterBatch.objects.get()
    confirm_columns(clerk, batch)
    page = f"/rosters/{batch.pk}/"
    clerk.post(f"{page}start/")
    clerk.post(f"{page}stop/")
    assert clerk.get(page).context["may_resume"]
    clerk.post(f"{page}resume/")
    do_jobs()
    batch.refresh_from_db()
    assert batch.state == BatchState.CHECKED


# Rows.


def test_lists_are_masked_and_a_row_is_shown_after_the_look_is_on_record(
    clerk: Client, checked: RosterBatch
) -> None:
    row = checked.rows.filter(outcome="ACCEPTED").first()
    shown = texts(clerk.get(f"/rosters/{checked.pk}/rows/"))
    assert row.id_number not in shown
    assert row.name not in shown
    look = AccessLog.objects.get(subject_label="enrollment.rosterrow")
    assert (look.action, look.subject_id, look.address) == ("list", "", "127.0.0.1")
    assert look.row_count == min(checked.rows.count(), paging.DEFAULT_SIZE)
    assert look.area_path == checked.area.path
    page = f"/rosters/{checked.pk}/rows/{row.pk}/"
    masked = texts(clerk.get(page))
    assert not [value for value in (row.id_number, row.name, row.phone) if value in masked]
    look = AccessLog.objects.latest("pk")
    assert (look.subject_id, look.action, look.fields) == (
        str(row.pk), "view raw row", ["masked"],
    )  # fmt: skip
    roster_pages.show_in_full(clerk, checked)
    shown = texts(clerk.get(page))
    assert [value for value in (row.id_number, row.name, row.phone) if value in shown]
    look = AccessLog.objects.latest("pk")
    assert (look.subject_id, look.action, look.address) == (str(row.pk), "reveal", "127.0.0.1")
    assert "户口簿" in look.reason
    clerk.post(f"/rosters/{checked.pk}/reveal/", {"mask": "1", "next": page})
    assert row.id_number not in texts(clerk.get(page))


@pytest.mark.parametrize("sent", [{}, {"purpose": "OTHER"}, {"purpose": "x", "detail": "户口簿"}])
def test_rows_stay_masked_without_a_purpose(
    clerk: Client, checked: RosterBatch, sent: dict[str, str]
) -> None:
    row = checked.rows.filter(outcome="ACCEPTED").first()
    clerk.post(f"/rosters/{checked.pk}/reveal/", sent)
    assert row.id_number not in texts(clerk.get(f"/rosters/{checked.pk}/rows/{row.pk}/"))


def test_a_purpose_ends_by_itself_and_is_of_one_roster_and_one_session(
    clerk: Client, checked: RosterBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = checked.rows.filter(outcome="ACCEPTED").first()
    page = f"/rosters/{checked.pk}/rows/{row.pk}/"
    roster_pages.show_in_full(clerk, checked)
    kept = dict(clerk.session[sight_purpose.KEY])
    assert list(kept) == [str(checked.pk)]
    session = clerk.session
    session[sight_purpose.KEY] = {number: (told[0], 1.0) for number, told in kept.items()}
    session.save()
    assert row.id_number not in texts(clerk.get(page))


def test_rows_are_not_read_at_a_machines_pace(clerk: Client, checked: RosterBatch) -> None:
    row = checked.rows.filter(outcome="ACCEPTED").first()
    pages = [f"/rosters/{checked.pk}/rows/{row.pk}/", f"/rosters/{checked.pk}/rows/"]
    assert {clerk.get(pages[n % 2]).status_code for n in range(looks.PER_MINUTE)} == {200}
    for page in pages:
        answer = clerk.get(page)
        assert answer.status_code == 429
        assert row.id_number not in texts(answer)
    rows = AccessLog.objects.filter(subject_label="enrollment.rosterrow")
    assert rows.count() == looks.PER_MINUTE + 2


def test_rows_are_found_by_outcome_reason_and_file(clerk: Client, checked: RosterBatch) -> None:
    page = f"/rosters/{checked.pk}/rows/"
    missing = checked.rows.filter(reasons__contains=["ID_MISSING"]).count()
    assert missing
    answer = clerk.get(f"{page}?outcome=REVIEW&reason=ID_MISSING&file={checked.files.get().pk}")
    assert len(answer.context["table_rows"]) == missing
    answer = clerk.get(f"{page}?reason=ID_SPACES")
    assert (
        len(answer.context["table_rows"])
        == checked.rows.filter(fixes__contains=["ID_SPACES"]).count()
    )


def test_another_member_of_staff_cannot_fetch_the_problem_file(
    clerk: Client, reviewer: Client, checked: RosterBatch
) -> None:
    clerk.post(f"/rosters/{checked.pk}/error-file/", {"format": "sent", "purpose": "CORRECT"})
    do_jobs()
    job = Job.objects.get(kind="enrollment.roster_error_file")
    assert reviewer.get(f"/files/{job.result['file']}/").status_code == 404


def test_the_template_is_understood_by_its_own_reader(clerk: Client) -> None:
    content = clerk.get("/rosters/template/").content
    heads = [cell.value for cell in openpyxl.load_workbook(io.BytesIO(content)).active[1]]
    assert {"姓名", "公民身份号码", "户号"} <= set(heads)
