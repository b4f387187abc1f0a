"""The tone and the sign that go with a state's word; one place for the whole portal.

An app registers the tones of its own states (`register`) when it is loaded.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from django.db.models import TextChoices

from bureau.core.choices import ApprovalState, JobState, LogLevel

#: Signs per tone; `active` is work under way, `calm` neither good nor bad.
ICONS = {
    "good": "check",
    "caution": "warning",
    "bad": "cross",
    "active": "clock",
    "calm": "note",
    "plain": "note",
}


@dataclasses.dataclass(frozen=True)
class Status:
    """A state's word with its tone."""

    label: Any
    tone: str = "calm"

    @property
    def icon(self) -> str:
        return ICONS[self.tone]


_tones: dict[type[TextChoices], dict[str, str]] = {}


def register(choices: type[TextChoices], tones: Mapping[str, str]) -> None:
    """States of these choices are shown in these tones; states left out are calm."""
    unknown = set(tones.values()) - set(ICONS)
    if unknown:
        raise LookupError(f"unknown tones {sorted(unknown)}; known: {', '.join(ICONS)}")
    _tones[choices] = {str(code): tone for code, tone in tones.items()}


def status_of(choices: type[TextChoices], value: str) -> Status:
    """The status for a stored code; an unknown code is shown as it is."""
    label = dict(choices.choices).get(value, value)
    return Status(label, _tones.get(choices, {}).get(str(value), "calm"))


register(
    JobState,
    {
        JobState.QUEUED: "calm",
        JobState.RUNNING: "active",
        JobState.DONE: "good",
        JobState.FAILED: "bad",
        JobState.CANCELLED: "caution",
    },
)
register(
    ApprovalState,
    {
        ApprovalState.PENDING: "active",
        ApprovalState.APPROVED: "good",
        ApprovalState.RETURNED: "bad",
        ApprovalState.WITHDRAWN: "calm",
    },
)
register(LogLevel, {LogLevel.INFO: "calm", LogLevel.WARNING: "caution", LogLevel.ERROR: "bad"})
