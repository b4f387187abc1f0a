"""Text in columns of fixed width: where they begin, and lines cut there.

An empty cell is nothing but spaces, so that cutting at runs of spaces would move every cell behind
it into the wrong column.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

#: Stands behind a character that takes two columns, so that places in a text are columns.
FILLER: Final = "\ufdd4"
#: How old programs count: wide characters twice, everything but ASCII twice (its bytes in GBK), or
#: every character once.
MEASURES: Final = {
    "wide": re.compile("[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f"
                       "\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003fffd]"),
    "bytes": re.compile("[^\x00-\x7f]"),
    "characters": re.compile("(?!)"),
}  # fmt: skip
#: Columns lie at least so many spaces apart.
GAP: Final = 2
#: Of the lines, how many may run over a gap: totals and signatures do.
STRAY_SHARE: Final = 0.02
FEWEST_LINES: Final = 4
FEWEST_COLUMNS: Final = 3

Bounds = tuple[int, ...]
_RUN = re.compile(r"\S+(?: \S+)*")


def spread(text: str, measure: str) -> str:
    """The text with a filler behind each character that takes two columns."""
    return MEASURES[measure].sub(rf"\g<0>{FILLER}", text.replace("\u3000", "  "))


def find_columns(lines: Sequence[str]) -> tuple[str, Bounds] | None:
    """The measure in which the lines stand in columns, and where these begin; None if they do not.

    Lines of one or two pieces are titles and notes and do not count.
    """
    table = [line for line in lines if len(_RUN.findall(line)) >= FEWEST_COLUMNS]
    if len(table) < FEWEST_LINES:
        return None
    pieces = Counter(len(_RUN.findall(line)) for line in table)
    usual = max(len(_RUN.findall(table[0])), pieces.most_common(1)[0][0])
    best: tuple[tuple[int, float], str, Bounds] | None = None
    for measure in MEASURES:
        rows = [spread(line.rstrip(), measure) for line in table]
        bounds = _bounds(rows)
        strays = sum(runs_over(row, bounds) for row in rows)
        if len(bounds) < FEWEST_COLUMNS or strays > max(1, STRAY_SHARE * len(rows)):
            continue
        # Counted wrongly, a column falls apart where its values are of different length.
        worth = (-abs(len(bounds) - usual), _tightness(rows))
        if best is None or worth > best[0]:
            best = (worth, measure, bounds)
    return best[1:] if best else None


def _tightness(rows: Sequence[str]) -> float:
    """How many pieces begin or end where most others of their column do."""
    pieces = [match.span() for row in rows for match in _RUN.finditer(row)]
    starts, ends = Counter(start for start, _ in pieces), Counter(end for _, end in pieces)
    return sum(max(starts[start], ends[end]) for start, end in pieces) / max(len(pieces), 1)


def cut(line: str, bounds: Bounds) -> tuple[list[str], bool]:
    """The cells of a line that `spread` has made, and whether it keeps to the columns.

    A title runs over them and is left whole; so does a value that was too long for its column.
    """
    keeps = not runs_over(line, bounds)
    if not keeps:
        pieces = [piece.replace(FILLER, "") for piece in _RUN.findall(line)]
        if len(pieces) == len(bounds) or len(pieces) < FEWEST_COLUMNS:
            return pieces, True
    ends = (*bounds[1:], None)
    cells = [
        line[start:end].replace(FILLER, "").strip() for start, end in zip(bounds, ends, strict=True)
    ]
    return cells, keeps


def _bounds(rows: Sequence[str]) -> Bounds:
    """Where columns begin: behind places that are blank in nearly all rows."""
    width = max(map(len, rows))
    filled = [0] * width
    for row in rows:
        for at, character in enumerate(row):
            filled[at] += character != " "
    # A lone line may run over a gap; a column that few rows fill begins below its heading.
    strays = 1 if len(rows) > 20 else 0
    bounds, blank = [], GAP
    for at in range(width):
        if filled[at] > strays:
            if blank >= GAP:
                bounds.append(at)
            blank = 0
        else:
            blank += 1
    heading = {match.start() for match in _RUN.finditer(rows[0])}
    inside = {
        start for start in heading
        if not any(filled[at] > strays for at in range(start, min(start + GAP, width)))
    }  # fmt: skip
    found = sorted({*bounds, *inside})
    return (0, *found[1:]) if found else ()


def runs_over(row: str, bounds: Bounds) -> bool:
    """Whether a piece of the row reaches from one column into the next."""
    return any(
        start and start < len(row) and row[start] != " " and row[start - 1] != " "
        for start in bounds
    )
