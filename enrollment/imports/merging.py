"""Carrying out what clerks decided: files merged and split, waiting rows placed, by sets.

Each step takes some decisions and asks anew what hangs together with them (`rules.grouping`). The
roll is held while it writes, so that neither a roster nor another step comes between; a step that
is killed leaves nothing, and the next one begins where it began.
"""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bureau.core import audit, crash
from bureau.core.actors import Actor
from bureau.core.choices import LogLevel
from bureau.core.errors import DomainError
from bureau.core.jobs import JobContext
from enrollment.choices import DecisionOutcome, DecisionStage, PairState, UndoCause, Verdict
from enrollment.imports import apply, chosen_values, editions
from enrollment.imports.merge_situation import Situation, situation_of
from enrollment.imports.merge_work import Work, still_waiting
from enrollment.imports.resettle import statement
from enrollment.models import (
    CandidatePair,
    DecisionStep,
    DecisionUndo,
    MergeUndo,
    Person,
    PersonMerge,
    Roll,
    RowMove,
)
from enrollment.rules import grouping
from enrollment.rules.decisions import ANSWERED_REASONS
from enrollment.rules.grouping import Kind, Node, Plan
from enrollment.services import clearing, double_jobs


def note_change_of_the_roll(*, by: Actor, at: datetime.datetime) -> None:
    """Linkages made before are known to be stale, and whose coverages meet is looked at anew."""
    Roll.objects.filter(pk=1).update(revision=F("revision") + 1)
    double_jobs.ask_to_propose("decisions", by=by, at=at)


def hold_roll() -> bool:
    """Whether the roll is free; it is held until the transaction ends."""
    Roll.objects.bulk_create([Roll(pk=1)], ignore_conflicts=True)
    return Roll.objects.select_for_update().get(pk=1).applying_batch_id is None


def settle(
    work: Sequence[Work], *, by: Actor, at: datetime.datetime, context: JobContext | None = None
) -> None:
    """The decisions are carried out or taken back, with all that hangs on them.

    Call it in a transaction that holds the roll.
    """
    _lock_pairs(work)
    # Somebody may have taken one back before its pair was locked.
    work = still_waiting(work)
    situation, plan, dropped = _agreed(work)
    for one, against in dropped:
        _take_back_contradiction(one, against, at=at, by=by)
        if context:
            context.log(
                gettext_noop("Decision %(decision)s contradicts decision %(against)s."),
                LogLevel.WARNING,
                decision=one.decision,
                against=against,
            )
    gone = {one.decision for one, _against in dropped}
    work = [one for one in work if one.decision not in gone]
    _write(work, situation, plan, by=by, at=at)
    crash.point("merge_before_commit")


def _lock_pairs(work: Sequence[Work]) -> None:
    pairs = CandidatePair.objects.filter(decisions__in=[one.decision for one in work])
    list(pairs.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


def _agreed(work: Sequence[Work]) -> tuple[Situation, Plan, list[tuple[Work, int]]]:
    """The plan without those of the new decisions that a decision for two people contradicts."""
    kept = list(work)
    dropped: list[tuple[Work, int]] = []
    situation = situation_of(
        rows={row for one in work for row in (one.row_a, one.row_b)},
        joining={
            one.decision: (one.row_a, one.row_b)
            for one in work
            if one.what != "UNDO" and one.verdict == Verdict.SAME
        },
        leaving={one.decision for one in work if one.what == "UNDO"},
    )
    while True:
        ties = [
            tie for tie in situation.ties if tie.decision not in {o.decision for o, _a in dropped}
        ]
        plan = grouping.plan(ties, situation.standing, situation.nodes)
        conflict = situation.contradiction(plan)
        if conflict is None:
            return situation, plan, dropped
        against, group = conflict
        blamed = [
            one
            for one in kept
            if one.what != "UNDO"
            and one.verdict == Verdict.SAME
            and plan.groups[situation.home(one.row_a)] == group
        ]
        if not blamed:
            # The roll itself says both; `check_invariants` tells, and nothing new is made of it.
            return situation, plan, dropped
        newest = max(blamed, key=lambda one: one.decision)
        kept.remove(newest)
        dropped.append((newest, against))


def _take_back_contradiction(one: Work, against: int, *, by: Actor, at: datetime.datetime) -> None:
    """The decision is taken back and its pair goes to a reviewer."""
    DecisionUndo.objects.create(
        decision_id=one.decision,
        cause=UndoCause.CONTRADICTION,
        reason=str(against),
        by_text=by.text,
        at=at,
    )
    CandidatePair.objects.filter(decisions=one.decision).update(
        state=PairState.DISPUTED, decided_by=by.text, decided_at=at
    )


def _write(
    work: Sequence[Work], situation: Situation, plan: Plan, *, by: Actor, at: datetime.datetime
) -> None:
    """The plan is what stands on the roll, and every step of it is on record."""
    acts = _Acts(situation, plan, by=by, at=at, work=work)
    with connection.cursor() as cursor:
        acts.undo_merges()
        acts.make_merges()
        _fill(cursor, "settled_file", "person_id bigint", [(f,) for f in acts.files])
        _run(cursor, "merge_snapshot")
        acts.unplace(cursor)
        crash.point("merge_before_moves")
        acts.move(cursor)
        crash.point("merge_after_moves")
        acts.place(cursor)
        held = chosen_values.settle(acts.chosen(), files=acts.files, at=at)
        _precedence(cursor, acts.files)
        _run(cursor, "merge_record")
        crash.point("merge_after_precedence")
        editions.give_way(acts.unplaced, at=at)
        editions.follow_placed(acts.placed, by=by.text[:120])
        _note_stages(work, situation, plan, acts, held=held, by=by, at=at)
        _run(cursor, "merge_answers", {"by": by.text, "at": at})
        for table in ("settled_file", "settled_node", "settled_owner", "settled_row", "leaving",
                      "coming", "thing_before", "thing_home", "thing_target"):  # fmt: skip
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
    if acts.has_changed_the_roll:
        note_change_of_the_roll(by=by, at=at)
        audit.record(
            "people.decisions_carried_out",
            by=by,
            at=at,
            decisions=len(work),
            merges=len(acts.merges),
            splits=len(plan.undone),
            rows_placed=len(acts.placed),
            rows_waiting_again=len(acts.unplaced),
        )


class _Acts:
    """The merges, splits and row moves of one plan, as they are written one after the other."""

    def __init__(
        self,
        situation: Situation,
        plan: Plan,
        *,
        by: Actor,
        at: datetime.datetime,
        work: Sequence[Work],
    ) -> None:
        self.situation, self.plan, self.by, self.at = situation, plan, by, at
        self.decisions = [one.decision for one in work]
        self.leaving = [one.decision for one in work if one.what == "UNDO"]
        self.files = sorted(
            {node.number for node in situation.nodes if node.kind == Kind.FILE}
            | {owner for owner in plan.owners.values() if owner is not None}
        )
        self.merges: list[PersonMerge] = []
        self.undos: dict[int, MergeUndo] = {}
        rows = [node for node in situation.nodes if node.kind == Kind.ROW]
        before, after = situation.holders, plan.owners
        self.placed = {
            node.number: owner
            for node in rows
            if before.get(node) is None and (owner := after[node]) is not None
        }
        self.unplaced = {
            node.number: holder
            for node in rows
            if after[node] is None and (holder := before.get(node)) is not None
        }
        self.row_moves: dict[int, RowMove] = {}

    @property
    def has_changed_the_roll(self) -> bool:
        return bool(self.merges or self.undos or self.placed or self.unplaced or self.row_moves)

    def undo_merges(self) -> None:
        """Files that no decision joins any more are apart again."""
        because = self.leaving[0] if self.leaving else None
        made = MergeUndo.objects.bulk_create(
            MergeUndo(
                merge_id=standing.merge,
                decision_id=self._cause_of(standing.merge, because),
                by_text=self.by.text,
                at=self.at,
            )
            for standing in self.plan.undone
        )
        self.undos = {undo.merge_id: undo for undo in made}
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE enrollment_person person"
                " SET state = merge.absorbed_state, merged_into_id = NULL"
                " FROM enrollment_personmerge merge"
                " WHERE merge.id = ANY (%s) AND person.id = merge.absorbed_id",
                [list(self.undos)],
            )

    def _cause_of(self, merge: int, otherwise: int | None) -> int | None:
        """The decision by whose undoing the merge ends: its own if that is one of them."""
        own = self.situation.decision_of_merge.get(merge)
        return own if own in self.leaving else otherwise

    def make_merges(self) -> None:
        """Of files that are one person, one goes on and the others point at it."""
        states = dict(
            Person.objects.filter(pk__in=[made.absorbed for made in self.plan.made]).values_list(
                "pk", "state"
            )
        )
        self.merges = PersonMerge.objects.bulk_create(
            PersonMerge(
                kept_id=made.kept,
                absorbed_id=made.absorbed,
                absorbed_state=states[made.absorbed],
                decision_id=made.decision,
                by_text=self.by.text,
                at=self.at,
            )
            for made in self.plan.made
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE enrollment_person person"
                " SET state = 'MERGED', merged_into_id = merge.kept_id"
                " FROM enrollment_personmerge merge"
                " WHERE merge.id = ANY (%s) AND person.id = merge.absorbed_id",
                [[merge.pk for merge in self.merges]],
            )

    def _move_rows(self, lines: Iterable[tuple[int, int | None, int | None, int]]) -> None:
        made = RowMove.objects.bulk_create(
            RowMove(
                row_id=row,
                from_person_id=from_person,
                to_person_id=to_person,
                decision_id=decision,
                by_text=self.by.text,
                at=self.at,
            )
            for row, from_person, to_person, decision in lines
        )
        self.row_moves |= {move.row_id: move for move in made}

    def unplace(self, cursor: Any) -> None:
        """Rows that only decisions taken back had brought to a file wait again."""
        brought = self.situation.brought_by(self.unplaced)
        self._move_rows(
            (row, holder, None, brought.get(row) or self.leaving[0])
            for row, holder in sorted(self.unplaced.items())
        )
        _fill(
            cursor,
            "leaving",
            "row_id bigint, person_id bigint, row_move_id bigint",
            [(row, holder, self.row_moves[row].pk) for row, holder in self.unplaced.items()],
        )
        if self.unplaced:
            _run(cursor, "merge_unplace")
            cursor.execute("DROP TABLE gone")

    def move(self, cursor: Any) -> None:
        """Everything lies at the file that owns its home now."""
        nodes, owners = [], {}
        for node in self.situation.nodes:
            owner = self.plan.owners[node]
            if owner is None or (node.kind == Kind.ROW and node.number in self.placed):
                continue
            act = self._act_of(node, owner)
            is_file = node.kind == Kind.FILE
            nodes.append(
                (node.number if is_file else None, None if is_file else node.number, owner, *act)
            )
            if any(act):
                owners[owner] = act
                # What was left behind has changed too.
                holder = self.situation.holders.get(node)
                if holder is not None:
                    owners.setdefault(holder, act)
        acts = "merge_id bigint, undo_id bigint, row_move_id bigint"
        _fill(cursor, "settled_node", f"file bigint, row bigint, owner bigint, {acts}", nodes)
        self._owners = owners
        _run(cursor, "merge_targets")
        for step in ("merge_identifiers", "merge_memberships"):
            _until_none_moves(cursor, step)

    def _act_of(self, node: Node, owner: int) -> tuple[int | None, int | None, int | None]:
        """The merge, split or move by which what is at home here went to its owner."""
        holder = self.situation.holders.get(node)
        if holder is None or holder == owner:
            return (None, None, None)
        for merge in self.merges:
            if merge.absorbed_id == holder and self.plan.owners[grouping.file(holder)] == owner:
                return (merge.pk, None, None)
        undone = self.situation.undone_between(node, holder, self.undos)
        if undone is not None:
            return (None, self.undos[undone].pk, None)
        # A row that one decision leaves and another brings elsewhere at the same moment.
        decision = self.plan.placed_by.get(node.number) or self.decisions[0]
        self._move_rows([(node.number, holder, owner, decision)])
        return (None, None, self.row_moves[node.number].pk)

    def place(self, cursor: Any) -> None:
        """Waiting rows whose person is known now bring their numbers, household and coverage."""
        self._move_rows(
            (row, None, owner, self.plan.placed_by[row])
            for row, owner in sorted(self.placed.items())
        )
        holding = chosen_values.rows_whose_number_holds(self.placed, self.plan.placed_by)
        _fill(
            cursor,
            "coming",
            "row_id bigint, person_id bigint, row_move_id bigint, holds_number boolean",
            [
                (row, owner, self.row_moves[row].pk, row in holding)
                for row, owner in self.placed.items()
            ],
        )
        if self.placed:
            answered = [reason.value for reason in ANSWERED_REASONS]
            editions.hold_placed()
            _run(cursor, "place_rows", {"answered": answered})
            for step in apply.STEPS:
                # The rows are gathered already, and none of them opens a file.
                if step not in ("apply_told", "apply_range", "apply_persons"):
                    _run(cursor, step, {})
            _run(cursor, "place_record")
            cursor.execute("DROP TABLE applied, place")
        for row, owner in self.placed.items():
            self._owners.setdefault(owner, (None, None, self.row_moves[row].pk))
        for row, holder in self.unplaced.items():
            self._owners.setdefault(holder, (None, None, self.row_moves[row].pk))
        acts = "merge_id bigint, undo_id bigint, row_move_id bigint"
        _fill(
            cursor,
            "settled_owner",
            f"owner bigint, {acts}",
            [(owner, *act) for owner, act in self._owners.items()],
        )
        _fill(
            cursor, "settled_row", "row_id bigint", [(row,) for row in self.situation.rows_in_play]
        )

    def chosen(self) -> list[chosen_values.Chosen]:
        """Decisions that brought two sides together now, for the values they chose."""
        merges = {merge.decision_id: merge for merge in self.merges}
        bringing = set(merges) | {self.plan.placed_by[row] for row in self.placed}
        homes = self.situation.homes
        return chosen_values.chosen_of(
            [number for number in bringing if number is not None],
            holders={row: self.situation.holders[home] for row, home in homes.items()},
            targets={
                row: owner
                for row, home in homes.items()
                if (owner := self.plan.owners[home]) is not None
            },
            merges={number: merge for number, merge in merges.items() if number is not None},
        )


def _until_none_moves(cursor: Any, step: str) -> None:
    """Places are taken one after the other, as those that leave make room."""
    for _round in range(100):
        _run(cursor, step)
        if cursor.rowcount == 0:
            return
    raise DomainError(
        "things_wait_for_one_another",
        _("Numbers or households of these files wait for one another's place (%(step)s)."),
        step=step,
    )


def _precedence(cursor: Any, files: Sequence[int]) -> None:
    """Which of several overlapping spells is in force is decided anew for these people."""
    _fill(cursor, "applied", "person_id bigint", [(number,) for number in files])
    _run(cursor, "apply_precedence", {})
    cursor.execute("DROP TABLE applied")


def _note_stages(
    work: Sequence[Work],
    situation: Situation,
    plan: Plan,
    acts: _Acts,
    *,
    held: Sequence[int],
    by: Actor,
    at: datetime.datetime,
) -> None:
    """Each decision has reached its stage, and says what it did.

    `held` are decisions that had closed a number which could not be opened again.
    """
    steps = []
    # Where the number was closed by another decision than the one taken back, the first tells it.
    told = {one if one in acts.leaving else next(iter(acts.leaving), None) for one in held}
    for one in work:
        if one.what == "FOLLOW":
            continue
        is_done = one.what == "DO"
        outcome = _outcome_of(one, situation, plan, acts) if is_done else ""
        steps.append(
            DecisionStep(
                decision_id=one.decision,
                stage=DecisionStage.CARRIED_OUT if is_done else DecisionStage.REVERTED,
                facts={"outcome": outcome}
                if is_done
                else {"number_held": True}
                if one.decision in told
                else {},
                by_text=by.text,
                at=at,
            )
        )
    DecisionStep.objects.bulk_create(steps)
    taken_back = [one.decision for one in work if one.what == "UNDO"]
    CandidatePair.objects.filter(
        decisions__in=taken_back,
        state__in=[PairState.CHECKING, PairState.SAME, PairState.DIFFERENT],
    ).update(**clearing.asked_again(by=by.text, at=at))


def _outcome_of(one: Work, situation: Situation, plan: Plan, acts: _Acts) -> str:
    if one.verdict == Verdict.DIFFERENT:
        return DecisionOutcome.APART
    if any(made.decision == one.decision for made in plan.made):
        return DecisionOutcome.MERGED
    if any(plan.placed_by.get(row) == one.decision for row in acts.placed):
        return DecisionOutcome.PLACED
    if plan.owners[situation.home(one.row_a)] is None:
        return DecisionOutcome.REMEMBERED
    return DecisionOutcome.ALREADY_ONE


def _run(cursor: Any, step: str, facts: dict[str, Any] | None = None) -> None:
    cursor.execute(statement(step), facts)


def _fill(cursor: Any, table: str, columns: str, lines: Sequence[tuple[Any, ...]]) -> None:
    """A temporary table of these lines, known to the planner."""
    cursor.execute(f"CREATE TEMP TABLE {table} ({columns}) ON COMMIT DROP")
    if lines:
        names = ", ".join(part.split()[0] for part in columns.split(", "))
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for line in lines:
                copy.write_row(line)
    cursor.execute(f"ANALYZE {table}")
