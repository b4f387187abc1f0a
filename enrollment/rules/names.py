"""Names of persons: what is shown, what is compared, and the signs of a damaged name."""

import re
import unicodedata
from typing import NamedTuple

from bureau.intake.characters import simplified_characters
from enrollment.choices import Fix, Reason
from enrollment.rules.words import deceased_pattern, is_placeholder, relation_of

LONGEST_NAME = 50
DOT = "·"
DOTS = "·•・．‧∙⋅●･᛫゠"
INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
WRAPPING = "'\"`´‘’“”"
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u2e80-\u2fdf"
LOST = "?？\ufffd□■*＊○◯●△▲\ue000-\uf8ff\U000f0000-\U0010ffff\u2ff0-\u2fff"

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_REGULAR = re.compile(f"[{HAN}]{{2,}}(?:·[{HAN}]+)*|[A-Za-z][A-Za-z .,'·-]*[A-Za-z.]")
_NOTE = re.compile(r"[(（【\[].*?[)）】\]]")
# 张三(户主), 户主：张三: what the column of the relation says, written beside the name.
_PLACE_BEHIND = re.compile(f"([{HAN}·]{{2,}})[(（【\\[]([{HAN}]{{1,6}})[)）】\\]]")
_PLACE_BEFORE = re.compile(f"([{HAN}]{{1,6}})[:：]([{HAN}·]{{2,}})")


class NameReading(NamedTuple):
    """A name to show, its form to compare by, what was repaired and what is doubtful."""

    name: str | None
    key: str | None
    reason: Reason | None
    fixes: tuple[Fix, ...]


def comparison_form(name: str) -> str:
    """Form in which names are compared: simplified, without spaces, dots, marks and letter case."""
    plain = unicodedata.normalize("NFKC", name)
    plain = re.sub(rf"[\s{DOTS}.,'-]|[{INVISIBLE}]", "", plain)
    return plain.translate(simplified_characters()).upper()


def _doubt(name: str) -> Reason | None:
    without_note = _NOTE.sub("", name)
    if re.search(f"[{LOST}]", name):
        return Reason.NAME_RARE_LOST
    if re.search(deceased_pattern() + r"|[(（]故[)）]", name):
        return Reason.DECEASED
    if len(name) > LONGEST_NAME:
        return Reason.CELL_LONG
    if re.search(f"[{HAN}]", without_note) and re.search("[A-Za-z]", without_note):
        # Counties write the sound of a character that their system could not store.
        return Reason.NAME_RARE_LOST
    if not _REGULAR.fullmatch(name):
        return Reason.NAME_ODD
    return None


def _without_place(name: str) -> str:
    """The name without the place in the household that stands beside it; other notes stay."""
    for pattern, name_at, place_at in ((_PLACE_BEHIND, 1, 2), (_PLACE_BEFORE, 2, 1)):
        found = pattern.fullmatch(name)
        if found and relation_of(found[place_at]):
            return found[name_at]
    return name


def read_name(text: str | None) -> NameReading:
    """Name as it is to be shown and compared, with what was repaired and what is doubtful.

    Characters stay as written, traditional and rare ones too; only marks that no name holds go.
    """
    fixes = []
    raw = (text or "").replace("\0", "")
    name = re.sub(f"[{INVISIBLE}]", "", raw)
    if name != raw:
        fixes.append(Fix.NAME_INVISIBLE)
    unwrapped = re.sub(r'^\s*="(.*)"\s*$', r"\1", name, flags=re.DOTALL).strip(WRAPPING)
    if unwrapped != name:
        fixes.append(Fix.NAME_WRAPPING)
    name = unicodedata.normalize("NFC", unwrapped)
    if re.search("[A-Za-zＡ-Ｚａ-ｚ]", name) and not re.search(f"[{HAN}]", name):
        spaced = re.sub(r"\s+", " ", name.translate(_FULL_WIDTH)).strip()
    else:
        spaced = re.sub(r"\s+", "", name)
    if spaced != name:
        fixes.append(Fix.NAME_SPACES)
    name = re.sub(rf"(?<=[{HAN}])[{DOTS}.。‐-](?=[{HAN}])", DOT, spaced)
    if name != spaced:
        fixes.append(Fix.NAME_DOT)
    bare = _without_place(name)
    if bare != name:
        fixes.append(Fix.NAME_WRAPPING)
        name = bare
    if not name or (is_placeholder(name) and not re.fullmatch(f"[{LOST}]+", name)):
        return NameReading(None, None, Reason.NAME_MISSING, tuple(fixes))
    if name.translate(simplified_characters()) != name:
        fixes.append(Fix.NAME_TRADITIONAL)
    return NameReading(name, comparison_form(name), _doubt(name), tuple(fixes))
