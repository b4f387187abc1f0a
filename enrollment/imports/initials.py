"""Pinyin initials of names, for finding 曾国藩 under “zgf” as well as “cgf”."""

from typing import Final

import polars as pl

from enrollment.imports.readings import first_letters

#: Variants kept of one name; more would cost more than they find.
VARIANTS: Final = 4
#: Surnames of two characters whose reading is not that of their characters alone.
_DOUBLE: Final[dict[str, tuple[str, ...]]] = {
    "尉迟": ("yc",),
    "万俟": ("mq",),
    "单于": ("cy",),
    "澹台": ("tt",),
    "长孙": ("zs",),
}


def initials(name: str) -> str:
    """The variants of a name's initials, divided by spaces: every reading of the surname."""
    if not name:
        return ""
    if name[:2] in _DOUBLE:
        heads, rest = _DOUBLE[name[:2]], name[2:]
    else:
        heads, rest = first_letters(name[0]), name[1:]
    tail = "".join(first_letters(character)[0] for character in rest)
    return " ".join(dict.fromkeys(head + tail for head in heads[:VARIANTS]))


def initials_of(names: pl.Series) -> pl.Series:
    """The initials of a column of names, asked once for every different name."""
    distinct = names.drop_nulls().unique()
    if distinct.is_empty():
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(names))
    table = pl.DataFrame(
        {"name": distinct, "initials": pl.Series([initials(name) for name in distinct])}
    )
    return names.to_frame("name").join(table, on="name", how="left", maintain_order="left")[
        "initials"
    ]
