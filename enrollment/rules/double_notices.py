"""The notice of a coverage that ended: which places its text may have, and how they are filled.

The text itself is data of an approved version of rules. Pure.
"""

import re
from collections.abc import Mapping
from typing import Final

#: What the places of a notice stand for; a text may use any of them.
PLACES: Final = (
    "name", "number", "overlaps_from", "kept_area", "kept_scheme", "ended_area", "ended_scheme",
    "source", "clause", "ends_on", "act", "before", "refund", "objection_until", "office",
)  # fmt: skip
_PLACE = re.compile(r"%(?:\((\w*)\)(.?)|(.?))", re.DOTALL)


def unknown_places(text: str) -> list[str]:
    """Places of the text that nothing fills, as written, and percent signs that are no place."""
    return [
        found.group(0)
        for found in _PLACE.finditer(text)
        if found.group(1) not in PLACES or found.group(2) != "s"
    ]


def fill(text: str, values: Mapping[str, str]) -> list[str]:
    """The paragraphs of the notice; a place without a value stays empty."""
    filled = text % {place: values.get(place, "") for place in PLACES}
    return [line.strip() for line in filled.splitlines() if line.strip()]
