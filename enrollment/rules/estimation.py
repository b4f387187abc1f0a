"""What evidence is worth, estimated from the rolls themselves.

Every kind of evidence has two chances for each of its values: `same`, among pairs of rows that are
one person, and `different`, among pairs that are not (Fellegi and Sunter's m and u). `different`
is counted on pairs that are known to be two people; `same` is estimated by expectation and
maximisation, because nobody has said which pairs are one person. A value's weight is the logarithm
to base 2 of the ratio of the two.

Pure: the counting of pairs is `enrollment.imports.learn`'s.
"""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from enrollment.rules.matching import (
    DAY_BITS,
    BirthEvidence,
    Evidence,
    LinkageModel,
    NameEvidence,
    NumberEvidence,
    PlaceEvidence,
    SexEvidence,
)

Pattern: TypeAlias = tuple[NumberEvidence, NameEvidence, BirthEvidence, SexEvidence, PlaceEvidence]
KINDS: Final = (NumberEvidence, NameEvidence, BirthEvidence, SexEvidence, PlaceEvidence)
NUMBER, NAME, BIRTH, SEX, PLACE = range(5)
#: Values that say nothing either way: one side or both tell nothing that could be compared.
SILENT: Final[frozenset[Evidence]] = frozenset(
    {
        NumberEvidence.MISSING,
        NumberEvidence.DOUBTED,
        NameEvidence.MISSING,
        BirthEvidence.UNKNOWN,
        SexEvidence.UNKNOWN,
    }
)
#: Values that nothing is learnt from: a month is worth a known part of what a date is worth.
UNLEARNT: Final = SILENT | {BirthEvidence.MONTH}
_NAME_AGREES: Final = frozenset({NameEvidence.EQUAL, NameEvidence.SOUND})
_PLACE_NEAR: Final = frozenset({PlaceEvidence.HOUSEHOLD, PlaceEvidence.KIN, PlaceEvidence.PHONE})
#: A weight beyond this is more than any sample can bear out.
UTMOST_BITS: Final = 30.0
MOST_ROUNDS: Final = 500
#: The estimate stands when no chance moves by more than this from round to round.
STILL: Final = 1e-7


class TooLittle(ValueError):
    """There is too little to estimate from."""


@dataclass(frozen=True)
class Group:
    """Pairs that meet because they agree in something, which then proves nothing within the group.

    Only the kinds in `teaches` are estimated from it: the others are what made the pairs meet, or
    hang together with it.
    """

    name: str
    meets: Mapping[int, frozenset[Evidence]]
    teaches: tuple[int, ...]

    def holds(self, pattern: Pattern) -> bool:
        """Whether pairs of this pattern belong to the group."""
        return all(pattern[kind] in values for kind, values in self.meets.items())


#: Members of one household share number mistakes, phones and homes: what a copied number proves is
#: therefore not learnt from where people live, nor the reverse.
GROUPS: Final = (
    Group(
        "NUMBER",
        {NUMBER: frozenset({NumberEvidence.EQUAL, NumberEvidence.SUGGESTED})},
        (NAME, BIRTH, SEX),
    ),
    Group(
        "NAME_AND_BIRTH",
        {NAME: _NAME_AGREES, BIRTH: frozenset({BirthEvidence.EQUAL})},
        (NUMBER, SEX, PLACE),
    ),
    Group(
        "NAME_AND_PLACE",
        {NAME: _NAME_AGREES, PLACE: _PLACE_NEAR},
        (NUMBER, BIRTH, SEX),
    ),
)


@dataclass(frozen=True)
class Counts:
    """What was counted: candidate pairs by pattern, and values among pairs of different people.

    `unsure` is the number of rows that look for their person; `decided` holds pairs that clerks
    decided: how many of a pattern are the same person, and how many are not.
    """

    pairs: Mapping[Pattern, float]
    different: Mapping[Evidence, float]
    unsure: int
    decided: Mapping[Pattern, tuple[float, float]] = dataclasses.field(default_factory=dict)


def pooled(parts: Sequence[Counts]) -> Counts:
    """What several sets of rolls show together; chance agreement is averaged over the sets."""
    pairs: Counter[Pattern] = Counter()
    different: Counter[Evidence] = Counter()
    decided: dict[Pattern, tuple[float, float]] = {}
    for part in parts:
        pairs.update(part.pairs)
        different.update(part.different)
        for pattern, (same, apart) in part.decided.items():
            before = decided.get(pattern, (0.0, 0.0))
            decided[pattern] = (before[0] + same, before[1] + apart)
    return Counts(pairs, different, sum(part.unsure for part in parts), decided)


@dataclass(frozen=True)
class Estimate:
    """Chances of each value among pairs of one person and of two, and how they were come by.

    `shares` is the share of pairs of one person in each group; `expected`, how many of all
    candidate pairs are one person.
    """

    same: Mapping[Evidence, float]
    different: Mapping[Evidence, float]
    shares: Mapping[str, float]
    expected: float
    rounds: int


def estimate(counts: Counts) -> Estimate:
    """The chances under which what was counted is likeliest. Raises `TooLittle`."""
    different = _chances(counts.different)
    members = {
        group.name: [(pattern, n) for pattern, n in counts.pairs.items() if group.holds(pattern)]
        for group in GROUPS
    }
    if sum(n for pairs in members.values() for _pattern, n in pairs) < 1:
        raise TooLittle("no candidate pair agrees in number, or in name and birth date or place")
    same = _first_guess()
    shares = dict.fromkeys(members, 0.5)
    rounds, still = 0, False
    while not still and rounds < MOST_ROUNDS:
        rounds += 1
        learnt = dict.fromkeys(same, 0.0)
        for group in GROUPS:
            shares[group.name] = _expect(
                group, members[group.name], counts, same, different, shares[group.name], learnt
            )
        moved = _chances(learnt)
        still = max(abs(moved[value] - same[value]) for value in moved) < STILL
        same = moved
    expected = sum(
        n * _posterior(pattern, (NUMBER, NAME, BIRTH, SEX, PLACE), same, different, 0.5)
        for pattern, n in counts.pairs.items()
        if any(group.holds(pattern) for group in GROUPS)
    )
    return Estimate(same, different, shares, expected, rounds)


def _expect(
    group: Group,
    members: list[tuple[Pattern, float]],
    counts: Counts,
    same: Mapping[Evidence, float],
    different: Mapping[Evidence, float],
    share: float,
    learnt: dict[Evidence, float],
) -> float:
    """Adds what the group's pairs of one person show; returns their share in the group."""
    pairs = matched = 0.0
    for pattern, n in members:
        posterior = _posterior(pattern, group.teaches, same, different, share)
        decided_same, decided_not = counts.decided.get(pattern, (0.0, 0.0))
        # A decided pair is known; only the others are guessed.
        known = min(decided_same + decided_not, n)
        ones = (n - known) * posterior + decided_same * known / max(decided_same + decided_not, 1.0)
        pairs += n
        matched += ones
        for kind in group.teaches:
            if pattern[kind] not in UNLEARNT:
                learnt[pattern[kind]] += ones
    return min(max(matched / pairs, 1e-6), 1 - 1e-6) if pairs else share


def _posterior(
    pattern: Pattern,
    kinds: tuple[int, ...],
    same: Mapping[Evidence, float],
    different: Mapping[Evidence, float],
    share: float,
) -> float:
    """How likely a pair of this pattern is one person, by these kinds of evidence alone."""
    odds = share / (1 - share)
    for kind in kinds:
        value = pattern[kind]
        if value not in UNLEARNT:
            odds *= same[value] / different[value]
    return odds / (1 + odds)


def _values() -> Iterator[list[Evidence]]:
    """The values of each kind that teach something."""
    for kind in KINDS:
        yield [value for value in kind if value not in UNLEARNT]


def _chances(counted: Mapping[Evidence, float]) -> dict[Evidence, float]:
    """Shares within each kind. A value never seen is as likely as half a pair would make it."""
    found: dict[Evidence, float] = {}
    for values in _values():
        whole = sum(counted.get(value, 0.0) for value in values) + 0.5 * len(values)
        found |= {value: (counted.get(value, 0.0) + 0.5) / whole for value in values}
    return found


def _first_guess() -> dict[Evidence, float]:
    """The first value of a kind is agreement: most pairs of one person agree."""
    found: dict[Evidence, float] = {}
    for values in _values():
        found |= {value: 0.1 / (len(values) - 1) for value in values}
        found[values[0]] = 0.9
    return found


def learnt_model(name: str, found: Estimate, counts: Counts, base: LinkageModel) -> LinkageModel:
    """The model with the estimated weights; limits, cut-offs and vetoes are those of `base`.

    How often a name is borne is reckoned when pairs are weighed, so that the weight of an agreeing
    name holds only how often one person's name agrees.
    """

    def bits(value: Evidence) -> float:
        if value is BirthEvidence.MONTH:
            return round(bits(BirthEvidence.EQUAL) - DAY_BITS, 2)
        if value in SILENT:
            return 0.0
        weight = math.log2(found.same[value] / found.different[value])
        return round(max(-UTMOST_BITS, min(UTMOST_BITS, weight)), 2)

    names = {value: bits(value) for value in NameEvidence}
    names |= {value: round(math.log2(found.same[value]), 2) for value in _NAME_AGREES}
    partner = min(max(found.expected / max(counts.unsure, 1), 0.01), 0.95)
    return dataclasses.replace(
        base,
        name=name,
        bits={value: bits(value) for kind in KINDS if kind is not NameEvidence for value in kind},
        name_bits=names,
        prior_bits=round(math.log2(partner), 2),
    )
