"""What the words of rosters mean: relation, special group, ethnicity, and the words that stand in
for a missing number, a newborn or a death."""

import csv
import re
from functools import cache
from importlib import resources
from typing import NamedTuple

from enrollment.choices import Sex, SpecialGroup

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SPACES = re.compile(r"[\s\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\x00]+")
# What stands between a code and its word: 1-男, 02.配偶, 汉族(01).
_SIGNS = re.compile(r"[-—_.、:：/()（）\[\]]+")
_CODE = r"[(\[]?[0-9]{1,2}[)\]]?"
_BESIDE_CODE = re.compile(rf"(?:{_CODE}[-—_.、:/]*)?([^0-9()\[\]]+?)(?:[-—_.、:/]*{_CODE})?")
#: Marks around a cell that a program quoted in its own way.
QUOTES = "'\"`´‘’“”"
_SEXES = {
    **dict.fromkeys(
        [
            "男",
            "男性",
            "1",
            "01",
            "m",
            "male",
            "男孩",
            "先生",
            "1男",
            "01男",
            "男1",
            "男01",
            "1男性",
            "01男性",
            "男性1",
            "m男",
            "男m",
            "1m",
        ],
        Sex.MALE,
    ),
    **dict.fromkeys(
        [
            "女",
            "女性",
            "2",
            "02",
            "f",
            "female",
            "女孩",
            "女士",
            "2女",
            "02女",
            "女2",
            "女02",
            "2女性",
            "02女性",
            "女性2",
            "f女",
            "女f",
            "2f",
        ],
        Sex.FEMALE,
    ),
}


class Relation(NamedTuple):
    """Relation to the household head.

    Source: GB/T 4761; `generation` counts from the head, parents 1, children -1.
    """

    code: str
    sex: Sex | None
    generation: int | None


class RelationName(NamedTuple):
    """The name of a relation in both languages."""

    english: str
    chinese: str


def folded(text: str) -> str:
    """Word without quotes, spaces and invisible characters, full-width signs made plain."""
    return _SPACES.sub("", text.translate(_FULL_WIDTH)).strip(QUOTES).lower()


def _table(name: str) -> list[dict[str, str]]:
    text = resources.files("enrollment.reference").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _without_code(key: str) -> str:
    """The word without the code beside it: 02-户主, 汉族(01)."""
    found = _BESIDE_CODE.fullmatch(key)
    return found[1] if found else ""


@cache
def _relations() -> dict[str, Relation]:
    relations = {}
    for row in _table("relations.csv"):
        relation = Relation(
            row["code"],
            Sex(row["sex"]) if row["sex"] else None,
            int(row["generation"]) if row["generation"] else None,
        )
        for word in (row["code"], *row["words"].split()):
            relations[folded(word)] = relation
    relations["01"] = relations["02"]
    return relations


@cache
def relation_names() -> dict[str, RelationName]:
    """The name of each GB/T 4761 code."""
    return {
        row["code"]: RelationName(row["label"], row["words"].split()[0])
        for row in _table("relations.csv")
    }


def relation_of(word: str) -> Relation | None:
    """Relation to the household head that the word or GB/T 4761 code names, None if unknown."""
    key = folded(word)
    found = _relations().get(key)
    if found is None and key.startswith(("之", "户主的", "户主之")):
        found = _relations().get(key.removeprefix("户主").removeprefix("的").removeprefix("之"))
    return found or _relations().get(_without_code(key))


@cache
def _special_groups() -> list[tuple[SpecialGroup, frozenset[str], tuple[str, ...]]]:
    return [
        (SpecialGroup(row["code"]), frozenset(row["exact"].split()), tuple(row["contains"].split()))
        for row in _table("special_groups.csv")
    ]


def special_group_of(word: str) -> SpecialGroup | None:
    """Special group that the word names, None if unknown; the neediest of several wins."""
    key = folded(word)
    for group, exact, _ in _special_groups():
        if key in exact:
            return group
    for group, _, parts in _special_groups():
        if any(part in key for part in parts):
            return group
    return None


@cache
def _ethnicities() -> dict[str, str]:
    codes = {}
    for row in _table("ethnicities.csv"):
        name = row["name"]
        for word in (row["code"], row["code"].lstrip("0"), name, *row["aliases"].split()):
            codes[word] = row["code"]
        codes.setdefault(name.removesuffix("族"), row["code"])
    return codes


@cache
def ethnicity_names() -> dict[str, str]:
    """The Chinese name of each GB/T 3304 code."""
    return {row["code"]: row["name"] for row in _table("ethnicities.csv")}


def ethnicity_of(word: str) -> str | None:
    """Two-digit code of the ethnic group that the word or code names, None if unknown.

    Source: GB/T 3304.
    """
    key = folded(word)
    return _ethnicities().get(key) or _ethnicities().get(_without_code(key))


def sex_of(word: str) -> Sex | None:
    """Sex that the word or code (`gend`: 1 male, 2 female) names, None if unknown."""
    return _SEXES.get(_SIGNS.sub("", folded(word)))


@cache
def words_for(kind: str) -> frozenset[str]:
    """Folded words of one kind: placeholder, exempt, newborn, deceased, gone, owner or stranger."""
    return frozenset(
        folded(word)
        for row in _table("words.csv")
        if row["kind"] == kind
        for word in row["words"].split()
    )


def is_placeholder(text: str) -> bool:
    """Whether the text only says that nothing is known here, such as 无 or 待补."""
    return folded(text).strip("()[]【】") in words_for("placeholder")


def is_exemption(text: str) -> bool:
    """Whether the text says that the person need not pay, such as 免缴 or 政府代缴."""
    return folded(text).strip("()[]【】") in words_for("exempt")


def names_newborn(text: str) -> bool:
    """Whether the text says that a child is not registered yet, such as 新生儿 or 未落户."""
    key = folded(text)
    return any(word in key for word in words_for("newborn"))


@cache
def deceased_pattern() -> str:
    """Regular expression that finds a word for the death of the person."""
    words = sorted(words_for("deceased"), key=len, reverse=True)
    # A single character counts where nothing but a date stands before it: 亡, 2018年10月故.
    return "|".join(
        [*words, r"^(?:(?:19|20)?[0-9]{2}[0-9年月日./-]*|[（(\[])?[亡故死殁卒][)）\]]?$"]
    )


@cache
def gone_pattern() -> str:
    """Regular expression that finds words for a person who is not insured here (any more)."""
    words = sorted(words_for("gone"), key=len, reverse=True)
    # What is said not to be so is not: 无重复参保, 未退费.
    return f"(?:^|[^无未非没不])(?:{'|'.join(words)})"
