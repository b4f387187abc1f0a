"""The equation of a roster: whatever is missing stops it, by name."""

import pytest
from django.db import connection

from bureau.core import clock, integrity
from bureau.intake.choices import BatchState
from enrollment.imports import reconcile
from enrollment.models import RosterBatch, RosterFile, RosterRow
from enrollment.tests import rosters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

#: What is taken away from an applied roster, and the words for it.
LOSSES = {
    "clean rows without a person": "DELETE FROM enrollment_rosterlink",
    "linked rows whose person has no file": "UPDATE enrollment_rosterlink SET person_id = -1",
    "linked rows without coverage": "DELETE FROM enrollment_coveragespell",
    "numbers borne out that nobody holds": "DELETE FROM enrollment_personidentifier",
}


@pytest.fixture
def applied():
    return rosters.bring_in(rosters.csv_of(rosters.lines(range(12))))


def test_the_counts_are_those_of_the_rows(applied):
    RosterBatch.objects.filter(pk=applied.pk).update(rows_fixed=0, rows_review=0, checked_at=None)
    reconcile.count_rows(applied)
    applied.refresh_from_db()
    outcomes = [row.outcome for row in RosterRow.objects.all()]
    for name in ("ACCEPTED", "FIXED", "REVIEW", "REJECTED", "NOT_RECORD"):
        assert getattr(applied, f"rows_{name.lower()}") == outcomes.count(name)
    assert applied.rows_read == len(outcomes) == 13
    assert applied.amount_read == 250 * 12


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_lost_or_doubled_row_is_found(applied, difference):
    file = RosterFile.objects.get()
    RosterFile.objects.filter(pk=file.pk).update(rows_loaded=file.rows_loaded + difference)
    with pytest.raises(reconcile.NotEqual) as refusal:
        reconcile.count_rows(applied)
    assert refusal.value.code == "ROWS_LOST"
    assert refusal.value.facts == {"read": 13 + difference, "counted": 13}


@pytest.mark.parametrize("what", reconcile.DIFFERENCES)
def test_whatever_is_missing_from_the_roll_is_named(applied, what):
    RosterBatch.objects.filter(pk=applied.pk).update(state=BatchState.APPLYING)
    with connection.cursor() as cursor:
        cursor.execute(LOSSES[what])
    with pytest.raises(reconcile.NotEqual) as refusal:
        reconcile.close_roster(applied, at=clock.now())
    assert (refusal.value.code, refusal.value.facts["what"]) == ("ROLL_DIFFERS", what)
    applied.refresh_from_db()
    assert applied.state == BatchState.APPLYING


#: What is done around the services, and the invariant that finds it.
DAMAGES = {
    "roster_rows_add_up": "UPDATE enrollment_rosterrow SET outcome = 'REVIEW'",
    "applied_row_is_covered": "DELETE FROM enrollment_coveragespell",
    "double_enrollment_has_its_other": "UPDATE enrollment_coveragespell SET state = 'DOUBLE'",
    "roster_applied_once": "UPDATE enrollment_rosterbatch SET state = 'APPLYING'",
    "roll_is_held_by_its_roster": "UPDATE enrollment_roll SET applying_batch_id ="
    " (SELECT max(id) FROM enrollment_rosterbatch)",
    "nobody_is_insured_twice": "ALTER TABLE enrollment_coveragespell DROP CONSTRAINT"
    " coverage_no_two_in_force_on_a_day; UPDATE enrollment_coveragespell SET person_id ="
    " (SELECT min(person_id) FROM enrollment_coveragespell)",
    "resident_number_is_of_one_person": "DROP INDEX identifier_resident_number_of_one_person;"
    " UPDATE enrollment_personidentifier SET number = '210281198005170022'",
}


@pytest.mark.parametrize("name", DAMAGES)
def test_an_invariant_finds_what_was_done_around_the_services(applied, name):
    assert integrity.broken_invariants() == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(DAMAGES[name])
    assert name in {broken.name for broken in integrity.broken_invariants()}
