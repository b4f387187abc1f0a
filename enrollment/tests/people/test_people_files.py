"""Files of the people list: masked by default, in full after approval, read again by an import."""

import csv
import io
from collections.abc import Callable
from typing import Any

from django.test import Client

from bureau.core import canaries, clock, files, jobs
from bureau.core import exports as core
from bureau.core.choices import JobState, Role
from bureau.core.models import AccessLog, ApprovalRequest, DataExport, Staff
from enrollment.choices import NumberState
from enrollment.imports.roster_fields import heading_of
from enrollment.models import Person, RosterBatch
from enrollment.rules.identity import read_number
from enrollment.tests.people.conftest import CITY, ZHUANGHE
from enrollment.tests.people.test_people_views import numbers_in, url


def made(export: DataExport) -> list[list[str]]:
    job = core.job_of(export)
    assert job is not None
    done = jobs.run_until_done(job.pk)
    assert done.state == JobState.DONE, done.last_error
    export.refresh_from_db()
    text = files.open_stored(export.file).read().decode("utf-8-sig")  # type: ignore[arg-type]
    return list(csv.reader(io.StringIO(text)))


def test_a_file_of_people_is_masked_and_on_record(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK, ZHUANGHE)
    client.post(url("person-list"), {"_act": "export", "format": "csv"})
    export = DataExport.objects.get()
    table = made(export)
    assert len(table) - 2 == export.rows_expected > 10
    text = str(table)
    assert numbers_in(text) == []
    assert not [
        n for n in Person.objects.values_list("name", flat=True) if len(n) > 1 and n in text
    ]
    entry = AccessLog.objects.get(action="export")
    assert (entry.row_count, entry.subject_label) == (export.rows_expected, "enrollment.person")


def test_a_file_of_one_areas_people_and_of_rosters_with_their_rows(
    client_of: Callable[..., Client], roll: Any
) -> None:
    client = client_of(Role.CLERK, ZHUANGHE)
    batch = RosterBatch.objects.filter(area__code=ZHUANGHE, rows_review__gt=0).first()
    assert batch is not None
    for page in (
        url("person-list") + f"?area={batch.area.code}",
        url("roster-list"),
        url("roster-rows", batch.pk) + "?outcome=REVIEW",
    ):
        client.post(page, {"_act": "export", "format": "csv"})
        export = DataExport.objects.latest("pk")
        _line, _heads, *rows = made(export)
        assert len(rows) == export.rows_expected > 0, page


def test_a_file_in_full_bears_the_heads_of_the_template_and_one_invented_person(
    client_of: Callable[..., Client], staff_of: Callable[..., Staff]
) -> None:
    client = client_of(Role.CLERK, ZHUANGHE)
    address = client.post(url("person-list"), {"_act": "export", "format": "ask"}).url
    sent = {"file_format": "csv", "purpose": "与公安比对", "bare": ["name", "number"]}
    assert client.post(address, sent).status_code == 302
    export = DataExport.objects.get()
    number = ApprovalRequest.objects.get().pk
    client_of(Role.DIRECTOR, CITY).post(f"/todo/{number}/decide/", {"decision": "approve"})
    _line, heads, *rows = made(export)
    assert heads[:2] == [heading_of("name"), heading_of("id_number")]
    canary = canaries.canary_of(export.number)
    assert [row[1] for row in rows].count(canary.number) == 1
    assert len(rows) == export.rows_expected + 1
    assert len(numbers_in(str(rows))) > export.rows_expected / 2


def test_the_invented_number_is_nobodys_and_no_roster_applies_it(roll: None) -> None:
    for number in range(200):
        canary = canaries.canary_of(f"E{number:07d}")
        read = read_number(canary.number)
        assert (read.state, read.number) == (NumberState.BAD_AREA, None)
        assert canary.birth_on < clock.today()


def test_two_exports_have_different_invented_people() -> None:
    made_up = {canaries.canary_of(f"E{number:07d}").number for number in range(2000)}
    assert len(made_up) == 2000


def test_a_print_of_people_is_on_record(client_of: Callable[..., Client], roll: Any) -> None:
    page = client_of(Role.CLERK, ZHUANGHE).get(url("person-list"), {"print": "1"})
    entry = AccessLog.objects.get(action="print")
    assert entry.row_count == len(page.context["table_rows"]) > 10
