"""Decisions on pairs beside cases of double enrollment, which build on who is one person."""

import pytest

from bureau.core import clock
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.models import Area, Job
from enrollment.models import CoverageSpell, DoubleSide
from enrollment.services import deciding, double_jobs
from enrollment.tests import decisions as made
from enrollment.tests import double_bad_rows as double

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


@pytest.fixture
def placed():
    """A waiting row that a decision brought to a file, with a case about its coverage."""
    one = made.person_row(made.roster(Area.objects.get(code="210281")))
    waiting = made.row(made.roster(Area.objects.get(code="210283")))
    asked = made.pair(one, waiting)
    decision = made.decided(asked)
    made.carry_out()
    spell = CoverageSpell.objects.get(source_row=waiting)
    case = double.case(person=spell.person)
    double.side(case, spell)
    return one, waiting, asked, decision, case


def test_whose_coverages_meet_is_looked_at_anew(placed):
    assert Job.objects.filter(kind=double_jobs.PROPOSE).exists()


def test_coverage_that_a_case_tells_of_stays_ended_and_is_taken_up_again(placed):
    one, waiting, asked, decision, _case = placed
    made.undone(decision)
    made.carry_out()
    spell = CoverageSpell.objects.get(source_row=waiting)
    assert (spell.state, made.holder(waiting)) == ("ENDED", None)
    assert DoubleSide.objects.filter(spell=spell).exists()
    made.decided(asked)
    made.carry_out()
    again = CoverageSpell.objects.get(source_row=waiting)
    assert (again.pk, again.state, again.person_id) == (spell.pk, "DOUBLE", made.holder(one))


def test_a_decided_case_comes_first(placed):
    _one, _waiting, asked, _decision, case = placed
    type(case).objects.filter(pk=case.pk).update(
        state="DECIDED", decision=double.decision(), decided_at=clock.now()
    )
    by = made.clerk()
    with pytest.raises(DomainError) as refused:
        deciding.take_back(
            asked.pk, reason="verwechselt", by=by, actor=Actor.of(by), at=clock.now()
        )
    assert refused.value.code == "double_case_comes_first"
