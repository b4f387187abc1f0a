"""Identity numbers by GB 11643: cleaning, check character, 15-digit numbers, and what a text in the
number's place is; a damaged number is named as such and never guessed."""

import re
from datetime import date
from typing import NamedTuple

from enrollment.choices import Fix, NumberState, Reason, Sex
from enrollment.rules.words import is_placeholder, names_newborn

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
PROVINCES = frozenset(
    str(code)
    for codes in (
        range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55), range(61, 66),
        (71, 81, 82, 83),
    )
    for code in codes
)  # fmt: skip
"""First two digits of GB/T 2260 divisions; 81 to 83 also begin the residence permits of Hong Kong,
Macao and Taiwan residents. Foreigners' permanent residence cards begin with 9."""
# Zeroes in a number's place are no number; nothing was lost of one.
_ZEROES = re.compile("0+")
OLDEST_BIRTH_YEAR = 1850
CENTENARIAN_SEQUENCE = 996

SPACES = "\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
INVISIBLE = "\x00\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufe00-\ufe0f"
WRAPPING = "'\"`´‘’“”="
SEPARATORS = "-–—‐‑_&#·"
CROSSES = "x×хХｘＸ✕✖╳ⅩⅹΧχ"
LABEL = r"(?:居民|公民)?身份(?:证|号)[证件号码]*[:：]?"

FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_FOLD = str.maketrans(FULL_WIDTH)
_DOCUMENT = re.compile(r"[HMhm][0-9]{8,10}|[A-Za-z]{1,2}[0-9]{7,8}|[A-Za-z]{3}[0-9]{12}|.*字第.*")
_DECIMAL = re.compile(r"[0-9]{12,}\.[0-9]*")
_SCIENTIFIC = re.compile(r"[0-9]+(?:\.[0-9]*)?[Ee]\+?[0-9]+")
_MASKED = re.compile(r"[0-9]{2,}\*{2,}[0-9Xx*]*")


class CleanNumber(NamedTuple):
    """Text freed from everything that cannot belong to a number, and what was removed."""

    text: str
    fixes: tuple[Fix, ...]


class NumberReading(NamedTuple):
    """What stands in the place of the number; `number` is set only where it may be used."""

    text: str
    state: NumberState
    number: str | None
    birth_on: date | None
    sex: Sex | None
    reason: Reason | None
    fixes: tuple[Fix, ...]


def check_character(first17: str) -> str:
    """Check character that belongs to the first 17 digits.

    Source: GB 11643-1999, ISO 7064 MOD 11-2.
    """
    return CHECK_CHARACTERS[sum(int(d) * w for d, w in zip(first17, WEIGHTS, strict=True)) % 11]


def upgraded(number15: str) -> str:
    """15-digit number with the century 19 inserted and the check character computed."""
    first17 = number15[:6] + "19" + number15[6:]
    return first17 + check_character(first17)


def clean_number(text: str | None) -> CleanNumber:
    """Number without wrapping, spaces, invisible characters, full-width forms or separators.

    No digit is changed; the only letter written anew is the check character X.
    """
    raw = text or ""
    fixes = []

    def step(cleaned: str, before: str, fix: Fix) -> str:
        if cleaned != before and fix not in fixes:
            fixes.append(fix)
        return cleaned

    plain = step(re.sub(f"[{INVISIBLE}]", "", raw), raw.replace("\0", ""), Fix.ID_INVISIBLE)
    plain = step(re.sub(r"^\t+", "", plain), plain, Fix.ID_WRAPPING)
    plain = step(plain.translate(_FOLD), plain, Fix.ID_FULL_WIDTH)
    plain = step(re.sub(f"[{SPACES}]+", "", plain), plain, Fix.ID_SPACES)
    plain = step(plain.strip(WRAPPING), plain, Fix.ID_WRAPPING)
    plain = step(re.sub(f"^{LABEL}", "", plain), plain, Fix.ID_WRAPPING)
    crossed = re.sub(f"^([0-9]{{17}})[{CROSSES}]$", r"\1X", plain)
    joined = re.sub(f"[{SEPARATORS}]", "", plain)
    joined = re.sub(f"^([0-9]{{17}})[{CROSSES}]$", r"\1X", joined)
    if joined != crossed and re.fullmatch("[0-9]{15}|[0-9]{17}[0-9X]", joined):
        plain = step(joined[:-1], plain[:-1], Fix.ID_SEPARATORS) + joined[-1]
        crossed = joined
        if joined[-1] == "X" and not (text or "").rstrip(WRAPPING + " ").endswith("X"):
            fixes.append(Fix.ID_CHECK_CHARACTER)
    else:
        crossed = step(crossed, plain, Fix.ID_CHECK_CHARACTER)
    return CleanNumber(crossed, tuple(fixes))


def birth_of(number18: str) -> date | None:
    """Birth date inside an 18-character number, None if that day does not exist."""
    try:
        day = date(int(number18[6:10]), int(number18[10:12]), int(number18[12:14]))
    except ValueError:
        return None
    return day if day.year >= OLDEST_BIRTH_YEAR else None


def sex_of_number(number18: str) -> Sex:
    """Sex inside an 18-character number: the 17th digit is odd for men, even for women."""
    return Sex.MALE if int(number18[16]) % 2 else Sex.FEMALE


def area_known(number18: str) -> bool:
    """Whether the number begins like a division, a residence permit or a residence card."""
    return number18[:2] in PROVINCES or number18[0] == "9"


def _judged(number18: str) -> tuple[NumberState, Reason | None]:
    if check_character(number18[:17]) != number18[17]:
        if number18.endswith("000"):
            return NumberState.MANGLED, Reason.ID_ZEROES
        return NumberState.BAD_CHECK, Reason.ID_CHECK_FAILS
    if birth_of(number18) is None:
        return NumberState.BAD_DATE, Reason.ID_DATE
    if not area_known(number18):
        return NumberState.BAD_AREA, Reason.ID_AREA
    return NumberState.VALID, None


def _judged_old(number15: str) -> tuple[NumberState, Reason | None]:
    number18 = upgraded(number15)
    if birth_of(number18) is None:
        return NumberState.BAD_DATE, Reason.ID_DATE
    if not area_known(number18):
        return NumberState.BAD_AREA, Reason.ID_AREA
    if int(number15[12:]) >= CENTENARIAN_SEQUENCE:
        return NumberState.BAD_DATE, Reason.ID_CENTENARIAN
    return NumberState.UPGRADED, None


def judged_text(text: str) -> tuple[NumberState, Reason]:
    """State of a text that has not the form of a number."""
    if not text:
        return NumberState.MISSING, Reason.ID_MISSING
    if names_newborn(text):
        return NumberState.NEWBORN, Reason.NEWBORN_WITHOUT_NUMBER
    if is_placeholder(text) or _ZEROES.fullmatch(text):
        return NumberState.PLACEHOLDER, Reason.ID_MISSING
    if _DECIMAL.fullmatch(text):
        return NumberState.MANGLED, Reason.ID_DECIMAL
    if _SCIENTIFIC.fullmatch(text):
        return NumberState.MANGLED, Reason.ID_SCIENTIFIC
    if _MASKED.fullmatch(text):
        return NumberState.UNREADABLE, Reason.ID_MASKED
    if re.fullmatch("[0-9]+[Xx]?", text):
        return NumberState.BAD_LENGTH, Reason.ID_LENGTH
    if _DOCUMENT.fullmatch(text):
        return NumberState.OTHER_DOCUMENT, Reason.ID_OTHER_DOCUMENT
    return NumberState.UNREADABLE, Reason.ID_UNREADABLE


def read_number(text: str | None) -> NumberReading:
    """What the text in the number's place is, with the number where it may be used.

    Source: GB 11643-1999; 15-digit numbers by GB 11643-1989.
    """
    cleaned, fixes = clean_number(text)
    number18, reason = None, None
    if _ZEROES.fullmatch(cleaned):
        state, reason = judged_text(cleaned)
    elif re.fullmatch("[0-9]{17}[0-9X]", cleaned):
        number18 = cleaned
        state, reason = _judged(cleaned)
    elif re.fullmatch("[0-9]{15}", cleaned):
        number18 = upgraded(cleaned)
        state, reason = _judged_old(cleaned)
        if state is NumberState.UPGRADED:
            fixes = (*fixes, Fix.ID_UPGRADED)
    else:
        state, reason = judged_text(cleaned)
    if number18 is None or state not in (NumberState.VALID, NumberState.UPGRADED):
        return NumberReading(cleaned, state, None, None, None, reason, fixes)
    return NumberReading(
        cleaned, state, number18, birth_of(number18), sex_of_number(number18), None, fixes
    )


def swap_suggestion(number18: str, *, birth_on: date | None, sex: Sex | None) -> str | None:
    """The only number, one swap of neighbouring digits away, that fits check, birth date and sex.

    None if no swap or more than one fits, or if the row tells no birth date to compare with.
    """
    if birth_on is None or not re.fullmatch("[0-9]{17}[0-9X]", number18):
        return None
    fitting = set()
    born = birth_on.strftime("%Y%m%d")
    for place in range(17):
        left, right = number18[place], number18[place + 1]
        if left == right or right == "X":
            continue
        swapped = number18[:place] + right + left + number18[place + 2 :]
        if (
            swapped[6:14] == born
            and sex in (None, sex_of_number(swapped))
            and _judged(swapped)[0] is NumberState.VALID
        ):
            fitting.add(swapped)
    # That only another province fits says that something else is wrong with the number.
    is_told = len(fitting) == 1 and all(found[:2] == number18[:2] for found in fitting)
    return fitting.pop() if is_told else None
