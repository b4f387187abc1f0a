"""Carrying out an approved decision on double enrollments, range by range of its cases.

A range is one transaction of re-runnable SQL. While a roster is being applied it waits, and a
roster that comes meanwhile waits for the range: both change who is covered.
"""

from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bureau.core import audit, clock, crash
from bureau.core.errors import DomainError
from bureau.core.jobs import Again, JobContext
from enrollment.choices.double import CaseState, DecisionKind, DecisionState
from enrollment.models import DoubleCase, DoubleDecision, Roll
from enrollment.services import double_jobs

SQL = Path(__file__).parent / "sql"
#: Cases carried out in one transaction.
RANGE_CASES = 2_000
WAITS_SECONDS = 10


def apply(context: JobContext, decision: DoubleDecision) -> Again | None:
    """Coverage is as the decision says, cases that had changed wait again, notices stand ready.

    Raises DomainError for a decision that nobody approved.
    """
    if decision.state == DecisionState.APPLIED:
        return None
    if decision.state != DecisionState.APPLYING:
        raise DomainError(
            "DECISION_NOT_APPROVED",
            _("Decision %(number)s is not approved; nothing of it was carried out."),
            number=decision.pk,
        )
    context.phase(gettext_noop("Carrying out the decision"), decision.cases)
    done = int(context.checkpoint.get("done", 0))
    while high := next_range(decision, int(context.checkpoint.get("high", 0))):
        low = int(context.checkpoint.get("high", 0))
        is_held = False
        with context.step() as checkpoint:
            is_held = not take_turn()
            if not is_held:
                done += apply_range(decision, low, high)
                checkpoint.update(high=high, done=done)
                context.progress(done)
        if is_held:
            context.phase(gettext_noop("Waiting for a roster to be applied"))
            return Again(after_seconds=WAITS_SECONDS)
    with context.step():
        _close(decision)
        crash.point("double_before_last_commit")
    context.result = {"cases": done}
    return None


def take_turn() -> bool:
    """Whether nobody applies a roster; until the transaction ends, nobody begins to."""
    Roll.objects.bulk_create([Roll(pk=1)], ignore_conflicts=True)
    roll = Roll.objects.select_for_update().get(pk=1)
    return roll.applying_batch_id is None


def _cases_of(decision: DoubleDecision) -> Any:
    """What is still to be carried out."""
    if decision.kind in (DecisionKind.REOPEN, DecisionKind.UPHOLD):
        return DoubleCase.objects.filter(pending=decision)
    return DoubleCase.objects.filter(decision=decision, state=CaseState.SUBMITTED)


def next_range(decision: DoubleDecision, low: int) -> int | None:
    """The highest case of the next range, or None when all are done."""
    numbers = _cases_of(decision).filter(pk__gt=low).order_by("pk").values_list("pk", flat=True)
    found = list(numbers[:RANGE_CASES])
    return found[-1] if found else None


def apply_range(decision: DoubleDecision, low: int, high: int) -> int:
    """The cases of the range are carried out; returns how many. Call it in a transaction."""
    cases: int = _cases_of(decision).filter(pk__gt=low, pk__lte=high).count()
    facts: dict[str, Any] = {"decision": decision.pk, "low": low, "high": high, "at": clock.now()}
    with connection.cursor() as cursor:
        if decision.kind == DecisionKind.UPHOLD:
            DoubleCase.objects.filter(pending=decision, pk__gt=low, pk__lte=high).update(
                state=CaseState.DECIDED, pending=None
            )
        elif decision.kind == DecisionKind.REOPEN:
            cursor.execute(_sql("double_reopen"), facts)
            crash.point("double_reopened")
            cursor.execute(_sql("apply_precedence"), facts)
            cursor.execute("DROP TABLE applied, reopening, holding, moved")
        else:
            cursor.execute(_sql("double_decide"), facts)
            crash.point("double_decided")
            cursor.execute("DROP TABLE deciding, holding, moved")
    Roll.objects.filter(pk=1).update(coverage_revision=F("coverage_revision") + 1)
    return cases


def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def _close(decision: DoubleDecision) -> None:
    at = clock.now()
    decision.refresh_from_db()
    changed = DoubleDecision.objects.filter(pk=decision.pk, state=DecisionState.APPLYING)
    if changed.update(state=DecisionState.APPLIED, applied_at=at):
        audit.record(
            "double.applied",
            by="apply_double",
            at=at,
            target=decision,
            area=decision.area,
            cases=decision.cases - decision.cases_refused,
        )
    # What had changed, or was taken back beside a newer coverage, is looked at anew.
    double_jobs.ask_to_propose(f"decision:{decision.pk}", by="apply_double", at=at)
