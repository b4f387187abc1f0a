"""What is known of a whole roster before its rows are judged one by one."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from enrollment.choices import Scheme, SpecialGroup

EXEMPT_GROUPS: Final = frozenset(
    {
        SpecialGroup.EXTREME_HARDSHIP, SpecialGroup.MINIMUM_LIVING, SpecialGroup.REGISTERED_POOR,
        SpecialGroup.ORPHAN,
    }
)  # fmt: skip
"""Groups whose contribution the county may have paid, so that a row without amount is in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterContext:
    """What is known of the whole roster and needed to judge one row.

    `fields` are the fields that the file's layout feeds; `reference_on` is the last day the roster
    speaks of; `date_form` is the form in which most of its birth dates are written;
    `dues_with_household`: rows before have shown that a household pays in one member's row.
    `doubtful_sheets` are those of whose columns something is in doubt that nobody has answered.
    """

    year: int
    reference_on: date
    fields: frozenset[str]
    scheme: Scheme
    amounts_due: bool
    exempt_groups: frozenset[str] = field(default=EXEMPT_GROUPS)
    date_form: str | None = None
    dues_with_household: bool = False
    doubtful_sheets: frozenset[int] = frozenset()

    @property
    def century_pivot(self) -> int:
        """Two-digit years above this belong to the twentieth century."""
        return self.reference_on.year % 100
