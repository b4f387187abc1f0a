"""What hangs together on the roll around some rows: files, merges, and ties between them."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from django.db import connection

from enrollment.rules import grouping
from enrollment.rules.grouping import Kind, Node, Plan, Standing, Tie

#: Whose the rows are on the roll; rows of rosters that are not applied belong to nobody yet.
HOLDERS: Final = """
    SELECT link.row_id, link.person_id
    FROM enrollment_rosterlink link
    JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id AND batch.state = 'APPLIED'
    WHERE link.row_id = ANY (%(rows)s)
"""
#: A file with everything that was merged into it and into which it was merged.
TREES: Final = """
    WITH RECURSIVE upwards AS (
        SELECT id, merged_into_id FROM enrollment_person WHERE id = ANY (%(files)s)
        UNION
        SELECT above.id, above.merged_into_id
        FROM upwards JOIN enrollment_person above ON above.id = upwards.merged_into_id
    ),
    tree AS (
        SELECT id FROM upwards
        UNION
        SELECT below.id FROM tree JOIN enrollment_person below ON below.merged_into_id = tree.id
    )
    SELECT id FROM tree
"""
ROWS: Final = """
    SELECT link.row_id
    FROM enrollment_rosterlink link
    JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id AND batch.state = 'APPLIED'
    WHERE link.person_id = ANY (%(files)s)
"""
#: Decisions in effect that touch these rows: carried out ones for one person, all for two people.
#: Of two rows that both waited, none joins the file that the other has got since, unless approved.
TOLD: Final = """
    SELECT decision.id, decision.verdict, pair.row_a_id, pair.row_b_id
    FROM (SELECT id FROM enrollment_candidatepair WHERE row_a_id = ANY (%(rows)s)
          UNION SELECT id FROM enrollment_candidatepair WHERE row_b_id = ANY (%(rows)s)) touched
    JOIN enrollment_candidatepair pair USING (id)
    JOIN enrollment_pairdecision decision ON decision.pair_id = pair.id
    WHERE NOT (decision.id = ANY (%(leaving)s))
      AND CASE decision.verdict
          WHEN 'SAME' THEN
              EXISTS (SELECT FROM enrollment_decisionstep done
                      WHERE done.decision_id = decision.id AND done.stage = 'CARRIED_OUT')
              AND NOT EXISTS (SELECT FROM enrollment_decisionstep back
                              WHERE back.decision_id = decision.id AND back.stage = 'REVERTED')
              AND (NOT EXISTS (SELECT FROM enrollment_decisionstep done
                               WHERE done.decision_id = decision.id AND done.stage = 'CARRIED_OUT'
                                 AND done.facts ->> 'outcome' = 'REMEMBERED')
                OR (SELECT link.person_id FROM enrollment_rosterlink link
                    WHERE link.row_id = pair.row_a_id) IS NOT DISTINCT FROM
                   (SELECT link.person_id FROM enrollment_rosterlink link
                    WHERE link.row_id = pair.row_b_id)
                OR EXISTS (SELECT FROM enrollment_bundleddecision line
                           WHERE line.decision_id = decision.id AND line.state = 'APPROVED'))
          WHEN 'DIFFERENT' THEN
              NOT EXISTS (SELECT FROM enrollment_decisionundo undo
                          WHERE undo.decision_id = decision.id)
          ELSE false END
"""
STANDING: Final = """
    SELECT merge.id, merge.absorbed_id, merge.kept_id, merge.decision_id
    FROM enrollment_personmerge merge
    WHERE merge.absorbed_id = ANY (%(files)s)
      AND NOT EXISTS (SELECT FROM enrollment_mergeundo undo WHERE undo.merge_id = merge.id)
    ORDER BY merge.id
"""
HOMES: Final = """
    SELECT wanted.row_id, home.person_id
    FROM unnest(%(rows)s::bigint[], %(holders)s::bigint[]) AS wanted(row_id, holder)
    CROSS JOIN LATERAL enrollment_home_of('LINK', wanted.row_id, wanted.holder) home
"""
BROUGHT: Final = """
    SELECT DISTINCT ON (row_id) row_id, decision_id FROM enrollment_rowmove
    WHERE row_id = ANY (%(rows)s) AND to_person_id IS NOT NULL
    ORDER BY row_id, id DESC
"""


@dataclasses.dataclass
class Situation:
    """The roll around some rows; `holders` gives for every node the file that holds it now."""

    ties: list[Tie]
    standing: list[Standing]
    nodes: set[Node]
    holders: dict[Node, int | None]
    homes: dict[int, Node]
    #: Decisions that two are different people, by the nodes they speak of.
    apart: list[Tie]
    rows_in_play: set[int]
    decision_of_merge: dict[int, int | None]

    def home(self, row: int) -> Node:
        """The node at which the row is at home."""
        return self.homes[row]

    def contradiction(self, plan: Plan) -> tuple[int, Node] | None:
        """A decision for two people within one group of the plan, and the group."""
        for tie in self.apart:
            one, other = plan.groups[tie.one], plan.groups[tie.other]
            if one == other:
                return tie.decision, one
        return None

    def undone_between(self, node: Node, holder: int, undone: Collection[int]) -> int | None:
        """The merge now undone on the way from the node up to the file that held it."""
        up = {merge.absorbed: merge for merge in self.standing}
        number = node.number if node.kind == Kind.FILE else None
        while number is not None and number != holder and number in up:
            if up[number].merge in undone:
                return up[number].merge
            number = up[number].kept
        # Of a row that a decision brought here, or one behind a merge that stays: any split of
        # the file that held it.
        return next(
            (
                merge.merge
                for merge in self.standing
                if merge.merge in undone and self.holders[grouping.file(merge.absorbed)] == holder
            ),
            None,
        )

    def brought_by(self, rows: Iterable[int]) -> dict[int, int]:
        """For rows that leave again, the decision that had brought them."""
        return {row: decision for row, decision in _ask(BROUGHT, rows=list(rows)) if decision}


def situation_of(
    *,
    rows: Collection[int],
    joining: Mapping[int, tuple[int, int]],
    leaving: Collection[int],
) -> Situation:
    """All that hangs together with the rows, with the decisions that join and without those that
    leave; its files are locked in the order of their numbers."""
    found = _Reach(joining, leaving)
    found.reach(rows)
    _lock(found.files)
    # What came or went before the lock was ours is seen now.
    found = _Reach(joining, leaving)
    found.reach(rows)
    return found.situation()


class _Reach:
    """Follows rows to files, files to merges, decisions to further rows, until nothing is new."""

    def __init__(self, joining: Mapping[int, tuple[int, int]], leaving: Collection[int]) -> None:
        self.joining, self.leaving = joining, leaving
        self.holders: dict[int, int] = {}
        self.rows: set[int] = set()
        self.files: set[int] = set()
        self.same: dict[int, tuple[int, int]] = dict(joining)
        self.apart: dict[int, tuple[int, int]] = {}

    def reach(self, rows: Collection[int]) -> None:
        fresh = set(rows) - self.rows
        while fresh:
            self.rows |= fresh
            held = dict(_ask(HOLDERS, rows=list(fresh)))
            self.holders |= held
            new_files = set(held.values()) - self.files
            if new_files:
                tree = {number for (number,) in _ask(TREES, files=list(new_files))}
                self.files |= tree | new_files
                linked = {row for (row,) in _ask(ROWS, files=list(tree | new_files))} - self.rows
                self.rows |= linked
                fresh |= linked
            further: set[int] = set()
            for decision, verdict, row_a, row_b in _ask(
                TOLD, rows=list(fresh), leaving=list(self.leaving)
            ):
                if verdict == "SAME":
                    self.same[decision] = (row_a, row_b)
                    further |= {row_a, row_b}
                else:
                    self.apart[decision] = (row_a, row_b)
            fresh = further - self.rows

    def situation(self) -> Situation:
        told = [row for rows in self.same.values() for row in rows]
        # Of decisions for two people only those count of which both rows are in question here.
        apart = {d: rows for d, rows in self.apart.items() if set(rows) <= self.rows}
        told += [row for rows in apart.values() for row in rows]
        self._learn_holders(set(told) | self.rows)
        homes = self._homes(set(told) | self._seeds())
        standing = _ask(STANDING, files=list(self.files))
        nodes = {grouping.file(number) for number in self.files} | set(homes.values())
        up = {absorbed: kept for _m, absorbed, kept, _d in standing}
        holders: dict[Node, int | None] = {}
        for node in nodes:
            if node.kind == Kind.FILE:
                holders[node] = grouping.top(up, node.number)
            else:
                holders[node] = self.holders.get(node.number)
        return Situation(
            ties=[Tie(d, homes[a], homes[b]) for d, (a, b) in self.same.items()],
            standing=[
                Standing(merge, absorbed, kept, fixed=decision is None)
                for merge, absorbed, kept, decision in standing
            ],
            nodes=nodes,
            holders=holders,
            homes=homes,
            apart=[Tie(d, homes[a], homes[b]) for d, (a, b) in apart.items()],
            rows_in_play=self.rows,
            decision_of_merge={merge: decision for merge, _a, _k, decision in standing},
        )

    def _seeds(self) -> set[int]:
        return {row for rows in self.joining.values() for row in rows} | self._brought()

    def _brought(self) -> set[int]:
        """Rows that no file holds by itself: at home with themselves, whatever told of them."""
        return {row for (row,) in _ask(BROUGHT_ROWS, rows=list(self.rows))}

    def _learn_holders(self, rows: Collection[int]) -> None:
        unknown = set(rows) - set(self.holders)
        if unknown:
            self.holders |= dict(_ask(HOLDERS, rows=list(unknown)))

    def _homes(self, rows: Collection[int]) -> dict[int, Node]:
        held = [row for row in rows if row in self.holders]
        homes = {row: grouping.row(row) for row in rows}
        for row, person in _ask(HOMES, rows=held, holders=[self.holders[row] for row in held]):
            if person is not None:
                homes[row] = grouping.file(person)
        return homes


#: Rows that a decision once brought to a file.
BROUGHT_ROWS: Final = """
    SELECT DISTINCT row_id FROM enrollment_rowmove
    WHERE row_id = ANY (%(rows)s) AND decision_id IS NOT NULL
"""


def _lock(files: Collection[int]) -> None:
    _ask(
        "SELECT id FROM enrollment_person WHERE id = ANY (%(files)s) ORDER BY id FOR UPDATE",
        files=list(files),
    )


def _ask(statement: str, **facts: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        return list(cursor.fetchall())
