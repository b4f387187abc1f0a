"""A case of double enrollment and a decision behind their routes, for the tests of access."""

import dataclasses
import datetime
import hashlib
import uuid
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from bureau.core.models import Area
from bureau.core.tests import factories
from bureau.testing.access import sample
from enrollment.models import (
    CoverageSpell,
    DoubleCase,
    DoubleDecision,
    DoubleRuleSet,
    DoubleSide,
    SignedProof,
)
from enrollment.selectors.proof import LINES, TUPLES, Totals, canonical
from enrollment.tests.people_samples import person_of

YEAR = DateRange(datetime.date(2019, 1, 1), datetime.date(2020, 1, 1))


def rules() -> DoubleRuleSet:
    """A version of rules without any rule."""
    found, _made = DoubleRuleSet.objects.get_or_create(
        number=1,
        defaults={
            "title": "规则",
            "period": DateRange(datetime.date(2016, 1, 1), None),
            "measured_on": datetime.date(2019, 12, 31),
            "objection_days": 20,
            "notice_title": "通知",
            "notice_text": "内容",
            "source": "文件",
            "made_by": "sample",
            "made_at": timezone.now(),
        },
    )
    return found


@sample(
    "enrollment:double-detail",
    "enrollment:double-single",
    "enrollment:double-contest",
    "enrollment:double-uphold",
    "enrollment:double-reopen",
    "enrollment:double-fact",
    "enrollment:double-fact-withdraw",
)
def case(place: Area) -> dict[str, Any]:
    """A person of the county with two coverages there, nothing decided."""
    person = person_of(place)
    found = DoubleCase.objects.create(
        person=person,
        area=place,
        rule_set=rules(),
        needs=["RULE"],
        overlaps_from=YEAR.lower,
        proposed_at=timezone.now(),
    )
    for number, (scheme, state) in enumerate((("NCMS", "IN_FORCE"), ("URBMI", "DOUBLE"))):
        spell = CoverageSpell.objects.create(
            person=person, scheme=scheme, area=place, period=YEAR, state=state
        )
        DoubleSide.objects.create(
            case=found,
            place=number,
            spell=spell,
            scheme=scheme,
            county=place,
            period=YEAR,
            state=state,
            standing="UNDECIDED",
            other_scheme="NCMS" if number else "",
            other_county=place if number else None,
        )
    return {"pk": found.pk}


@sample("enrollment:double-decision", "enrollment:double-take-back")
def decision(place: Area) -> dict[str, Any]:
    """A decision of the county that was returned."""
    made = DoubleDecision.objects.create(
        kind="BY_RULE",
        area=place,
        reason="理由",
        state="RETURNED",
        decided_on=datetime.date(2019, 12, 31),
        made_by="sample",
        made_at=timezone.now(),
    )
    return {"pk": made.pk}


@sample("enrollment:proof-signed", "enrollment:proof-compare", "enrollment:proof-aside")
def signed_proof(place: Area) -> dict[str, Any]:
    """A proof of the county that waits for its second signature."""
    content = canonical(
        {
            "year": None,
            "totals": {field.name: 0 for field in dataclasses.fields(Totals)},
            **{name: [] for name in (*LINES, *TUPLES)},
        }
    )
    maker = factories.staff(f"p-{uuid.uuid4().hex[:8]}")
    made = SignedProof.objects.create(
        area=place,
        roll_revision=0,
        counted_at=timezone.now(),
        holds=True,
        content=content,
        digest=hashlib.sha256(content.encode()).hexdigest(),
        prepared_by=maker,
        prepared_by_no=maker.staff_no,
        prepared_at=timezone.now(),
    )
    return {"pk": made.pk}
