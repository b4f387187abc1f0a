"""Rules and subsidies come into force by somebody who worked on neither draft nor submission."""

import datetime
from decimal import Decimal

import pytest

from bureau.core import approvals, clock
from bureau.core.actors import Actor
from bureau.core.choices import Role
from bureau.core.errors import OwnWork
from bureau.core.models import Area
from enrollment.choices.double import VersionState
from enrollment.models import DoubleRuleSet, SubsidyStandard
from enrollment.services import double_rules
from enrollment.tests import decisions as made
from enrollment.tests.doubles import rules_in_force

pytestmark = pytest.mark.django_db


def someone(name, **fields):
    city = Area.objects.get(code="210200")
    grants = [(role, city) for role in (Role.POLICY_OFFICER, Role.REVIEWER, Role.DIRECTOR)]
    return made.clerk(name, *grants, is_demonstration=True, **fields)


def approve(name, request, **fields):
    by = someone(name, **fields)
    return approvals.decide(request.pk, approve=True, by=by, at=clock.now())


@pytest.fixture
def draft(reference):
    """Drafted by li, changed by wang, submitted by zhao."""
    version = rules_in_force()
    at = clock.now()
    found = double_rules.draft_from(version, at=at, by=Actor.of(someone("li")))
    fields = {"period": type(found.period)(datetime.date(2030, 1, 1), None), "notice_text": "x"}
    rules = {rule.code: {"priority": rule.priority} for rule in found.rules.all()}
    double_rules.change_draft(
        found, fields=fields, rules=rules, at=at, by=Actor.of(someone("wang"))
    )
    request = double_rules.submit_rules(found, reason="neu", at=at, by=someone("zhao"))
    return found, request


@pytest.mark.parametrize("name", ["li", "wang", "zhao"])
def test_who_drafted_changed_or_submitted_rules_does_not_approve_them(draft, name):
    version, request = draft
    with pytest.raises(OwnWork):
        approve(name, request)
    assert DoubleRuleSet.objects.get(pk=version.pk).state == VersionState.SUBMITTED


def test_nor_does_the_drafter_under_another_account(draft):
    _version, request = draft
    with pytest.raises(OwnWork):
        approve("li-2", request, staff_no=someone("li").staff_no)


def test_another_one_approves_them(draft):
    version, request = draft
    approve("sun", request)
    version.refresh_from_db()
    sun = someone("sun")
    assert (version.state, version.approved_by_staff, version.approved_by_no) == (
        VersionState.APPROVED, sun, sun.staff_no,
    )  # fmt: skip
    assert version.drafters == [someone(name).staff_no for name in ("li", "wang", "zhao")]


def test_who_entered_a_subsidy_does_not_approve_it_though_another_submitted_it(reference):
    at = clock.now()
    fields = {
        "year": 2027,
        "scheme": "URBMI",
        "area": Area.objects.get(code="210200"),
        "amount": Decimal(700),
        "source": "文件",
        "confidence": "SEEN",
    }
    standard = double_rules.enter_subsidy(fields=fields, at=at, by=Actor.of(someone("li")))
    request = double_rules.submit_subsidy(standard, reason="neu", at=at, by=someone("wang"))
    for name in ("li", "wang"):
        with pytest.raises(OwnWork):
            approve(name, request)
    approve("sun", request)
    assert SubsidyStandard.objects.get(pk=standard.pk).state == VersionState.APPROVED
