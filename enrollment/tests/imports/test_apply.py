"""An approved roster on the roll: people, numbers, households, coverage; once, whatever happens."""

import datetime

import pytest
from django.apps import apps
from django.db import connection

from bureau.core import clock, jobs
from bureau.core.actors import Actor
from bureau.core.choices import JobState
from bureau.core.models import AuditEvent, Job
from bureau.intake.choices import BatchState
from enrollment.choices import Scheme
from enrollment.imports import apply, reconcile
from enrollment.models import (
    CoverageSpell,
    Household,
    Person,
    PersonIdentifier,
    Roll,
    RosterBatch,
    RosterLink,
    RosterRow,
)
from enrollment.services import roster_jobs
from enrollment.tests import rosters
from enrollment.tests.fingerprint import content

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

EMPTIED = (
    "enrollment_rosterbatch", "enrollment_person", "enrollment_household",
    "enrollment_coveragespellevent", "core_auditevent",
)  # fmt: skip
EXPORT_HEADER = (
    "psn_no", "psn_name", "psn_cert_type", "certno", "gend", "naty", "brdy", "insutype",
    "insu_admdvs", "psn_type", "psn_insu_stas", "begndate", "tel",
)  # fmt: skip


def unchanged(cells, index):
    return cells


def bring_in(people, county="210281", change=unchanged, **sender):
    rows = rosters.lines(people, county=county, change=change)
    return rosters.bring_in(rosters.csv_of(rows), area=county, **sender)


def export(people, scheme, county="210281", **changes):
    """An export of the city's platform about these people."""
    rows = []
    for index in people:
        cells = rosters.person(index)
        row = {
            "psn_no": f"2102{index:016}",
            "psn_name": cells["姓名"],
            "psn_cert_type": "01",
            "certno": cells["身份证号"],
            "gend": "1" if cells["性别"] == "男" else "2",
            "naty": "01",
            "brdy": cells["出生日期"],
            "insutype": {"UEBMI": "310", "URBMI": "391"}[scheme],
            "insu_admdvs": county,
            "psn_type": "1101",
            "psn_insu_stas": "1",
            "begndate": "2011-03-01" if scheme == "UEBMI" else "2019-01-01",
            "tel": cells["电话"],
            **changes,
        }
        rows.append([row[name] for name in EXPORT_HEADER])
    return rosters.csv_of(rows, EXPORT_HEADER)


def period(spell):
    return spell.period.lower, spell.period.upper


def test_a_rows_person_number_household_and_coverage():
    bring_in(range(3))
    cells = rosters.person(0)
    person = Person.objects.get(identifiers__number=cells["身份证号"])
    assert (person.name, person.sex, person.phone) == (cells["姓名"], "MALE", cells["电话"])
    assert person.birth_on.isoformat() == cells["出生日期"]
    assert (person.area.level, person.area.parent.code) == ("TOWN", "210281")
    [membership] = person.memberships.all()
    assert (membership.household.number, membership.relation) == (cells["户号"], "02")
    assert Household.objects.count() == 1
    [spell] = person.spells.all()
    assert (spell.state, spell.scheme, spell.area.code) == ("IN_FORCE", "NCMS", "210281")
    assert period(spell) == (datetime.date(2019, 1, 1), datetime.date(2020, 1, 1))
    assert (str(spell.contribution_amount), spell.source_row.row_no) == ("250.00", 2)


def test_an_old_number_is_kept_beside_the_new_one():
    def old(cells, index):
        number = cells["身份证号"]
        return {**cells, "身份证号": number[:6] + number[8:17]}

    bring_in([0], change=old)
    number = rosters.person(0)["身份证号"]
    found = dict(PersonIdentifier.objects.values_list("kind", "number"))
    assert found == {"RESIDENT_ID": number, "RESIDENT_ID_15": number[:6] + number[8:17]}


def test_a_row_under_review_holds_its_coverage_back():
    def other_birth(cells, index):
        return {**cells, "出生日期": "1950-02-30"}

    bring_in([0], change=other_birth)
    [spell] = CoverageSpell.objects.all()
    assert (spell.state, spell.reason) == ("UNDER_REVIEW", "ROW_UNDER_REVIEW")


def test_an_unsure_row_opens_no_file():
    batch = bring_in([0, 1], change=lambda cells, index: {**cells, "身份证号": ""})
    assert (batch.rows_review, batch.persons_created) == (2, 0)
    assert not Person.objects.exists()
    assert RosterRow.objects.filter(outcome="REVIEW").count() == 2


def test_an_employee_is_covered_until_further_notice_and_before_a_resident():
    bring_in([0])
    rosters.bring_in(export([0], "UEBMI"), scheme=Scheme.UEBMI, area="210200")
    person = Person.objects.get()
    spells = {spell.scheme: spell for spell in person.spells.all()}
    assert (spells["UEBMI"].state, spells["NCMS"].state) == ("IN_FORCE", "DOUBLE")
    assert period(spells["UEBMI"]) == (datetime.date(2011, 3, 1), None)
    assert spells["UEBMI"].area.code == "210281"
    numbers = set(person.identifiers.values_list("kind", "issuer"))
    assert numbers == {("RESIDENT_ID", ""), ("PLATFORM_PERSON", "UEBMI")}


def test_who_is_listed_in_two_counties_is_covered_once():
    for county in ("210283", "210281"):
        bring_in([0, 1, 2], county=county)
    assert Person.objects.count() == 3
    states = set(CoverageSpell.objects.values_list("area__code", "state"))
    assert states == {("210281", "IN_FORCE"), ("210283", "DOUBLE")}
    by = set(AuditEvent.objects.filter(kind="roster.applied").values_list("target_id", flat=True))
    assert len(by) == 2


def rows_read_again(plan):
    """Rows of the range's own spells that an executed plan gave or threw away, over all loops."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    own = own * plan["Actual Loops"] if plan["Node Type"] == "CTE Scan" else 0
    return own + sum(rows_read_again(part) for part in plan.get("Plans", ()))


def test_a_roster_of_people_who_are_all_insured_elsewhere_takes_no_longer_for_each():
    for county in ("210283", "210281"):
        bring_in(range(300), county=county)
    statement, *_updates = (apply.SQL / "apply_precedence.sql").read_text("utf-8").split(";")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE applied AS SELECT id AS person_id FROM enrollment_person")
        cursor.execute("ANALYZE applied, enrollment_coveragespell")
        start = statement.index("CREATE TEMP TABLE")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement[start:]}")
        plan = cursor.fetchone()[0][0]["Plan"]
        cursor.execute("SELECT count(*) FROM precedence")
        assert cursor.fetchone()[0] == 600
    # Each spell against each other of the range would be 180,000.
    assert rows_read_again(plan) < 600 * 4


def test_what_precedence_changed_is_in_the_history_with_its_job():
    bring_in([0], county="210283")
    batch = bring_in([0], county="210281")
    events = apps.get_model("enrollment.CoverageSpellEvent").objects
    event = events.get(area__code="210283")
    assert event.state == "IN_FORCE"
    job = Job.objects.get(kind=roster_jobs.APPLY, key=str(batch.pk))
    assert event.pgh_context.metadata["actor"] == Actor.job(job).text


def test_the_second_line_of_a_person_in_one_roster_waits():
    rows = rosters.lines([0, 0], change=unchanged)
    rosters.bring_in(rosters.csv_of(rows))
    assert Person.objects.count() == 1
    states = list(CoverageSpell.objects.order_by("source_row__row_no").values_list("state"))
    assert states == [("IN_FORCE",), ("UNDER_REVIEW",)]


def test_small_ranges_come_to_the_same(monkeypatch):
    found = []
    for size in (20_000, 7):
        monkeypatch.setattr(apply, "RANGE_PEOPLE", size)
        bring_in(range(60), county="210283", change=rosters.with_usual_faults)
        bring_in(range(30, 90), change=rosters.with_usual_faults)
        found.append(content())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"TRUNCATE {', '.join(EMPTIED)} CASCADE")
    assert found[0] == found[1]


def test_writing_the_ranges_again_changes_nothing():
    batch = bring_in(range(60), change=rosters.with_usual_faults)
    before = content()
    apply.write_range(batch, 0, 2**62)
    assert content() == before


@pytest.fixture
def unequal(monkeypatch):
    """A roster whose equation fails at its end."""
    monkeypatch.setattr(reconcile, "DIFFERENCES", {"rows in doubt": "SELECT 1 + 0 * %s"})
    batch = rosters.bring_to(
        rosters.receive(rosters.csv_of(rosters.lines(range(9)))), BatchState.APPLYING
    )
    job = jobs.run_until_done(rosters.ask(roster_jobs.APPLY, batch).pk)
    monkeypatch.undo()
    batch.refresh_from_db()
    return batch, job


def test_a_roster_that_does_not_add_up_is_not_called_applied(unequal):
    batch, job = unequal
    assert (job.state, batch.state) == (JobState.FAILED, BatchState.APPLYING)
    assert "rows in doubt" in job.last_error
    assert Roll.objects.get().applying_batch_id == batch.pk
    assert AuditEvent.objects.filter(kind="job.failed").count() == 1
    assert not AuditEvent.objects.filter(kind="roster.applied").exists()


def test_a_failed_run_holds_the_roll_with_a_clear_message_until_it_is_retried(unequal):
    batch, _job = unequal
    other = rosters.bring_to(
        rosters.receive(rosters.csv_of(rosters.lines(range(9, 12)))), BatchState.APPLYING
    )
    waiting = jobs.run_until_done(rosters.ask(roster_jobs.APPLY, other).pk)
    assert waiting.state == JobState.FAILED
    assert str(batch.pk) in waiting.last_error
    for stopped in (batch, other):
        again = roster_jobs.resume(stopped, at=clock.now(), by=rosters.BY)
        assert jobs.run_until_done(again.pk).state == JobState.DONE
        stopped.refresh_from_db()
        assert stopped.state == BatchState.APPLIED
    assert Person.objects.count() == batch.persons_created + other.persons_created
    assert Roll.objects.get().applying_batch_id is None


def test_a_linkage_made_before_another_roster_is_made_anew():
    batch = rosters.bring_to(
        rosters.receive(rosters.csv_of(rosters.lines([0, 1, 2], change=unchanged))),
        BatchState.APPLYING,
    )
    assert (batch.persons_created, batch.rows_attached) == (3, 0)
    bring_in([0, 1], county="210283")
    rosters.bring_to(batch, BatchState.APPLIED)
    assert (batch.persons_created, batch.rows_attached) == (1, 2)
    assert Person.objects.count() == 3
    assert RosterLink.objects.filter(opens_file=True).count() == 3


def test_each_clean_row_is_applied_whatever_the_range(monkeypatch):
    monkeypatch.setattr(apply, "RANGE_PEOPLE", 1)
    batch = bring_in(range(6))
    assert batch.rows_accepted == CoverageSpell.objects.count() == 6
    assert RosterBatch.objects.get().state == BatchState.APPLIED
