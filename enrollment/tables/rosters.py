"""Columns of the lists of rosters and of their rows, and the words for evidence and origin."""

from typing import Any, Final

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bureau.core import audit
from bureau.core.models import AuditEvent
from bureau.intake.choices import BatchState
from bureau.ui import formatting
from bureau.ui.tables import Column
from enrollment.choices import Fix, Outcome, Reason
from enrollment.imports.roster_fields import heading_of
from enrollment.models import RosterRow

ROSTER_COLUMNS: Final = (
    Column(
        "number",
        gettext_lazy("Roster"),
        value=str,
        link=lambda batch: reverse("enrollment:roster-detail", args=[batch.pk]),
        sort="pk",
    ),
    Column("state", gettext_lazy("State"), kind="status", choices=BatchState),
    Column("edition", gettext_lazy("Edition"), value=lambda batch: batch.edition_text),
    Column("progress", gettext_lazy("In work"), value=lambda batch: batch.progress_text),
    Column("rows_read", gettext_lazy("Rows read"), kind="number"),
    Column(
        "clean",
        gettext_lazy("Accepted and fixed"),
        kind="number",
        value=lambda batch: batch.rows_accepted + batch.rows_fixed,
    ),
    Column(
        "rows_review",
        gettext_lazy("Review"),
        kind="number",
        link=lambda batch: batch.review_url,
    ),
    Column(
        "rows_rejected",
        gettext_lazy("Rejected"),
        kind="number",
        link=lambda batch: batch.rejected_url,
    ),
    Column("rows_not_record", Outcome.NOT_RECORD.label, kind="number"),
    Column("received_at", gettext_lazy("Received"), kind="instant"),
    Column("received_by", gettext_lazy("Received by")),
    Column("note", gettext_lazy("Remarks"), shown=False),
)

#: Characters of a cell that are drawn on a page.
CELL_SHOWN: Final = 400

ROW_COLUMNS: Final = (
    Column("place", gettext_lazy("Place"), value=lambda row: place_of(row), sort="pk",
           link=lambda row: row.page_url),
    Column("outcome", gettext_lazy("Outcome"), kind="status", choices=Outcome),
    Column("name", gettext_lazy("Name"), kind="masked_name", file_head=heading_of("name")),
    Column("id_number", gettext_lazy("Identity number"), kind="masked_number",
           file_head=heading_of("id_number"),
           value=lambda row: row.id_number or row.id_text),
    Column("why", gettext_lazy("Reasons and repairs"), value=lambda row: words_of(row)),
    Column("birth_on", gettext_lazy("Birth date"), kind="day", shown=False,
           file_head=heading_of("birth_on")),
    Column("household_no", gettext_lazy("Household number"), kind="masked_number", shown=False,
           file_head=heading_of("household_no")),
    Column("amount", gettext_lazy("Amount"), value="amount", kind="money",
           file_head=heading_of("amount")),
)  # fmt: skip


def place_of(row: RosterRow) -> str:
    """Where the row stands: file, sheet if it has a name, row."""
    sheet = getattr(row, "sheet_name", "")
    if sheet:
        return _("%(file)s, sheet %(sheet)s, row %(row)s") % {
            "file": row.file.name,
            "sheet": sheet,
            "row": formatting.number(row.row_no),
        }
    return _("%(file)s, row %(row)s") % {
        "file": row.file.name,
        "row": formatting.number(row.row_no),
    }


def word_of(code: str) -> str:
    """The words for a reason or repair; an unknown code is shown as it is."""
    return str(_WORDS.get(code, code))


def shortened(text: str) -> str:
    """A cell for a page: a huge one by its beginning and its length."""
    if len(text) <= CELL_SHOWN:
        return text
    return _("%(beginning)s… (%(length)s characters)") % {
        "beginning": text[:CELL_SHOWN],
        "length": formatting.number(len(text)),
    }


def words_of(row: RosterRow) -> str:
    """Reasons, then repairs, in words."""
    return _(", ").join(word_of(code) for code in [*row.reasons, *row.fixes])


_WORDS: Final[dict[str, Any]] = {**dict(Reason.choices), **dict(Fix.choices)}

#: How two rows of a pair compare, by code of the comparison.
EVIDENCE: Final[dict[str, Any]] = {
    "NUMBER_EQUAL": gettext_lazy("same identity number"),
    "NUMBER_SUGGESTED": gettext_lazy("same number once it is repaired"),
    "NUMBER_SLIP": gettext_lazy("numbers differ by one slip"),
    "NUMBER_SLIPS": gettext_lazy("numbers differ by several slips"),
    "NUMBER_DOUBTED": gettext_lazy("numbers differ, but one is doubtful"),
    "NUMBER_MISSING": gettext_lazy("a number is missing"),
    "NUMBER_FAR": gettext_lazy("numbers differ much"),
    "NUMBER_OTHER": gettext_lazy("different numbers"),
    "NAME_EQUAL": gettext_lazy("same name"),
    "NAME_SOUND": gettext_lazy("names sound alike"),
    "NAME_DAMAGED": gettext_lazy("same name but for lost characters"),
    "NAME_ONE_CHARACTER": gettext_lazy("names differ by one character"),
    "NAME_SURNAME": gettext_lazy("surnames differ by one character"),
    "NAME_MISSING": gettext_lazy("a name is missing"),
    "NAME_DIFFERENT": gettext_lazy("different names"),
    "BIRTH_EQUAL": gettext_lazy("same birth date"),
    "BIRTH_OF_NUMBER": gettext_lazy("birth date fits the other's number"),
    "BIRTH_PART": gettext_lazy("birth dates agree in part"),
    "BIRTH_MONTH": gettext_lazy("same year and month of birth"),
    "BIRTH_UNKNOWN": gettext_lazy("a birth date is unknown"),
    "BIRTH_DIFFERENT": gettext_lazy("different birth dates"),
    "SEX_EQUAL": gettext_lazy("same sex"),
    "SEX_UNKNOWN": gettext_lazy("a sex is unknown"),
    "SEX_DIFFERENT": gettext_lazy("different sex"),
    "PLACE_HOUSEHOLD": gettext_lazy("same household"),
    "PLACE_KIN": gettext_lazy("their households have another member in common"),
    "PLACE_PHONE": gettext_lazy("same telephone"),
    "PLACE_ADDRESS": gettext_lazy("same address"),
    "PLACE_AREA": gettext_lazy("same area"),
    "PLACE_UNKNOWN": gettext_lazy("nothing is known of the place"),
    "TWIN_RISK": gettext_lazy("a twin or somebody numbered next to them is known"),
}

TIERS: Final[dict[str, Any]] = {
    "NUMBER_AND_NAME": gettext_lazy("Identity number and name agree with other rows."),
    "NUMBER_AND_SOUND": gettext_lazy("Identity number agrees, the name sounds alike."),
    "PROBABLE": gettext_lazy("All evidence together leaves no other person."),
    "ALONE": gettext_lazy("The row stands for this person alone."),
    "FORMER_ROW": gettext_lazy("The row of the former edition stood for this person."),
}

#: By what a file tells its area.
TOLD_BY: Final[dict[str, Any]] = {
    "NAME_CODE": gettext_lazy("by the area code in its name"),
    "NAME": gettext_lazy("by its name"),
    "TITLE": gettext_lazy("by its title"),
    "NAME_INITIALS": gettext_lazy("by the initials in its name"),
    "TOWNS": gettext_lazy("by the towns it lists"),
    "NUMBERS": gettext_lazy("by its household or member numbers"),
    "ADDRESSES": gettext_lazy("by its addresses"),
    "PEOPLE": gettext_lazy("by the identity numbers it lists"),
    "SCHEME": gettext_lazy("by its scheme"),
}

ACTS: Final[dict[str, Any]] = {
    "roster.received": gettext_lazy("Roster received"),
    "roster.file_added": gettext_lazy("File added"),
    "roster.file_removed": gettext_lazy("File removed"),
    "roster.layout_confirmed": gettext_lazy("Columns of a file confirmed"),
    "roster.reading": gettext_lazy("Handed over to be read and checked"),
    "roster.confirmed": gettext_lazy("Submitted for approval"),
    "roster.approved": gettext_lazy("Approved"),
    "roster.returned": gettext_lazy("Returned to the clerk"),
    "roster.applied": gettext_lazy("Applied to the roll"),
    "roster.withdrawn": gettext_lazy("Withdrawn"),
    "roster.edition_begun": gettext_lazy("Named a newer edition of another roster"),
    "roster.left_out_kept": gettext_lazy("Coverage of who is left out is to be kept"),
    "roster.left_out_ended": gettext_lazy("Coverage of who is left out is to end"),
    "roster.undo_asked": gettext_lazy("Undoing asked for"),
    "roster.undo_approved": gettext_lazy("Undoing approved"),
    "roster.undo_returned": gettext_lazy("Undoing returned or withdrawn"),
    "roster.undo_refused": gettext_lazy("Not undone: something depended on it by then"),
    "roster.undone": gettext_lazy("Undone: taken from the roll"),
    "roster.begun_anew": gettext_lazy("Begun anew from the columns"),
    "roster.error_file": gettext_lazy("Problem file made"),
    "roster.corrections_begun": gettext_lazy("Corrections loaded"),
    "roster.corrections_submitted": gettext_lazy("Corrections submitted"),
    "roster.corrections_approved": gettext_lazy("Corrections approved"),
    "roster.corrections_returned": gettext_lazy("Corrections returned to the clerk"),
    "roster.corrections_applied": gettext_lazy("Corrections applied"),
    "roster.corrections_dropped": gettext_lazy("Corrections dropped"),
    "roster.line_taken_in_again": gettext_lazy("Line that was left out taken in again"),
}


def staying_text(row: RosterRow) -> str:
    """A line that stays where another of its person is left out: its place and its amount."""
    amount = formatting.money_prose(row.amount) if row.amount is not None else _("no amount")
    return _("%(place)s: %(amount)s") % {"place": place_of(row), "amount": amount}


def act_of(event: AuditEvent) -> str:
    """The words for an act on a roster."""
    return audit.word_of(event.kind)


def url_or_none(route: str, *args: int) -> str:
    """The route's address, or an empty text where an installation leaves the route out."""
    try:
        return reverse(route, args=args)
    except NoReverseMatch:
        return ""
