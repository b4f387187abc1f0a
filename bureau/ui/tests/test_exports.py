"""Files of lists: what the view shows, for its asker alone, formula-safe, logged."""

import csv
import io
import zipfile
from typing import Any

import openpyxl
import pytest
from django.db import connection

from bureau.core import clock, files, jobs
from bureau.core.choices import JobState
from bureau.core.models import AccessLog, Job, RoleGrant, StoredFile
from bureau.core.tests.factories import county
from bureau.ui import exports

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("gallery")]

URL = "/gallery/files/"


@pytest.fixture
def client(signed_in: Any, clerk: Any) -> Any:
    return signed_in(clerk)


def ask(client: Any, file_format: str = "csv", query: str = "") -> Job:
    response = client.post(f"{URL}?{query}", {"_act": "export", "format": file_format})
    assert response.status_code == 302, response.content
    return Job.objects.latest("pk")


def made(job: Job) -> StoredFile:
    jobs.run_until_done(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.last_error
    return StoredFile.objects.get(pk=job.result["file"])


def lines_of(stored: StoredFile) -> list[list[str]]:
    """Heads and rows, without the line above them that says who took the file."""
    text = files.open_stored(stored).read().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


def test_the_file_holds_the_present_view(client: Any, new_file: Any) -> None:
    new_file("b", size=250)
    new_file("a", size=100)
    new_file("other", purpose="b")
    new_file("foreign", area="wafangdian")
    stored = made(ask(client, query="purpose=a&sort=name"))
    heads, *rows = lines_of(stored)
    assert heads[0] == "文件名"
    assert [row[:3] for row in rows] == [["a", "100", "1"], ["b", "250", "2.5"]]


def test_text_is_formula_safe_in_both_formats(client: Any, new_file: Any) -> None:
    new_file("=1+1")
    assert lines_of(made(ask(client)))[1][0] == "'=1+1"
    book = openpyxl.load_workbook(files.open_stored(made(ask(client, "xlsx"))))
    cell = book.active["A3"]
    assert (cell.value, cell.data_type == "f") == ("=1+1", False)
    assert book.active["B3"].value == 1


def test_a_workbook_without_rows_still_has_its_heads(client: Any) -> None:
    stored = made(ask(client, "xlsx"))
    with files.open_stored(stored) as content:
        assert zipfile.is_zipfile(content)
    assert openpyxl.load_workbook(files.open_stored(stored)).active["A2"].value == "文件名"


def test_the_access_log_says_who_took_how_many_rows(client: Any, clerk: Any, new_file: Any) -> None:
    new_file("a")
    new_file("b")
    made(ask(client))
    entry = AccessLog.objects.get(subject_label="gallery.file")
    assert (entry.actor_id, entry.action, entry.row_count) == (clerk.pk, "export", 2)


def test_values_of_persons_are_not_written_into_the_job(client: Any, new_file: Any) -> None:
    new_file("张三")
    new_file("李四")
    address = client.post(URL, {"_act": "query", "name": "张三"}).url
    job = ask(client, query=address.partition("?")[2])
    assert "张三" not in str(job.arguments) + job.key + job.label
    assert [row[0] for row in lines_of(made(job))[1:]] == ["张三"]


def test_a_wide_query_by_name_is_refused_as_a_file(
    client: Any, new_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MOST_NUMBERED", 1)
    new_file("张三")
    new_file("张四")
    address = client.post(URL, {"_act": "query", "name": "张"}).url
    client.post(address, {"_act": "export", "format": "csv"})
    assert not Job.objects.exists()


def test_the_same_wish_twice_is_one_job(client: Any, new_file: Any) -> None:
    new_file("a")
    assert ask(client).pk == ask(client).pk


def test_a_right_that_has_gone_stops_the_file(client: Any, clerk: Any, new_file: Any) -> None:
    new_file("a")
    job = ask(client)
    RoleGrant.objects.filter(staff=clerk).delete()
    jobs.run_until_done(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert not StoredFile.objects.filter(purpose=exports.PURPOSE).exists()


def test_only_the_asker_fetches_the_file(
    client: Any, signed_in: Any, reviewer: Any, new_file: Any
) -> None:
    new_file("a")
    job = ask(client)
    stored = made(job)
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert f"/files/{stored.pk}/" in page
    response = client.get(f"/files/{stored.pk}/")
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(response.streaming_content).decode("utf-8-sig").startswith("导出E")
    assert signed_in(reviewer).get(f"/files/{stored.pk}/").status_code == 404
    assert signed_in(reviewer).get(f"/jobs/{job.pk}/").status_code == 404


@pytest.mark.parametrize("left", ["no role", "another county"])
def test_a_right_that_has_gone_closes_the_files_made_under_it(
    client: Any, clerk: Any, signed_in: Any, new_file: Any, left: str
) -> None:
    new_file("a")
    stored = made(ask(client))
    assert client.get(f"/files/{stored.pk}/").status_code == 200
    if left == "no role":
        RoleGrant.objects.filter(staff=clerk).delete()
    else:
        RoleGrant.objects.filter(staff=clerk).update(area=county("210281"))
    assert signed_in(clerk).get(f"/files/{stored.pk}/").status_code == 404


def test_a_purged_file_and_other_files_are_not_given_out(
    client: Any, clerk: Any, new_file: Any
) -> None:
    new_file("a")
    stored = made(ask(client))
    other = new_file("upload", owner_id=clerk.pk)
    assert client.get(f"/files/{other.pk}/").status_code == 404
    files.purge(stored, by="test", at=clock.now())
    assert client.get(f"/files/{stored.pk}/").status_code == 404


def test_a_file_from_before_the_rule_is_not_given_out(client: Any, new_file: Any) -> None:
    """A list's file that no export tells of, as it was made before a second person was asked."""
    new_file("a")
    stored = made(ask(client))
    assert client.get(f"/files/{stored.pk}/").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_dataexport WHERE file_id = %s", [stored.pk])
    for method in (client.get, client.post):
        assert method(f"/files/{stored.pk}/").status_code == 404
