"""Dates of whole columns in every form of `rules.dates`, over polars series."""

import polars as pl

from enrollment.imports.number_columns import date_from
from enrollment.rules import dates

_YEAR_FIRST = (
    r"^([0-9]{4})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))"
    r"(?: 00:00:00)?$"
)


def read_dates(raw: pl.Series, *, century_pivot: int) -> pl.DataFrame:
    """Columns on (date), form, problem and part, as `rules.dates.read_date` gives them.

    Every different text is read once: a roster holds far fewer birth dates than persons.
    """
    table = _read_distinct(raw.unique(), century_pivot)
    return (
        raw.to_frame("raw")
        .join(table, on="raw", how="left", nulls_equal=True, maintain_order="left")
        .drop("raw")
    )


def _read_distinct(raw: pl.Series, century_pivot: int) -> pl.DataFrame:
    """Columns raw, on, form, problem and part of texts that differ from each other."""
    rows = (
        raw.alias("raw")
        .to_frame()
        .with_columns(parts=pl.col("raw").str.extract_groups(_YEAR_FIRST))
        .unnest("parts")
    )
    month, day = pl.coalesce("2", "4"), pl.coalesce("3", "5")
    rows = rows.select(
        "raw",
        year=pl.col("1").cast(pl.Int32),
        on=date_from(pl.col("1").cast(pl.Int32), month.cast(pl.Int32), day.cast(pl.Int32)),
        sign=pl.col("raw").str.slice(4, 1),
    ).select(
        "raw",
        "on",
        form=pl.when(pl.col("year").is_not_null()).then(
            pl.col("sign").replace_strict(
                {"-": "DASH", "/": "SLASH", ".": "DOT", "年": "CHINESE"}, default="COMPACT"
            )
        ),
        problem=pl.when(pl.col("year").is_not_null() & pl.col("on").is_null()).then(
            pl.lit(dates.DateProblem.IMPOSSIBLE.value)
        ),
    )
    rows = rows.with_columns(
        form=pl.when(pl.col("raw").is_null()).then(pl.lit("NONE")).otherwise("form"),
        problem=pl.when(pl.col("raw").is_null())
        .then(pl.lit(dates.DateProblem.MISSING.value))
        .otherwise("problem"),
        part=pl.lit(None, dtype=pl.String),
    )
    return _with_unusual(rows, century_pivot)


def _with_unusual(rows: pl.DataFrame, century_pivot: int) -> pl.DataFrame:
    """Rows with the texts in rarer forms read one by one."""
    unusual = rows["form"].is_null()
    if not unusual.any():
        return rows
    texts = rows["raw"].filter(unusual)
    read = [dates.read_date(text, century_pivot=century_pivot) for text in texts]
    table = pl.DataFrame(
        {
            "raw": texts,
            "on": pl.Series([one.on for one in read], dtype=pl.Date),
            "form": pl.Series([one.form for one in read], dtype=pl.String),
            "problem": pl.Series([one.problem for one in read], dtype=pl.String),
            "part": pl.Series([one.part for one in read], dtype=pl.String),
        }
    )
    return pl.concat([rows.filter(~unusual), table])


def usual_form(raw: pl.Series, *, century_pivot: int) -> str | None:
    """Form in which most dates of the column are written, None if it holds no date."""
    read = read_dates(raw, century_pivot=century_pivot).drop_nulls("on")
    if not read.height:
        return None
    return str(read["form"].value_counts(sort=True)["form"][0])
