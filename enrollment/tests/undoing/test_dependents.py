"""What came to depend on a roster forbids its undoing, by name, until it is taken back."""

import hashlib
from collections.abc import Callable

import pytest

from bureau.core import approvals, clock, integrity, jobs
from bureau.core.choices import ApprovalState, JobState, Role
from bureau.core.errors import DomainError, OwnWork
from bureau.core.models import ApprovalRequest, Area, AuditEvent
from bureau.intake.choices import BatchState, Channel
from enrollment.choices import Verdict
from enrollment.choices.undo import UndoState
from enrollment.models import (
    CoverageSpell,
    Household,
    Person,
    PersonIdentifier,
    RosterBatch,
    RosterLink,
    RosterRow,
    RosterUndo,
    SignedProof,
)
from enrollment.selectors import undo_dependents, undo_preview
from enrollment.selectors.undo_dependents import Kind
from enrollment.services import roster_jobs
from enrollment.tests import corrections, doubles, problem_files, rosters
from enrollment.tests import decisions as made
from enrollment.tests.undoing import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference")]


def kinds(batch: RosterBatch) -> set[Kind]:
    return {thing.kind for thing in undo_dependents.things_of(batch)}


def right(line: list[str]) -> None:
    index = int(line[problem_files.ROW]) - 2
    width = len(rosters.HEADER)
    line[:width] = rosters.lines([index], change=lambda cells, _index: cells)[0]


@pytest.fixture
def batch() -> RosterBatch:
    """A roster on the roll of which nothing depends."""
    return rosters.bring_in(rosters.csv_of(rosters.lines(range(45))))


def decided_pair(batch: RosterBatch, verdict: Verdict = Verdict.SAME) -> None:
    made.decided(made.pair(*samples.two_rows(batch)), verdict)
    made.carry_out()


def correct(batch: RosterBatch) -> None:
    corrections.take(corrections.load_corrected(batch, right))


def lay_down_a_proof(batch: RosterBatch) -> None:
    staff = samples.someone("preparer")
    SignedProof.objects.create(
        area=Area.objects.get(code="210200"), year=0, basis="1.0:x", roll_revision=1,
        counted_at=clock.now(), holds=True, content="{}", digest=hashlib.sha256(b"{}").hexdigest(),
        prepared_by=staff,
        prepared_by_no=staff.staff_no, prepared_at=clock.now(),
    )  # fmt: skip


def decide_a_case(batch: RosterBatch) -> None:
    doubles.rules_in_force()
    doubles.bring_in_export(range(3), "UEBMI")
    doubles.propose()
    doubles.approve(doubles.decide())


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (decided_pair, Kind.DECISION),
        (correct, Kind.CORRECTION),
        (lay_down_a_proof, Kind.PROOF),
        (decide_a_case, Kind.CASE),
    ],
)
def test_what_depends_on_it_is_named_and_refuses_the_request(
    act: Callable[[RosterBatch], None], kind: Kind, batch: RosterBatch
) -> None:
    assert kinds(batch) == set()
    act(batch)
    assert kinds(batch) == {kind}
    with pytest.raises(DomainError) as refused:
        samples.ask_for_undo(batch)
    assert refused.value.code == "ROSTER_IS_BUILT_ON"
    assert not RosterUndo.objects.exists()


def test_a_word_that_two_are_different_people_stands_in_nobodys_way(batch: RosterBatch) -> None:
    decided_pair(batch, Verdict.DIFFERENT)
    assert kinds(batch) == set()


def test_the_preview_is_what_then_happens(batch: RosterBatch) -> None:
    other = rosters.bring_in(
        rosters.csv_of(rosters.lines(range(30, 60), county="210283")), area="210283"
    )
    figures = undo_preview.figures_of(batch)
    before = [
        Person.objects.filter(state="ACTIVE").count(),
        PersonIdentifier.objects.count(),
        Household.objects.count(),
        CoverageSpell.objects.exclude(state="UNDONE").count(),
    ]
    people = RosterLink.objects.filter(batch=batch).values("person_id").distinct().count()
    assert figures["people_go"] + figures["people_stay"] == people
    assert figures["people_stay"] == 15
    samples.undo(batch)
    after = [
        Person.objects.filter(state="ACTIVE").count(),
        PersonIdentifier.objects.count(),
        Household.objects.count(),
        CoverageSpell.objects.exclude(state="UNDONE").count(),
    ]
    names = ("people_go", "numbers_go", "households_go", "spells")
    assert [one - two for one, two in zip(before, after, strict=True)] == [
        figures[name] for name in names
    ]
    other.refresh_from_db()
    assert (other.state, RosterLink.objects.filter(batch=batch).count()) == (BatchState.APPLIED, 0)
    assert integrity.broken_invariants() == []


def test_rows_and_history_stay_on_record_and_the_file_may_come_again() -> None:
    content = rosters.csv_of(rosters.lines(range(20)))
    batch = rosters.bring_in(content)
    rows = list(RosterRow.objects.filter(batch=batch).order_by("pk").values())
    people = set(Person.objects.values_list("pk", flat=True))
    samples.undo(batch)
    assert list(RosterRow.objects.filter(batch=batch).order_by("pk").values()) == rows
    assert set(Person.objects.values_list("pk", flat=True)) == people
    assert set(CoverageSpell.objects.values_list("state", "reason")) == {
        ("UNDONE", "ROSTER_UNDONE")
    }
    acts = set(AuditEvent.objects.filter(target_id=str(batch.pk)).values_list("kind", flat=True))
    assert {"roster.undo_asked", "roster.undo_approved", "roster.undone"} <= acts
    again = rosters.bring_in(content)
    assert again.persons_created == batch.persons_created
    assert integrity.broken_invariants() == []


def test_who_worked_on_the_roster_or_asked_does_not_approve() -> None:
    batch = rosters.receive(rosters.csv_of(rosters.lines(range(9))), channel=Channel.COMMAND_LINE)
    worker = samples.someone("worker", Role.REVIEWER)
    RosterBatch.objects.filter(pk=batch.pk).update(drafters=[worker.staff_no])
    rosters.bring_to(batch, BatchState.APPLIED)
    request = samples.ask_for_undo(batch)
    with pytest.raises(OwnWork):
        approvals.decide(request.pk, approve=True, by=worker, at=clock.now())
    batch.refresh_from_db()
    assert (batch.state, RosterUndo.objects.get().state) == (BatchState.APPLIED, UndoState.ASKED)


def test_a_returned_request_leaves_the_roster_and_may_be_made_again(batch: RosterBatch) -> None:
    request = samples.ask_for_undo(batch)
    reviewer = samples.someone("reviewer-of-undo", Role.REVIEWER)
    approvals.decide(request.pk, approve=False, by=reviewer, at=clock.now(), note="原因不清")
    undo = RosterUndo.objects.get()
    assert (undo.state, undo.dropped_because) == (UndoState.DROPPED, "原因不清")
    samples.undo(batch)
    assert RosterUndo.objects.filter(state=UndoState.DONE).count() == 1


def test_what_came_between_asking_and_approving_refuses_the_approval(batch: RosterBatch) -> None:
    request = samples.ask_for_undo(batch)
    decided_pair(batch)
    with pytest.raises(DomainError) as refused:
        samples.approve(request)
    assert refused.value.code == "ROSTER_IS_BUILT_ON"
    request = ApprovalRequest.objects.get(pk=request.pk)
    assert request.state == ApprovalState.PENDING
    assert request.execution_error == str(refused.value)


def test_what_came_between_approving_and_the_job_puts_the_roster_back(batch: RosterBatch) -> None:
    samples.approve(samples.ask_for_undo(batch))
    lay_down_a_proof(batch)
    job = roster_jobs.latest(batch)
    assert job is not None
    assert jobs.run_until_done(job.pk).state == JobState.DONE
    batch.refresh_from_db()
    assert (batch.state, RosterUndo.objects.get().state) == (BatchState.APPLIED, UndoState.DROPPED)
    assert AuditEvent.objects.filter(kind="roster.undo_refused").count() == 1
    assert integrity.broken_invariants() == []
