"""Models of enrollment: people, households, coverage, rosters and how their rows were linked."""

from enrollment.models import constraints  # noqa: F401 (registers sentences and invariants)
from enrollment.models.coverage import CoverageSpell
from enrollment.models.linkage import LinkageModelVersion
from enrollment.models.people import Household, HouseholdMember, Person, PersonIdentifier
from enrollment.models.rosters import (
    CandidatePair,
    Roll,
    RosterBatch,
    RosterFile,
    RosterLink,
    RosterRow,
)

__all__ = [
    "CandidatePair",
    "CoverageSpell",
    "Household",
    "HouseholdMember",
    "LinkageModelVersion",
    "Person",
    "PersonIdentifier",
    "Roll",
    "RosterBatch",
    "RosterFile",
    "RosterLink",
    "RosterRow",
]
