"""Rows of double enrollment and of proofs that the database refuses, by the constraint's name."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from bureau.core import clock
from bureau.core.models import Area
from bureau.core.tests import factories
from enrollment.models import (
    CoverageSpell,
    DoubleCase,
    DoubleDecision,
    DoubleFact,
    DoubleNotice,
    DoubleRule,
    DoubleRuleSet,
    DoubleSide,
    Person,
    ProofSnapshot,
    SignedProof,
    SubsidyStandard,
)

YEAR = DateRange(date(2019, 1, 1), date(2020, 1, 1))
EVER = DateRange(date(2016, 1, 1), None)


def place() -> Area:
    return Area.objects.get(code="210281")


def version(**changes: Any) -> DoubleRuleSet:
    values = {
        "number": 90,
        "title": "规则",
        "period": EVER,
        "measured_on": date(2019, 12, 31),
        "objection_days": 20,
        "notice_title": "通知",
        "notice_text": "内容",
        "source": "文件",
        "made_by": "a",
        "made_at": clock.now(),
    }
    return DoubleRuleSet.objects.create(**values | changes)


def approved(**changes: Any) -> DoubleRuleSet:
    return version(
        **{
            "state": "APPROVED",
            "approved_by": "b",
            "approved_by_no": "N-b",
            "approved_at": clock.now(),
        }
        | changes
    )


def rule(of: DoubleRuleSet, **changes: Any) -> DoubleRule:
    values = {"code": "WORK_PLACE", "priority": 1, "clause": "条款", "source": "文件"}
    return DoubleRule.objects.create(rule_set=of, confidence="SEEN", **values | changes)


def two_versions_on_a_day() -> None:
    approved()
    approved(number=91, period=DateRange(date(2020, 1, 1), None))


def rules_changed_after_approval() -> None:
    DoubleRuleSet.objects.filter(pk=approved().pk).update(title="另一")


def rule_added_after_approval() -> None:
    rule(approved())


def rule_twice() -> None:
    of = version()
    rule(of)
    rule(of, priority=2)


def place_twice() -> None:
    of = version()
    rule(of)
    rule(of, code="SCHOOL_PLACE")


def subsidy(**changes: Any) -> SubsidyStandard:
    values = {
        "year": 2015,
        "scheme": "NCMS",
        "area": place(),
        "amount": 380,
        "source": "文件",
        "confidence": "SEEN",
        "made_by": "a",
        "made_at": clock.now(),
    }
    return SubsidyStandard.objects.create(**values | changes)


def approved_under(make: Callable[..., Any], **changes: Any) -> Callable[[], Any]:
    """The row is approved under an account or staff number that worked on it."""

    def write() -> None:
        one = factories.staff("one")
        make(
            state="APPROVED",
            approved_by="b",
            approved_at=clock.now(),
            **{name: one if value == "ONE" else value for name, value in changes.items()},
        )

    return write


def forgotten(make: Callable[..., Any], **changes: Any) -> Callable[[], Any]:
    """The row forgets who worked on it."""

    def write() -> None:
        one = make(drafters=["N-a", "N-b"], made_by_staff=factories.staff("one"))
        type(one).objects.filter(pk=one.pk).update(**changes)

    return write


def changed_subsidy() -> None:
    one = subsidy(state="APPROVED", approved_by="b", approved_by_no="N-b", approved_at=clock.now())
    SubsidyStandard.objects.filter(pk=one.pk).update(amount=1)


def subsidy_twice() -> None:
    counts = {"state": "APPROVED", "approved_by": "b", "approved_by_no": "N-b"}
    counts["approved_at"] = clock.now()
    subsidy(**counts)
    subsidy(**counts, amount=390)


def decision(**changes: Any) -> DoubleDecision:
    values = {
        "kind": "BY_RULE",
        "area": place(),
        "reason": "理由",
        "decided_on": date(2019, 12, 31),
        "made_by": "a",
        "made_at": clock.now(),
    }
    return DoubleDecision.objects.create(**values | changes)


def case(**changes: Any) -> DoubleCase:
    person = Person.objects.create(
        name="王芳", name_key="王芳", area=place(), created_at=clock.now()
    )
    values = {
        "person": person,
        "area": place(),
        "rule_set": DoubleRuleSet.objects.order_by("number").first(),
        "overlaps_from": date(2019, 1, 1),
        "proposed_at": clock.now(),
    }
    return DoubleCase.objects.create(**values | changes)


def side(of: DoubleCase, spell: CoverageSpell | None = None, **changes: Any) -> DoubleSide:
    spell = spell or CoverageSpell.objects.create(
        person=of.person, scheme="NCMS", area=place(), period=YEAR, state="DOUBLE"
    )
    values = {
        "place": 0,
        "scheme": "NCMS",
        "county": place(),
        "period": YEAR,
        "state": "DOUBLE",
        "standing": "UNDECIDED",
    }
    return DoubleSide.objects.create(case=of, spell=spell, **values | changes)


def coverage_twice_in_a_case() -> None:
    of = case()
    one = side(of, is_open=False)
    side(of, one.spell, is_open=False)


def coverage_in_two_open_cases() -> None:
    side(case(), side(case()).spell)


def fact(**changes: Any) -> DoubleFact:
    values = {
        "person": changes.pop("person", None) or case().person,
        "kind": "WAIVER",
        "evidence": "声明",
        "recorded_by": "a",
        "recorded_at": clock.now(),
    }
    return DoubleFact.objects.create(**values | changes)


def fact_twice() -> None:
    fact(person=fact().person)


def notice(**changes: Any) -> DoubleNotice:
    of = case()
    values = {
        "decision": decision(),
        "side": side(of),
        "person": of.person,
        "rule_set": of.rule_set,
        "area": place(),
        "issued_on": date(2020, 1, 1),
    }
    return DoubleNotice.objects.create(**values | changes)


def notice_twice() -> None:
    one = notice()
    notice(decision=one.decision, side=one.side)


def count_twice() -> None:
    for _time in range(2):
        ProofSnapshot.objects.create(
            scope="210200/", roll_revision=1, counted_at=clock.now(), holds=True
        )


def proof(**changes: Any) -> SignedProof:
    content = "{}"
    values = {
        "area": place(),
        "roll_revision": 1,
        "counted_at": clock.now(),
        "holds": True,
        "content": content,
        "digest": hashlib.sha256(content.encode()).hexdigest(),
        "prepared_at": clock.now(),
        "prepared_by_no": "N-one",
    }
    if "prepared_by" not in changes:
        values["prepared_by"] = factories.staff("one")
    return SignedProof.objects.create(**values | changes)


def signed_by_its_maker() -> None:
    one = factories.staff("one")
    proof(prepared_by=one, state="SIGNED", signed_by=one, signed_by_no="x", signed_at=clock.now())


def signed_by_the_makers_other_account() -> None:
    proof(
        state="SIGNED",
        signed_by=factories.staff("two"),
        signed_by_no="N-one",
        signed_at=clock.now(),
    )


def figures_changed() -> None:
    SignedProof.objects.filter(pk=proof().pk).update(content="{ }")


def signature_taken_away() -> None:
    made = proof(
        state="SIGNED",
        signed_by=factories.staff("two"),
        signed_by_no="N-two",
        signed_at=clock.now(),
    )
    SignedProof.objects.filter(pk=made.pk).update(
        state="PREPARED", signed_by=None, signed_by_no="", signed_at=None
    )


def signed_proof(**changes: Any) -> SignedProof:
    return proof(
        state="SIGNED",
        signed_by=factories.staff("two"),
        signed_by_no="N-two",
        signed_at=clock.now(),
        **changes,
    )


def set_aside(**changes: Any) -> None:
    """A signed proof is set aside by one who asks and another, but for these changes."""
    made = signed_proof()
    three = factories.staff("three")
    values = {
        "state": "SET_ASIDE",
        "aside_reason": "有误",
        "aside_asked_by": three,
        "aside_asked_by_no": three.staff_no,
        "aside_by": made.signed_by,
        "aside_by_no": made.signed_by_no,
        "aside_at": clock.now(),
    }
    SignedProof.objects.filter(pk=made.pk).update(**values | changes)


def changed_after_set_aside() -> None:
    set_aside()
    SignedProof.objects.update(aside_reason="别的")


OWN_APPROVALS: tuple[dict[str, Any], ...] = (
    {"approved_by_no": ""},
    {"approved_by_no": "N-a", "drafters": ["N-c", "N-a"]},
    {"approved_by_no": "N-b", "approved_by_staff": "ONE", "made_by_staff": "ONE"},
)

BAD_ROWS: dict[str, list[Callable[[], Any]]] = {
    "double_rules_approved_by_another": [
        *(approved_under(version, **changes) for changes in OWN_APPROVALS),
        lambda: version(approved_by_no="N-b"),
    ],
    "subsidy_approved_by_another": [
        approved_under(subsidy, **changes) for changes in OWN_APPROVALS
    ],
    "drafters_only_grow": [
        forgotten(version, drafters=["N-a"]),
        forgotten(version, made_by_staff=None),
        forgotten(subsidy, drafters=[]),
    ],
    "subsidy_stands_as_approved": [changed_subsidy],
    "double_decision_approved_by_another": [
        lambda: decision(drafters=["N-a", "N-b"], approved_by_no="N-b"),
    ],
    "double_rules_one_version_on_a_day": [two_versions_on_a_day],
    "double_rules_period_has_a_first_day": [lambda: version(period=DateRange(None, None))],
    "double_rules_approved_by_somebody": [
        lambda: version(state="APPROVED", approved_by_no="N-b"),
        lambda: version(approved_by="b"),
    ],
    "double_rules_stand_as_approved": [
        rules_changed_after_approval,
        rule_added_after_approval,
        lambda: approved().delete(),
    ],
    "double_rule_once_per_version": [rule_twice],
    "double_rule_place_once_per_version": [place_twice],
    "double_rule_loser_ends_or_pauses": [lambda: rule(version(), loser="KEEPS")],
    "double_rule_says_its_source": [
        lambda: rule(version(), source=""),
        lambda: rule(version(), clause=""),
    ],
    "subsidy_once_per_year_and_place": [subsidy_twice],
    "subsidy_is_an_amount": [lambda: subsidy(amount=-1)],
    "subsidy_says_its_source": [lambda: subsidy(source="")],
    "subsidy_approved_by_somebody": [lambda: subsidy(state="APPROVED", approved_by_no="N-b")],
    "double_decision_has_a_reason": [lambda: decision(reason="")],
    "double_decision_single_has_evidence": [lambda: decision(kind="SINGLE")],
    "double_decision_carried_out_after_approval": [
        lambda: decision(state="APPLYING"),
        lambda: decision(state="APPLIED", approved_by="b", approved_at=clock.now()),
        lambda: decision(approved_by="b", approved_at=clock.now()),
    ],
    "double_case_submitted_has_a_decision": [
        lambda: case(state="SUBMITTED"),
        lambda: case(state="DECIDED", decided_at=clock.now()),
    ],
    "double_case_decided_has_its_instant": [lambda: case(state="DECIDED", decision=decision())],
    "double_case_contested_says_why": [lambda: case(state="CONTESTED")],
    "double_side_once_per_case": [coverage_twice_in_a_case],
    "double_side_in_one_open_case": [coverage_in_two_open_cases],
    "double_side_that_ends_has_its_day": [
        lambda: side(case(), standing="ENDS"),
        lambda: side(case(), standing="KEEPS", ends_on=date(2019, 1, 1)),
    ],
    "double_fact_has_evidence": [lambda: fact(evidence="")],
    "double_fact_says_what": [
        lambda: fact(kind="RESIDENCE"),
        lambda: fact(kind="USABLE_SCHEME"),
        lambda: fact(kind="COLLEGE_ENTRANCE"),
    ],
    "double_fact_one_of_a_kind": [fact_twice],
    "double_notice_once_per_decision": [notice_twice],
    "double_notice_printed_by_somebody": [
        lambda: notice(printed_at=clock.now()),
        lambda: notice(printed_by="a"),
    ],
    "double_notice_delivered_after_print": [
        lambda: notice(delivered_on=date(2020, 1, 2), delivery="HANDED", delivery_noted_by="a"),
        lambda: notice(printed_at=clock.now(), printed_by="a", delivered_on=date(2020, 1, 2)),
        lambda: notice(delivery="HANDED"),
    ],
    "proof_count_one_per_scope": [count_twice],
    "proof_signed_by_two": [signed_by_its_maker, signed_by_the_makers_other_account],
    "proof_signature_is_complete": [
        lambda: proof(state="SIGNED"),
        lambda: proof(signed_at=clock.now()),
    ],
    "proof_signed_by_none_of_its_workers": [lambda: signed_proof(drafters=["N-two"])],
    "proof_set_aside_by_two": [
        lambda: set_aside(aside_reason=""),
        lambda: set_aside(aside_by=None),
        lambda: set_aside(aside_at=None),
        lambda: set_aside(aside_asked_by_no="N-two"),
        lambda: proof(aside_reason="有误"),
        lambda: signed_proof(aside_reason="有误"),
    ],
    "proof_stands_as_signed": [
        changed_after_set_aside,
        figures_changed,
        signature_taken_away,
        lambda: proof().delete(),
    ],
}
