"""Versions of the linkage model: which is in use, and the acts that make and change versions."""

from typing import Final

from bureau.core import clock
from enrollment.choices import ModelOrigin, ModelState
from enrollment.models import LinkageModelVersion
from enrollment.rules import matching

#: Who made the version that comes with the software.
SOFTWARE: Final = "software"


def version_in_use() -> LinkageModelVersion:
    """The version by which rows are linked now: the software's own until another was approved."""
    found = LinkageModelVersion.objects.filter(state=ModelState.IN_USE).first()
    return found or _shipped()


def model_of(version: LinkageModelVersion) -> matching.LinkageModel:
    """The terms that the version holds."""
    return matching.model_of(
        str(version.number),
        weights=version.weights,
        thresholds=version.thresholds,
        vetoes=version.vetoes,
    )


def _shipped() -> LinkageModelVersion:
    """The first version, put on record when it is first needed; two at once put one."""
    model = matching.CERTAIN_TIERS
    LinkageModelVersion.objects.bulk_create(
        [
            LinkageModelVersion(
                number=1,
                state=ModelState.IN_USE,
                origin=ModelOrigin.SHIPPED,
                weights=matching.weights_of(model),
                thresholds=matching.thresholds_of(model),
                vetoes=[veto.code for veto in model.vetoes],
                made_at=clock.now(),
                made_by=SOFTWARE,
            )
        ],
        ignore_conflicts=True,
    )
    return LinkageModelVersion.objects.get(state=ModelState.IN_USE)
