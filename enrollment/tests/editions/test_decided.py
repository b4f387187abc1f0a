"""What a person decided about a former row holds, whatever a newer edition says of its line."""

import pytest

from bureau.core import clock, integrity
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.choices import Verdict
from enrollment.imports import linkage, merge_work
from enrollment.models import CoverageSpell, RosterLink, RosterRow
from enrollment.services import bundles
from enrollment.tests import decisions as made
from enrollment.tests import rosters
from enrollment.tests.editions import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

PEOPLE = range(12)
CHANGED = {7: {"电话": "13900000007"}}
#: The number's check character is wrong: the row waits.
FAULTY = {7: {"身份证号": rosters.person(7)["身份证号"][:17] + "?"}}


@pytest.fixture(autouse=True)
def order(reference):
    yield
    assert integrity.broken_invariants() == []


def there():
    return made.roster(Area.objects.get(code="210283"))


def row_of(batch, index):
    return RosterRow.objects.get(batch=batch, name=rosters.person(index)["姓名"])


def standing_of(row):
    """The states of the coverage of the row's person that stands, by roster."""
    spells = CoverageSpell.objects.filter(person=made.holder(row)).exclude(state="UNDONE")
    return sorted((spell.source_row.batch_id, spell.state) for spell in spells)


def test_a_row_that_a_decision_names_is_not_replaced_unseen():
    first = rosters.bring_in(samples.content(PEOPLE))
    former, waiting = row_of(first, 7), made.row(there())
    decision = made.decided(made.pair(former, waiting))
    made.carry_out()
    person = made.holder(former)
    assert made.holder(waiting) == person
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED), BatchState.APPLIED)
    assert samples.counts(batch) == {"SAME": 11, "UNSURE": 1}
    held = row_of(batch, 7)
    assert (held.outcome, held.reasons) == ("REVIEW", ["EDITION_UNSURE"])
    assert made.holder(former) == person
    assert integrity.broken_invariants() == []
    made.undone(decision)
    made.carry_out()
    assert made.holder(waiting) is None


def test_two_people_who_were_told_apart_stay_so():
    first = rosters.bring_in(samples.content(PEOPLE))
    former, waiting = row_of(first, 7), made.row(there())
    made.decided(made.pair(former, waiting), Verdict.DIFFERENT)
    made.carry_out()
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED), BatchState.APPLIED)
    assert samples.counts(batch) == {"SAME": 11, "UNSURE": 1}
    assert RosterLink.objects.filter(row=former).exists()


def test_a_decision_taken_back_holds_nothing():
    first = rosters.bring_in(samples.content(PEOPLE))
    former, waiting = row_of(first, 7), made.row(there())
    decision = made.decided(made.pair(former, waiting))
    made.carry_out()
    made.undone(decision)
    made.carry_out()
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED), BatchState.APPLIED)
    assert samples.counts(batch) == {"SAME": 11, "CHANGED": 1}


@pytest.mark.parametrize("change", [{}, {"电话": "13900000007"}])
def test_a_waiting_row_that_follows_another_is_covered_once(change):
    first = rosters.bring_in(samples.content(PEOPLE, FAULTY))
    former, waiting = row_of(first, 7), made.row(there())
    made.decided(made.pair(former, waiting))
    made.carry_out()
    assert made.holder(former) is None
    sent = samples.content(reversed(PEOPLE), {7: FAULTY[7] | change})
    samples.edition(first, sent, BatchState.APPLIED)
    former.refresh_from_db()
    assert former.stands_by_id is None
    known = made.person_row(there())
    made.decided(made.pair(waiting, known))
    made.carry_out()
    bundles.ask_for_followers(at=clock.now())
    assert made.holder(former) == made.holder(waiting) == made.holder(known)


@pytest.mark.parametrize("approve", [True, False])
def test_a_row_for_which_another_stands_follows_nobody(approve):
    first = rosters.bring_in(samples.content(PEOPLE, FAULTY))
    former, waiting = row_of(first, 7), made.row(there())
    made.decided(made.pair(former, waiting), approve=approve)
    made.carry_out()
    known = made.person_row(there())
    # The other is repaired and has a file now.
    link = RosterLink.objects.create(
        row=waiting, batch=waiting.batch, person_id=made.holder(known), tier="ALONE"
    )

    def followers():
        work = merge_work.work_waiting(100) if approve else []
        return len(work) + bundles.ask_for_followers(at=clock.now())

    RosterRow.objects.filter(pk=former.pk).update(stands_by=known, is_settled=True)
    assert followers() == 0
    RosterRow.objects.filter(pk=former.pk).update(stands_by=None, is_settled=False)
    assert followers() == 1
    link.delete()


def test_what_is_decided_between_check_and_apply_holds():
    first = rosters.bring_in(samples.content(PEOPLE))
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED))
    assert samples.counts(batch) == {"SAME": 11, "CHANGED": 1}
    former = row_of(first, 7)
    made.decided(made.pair(former, made.row(there())), Verdict.DIFFERENT)
    rosters.bring_to(batch, BatchState.APPLIED)
    assert samples.counts(batch) == {"SAME": 11, "UNSURE": 1}
    assert standing_of(former) == [(first.pk, "IN_FORCE"), (batch.pk, "UNDER_REVIEW")]


def test_what_is_decided_while_the_edition_is_applied_holds(monkeypatch):
    first = rosters.bring_in(samples.content(PEOPLE))
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED))
    former, other, link_roster = row_of(first, 7), made.row(there()), linkage.link_roster

    def decided_just_then(roster):
        link_roster(roster)
        made.decided(made.pair(former, other), Verdict.DIFFERENT)

    monkeypatch.setattr(linkage, "link_roster", decided_just_then)
    rosters.bring_to(batch, BatchState.APPLIED)
    assert samples.counts(batch) == {"SAME": 11, "UNSURE": 1}
    assert (batch.rows_review, batch.rows_accepted) == (1, 11)
    assert standing_of(former) == [(first.pk, "IN_FORCE"), (batch.pk, "UNDER_REVIEW")]
