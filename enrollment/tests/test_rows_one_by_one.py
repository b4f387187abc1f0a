"""From row to row, back from the preview to the columns, and words that say what is so."""

import json
from typing import Any

import pytest
from django.test import Client

from bureau.core import clock
from bureau.core.choices import Role
from bureau.core.models import ApprovalRequest, Area, AuditEvent
from bureau.core.tests import factories
from bureau.intake.choices import BatchState, Channel
from enrollment.models import RosterBatch, RosterCorrection, RosterFile, RosterRow
from enrollment.services.roster_jobs import LOOK
from enrollment.tests import rosters
from enrollment.tests.roster_pages import (
    ZHUANGHE,
    confirm_columns,
    do_jobs,
    member,
    signed_in,
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
    return signed_in(member("clerk", Role.CLERK, county, language="en"))


@pytest.fixture
def checked(county: Area) -> RosterBatch:
    """A roster whose rows were read and checked."""
    batch = rosters.receive(rosters.csv_of(rosters.lines(range(60))), channel=Channel.BROWSER)
    return rosters.bring_to(batch, BatchState.CHECKED)


def walk(client: Client, url: str) -> list[int]:
    """The numbers of the rows on the way from the first one on."""
    found = []
    while url:
        answer = client.get(url)
        assert answer.status_code == 200
        found.append(answer.context["record"].pk)
        url = answer.context["after_url"]
    return found


def test_one_goes_from_row_to_row_of_the_list_one_came_from(
    clerk: Client, checked: RosterBatch
) -> None:
    listed = clerk.get(f"/rosters/{checked.pk}/rows/?outcome=REVIEW")
    lines = listed.context["table_rows"]
    wanted = list(
        RosterRow.objects.filter(batch=checked, outcome="REVIEW")
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    assert len(wanted) > 1
    first = next(line for line in lines if line.key == wanted[0])
    assert walk(clerk, next(cell.link for cell in first.cells if cell.link)) == wanted
    last = clerk.get(f"/rosters/{checked.pk}/rows/{wanted[-1]}/?outcome=REVIEW").context
    assert f"/rows/{wanted[-2]}/?outcome=REVIEW" in last["before_url"]
    assert last["list_url"] == f"/rosters/{checked.pk}/rows/?outcome=REVIEW"


@pytest.mark.parametrize("query", ["file=x", "file=99999999999999999999", "outcome=x", "reason=x"])
def test_what_no_list_has_leads_nowhere(clerk: Client, checked: RosterBatch, query: str) -> None:
    row = RosterRow.objects.filter(batch=checked).order_by("pk")[3]
    shown = clerk.get(f"/rosters/{checked.pk}/rows/{row.pk}/?{query}")
    assert shown.status_code == 200
    assert (shown.context["before_url"], shown.context["after_url"]) == ("", "")


def test_a_huge_cell_is_shown_by_its_beginning_and_length(
    clerk: Client, checked: RosterBatch
) -> None:
    row = RosterRow.objects.filter(batch=checked, outcome="ACCEPTED").order_by("pk")[0]
    cells = json.loads(row.raw)
    cells[-1] = "长" * 200_000
    rosters.rewrite(row, raw=json.dumps(cells), remarks="长" * 200_000)
    page = clerk.get(f"/rosters/{checked.pk}/rows/{row.pk}/").content.decode()
    assert "200,000 characters" in page
    assert len(page) < 40_000


def test_back_to_the_columns_keeps_the_files_and_loses_nothing(
    clerk: Client, checked: RosterBatch
) -> None:
    RosterBatch.objects.filter(pk=checked.pk).update(
        rows_declared=60, note="by letter", drafters=["N-first"]
    )
    left = RosterCorrection.objects.create(
        batch=checked, source="FILE", state="OPEN", made_at=clock.now(), made_by="job:test"
    )
    rows = checked.rows.count()
    page = f"/rosters/{checked.pk}/columns-again/"
    assert clerk.get(page).status_code == 200
    assert clerk.post(page, {}).status_code == 422
    assert RosterBatch.objects.count() == 1
    answer = clerk.post(page, {"sure": "on"})
    again = RosterBatch.objects.exclude(pk=checked.pk).get()
    assert answer.url == f"/rosters/{again.pk}/"
    checked.refresh_from_db()
    assert (checked.state, again.state) == (BatchState.CANCELLED, BatchState.DRAFT)
    assert (again.rows_declared, again.note, again.year) == (60, "by letter", checked.year)
    # Who worked on the files before approves none of them now, and nobody is sent to what is left.
    assert again.drafters == ["N-clerk", "N-first"]
    left.refresh_from_db()
    assert left.state == "DROPPED"
    assert checked.rows.count() == rows
    file = RosterFile.objects.get(batch=again)
    assert (file.layout_confirmed, file.rows_loaded, file.is_loaded) == (False, 0, False)
    event = AuditEvent.objects.get(kind="roster.begun_anew")
    assert (event.target_id, event.facts["earlier"]) == (str(again.pk), checked.pk)
    confirm_columns(clerk, again)
    assert clerk.post(f"/rosters/{again.pk}/start/", {}).status_code == 302
    do_jobs()
    again.refresh_from_db()
    assert (again.state, again.rows_read) == (BatchState.CHECKED, rows)
    assert clerk.post(page, {"sure": "on"}).status_code == 409
    assert RosterBatch.objects.count() == 2


def test_another_county_finds_no_way_back_to_the_columns(
    county: Area, checked: RosterBatch
) -> None:
    other = factories.county(ZHUANGHE, "庄河市")
    stranger = signed_in(member("stranger", Role.CLERK, other))
    assert stranger.post(f"/rosters/{checked.pk}/columns-again/", {"sure": "on"}).status_code == 404


def test_an_approval_is_called_done_only_when_it_is(
    clerk: Client, county: Area, checked: RosterBatch
) -> None:
    reviewer = signed_in(member("reviewer", Role.REVIEWER, county, language="en"))
    clerk.post(f"/rosters/{checked.pk}/confirm/", {"reason": "It is in order."})
    request = ApprovalRequest.objects.get()
    answer = reviewer.post(f"/todo/{request.pk}/decide/", {"decision": "approve"}, follow=True)
    said = answer.content.decode()
    assert "The act is being carried out" in said
    assert "the act is done" not in said


def test_a_withdrawn_roster_is_called_withdrawn(clerk: Client, checked: RosterBatch) -> None:
    clerk.post(f"/rosters/{checked.pk}/withdraw/", {"sure": "on"})
    checked.refresh_from_db()
    assert checked.get_state_display() in ("Withdrawn", "已撤回")
    assert "Withdrawn" in clerk.get("/rosters/").content.decode()


def test_a_text_file_has_no_sheet_called_1(clerk: Client, county: Area) -> None:
    batch = rosters.receive(rosters.csv_of(rosters.lines(range(20))), channel=Channel.BROWSER)
    rosters.work(LOOK, batch)
    file = RosterFile.objects.get(batch=batch)
    url = f"/rosters/{batch.pk}/files/{file.pk}/layout/"
    form = clerk.get(url).context["form"]
    values = {name: "" for name in form.fields if name.startswith("field-")} | {"keep-1": "on"}
    said = clerk.post(url, values).content.decode()
    assert "No column feeds" in said
    assert "“1”" not in said
