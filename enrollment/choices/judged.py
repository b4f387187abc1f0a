"""Which problems of a row a person may judge: the row is right as it is written.

What is wrong in itself is never right as it is: a check digit, a day that no calendar has, digits
that a spreadsheet lost, a number that somebody else bears. That is corrected, not judged.
"""

from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enrollment.choices import Reason

#: What each such judgement has to be borne out by.
EVIDENCE_FOR: Final[MappingProxyType[Reason, str | Promise]] = MappingProxyType(
    {
        Reason.AGE_EXTREME: _(
            "Right as it is when the person was seen alive and a card or register shows the date."
        ),
        Reason.NAME_ODD: _("Right as it is when an identity card or register shows this name."),
        Reason.ID_ENDS_000: _("Right as it is when the identity card shows this very number."),
        Reason.DECEASED: _(
            "Right as it is when the remark is about somebody else, or the person is alive."
        ),
        Reason.GONE: _(
            "Right as it is when the county confirms that the person is insured here for the year."
        ),
        Reason.AMOUNT_MISSING: _(
            "Right as it is when nothing was due; name the ground of exemption."
        ),
        Reason.NEWBORN_WITHOUT_NUMBER: _(
            "Right as it is when the birth certificate was seen: the child is on the roll under a "
            "temporary number until it has its own."
        ),
        Reason.EDITION_UNSURE: _(
            "Right as it is when the county confirmed that the line is new in this edition."
        ),
        Reason.CELL_LONG: _("Right as it is when somebody read the cell and it belongs there."),
        Reason.COLUMN_DOUBTFUL: _(
            "Right as it is when name, number and the rest were taken from the right columns."
        ),
    }
)
#: Reasons that may be found right as they are.
MAY_BE_RIGHT: Final = frozenset(EVIDENCE_FOR)
#: Of those, the ones that the roster as a whole brings up, not the row alone.
OF_THE_WHOLE: Final = frozenset({Reason.ID_ENDS_000, Reason.EDITION_UNSURE})


#: Found right, the row still waits for something: the child's own number.
LET_IN_WITHOUT_NUMBER: Final = Reason.NEWBORN_WITHOUT_NUMBER


def awaits_number(confirmed: list[str], id_number: str | None) -> bool:
    """Whether the row is a child's that is on the roll under a temporary number."""
    return LET_IN_WITHOUT_NUMBER in confirmed and not id_number


def judgeable(codes: list[str]) -> list[str]:
    """Of the codes, those that a person may find right as they are, in their order."""
    return [code for code in codes if code in MAY_BE_RIGHT]


def may_all_be_right(codes: list[str]) -> bool:
    """Whether the row goes on once a person finds it right as it is written."""
    return bool(codes) and len(judgeable(codes)) == len(codes)


#: Why a clerk may leave a line out of the roster: it is to bring nobody's coverage.
MAY_BE_LEFT_OUT: Final = frozenset(
    {Reason.LISTED_TWICE, Reason.DECEASED, Reason.GONE, Reason.EDITION_UNSURE}
)
