"""Title rows above the members of a village or household: what they name holds for the rows below.

"户号：001　户主：张三" or a lone "新华村" stands where other lists have columns.
"""

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from bureau.intake.rowkinds import NOTE, RECORD, TITLE
from bureau.intake.shapes import INVISIBLE, FieldSpec, SheetLayout

#: A lone title longer than this is a sentence.
BARE_CHARACTERS: Final = 14
_COUNTED: Final = re.compile(r"[(（].*$|[:：]$")
_VALUE: Final = r"[\s　]*[：:][\s　]*([^\s　,，;；：:、()（）]+)"
_BEFORE: Final = r"(?:^|[\s　,，;；、(（所])"


class Sections:
    """Remembers from block to block under which titles the rows stand."""

    def __init__(self, layout: SheetLayout, fields: Sequence[FieldSpec]) -> None:
        fed = {name for column in layout.columns for name in column.fed}
        self._fields = [field for field in fields if field.level and field.name not in fed]
        self._patterns = {field.name: _pattern(field) for field in self._fields}
        self._last = dict.fromkeys(self._patterns, "")

    def placed(self, framed: pl.DataFrame, lines: pl.Series, separator: str) -> pl.DataFrame:
        """Records with the values of the titles above them, named in `filled`.

        Needs `kind`, `filled` and the fields; `lines` are the rows as read.
        """
        above = self._above(framed["kind"], lines, separator)
        if not above:
            return framed
        framed = framed.with_columns(*(one.alias(f"above_{name}") for name, one in above.items()))
        takes = {
            name: (pl.col("kind") == RECORD) & (pl.col(f"above_{name}") != "") for name in above
        }
        return framed.with_columns(
            *(
                pl.when(one).then(pl.col(f"above_{name}")).otherwise(pl.col(name)).alias(name)
                for name, one in takes.items()
            ),
            filled=pl.col("filled").list.concat(
                pl.concat_list(
                    [pl.when(one).then(pl.lit(name)) for name, one in takes.items()]
                ).list.drop_nulls()
            ),
        ).drop(f"above_{name}" for name in above)

    def _above(self, kinds: pl.Series, lines: pl.Series, separator: str) -> dict[str, pl.Series]:
        """For each field that titles name, the value that holds for each row, "" for none."""
        if not self._fields:
            return {}
        at = kinds.is_in([TITLE, NOTE]).arg_true()
        if not len(at) and not any(self._last.values()):
            return {}
        texts = lines.gather(at).str.replace_all(separator, " ", literal=True)
        told = pl.DataFrame([self._told(field, texts) for field in self._fields])
        level = pl.min_horizontal(
            pl.when(pl.col(field.name).is_not_null()).then(pl.lit(field.level))
            for field in self._fields
        )
        lowest = max(field.level for field in self._fields)
        marks = told.with_columns(level=level)
        found = {}
        for field in self._fields:
            # A new village ends the household before it; a new household is new in all it has.
            ends = (pl.col("level") < field.level) | (
                (pl.col("level") == field.level) & (field.level == lowest)
            )
            own = marks.select(
                pl.coalesce(pl.col(field.name), pl.when(ends).then(pl.lit("")))
            ).to_series()
            whole = pl.Series([None], dtype=pl.String).new_from_index(0, len(kinds))
            whole = whole.scatter(at, own).forward_fill().fill_null(self._last[field.name])
            if len(whole):
                self._last[field.name] = whole[-1]
            if (whole != "").any():
                found[field.name] = whole
        return found

    def _told(self, field: FieldSpec, texts: pl.Series) -> pl.Series:
        named = texts.str.extract(self._patterns[field.name], 1)
        if field.profile is not None:
            bare = texts.str.strip_chars(" \t\u3000\u00a0").to_list()
            alone = [_COUNTED.sub("", INVISIBLE.sub("", text)) for text in bare]
            fits = (
                {
                    text: 2 <= len(text) <= BARE_CHARACTERS
                    and not re.search("[：:]", text)
                    and field.profile([text]) == 1
                    for text in set(alone)
                }
                if field.bare_title
                else {}
            )
            lone = pl.Series([text if fits.get(text) else None for text in alone], dtype=pl.String)
            named = named.zip_with(named.is_not_null(), lone)
        return named.alias(field.name)


def _pattern(field: FieldSpec) -> str:
    words = sorted(field.header_words, key=len, reverse=True)
    return _BEFORE + "(?:" + "|".join(map(re.escape, words)) + ")" + _VALUE
