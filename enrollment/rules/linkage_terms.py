"""Linkage models as plain data, for keeping and for comparing."""

from collections.abc import Collection, Mapping
from typing import Any

from enrollment.rules.estimation import UNLEARNT, Counts, Estimate
from enrollment.rules.matching import (
    CERTAIN,
    DAY_BITS,
    VETOES,
    BirthEvidence,
    LinkageModel,
    NameEvidence,
    NumberEvidence,
    PlaceEvidence,
    SexEvidence,
)

#: Figures of a model that are limits and cut-offs, and whether they are whole numbers.
THRESHOLDS: Mapping[str, type] = {
    "link_from_bits": float,
    "lead_bits": float,
    "offer_from": float,
    "offers_per_row": int,
    "offer_within_bits": float,
    "issued_twice_score": float,
    "holders_limit": int,
    "block_limit": int,
}

#: Between what a limit makes sense: outside, everything or nothing would be linked, or a step would
#: not be linear any more.
REASONABLE: Mapping[str, tuple[float, float]] = {
    "link_from_bits": (5, 60),
    "lead_bits": (0, 60),
    "offer_from": (0.01, 0.999),
    "offers_per_row": (1, 20),
    "offer_within_bits": (0, 60),
    "issued_twice_score": (0, 1),
    "holders_limit": (2, 500),
    "block_limit": (2, 500),
}


def beyond_reason(thresholds: Mapping[str, float]) -> list[str]:
    """Names of the limits that lie outside what makes sense."""
    return [
        name
        for name, (least, most) in REASONABLE.items()
        if not least <= thresholds[name] <= most or thresholds[name] != thresholds[name]
    ]


def in_order(vetoes: Collection[str]) -> list[str]:
    """The vetoes in the order in which they are asked. Raises ValueError for one nobody knows."""
    unknown = set(vetoes) - {veto.code for veto in VETOES}
    if unknown:
        raise ValueError(f"no such vetoes: {', '.join(sorted(unknown))}")
    return [veto.code for veto in VETOES if veto.code in vetoes]


def differing(
    before: Mapping[str, float], after: Mapping[str, float]
) -> list[tuple[str, float | None, float | None]]:
    """What differs between two sets of figures, by name."""
    return [
        (name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def weights_of(model: LinkageModel) -> dict[str, dict[str, float]]:
    """The model's weights as plain data, for keeping."""
    return {
        "evidence": {code.value: float(bits) for code, bits in model.bits.items()},
        "names": {code.value: float(bits) for code, bits in model.name_bits.items()},
        "tiers": {tier.value: float(score) for tier, score in model.tier_scores.items()},
        "prior": {"PRIOR": float(model.prior_bits)},
    }


def thresholds_of(model: LinkageModel) -> dict[str, float]:
    """The model's limits and cut-offs as plain data."""
    return {name: kind(getattr(model, name)) for name, kind in THRESHOLDS.items()}


def model_of(
    name: str,
    *,
    weights: Mapping[str, Mapping[str, float]],
    thresholds: Mapping[str, float],
    vetoes: Collection[str],
) -> LinkageModel:
    """The model that was kept as data. Raises `KeyError` or `ValueError` for what is no model."""
    known = {veto.code: veto for veto in VETOES}
    unknown = set(vetoes) - known.keys()
    if unknown:
        raise ValueError(f"no such vetoes: {', '.join(sorted(unknown))}")
    kinds = (NumberEvidence, BirthEvidence, SexEvidence, PlaceEvidence)
    told = dict(weights["evidence"])
    # Versions from before months were compared hold no weight of their own for them.
    told.setdefault(BirthEvidence.MONTH.value, told[BirthEvidence.EQUAL.value] - DAY_BITS)
    return LinkageModel(
        name=name,
        bits={code: float(told[code.value]) for kind in kinds for code in kind},
        name_bits={code: float(weights["names"][code.value]) for code in NameEvidence},
        vetoes=tuple(veto for veto in VETOES if veto.code in set(vetoes)),
        prior_bits=float(weights["prior"]["PRIOR"]),
        tier_scores={tier: float(weights["tiers"][tier.value]) for tier in CERTAIN},
        **{key: kind(thresholds[key]) for key, kind in THRESHOLDS.items()},
    )


def training_of(found: Estimate, counts: Counts) -> dict[str, Any]:
    """How the weights were come by: chances of each value, pairs counted, rounds taken."""
    return {
        "chances": {
            value.value: [round(found.same[value], 8), round(found.different[value], 10)]
            for value in found.same
            if value not in UNLEARNT
        },
        "shares": {group: round(share, 6) for group, share in found.shares.items()},
        "pairs": round(sum(counts.pairs.values())),
        "unsure": counts.unsure,
        "expected": round(found.expected),
        "decided": round(sum(same + apart for same, apart in counts.decided.values())),
        "rounds": found.rounds,
    }
