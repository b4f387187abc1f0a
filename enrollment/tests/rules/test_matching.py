"""The terms of linkage: what evidence weighs and what forbids a pair."""

import pytest

from enrollment.rules.matching import (
    CERTAIN,
    CERTAIN_TIERS,
    BirthEvidence,
    NameEvidence,
    NumberEvidence,
    PlaceEvidence,
    SexEvidence,
    Tier,
    TwinEvidence,
    name_bits,
    score_of,
    veto_of,
)

AGREEING = {
    "number": NumberEvidence.EQUAL,
    "name": NameEvidence.EQUAL,
    "birth": BirthEvidence.EQUAL,
    "sex": SexEvidence.EQUAL,
    "place": PlaceEvidence.UNKNOWN,
}


def test_every_value_of_evidence_has_a_weight() -> None:
    kinds = (NumberEvidence, BirthEvidence, SexEvidence, PlaceEvidence)
    assert set(CERTAIN_TIERS.bits) == {code for kind in kinds for code in kind}
    assert set(CERTAIN_TIERS.name_bits) == set(NameEvidence)
    assert set(CERTAIN_TIERS.tier_scores) == set(CERTAIN) == set(Tier) - {Tier.PROBABLE}


@pytest.mark.parametrize(
    ("bits", "score"), [(0, 0.5), (1, 0.6667), (-1, 0.3333), (1000, 1.0), (-1000, 0.0)]
)
def test_bits_become_a_probability(bits: float, score: float) -> None:
    assert score_of(bits) == score


def test_a_rare_name_says_more_than_a_common_one() -> None:
    rare = name_bits(CERTAIN_TIERS, NameEvidence.EQUAL, 1, 1_000_000)
    common = name_bits(CERTAIN_TIERS, NameEvidence.EQUAL, 1024, 1_000_000)
    assert rare - common == 10
    assert name_bits(CERTAIN_TIERS, NameEvidence.ONE_CHARACTER, 1, 1_000_000) < common


@pytest.mark.parametrize(
    ("changes", "veto"),
    [
        ({}, None),
        ({"number": NumberEvidence.OTHER}, "OTHER_NUMBER"),
        ({"number": NumberEvidence.MISSING, "name": NameEvidence.DIFFERENT}, "OTHER_NAME"),
        ({"name": NameEvidence.DIFFERENT}, None),
        (
            {"name": NameEvidence.DIFFERENT, "birth": BirthEvidence.PART},
            "NUMBER_OF_ANOTHER_BY_BIRTH",
        ),
        (
            {"name": NameEvidence.DIFFERENT, "sex": SexEvidence.DIFFERENT},
            "NUMBER_OF_ANOTHER_BY_SEX",
        ),
        (
            {"name": NameEvidence.ONE_CHARACTER, "birth": BirthEvidence.DIFFERENT},
            "NUMBER_OF_ANOTHER_BY_NAME",
        ),
        ({"name": NameEvidence.ONE_CHARACTER, "birth": BirthEvidence.PART}, None),
        ({"name": NameEvidence.MISSING, "number": NumberEvidence.SLIP}, None),
        ({"name": NameEvidence.MISSING, "number": NumberEvidence.SLIPS}, "NAMELESS"),
        (
            {
                "name": NameEvidence.ONE_CHARACTER,
                "number": NumberEvidence.MISSING,
                "place": PlaceEvidence.HOUSEHOLD,
            },
            "TWINS",
        ),
        (
            {
                "name": NameEvidence.ONE_CHARACTER,
                "number": NumberEvidence.SLIP,
                "place": PlaceEvidence.HOUSEHOLD,
            },
            None,
        ),
    ],
)
def test_what_forbids_a_pair(changes: dict[str, str], veto: str | None) -> None:
    assert veto_of(CERTAIN_TIERS, **{**AGREEING, **changes}) == veto  # type: ignore[arg-type]


SLIP = {"number": NumberEvidence.SLIP}


@pytest.mark.parametrize(
    ("changes", "veto"),
    [
        ({}, None),
        (SLIP, None),
        ({"name": NameEvidence.SURNAME}, "LINK_OTHER_NAME"),
        ({"name": NameEvidence.ONE_CHARACTER}, "LINK_OTHER_NAME"),
        ({"name": NameEvidence.SOUND, "twin": TwinEvidence.RISK}, "LINK_TWIN"),
        ({"twin": TwinEvidence.RISK}, None),
        (
            {
                "number": NumberEvidence.MISSING,
                "place": PlaceEvidence.PHONE,
                "twin": TwinEvidence.RISK,
            },
            "LINK_TWIN_NUMBER",
        ),
        ({"number": NumberEvidence.MISSING}, "LINK_NAMESAKE"),
        ({"number": NumberEvidence.DOUBTED, "place": PlaceEvidence.AREA}, "LINK_NAMESAKE"),
        ({"number": NumberEvidence.MISSING, "place": PlaceEvidence.KIN}, None),
        ({"number": NumberEvidence.FAR, "place": PlaceEvidence.PHONE}, "LINK_FAR_NUMBER"),
        (
            {"name": NameEvidence.DAMAGED, "birth": BirthEvidence.PART},
            "LINK_NAME_AND_BIRTH",
        ),
        ({**SLIP, "birth": BirthEvidence.DIFFERENT}, "LINK_OTHER_BIRTH"),
        ({"birth": BirthEvidence.DIFFERENT}, None),
    ],
)
def test_what_is_never_linked_without_asking(changes: dict[str, str], veto: str | None) -> None:
    pair = {**AGREEING, **changes}
    assert veto_of(CERTAIN_TIERS, **pair, asks=True) == veto  # type: ignore[arg-type]


def test_every_veto_has_a_code_of_its_own() -> None:
    codes = [veto.code for veto in CERTAIN_TIERS.vetoes]
    assert len(codes) == len(set(codes))
