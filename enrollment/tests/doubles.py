"""People in several schemes, for tests: rosters that overlap, rules in force, decisions."""

import datetime
from collections.abc import Iterable
from typing import Any

from bureau.core import approvals, clock, jobs
from bureau.core.actors import Actor, actor_of
from bureau.core.choices import ApprovalState, JobState, Role
from bureau.core.models import ApprovalRequest, Area, Job, Staff
from bureau.core.tests import factories
from enrollment.choices import Scheme
from enrollment.choices.double import DoubleRuleCode, VersionState
from enrollment.models import (
    CoverageSpell,
    DoubleCase,
    DoubleDecision,
    DoubleRuleSet,
    RosterBatch,
    SubsidyStandard,
)
from enrollment.services import double_enrollment, double_jobs
from enrollment.tests import rosters

CITY, WAFANGDIAN, ZHUANGHE, OLD_TOWN = "210200", "210281", "210283", "210202"
BY = Actor.for_job("test")
EXPORT_HEADER = (
    "psn_no", "psn_name", "psn_cert_type", "certno", "gend", "naty", "brdy", "insutype",
    "insu_admdvs", "psn_type", "psn_insu_stas", "begndate", "tel",
)  # fmt: skip


def unchanged(cells: dict[str, str], index: int) -> dict[str, str]:
    return cells


def rural(people: Iterable[int], county: str = WAFANGDIAN, change: Any = unchanged) -> bytes:
    """A rural roster of the county about these people, without faults."""
    return rosters.csv_of(rosters.lines(people, county=county, change=change))


def export(people: Iterable[int], scheme: str, county: str = OLD_TOWN, **changes: str) -> bytes:
    """An export of the city's platform about these people."""
    rows = []
    for index in people:
        cells = rosters.person(index)
        row = {
            "psn_no": f"2102{index:016}",
            "psn_name": cells["姓名"],
            "psn_cert_type": "01",
            "certno": cells["身份证号"],
            "gend": "1" if cells["性别"] == "男" else "2",
            "naty": "01",
            "brdy": cells["出生日期"],
            "insutype": {"UEBMI": "310", "URBMI": "391"}[scheme],
            "insu_admdvs": county,
            "psn_type": {"UEBMI": "1101", "URBMI": "15"}[scheme],
            "psn_insu_stas": "1",
            "begndate": "2011-03-01" if scheme == "UEBMI" else "2019-01-01",
            "tel": cells["电话"],
            **changes,
        }
        rows.append([row[name] for name in EXPORT_HEADER])
    return rosters.csv_of(rows, EXPORT_HEADER)


def bring_in_rural(people: Iterable[int], county: str = WAFANGDIAN, **more: Any) -> RosterBatch:
    return rosters.bring_in(rural(people, county, **more), area=county, names=[f"{county}.csv"])


def bring_in_export(people: Iterable[int], scheme: str, **more: Any) -> RosterBatch:
    return rosters.bring_in(
        export(people, scheme, **more),
        area=CITY,
        scheme=Scheme(scheme),
        names=[f"{scheme}-{more.get('county', '')}.csv"],
    )


def rules_in_force(*, subsidies: bool = True) -> DoubleRuleSet:
    """The shipped rules and the subsidies of 2019 count, as if two people had seen to it."""
    at = clock.now()
    approved = {"state": VersionState.APPROVED, "approved_by": "test", "approved_by_no": "t"}
    approved["approved_at"] = at
    DoubleRuleSet.objects.filter(number=1).update(**approved)
    if subsidies:
        SubsidyStandard.objects.filter(year=2019).update(**approved)
    return DoubleRuleSet.objects.get(number=1)


def do_jobs() -> None:
    """Every job that waits is done."""
    while job := Job.objects.filter(state=JobState.QUEUED).order_by("pk").first():
        done = jobs.run_until_done(job.pk)
        assert done.state == JobState.DONE, done.last_error


def propose(cause: str = "test") -> Job:
    """Cases are as the rules propose."""
    job = jobs.run_until_done(double_jobs.ask_to_propose(cause, by=BY, at=clock.now()).pk)
    assert job.state == JobState.DONE, job.last_error
    return job


def clerk(area: str = CITY, name: str = "clerk") -> Staff:
    return _member(name, Role.CLERK, area)


def reviewer(area: str = CITY, name: str = "reviewer") -> Staff:
    return _member(name, Role.REVIEWER, area)


def _member(name: str, role: Role, area: str) -> Staff:
    found = Staff.objects.filter(username=name).first()
    return found or factories.staff(
        name, (role, Area.objects.get(code=area)), is_demonstration=True
    )


def scope_of(staff: Staff) -> Any:
    return actor_of(staff, on=clock.today()).scope()


def decide(
    rule: str = DoubleRuleCode.EMPLOYEE_YEAR,
    *,
    by: Staff | None = None,
    cases: Any = None,
    on: datetime.date = datetime.date(2019, 12, 31),
) -> DoubleDecision:
    """All cases of the rule are submitted for decision."""
    by = by or clerk()
    found = DoubleCase.objects.filter(rule=rule, state="PROPOSED", needs=[])
    request = double_enrollment.decide_by_rule(
        list(found.values_list("pk", flat=True)) if cases is None else cases,
        rule=DoubleRuleCode(rule),
        reason="按规则批量处理",
        scope=scope_of(by),
        on=on,
        at=clock.now(),
        by=by,
    )
    return DoubleDecision.objects.get(pk=request.target_id)


def approve(decision: DoubleDecision, *, by: Staff | None = None, run: bool = True) -> None:
    """A second person approves, and the jobs are done."""
    request = request_of(decision)
    approvals.decide(request.pk, approve=True, by=by or reviewer(), at=clock.now())
    if run:
        do_jobs()
    decision.refresh_from_db()


def request_of(decision: DoubleDecision) -> ApprovalRequest:
    return ApprovalRequest.objects.get(
        kind=double_enrollment.KIND, target_id=decision.pk, state=ApprovalState.PENDING
    )


def spells(index: int) -> dict[str, tuple[str, str, Any]]:
    """The coverage of an invented person by scheme and county: state, reason, days."""
    number = rosters.person(index)["身份证号"]
    found = CoverageSpell.objects.filter(
        person__identifiers__number=number, person__identifiers__kind="RESIDENT_ID"
    ).select_related("area")
    return {
        f"{spell.scheme}:{spell.area.code}": (
            spell.state,
            spell.reason,
            (spell.period.lower, spell.period.upper),
        )
        for spell in found
    }


def case_of(index: int) -> DoubleCase:
    """The latest case of an invented person."""
    number = rosters.person(index)["身份证号"]
    return DoubleCase.objects.filter(person__identifiers__number=number).latest("pk")
