"""When two roster rows are one person: tiers, evidence, vetoes and limits, as data.

Pure: the set-based comparison of `enrollment.imports.match` and its brute-force oracle read the
same values.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TypeAlias


class Tier(StrEnum):
    """Ground on which a row was linked without asking anybody, strongest first."""

    NUMBER_AND_NAME = "NUMBER_AND_NAME"
    NUMBER_AND_SOUND = "NUMBER_AND_SOUND"
    #: By the score of all evidence together; holds nothing but the link.
    PROBABLE = "PROBABLE"


#: Ground of a line of a newer edition that nobody else is certain for: its former row's person.
FORMER_ROW = "FORMER_ROW"

#: Tiers whose score is fixed by the model; that of a probable link is the pair's own.
CERTAIN: tuple[Tier, ...] = (Tier.NUMBER_AND_NAME, Tier.NUMBER_AND_SOUND)


class Note(StrEnum):
    """An oddity of a household that is shown but holds no row back."""

    HOUSEHOLD_HEADS = "HOUSEHOLD_HEADS"
    RELATION_SEX = "RELATION_SEX"


class Strength(IntEnum):
    """How well a row's own birth date and sex bear out the number it carries."""

    CONTRADICTED = 0
    UNPROVEN = 1
    BORNE_OUT = 2


class NumberEvidence(StrEnum):
    """How the identity numbers of two rows compare."""

    EQUAL = "NUMBER_EQUAL"
    SUGGESTED = "NUMBER_SUGGESTED"
    SLIP = "NUMBER_SLIP"
    SLIPS = "NUMBER_SLIPS"
    DOUBTED = "NUMBER_DOUBTED"
    MISSING = "NUMBER_MISSING"
    FAR = "NUMBER_FAR"
    OTHER = "NUMBER_OTHER"


class NameEvidence(StrEnum):
    """How the names of two rows compare, in simplified characters."""

    EQUAL = "NAME_EQUAL"
    SOUND = "NAME_SOUND"
    DAMAGED = "NAME_DAMAGED"
    ONE_CHARACTER = "NAME_ONE_CHARACTER"
    #: The given name agrees, the surname's first character does not.
    SURNAME = "NAME_SURNAME"
    MISSING = "NAME_MISSING"
    DIFFERENT = "NAME_DIFFERENT"


class BirthEvidence(StrEnum):
    """How the birth dates of two rows compare."""

    EQUAL = "BIRTH_EQUAL"
    OF_NUMBER = "BIRTH_OF_NUMBER"
    PART = "BIRTH_PART"
    #: Year and month agree, and of one side no more is known.
    MONTH = "BIRTH_MONTH"
    UNKNOWN = "BIRTH_UNKNOWN"
    DIFFERENT = "BIRTH_DIFFERENT"


class SexEvidence(StrEnum):
    """How the sexes of two rows compare."""

    EQUAL = "SEX_EQUAL"
    UNKNOWN = "SEX_UNKNOWN"
    DIFFERENT = "SEX_DIFFERENT"


class PlaceEvidence(StrEnum):
    """What two rows have in common beside the person's own particulars."""

    HOUSEHOLD = "PLACE_HOUSEHOLD"
    #: Two households that have another member in common, who is certainly one person.
    KIN = "PLACE_KIN"
    PHONE = "PLACE_PHONE"
    ADDRESS = "PLACE_ADDRESS"
    AREA = "PLACE_AREA"
    UNKNOWN = "PLACE_UNKNOWN"


class TwinEvidence(StrEnum):
    """Whether somebody else was born on the day into the household, or numbered next to a row."""

    RISK = "TWIN_RISK"
    NONE = "TWIN_NONE"


Evidence: TypeAlias = NumberEvidence | NameEvidence | BirthEvidence | SexEvidence | PlaceEvidence


@dataclass(frozen=True)
class Veto:
    """A pair is never offered when, of every kind named here, it shows one of the listed values.

    With `asks`, it may be offered to a clerk but is never linked without asking.
    """

    code: str
    number: frozenset[NumberEvidence] = frozenset(NumberEvidence)
    name: frozenset[NameEvidence] = frozenset(NameEvidence)
    birth: frozenset[BirthEvidence] = frozenset(BirthEvidence)
    sex: frozenset[SexEvidence] = frozenset(SexEvidence)
    place: frozenset[PlaceEvidence] = frozenset(PlaceEvidence)
    twin: frozenset[TwinEvidence] = frozenset(TwinEvidence)
    asks: bool = False


_NUMBER_AGREES = frozenset({NumberEvidence.EQUAL, NumberEvidence.SUGGESTED})
_NUMBER_NEAR = _NUMBER_AGREES | {NumberEvidence.SLIP}
_NAME_PARTLY = frozenset(
    {
        NameEvidence.ONE_CHARACTER,
        NameEvidence.SURNAME,
        NameEvidence.DAMAGED,
        NameEvidence.MISSING,
    }
)

VETOES = (
    # Two numbers that pass, or are each a slip of a different one, are two people whatever agrees.
    Veto("OTHER_NUMBER", number=frozenset({NumberEvidence.OTHER})),
    Veto(
        "OTHER_NAME",
        name=frozenset({NameEvidence.DIFFERENT}),
        number=frozenset(NumberEvidence) - {NumberEvidence.EQUAL},
    ),
    # A parent's or neighbour's number on somebody else's row: the row's own particulars say so.
    Veto(
        "NUMBER_OF_ANOTHER_BY_BIRTH",
        name=frozenset({NameEvidence.DIFFERENT}),
        birth=frozenset(BirthEvidence) - {BirthEvidence.EQUAL},
    ),
    Veto(
        "NUMBER_OF_ANOTHER_BY_SEX",
        name=frozenset({NameEvidence.DIFFERENT}),
        sex=frozenset({SexEvidence.DIFFERENT}),
    ),
    Veto(
        "NUMBER_OF_ANOTHER_BY_NAME",
        name=_NAME_PARTLY,
        birth=frozenset({BirthEvidence.DIFFERENT}),
    ),
    Veto(
        "NAMELESS",
        name=frozenset({NameEvidence.MISSING}),
        number=frozenset(NumberEvidence) - _NUMBER_NEAR,
    ),
    # Twins are often named alike; without a number that points to the other row they stay apart.
    Veto(
        "TWINS",
        name=frozenset({NameEvidence.ONE_CHARACTER}),
        place=frozenset({PlaceEvidence.HOUSEHOLD, PlaceEvidence.KIN}),
        number=frozenset(NumberEvidence) - _NUMBER_NEAR,
    ),
    # From here on: a clerk may be asked, but nothing is linked unasked.
    # Another character of another sound under one number may be a number issued twice, which no
    # later look at the roll brings to light: brothers and cousins share all but one character.
    Veto(
        "LINK_OTHER_NAME",
        name=frozenset({NameEvidence.DIFFERENT, NameEvidence.SURNAME, NameEvidence.ONE_CHARACTER}),
        asks=True,
    ),
    Veto(
        "LINK_TWIN",
        name=frozenset(NameEvidence) - {NameEvidence.EQUAL},
        twin=frozenset({TwinEvidence.RISK}),
        asks=True,
    ),
    Veto(
        "LINK_TWIN_NUMBER",
        number=frozenset(NumberEvidence) - _NUMBER_NEAR,
        twin=frozenset({TwinEvidence.RISK}),
        asks=True,
    ),
    # Without a number that points to the other row, or a common home or telephone, a name and its
    # birthday may be two people's.
    Veto(
        "LINK_NAMESAKE",
        number=frozenset(NumberEvidence) - _NUMBER_NEAR,
        place=frozenset({PlaceEvidence.AREA, PlaceEvidence.UNKNOWN}),
        asks=True,
    ),
    Veto("LINK_FAR_NUMBER", number=frozenset({NumberEvidence.FAR}), asks=True),
    # A child with a parent's number, a name of two characters and a birthday in the same month.
    Veto(
        "LINK_NAME_AND_BIRTH",
        name=_NAME_PARTLY,
        birth=frozenset(BirthEvidence) - {BirthEvidence.EQUAL},
        asks=True,
    ),
    Veto(
        "LINK_OTHER_BIRTH",
        birth=frozenset({BirthEvidence.DIFFERENT}),
        number=frozenset(NumberEvidence) - _NUMBER_AGREES,
        asks=True,
    ),
)

# A date says more than its month by which of some thirty days it is.
DAY_BITS = math.log2(365.25 / 12)

# Bits of evidence: the logarithm to base 2 of how many times likelier the value is between two
# rows of one person than between two rows taken at random. A name's weight depends on how many
# people bear it and is added by `name_bits`.
BITS: Mapping[Evidence, float] = {
    NumberEvidence.EQUAL: 30,
    NumberEvidence.SUGGESTED: 30,
    NumberEvidence.SLIP: 26,
    NumberEvidence.SLIPS: 10,
    NumberEvidence.DOUBTED: 0,
    NumberEvidence.MISSING: 0,
    # A number that fails its check and is no slip of the other's is sometimes no number at all.
    NumberEvidence.FAR: -6,
    NumberEvidence.OTHER: -40,
    BirthEvidence.EQUAL: 14,
    BirthEvidence.OF_NUMBER: 12,
    BirthEvidence.PART: 1,
    BirthEvidence.MONTH: 14 - DAY_BITS,
    BirthEvidence.UNKNOWN: 0,
    BirthEvidence.DIFFERENT: -8,
    SexEvidence.EQUAL: 1,
    SexEvidence.UNKNOWN: 0,
    SexEvidence.DIFFERENT: -4,
    PlaceEvidence.HOUSEHOLD: 9,
    PlaceEvidence.KIN: 9,
    PlaceEvidence.PHONE: 9,
    PlaceEvidence.ADDRESS: 7,
    PlaceEvidence.AREA: 1,
    PlaceEvidence.UNKNOWN: 0,
}

# Bits of a name that agrees in part, against the whole population: one name in 300 is within one
# character of another, and one true pair in a hundred is written so.
NAME_BITS: Mapping[NameEvidence, float] = {
    NameEvidence.EQUAL: 0,
    NameEvidence.SOUND: -3,
    NameEvidence.DAMAGED: 5.5,
    NameEvidence.ONE_CHARACTER: 1.5,
    NameEvidence.SURNAME: 1.5,
    NameEvidence.MISSING: 0,
    NameEvidence.DIFFERENT: -5,
}
_NAME_KNOWN = frozenset({NameEvidence.EQUAL, NameEvidence.SOUND})


@dataclass(frozen=True)
class LinkageModel:
    """One version of the terms of linkage; a further tier or other weights make a new version."""

    name: str = "1"
    bits: Mapping[Evidence, float] = field(default_factory=lambda: BITS)
    name_bits: Mapping[NameEvidence, float] = field(default_factory=lambda: NAME_BITS)
    vetoes: tuple[Veto, ...] = VETOES
    # One unsure row in eight or so has a second row at all.
    prior_bits: float = -3
    tier_scores: Mapping[Tier, float] = field(
        default_factory=lambda: {Tier.NUMBER_AND_NAME: 1.0, Tier.NUMBER_AND_SOUND: 0.999}
    )
    # Linked unasked from so many bits on, if nobody else is within so many bits of it.
    link_from_bits: float = 10
    lead_bits: float = 7
    offer_from: float = 0.5
    # A clerk is shown at most so many people for one unsure row, and none that is so many bits
    # less likely than the best.
    offers_per_row: int = 3
    offer_within_bits: float = 10
    # One number on two people, both borne out: a clerk must look, though they are hardly one.
    issued_twice_score: float = 0.3
    # A number on more rows than this under several names is nobody's; a block with more rows than
    # this says nothing. Both keep every step linear.
    holders_limit: int = 50
    block_limit: int = 50


CERTAIN_TIERS = LinkageModel()


def name_bits(model: LinkageModel, name: NameEvidence, bearers: int, records: int) -> float:
    """The rarer the name, the more its agreement says; a part of it speaks against all records."""
    population = bearers if name in _NAME_KNOWN else records
    return model.name_bits[name] - math.log2(max(population, 1))


def score_of(bits: float) -> float:
    """Probability from 0 to 1 that evidence of so many bits belongs to one person, to 4 digits."""
    return round(1 / (1 + 2 ** -max(min(bits, 60.0), -60.0)), 4)


def veto_of(
    model: LinkageModel,
    number: NumberEvidence,
    name: NameEvidence,
    birth: BirthEvidence,
    sex: SexEvidence,
    place: PlaceEvidence,
    twin: TwinEvidence = TwinEvidence.NONE,
    *,
    asks: bool = False,
) -> str | None:
    """Code of the first veto that forbids offering the pair, or with `asks` linking it unasked."""
    for veto in model.vetoes:
        if (
            veto.asks == asks
            and number in veto.number
            and name in veto.name
            and birth in veto.birth
            and sex in veto.sex
            and place in veto.place
            and twin in veto.twin
        ):
            return veto.code
    return None
