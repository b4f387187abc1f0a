"""Names of whole columns: common names pass by pattern, others go through `rules.names`."""

from functools import cache

import polars as pl

from bureau.intake.characters import simplified_characters
from enrollment.choices import Fix
from enrollment.imports.findings import Findings
from enrollment.rules import names, words

_COMMON = "^[\u4e00-\u9fff]{2,4}$"


@cache
def _uncommon_pattern() -> str:
    """Finds characters to simplify and words that no name holds."""
    traditional = "".join(chr(code) for code in simplified_characters())
    return f"[{traditional}]|{words.deceased_pattern()}"


@cache
def _placeholders() -> list[str]:
    return sorted(word for word in words.words_for("placeholder") if len(word) > 1)


def read_names(raw: pl.Series, findings: Findings | None = None) -> pl.DataFrame:
    """Columns name, name_key and reason as `rules.names.read_name` gives them, fixes noted."""
    common = (
        raw.str.contains(_COMMON)
        & ~raw.str.contains(_uncommon_pattern())
        & ~raw.is_in(_placeholders())
    ).fill_null(value=False)
    rows = pl.DataFrame({"raw": raw, "name": raw, "name_key": raw}).with_columns(
        reason=pl.lit(None, dtype=pl.String)
    )
    if common.all():
        return rows.drop("raw")
    texts = raw.filter(~common).unique()
    read = [names.read_name(text) for text in texts]
    table = pl.DataFrame(
        {
            "raw": texts,
            "read_name": pl.Series([one.name for one in read], dtype=pl.String),
            "read_key": pl.Series([one.key for one in read], dtype=pl.String),
            "read_reason": pl.Series([one.reason for one in read], dtype=pl.String),
            "read_fixes": pl.Series([list(one.fixes) for one in read], dtype=pl.List(pl.String)),
        }
    )
    rows = rows.join(table, on="raw", how="left", nulls_equal=True, maintain_order="left")
    if findings is not None:
        for fix in {fix for one in read for fix in one.fixes}:
            findings.add(Fix(fix), ~common & rows["read_fixes"].list.contains(fix.value))
    return rows.select(
        name=pl.when(common).then("name").otherwise("read_name"),
        name_key=pl.when(common).then("name_key").otherwise("read_key"),
        reason=pl.when(common).then("reason").otherwise("read_reason"),
    )
