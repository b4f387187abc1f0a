"""Two people take the same step at once: one wins, the other is told who did what and when."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from bureau.core import approvals, clock, integrity, jobs
from bureau.core.actors import Actor
from bureau.core.choices import JobState, Role
from bureau.core.errors import DomainError, MovedOn
from bureau.core.jobs import dispatch
from bureau.core.models import ApprovalRequest, Area, AuditEvent, Job, Staff
from bureau.core.tests import factories
from bureau.intake.shapes import FileLayout
from enrollment.models import RosterBatch, RosterFile
from enrollment.services import rosters
from enrollment.tests import roster_samples

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@dataclass
class House:
    """A county with two clerks, and two in the city who decide."""

    county: Area
    clerks: tuple[Staff, Staff]
    deciders: tuple[Staff, Staff]


@pytest.fixture
def house(settings: Any, monkeypatch: Any) -> Iterator[House]:
    settings.DEMO = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(dispatch, "_publish", lambda job_id, queue: True)
    county, city = factories.county(), factories.city()

    def two(name: str, role: Role, area: Area) -> tuple[Staff, Staff]:
        return tuple(
            factories.staff(
                f"{name}{n}", (role, area), full_name=f"{name}{n}", is_demonstration=True
            )
            for n in (1, 2)
        )

    yield House(county, two("clerk", Role.CLERK, county), two("decider", Role.REVIEWER, city))
    assert integrity.broken_invariants() == []


#: Makes what both want; returns the two acts and the audit kinds of which exactly one must follow.
Contest = Callable[[House], tuple[Callable[[], object], Callable[[], object], set[str]]]


def checked_roster(house: House) -> RosterBatch:
    """A checked roster without a row, so that its equation holds."""
    batch = roster_samples.roster(house.county, "CHECKED")
    RosterBatch.objects.filter(pk=batch.pk).update(rows_read=0, rows_review=0)
    return RosterBatch.objects.select_related("area").get(pk=batch.pk)


def waiting_roster(house: House) -> ApprovalRequest:
    maker = house.clerks[0]
    return rosters.confirm_roster(
        batch=checked_roster(house),
        reason="x",
        at=clock.now(),
        by=maker,
        actor=Actor.of(maker),
    )


def decide(request: ApprovalRequest, by: Staff, *, approve: bool = True) -> Callable[[], object]:
    return lambda: approvals.decide(request.pk, approve=approve, by=by, at=clock.now(), note="不符")


def two_approve(house: House) -> Any:
    request = waiting_roster(house)
    return (
        decide(request, house.deciders[0]),
        decide(request, house.deciders[1]),
        {"approval.approve"},
    )


def one_approves_one_returns(house: House) -> Any:
    request = waiting_roster(house)
    second = decide(request, house.deciders[1], approve=False)
    return decide(request, house.deciders[0]), second, {"approval.approve", "approval.return"}


def one_approves_the_maker_withdraws(house: House) -> Any:
    request = waiting_roster(house)

    def withdraw() -> object:
        return approvals.withdraw(request.pk, by=house.clerks[0], at=clock.now())

    return decide(request, house.deciders[0]), withdraw, {"approval.approve", "approval.withdraw"}


def confirm(batch: RosterBatch, by: Staff) -> Callable[[], object]:
    return lambda: rosters.confirm_roster(
        batch=batch, reason="x", at=clock.now(), by=by, actor=Actor.of(by)
    )


def two_confirm(house: House) -> Any:
    batch = checked_roster(house)
    first, second = (confirm(RosterBatch.objects.get(pk=batch.pk), by) for by in house.clerks)
    return first, second, {"roster.confirmed"}


def one_confirms_one_withdraws(house: House) -> Any:
    batch = checked_roster(house)
    other = RosterBatch.objects.get(pk=batch.pk)

    def withdraw() -> object:
        rosters.withdraw_roster(batch=other, at=clock.now(), by=Actor.of(house.clerks[1]))

    return confirm(batch, house.clerks[0]), withdraw, {"roster.confirmed", "roster.withdrawn"}


def two_confirm_columns(house: House) -> Any:
    file = roster_samples.roster_file(roster_samples.roster(house.county, "DRAFT"))
    seen = rosters.layout_version(file)

    def choose(by: Staff, field: str) -> Callable[[], object]:
        own = RosterFile.objects.select_related("batch__area").get(pk=file.pk)
        return lambda: rosters.confirm_layout(
            file=own, fields={1: {0: field}}, kept=[1], at=clock.now(), by=Actor.of(by), seen=seen
        )

    return (
        choose(house.clerks[0], "name"),
        choose(house.clerks[1], "address"),
        {"roster.layout_confirmed"},
    )


def two_start(house: House) -> Any:
    batch = roster_samples.roster(house.county, "DRAFT")
    roster_samples.roster_file(batch)
    RosterFile.objects.update(layout_confirmed=True)

    def start(by: Staff) -> Callable[[], object]:
        own = RosterBatch.objects.select_related("area").get(pk=batch.pk)
        return lambda: rosters.begin_reading(batch=own, at=clock.now(), by=Actor.of(by))

    return start(house.clerks[0]), start(house.clerks[1]), {"roster.reading"}


def two_try_a_job_again(house: House) -> Any:
    now = timezone.now()
    failed = Job.objects.create(
        kind="k", key="k", area=house.county, due_at=now, requested_at=now, finished_at=now,
        requested_by_text="t", state=JobState.FAILED,
    )  # fmt: skip

    def retry(by: Staff) -> Callable[[], object]:
        return lambda: jobs.retry(Job(pk=failed.pk, kind="k", area=house.county), by=by, at=now)

    return retry(house.clerks[0]), retry(house.clerks[1]), {"job.retry"}


CONTESTS: tuple[Contest, ...] = (
    two_approve,
    one_approves_one_returns,
    one_approves_the_maker_withdraws,
    two_confirm,
    one_confirms_one_withdraws,
    two_confirm_columns,
    two_start,
    two_try_a_job_again,
)


@pytest.mark.parametrize("contest", CONTESTS, ids=lambda contest: contest.__name__)
def test_exactly_one_wins(contest: Contest, house: House, pytestconfig: Any) -> None:
    """So many rounds; each with both in threads of their own, let go at the same moment."""
    rounds = pytestconfig.getoption("--race-rounds")
    barrier = threading.Barrier(2)

    def take_part(act: Callable[[], object]) -> str:
        barrier.wait(60)
        try:
            act()
        except MovedOn as refused:
            return "told" if refused.target is not None else "not told of what"
        except DomainError as refused:
            return refused.code
        return "won"

    def leave(_number: int) -> None:
        barrier.wait(60)
        connection.close()

    with ThreadPoolExecutor(2, initializer=connection.ensure_connection) as pair:
        for number in range(rounds):
            before = AuditEvent.objects.count()
            first, second, kinds = contest(house)
            made = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            order = (first, second) if number % 2 else (second, first)
            came_of_it = sorted(pair.map(take_part, order))
            assert came_of_it == ["told", "won"], f"round {number}, {before} acts before"
            done = AuditEvent.objects.filter(pk__gt=made, kind__in=kinds)
            assert done.count() == 1
            RosterFile.objects.update(withdrawn=True)
            Job.objects.filter(finished_at=None).update(
                state=JobState.CANCELLED, finished_at=timezone.now()
            )
        list(pair.map(leave, range(2)))


def signed_in(staff: Staff) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(staff, backend="bureau.core.sign_in.StaffBackend")
    return client


def test_the_second_who_decides_gets_the_page_that_says_who_was_faster(house: House) -> None:
    request = waiting_roster(house)
    first, second = map(signed_in, house.deciders)
    assert first.post(f"/todo/{request.pk}/decide/", {"decision": "approve"}).status_code == 302
    decided = ApprovalRequest.objects.get(pk=request.pk)
    answer = second.post(f"/todo/{request.pk}/decide/", {"decision": "return", "note": "no"})
    assert answer.status_code == 409
    page = answer.content.decode()
    at = timezone.localtime(decided.checked_at)
    assert f"decider1 (decider1) decided this at {at:%Y-%m-%d %H:%M}: Approved" in page
    assert "Approved</div>" in page, "the acts on the request are listed"
    assert f'href="/todo/{request.pk}/"' in page
    decided.refresh_from_db()
    assert decided.state == "APPROVED"


def test_the_second_clerk_who_confirms_is_told_so(house: House) -> None:
    batch = checked_roster(house)
    first, second = map(signed_in, house.clerks)
    assert first.post(f"/rosters/{batch.pk}/confirm/", {"reason": "checked"}).status_code == 302
    for path, values in (("confirm", {"reason": "also"}), ("withdraw", {"sure": "on"})):
        answer = second.post(f"/rosters/{batch.pk}/{path}/", values)
        assert answer.status_code == 409
        page = answer.content.decode()
        assert "clerk1 (clerk1)" in page
        assert "Submitted for approval" in page
    assert ApprovalRequest.objects.count() == 1


def test_other_columns_do_not_overwrite_those_confirmed_meanwhile(house: House) -> None:
    """Both have the form open; the second is told what stands by now, and nothing is lost."""
    file = roster_samples.roster_file(roster_samples.roster(house.county, "DRAFT"))
    url = f"/rosters/{file.batch_id}/files/{file.pk}/layout/"
    first, second = map(signed_in, house.clerks)
    versions = [client.get(url).context["version"] for client in (first, second)]
    answers = {"keep-1": "on", "field-1-0": "name"}
    assert first.post(url, answers | {"version": versions[0]}).status_code == 302
    stands = RosterFile.objects.get(pk=file.pk).layout
    for version in (versions[1], "", "x" * 24):
        answer = second.post(url, answers | {"version": version})
        assert answer.status_code == 409
    page = answer.content.decode()
    assert "were confirmed by another clerk meanwhile" in page
    assert "clerk1 (clerk1)" in page
    assert "Columns of a file confirmed" in page
    assert RosterFile.objects.get(pk=file.pk).layout == stands
    assert FileLayout.from_json(stands).sheets[0].columns[0].field == "name"
    again = second.get(url).context["version"]
    assert second.post(url, answers | {"version": again}).status_code == 302
