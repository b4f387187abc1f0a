"""Contributions written once for a whole household, in one member's row."""

from typing import Final

import polars as pl

HEAD: Final = "02"
"""GB/T 4761 code of the household's head."""

SHARE: Final = 0.8
"""Of the households with several members that paid, how many have one row with an amount."""
FEWEST: Final = 3
"""So many households show a habit; fewer may be mistakes."""


def paid_with_household(rows: pl.DataFrame) -> pl.Series:
    """Mask of the rows without an amount whose household paid in another member's row.

    All false unless that is how these rows are written: nearly every household of several members
    has one row with an amount. Needs household_no, relation_code and amount; a household without
    numbers begins with its head.
    """
    nobody = pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
    pays = (rows["amount"] > 0).fill_null(value=False)
    # Where most rows have an amount of their own nothing needs to be looked up.
    if not pays.any() or 4 * pays.sum() > 3 * rows.height:
        return nobody
    household = _households(rows)
    members = pl.DataFrame({"household": household, "pays": pays}).with_columns(
        size=pl.len().over("household"), payers=pl.col("pays").sum().over("household")
    )
    known = pl.col("household").is_not_null()
    paying = members.filter(known & (pl.col("size") > 1) & (pl.col("payers") > 0)).unique(
        "household"
    )
    once = int((paying["payers"] == 1).sum())
    if once < FEWEST or once < SHARE * paying.height:
        return nobody
    return members.select((known & ~pl.col("pays") & (pl.col("payers") > 0)).alias("paid"))["paid"]


def _households(rows: pl.DataFrame) -> pl.Series:
    """What tells households apart: their numbers, else a new one from each head on."""
    if rows["household_no"].null_count() < rows.height:
        return rows["household_no"]
    heads = (rows["relation_code"] == HEAD).fill_null(value=False)
    return heads.cast(pl.Int64).cum_sum()
