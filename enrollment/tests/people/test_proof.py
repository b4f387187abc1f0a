"""The integration proof: its figures against plain counting, its scope, its workbook."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from bureau.core import access, clock, jobs
from bureau.core.actors import Scope
from bureau.core.choices import JobState, Role
from bureau.core.models import Area, AuditEvent, Job
from bureau.intake.choices import BatchState
from enrollment.choices import Outcome
from enrollment.models import (
    CoverageSpell,
    DoubleCase,
    Person,
    RosterBatch,
    RosterFile,
    RosterLink,
    RosterRow,
)
from enrollment.reports import proof_tables
from enrollment.selectors import double_figures, proof_counts
from enrollment.selectors.proof import Proof, read
from enrollment.tests import doubles
from enrollment.tests.people.conftest import CITY, ZHUANGHE

#: Every linked row beside its person, area and scheme; the plain counting of the tests reads this.
PLAIN = """
    SELECT link.person_id, county.name AS county, batch.scheme, spell.state, batch.id AS batch_id,
           lower(spell.period) AS begins_on, link.row_id
    FROM enrollment_rosterlink link
    JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id AND batch.state = 'APPLIED'
    JOIN enrollment_coveragespell spell ON spell.source_row_id = link.row_id
    JOIN core_area area ON area.id = spell.area_id
    JOIN core_area county
      ON county.code = coalesce(nullif(split_part(area.path, '/', 2), ''), area.code)
"""
RANKS = ["IN_FORCE", "SUSPENDED", "UNDER_REVIEW", "DOUBLE", "ENDED"]


def whole() -> Scope:
    return Scope.of([Area.objects.get(code=CITY).path])


def made(scope: Scope | None = None, **options: Any) -> Proof:
    return proof_counts.proof_of(scope or whole(), at=clock.now(), **options)


def ask(statement: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def count(statement: str) -> int:
    return int(next(iter(ask(statement)[0].values())))


# Figures.


def test_every_equation_holds(roll: None) -> None:
    proof = made()
    assert proof.holds
    assert len(proof.checks) == 6
    assert proof.totals.people > 200


def test_totals_are_those_of_plain_counting(roll: None) -> None:
    totals = made().totals
    rows = "SELECT count(*) FROM enrollment_rosterrow staged"
    assert totals.read == count(rows)
    assert totals.not_records == count(f"{rows} WHERE outcome = 'NOT_RECORD'")
    unlinked = f"{rows} LEFT JOIN enrollment_rosterlink l ON l.row_id = staged.id WHERE l IS NULL"
    assert totals.waiting == count(f"{unlinked} AND outcome = 'REVIEW'")
    assert totals.rejected == count(f"{unlinked} AND outcome = 'REJECTED'")
    assert totals.people == Person.objects.count()
    further = RosterLink.objects.count() - Person.objects.count()
    assert totals.further_same + totals.further_other == further
    assert totals.records - totals.waiting - totals.rejected - further == totals.people


def test_files_are_counted_row_by_row(roll: None) -> None:
    for file in made().files:
        rows = RosterRow.objects.filter(file=file.file_id)
        assert file.read == rows.count()
        for outcome in Outcome:
            assert file.rows(outcome) == rows.filter(outcome=outcome).count()


def kept_rows() -> dict[int, dict[str, Any]]:
    """For each person the row that stands for the person, chosen in Python."""
    kept: dict[int, dict[str, Any]] = {}
    for row in sorted(
        ask(PLAIN), key=lambda r: (RANKS.index(r["state"]), r["begins_on"], r["row_id"])
    ):
        kept.setdefault(row["person_id"], row)
    return kept


def test_people_by_area_and_scheme_are_those_of_plain_counting(roll: None) -> None:
    kept = list(kept_rows().values())
    proof = made()
    for line in proof.participation:
        own = [row for row in kept if row["county"] == line.area.name]
        assert line.people == len(own), line.area
    for line in proof.roll:
        own = [(r["county"], r["scheme"]) for r in kept]
        assert line.people == own.count((line.area.name, line.scheme))
        spells = [
            r for r in ask(PLAIN) if (r["county"], r["scheme"]) == (line.area.name, line.scheme)
        ]
        for state, figure in line.spells.items():
            assert figure == sum(row["state"] == state for row in spells)
    for roster in proof.rosters:
        assert roster.people == sum(row["batch_id"] == roster.roster_id for row in kept)


def test_the_guard_compares_people_in_force_with_the_baseline(roll: None) -> None:
    in_force = {row["person_id"]: row["county"] for row in ask(PLAIN) if row["state"] == "IN_FORCE"}
    kept = list(kept_rows().values())
    proof = made()
    assert sum(line.in_force for line in proof.participation) == len(in_force)
    for line in proof.participation:
        own = [row for row in kept if row["county"] == line.area.name]
        assert line.in_force == sum(row["state"] == "IN_FORCE" for row in own), line.area
        # Who is below the baseline is somewhere: waiting, sent back, or on the roll not in force.
        assert line.below == line.waiting + line.rejected + line.people - line.in_force
        assert line.baseline >= line.in_force
    assert proof.below_baseline == [line for line in proof.participation if line.below]


def test_a_coverage_that_ends_falls_below_the_baseline(roll: None) -> None:
    before = {line.area: line for line in made().participation}
    row = next(row for row in kept_rows().values() if row["state"] == "IN_FORCE")
    CoverageSpell.objects.filter(source_row=row["row_id"]).update(state="ENDED")
    changed = [line for line in made().participation if line != before[line.area]]
    assert [(line.area.name, line.below - before[line.area].below) for line in changed] == [
        (row["county"], 1)
    ]


def test_duplicates_and_subsidy_are_those_of_the_overlaps(roll: None) -> None:
    doubles.rules_in_force()
    doubles.propose()
    most = DoubleCase.objects.exclude(rule="").values_list("rule", flat=True).first()
    doubles.approve(doubles.decide(most))
    proof = made()
    assert double_figures.total(proof.doubles).removed > 0
    assert double_figures.total(proof.doubles) == double_figures.total(
        double_figures.pairs_in(whole())
    )
    again = read(proof.canonical(), made_at=proof.made_at, years=proof.years, unread_rosters=0)
    assert again.doubles == proof.doubles
    tables = {table.key: table for table in proof_tables.tables_of(proof)}
    for key in ("saved_schemes", "saved_areas"):
        total = tables[key].total
        assert total is not None
        assert total[-7] == sum(pair.figures.found for pair in proof.doubles)
        assert total[-4] == sum(pair.figures.saved for pair in proof.doubles) > 0


def test_overlaps_are_those_of_plain_counting(roll: None) -> None:
    by_person: dict[int, list[dict[str, Any]]] = {}
    for row in ask(PLAIN):
        by_person.setdefault(row["person_id"], []).append(row)
    counties: dict[tuple[str, ...], set[int]] = {}
    schemes: dict[tuple[str, ...], set[int]] = {}
    for person, rows in by_person.items():
        for place, a in enumerate(rows):
            for b in rows[place + 1 :]:
                pair = tuple(sorted((a["county"], b["county"])))
                counties.setdefault(pair, set()).add(person)
                pair = tuple(sorted((a["scheme"], b["scheme"])))
                schemes.setdefault(pair, set()).add(person)
    proof = made()
    found = {tuple(sorted((a.name, b.name))): people for a, b, people in proof.county_overlaps}
    assert found == {pair: len(people) for pair, people in counties.items()}
    assert {(a, b): people for a, b, people in proof.scheme_overlaps} == {
        pair: len(people) for pair, people in schemes.items()
    }


def test_reasons_are_those_of_rows_not_on_the_roll(roll: None) -> None:
    for outcome, reason, rows in made().reasons:
        found = RosterRow.objects.filter(outcome=outcome, reasons__contains=[reason], link=None)
        assert rows == found.count()


@pytest.mark.parametrize(
    ("damage", "broken"),
    [
        ("UPDATE enrollment_rosterfile SET rows_loaded = rows_loaded + 1", "ROWS"),
        (
            "UPDATE enrollment_rosterrow SET outcome = 'NOT_RECORD' WHERE id ="
            " (SELECT min(row_id) FROM enrollment_rosterlink)",
            "RECORDS",
        ),
        (
            "UPDATE enrollment_coveragespell SET source_row_id = NULL WHERE id ="
            " (SELECT min(id) FROM enrollment_coveragespell)",
            "COVERAGE",
        ),
        (
            "UPDATE enrollment_rosterlink SET person_id = 900000 WHERE row_id ="
            " (SELECT min(row_id) FROM enrollment_rosterlink)",
            "FILES",
        ),
    ],
)
def test_what_is_lost_is_seen(roll: None, damage: str, broken: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(damage)
    proof = made()
    assert not proof.holds
    assert broken in {check.code for check in proof.checks if not check.holds}


def test_rosters_not_applied_or_withdrawn(roll: None) -> None:
    before = made().totals
    first, second = RosterBatch.objects.order_by("pk")[:2]
    RosterBatch.objects.filter(pk=first.pk).update(state=BatchState.CHECKED)
    RosterBatch.objects.filter(pk=second.pk).update(state=BatchState.CANCELLED)
    RosterFile.objects.filter(batch=second).update(withdrawn=True)
    proof = made()
    assert proof.holds
    assert proof.totals.not_applied == first.rows_read - first.rows_not_record
    assert proof.totals.read == before.read - second.rows_read
    assert second.pk not in {roster.roster_id for roster in proof.rosters}


def test_a_roster_still_being_read_is_only_counted(roll: None) -> None:
    roster = RosterBatch.objects.first()
    RosterBatch.objects.filter(pk=roster.pk).update(state=BatchState.READING, checked_at=None)
    proof = made()
    assert proof.unread_rosters == 1
    assert proof.holds


def test_a_year_keeps_its_rosters(roll: None) -> None:
    years = made().years
    assert len(years) == 1
    assert made(year=years[0]).totals == made().totals
    assert made(year=1999).rosters == []
    assert made(year=1999).holds


def test_the_digest_is_of_the_content(roll: None) -> None:
    digest = made().digest()
    assert made().digest() == digest
    row = RosterRow.objects.filter(outcome=Outcome.ACCEPTED).first()
    RosterRow.objects.filter(pk=row.pk).update(outcome=Outcome.FIXED)
    assert made().digest() != digest


def test_the_proof_asks_few_statements(roll: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        made()
    assert len(queries) <= 20


# Page.


def counted(client: Client, **asked: str) -> None:
    """The figures of the client's areas stand, counted by their job."""
    client.post("/proof/count/", asked)
    job = jobs.run_until_done(Job.objects.filter(kind="enrollment.count_proof").latest("pk").pk)
    assert job.state == JobState.DONE, job.last_error


@pytest.mark.parametrize("role", list(Role))
def test_roles_of_the_matrix_and_no_others(client_of: Callable[..., Client], role: Role) -> None:
    client = client_of(role, CITY)
    shown = client.get("/proof/").status_code
    asked = client.post("/proof/export/").status_code
    may = role in access.roles_for("enrollment:proof")
    assert (shown, asked) == ((200, 302) if may else (403, 403))
    assert client.post("/proof/").status_code == 405
    assert client.get("/proof/export/").status_code == 405


def test_the_page_shows_the_figures_and_no_person(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.DIRECTOR, CITY, language="en")
    counted(client)
    answer = client.get("/proof/")
    page = answer.content.decode()
    proof = made()
    assert f"{proof.totals.people:,}" in page
    assert proof.digest() in page
    names = [name for name in Person.objects.values_list("name", flat=True) if len(name) > 2]
    assert not [name for name in names if name in page]
    for file in proof.files:
        if file.rows(Outcome.REVIEW):
            link = f"/rosters/{file.roster_id}/rows/?outcome=REVIEW&amp;file={file.file_id}"
            assert link in page
            rows = client.get(link.replace("&amp;", "&"))
            assert rows.context["count"].figure == file.rows(Outcome.REVIEW)
            break
    else:
        pytest.fail("no file has a row that waits")


def test_a_county_proves_its_own_rosters_alone(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK, ZHUANGHE)
    counted(client)
    page = client.get("/proof/")
    proof: Proof = page.context["proof"]
    assert {roster.area.code for roster in proof.rosters} == {ZHUANGHE}
    assert proof.holds
    others = RosterFile.objects.exclude(batch__area__code=ZHUANGHE)
    text = page.content.decode()
    assert not [file.name for file in others if file.name in text or file.sha256 in text]
    assert {line.area.code for line in proof.participation} == {ZHUANGHE}
    assert f"{Person.objects.count():,}" != f"{proof.totals.people:,}"


@pytest.mark.parametrize("year", ["x", "20 19", "99999", "²⁰¹⁹", "-201"])
def test_odd_years_are_not_found(client_of: Callable[..., Client], year: str) -> None:
    client = client_of(Role.CLERK)
    assert client.get("/proof/", {"year": year}).status_code == 404
    assert client.post("/proof/export/", {"year": year}).status_code == 404


def test_charts_are_figures_too(client_of: Callable[..., Client]) -> None:
    client = client_of(Role.CLERK, CITY)
    counted(client)
    for chart in ("participation", "overlaps"):
        answer = client.get("/proof/", {"chart": chart})
        assert answer["Content-Type"].startswith("text/csv")


def test_an_empty_house_says_so(client_of: Callable[..., Client]) -> None:
    RosterBatch.objects.update(state=BatchState.CANCELLED)
    assert client_of(Role.CLERK, CITY).get("/proof/").status_code == 200


# Workbook.


def workbook_of(client: Client, **asked: str) -> Any:
    """The workbook the client asked for, and the address of its file."""
    answer = client.post("/proof/export/", asked)
    job = jobs.run_until_done(Job.objects.latest("pk").pk)
    assert job.state == JobState.DONE, job.last_error
    address = f"/files/{job.result['file']}/"
    assert address in client.get(answer["Location"]).content.decode()
    content = b"".join(client.get(address).streaming_content)
    return openpyxl.load_workbook(io.BytesIO(content)), address


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_workbook_holds_the_figures_of_the_page(
    client_of: Callable[..., Client], language: str
) -> None:
    client = client_of(Role.DIRECTOR, CITY, language=language)
    book, _address = workbook_of(client)
    with translation.override(language):
        tables = proof_tables.tables_of(made())
        assert book.sheetnames[1:] == [table.sheet_name for table in tables]
        for table in tables:
            sheet = book[table.sheet_name]
            assert sheet.freeze_panes == "B2"
            heads = [cell.value for cell in sheet[1]]
            assert heads == [str(head.label) for head in table.heads]
            for line, cells in zip(table.lines, sheet.iter_rows(min_row=2), strict=False):
                for head, value, cell in zip(table.heads, line.values, cells, strict=False):
                    if head.kind == "number" and value is not None:
                        assert cell.value == value
                        assert cell.number_format == "#,##0"
    for sheet in book:
        for row in sheet.iter_rows():
            assert not [cell for cell in row if cell.data_type == "f"]


def test_the_workbook_is_its_askers_alone(client_of: Callable[..., Client]) -> None:
    _book, address = workbook_of(client_of(Role.DIRECTOR, CITY))
    for role, area in ((Role.CLERK, CITY), (Role.AUDITOR, CITY), (Role.REVIEWER, ZHUANGHE)):
        assert client_of(role, area).get(address).status_code == 404
    event = AuditEvent.objects.get(kind="proof.exported")
    assert re.fullmatch(r"[0-9a-f]{64}", event.facts["digest"])


def test_a_county_gets_a_workbook_of_its_own(client_of: Callable[..., Client]) -> None:
    book, _address = workbook_of(client_of(Role.CLERK, ZHUANGHE, language="en"))
    names = [row[0].value for row in book["Files"].iter_rows(min_row=2) if row[0].value]
    others = RosterFile.objects.exclude(batch__area__code=ZHUANGHE)
    assert not set(names) & {file.name for file in others}


def test_a_name_that_looks_like_a_formula_stays_text(client_of: Callable[..., Client]) -> None:
    file = RosterFile.objects.order_by("pk").first()
    RosterFile.objects.filter(pk=file.pk).update(name="=cmd|' /C calc'!A0.csv")
    book, _address = workbook_of(client_of(Role.DIRECTOR, CITY, language="en"))
    cells = [row[0] for row in book["Files"].iter_rows(min_row=2)]
    (cell,) = [cell for cell in cells if cell.value and "cmd|" in str(cell.value)]
    assert cell.data_type == "s"


def test_rights_are_read_when_the_job_runs(
    client_of: Callable[..., Client], staff_of: Callable[..., Any]
) -> None:
    client_of(Role.CLERK).post("/proof/export/")
    staff_of(Role.CLERK).grants.all().delete()
    job = jobs.run_until_done(Job.objects.latest("pk").pk)
    assert job.state == JobState.FAILED
    assert "file" not in job.result


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_command_writes_the_same_workbook(roll: None, tmp_path: Path, language: str) -> None:
    call_command("export_proof", str(tmp_path / "out"), language=language, verbosity=0)
    (path,) = (tmp_path / "out").iterdir()
    book = openpyxl.load_workbook(path)
    with translation.override(language):
        totals = book[str(proof_tables.SHEETS["equation"])]
    assert totals.cell(11, 3).value == Person.objects.count()


def test_the_command_fails_when_the_proof_does(roll: None, tmp_path: Path) -> None:
    RosterFile.objects.update(rows_loaded=1)
    with pytest.raises(CommandError):
        call_command("export_proof", str(tmp_path), verbosity=0)
