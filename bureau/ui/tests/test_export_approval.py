"""Files above a size or with a field in full: a second person, a purpose, an end, no way round."""

import contextlib
import csv
import datetime
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openpyxl
import pytest
from django.db import IntegrityError, connection, transaction

from bureau.core import canaries, clock, files, integrity, jobs, parameters
from bureau.core import exports as core
from bureau.core.choices import ExportState, JobState, ParameterState, Role
from bureau.core.models import (
    AccessLog,
    ApprovalRequest,
    DataExport,
    Job,
    ParameterVersion,
    RoleGrant,
)
from bureau.ui.views import lists

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("gallery")]

URL = "/gallery/files/"


@pytest.fixture
def client(signed_in: Any, clerk: Any) -> Any:
    return signed_in(clerk)


@pytest.fixture
def director(new_staff: Any) -> Any:
    return new_staff("director", Role.DIRECTOR, "city")


@pytest.fixture
def limit(new_staff: Any, clerk: Any) -> Any:
    """Decides how many rows are taken without approval."""

    def decide(rows: int) -> None:
        now = clock.now()
        ParameterVersion.objects.create(
            key=core.ROWS.key,
            value=rows,
            starts_on=clock.today(),
            source="test",
            state=ParameterState.APPROVED,
            proposed_by=clerk,
            proposed_at=now,
            approved_by=new_staff(f"decider{rows}", Role.DIRECTOR, "city"),
            approved_at=now,
        )

    return decide


def wish(client: Any, query: str = "", **more: Any) -> str:
    """The address of the page on which the file is asked for."""
    return str(client.post(f"{URL}?{query}", {"_act": "export", "format": "csv"} | more).url)


def ask(client: Any, address: str, **more: Any) -> DataExport:
    sent = {"file_format": "csv", "purpose": "年终核对", "hours": "24", "form_token": ""}
    answer = client.post(address, sent | more)
    assert answer.status_code == 302, answer.context["errors"]
    return DataExport.objects.latest("pk")


def decide(signed_in: Any, staff: Any, decision: str = "approve") -> Any:
    number = ApprovalRequest.objects.latest("pk").pk
    sent = {"decision": decision, "note": "看过"}
    return signed_in(staff).post(f"/todo/{number}/decide/", sent, follow=True)


def made(export: DataExport) -> DataExport:
    job = core.job_of(export)
    assert job is not None
    done = jobs.run_until_done(job.pk)
    assert done.state == JobState.DONE, done.last_error
    return DataExport.objects.select_related("file").get(pk=export.pk)


def lines(export: DataExport) -> list[list[str]]:
    text = files.open_stored(export.file).read().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_small_masked_file_is_taken_alone(client: Any, new_file: Any, limit: Any) -> None:
    limit(2)
    new_file("a")
    new_file("b")
    assert wish(client).startswith("/jobs/")
    assert not ApprovalRequest.objects.exists()


def test_a_large_file_waits_for_a_second_person_who_sees_what_for(
    client: Any, signed_in: Any, clerk: Any, reviewer: Any, new_file: Any, limit: Any
) -> None:
    limit(1)
    new_file("a")
    new_file("b")
    address = wish(client)
    assert address.startswith("/exports/new/")
    assert client.get(address).context["waits"]
    export = ask(client, address)
    assert (export.state, export.needs_approval) == (ExportState.WAITING, True)
    assert not Job.objects.exists()
    number = ApprovalRequest.objects.get().pk
    shown = signed_in(reviewer).get(f"/todo/{number}/").content.decode()
    assert "年终核对" in shown
    assert "文件名" in shown
    decide(signed_in, reviewer)
    export = made(DataExport.objects.get())
    assert export.state == ExportState.READY
    line, heads, *rows = lines(export)
    assert export.number in line[0]
    assert all(word in line[0] for word in (clerk.username, "年终核对", reviewer.full_name))
    assert (heads[0], len(rows)) == ("文件名", 2)
    assert client.get(f"/files/{export.file_id}/").status_code == 200
    assert signed_in(reviewer).get(f"/files/{export.file_id}/").status_code == 404


def test_a_large_file_needs_a_purpose(client: Any, new_file: Any, limit: Any) -> None:
    limit(0)
    new_file("a")
    page = client.post(wish(client), {"file_format": "csv", "purpose": " "})
    assert page.status_code == 422
    assert not DataExport.objects.exists()


def test_a_large_file_is_not_taken_in_small_pieces(client: Any, new_file: Any, limit: Any) -> None:
    limit(3)
    for name in ("a", "b", "c", "d"):
        new_file(name, purpose=name[0] if name in "ab" else "a")
    assert wish(client, "purpose=b").startswith("/jobs/")
    assert wish(client, "purpose=a").startswith("/exports/new/")


def test_a_print_counts_with_the_files(client: Any, new_file: Any, limit: Any, clerk: Any) -> None:
    limit(3)
    for name in "abc":
        new_file(name)
    row = {"subject_label": "gallery.file", "action": "print", "row_count": 2}
    AccessLog.objects.create(at=clock.now(), actor_id=clerk.pk, actor_text="x", **row)
    page = client.get(URL, {"print": "1"})
    assert len(page.context["table_rows"]) == 1
    assert page.context["is_cut"]
    assert wish(client).startswith("/exports/new/")


def test_prints_at_the_same_time_are_counted_one_after_the_other(
    client: Any, new_file: Any, limit: Any, clerk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(3)
    for name in "abc":
        new_file(name)
    counted, both = lists.rows_taken, threading.Barrier(2)

    def slowly(staff_id: int, at: datetime.datetime) -> int:
        rows = counted(staff_id, at)
        # Two who count before either prints meet here; one after the other, nobody comes.
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)
        return rows

    monkeypatch.setattr(lists, "rows_taken", slowly)

    def print_all() -> int:
        try:
            # Each thread reads its own page: contexts of both would be told to both.
            page = client.get(URL, {"print": "1"}).content.decode()
            return page.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        printed = [done.result() for done in [pool.submit(print_all) for _n in range(2)]]
    assert sorted(printed) == [0, 3]
    assert counted(clerk.pk, clock.now()) == 3


def test_nobody_approves_the_own_file(
    signed_in: Any, reviewer: Any, new_file: Any, limit: Any
) -> None:
    limit(0)
    new_file("a")
    own = signed_in(reviewer)
    ask(own, wish(own))
    decide(signed_in, reviewer)
    assert DataExport.objects.get().state == ExportState.WAITING
    assert not Job.objects.exists()


def test_fields_in_full_need_the_director_and_are_fetched_once(
    client: Any, signed_in: Any, reviewer: Any, director: Any, new_file: Any
) -> None:
    row = new_file("a")
    client.post(URL, {"_act": "settings", "columns": ["number"]})
    address = wish(client, format="ask")
    assert client.get(address).context["form"].fields["bare"].choices == [("number", "号码")]
    export = ask(client, address, bare=["number"], file_format="csv")
    assert (export.needs_approval, export.bare) == (True, ["number"])
    assert decide(signed_in, reviewer).status_code == 404
    decide(signed_in, director)
    export = made(export)
    held = {line[1] for line in lines(export)[2:]}
    assert row.sha256 in held
    fetch = f"/files/{export.file_id}/"
    assert client.get(fetch).url == f"/exports/{export.pk}/"
    assert client.post(fetch).status_code == 200
    assert client.post(fetch).status_code == 404
    assert DataExport.objects.get().fetches == 1


@pytest.mark.parametrize("bare", ["amount", "name", "sha256", "__class__"])
def test_no_other_field_is_taken_in_full(client: Any, new_file: Any, bare: str) -> None:
    new_file("a")
    address = wish(client, format="ask")
    page = client.post(address, {"file_format": "csv", "purpose": "年终核对", "bare": [bare]})
    assert not DataExport.objects.exclude(bare=[]).exists()
    assert page.status_code in (302, 422)


def test_who_lost_the_right_to_full_values_gets_no_file(
    client: Any, signed_in: Any, clerk: Any, director: Any, new_file: Any, areas: Any
) -> None:
    new_file("a")
    client.post(URL, {"_act": "settings", "columns": ["number"]})
    export = ask(client, wish(client, format="ask"), bare=["number"])
    decide(signed_in, director)
    RoleGrant.objects.filter(staff=clerk).update(role=Role.VIEWER)
    job = core.job_of(export)
    assert jobs.run_until_done(job.pk).state == JobState.FAILED
    assert DataExport.objects.get().file is None


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_control_row_leads_back_to_the_export(
    client: Any, signed_in: Any, director: Any, new_file: Any, file_format: str
) -> None:
    for name in ("a", "b", "c"):
        new_file(name)
    client.post(URL, {"_act": "settings", "columns": ["number"]})
    address = wish(client, format="ask")
    export = ask(client, address, bare=["number"], file_format=file_format)
    decide(signed_in, director)
    export = made(export)
    canary = canaries.canary_of(export.number)
    assert (export.rows_written, export.mark) == (3, canary.number)
    if file_format == "csv":
        held = [line[1] for line in lines(export)[2:]]
    else:
        sheet = openpyxl.load_workbook(files.open_stored(export.file)).active
        held = [row[1].value for row in sheet.iter_rows(min_row=3)]
        hidden = [n for n, size in sheet.row_dimensions.items() if size.hidden]
        assert [sheet.cell(n, 2).value for n in hidden] == [canary.number]
        assert export.number in sheet.oddHeader.left.text
    assert held.count(canary.number) == 1
    found = signed_in(director).post("/exports/", {"_act": "query", "quick": canary.number})
    assert canary.number not in found.url
    listed = signed_in(director)
    page = listed.get(listed.post("/exports/", {"_act": "query", "quick": canary.number}).url)
    assert [row.cells[0].text for row in page.context["table_rows"]] == [export.number]


def test_a_revoked_export_is_fetched_by_nobody(
    client: Any, signed_in: Any, reviewer: Any, stranger: Any, new_file: Any
) -> None:
    new_file("a")
    wish(client)
    export = made(DataExport.objects.get())
    address = f"/exports/{export.pk}/revoke/"
    assert signed_in(stranger).post(address).status_code == 404
    signed_in(reviewer).post(address)
    assert DataExport.objects.get().state == ExportState.REVOKED
    assert client.get(f"/files/{export.file_id}/").status_code == 404


def test_a_waiting_export_that_was_revoked_is_not_made(client: Any, new_file: Any) -> None:
    new_file("a")
    wish(client)
    export = DataExport.objects.get()
    client.post(f"/exports/{export.pk}/revoke/")
    job = core.job_of(export)
    assert job is not None
    assert job.state == JobState.CANCELLED


def test_a_file_ends_by_itself(client: Any, new_file: Any) -> None:
    new_file("a")
    wish(client)
    export = made(DataExport.objects.get())
    assert export.expires_at - clock.now() < datetime.timedelta(hours=24, minutes=1)
    DataExport.objects.update(expires_at=clock.now() - datetime.timedelta(seconds=1))
    assert client.get(f"/files/{export.file_id}/").status_code == 404


def test_a_returned_file_is_not_made(
    client: Any, signed_in: Any, reviewer: Any, new_file: Any, limit: Any
) -> None:
    limit(0)
    new_file("a")
    ask(client, wish(client))
    decide(signed_in, reviewer, "return")
    assert DataExport.objects.get().state == ExportState.RETURNED
    assert not Job.objects.exists()


def test_the_line_of_a_file_calculates_nothing(
    client: Any, signed_in: Any, reviewer: Any, new_file: Any, limit: Any
) -> None:
    limit(0)
    new_file("a")
    export = ask(client, wish(client), purpose='=HYPERLINK("x")&A1', file_format="xlsx")
    decide(signed_in, reviewer)
    sheet = openpyxl.load_workbook(files.open_stored(made(export).file)).active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_the_database_refuses_a_file_without_its_approval(clerk: Any, areas: Any) -> None:
    row = {
        "list_id": "x", "route": "x", "file_format": "csv", "language": "en", "rows_expected": 9,
        "asked_by": clerk, "asked_at": clock.now(), "area": areas["zhuanghe"], "hours_open": 1,
    }  # fmt: skip
    for wrong in (
        {"needs_approval": True, "purpose": "x", "state": "ALLOWED"},
        {"bare": ["number"], "state": "WAITING"},
        {"needs_approval": True, "purpose": "", "state": "WAITING"},
        {"approved_by": clerk, "state": "ALLOWED"},
        {"state": "READY"},
        {"state": "ALLOWED", "fetches_allowed": 1, "fetches": 2},
    ):
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            DataExport.objects.create(**row | wrong)
        assert integrity.message_for(integrity.constraint_of(refused.value))


def test_the_page_of_a_wish_of_another_session_does_not_exist(
    client: Any, signed_in: Any, reviewer: Any, new_file: Any
) -> None:
    new_file("a")
    address = wish(client, format="ask")
    assert client.get(address).status_code == 200
    assert signed_in(reviewer).get(address).status_code == 404


# The figure behind it.


def test_a_figure_is_proposed_with_its_basis_and_approved_by_another(
    signed_in: Any, director: Any, new_staff: Any
) -> None:
    other = new_staff("chief", Role.DIRECTOR, "city")
    address = f"/parameters/{core.ROWS.key}/"
    sent = {"value": "500", "starts_on": clock.today().isoformat(), "source": "局数据管理办法第9条"}
    signed_in(director).post(address, sent)
    assert parameters.value(core.ROWS.key, clock.today()) == core.ROWS.default
    decide(signed_in, director)
    assert parameters.value(core.ROWS.key, clock.today()) == core.ROWS.default
    decide(signed_in, other)
    assert parameters.value(core.ROWS.key, clock.today()) == 500
    assert "局数据管理办法" in signed_in(director).get(address).content.decode()
    assert parameters.value(core.ROWS.key, clock.today() - datetime.timedelta(1)) == 1000


@pytest.mark.parametrize(
    "wrong",
    [{"value": "-1"}, {"value": "100001"}, {"starts_on": "2016-01-01"}, {"source": " "}],
)
def test_a_figure_outside_its_limits_is_refused(
    signed_in: Any, director: Any, wrong: dict[str, str]
) -> None:
    sent = {"value": "500", "starts_on": clock.today().isoformat(), "source": "决定"} | wrong
    page = signed_in(director).post(f"/parameters/{core.ROWS.key}/", sent)
    assert page.status_code in (409, 422)
    assert not ParameterVersion.objects.exists()


def test_an_unknown_parameter_does_not_exist(signed_in: Any, director: Any) -> None:
    assert signed_in(director).get("/parameters/no.such/").status_code == 404
