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
WHOSE = re.compile(r"(.+)\(([^()]+)\)")
# "1.姓名", "A姓名", "③姓名", "二、姓名": what numbers headings; "2019年缴费" is no such number.
DECORATION = re.compile(
    r"^(?:\d+[.、:)-]|\d{1,2}(?![\d年代位级月日周岁寸元])(?=[\u3400-\u9fff])"
    r"|[a-z][.、:)-]?(?=[\u3400-\u9fff])|[一二三四五六七八九十]{1,3}[、.])?[*★※#]*"
    r"|[*★※#]*(?:必填|选填|必录)?[*★※:#]*$"
)
WRAPPED = re.compile(r"[(\[【<《〔「“\"'](.+)[)\]】>》〕」”\"']")
GROUP_WORDS = re.compile(r"(?:基本)?(?:信息|情况|资料|栏)$")
LONG_DIGITS = re.compile(r"\d{5,}|(?!(?:19|20)\d\d年度?[^\d])(?<!\d)\d{4}")
# What divides a date in the row below its heading.
DATE_UNITS = frozenset({"年", "月", "日"})
GROUP_CHARACTERS = 12
HEADING_CHARACTERS = 16
# A heading with the word for whose it is before it says a little less than the bare one.
EXACT = 0.95
OWNED = 0.97
LATER = 0.0005
LATEST = 40
STRANGERS = 0.5
TWICE = 0.97
# A heading in Chinese and in another language, however they are parted.
BILINGUAL = re.compile(
    r"([\u3400-\u9fff]{2,})[/|-]?[a-z][a-z.'/]+|([a-z][a-z.']+)[/|-]?([\u3400-\u9fff]{2,})"
)
# Rows looked at below a heading in unknown words, and the share of them that have figures.
CONTRAST_ROWS = 100
CONTRAST_SHARE = 0.8


@dataclasses.dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a table: index of its first row within the rows looked at, and its texts.

    `labels` has one text per column; `groups` the text of the row above that spans it, or "".
    `is_told`: known words say that it is one.
    """

    at: int
    rows: int
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    is_told: bool = True


@functools.lru_cache(maxsize=4096)
def heading_fit(heading: str, words: tuple[str, ...]) -> float:
    """How well `heading` is one of `words`: 1 the same, 0 nothing in common.

    Spaces, units in brackets ("金额（元）") and marks of required columns ("*姓名") do not count.
    """
    whole = normal_heading(heading).translate(simplified_characters())
    if not whole:
        return 0.0
    base = _base(heading)
    fit = max((_fit(whole, base, *word) for word in _compared(words)), default=0.0)
    if fit < EXACT and (said := BILINGUAL.fullmatch(base)):
        # "姓名 Name" says the same twice.
        chinese = said[1] or said[3]
        twice = max((_fit(chinese, chinese, *word) for word in _compared(words)), default=0.0)
        return max(fit, TWICE * twice) if twice >= EXACT else fit
    return fit


@functools.lru_cache(maxsize=256)
def _compared(words: tuple[str, ...]) -> tuple[tuple[str, str, float], ...]:
    """Each word as it is compared, also without brackets, and what its place in the list costs."""
    normal = map(normal_heading, words)
    # The order of the words decides between fields that share one.
    return tuple(
        (word, BRACKETS.sub("", word), LATER * min(at, LATEST)) for at, word in enumerate(normal)
    )


def _fit(whole: str, base: str, word: str, bare: str, later: float) -> float:
    if whole == word:
        return 1.0 - later
    if base == bare:
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


def field_fit(heading: str, field: FieldSpec) -> float:
    """How well `heading` names the field, also with the word for whose it is before it.

    "参合人员身份证号" is the person's own number; "缴款人身份证号" is hardly.
    """
    fit = heading_fit(heading, field.header_words)
    if said := WHOSE.fullmatch(normal_heading(heading)):
        # "身份证号（户主）" is "户主身份证号".
        turned = heading_fit(said[2] + said[1], field.header_words)
        if turned >= EXACT:
            return turned
    if names_stranger(heading, field):
        return min(fit, STRANGERS) if fit < EXACT or said else fit
    if fit >= EXACT or not (field.owners or field.strangers):
        return fit
    base = _base(heading)
    owned = (base[len(owner) :] for owner in field.owners if base.startswith(owner))
    rests = (heading_fit(rest.lstrip("的之"), field.header_words) for rest in owned)
    return max([fit, *(OWNED * rest for rest in rests)])


def names_stranger(heading: str, field: FieldSpec) -> bool:
    """Whether the heading says that what stands below belongs to somebody else."""
    base = _base(heading)
    said = WHOSE.fullmatch(normal_heading(heading))
    if said and said[2] in field.strangers:
        return True
    # "登记人" is the clerk who registers, "登记人员" whoever is registered.
    return any(stranger in base and f"{stranger}员" not in base for stranger in field.strangers)


def names_another(heading: str, field: FieldSpec) -> bool:
    """Whether the heading is one of those that sound like the field and are another thing's."""
    base = _base(heading)
    return bool(base) and base in _normal(field.other_words)


def group_fit(group: str, label: str, field: FieldSpec) -> float:
    """How well a label together with its group names the field: "户主信息" over "姓名" says whose
    name it is, "筹资（元）" over "个人" what the person pays."""
    if not group or not label:
        return 0.0
    above, below = GROUP_WORDS.sub("", _base(group)), normal_heading(label)
    turned = field_fit(below + above, field)
    return max(field_fit(above + below, field), turned if turned >= EXACT else 0.0)


@functools.lru_cache(maxsize=256)
def _normal(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(normal_heading, words))


def _base(heading: str) -> str:
    """A heading in simplified characters without brackets and marks, as it is compared."""
    whole = normal_heading(heading).translate(simplified_characters())
    bare = wrapped[1] if (wrapped := WRAPPED.fullmatch(whole)) else whole
    return DECORATION.sub("", BRACKETS.sub("", bare)) or whole


def find_heading(rows: Sequence[Sequence[str]], fields: Sequence[FieldSpec]) -> Heading | None:
    """The row among the first ones that names most fields, with group rows above or labels below.

    Without a row that names two fields, one that plainly is another kind of row than those below.
    """
    best, best_count = -1, 1
    for at, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        count = _fields_named(row, fields)
        if count > best_count:
            best, best_count = at, count
    if best < 0:
        best = _lone_heading(rows, fields)
    told = best >= 0
    if not told:
        best = _heading_by_contrast(rows)
    if best < 0:
        return None
    first, last = best, best
    if best + 1 < len(rows) and _is_second_row(rows[best], rows[best + 1], fields):
        last = best + 1
    labels, groups = _combined(rows[first : last + 1])
    while told and first > 0 and last - first < 2 and _is_group_row(rows[first - 1], labels):
        first -= 1
        labels, groups = _combined(rows[first : last + 1])
    cells = tuple(tuple(row) for row in rows[first : last + 1])
    return Heading(first, len(cells), labels, groups, cells, told)


def _heading_by_contrast(rows: Sequence[Sequence[str]]) -> int:
    """The row of short texts, all different, above columns of figures in which it has none; or -1.

    Headings in words that nobody foresaw are headings all the same.
    """
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    usual = sorted(widths)[len(widths) // 2] if widths else 0
    for at, row in enumerate(rows[:HEADER_SEARCH_ROWS]):
        cells = [cell.strip() for cell in row if cell.strip()]
        if len(cells) < 3 or 3 * len(cells) < 2 * usual:
            continue
        below = [other for other, width in zip(rows[at + 1 :], widths[at + 1 :], strict=True)
                 if 2 * width >= usual][:CONTRAST_ROWS]  # fmt: skip
        unlike = len(set(cells)) == len(cells) and not any(map(_is_value, cells))
        figured = sum(
            bool(cell.strip()) and _figures(below, index) >= CONTRAST_SHARE
            for index, cell in enumerate(row)
        )
        # Only the first full row can be the heading; below it there are records.
        return at if unlike and figured >= 2 and len(below) >= 2 else -1
    return -1


def _is_value(cell: str) -> bool:
    """Whether a cell is a figure, a date or so long that it heads nothing."""
    return bool(LONG_DIGITS.search(cell)) or cell.isdecimal() or len(cell) > HEADING_CHARACTERS


def _figures(rows: Sequence[Sequence[str]], index: int) -> float:
    cells = [row[index] for row in rows if index < len(row) and row[index].strip()]
    with_figures = sum(any(map(str.isdigit, cell)) for cell in cells)
    return with_figures / len(cells) if len(cells) > 1 else 0.0


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
    words = [cell for cell in cells if not LONG_DIGITS.search(cell)]
    named = sum(any(field_fit(cell, field) >= FITS for cell in words) for field in fields)
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
        lower.strip() and lower.strip() not in DATE_UNITS
        for upper, lower in zip(row, below, strict=False)
        for field in fields
        if field.evidence and field_fit(upper, field) >= FITS
    )
    under_group = sum(
        bool(lower.strip()) and not upper.strip() for upper, lower in zip(row, below, strict=False)
    )
    return not evidence_below and under_group > 0


def _combined(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels and groups of a heading of one or more rows, the lowest of which has the labels.

    A column that the lower rows leave empty bears the label of the row above.
    """
    width = max(map(len, rows))
    padded = [[*map(str.strip, row), *[""] * (width - len(row))] for row in rows]
    labels, groups = padded[-1], [""] * width
    for upper in reversed(padded[:-1]):
        group = ""
        for at, high in enumerate(upper):
            group = high or (group if labels[at] else "")
            if not labels[at]:
                # A label that reaches down from above spans nothing beside it.
                labels[at], group = high, ""
            elif group and not groups[at]:
                groups[at] = group
    return tuple(labels), tuple(groups)
