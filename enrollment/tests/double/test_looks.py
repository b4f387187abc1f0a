"""Whoever looks at double enrollments is on record, and reads no faster than people do."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bureau.core import approvals, audit, clock, health
from bureau.core.choices import Role
from bureau.core.exports import rows_taken
from bureau.core.models import (
    AccessLog,
    ApprovalRequest,
    Area,
    AuditEvent,
    ParameterVersion,
    Staff,
)
from enrollment.models import DoubleDecision, DoubleNotice, Person
from enrollment.services import looks
from enrollment.tests import doubles
from enrollment.tests.double.test_pages import client_of, confirm  # noqa: F401 - a fixture
from enrollment.tests.doubles import case_of
from enrollment.tests.paces import at_most


@pytest.fixture
def clerk(client_of: Callable[..., Client]) -> Client:  # noqa: F811
    return client_of(Role.CLERK)


def noted() -> list[tuple[str, str, str, int]]:
    """What is on record of looks, oldest first."""
    rows = AccessLog.objects.order_by("pk")
    return list(rows.values_list("subject_label", "subject_id", "action", "row_count"))


def test_the_list_and_its_print_are_on_record(clerk: Client) -> None:
    assert clerk.get("/double-enrollment/").status_code == 200
    assert clerk.get("/double-enrollment/?state=PROPOSED&print=1").status_code == 200
    assert noted() == [("enrollment.person", "", "list", 6), ("enrollment.person", "", "print", 6)]
    assert rows_taken(Staff.objects.get(username="clerk-210200").pk, clock.now()) == 6


def test_a_case_and_the_forms_about_it_are_looks_at_the_person(clerk: Client) -> None:
    case = case_of(7)
    clerk.get(f"/double-enrollment/{case.pk}/")
    clerk.get(f"/double-enrollment/{case.pk}/decide/")
    clerk.post(f"/double-enrollment/{case.pk}/facts/", {"kind": ""})
    own = ("enrollment.person", str(case.person_id), "view", 1)
    assert noted() == [own] * 3
    assert AccessLog.objects.filter(fields=["doubles"], area_path=case.area.path).count() == 3


def test_cases_shown_before_and_after_deciding_are_on_record(
    clerk: Client,
    client_of: Callable[..., Client],  # noqa: F811
) -> None:
    chosen = [str(case_of(index).pk) for index in (0, 1)]
    check = clerk.post("/double-enrollment/decide/", {"chosen": chosen})
    assert noted() == [("enrollment.person", "", "list", 2)]
    confirm(clerk, "/double-enrollment/decide/", check, note="按33号文处理")
    decision = DoubleDecision.objects.get()
    client_of(Role.REVIEWER).get(f"/double-enrollment/decisions/{decision.pk}/")
    assert noted()[1:] == [("enrollment.person", "", "list", 2)]


def test_notices_are_on_record(
    clerk: Client,
    client_of: Callable[..., Client],  # noqa: F811
) -> None:
    check = clerk.post("/double-enrollment/decide/", {"chosen": [case_of(0).pk]})
    confirm(clerk, "/double-enrollment/decide/", check, note="按33号文处理")
    number = ApprovalRequest.objects.get().pk
    client_of(Role.REVIEWER).post(f"/todo/{number}/decide/", {"decision": "approve"})
    doubles.do_jobs()
    notices = list(DoubleNotice.objects.values_list("pk", flat=True))
    before = len(noted())
    clerk.get("/double-enrollment/notices/")
    clerk.get("/double-enrollment/notices/?print=1")
    clerk.post("/double-enrollment/notices/print/", {"chosen": notices})
    shown = len(notices)
    assert noted()[before:] == [
        ("enrollment.person", "", "list", shown),
        ("enrollment.person", "", "print", shown),
        ("enrollment.person", "", "list", shown),
    ]


def test_a_machine_s_pace_is_refused(clerk: Client, monkeypatch: Any) -> None:
    at_most(monkeypatch, 2)
    case = case_of(7)
    addresses = [
        "/double-enrollment/",
        f"/double-enrollment/{case.pk}/",
        "/double-enrollment/?print=1",
        f"/double-enrollment/{case.pk}/",
        f"/double-enrollment/{case.pk}/decide/",
    ]
    assert [clerk.get(address).status_code for address in addresses] == [200, 200, 429, 429, 429]
    refused = clerk.post("/double-enrollment/decide/", {"chosen": [case_of(0).pk]})
    assert refused.status_code == 429
    assert len(noted()) == 6


@pytest.mark.parametrize("sent", [{"_act": "choose_all"}, {"_act": "export", "format": "ask"}])
def test_to_be_told_how_many_there_are_is_a_look_too(
    clerk: Client, monkeypatch: Any, sent: dict[str, str]
) -> None:
    """A number of hits tells whether somebody is there, though no row is shown."""
    at_most(monkeypatch, 2)
    address = "/double-enrollment/?state=PROPOSED"
    answers = [clerk.post(address, sent).status_code for _time in range(4)]
    assert answers == [302, 302, 429, 429]
    assert noted() == [("enrollment.person", "", "search", 0)] * 4


def test_so_is_the_number_of_too_many_rows_for_one_act(clerk: Client, monkeypatch: Any) -> None:
    from enrollment.views.double_cases import DoubleDecide

    monkeypatch.setattr(DoubleDecide, "most", 1)
    chosen = [str(case_of(index).pk) for index in (0, 1)]
    assert clerk.post("/double-enrollment/decide/", {"chosen": chosen}).status_code == 302
    assert noted() == [("enrollment.person", "", "list", 0)]


def looked(by: Staff, times: int, **more: Any) -> None:
    """The member of staff has looked at people some hours ago."""
    at = clock.now() - datetime.timedelta(hours=5)
    log = audit.log_access(Person.objects.first(), "view", by=by, at=at)
    fields = {f.name: getattr(log, f.name) for f in log._meta.fields if f.name != "id"} | more
    AccessLog.objects.bulk_create(AccessLog(**fields) for _n in range(times - 1))


def look(by: Staff) -> None:
    actor = approvals.actor_of(by, clock.today())
    looks.note(Person.objects.first(), "view", fields=["summary"], at=clock.now(), by=actor)


def test_over_the_figure_of_a_day_the_pace_is_a_tenth_and_the_administrators_see_it(
    cases: None,
) -> None:
    by = doubles.clerk()
    looked(by, looks.PER_DAY)
    for _time in range(looks.SLOWED_TO):
        look(by)
    with pytest.raises(looks.TooManyLooks) as refused:
        look(by)
    assert refused.value.facts["limit"] == looks.SLOWED_TO
    assert AuditEvent.objects.filter(kind=looks.MANY, actor_id=by.pk).count() == 1, "told once"
    [finding] = [one for one in health.findings() if one.key == "looks"]
    assert (finding.tone, str(by) in finding.figure) == ("bad", True)


def test_who_looks_much_at_people_of_other_counties_is_slowed_too(cases: None) -> None:
    by = doubles.clerk("210281", "county-clerk")
    away = Area.objects.get(code="210283").path
    looked(by, looks.ELSEWHERE_PER_DAY, area_path=away)
    look(by)
    assert not AuditEvent.objects.filter(kind=looks.ELSEWHERE).exists()
    looked(by, 3, area_path=away)
    for _time in range(looks.SLOWED_TO - 1):
        look(by)
    with pytest.raises(looks.TooManyLooks):
        look(by)
    assert AuditEvent.objects.filter(kind=looks.ELSEWHERE, actor_id=by.pk).count() == 1


def test_the_figures_are_what_the_bureau_decided(cases: None) -> None:
    by = doubles.clerk()
    ParameterVersion.objects.create(
        key=looks.MINUTE.key, value=looks.SLOWED_TO, starts_on=clock.today(), source="test",
        state="APPROVED", proposed_by=by, proposed_at=clock.now(), approved_by=doubles.reviewer(),
        approved_at=clock.now(),
    )  # fmt: skip
    for _time in range(looks.SLOWED_TO):
        look(by)
    with pytest.raises(looks.TooManyLooks):
        look(by)
