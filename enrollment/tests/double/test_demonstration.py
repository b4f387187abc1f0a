"""What a visitor of the demonstration finds: cases, some decided, and what that saves."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command

from bureau.core import clock, integrity
from bureau.core.actors import Scope
from bureau.core.choices import JobState
from bureau.core.jobs import run_until_done
from bureau.core.models import ApprovalRequest, Area, Job
from enrollment.choices.double import CaseState
from enrollment.management.commands.demo_city import Command
from enrollment.management.demonstration import Doubles
from enrollment.models import DoubleCase, DoubleDecision, DoubleRuleSet, SubsidyStandard
from enrollment.selectors import double_figures, double_rules
from enrollment.tests import doubles
from enrollment.tests.double.conftest import undone


@pytest.fixture(scope="module")
def in_two_schemes(village_on_roll: None, django_db_blocker: Any) -> Iterator[None]:
    """Five people in two schemes, and one whose case needs to be looked at singly."""
    with django_db_blocker.unblock(), undone():
        doubles.bring_in_export(range(5), "UEBMI")
        doubles.bring_in_export([7], "UEBMI", county="210203", begndate="2019-05-01")
        doubles.do_jobs()
        yield


@pytest.fixture
def settle(in_two_schemes: None, db: None, settings: Any) -> Iterator[Callable[[], str]]:
    """What the demonstration does; no rules are in force before it. In order afterwards."""
    settings.DEMO = True
    call_command("make_demo_staff", verbosity=0)

    def work(job: Job) -> None:
        assert run_until_done(job.pk).state == JobState.DONE

    yield Doubles(Command()._staff, work).settle
    assert integrity.broken_invariants() == []


def test_two_members_of_staff_bring_the_rules_into_force(settle: Callable[[], str]) -> None:
    assert double_rules.in_force(clock.today()) is None
    assert settle() == "6 cases of double enrollment, 5 decided"
    assert double_rules.in_force(clock.today()) is not None
    (rules,) = DoubleRuleSet.objects.filter(state="APPROVED")
    assert rules.drafters
    assert rules.approved_by_no not in rules.drafters
    assert SubsidyStandard.objects.filter(state="APPROVED", year=2019).count() == 2
    for request in ApprovalRequest.objects.filter(kind__startswith="enrollment.double"):
        assert request.checker_id not in (None, request.maker_id)


def test_a_visitor_sees_cases_duplicates_and_subsidy(settle: Callable[[], str]) -> None:
    settle()
    states = set(DoubleCase.objects.values_list("state", flat=True))
    assert {CaseState.DECIDED, CaseState.PROPOSED} <= states
    pairs = double_figures.pairs_in(Scope.of([Area.objects.get(code=doubles.CITY).path]))
    whole = double_figures.total(pairs)
    assert (whole.found, whole.removed) == (6, 5)
    assert whole.saved > 0
    assert len({double_figures.areas_of(pair) for pair in pairs}) > 1


def test_settling_again_changes_nothing(settle: Callable[[], str]) -> None:
    said = settle()
    requests = ApprovalRequest.objects.count()
    doubles.do_jobs()
    assert settle() == said
    assert ApprovalRequest.objects.count() == requests
    assert DoubleDecision.objects.count() == 1


def test_an_interrupted_run_is_taken_up(settle: Callable[[], str]) -> None:
    """What was submitted and not approved is approved the next time."""
    Doubles(Command()._staff, lambda _job: None).submit()
    assert DoubleRuleSet.objects.get().state == "SUBMITTED"
    assert settle() == "6 cases of double enrollment, 5 decided"
