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
