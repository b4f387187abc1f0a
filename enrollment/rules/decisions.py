"""What decisions on pairs rest on, as data and plain functions: samples, reasons, differences."""

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from enrollment.choices import Reason

#: What is in doubt about a row as long as nobody knows who it is; saying who it is answers these.
#: Money, year, scheme, death and unreadable rows are in doubt whoever it is.
ANSWERED_REASONS: Final = frozenset(
    {
        Reason.ID_MISSING,
        Reason.NEWBORN_WITHOUT_NUMBER,
        Reason.ID_CHECK_FAILS,
        Reason.ID_LENGTH,
        Reason.ID_DATE,
        Reason.ID_AREA,
        Reason.ID_CENTENARIAN,
        Reason.ID_ENDS_000,
        Reason.ID_WRONG_COLUMN,
        Reason.ID_OTHER_DOCUMENT,
        Reason.ID_MASKED,
        Reason.ID_UNREADABLE,
        Reason.ID_OF_PARENT,
        Reason.ID_SHARED,
        Reason.ID_ISSUED_TWICE,
        Reason.LISTED_TWICE,
        Reason.BIRTH_DIFFERS,
        Reason.BIRTH_IMPOSSIBLE,
        Reason.BIRTH_UNREADABLE,
        Reason.BIRTH_MISSING,
        Reason.BIRTH_IN_FUTURE,
        Reason.SEX_DIFFERS,
        Reason.SEX_UNREADABLE,
        Reason.NAME_MISSING,
        Reason.NAME_RARE_LOST,
        Reason.NAME_ODD,
    }
)


def is_drawn(decision: int, *, seed: str, share: Decimal) -> bool:
    """Whether the lot falls on this decision; the same seed and share always say the same."""
    digest = hashlib.sha256(f"{seed}:{decision}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


class Part(NamedTuple):
    """A stretch of a text that the other text has too, or has not."""

    text: str
    differs: bool


def parts(text: str, other: str) -> list[Part]:
    """The text in stretches, told apart by whether the other one has them in the same order."""
    found: list[Part] = []
    for tag, start, end, _start, _end in SequenceMatcher(
        None, text, other, autojunk=False
    ).get_opcodes():
        if start < end:
            found.append(Part(text[start:end], tag != "equal"))
    return found


def masked_parts(text: str, other: str, masked: str) -> list[Part]:
    """The same of a masked text: where the two differ is marked, what stands there stays hidden.

    `masked` has as many signs as `text`.
    """
    found: list[Part] = []
    at = 0
    for part in parts(text, other):
        found.append(Part(masked[at : at + len(part.text)], part.differs))
        at += len(part.text)
    return found


class Pace(NamedTuple):
    """How fast a clerk decides: pairs an hour, and the seconds that the rest will take."""

    per_hour: float | None
    seconds_left: float | None


def pace(decided: int, seconds: float, left: int) -> Pace:
    """From so many decisions within so many seconds; nothing can be said before the first."""
    if decided < 1 or seconds <= 0:
        return Pace(None, None)
    per_second = decided / seconds
    return Pace(per_second * 3600, left / per_second)


#: Signs of an identity number, of now and of before 1999.
_LENGTHS: Final = (15, 18)


def one_number(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None]
) -> str | None:
    """The identity number that two rows share; each gives its clean number and what it wrote.

    What is no number at all, such as a word or signs that hide one, is shared by nobody.
    """
    if one[0] and one[0] == other[0]:
        return one[0]
    text = (one[1] or "").strip().upper()
    is_number = len(text) in _LENGTHS and text[:-1].isdigit() and text[-1] in "0123456789X"
    return text if is_number and text == (other[1] or "").strip().upper() else None


def answers(reasons: Iterable[str]) -> bool:
    """Whether knowing who the row is leaves nothing in doubt about it."""
    return set(reasons) <= {reason.value for reason in ANSWERED_REASONS}
