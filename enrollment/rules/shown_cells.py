"""A roster's cells as a problem file shows them, and how a cell that comes back is compared.

Neither a workbook nor a text holds every cell as it was read: control characters have no place in
a workbook, a cell there ends at 32,767 characters, and what would calculate gets an apostrophe in a
text. A cell that comes back as it was shown was not corrected.
"""

import re
from typing import Final

from bureau.core.formulas import formula_safe, without_guard

#: Longest cell of a workbook, the mark of what was cut off included.
LONGEST: Final = 32_767
CUT: Final = "…"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def shown_in_workbook(cell: str) -> str:
    """The cell as a workbook can hold it."""
    text = _plain(cell)
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT


def shown_in_text(cell: str) -> str:
    """The cell as it stands in a delimited text that a spreadsheet may open."""
    return formula_safe(_plain(cell))


def is_as_shown(cell: str, returned: str) -> bool:
    """Whether the returned cell is the cell as a problem file showed it, in either form."""
    if cell == returned:
        return True
    plain = _plain(returned)
    return plain in (_plain(cell), shown_in_workbook(cell), shown_in_text(cell))


def corrected(returned: str) -> str:
    """What was entered in a cell that differs from what was shown."""
    return without_guard(returned)


def as_compared(text: str) -> str:
    """The cell in the one form in which what was shown, and what it was shown for, are equal."""
    return without_guard(_plain(text)).strip()[: LONGEST - len(CUT)]


def _plain(cell: str) -> str:
    return _CONTROL.sub("", cell.replace("\r\n", "\n").replace("\r", "\n"))
