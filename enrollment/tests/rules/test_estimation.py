"""Weights estimated from pairs whose truth was planted: what went in comes out."""

import itertools
import math
import random
from collections import Counter

import pytest

from enrollment.rules import linkage_terms
from enrollment.rules.estimation import (
    GROUPS,
    KINDS,
    SILENT,
    UNLEARNT,
    Counts,
    TooLittle,
    estimate,
    learnt_model,
    pooled,
)
from enrollment.rules.matching import (
    CERTAIN_TIERS,
    BirthEvidence,
    NameEvidence,
    NumberEvidence,
    PlaceEvidence,
    SexEvidence,
)

PATTERNS = list(
    itertools.product(*[[value for value in kind if value not in UNLEARNT] for kind in KINDS])
)


def planted_chances(seed):
    """Chances of every value among pairs of one person and among pairs of two."""
    draw = random.Random(seed)
    same, different = {}, {}
    for kind in KINDS:
        values = [value for value in kind if value not in UNLEARNT]
        agree = 0.6 + 0.35 * draw.random()
        rest = [draw.random() + 0.05 for _value in values[1:]]
        same |= {values[0]: agree} | {
            value: (1 - agree) * part / sum(rest)
            for value, part in zip(values[1:], rest, strict=True)
        }
        # Two people seldom agree, by as much as the kind allows.
        chance = draw.choice([1e-3, 1e-2]) if len(values) > 2 else 0.5
        rest = [draw.random() + 0.05 for _value in values[1:]]
        different |= {values[0]: chance} | {
            value: (1 - chance) * part / sum(rest)
            for value, part in zip(values[1:], rest, strict=True)
        }
    return same, different


def likelihood(pattern, chances):
    return math.prod(chances[value] for value in pattern)


def expected_counts(same, different, *, ones, others):
    """The pairs that meet, as many as the chances make of so many pairs of either kind."""
    pairs = {
        pattern: ones * likelihood(pattern, same) + others * likelihood(pattern, different)
        for pattern in PATTERNS
        if any(group.holds(pattern) for group in GROUPS)
    }
    return Counts(pairs, {value: 1e9 * chance for value, chance in different.items()}, 1_000)


@pytest.mark.parametrize("seed", range(6))
def test_planted_chances_are_found_again(seed):
    same, different = planted_chances(seed)
    found = estimate(expected_counts(same, different, ones=50_000, others=2_000_000))
    for value, chance in same.items():
        assert found.same[value] == pytest.approx(chance, rel=0.03, abs=0.002), value
    for value, chance in different.items():
        assert found.different[value] == pytest.approx(chance, rel=0.001, abs=1e-6), value


def test_planted_pairs_drawn_by_chance_give_weights_near_the_true_ones():
    same, different = planted_chances(3)
    draw = random.Random(7)
    counted = Counter()
    for chances, pairs in ((same, 20_000), (different, 400_000)):
        met = [pattern for pattern in PATTERNS if any(g.holds(pattern) for g in GROUPS)]
        weights = [likelihood(pattern, chances) for pattern in met]
        # Of all pairs only so many meet at all.
        counted.update(draw.choices(met, weights, k=round(pairs * sum(weights))))
    counts = Counts(counted, {value: 1e8 * chance for value, chance in different.items()}, 20_000)
    model = learnt_model("2", estimate(counts), counts, CERTAIN_TIERS)
    for value in (NumberEvidence.EQUAL, NumberEvidence.SLIP, BirthEvidence.EQUAL,
                  BirthEvidence.PART, PlaceEvidence.PHONE):  # fmt: skip
        true = math.log2(same[value] / different[value])
        assert model.bits[value] == pytest.approx(true, abs=0.3), value


def test_where_all_pairs_are_one_person_the_share_says_so():
    same, different = planted_chances(1)
    found = estimate(expected_counts(same, different, ones=50_000, others=0))
    assert min(found.shares.values()) > 0.99
    found = estimate(expected_counts(same, different, ones=1, others=2_000_000))
    assert max(found.shares.values()) < 0.05


def test_a_silent_value_weighs_nothing():
    same, different = planted_chances(2)
    counts = expected_counts(same, different, ones=50_000, others=100_000)
    model = learnt_model("2", estimate(counts), counts, CERTAIN_TIERS)
    assert {model.bits[value] for value in SILENT if not isinstance(value, NameEvidence)} == {0.0}
    assert model.name_bits[NameEvidence.MISSING] == 0.0


def test_limits_and_vetoes_stay_those_of_the_base():
    same, different = planted_chances(2)
    counts = expected_counts(same, different, ones=50_000, others=100_000)
    model = learnt_model("2", estimate(counts), counts, CERTAIN_TIERS)
    assert model.vetoes == CERTAIN_TIERS.vetoes
    assert linkage_terms.thresholds_of(model) == linkage_terms.thresholds_of(CERTAIN_TIERS)
    assert set(model.bits) == set(CERTAIN_TIERS.bits)


def test_what_clerks_decided_is_not_guessed():
    """Pairs that differ in sex: the rolls alone would take them for one person."""
    same, different = planted_chances(4)
    counts = expected_counts(same, different, ones=50_000, others=10_000)
    before = estimate(counts)
    decided = {
        pattern: (0.0, n)
        for pattern, n in counts.pairs.items()
        if pattern[3] == SexEvidence.DIFFERENT
    }
    after = estimate(Counts(counts.pairs, counts.different, counts.unsure, decided))
    assert after.same[SexEvidence.DIFFERENT] < before.same[SexEvidence.DIFFERENT] / 20


def test_sets_of_rolls_are_pooled():
    same, different = planted_chances(5)
    parts = [expected_counts(same, different, ones=n, others=200_000) for n in (10_000, 30_000)]
    whole = pooled(parts)
    assert whole.unsure == 2_000
    assert sum(whole.pairs.values()) == pytest.approx(
        sum(sum(part.pairs.values()) for part in parts)
    )
    found = estimate(whole)
    assert found.same[NumberEvidence.EQUAL] == pytest.approx(same[NumberEvidence.EQUAL], rel=0.02)


def test_nothing_to_learn_from_is_said():
    with pytest.raises(TooLittle):
        estimate(Counts({}, {}, 0))
