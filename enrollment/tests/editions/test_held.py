"""Lines of newer editions that wait to be looked at: what a clerk may do with them, what not."""

import pytest

from bureau.core import clock, integrity
from bureau.core.errors import DomainError
from bureau.core.models import Area
from bureau.intake.choices import BatchState
from enrollment.choices import Verdict
from enrollment.models import CoverageSpell, RosterCorrection, RosterRow
from enrollment.services import row_repair
from enrollment.tests import corrections, rosters
from enrollment.tests import decisions as made
from enrollment.tests import double_bad_rows as double
from enrollment.tests.editions import samples
from enrollment.tests.roster_pages import do_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]

PEOPLE = range(12)
CHANGED = {7: {"电话": "13900000007"}}


def row_of(batch):
    return RosterRow.objects.get(batch=batch, name=rosters.person(7)["姓名"])


def test_a_case_handed_in_between_check_and_apply_keeps_its_coverage():
    first = rosters.bring_in(samples.content(PEOPLE))
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED))
    spell = CoverageSpell.objects.get(source_row=row_of(first))
    case = double.case(person=spell.person, state="SUBMITTED", decision=double.decision())
    double.side(case, spell)
    rosters.bring_to(batch, BatchState.APPLIED)
    assert samples.counts(batch) == {"SAME": 11, "UNSURE": 1}
    spell.refresh_from_db()
    assert spell.state == "IN_FORCE"
    assert not CoverageSpell.objects.filter(person=spell.person, state="DOUBLE").exists()


def test_what_a_person_decided_is_not_found_right_but_left_out():
    first = rosters.bring_in(samples.content(PEOPLE))
    other = made.row(made.roster(Area.objects.get(code="210283")))
    made.decided(made.pair(row_of(first), other), Verdict.DIFFERENT)
    made.carry_out()
    batch = samples.edition(first, samples.content(PEOPLE, CHANGED), BatchState.APPLIED)
    held = row_of(batch)
    asked = {"batch": batch, "rows": {held.pk: 0}, "at": clock.now(), "by": rosters.BY}
    with pytest.raises(DomainError) as refused:
        row_repair.find_right(evidence="来函", **asked)
    assert refused.value.code == "FORMER_ROW_DECIDED"
    row_repair.leave_out(reason="上一版已参保", **asked)
    do_jobs()
    corrections.take(RosterCorrection.objects.get())
    held.refresh_from_db()
    assert (held.outcome, held.is_settled) == ("REJECTED", True)
    person = made.holder(row_of(first))
    assert (
        CoverageSpell.objects.get(person=person, state="IN_FORCE").source_row.batch_id == first.pk
    )
    assert integrity.broken_invariants() == []
