"""The tones in which states of people and of coverage are shown."""

from bureau.ui import statuses
from enrollment.choices import CoverageState, PersonState
from enrollment.choices.fallen import FallenKind


def register() -> None:
    """States of people and coverage have their tones on every page."""
    statuses.register(
        PersonState,
        {
            PersonState.ACTIVE: "good",
            PersonState.DECEASED: "calm",
            PersonState.MERGED: "caution",
            PersonState.UNDONE: "calm",
        },
    )
    statuses.register(
        FallenKind,
        {
            FallenKind.WAITING: "caution",
            FallenKind.SENT_BACK: "bad",
            FallenKind.UNINSURED: "bad",
            FallenKind.NOT_NEXT: "active",
        },
    )
    statuses.register(
        CoverageState,
        {
            CoverageState.IN_FORCE: "good",
            CoverageState.DOUBLE: "caution",
            CoverageState.UNDER_REVIEW: "active",
            CoverageState.SUSPENDED: "caution",
            CoverageState.ENDED: "calm",
            CoverageState.UNDONE: "calm",
        },
    )
