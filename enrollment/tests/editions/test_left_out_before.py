"""A line that a clerk left out stays left out in the next edition, while it is the same line."""

import pytest

from bureau.core import clock, integrity
from bureau.intake.choices import BatchState
from enrollment.imports.correction_linkage import OF_OTHERS
from enrollment.models import CoverageSpell, RosterCorrection, RosterRow
from enrollment.services import row_repair
from enrollment.tests import corrections, rosters
from enrollment.tests.editions import samples
from enrollment.tests.roster_pages import do_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

#: The last line is a second one of the fifth person.
PEOPLE = [*range(12), 4]
CHANGED = {1: {"电话": "13900000001"}}


@pytest.fixture(autouse=True)
def order(reference):
    yield
    assert integrity.broken_invariants() == []


def left_out_of(batch):
    held = RosterRow.objects.get(batch=batch, reasons__contains=["LISTED_TWICE"])
    row_repair.leave_out(
        batch=batch, rows={held.pk: 0}, reason="同一人报了两行", at=clock.now(), by=rosters.BY
    )
    do_jobs()
    corrections.take(RosterCorrection.objects.get())
    held.refresh_from_db()
    assert (held.outcome, held.is_settled, held.reasons) == ("REJECTED", True, ["LEFT_OUT"])
    return held


def second_line_of(batch):
    rows = RosterRow.objects.filter(batch=batch, name=rosters.person(4)["姓名"]).order_by("row_no")
    assert rows.count() == 2
    return rows.last()


@pytest.fixture
def first():
    return rosters.bring_in(samples.content(PEOPLE))


def test_a_line_left_out_is_not_asked_about_again(first):
    held = left_out_of(first)
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED))
    again = second_line_of(batch)
    assert (again.outcome, again.is_settled, again.stands_by_id) == ("REJECTED", True, held.pk)
    assert again.reasons == ["LEFT_OUT", "LISTED_TWICE"]
    assert (batch.open_rows, samples.counts(batch)) == (0, {"SAME": 12, "CHANGED": 1})
    rosters.bring_to(batch, BatchState.APPLIED)
    assert batch.open_rows == 0
    assert not CoverageSpell.objects.filter(source_row=again).exists()
    assert CoverageSpell.objects.filter(state="IN_FORCE").count() == 12


def test_a_third_edition_leaves_it_out_as_well(first):
    left_out_of(first)
    second = samples.edition(first, samples.content(PEOPLE, CHANGED), BatchState.APPLIED)
    third = samples.edition(second, samples.content(PEOPLE, {2: {"电话": "13900000002"}}))
    assert third.open_rows == 0
    assert second_line_of(third).outcome == "REJECTED"


def test_a_line_that_changed_is_asked_about(first):
    left_out_of(first)
    sent = rosters.csv_of([
        *rosters.lines(range(12), change=lambda cells, _index: cells),
        *rosters.lines([4], change=lambda cells, _index: cells | {"电话": "13900000004"}),
    ])  # fmt: skip
    batch = samples.edition(first, sent)
    assert batch.open_rows == 1
    assert second_line_of(batch).outcome == "REVIEW"


def test_who_is_listed_once_now_is_not_left_out():
    """Only the second line came again, with another telephone as it had."""
    twice = rosters.csv_of([
        *rosters.lines(range(12), change=lambda cells, _index: cells),
        *rosters.lines([4], change=lambda cells, _index: cells | {"电话": "13900000004"}),
    ])  # fmt: skip
    first = rosters.bring_in(twice)
    left_out_of(first)
    batch = samples.edition(first, samples.content(range(12), {4: {"电话": "13900000004"}}))
    row = RosterRow.objects.get(batch=batch, name=rosters.person(4)["姓名"])
    assert row.outcome != "REJECTED"
    rosters.bring_to(batch, BatchState.APPLIED)
    spells = CoverageSpell.objects.filter(source_row__name=row.name).exclude(state="UNDONE")
    assert [spell.state for spell in spells if spell.state == "IN_FORCE"] == ["IN_FORCE"]
    assert not spells.filter(state="DOUBLE").exists()


def test_a_line_left_out_before_may_be_taken_in_again(first):
    left_out_of(first)
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED))
    row_repair.take_in_again(
        batch=batch, row_id=second_line_of(batch).pk, at=clock.now(), by=rosters.BY,
        of_others=OF_OTHERS,
    )  # fmt: skip
    do_jobs()
    again = second_line_of(batch)
    assert (again.outcome, again.is_settled, again.reasons) == ("REVIEW", False, ["LISTED_TWICE"])
