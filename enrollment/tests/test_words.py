"""Every code that linkage leaves on rows and pairs has words for people."""

import pytest

from enrollment.rules import matching
from enrollment.tables.rosters import EVIDENCE, TIERS

KINDS = (
    matching.NumberEvidence,
    matching.NameEvidence,
    matching.BirthEvidence,
    matching.SexEvidence,
    matching.PlaceEvidence,
)


@pytest.mark.parametrize("kind", KINDS)
def test_each_evidence_has_words(kind):
    assert {code.value for code in kind} - set(EVIDENCE) == set()


def test_each_ground_of_a_link_has_words():
    assert {tier.value for tier in matching.Tier} - set(TIERS) == set()
