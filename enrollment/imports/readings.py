"""How Chinese characters are read. The dictionary of phrases is loaded when it is first needed.

It takes 44 MiB and half a second in every process, and only names of places need it: people's names
are read character by character.
"""

import functools
import os
from types import MappingProxyType
from typing import Final

# The package looks at it when it is imported.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

from pypinyin import (
    Style,
    lazy_pinyin,
    load_phrases_dict,
    pinyin,
)

#: Characters that are read otherwise in names than alone.
IN_NAMES: Final = MappingProxyType(
    {
        "长": "chang",
        "曾": "zeng",
        "单": "shan",
        "解": "xie",
        "仇": "qiu",
        "查": "zha",
        "朴": "piao",
        "翟": "zhai",
        "区": "ou",
        "重": "chong",
        "朝": "chao",
        "省": "sheng",
        "盛": "sheng",
        "行": "xing",
        "乐": "le",
    }
)


@functools.lru_cache(maxsize=50_000)
def first_letters(character: str) -> tuple[str, ...]:
    """First letters of all readings of one character, the usual first; itself if it has none."""
    found = pinyin(character, style=Style.FIRST_LETTER, heteronym=True)
    letters = dict.fromkeys(letter[:1].lower() for letter in found[0] if letter[:1].isalnum())
    return tuple(letters) or ("",)


def syllable(character: str) -> str:
    """The usual reading of one character in names, without its tone."""
    return IN_NAMES.get(character) or str(lazy_pinyin(character, style=Style.NORMAL)[0])


def place_letters(name: str) -> str:
    """The first letters of a place's name, whose characters are read as the phrase asks."""
    _load_phrases()
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()


@functools.cache
def _load_phrases() -> None:
    from pypinyin.phrases_dict import phrases_dict

    load_phrases_dict(phrases_dict)
