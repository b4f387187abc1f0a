"""Versions of the linkage model: which is in use, and the acts that make and change versions."""

import json
from importlib import resources
from typing import Any, Final

from bureau.core import clock
from enrollment.choices import ModelOrigin, ModelState
from enrollment.models import LinkageModelVersion
from enrollment.rules import linkage_terms, matching

#: Who made the version that comes with the software.
SOFTWARE: Final = "software"


def version_in_use() -> LinkageModelVersion:
    """The version by which rows are linked now: the software's own until another was approved."""
    found = LinkageModelVersion.objects.filter(state=ModelState.IN_USE).first()
    return found or _shipped()


def model_of(version: LinkageModelVersion) -> matching.LinkageModel:
    """The terms that the version holds."""
    return linkage_terms.model_of(
        str(version.number),
        weights=version.weights,
        thresholds=version.thresholds,
        vetoes=version.vetoes,
    )


def shipped_terms() -> dict[str, Any]:
    """The terms that come with the software: weights, thresholds, vetoes, and their training."""
    file = resources.files("enrollment").joinpath("reference/linkage_model.json")
    terms: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return terms


def _shipped() -> LinkageModelVersion:
    """The first version, put on record when it is first needed; two at once put one."""
    LinkageModelVersion.objects.bulk_create(
        [
            LinkageModelVersion(
                number=1,
                state=ModelState.IN_USE,
                origin=ModelOrigin.SHIPPED,
                made_at=clock.now(),
                made_by=SOFTWARE,
                **shipped_terms(),
            )
        ],
        ignore_conflicts=True,
    )
    return LinkageModelVersion.objects.get(state=ModelState.IN_USE)
