"""Collects the reasons and fixes of many rows, one mask per code, and turns them into lists."""

from collections.abc import Iterable

import polars as pl

from enrollment.choices import Fix, Reason


class Findings:
    """Codes found in the rows of one block; a code is stored only if some row has it."""

    def __init__(self, height: int) -> None:
        self.height = height
        self._masks: dict[Fix | Reason, pl.Series] = {}

    def add(self, code: Fix | Reason, mask: pl.Series) -> None:
        """Give the code to every row where the mask is true; null counts as false."""
        if not mask.any():
            return
        mask = mask.fill_null(value=False)
        known = self._masks.get(code)
        self._masks[code] = mask if known is None else known | mask

    def add_at(self, code: Fix | Reason, positions: pl.Series) -> None:
        """Give the code to the rows at these positions."""
        if len(positions):
            mask = pl.repeat(value=False, n=self.height, dtype=pl.Boolean, eager=True)
            self.add(code, mask.scatter(positions, values=True))

    def add_codes(self, codes: pl.Series, positions: pl.Series | None = None) -> None:
        """Give each row the reason whose code stands in the series; null gives none."""
        for code in codes.drop_nulls().unique():
            mask = codes == code
            if positions is None:
                self.add(Reason(code), mask)
            else:
                self.add_at(Reason(code), positions.filter(mask.fill_null(value=False)))

    def having(self, codes: Iterable[Fix | Reason]) -> pl.Series:
        """Mask of the rows that have at least one of the codes."""
        mask = pl.repeat(value=False, n=self.height, dtype=pl.Boolean, eager=True)
        for code in codes:
            if code in self._masks:
                mask = mask | self._masks[code]
        return mask

    def lists(self, kind: type[Fix] | type[Reason]) -> pl.Series:
        """Codes of one kind for every row, as a list of text in the order of declaration."""
        codes = [code for code in kind if code in self._masks]
        if not codes:
            return pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, self.height)
        bits = pl.select(
            pl.sum_horizontal(
                pl.lit(self._masks[code]).cast(pl.Int64) * (1 << place)
                for place, code in enumerate(codes)
            )
        ).to_series()
        combinations = bits.unique()
        named = [
            [str(code.value) for place, code in enumerate(codes) if bit >> place & 1]
            for bit in combinations
        ]
        table = pl.DataFrame(
            {"bits": combinations, "codes": pl.Series(named, dtype=pl.List(pl.String))}
        )
        return bits.to_frame("bits").join(table, on="bits", how="left", maintain_order="left")[
            "codes"
        ]
