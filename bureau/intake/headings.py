"""Finding the heading rows of a table, and how well a heading names a field."""

import dataclasses
import functools
import re
from collections.abc import Sequence
from itertools import pairwise

from bureau.intake.characters import simplified_characters
from bureau.intake.shapes import FieldSpec, normal_heading

HEADER_SEARCH_ROWS = 40
# A heading that fits less than this names another thing.
FITS = 0.7
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|<[^<>]*>")
DECORATION = re.compile(r"^(?:\d+[.、])?[*★※#]*|[*★※:#]+$")
GROUP_WORDS = re.compile(r"(?:基本)?(?:信息|情况|资料|栏)$")
LONG_DIGITS = re.compile(r"\d{4,}")
GROUP_CHARACTERS = 12


@dataclasses.dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a table: index of its first row within the rows looked at, and its texts.

    `labels` has one text per column; `groups` the text of the row above that spans it, or "".
    """

    at: int
    rows: int
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]


@functools.lru_cache(maxsize=4096)
def heading_fit(heading: str, words: tuple[str, ...]) -> float:
    """How well `heading` is one of `words`: 1 the same, 0 nothing in common.

    Spaces, units in brackets ("金额（元）") and marks of required columns ("*姓名") do not count.
    """
    whole = normal_heading(heading).translate(simplified_characters())
    if not whole:
        return 0.0
    base = DECORATION.sub("", BRACKETS.sub("", whole)) or whole
    return max((_fit(whole, base, word, at) for at, word in enumerate(words)), default=0.0)


def _fit(whole: str, base: str, written: str, at: int) -> float:
    word = normal_heading(written)
    # The order of the words decides between fields that share one.
    later = 0.0005 * at
    if whole == word:
        return 1.0 - later
    if base == BRACKETS.sub("", word):
        return 0.98 - later
    if len(word) >= 2 and (base.endswith(word) or base.startswith(word)):
        # The end of a Chinese or English heading says what it is; the beginning says of whom.
        weight = 0.35 if base.endswith(word) else 0.2
        return 0.6 + weight * len(word) / len(base) - later
    if len(word) >= 2 and word in base:
        return 0.5 + 0.2 * len(word) / len(base) - later
    if len(base) >= 2 and base in word:
        return 0.5 + 0.25 * len(base) / len(word) - later
    return 0.0


def group_fit(group: str, label: str, words: tuple[str, ...]) -> float:
    """How well a label together with its group ("户主信息" over "姓名") is one of `words`."""
    if not group or not label:
        return 0.0
    return heading_fit(GROUP_WORDS.sub("", normal_heading(group)) + normal_heading(label), words)


def find_heading(rows: Sequence[Sequence[str]], fields: Sequence[FieldSpec]) -> Heading | None:
    """The row among the first ones that names most fields, with a group row above or labels below.

    None if no row names at least two, or one where only words stand above figures.
    """
    best, best_count = -1, 1
    for at, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        count = _fields_named(row, fields)
        if count > best_count:
            best, best_count = at, count
    if best < 0:
        best = _lone_heading(rows, fields)
    if best < 0:
        return None
    row = rows[best]
    if best + 1 < len(rows) and _is_second_row(row, rows[best + 1], fields):
        return _two_rows(best, row, rows[best + 1])
    if best > 0 and _is_group_row(rows[best - 1], row):
        return _two_rows(best - 1, rows[best - 1], row)
    labels = tuple(cell.strip() for cell in row)
    return Heading(best, 1, labels, ("",) * len(labels), (tuple(row),))


def _lone_heading(rows: Sequence[Sequence[str]], fields: Sequence[FieldSpec]) -> int:
    """The first row of words alone, one of them usual, right above a row with figures; or -1."""
    for at, (row, below) in enumerate(pairwise(rows[:HEADER_SEARCH_ROWS])):
        figures = [any(map(str.isdigit, cell)) for cell in below]
        words_only = not any(map(str.isdigit, "".join(row)))
        if words_only and any(figures) and _fields_named(row, fields):
            return at
    return -1


def _fields_named(row: Sequence[str], fields: Sequence[FieldSpec]) -> int:
    cells = [cell for cell in row if cell.strip()]
    if len(set(cells)) < 2 or sum(bool(LONG_DIGITS.search(cell)) for cell in cells) > 1:
        return 0
    named = sum(
        any(heading_fit(cell, field.header_words) >= FITS for cell in cells) for field in fields
    )
    return named if named * 4 >= len(cells) else 0


def _is_group_row(above: Sequence[str], row: Sequence[str]) -> bool:
    """Whether the row above the labels groups columns or labels those that the lower one leaves."""
    cells = [cell.strip() for cell in above if cell.strip()]
    if len(set(cells)) < 2 or any(
        len(cell) > GROUP_CHARACTERS or LONG_DIGITS.search(cell) or "：" in cell or ":" in cell
        for cell in cells
    ):
        return False
    pairs = list(zip(above, row, strict=False))
    labels_gaps = any(upper.strip() and not lower.strip() for upper, lower in pairs)
    spans = any(not upper.strip() and lower.strip() for upper, lower in pairs)
    return labels_gaps or spans


def _is_second_row(row: Sequence[str], below: Sequence[str], fields: Sequence[FieldSpec]) -> bool:
    """Whether the row below the best one still belongs to the heading, dividing its groups."""
    below_cells = [cell.strip() for cell in below if cell.strip()]
    if not below_cells or any(
        len(cell) > GROUP_CHARACTERS or any(map(str.isdigit, cell)) for cell in below_cells
    ):
        return False
    evidence_below = any(
        lower.strip()
        for upper, lower in zip(row, below, strict=False)
        for field in fields
        if field.evidence and heading_fit(upper, field.header_words) >= FITS
    )
    under_group = sum(
        bool(lower.strip()) and not upper.strip() for upper, lower in zip(row, below, strict=False)
    )
    return not evidence_below and under_group > 0


def _two_rows(at: int, upper: Sequence[str], lower: Sequence[str]) -> Heading:
    width = max(len(upper), len(lower))
    above = [*upper, *[""] * (width - len(upper))]
    below = [*lower, *[""] * (width - len(lower))]
    labels, groups, group = [], [], ""
    for high, low in zip(above, below, strict=True):
        group = high.strip() or (group if low.strip() else "")
        labels.append(low.strip() or high.strip())
        groups.append(group if low.strip() else "")
    return Heading(at, 2, tuple(labels), tuple(groups), (tuple(upper), tuple(lower)))
