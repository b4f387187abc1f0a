"""Models of enrollment: people, households, coverage, rosters and how their rows were linked."""

from enrollment.models import (  # noqa: F401 (register sentences and invariants)
    constraints,
    decision_sentences,
    double_constraints,
)
from enrollment.models.bundles import BundledDecision, DecisionBundle
from enrollment.models.corrections import (
    CorrectedRow,
    CorrectionFile,
    RosterCorrection,
    RosterRowVersion,
)
from enrollment.models.coverage import CoverageSpell
from enrollment.models.decisions import (
    DecisionStep,
    DecisionUndo,
    PacketPair,
    PairDecision,
    ReviewPacket,
    ReviewTerms,
    SecondAnswer,
    SecondLook,
)
from enrollment.models.double_enrollment import (
    DoubleCase,
    DoubleDecision,
    DoubleFact,
    DoubleNotice,
    DoubleSide,
)
from enrollment.models.double_rules import DoubleRule, DoubleRuleSet, SubsidyStandard
from enrollment.models.editions import EditionLine, ReplacedRoster, RosterEdition
from enrollment.models.judgements import RowJudgement
from enrollment.models.linkage import FoundPerson, LinkageModelVersion, LinkageRun, LinkDoubt
from enrollment.models.merges import (
    MergeUndo,
    MovedThing,
    PersonMerge,
    RowMove,
    RowMoveRequest,
    ValueChoice,
)
from enrollment.models.people import Household, HouseholdMember, Person, PersonIdentifier
from enrollment.models.proofs import DedupeCount, DedupeLine, ProofSnapshot, SignedProof
from enrollment.models.rosters import (
    CandidatePair,
    Roll,
    RosterBatch,
    RosterFile,
    RosterLink,
    RosterRow,
)
from enrollment.models.undo import RosterUndo, UndoneRow

__all__ = [
    "BundledDecision",
    "CandidatePair",
    "CorrectedRow",
    "CorrectionFile",
    "CoverageSpell",
    "DecisionBundle",
    "DecisionStep",
    "DecisionUndo",
    "DedupeCount",
    "DedupeLine",
    "DoubleCase",
    "DoubleDecision",
    "DoubleFact",
    "DoubleNotice",
    "DoubleRule",
    "DoubleRuleSet",
    "DoubleSide",
    "EditionLine",
    "FoundPerson",
    "Household",
    "HouseholdMember",
    "LinkDoubt",
    "LinkageModelVersion",
    "LinkageRun",
    "MergeUndo",
    "MovedThing",
    "PacketPair",
    "PairDecision",
    "Person",
    "PersonIdentifier",
    "PersonMerge",
    "ProofSnapshot",
    "ReplacedRoster",
    "ReviewPacket",
    "ReviewTerms",
    "Roll",
    "RosterBatch",
    "RosterCorrection",
    "RosterEdition",
    "RosterFile",
    "RosterLink",
    "RosterRow",
    "RosterRowVersion",
    "RosterUndo",
    "RowJudgement",
    "RowMove",
    "RowMoveRequest",
    "SecondAnswer",
    "SecondLook",
    "SignedProof",
    "SubsidyStandard",
    "UndoneRow",
    "ValueChoice",
]
