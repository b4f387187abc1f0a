"""Versions of rules and subsidies on their way into force: drafted by one, approved by another."""

import csv
import datetime
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from bureau.core import approvals, audit
from bureau.core.actors import Actor, actor_from
from bureau.core.choices import AreaLevel
from bureau.core.errors import DomainError, MovedOn, OwnWork
from bureau.core.models import ApprovalRequest, Area, Staff
from bureau.core.reference import Loaded
from enrollment.choices import Scheme
from enrollment.choices.double import VersionState
from enrollment.models import DoubleRule, DoubleRuleSet, SubsidyStandard
from enrollment.rules.double_notices import unknown_places
from enrollment.services import double_jobs

RULES_KIND: Final = "enrollment.double_rules"
SUBSIDY_KIND: Final = "enrollment.subsidy"
REFERENCE: Final = Path(__file__).resolve().parent.parent / "reference"
#: The first version: the day before the unified scheme began; the notice of lost eligibility.
FIRST: Final[Mapping[str, Any]] = {
    "title": "城乡居民医保整合重复参保处理规则",
    "measured_on": datetime.date(2019, 12, 31),
    "objection_days": 20,
    "source": "医保发〔2020〕33号、医保办函〔2021〕11号（转载文本）；推定规则见各条说明",
}
RULES_SUMMARY: Final = {
    "title": _("Title"),
    "in_force": _("In force from"),
    "rules": _("Rules that are asked"),
    "measured_on": _("Standing is measured up to"),
    "inferred": _("Rules that rest on no official text"),
}
SUBSIDY_SUMMARY: Final = {
    "year": _("Year"),
    "scheme": _("Scheme"),
    "source": _("Source"),
    "confidence": _("How well it is known"),
}


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@transaction.atomic
def load_rules(*, at: datetime.datetime) -> Loaded:
    """The first version of the rules is there as a draft; later versions stay as they are."""
    if DoubleRuleSet.objects.exists():
        return Loaded(unchanged=1)
    title, _separator, text = (
        (REFERENCE / "double_notice.txt").read_text(encoding="utf-8").partition("\n")
    )
    version = DoubleRuleSet.objects.create(
        number=1,
        period=DateRange(datetime.date(2016, 1, 1), None),
        notice_title=title,
        notice_text=text.strip(),
        made_by="job:load_reference",
        made_at=at,
        **FIRST,
    )
    DoubleRule.objects.bulk_create(
        DoubleRule(
            rule_set=version,
            code=row["code"],
            priority=int(row["priority"]),
            months=int(row["months"]),
            loser=row["loser"],
            singly=row["singly"] == "1",
            confidence=row["confidence"],
            source=row["source"],
            clause=row["clause"],
            clause_en=row["clause_en"],
        )
        for row in _rows("double_rules.csv")
    )
    return Loaded(added=1)


@transaction.atomic
def load_subsidies(*, at: datetime.datetime) -> Loaded:
    """Every subsidy of the file is there, as a draft unless staff have seen to it before."""
    areas = {area.code: area for area in Area.objects.filter(level=AreaLevel.CITY)}
    known = set(SubsidyStandard.objects.values_list("year", "scheme", "area__code", "is_minimum"))
    done, new = Loaded(), []
    for row in _rows("subsidies.csv"):
        key = (int(row["year"]), row["scheme"], row["area"], row["is_minimum"] == "1")
        if key in known or row["area"] not in areas:
            done.unchanged += 1
            continue
        new.append(
            SubsidyStandard(
                year=key[0],
                scheme=key[1],
                area=areas[key[2]],
                is_minimum=key[3],
                amount=Decimal(row["amount"]),
                source=row["source"],
                confidence=row["confidence"],
                made_by="job:load_reference",
                made_at=at,
            )
        )
    SubsidyStandard.objects.bulk_create(new)
    done.added = len(new)
    return done


# Versions of rules.


@transaction.atomic
def draft_from(version: DoubleRuleSet, *, at: datetime.datetime, by: Actor) -> DoubleRuleSet:
    """A draft like the version is ready to be changed. Raises DomainError while there is one."""
    if DoubleRuleSet.objects.exclude(state=VersionState.APPROVED).exists():
        raise DomainError("DRAFT_EXISTS", _("There is a draft already; finish or change that one."))
    rules = list(DoubleRule.objects.filter(rule_set=version))
    highest = DoubleRuleSet.objects.aggregate(most=Max("number"))["most"]
    version.pk = None
    version._state.adding = True
    version.number = highest + 1
    version.state = VersionState.DRAFT
    version.made_by, version.made_by_staff_id, version.made_at = by.text, by.staff_id, at
    version.drafters = [by.staff_no] if by.staff_no else []
    version.approved_by, version.approved_by_no = "", ""
    version.approved_by_staff, version.approved_at = None, None
    version.save()
    for rule in rules:
        rule.pk = None
        rule.rule_set = version
    DoubleRule.objects.bulk_create(rules)
    audit.record("double_rules.drafted", by=by, at=at, target=version)
    return version


@transaction.atomic
def change_draft(
    version: DoubleRuleSet,
    *,
    fields: Mapping[str, Any],
    rules: Mapping[str, Mapping[str, Any]],
    at: datetime.datetime,
    by: Actor,
) -> None:
    """The draft says this now; `rules` are the fields of rules by their code.

    Raises DomainError for a version that is no draft, for two rules at one place, and for a notice
    with a place that nothing fills.
    """
    _expect_draft(version)
    unknown = unknown_places(str(fields["notice_text"]))
    if unknown:
        raise DomainError(
            "NOTICE_PLACE_UNKNOWN",
            _("The notice names %(place)s, which nothing fills."),
            place=unknown[0],
        )
    places = [values["priority"] for values in rules.values()]
    if len(set(places)) < len(places):
        raise DomainError("RULE_PLACE_TWICE", _("Two rules cannot stand at the same place."))
    for name, value in fields.items():
        setattr(version, name, value)
    version.drafters = _with(version.drafters, by.staff_no)
    version.save()
    kept = {rule.code: rule for rule in DoubleRule.objects.filter(rule_set=version)}
    # All at once and made anew: places may change hands among rules.
    DoubleRule.objects.filter(rule_set=version).delete()
    for code, values in rules.items():
        rule = kept[code]
        rule.pk = None
        for name, value in values.items():
            setattr(rule, name, value)
    DoubleRule.objects.bulk_create(kept.values())
    audit.record("double_rules.changed", by=by, at=at, target=version)


def _expect_draft(version: DoubleRuleSet) -> None:
    found = DoubleRuleSet.objects.select_for_update().get(pk=version.pk)
    if found.state != VersionState.DRAFT:
        raise MovedOn("RULES_MOVED_ON", _("This version is no draft any more; look at it again."))
    # As it is now, whoever worked on it since the page was opened.
    version.drafters = found.drafters


def _with(drafters: Sequence[str], staff_no: str) -> list[str]:
    """Those who worked on it, and this one."""
    return [*drafters, *([staff_no] if staff_no and staff_no not in drafters else [])]


def _expect_another(drafters: Sequence[str], maker: int | None, by: Staff) -> None:
    """Who worked on it does not approve it, whoever submitted it."""
    if by.staff_no in drafters or by.pk == maker:
        raise OwnWork(
            "own_draft",
            _("You drafted, changed or submitted this; another member of staff approves it."),
        )


@transaction.atomic
def submit_rules(
    version: DoubleRuleSet, *, reason: str, at: datetime.datetime, by: Staff
) -> ApprovalRequest:
    """The draft waits for a second person."""
    _expect_draft(version)
    DoubleRuleSet.objects.filter(pk=version.pk).update(
        state=VersionState.SUBMITTED, drafters=_with(version.drafters, by.staff_no)
    )
    rules = list(DoubleRule.objects.filter(rule_set=version, is_active=True))
    audit.record("double_rules.submitted", by=by, at=at, target=version)
    return approvals.request(
        RULES_KIND,
        version,
        title=str(version),
        area=Area.objects.get(level=AreaLevel.CITY),
        summary={
            "title": version.title,
            "in_force": version.period.lower.isoformat(),
            "rules": len(rules),
            "measured_on": version.measured_on.isoformat(),
            "inferred": sum(rule.confidence == "INFERRED" for rule in rules),
        },
        reason=reason,
        by=by,
        at=at,
    )


def on_rules_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The version is in force from its day on, the one before up to it; cases are proposed anew."""
    version = DoubleRuleSet.objects.select_for_update().get(pk=request.target_id)
    _expect_another(version.drafters, version.made_by_staff_id, by)
    first = version.period.lower
    before = DoubleRuleSet.objects.filter(state=VersionState.APPROVED, period__contains=first)
    for earlier in before:
        if earlier.period.lower >= first:
            raise DomainError(
                "RULES_NOT_LATER",
                _("Version %(number)s is in force from that day or later; choose a later day."),
                number=earlier.number,
            )
        earlier.period = DateRange(earlier.period.lower, first)
        earlier.save(update_fields=["period"])
    version.state = VersionState.APPROVED
    version.approved_by, version.approved_at = str(by)[:120], at
    version.approved_by_staff, version.approved_by_no = by, by.staff_no
    version.save(
        update_fields=[
            "state",
            "approved_by",
            "approved_by_staff",
            "approved_by_no",
            "approved_at",
        ]
    )
    audit.record("double_rules.approved", by=by, at=at, target=version)
    double_jobs.ask_to_propose(f"rules:{version.pk}", by=actor_from(by), at=at)


def on_rules_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The version is a draft again."""
    DoubleRuleSet.objects.filter(pk=request.target_id, state=VersionState.SUBMITTED).update(
        state=VersionState.DRAFT
    )
    audit.record("double_rules.returned", by=by, at=at, note=request.note)


# Subsidies.


@transaction.atomic
def enter_subsidy(
    *, fields: Mapping[str, Any], at: datetime.datetime, by: Actor
) -> SubsidyStandard:
    """The amount stands as a draft."""
    made = SubsidyStandard.objects.create(
        made_by=by.text,
        made_by_staff_id=by.staff_id,
        drafters=_with([], by.staff_no),
        made_at=at,
        **fields,
    )
    audit.record("subsidy.entered", by=by, at=at, target=made, area=made.area)
    return made


@transaction.atomic
def submit_subsidy(
    standard: SubsidyStandard, *, reason: str, at: datetime.datetime, by: Staff
) -> ApprovalRequest:
    """The amount waits for a second person. Raises MovedOn when it waits or counts already."""
    found = SubsidyStandard.objects.select_for_update(of=("self",)).get(pk=standard.pk)
    moved = SubsidyStandard.objects.filter(pk=standard.pk, state=VersionState.DRAFT)
    drafters = _with(found.drafters, by.staff_no)
    if moved.update(state=VersionState.SUBMITTED, drafters=drafters) != 1:
        raise MovedOn("SUBSIDY_MOVED_ON", _("This amount is no draft any more."))
    return approvals.request(
        SUBSIDY_KIND,
        standard,
        title_facts={"scheme": standard.scheme, "year": standard.year},
        area=standard.area,
        summary={
            "year": str(standard.year),
            "scheme": standard.get_scheme_display(),
            "source": standard.source,
            "confidence": standard.get_confidence_display(),
        },
        amount=standard.amount,
        reason=reason,
        by=by,
        at=at,
    )


def say_subsidy_title(request: ApprovalRequest) -> str:
    facts = request.title_facts
    return f"{request.area} · {Scheme(facts['scheme']).label} · {facts['year']}"


def on_subsidy_approved(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The amount counts; cases get their figures anew."""
    standard = SubsidyStandard.objects.select_for_update(of=("self",)).get(pk=request.target_id)
    _expect_another(standard.drafters, standard.made_by_staff_id, by)
    SubsidyStandard.objects.filter(pk=request.target_id).update(
        state=VersionState.APPROVED,
        approved_by=str(by)[:120],
        approved_by_staff=by,
        approved_by_no=by.staff_no,
        approved_at=at,
    )
    audit.record("subsidy.approved", by=by, at=at, area=request.area, standard=request.target_id)
    double_jobs.ask_to_propose(f"subsidy:{request.target_id}", by=actor_from(by), at=at)


def on_subsidy_returned(request: ApprovalRequest, by: Staff, at: datetime.datetime) -> None:
    """The amount is a draft again."""
    SubsidyStandard.objects.filter(pk=request.target_id, state=VersionState.SUBMITTED).update(
        state=VersionState.DRAFT
    )
    audit.record("subsidy.returned", by=by, at=at, area=request.area, note=request.note)
