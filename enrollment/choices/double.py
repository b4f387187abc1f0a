"""Stored codes of double enrollment and of the signed proof, with their labels."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CoverageReason(TextChoices):
    """Why a spell is in its state, where the state alone does not say it."""

    ROW_UNDER_REVIEW = "ROW_UNDER_REVIEW", _("The roster row waits for review")
    DOUBLE_ENROLLMENT = "DOUBLE_ENROLLMENT", _("Ended as a double enrollment")
    DOUBLE_PAUSED = "DOUBLE_PAUSED", _("Paused as a double enrollment")
    ROSTER_UNDONE = "ROSTER_UNDONE", _("The roster was undone")
    ROW_CORRECTED = "ROW_CORRECTED", _("The row that brought it was corrected or left out")
    DECISION_UNDONE = "DECISION_UNDONE", _("The decision that brought it was taken back")
    EDITION_REPLACED = "EDITION_REPLACED", _("Replaced by a newer edition of the roster")
    EDITION_LEFT_OUT = "EDITION_LEFT_OUT", _("Left out of a newer edition of the roster")


class PersonKind(TextChoices):
    """What a coverage takes the person for, by the national code of the person type (psn_type)."""

    EMPLOYED = "EMPLOYED", _("Employed")
    FLEXIBLE = "FLEXIBLE", _("Flexibly employed")
    RETIRED = "RETIRED", _("Retired")
    PUPIL = "PUPIL", _("Pupil")
    COLLEGE_STUDENT = "COLLEGE_STUDENT", _("College student")
    OTHER = "OTHER", _("Other")
    UNKNOWN = "UNKNOWN", _("Not written")


class DoubleRuleCode(TextChoices):
    """A rule by which of several coverages of the same days one stays; `rules.double_rules`."""

    COLLEGE_ENTRANCE = "COLLEGE_ENTRANCE", _("Entrance year of a college student")
    FLEXIBLE_WORKER = "FLEXIBLE_WORKER", _("Flexible worker keeps what can be used")
    EMPLOYEE_YEAR = "EMPLOYEE_YEAR", _("Employee insurance of a year or more")
    WORK_PLACE = "WORK_PLACE", _("Place of work")
    SCHOOL_PLACE = "SCHOOL_PLACE", _("Place of school")
    USUAL_RESIDENCE = "USUAL_RESIDENCE", _("Usual residence")
    FAMILY_RESIDENCE = "FAMILY_RESIDENCE", _("Where the household is insured")
    SAME_ENROLLMENT = "SAME_ENROLLMENT", _("The same enrollment listed twice")
    EMPLOYEE_FIRST = "EMPLOYEE_FIRST", _("Employee before resident insurance")
    LONGER_STANDING = "LONGER_STANDING", _("Longer standing")


class RuleFinding(TextChoices):
    """What one rule says of one case."""

    DECIDES = "DECIDES", _("Decides")
    NARROWS = "NARROWS", _("Leaves several")
    NOT_CONCERNED = "NOT_CONCERNED", _("Does not concern this case")
    NOT_MET = "NOT_MET", _("Its condition is not met")
    FACT_UNKNOWN = "FACT_UNKNOWN", _("A fact it needs is not known")
    TIED = "TIED", _("Cannot tell them apart")


class Delivery(TextChoices):
    """How a notice reached the person, or why it did not."""

    HANDED = "HANDED", _("Handed over")
    POSTED = "POSTED", _("Sent by post")
    MESSAGE = "MESSAGE", _("Told by telephone or message")
    PUBLIC = "PUBLIC", _("By public notice")
    REFUSED = "REFUSED", _("Not accepted")


class Standing(TextChoices):
    """What becomes of one of the coverages of a case."""

    KEEPS = "KEEPS", _("Stays")
    ENDS = "ENDS", _("Ends")
    PAUSES = "PAUSES", _("Pauses")
    UNDECIDED = "UNDECIDED", _("Undecided")


class FactKind(TextChoices):
    """A fact about a person that rules of double enrollment ask for and rosters do not tell."""

    RESIDENCE = "RESIDENCE", _("Usual residence")
    SCHOOL = "SCHOOL", _("Place of the school")
    WORK_PLACE = "WORK_PLACE", _("Place of work")
    USABLE_SCHEME = "USABLE_SCHEME", _("Insurance the flexible worker can use")
    COLLEGE_ENTRANCE = "COLLEGE_ENTRANCE", _("College entrance in the year")
    WAIVER = "WAIVER", _("Written waiver of a funded enrollment")


class CaseState(TextChoices):
    """State of a case of double enrollment."""

    PROPOSED = "PROPOSED", _("Proposed")
    SUBMITTED = "SUBMITTED", _("Awaits a second person")
    DECIDED = "DECIDED", _("Decided")
    CONTESTED = "CONTESTED", _("Contested")
    LIFTED = "LIFTED", _("No longer double")


class CaseNeed(TextChoices):
    """What a case needs before it can be decided together with others."""

    RULE = "RULE", _("No rule decides; look at it singly")
    WAIVER = "WAIVER", _("A funded enrollment would end: needs the written waiver")
    SINGLY = "SINGLY", _("The rule wants each case looked at singly")


class DecisionKind(TextChoices):
    """What a decision on cases of double enrollment does."""

    BY_RULE = "BY_RULE", _("As the rule proposes")
    SINGLE = "SINGLE", _("Single case, decided on evidence")
    UPHOLD = "UPHOLD", _("Objection answered: the decision stands")
    REOPEN = "REOPEN", _("Taken back: every coverage stands as before")


class DecisionState(TextChoices):
    """State of a decision on cases of double enrollment."""

    SUBMITTED = "SUBMITTED", _("Awaiting approval")
    RETURNED = "RETURNED", _("Returned")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    APPLYING = "APPLYING", _("Being carried out")
    APPLIED = "APPLIED", _("Carried out")


class Confidence(TextChoices):
    """How well a fact that is no official text of this bureau's own is known."""

    SEEN = "SEEN", _("Seen in the official document")
    SECONDARY = "SECONDARY", _("Seen in a secondary copy")
    WEAK = "WEAK", _("Seen in a doubtful source")
    GENERAL = "GENERAL", _("General knowledge, not verified")
    INFERRED = "INFERRED", _("Inferred by the bureau")


class VersionState(TextChoices):
    """State of a version of rules or of a standard that takes effect by two people."""

    DRAFT = "DRAFT", _("Draft")
    SUBMITTED = "SUBMITTED", _("Awaiting approval")
    APPROVED = "APPROVED", _("Approved")


class ProofState(TextChoices):
    """State of an integration proof laid before a second person."""

    PREPARED = "PREPARED", _("Awaits the second signature")
    SIGNED = "SIGNED", _("Signed by two")
    SET_ASIDE = "SET_ASIDE", _("Set aside by two")
    RETURNED = "RETURNED", _("Returned")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
