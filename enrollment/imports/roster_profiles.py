"""How the values of a roster's fields look, and which values bear each other out."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from bureau.intake.shapes import Companion
from enrollment.choices import NumberState, Sex
from enrollment.rules import identity, words
from enrollment.rules.amounts import read_amount, read_year
from enrollment.rules.dates import read_date

Profile = Callable[[Sequence[str]], float]

_NAME_FORM = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff·?？□]{2,4}|[\u3400-\u9fff]+·.+")
# 新村 may be somebody's given name, so that only shares of a column tell places from people.
_PLACE_FORM = re.compile(".+(?:街道|[乡镇村组屯队社]|社区|农场|居委会|村委会)|[0-9]+组")
_PHONE_FORM = re.compile(r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}")
_ADDRESS_FORM = re.compile(r".*[乡镇街道村区路].*[村组号屯队室户栋]")
_GROUP_ALONE = re.compile(r".{0,5}(?:组|屯|队|社)")
_CODE_FORM = re.compile(r"[A-Za-z]{0,3}[.:#-]?[0-9][0-9-]*[0-9A-Za-z]?")
_PLACES: Final = {
    "town": re.compile(r".+(?:乡|镇|街道|农场|管委会|办事处)"),
    "village": re.compile(r".+(?:村|社区|居委会|村委会|嘎查)"),
    "group_name": re.compile(r".*(?:组|屯|队|社)"),
}
_USABLE = (NumberState.VALID, NumberState.UPGRADED)
_NO_NUMBER = (
    NumberState.MISSING, NumberState.BAD_LENGTH, NumberState.OTHER_DOCUMENT,
    NumberState.UNREADABLE, NumberState.PLACEHOLDER,
)  # fmt: skip

#: What a number of eighteen digits whose check character does not fit counts: numbers of cards and
#: households have the form alone.
ONLY_THE_FORM: Final = 0.3
#: People of a roster are born over so many years, at the least; days of payment lie in one or two.
YEARS_OF_BIRTH: Final = 25
#: So many rows must tell before two columns are said to go together.
FEWEST_ROWS: Final = 6
#: A contribution is the same for most people; a column alone must have one amount so often.
USUAL_AMOUNT_SHARE: Final = 0.4
LARGEST_CONTRIBUTION: Final = 5_000


def _share(fits: Callable[[str], float]) -> Profile:
    """Profile that tells the share of values that fit."""

    def profile(values: Sequence[str]) -> float:
        return sum(map(fits, values)) / len(values) if values else 0.0

    return profile


@lru_cache(maxsize=8192)
def _number(text: str) -> identity.NumberReading:
    return identity.read_number(text)


def _like_number(text: str) -> float:
    state = _number(text).state
    if state in _NO_NUMBER:
        return 0.0
    return 1.0 if state in _USABLE or state is NumberState.MANGLED else ONLY_THE_FORM


def number_as_it_is_now(text: str) -> str:
    """The number in eighteen characters, whichever way it is written; another text as it is."""
    return _number(text).number or text


def _is_name(text: str) -> bool:
    bare = words.folded(text)
    return (
        bool(_NAME_FORM.fullmatch(bare))
        and not _PLACE_FORM.fullmatch(bare)
        and words.relation_of(bare) is None
        and words.special_group_of(bare) is None
        and words.ethnicity_of(bare) is None
    )


def _is_phone(text: str) -> bool:
    bare = words.folded(text)
    return bool(_PHONE_FORM.fullmatch(bare) or _PHONE_FORM.fullmatch(re.sub('[-=".]', "", bare)))


def _is_amount(text: str) -> bool:
    amount = read_amount(text).amount
    return amount is not None and abs(amount) < 10_000


def _is_code(text: str) -> bool:
    bare = words.folded(text)
    return (
        bool(_CODE_FORM.fullmatch(bare))
        and not _PHONE_FORM.fullmatch(bare)
        and _number(bare).state not in _USABLE
    )


_is_date = _share(lambda text: read_date(text).on is not None or read_date(text).form == "PARTIAL")

PROFILES: Final[dict[str, Profile]] = {
    "id_number": _share(_like_number),
    "head_id_number": _share(_like_number),
    "name": _share(_is_name),
    "head_name": _share(_is_name),
    "birth_on": _is_date,
    "begins_on": _share(lambda text: read_date(text).on is not None),
    "sex": _share(lambda text: words.sex_of(text) is not None),
    "relation": _share(lambda text: words.relation_of(text) is not None),
    "ethnicity": _share(lambda text: words.ethnicity_of(text) is not None),
    "special_group": _share(lambda text: words.special_group_of(text) is not None),
    "phone": _share(lambda text: _is_phone(text)),
    "address": _share(lambda text: bool(_ADDRESS_FORM.fullmatch(words.folded(text)))),
    "amount": _share(_is_amount),
    "year": _share(lambda text: read_year(text).year is not None),
    **{
        name: _share(lambda text, form=form: bool(form.fullmatch(words.folded(text))))  # type: ignore[misc]
        for name, form in _PLACES.items()
    },
}
"""How much values look like a field beside a heading that names it."""


def _births_alone(values: Sequence[str]) -> float:
    years = [int(year) for text in values if (year := _year_of_birth(text))]
    wide = bool(years) and max(years) - min(years) >= YEARS_OF_BIRTH
    return _is_date(values) if wide else 0.0


def _year_of_birth(text: str) -> str:
    read = read_date(text)
    if read.on:
        return str(read.on.year)
    return re.sub("[^0-9]", "", text)[:4] if read.form == "PARTIAL" else ""


def _sexes_alone(values: Sequence[str]) -> float:
    sexes = {words.sex_of(text) for text in values}
    return PROFILES["sex"](values) if {Sex.MALE, Sex.FEMALE} <= sexes else 0.0


def _relations_alone(values: Sequence[str]) -> float:
    codes = {relation.code for text in values if (relation := words.relation_of(text))}
    return PROFILES["relation"](values) if "02" in codes and len(codes) > 1 else 0.0


def _amounts_alone(values: Sequence[str]) -> float:
    amounts = [amount for text in values if (amount := read_amount(text).amount) is not None]
    paid = Counter(amount for amount in amounts if amount > 0)
    if not paid or read_year(values[0]).year:
        return 0.0
    usual, count = paid.most_common(1)[0]
    likely = 10 <= usual <= LARGEST_CONTRIBUTION and count >= USUAL_AMOUNT_SHARE * len(values)
    return PROFILES["amount"](values) if likely else 0.0


def _years_alone(values: Sequence[str]) -> float:
    years = Counter(read_year(text).year for text in values)
    year, count = years.most_common(1)[0]
    return count / len(values) if year and year >= 2000 else 0.0


ALONE: Final[dict[str, Profile]] = {
    "id_number": PROFILES["id_number"],
    "birth_on": _births_alone,
    "sex": _sexes_alone,
    "relation": _relations_alone,
    "phone": PROFILES["phone"],
    "address": PROFILES["address"],
    "group_name": _share(lambda text: bool(_GROUP_ALONE.fullmatch(words.folded(text)))),
    "amount": _amounts_alone,
    "year": _years_alone,
    "household_no": _share(_is_code),
}
"""How much values look like a field where the heading says nothing: stricter."""


def _agreement(told: Sequence[bool | None]) -> float | None:
    known = [one for one in told if one is not None]
    return sum(known) / len(known) if len(known) >= FEWEST_ROWS else None


def births_in_numbers(numbers: Sequence[str], dates: Sequence[str]) -> float | None:
    """How often the date beside a valid number is the birth date in it."""
    return _agreement(
        [_born_then(number, text) for number, text in zip(numbers, dates, strict=True)]
    )


def _born_then(number: str, text: str) -> bool | None:
    born = _number(number).birth_on if number and text else None
    if born is None:
        return None
    read = read_date(text)
    if read.on is not None:
        # Two digits of a year leave the century open.
        same_day = (read.on.month, read.on.day) == (born.month, born.day)
        return same_day and (born.year - read.on.year) % 100 == 0
    if read.form == "PARTIAL":
        digits = re.sub("[^0-9]+", " ", text).split()
        return _same_month("".join(f"{part:0>2}" for part in digits), born)
    return None


def _same_month(digits: str, born: date) -> bool:
    return digits[:4] == f"{born:%Y}" and digits[4:6] in ("", f"{born:%m}")


def sexes_in_numbers(numbers: Sequence[str], sexes: Sequence[str]) -> float | None:
    """How often the sex beside a valid number is the one in it; None if only one sex occurs."""
    pairs = [
        (_number(number).sex, words.sex_of(text))
        for number, text in zip(numbers, sexes, strict=True)
        if number and text
    ]
    known = [(inside, beside) for inside, beside in pairs if inside and beside]
    if len({beside for _, beside in known}) < 2:
        return None
    return _agreement([inside == beside for inside, beside in known])


def households_at_heads(numbers: Sequence[str], relations: Sequence[str]) -> float | None:
    """How often a household's number begins where its head stands, and nowhere else."""
    begins = heads = both = 0
    before = ""
    for number, word in zip(numbers, relations, strict=True):
        if not word:
            continue
        relation = words.relation_of(word)
        is_head = relation is not None and relation.code == "02"
        is_new = bool(number) and number != before
        before = number or before
        begins, heads, both = begins + is_new, heads + is_head, both + (is_new and is_head)
    members = sum(map(bool, relations))
    if heads < FEWEST_ROWS or members < 1.3 * heads:
        return None
    return both / (begins + heads - both)


def heads_among_people(heads: Sequence[str], names: Sequence[str]) -> float | None:
    """How many of the heads named beside people are among these people themselves."""
    known, people = set(filter(None, heads)), set(filter(None, names))
    return len(known & people) / len(known) if len(known) >= FEWEST_ROWS // 2 else None


COMPANIONS: Final[dict[str, tuple[Companion, ...]]] = {
    "id_number": (
        Companion("birth_on", births_in_numbers),
        Companion("sex", sexes_in_numbers, certain=0.88, refuted=0.75),
    ),
    "head_name": (Companion("name", heads_among_people, refuted=-1.0),),
    "household_no": (Companion("relation", households_at_heads, certain=0.85, refuted=-1.0),),
}
"""By field, the fields whose values bear it out."""
