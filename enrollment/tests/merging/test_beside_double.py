"""Decisions on pairs beside cases of double enrollment, which build on who is one person."""

import pytest
from django.db import transaction

from bureau.core import clock
from bureau.core.actors import Actor
from bureau.core.errors import DomainError
from bureau.core.models import Area, Job
from enrollment.imports import double_apply
from enrollment.models import CoverageSpell, DoubleCase, DoubleSide
from enrollment.services import clearing, deciding, double_jobs
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


@pytest.fixture
def absorbed():
    """A decided case of a person whose file was merged into another one afterwards."""
    one = made.person_row(made.roster(Area.objects.get(code="210281")))
    other = made.person_row(made.roster(Area.objects.get(code="210283"), year=2018))
    case, decision = (
        None,
        double.decision(state="APPLYING", approved_by="b", approved_at=clock.now()),
    )
    people = {made.holder(one), made.holder(other)}
    asked = made.pair(one, other)
    for number in people:
        kept = CoverageSpell.objects.get(person=number)
        ended = CoverageSpell.objects.create(
            person_id=number, scheme="URBMI", area=kept.area, period=kept.period, state="DOUBLE"
        )
        case = double.case(person=kept.person, state="SUBMITTED", decision=decision)
        double.side(
            case, kept, standing="KEEPS", period=kept.period, is_open=True, state="IN_FORCE"
        )
        double.side(
            case, ended, place=1, standing="ENDS", ends_on=kept.period.lower, state="DOUBLE",
            is_open=True, other_scheme="NCMS", other_county=kept.area, period=kept.period,
        )  # fmt: skip
    with transaction.atomic():
        double_apply.apply_range(decision, 0, case.pk)
    made.decided(asked)
    made.carry_out()
    kept = made.holder(one)
    assert kept == made.holder(other)
    (gone,) = people - {kept}
    return kept, DoubleCase.objects.get(person=gone)


def test_cases_of_a_merged_file_are_found_at_the_kept_one(absorbed):
    kept, case = absorbed
    assert case.state == "DECIDED"
    found = DoubleCase.objects.filter(person=kept).update(state="LIFTED")
    assert found == 1
    assert clearing.double_case_of(kept) == case


def test_a_case_of_a_merged_file_is_reopened_with_its_coverage(absorbed):
    kept, case = absorbed
    back = double.decision(
        kind="REOPEN", state="APPLYING", approved_by="b", approved_at=clock.now()
    )
    DoubleCase.objects.filter(pk=case.pk).update(pending=back)
    with transaction.atomic():
        assert double_apply.apply_range(back, 0, case.pk) == 1
    case.refresh_from_db()
    back.refresh_from_db()
    assert (case.state, case.person_id, back.cases_refused) == ("CONTESTED", kept, 0)
    states = CoverageSpell.objects.filter(double_sides__case=case).values_list("state", "person")
    assert {person for _state, person in states} == {kept}
    assert "ENDED" not in {state for state, _person in states}
