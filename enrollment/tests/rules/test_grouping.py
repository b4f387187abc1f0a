"""Groups of files and rows against a plain model, whatever is decided and undone in what order."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.rules import grouping
from enrollment.rules.grouping import Kind, Standing, Tie, file, plan, row

FILES = [file(number) for number in range(1, 6)]
ROWS = [row(number) for number in range(1, 4)]


class Roll:
    """Merges as they stand, and the files that hold rows; moved only by plans."""

    def __init__(self):
        self.ties = {}
        self.standing = {}
        self.next_number = 1

    def settle(self):
        nodes = [*FILES, *ROWS]
        found = plan(self.ties.values(), list(self.standing.values()), nodes)
        for undone in found.undone:
            del self.standing[undone.merge]
        for made in found.made:
            absorbed = {merge.absorbed for merge in self.standing.values()}
            assert made.absorbed not in absorbed, "a merged file is merged again"
            assert made.kept not in absorbed, "a merged file absorbs another"
            assert made.kept < made.absorbed, "the older file goes on"
            number = self.next_number
            self.next_number += 1
            self.standing[number] = Standing(number, made.absorbed, made.kept)
        return found


def groups_of(ties):
    """The same by walking from neighbour to neighbour."""
    neighbours = defaultdict(set)
    for tie in ties:
        neighbours[tie.one].add(tie.other)
        neighbours[tie.other].add(tie.one)
    found = {}
    for start in [*FILES, *ROWS]:
        seen, todo = {start}, [start]
        while todo:
            fresh = neighbours[todo.pop()] - seen
            seen |= fresh
            todo += fresh
        found[start] = frozenset(seen)
    return found


@given(st.lists(st.tuples(st.sampled_from([*FILES, *ROWS]), st.sampled_from([*FILES, *ROWS])) |
                st.integers(0, 30), max_size=25))  # fmt: skip
def test_whatever_is_decided_and_undone_the_groups_are_those_of_the_decisions(acts):
    roll, number = Roll(), 0
    for act in acts:
        if isinstance(act, int):
            numbers = sorted(roll.ties)
            if numbers:
                del roll.ties[numbers[act % len(numbers)]]
        elif act[0] != act[1]:
            number += 1
            roll.ties[number] = Tie(number, *act)
        found = roll.settle()
        wanted = groups_of(roll.ties.values())
        up = {merge.absorbed: merge.kept for merge in roll.standing.values()}
        for node, group in wanted.items():
            members = {one.number for one in group if one.kind == Kind.FILE}
            tops = {grouping.top(up, member) for member in members}
            assert len(tops) == bool(members), "a group has one file that goes on"
            assert found.owners[node] == next(iter(tops), None)
            assert {other for other, rep in found.groups.items() if rep == found.groups[node]} == (
                set(group)
            )
        for member in ROWS:
            assert (member.number in found.placed_by) == (found.owners[member] is not None)
        # A second look at the same state changes nothing.
        again = plan(roll.ties.values(), list(roll.standing.values()), [*FILES, *ROWS])
        assert (again.made, again.undone) == ([], [])


def test_of_a_chain_the_first_merge_is_undone_and_the_second_stays():
    roll = Roll()
    roll.ties = {1: Tie(1, file(3), file(2)), 2: Tie(2, file(2), file(1))}
    roll.settle()
    assert {(merge.absorbed, merge.kept) for merge in roll.standing.values()} == {(3, 2), (2, 1)}
    del roll.ties[1]
    found = roll.settle()
    assert (found.owners[file(3)], found.owners[file(2)]) == (3, 1)
    assert {(merge.absorbed, merge.kept) for merge in roll.standing.values()} == {(2, 1)}


def test_a_second_decision_about_the_absorbed_file_outlives_the_first():
    """3 and 2, then 3 and 1: without the first, 3 and 1 are one person and 2 is another."""
    roll = Roll()
    roll.ties = {1: Tie(1, file(3), file(2)), 2: Tie(2, file(3), file(1))}
    roll.settle()
    del roll.ties[1]
    found = roll.settle()
    assert [found.owners[file(number)] for number in (1, 2, 3)] == [1, 2, 1]


def test_a_waiting_row_joins_two_files_and_leaves_them_two():
    roll = Roll()
    roll.ties = {1: Tie(1, file(1), row(1)), 2: Tie(2, row(1), file(2))}
    assert roll.settle().owners[file(2)] == 1
    del roll.ties[1]
    found = roll.settle()
    assert (found.owners[file(1)], found.owners[file(2)], found.owners[row(1)]) == (1, 2, 2)


def test_merges_that_rest_on_no_decision_stand_by_themselves():
    standing = [Standing(1, 3, 2, fixed=True)]
    found = plan([], standing, [file(2), file(3)])
    assert not found.undone
    assert found.owners[file(3)] == 2


def test_a_ring_is_told():
    with pytest.raises(ValueError, match="ring"):
        grouping.top({1: 2, 2: 1}, 1)
