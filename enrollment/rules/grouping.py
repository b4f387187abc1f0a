"""Which files are one person: files and rows joined by decisions, and the merges that lead there.

Pure. Files and waiting rows are nodes, each decision "the same person" joins two of them, and every
connected group is one person. A group with a file has one file that goes on; a group of rows alone
waits. Undoing a decision takes its line away and asks again what hangs together, so chains come out
right in whatever order they are undone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a node is."""

    FILE = "FILE"
    ROW = "ROW"


class Node(NamedTuple):
    """A file as it would be without any merge, or a row that nobody's file holds by itself."""

    kind: Kind
    number: int


def file(number: int) -> Node:
    return Node(Kind.FILE, number)


def row(number: int) -> Node:
    return Node(Kind.ROW, number)


@dataclass(frozen=True)
class Tie:
    """One decision in effect: these two are the same person."""

    decision: int
    one: Node
    other: Node


@dataclass(frozen=True)
class Standing:
    """One merge in effect. A `fixed` one rests on no decision and holds by itself."""

    merge: int
    absorbed: int
    kept: int
    fixed: bool = False


@dataclass(frozen=True)
class Made:
    """One merge to be made, because of this decision."""

    absorbed: int
    kept: int
    decision: int


@dataclass
class Plan:
    """What has to change: merges to undo, then merges to make in this order.

    `owners` gives for every node the file that holds it afterwards, none for rows that wait;
    `placed_by` gives for rows that have a file the decision that brought them there; `groups` gives
    for every node one node of its person.
    """

    undone: list[Standing] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    owners: dict[Node, int | None] = field(default_factory=dict)
    placed_by: dict[int, int] = field(default_factory=dict)
    groups: dict[Node, Node] = field(default_factory=dict)


class _Groups:
    """Sets of nodes that only grow (union-find)."""

    def __init__(self) -> None:
        self._above: dict[Node, Node] = {}

    def of(self, node: Node) -> Node:
        path = []
        while (above := self._above.get(node, node)) != node:
            path.append(node)
            node = above
        for passed in path:
            self._above[passed] = node
        return node

    def join(self, one: Node, other: Node) -> None:
        self._above[self.of(one)] = self.of(other)


def plan(ties: Iterable[Tie], standing: Sequence[Standing], nodes: Iterable[Node] = ()) -> Plan:
    """The way from the merges that stand to the groups that the ties ask for.

    Merges within a group stay; of two files that have to become one, the older goes on.
    """
    ordered = sorted(ties, key=lambda tie: tie.decision)
    wanted = _Groups()
    for tie in ordered:
        wanted.join(tie.one, tie.other)
    for merge in standing:
        if merge.fixed:
            wanted.join(file(merge.absorbed), file(merge.kept))
    result = Plan()
    up: dict[int, int] = {}
    for merge in standing:
        if wanted.of(file(merge.absorbed)) == wanted.of(file(merge.kept)):
            up[merge.absorbed] = merge.kept
        else:
            result.undone.append(merge)
    everything = {node for tie in ordered for node in (tie.one, tie.other)}
    everything |= {file(end) for merge in standing for end in (merge.absorbed, merge.kept)}
    everything |= set(nodes)
    _connect(ordered, everything, up, result)
    return result


def _connect(ties: Sequence[Tie], nodes: set[Node], up: dict[int, int], result: Plan) -> None:
    """Groups grow tie by tie; where two files meet, one is merged into the other."""
    groups = _Groups()
    roots: dict[Node, int | None] = {}
    waiting: dict[Node, list[int]] = {}
    for node in sorted(nodes):
        if node.kind == Kind.FILE:
            root = top(up, node.number)
            groups.join(node, file(root))
            roots[groups.of(node)] = root
        else:
            roots[node] = None
            waiting[node] = [node.number]
    for tie in ties:
        one, other = groups.of(tie.one), groups.of(tie.other)
        if one == other:
            continue
        root_one, root_other = roots[one], roots[other]
        rows = waiting.pop(one, []) + waiting.pop(other, [])
        groups.join(one, other)
        joined = groups.of(one)
        if root_one is not None and root_other is not None:
            kept, absorbed = sorted((root_one, root_other))
            result.made.append(Made(absorbed, kept, tie.decision))
            roots[joined] = kept
        elif root_one is None and root_other is None:
            roots[joined] = None
            waiting[joined] = rows
        else:
            roots[joined] = root_one if root_one is not None else root_other
            result.placed_by.update(dict.fromkeys(rows, tie.decision))
    result.owners = {node: roots[groups.of(node)] for node in nodes}
    result.groups = {node: groups.of(node) for node in nodes}


def top(up: dict[int, int], number: int) -> int:
    """The file that goes on, from this one upwards. Raises ValueError where merges form a ring."""
    seen = {number}
    while number in up:
        number = up[number]
        if number in seen:
            raise ValueError(f"merges run in a ring through file {number}")
        seen.add(number)
    return number


def joined(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """For each number in the pairs the smallest of all that hang together with it."""
    up: dict[int, int] = {}

    def root(number: int) -> int:
        while (above := up.setdefault(number, number)) != number:
            up[number] = up[above]
            number = above
        return number

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        up[high] = low
    return {number: root(number) for number in up}
