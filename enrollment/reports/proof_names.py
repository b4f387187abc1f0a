"""The names of the proof's figures: each figure has one, and it says what is counted.

Rows, records, people and coverages are different things; page, workbook, print, the request for the
second signature and the glossary call each figure by the name that stands here.
"""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

#: Lines of the files, whatever they hold.
READ: Final = _("Rows read from the files")
NOT_RECORDS: Final = _("Rows that are no records")
#: Rows that list a person; of every roster that was checked, and of those on the roll alone.
RECORDS: Final = _("Records of the rosters")
NOT_APPLIED: Final = _("Records of rosters not yet applied")
APPLIED_RECORDS: Final = _("Records of applied rosters")
#: Rows of applied rosters, by what became of them.
WAITING: Final = _("Rows waiting for a clerk")
REJECTED: Final = _("Rows sent back to the county")
FURTHER: Final = _("Further rows of people counted once")
FURTHER_SAME: Final = _("Further rows, same roster")
FURTHER_OTHER: Final = _("Further rows, another roster")
#: People, each once.
PEOPLE: Final = _("People on the roll")
IN_FORCE: Final = _("People insured now by these rosters")
ELSEWHERE: Final = _("People insured now by another roster")
LOST: Final = _("People on the roll, insured by none")
#: Rows and people together: who is to be insured in a place.
BASELINE: Final = _("Participation baseline")
BELOW: Final = _("Below the baseline")
#: Coverages that meet, and money.
DOUBLES: Final = _("Double coverages found")
DOUBLES_ENDED: Final = _("Double coverages ended")
SAVED: Final = _("Subsidy saved")
TO_SAVE: Final = _("Still to be saved")

#: What each name counts, for the page and the glossary.
MEANINGS: Final[tuple[tuple[Any, Any], ...]] = (
    (READ, _("Lines of all files that were read, with headings and blank lines.")),
    (RECORDS, _("Rows that list a person, in all rosters that were checked.")),
    (
        APPLIED_RECORDS,
        _("Of them, those in rosters that stand on the roll. One person may have several."),
    ),
    (PEOPLE, _("People to whom at least one record belongs, each counted once.")),
    (
        FURTHER,
        _("Records of people who are counted by another record already; nobody is lost by them."),
    ),
    (WAITING, _("Records held back until a clerk decides; who they are is not certain yet.")),
    (REJECTED, _("Records that the county has to put right; who they are is not certain yet.")),
    (
        BASELINE,
        _(
            "Who is to be insured in an area: people on the roll, and the records that wait or "
            "were sent back, each as one person. Not below it may participation fall."
        ),
    ),
    (IN_FORCE, _("Of the people on the roll, those whose coverage of these rosters is in force.")),
    (
        ELSEWHERE,
        _(
            "Of the people on the roll, those whose coverage of a roster that is not counted here "
            "is in force."
        ),
    ),
    (LOST, _("Of the people on the roll, those who have no coverage in force anywhere.")),
    (
        BELOW,
        _("Rows waiting, rows sent back, and people insured by none: who fell out, by name."),
    ),
)
