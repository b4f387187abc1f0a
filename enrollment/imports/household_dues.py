"""Contributions written once for a whole household, in one member's row."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from enrollment.rules.words import relation_of

HEAD: Final = "02"
"""GB/T 4761 code of the household's head."""

SHARE: Final = 0.8
"""Of the households with several members that paid, how many have one row with an amount."""
FEWEST: Final = 3
"""So many households show a habit; fewer may be mistakes."""
PLACES: Final = ("sheet", "town", "village")
"""Within which a household's number is its own."""
LARGEST: Final = 100
"""Rows of one household; a longer run with one number is a column that numbers something else."""


def whole_households(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows in the same order, cut so that no household is divided between two frames.

    A member apart from the row that shows the household's payment would seem not to have paid.
    Needs the columns sheet, household_no and relation as read; a household ends with its sheet.
    """
    held: pl.DataFrame | None = None
    for frame in frames:
        if held is not None:
            if not frame.is_empty() and held["sheet"][-1] == frame["sheet"][0]:
                at = _last_household_at(held)
                held, frame = held.head(at), pl.concat([held.slice(at), frame])
            if not held.is_empty():
                yield held
        held = frame if not frame.is_empty() else None
    if held is not None:
        yield held


def _last_household_at(rows: pl.DataFrame) -> int:
    """Where the last household of the rows begins; their end where none can be told."""
    if rows["household_no"].null_count() < rows.height:
        # Blank lines and headings between the members belong to nobody.
        numbers = rows["household_no"].forward_fill()
        begins = numbers.ne_missing(numbers.shift(1))
    else:
        begins = rows["relation"].is_in(_words_for_head(rows["relation"])).fill_null(value=False)
    places = begins.arg_true()
    last = int(places[-1]) if len(places) else 0
    return last if rows.height - last <= LARGEST else rows.height


def _words_for_head(relations: pl.Series) -> list[str]:
    written = relations.drop_nulls().unique()
    return [word for word in written if (found := relation_of(word)) and found.code == HEAD]


def paid_with_household(rows: pl.DataFrame, *, is_habit: bool = False) -> pl.Series:
    """Mask of the rows without an amount whose household paid in another member's row.

    All false unless that is how the roster is written: nearly every household of several members
    has one row with an amount. `is_habit`: other rows of the file have shown it, however few these
    are. Needs household_no, relation_code and amount; a household without numbers begins with its
    head.
    """
    nobody = pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
    pays = (rows["amount"] > 0).fill_null(value=False)
    # Where most rows have an amount of their own nothing needs to be looked up.
    if not pays.any() or (not is_habit and 4 * pays.sum() > 3 * rows.height):
        return nobody
    household = _households(rows)
    members = pl.DataFrame(
        {"household": household, "pays": pays, "told": rows["amount"].is_not_null()}
    ).with_columns(
        size=pl.len().over("household"),
        payers=pl.col("pays").sum().over("household"),
        tellers=pl.col("told").sum().over("household"),
    )
    known = pl.col("household").is_not_null()
    if not is_habit and not _is_habit(members.filter(known)):
        return nobody
    # A household that owes nothing has its 0 in one row, too.
    shown = (pl.col("payers") > 0) | (~pl.col("told") & (pl.col("tellers") > 0))
    return members.select((known & ~pl.col("pays") & shown).alias("paid"))["paid"]


def _is_habit(members: pl.DataFrame) -> bool:
    """Whether nearly every household of several members that paid has one row with an amount."""
    paying = members.filter((pl.col("size") > 1) & (pl.col("payers") > 0)).unique("household")
    once = int((paying["payers"] == 1).sum())
    return once >= FEWEST and once >= SHARE * paying.height


def _households(rows: pl.DataFrame) -> pl.Series:
    """What tells households apart: their numbers, else a new one from each head on.

    Numbers begin anew in each sheet, town and village, as far as those are told.
    """
    if rows["household_no"].null_count() < rows.height:
        places = [pl.col(place) for place in PLACES if place in rows.columns]
        told = pl.concat_str(
            *(place.cast(pl.String).fill_null("") for place in places),
            "household_no",
            separator="/",
        )
        return rows.select(household=told)["household"]
    heads = (rows["relation_code"] == HEAD).fill_null(value=False)
    return heads.cast(pl.Int64).cum_sum()
