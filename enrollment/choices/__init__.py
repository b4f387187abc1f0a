"""Stored codes of the enrollment app, their labels; reasons and fixes say what to do about it."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrollment.choices.explanations import COLUMN_IN_DOUBT, Explanation
from enrollment.choices.lines import LineVerdict as LineVerdict


class Sex(TextChoices):
    """Sex as the identity number and the rosters know it."""

    MALE = "MALE", _("Male")
    FEMALE = "FEMALE", _("Female")


class Scheme(TextChoices):
    """Basic medical insurance scheme; `insutype` gives the national code."""

    NCMS = "NCMS", _("New rural cooperative scheme")
    URBMI = "URBMI", _("Urban resident scheme")
    UEBMI = "UEBMI", _("Employee scheme")
    UNIFIED = "UNIFIED", _("Urban-rural resident scheme")

    @property
    def insutype(self) -> str:
        """National insurance type code (`insutype`)."""
        return {"NCMS": "380", "URBMI": "391", "UEBMI": "310", "UNIFIED": "390"}[self.value]


class PersonState(TextChoices):
    """State of a person's file."""

    ACTIVE = "ACTIVE", _("Active")
    DECEASED = "DECEASED", _("Deceased")
    MERGED = "MERGED", _("Merged")
    UNDONE = "UNDONE", _("Opening undone")


class IdentifierKind(TextChoices):
    """Kind of number under which a person is known."""

    RESIDENT_ID = "RESIDENT_ID", _("Identity number")
    RESIDENT_ID_15 = "RESIDENT_ID_15", _("15-digit identity number")
    PASSPORT = "PASSPORT", _("Passport")
    TEMPORARY = "TEMPORARY", _("Temporary number")
    NCMS_MEMBER = "NCMS_MEMBER", _("NCMS card number")
    PLATFORM_PERSON = "PLATFORM_PERSON", _("Person number of a scheme (psn_no)")


class CoverageState(TextChoices):
    """State of a coverage spell; only IN_FORCE covers."""

    IN_FORCE = "IN_FORCE", _("In force")
    DOUBLE = "DOUBLE", _("Double enrollment, to be decided")
    UNDER_REVIEW = "UNDER_REVIEW", _("Held until the row is reviewed")
    SUSPENDED = "SUSPENDED", _("Suspended")
    ENDED = "ENDED", _("Ended")
    UNDONE = "UNDONE", pgettext_lazy("coverage", "Undone")


class PairState(TextChoices):
    """How far two rows that may be one person have come; CHECKING hides the first decision."""

    OPEN = "OPEN", _("To be decided")
    LATER = "LATER", _("Put off")
    DISPUTED = "DISPUTED", _("Two clerks differ")
    CHECKING = "CHECKING", _("Decided, being checked")
    SAME = "SAME", _("The same person")
    DIFFERENT = "DIFFERENT", _("Different people")
    ANSWERED = "ANSWERED", _("Answered by another decision")
    VOID = "VOID", _("No longer asked: a roster was undone")
    TOLD = "TOLD", _("Answered by a later roster")


#: States in which a pair is still a question.
OPEN_PAIR_STATES: Final = (PairState.OPEN, PairState.LATER, PairState.DISPUTED)


class Verdict(TextChoices):
    """What a clerk says about two rows."""

    SAME = "SAME", _("The same person")
    DIFFERENT = "DIFFERENT", _("Not the same person")
    LATER = "LATER", _("Decide later")


class DecisionStage(TextChoices):
    """What has become of a decision since it was made; each once, in this order."""

    HANDED_IN = "HANDED_IN", _("Handed in")
    LOOKED_AT = "LOOKED_AT", _("Looked at a second time")
    CLEARED = "CLEARED", _("Cleared")
    CARRIED_OUT = "CARRIED_OUT", _("Carried out")
    REVERTED = "REVERTED", _("Taken back on the roll")


class DecisionOutcome(TextChoices):
    """What a decision did to the roll when it was carried out."""

    MERGED = "MERGED", _("Two files became one")
    PLACED = "PLACED", _("A waiting row joined the person's file")
    REMEMBERED = "REMEMBERED", _("Both rows wait; they will join the same file")
    ALREADY_ONE = "ALREADY_ONE", _("The two were one file already")
    APART = "APART", _("The two stay apart and are not asked about again")


class UndoCause(TextChoices):
    """Why a decision was taken back."""

    CLERK = "CLERK", _("By a clerk")
    REQUEST = "REQUEST", _("On request, approved by a second person")
    RETURNED = "RETURNED", _("Returned by the second person")
    SECOND_LOOK = "SECOND_LOOK", _("A second look came out differently")
    CONTRADICTION = "CONTRADICTION", _("Another decision says the contrary")


class PacketEnd(TextChoices):
    """How a packet of pairs ended."""

    HANDED_IN = "HANDED_IN", _("Handed in")
    GIVEN_BACK = "GIVEN_BACK", _("Given back")
    EXPIRED = "EXPIRED", _("Handed back because its time ran out")


class Side(TextChoices):
    """One of the two rows of a pair as its page shows them."""

    LEFT = "LEFT", _("Left")
    RIGHT = "RIGHT", _("Right")


class ValueField(TextChoices):
    """A value of a person of which a clerk may choose the left or the right one."""

    NAME = "name", _("Name")
    BIRTH = "birth_on", _("Birth date")
    NUMBER = "number", _("Number in force")
    PHONE = "phone", _("Phone")
    ADDRESS = "address", _("Address")


class Thing(TextChoices):
    """What follows a person when files are merged or rows change files."""

    LINK = "LINK", _("Roster row")
    SPELL = "SPELL", _("Coverage")
    IDENTIFIER = "IDENTIFIER", _("Number")
    MEMBERSHIP = "MEMBERSHIP", _("Membership of a household")


class RowMoveState(TextChoices):
    """How far the wish to take a row out of a file has come."""

    ASKED = "ASKED", _("Waits for a second person")
    APPROVED = "APPROVED", _("Approved, being carried out")
    DONE = "DONE", _("Carried out")
    DROPPED = "DROPPED", _("Not carried out")


class ModelState(TextChoices):
    """Where a version of the linkage model stands; one at most is in use."""

    DRAFT = "DRAFT", _("Draft")
    SUBMITTED = "SUBMITTED", _("Awaiting approval")
    IN_USE = "IN_USE", _("In use")
    RETIRED = "RETIRED", _("Retired")
    DROPPED = "DROPPED", _("Dropped")


class ModelOrigin(TextChoices):
    """Where the weights of a version of the linkage model come from."""

    SHIPPED = "SHIPPED", _("Came with the software")
    ROLLS = "ROLLS", _("Estimated from the rosters")
    DECISIONS = "DECISIONS", _("Learnt from clerks' decisions")
    BY_HAND = "BY_HAND", _("Thresholds changed by hand")
    EARLIER = "EARLIER", _("As an earlier version")


class ModelRunKind(TextChoices):
    """What a version of the linkage model was run over the roll for."""

    TRIAL = "TRIAL", _("Trial run")
    RELINK = "RELINK", _("Linked again")


class DoubtState(TextChoices):
    """What became of an automatic link that the version in force would not make any more."""

    OPEN = "OPEN", _("To be looked at")
    KEPT = "KEPT", _("The link is right")
    LAPSED = "LAPSED", _("No doubt any more")


class DoubtNow(TextChoices):
    """What the version in force would do with the row of a doubted link."""

    NOBODY = "NOBODY", _("link it to nobody")
    ASK = "ASK", _("ask a clerk")
    ANOTHER = "ANOTHER", _("link it to another person")


class SpecialGroup(TextChoices):
    """Group of persons whose contribution the fiscal side pays in part or in full."""

    ORDINARY = "ORDINARY", _("Ordinary resident")
    EXTREME_HARDSHIP = "EXTREME_HARDSHIP", _("Extreme hardship")
    MINIMUM_LIVING = "MINIMUM_LIVING", _("Minimum living guarantee")
    NEAR_MINIMUM = "NEAR_MINIMUM", _("Near the minimum living guarantee")
    REGISTERED_POOR = "REGISTERED_POOR", _("Registered poor household")
    ORPHAN = "ORPHAN", _("Orphan")
    SEVERE_DISABILITY = "SEVERE_DISABILITY", _("Severe disability")
    DISABILITY = "DISABILITY", _("Disability")
    PRIORITY_CARE = "PRIORITY_CARE", _("Entitled to priority care")
    FAMILY_PLANNING = "FAMILY_PLANNING", _("Family planning family")


class NumberState(TextChoices):
    """What stands in the place of the identity number; VALID and UPGRADED may be linked by it."""

    VALID = "VALID", _("Valid")
    UPGRADED = "UPGRADED", _("Converted from 15 digits")
    MISSING = "MISSING", _("Missing")
    PLACEHOLDER = "PLACEHOLDER", _("Word in its place")
    NEWBORN = "NEWBORN", _("Newborn without a number yet")
    BAD_CHECK = "BAD_CHECK", _("Check character does not fit")
    BAD_DATE = "BAD_DATE", _("Date in the number does not exist")
    BAD_AREA = "BAD_AREA", _("Division code does not exist")
    BAD_LENGTH = "BAD_LENGTH", _("Wrong length")
    MANGLED = "MANGLED", _("Damaged by a spreadsheet")
    WRONG_COLUMN = "WRONG_COLUMN", _("Stands in another column")
    OTHER_DOCUMENT = "OTHER_DOCUMENT", _("Number of another document")
    UNREADABLE = "UNREADABLE", _("Unreadable")


class Outcome(TextChoices):
    """What becomes of a roster row; severity rises from ACCEPTED to REJECTED."""

    ACCEPTED = "ACCEPTED", _("Accepted")
    FIXED = "FIXED", _("Fixed")
    REVIEW = "REVIEW", _("Review")
    REJECTED = "REJECTED", _("Rejected")
    NOT_RECORD = "NOT_RECORD", _("Not a record")


class Reason(TextChoices):
    """Why a row waits for a clerk or goes back to the county."""

    ID_MISSING = "ID_MISSING", _("Identity number missing")
    NEWBORN_WITHOUT_NUMBER = "NEWBORN_WITHOUT_NUMBER", _("Newborn without a number")
    ID_CHECK_FAILS = "ID_CHECK_FAILS", _("Check character does not fit")
    ID_LENGTH = "ID_LENGTH", _("Identity number has the wrong length")
    ID_DATE = "ID_DATE", _("Date in the identity number does not exist")
    ID_AREA = "ID_AREA", _("Division in the identity number does not exist")
    ID_CENTENARIAN = "ID_CENTENARIAN", _("15-digit number of a centenarian")
    ID_DECIMAL = "ID_DECIMAL", _("Identity number turned into a decimal")
    ID_SCIENTIFIC = "ID_SCIENTIFIC", _("Identity number in scientific notation")
    ID_ZEROES = "ID_ZEROES", _("Last digits of the identity number lost")
    ID_ENDS_000 = "ID_ENDS_000", _("Identity number may have lost its last digits")
    ID_WRONG_COLUMN = "ID_WRONG_COLUMN", _("Identity number in another column")
    ID_OTHER_DOCUMENT = "ID_OTHER_DOCUMENT", _("Number of another document")
    ID_MASKED = "ID_MASKED", _("Identity number is masked")
    ID_UNREADABLE = "ID_UNREADABLE", _("Identity number unreadable")
    ID_OF_PARENT = "ID_OF_PARENT", _("Identity number of another household member")
    ID_SHARED = "ID_SHARED", _("Identity number of another person")
    ID_ISSUED_TWICE = "ID_ISSUED_TWICE", _("Identity number issued twice")
    LISTED_TWICE = "LISTED_TWICE", _("Listed twice in this roster")
    LEFT_OUT = "LEFT_OUT", _("Left out: another line of the person stands")
    EDITION_UNSURE = "EDITION_UNSURE", _("Former row of this line is not certain")
    BIRTH_DIFFERS = "BIRTH_DIFFERS", _("Birth date differs from the identity number")
    BIRTH_IMPOSSIBLE = "BIRTH_IMPOSSIBLE", _("Birth date does not exist")
    BIRTH_UNREADABLE = "BIRTH_UNREADABLE", _("Birth date unreadable")
    BIRTH_MISSING = "BIRTH_MISSING", _("Birth date missing")
    BIRTH_IN_FUTURE = "BIRTH_IN_FUTURE", _("Birth date in the future")
    AGE_EXTREME = "AGE_EXTREME", _("Age of 110 years or more")
    SEX_DIFFERS = "SEX_DIFFERS", _("Sex differs from the identity number")
    SEX_UNREADABLE = "SEX_UNREADABLE", _("Sex unreadable")
    NAME_MISSING = "NAME_MISSING", _("Name missing")
    NAME_RARE_LOST = "NAME_RARE_LOST", _("Character of the name lost")
    NAME_ODD = "NAME_ODD", _("Name looks wrong")
    AMOUNT_NEGATIVE = "AMOUNT_NEGATIVE", _("Negative amount")
    AMOUNT_MISSING = "AMOUNT_MISSING", _("Payment not shown")
    AMOUNT_UNREADABLE = "AMOUNT_UNREADABLE", _("Amount unreadable")
    YEAR_OTHER = "YEAR_OTHER", _("Another year")
    YEAR_UNREADABLE = "YEAR_UNREADABLE", _("Year unreadable")
    SCHEME_OTHER = "SCHEME_OTHER", _("Another scheme")
    BEGIN_UNREADABLE = "BEGIN_UNREADABLE", _("Start date unreadable")
    DECEASED = "DECEASED", _("Marked as deceased")
    GONE = "GONE", _("Marked as no longer insured here")
    CELL_LONG = "CELL_LONG", _("Very long cell")
    READING = "READING", _("Row could not be read cleanly")
    COLUMN_DOUBTFUL = "COLUMN_DOUBTFUL", _("Column of the file in doubt")


class Fix(TextChoices):
    """What was repaired in a row; the raw row keeps what the county wrote."""

    ID_UPGRADED = "ID_UPGRADED", _("15-digit number converted")
    ID_CHECK_CHARACTER = "ID_CHECK_CHARACTER", _("Check character written as X")
    ID_FULL_WIDTH = "ID_FULL_WIDTH", _("Full-width digits in the number")
    ID_SPACES = "ID_SPACES", _("Spaces in the number")
    ID_INVISIBLE = "ID_INVISIBLE", _("Invisible characters in the number")
    ID_WRAPPING = "ID_WRAPPING", _("Text marks around the number")
    ID_SEPARATORS = "ID_SEPARATORS", _("Separators in the number")
    DATE_FORM = "DATE_FORM", _("Date in another form")
    DATE_SERIAL = "DATE_SERIAL", _("Date as a serial number")
    BIRTH_FROM_NUMBER = "BIRTH_FROM_NUMBER", _("Birth date taken from the number")
    SEX_FROM_NUMBER = "SEX_FROM_NUMBER", _("Sex taken from the number")
    NAME_SPACES = "NAME_SPACES", _("Spaces in the name")
    NAME_INVISIBLE = "NAME_INVISIBLE", _("Invisible characters in the name")
    NAME_WRAPPING = "NAME_WRAPPING", _("Text marks around the name")
    NAME_TRADITIONAL = "NAME_TRADITIONAL", _("Traditional characters in the name")
    NAME_DOT = "NAME_DOT", _("Dot in the name unified")
    AMOUNT_UNIT = "AMOUNT_UNIT", _("Amount with a unit")
    AMOUNT_FULL_WIDTH = "AMOUNT_FULL_WIDTH", _("Amount in full-width digits")
    YEAR_FORM = "YEAR_FORM", _("Year in another form")
    HOUSEHOLD_FILLED = "HOUSEHOLD_FILLED", _("Household taken from the row above")
    PAID_WITH_HOUSEHOLD = "PAID_WITH_HOUSEHOLD", _("Paid in another row of the household")
    CELL_NEWLINE = "CELL_NEWLINE", _("Line break in a cell")
    CELL_FORMULA = "CELL_FORMULA", _("Formula kept as text")
    CELL_NUL = "CELL_NUL", _("NUL byte removed")


class CorrectionSource(TextChoices):
    """By which way corrections of a roster's rows came."""

    FILE = "FILE", _("Corrected file")
    PAGE = "PAGE", _("Typed in on pages")


class CorrectionState(TextChoices):
    """Where corrections of a roster's rows stand."""

    READING = "READING", _("Being read")
    OPEN = "OPEN", _("To be looked through")
    AWAITING_APPROVAL = "AWAITING_APPROVAL", _("Awaiting approval")
    APPLYING = "APPLYING", _("Being applied")
    APPLIED = "APPLIED", _("Applied")
    DROPPED = "DROPPED", _("Dropped")
    REFUSED = "REFUSED", _("Cannot be read")


_COMPLETE = _("Complete the number from the identity card or household register.")
_SEND_AGAIN = _("Format the column as text in the source and send the file again.")
_ASK_COUNTY = _("Ask the county which one is right and correct the row.")
_COMPARE_CARD = _("Compare with the identity card and correct the row.")

REASON_TEXTS: Final[dict[Reason, Explanation]] = {
    Reason.ID_MISSING: Explanation(
        _("There is no identity number, or a word stands in its place."), _COMPLETE
    ),
    Reason.NEWBORN_WITHOUT_NUMBER: Explanation(
        _("The child was born in the year of the roster and has no number yet."),
        _(
            "The child is not on the roll yet. Find the row right as it is by the birth "
            "certificate: the child is then on the roll under a temporary number. Complete the "
            "number after household registration; until then the row stays in the open work among "
            "the newborns waiting for a number."
        ),
    ),
    Reason.ID_CHECK_FAILS: Explanation(
        _("A digit is wrong or two digits are swapped: the check character does not fit."),
        _COMPARE_CARD,
    ),
    Reason.ID_LENGTH: Explanation(
        _("An identity number has 18 characters, an old one 15."), _COMPARE_CARD
    ),
    Reason.ID_DATE: Explanation(
        _("The birth date inside the number is no calendar day."), _COMPARE_CARD
    ),
    Reason.ID_AREA: Explanation(_("The first two digits are no province."), _COMPARE_CARD),
    Reason.ID_CENTENARIAN: Explanation(
        _("In 15-digit numbers, 996 to 999 marked births before 1900; the century is unclear."),
        _COMPARE_CARD,
    ),
    Reason.ID_DECIMAL: Explanation(
        _("A spreadsheet turned the number into a decimal; its last digits are not genuine."),
        _SEND_AGAIN,
    ),
    Reason.ID_SCIENTIFIC: Explanation(
        _("A spreadsheet shortened the number to powers of ten; its digits are lost."),
        _SEND_AGAIN,
    ),
    Reason.ID_ZEROES: Explanation(
        _("The number ends in 000 and does not fit: a spreadsheet replaced its last digits."),
        _SEND_AGAIN,
    ),
    Reason.ID_ENDS_000: Explanation(
        _("The number ends in 000 and fits, but other numbers of this roster were damaged so."),
        _COMPARE_CARD,
    ),
    Reason.ID_WRONG_COLUMN: Explanation(
        _("The number cell holds no identity number; another cell of the row holds one."),
        _("Confirm the proposed number."),
    ),
    Reason.ID_OTHER_DOCUMENT: Explanation(
        _("The number belongs to a passport, permit or other document."),
        _("Record the kind of document, or complete the identity number."),
    ),
    Reason.ID_MASKED: Explanation(
        _("Digits of the number were replaced by asterisks."),
        _("Ask the county for the roster with full numbers."),
    ),
    Reason.ID_UNREADABLE: Explanation(
        _("The cell holds neither an identity number nor another known document."), _COMPLETE
    ),
    Reason.ID_OF_PARENT: Explanation(
        _("The row carries the number of another member of the household."),
        _("Complete this person's own number."),
    ),
    Reason.ID_SHARED: Explanation(
        _("The number belongs to another person: name, birth date or sex contradict it."),
        _("Complete this person's own number."),
    ),
    Reason.ID_ISSUED_TWICE: Explanation(
        _("Two persons of equal birth date carry this number; both may be genuine."),
        _("Check both identity cards; ask the police to correct a number issued twice."),
    ),
    Reason.LISTED_TWICE: Explanation(
        _("The same person stands in this roster more than once."),
        _(
            "Decide which contribution stands: leave this line out, or correct what makes it the "
            "same person. In a problem file, write “不入库” (leave out) and why into the column "
            "for evidence."
        ),
    ),
    Reason.LEFT_OUT: Explanation(
        _("The person stands in this roster more than once, and this line was left out."),
        _("Nothing is to be done. Until the roster is on the roll the line can be taken in again."),
    ),
    Reason.EDITION_UNSURE: Explanation(
        _(
            "It may be one of several former rows, a person decided about its former row, or its "
            "person is covered by another row of a former edition."
        ),
        _(
            "Complete what tells the people apart, or declare the line right as it is. Where a "
            "person decided, take that decision back first. Who is covered by another row stays "
            "so: leave this line out."
        ),
    ),
    Reason.BIRTH_DIFFERS: Explanation(
        _("The birth date of the row and that of the number are both valid and differ."),
        _ASK_COUNTY,
    ),
    Reason.BIRTH_IMPOSSIBLE: Explanation(
        _("The birth date of the row is no calendar day."), _COMPARE_CARD
    ),
    Reason.BIRTH_UNREADABLE: Explanation(
        _("The birth date is incomplete or in no known form."), _COMPARE_CARD
    ),
    Reason.BIRTH_MISSING: Explanation(
        _("Neither the row nor a valid number tells the birth date."),
        _("Complete the birth date from the identity card or household register."),
    ),
    Reason.BIRTH_IN_FUTURE: Explanation(
        _("The birth date is later than the day of the roster."), _COMPARE_CARD
    ),
    Reason.AGE_EXTREME: Explanation(
        _("By the birth date the person is 110 years old or older."),
        _("Ask the county whether the person is alive and the birth date right."),
    ),
    Reason.SEX_DIFFERS: Explanation(
        _("The sex of the row contradicts the identity number."), _ASK_COUNTY
    ),
    Reason.SEX_UNREADABLE: Explanation(
        _("The sex is in no known form and no valid number tells it."),
        _("Enter male or female."),
    ),
    Reason.NAME_MISSING: Explanation(
        _("There is no name; the number alone is no proof of the person."),
        _("Complete the name from the identity card."),
    ),
    Reason.NAME_RARE_LOST: Explanation(
        _("A character of the name was lost or masked when the file was made."),
        _("Enter the full name from the identity card."),
    ),
    Reason.NAME_ODD: Explanation(
        _("The name is a single character or holds digits, notes or other signs."), _COMPARE_CARD
    ),
    Reason.AMOUNT_NEGATIVE: Explanation(
        _("The amount is negative: a refund or an error."),
        _("Ask the county whether the contribution was refunded."),
    ),
    Reason.AMOUNT_MISSING: Explanation(
        _("The person has to pay, but the row shows no payment."),
        _("Ask the county for proof of payment or the ground of exemption."),
    ),
    Reason.AMOUNT_UNREADABLE: Explanation(
        _("The amount is no sum of money."), _("Enter the amount in yuan.")
    ),
    Reason.YEAR_OTHER: Explanation(
        _("The row is about another year than the roster."),
        _("Ask the county whether the row belongs to this roster."),
    ),
    Reason.YEAR_UNREADABLE: Explanation(
        _("The year is in no known form."), _("Enter the year with four digits.")
    ),
    Reason.SCHEME_OTHER: Explanation(
        _("The row is about another scheme than the roster."),
        _("Ask the source whether the row belongs to this roster."),
    ),
    Reason.BEGIN_UNREADABLE: Explanation(
        _("The date from which the person is covered is no calendar day in a known form."),
        _("Enter the start date."),
    ),
    Reason.DECEASED: Explanation(
        _("A remark says that the person has died."),
        _("Confirm the death and the date; do not carry the cover over."),
    ),
    Reason.GONE: Explanation(
        _("A remark says that the person left, paid nothing, or is insured elsewhere."),
        _("Ask the county; leave the line out when the person is not insured here this year."),
    ),
    Reason.CELL_LONG: Explanation(
        _("A cell is far longer than its column needs; it is kept whole."),
        _("Read the cell and keep what belongs there."),
    ),
    Reason.READING: Explanation(
        _("Cells of this row do not fit the columns of the file."),
        _("Compare with the raw row and correct it."),
    ),
    Reason.COLUMN_DOUBTFUL: COLUMN_IN_DOUBT,
}

_CLEANED_NUMBER = _("The number was cleaned, then checked.")
_CLEANED_NAME = _("The name was cleaned.")

FIX_TEXTS: Final[dict[Fix, Explanation]] = {
    Fix.ID_UPGRADED: Explanation(
        _("The number was an old one of 15 digits."),
        _("The century 19 was inserted and the check character computed."),
    ),
    Fix.ID_CHECK_CHARACTER: Explanation(
        _("The check character was a lower-case x or a similar sign."),
        _("It was written as X."),
    ),
    Fix.ID_FULL_WIDTH: Explanation(
        _("The number was written with full-width characters."), _CLEANED_NUMBER
    ),
    Fix.ID_SPACES: Explanation(_("The number held spaces."), _CLEANED_NUMBER),
    Fix.ID_INVISIBLE: Explanation(_("The number held invisible characters."), _CLEANED_NUMBER),
    Fix.ID_WRAPPING: Explanation(
        _("The number was wrapped in apostrophes, quotes, a tab or a label."), _CLEANED_NUMBER
    ),
    Fix.ID_SEPARATORS: Explanation(
        _("The number was divided by hyphens or similar signs."), _CLEANED_NUMBER
    ),
    Fix.DATE_FORM: Explanation(
        _("The date was written in another form than the column."), _("It was read as a date.")
    ),
    Fix.DATE_SERIAL: Explanation(
        _("The date was the serial number of a spreadsheet."), _("It was converted to a date.")
    ),
    Fix.BIRTH_FROM_NUMBER: Explanation(
        _("The birth date was empty or incomplete."),
        _("It was taken from the valid identity number."),
    ),
    Fix.SEX_FROM_NUMBER: Explanation(
        _("The sex was empty or unreadable."), _("It was taken from the valid identity number.")
    ),
    Fix.NAME_SPACES: Explanation(_("The name held spaces."), _CLEANED_NAME),
    Fix.NAME_INVISIBLE: Explanation(_("The name held invisible characters."), _CLEANED_NAME),
    Fix.NAME_WRAPPING: Explanation(_("The name was wrapped in quotes."), _CLEANED_NAME),
    Fix.NAME_TRADITIONAL: Explanation(
        _("The name is written with traditional characters."),
        _("It is shown as written and compared in simplified form."),
    ),
    Fix.NAME_DOT: Explanation(
        _("The dot inside the name was another sign."), _("The usual middle dot was set.")
    ),
    Fix.AMOUNT_UNIT: Explanation(
        _("The amount was written with a unit or currency sign."), _("It was read as a number.")
    ),
    Fix.AMOUNT_FULL_WIDTH: Explanation(
        _("The amount was written with full-width digits."), _("It was read as a number.")
    ),
    Fix.YEAR_FORM: Explanation(
        _("The year was written with a suffix or full-width digits."),
        _("It was read as a number."),
    ),
    Fix.HOUSEHOLD_FILLED: Explanation(
        _("The household stood only in the family's first row."),
        _("It was taken from the row above."),
    ),
    Fix.PAID_WITH_HOUSEHOLD: Explanation(
        _("In this roster a household's contribution stands in one member's row."),
        _("The row counts as paid with its household; no amount was written into it."),
    ),
    Fix.CELL_NEWLINE: Explanation(_("A cell held a line break."), _("It was replaced by a space.")),
    Fix.CELL_FORMULA: Explanation(
        _("A spreadsheet would execute this cell."),
        _("It is kept as text and neutralised in exports."),
    ),
    Fix.CELL_NUL: Explanation(_("A cell held a NUL byte."), _("It was removed.")),
}
