"""Links and pairs of a roster in the database: what is certain, what is asked, made anew."""

import polars as pl
import pytest

from bureau.intake.choices import BatchState
from enrollment.imports import linkage
from enrollment.models import (
    CandidatePair,
    CoverageSpell,
    Person,
    PersonIdentifier,
    RosterBatch,
    RosterLink,
    RosterRow,
)
from enrollment.services import rosters as services
from enrollment.tests import rosters
from enrollment.tests.fingerprint import content

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


def unchanged(cells, index):
    return cells


def checked(people, county="210281", change=unchanged):
    rows = rosters.lines(people, county=county, change=change)
    batch = rosters.receive(rosters.csv_of(rows), area=county)
    return rosters.bring_to(batch, BatchState.CHECKED)


def applied(people, county="210283", change=unchanged):
    return rosters.bring_to(checked(people, county, change), BatchState.APPLIED)


def unnumbered(cells, index):
    """Nothing but name and birthday says who it is: a clerk is asked."""
    return {**cells, "身份证号": "", "电话": ""}


def test_every_clean_row_is_linked_to_a_person_to_be():
    batch = checked(range(9))
    links = RosterLink.objects.filter(batch=batch)
    assert links.count() == batch.persons_created == 9
    assert all(link.opens_file and link.holds_number for link in links)
    assert set(links.values_list("tier", flat=True)) == {"ALONE"}
    assert len(set(links.values_list("person_id", flat=True))) == 9
    assert not Person.objects.exists()


def test_a_row_of_a_person_on_the_roll_is_attached():
    applied(range(3))
    batch = checked(range(6))
    assert (batch.persons_created, batch.rows_attached) == (3, 3)
    known = set(Person.objects.values_list("pk", flat=True))
    links = RosterLink.objects.filter(batch=batch)
    assert set(links.filter(opens_file=False).values_list("person_id", flat=True)) == known
    assert not known & set(links.filter(opens_file=True).values_list("person_id", flat=True))


def test_an_unsure_row_is_offered_with_the_row_that_opened_the_file():
    first = applied([0])
    batch = checked([0], change=unnumbered)
    assert (batch.persons_created, batch.rows_attached, batch.pairs_found) == (0, 0, 1)
    [pair] = CandidatePair.objects.all()
    assert (pair.row_a.batch_id, pair.row_b.batch_id) == (first.pk, batch.pk)
    assert (pair.batch_id, pair.state) == (batch.pk, "OPEN")
    assert "NUMBER_MISSING" in pair.evidence
    assert pair.model_version.number == 1


def slipped(cells, index):
    """The last digit of the day of birth's serial is wrong: the check character does not fit."""
    number = cells["身份证号"]
    return {**cells, "身份证号": number[:16] + str((int(number[16]) + 1) % 10) + number[17]}


def test_an_unsure_row_that_leaves_no_other_person_is_linked_and_waits_for_its_number():
    applied([0])
    batch = checked([0], change=slipped)
    assert (batch.persons_created, batch.rows_attached, batch.pairs_found) == (0, 1, 0)
    [link] = RosterLink.objects.filter(batch=batch)
    assert (link.tier, link.opens_file, link.holds_number) == ("PROBABLE", False, False)
    assert "NUMBER_SLIP" in link.evidence
    assert link.model_version.number == 1
    assert link.row.outcome == "REVIEW"
    assert link.person_id == Person.objects.get().pk
    batch = rosters.bring_to(batch, BatchState.APPLIED)
    assert sorted(CoverageSpell.objects.values_list("state", flat=True)) == [
        "IN_FORCE",
        "UNDER_REVIEW",
    ]
    assert PersonIdentifier.objects.filter(kind="RESIDENT_ID").count() == 1


def test_the_households_of_the_roll_speak_for_their_members():
    """Only name and birthday agree, but the household has two others in common."""

    def one_unnumbered(cells, index):
        return unnumbered(cells, index) if index == 2 else cells

    applied(range(3))
    batch = checked(range(3), change=one_unnumbered)
    assert (batch.rows_attached, batch.pairs_found) == (3, 0)
    [link] = RosterLink.objects.filter(batch=batch, tier="PROBABLE")
    assert "PLACE_KIN" in link.evidence


def test_a_waiting_row_of_an_earlier_roster_is_offered_to_a_later_one():
    first = applied([0], change=unnumbered)
    assert first.persons_created == 0
    batch = checked([0], county="210281")
    assert (batch.persons_created, batch.pairs_found) == (1, 1)
    [pair] = CandidatePair.objects.all()
    assert {pair.row_a.batch_id, pair.row_b.batch_id} == {first.pk, batch.pk}


def test_a_number_that_two_rosters_give_to_two_people_makes_the_second_wait():
    def somebody_else(cells, index):
        return {**cells, "姓名": "欧阳震华"}

    applied([0])
    batch = checked([0], county="210281", change=somebody_else)
    [row] = RosterRow.objects.filter(batch=batch).exclude(outcome="NOT_RECORD")
    assert (row.outcome, row.reasons) == ("REVIEW", ["ID_ISSUED_TWICE"])
    assert batch.rows_review == 1


def test_linking_again_comes_to_the_same():
    applied(range(20), change=rosters.with_usual_faults)
    batch = checked(range(10, 40), change=rosters.with_usual_faults)
    before = content()
    for _time in range(2):
        linkage.link_roster(batch)
        assert content() == before


def test_a_decided_pair_stays_when_rows_are_linked_again():
    applied([0])
    batch = checked([0], change=unnumbered)
    CandidatePair.objects.update(
        state="DIFFERENT", decided_by="clerk", decided_at=batch.received_at
    )
    linkage.link_roster(batch)
    [pair] = CandidatePair.objects.all()
    assert (pair.state, pair.decided_by) == ("DIFFERENT", "clerk")
    batch.refresh_from_db()
    assert batch.pairs_found == 0


def test_the_roll_that_was_seen_is_noted():
    batch = checked([0])
    assert batch.matched_revision == services.roll_revision() == 0
    applied([5])
    linkage.link_roster(batch)
    batch.refresh_from_db()
    assert batch.matched_revision == services.roll_revision() == 1


def test_a_reason_is_added_once_and_a_rejected_row_stays_rejected():
    batch = checked([0, 1])
    rows = list(RosterRow.objects.filter(batch=batch).exclude(outcome="NOT_RECORD"))
    RosterRow.objects.filter(pk=rows[1].pk).update(outcome="REJECTED", reasons=["ID_ZEROES"])
    found = pl.DataFrame(
        {"row_id": [row.pk for row in rows], "reasons_added": [["LISTED_TWICE"]] * 2},
        schema_overrides={"reasons_added": pl.List(pl.String)},
    )
    for _time in range(2):
        linkage.add_reasons(found)
    told = list(RosterRow.objects.filter(pk__in=found["row_id"]).order_by("pk"))
    assert [(row.outcome, row.reasons) for row in told] == [
        ("REVIEW", ["LISTED_TWICE"]),
        ("REJECTED", ["ID_ZEROES", "LISTED_TWICE"]),
    ]


def test_a_roster_without_records_is_linked_to_nobody():
    batch = rosters.receive(rosters.csv_of([["合计"] + [""] * 10, ["制表人"] + [""] * 10]))
    RosterBatch.objects.filter(pk=batch.pk).update(state=BatchState.READING)
    linkage.link_roster(batch)
    batch.refresh_from_db()
    assert (batch.persons_created, batch.rows_attached, batch.pairs_found) == (0, 0, 0)


def test_a_row_whose_number_another_roster_disputes_opens_no_file():
    def somebody_else(cells, index):
        return {**cells, "姓名": "欧阳震华"}

    applied([0])
    batch = checked([0], county="210281", change=somebody_else)
    assert (batch.persons_created, RosterLink.objects.filter(batch=batch).count()) == (0, 0)
    before = content()
    linkage.link_roster(batch)
    assert content() == before
