"""Tables that go on below a second heading with the same columns in another order."""

from collections.abc import Iterator, Sequence

import polars as pl

from bureau.intake.shapes import FieldSpec, SheetLayout, normal_heading

Order = tuple[int | None, ...]
# Of a sheet's headings, how many a row has to repeat to be a heading itself.
REPEATED_SHARE = 0.6
REPEATED_FEWEST = 3
# Headings looked for in every line; a row that lacks most of them is not looked at further.
MARKS = 3


class ColumnOrder:
    """Remembers from block to block in which order the columns stand.

    Only headings of one row are followed; a heading in other words starts nothing, and its rows
    are judged by the columns they came in.
    """

    def __init__(self, layout: SheetLayout, fields: Sequence[FieldSpec]) -> None:
        cells = layout.header_cells[0] if layout.header_rows == 1 else ()
        self._labels = [normal_heading(cell) for cell in cells]
        evidence = {field.name for field in fields if field.evidence}
        told = [column.index for column in layout.columns if column.field in evidence]
        self._marks = [cells[at] for at in told if at < len(cells) and cells[at].strip()][:MARKS]
        self._order: Order | None = None

    def sections(self, rows: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, Order | None]]:
        """The rows cut where the order changes, each with its order; None is the layout's own.

        An order tells for every column of the layout where its cell stands, None where nowhere,
        and then where the cells without a heading stand. Needs `line` and `cells`.
        """
        start = 0
        for at in self._headings(rows["line"]):
            is_heading, order = _order_told(rows["cells"][at].to_list(), self._labels)
            if not is_heading or order == self._order:
                continue
            if at > start:
                yield rows.slice(start, at - start), self._order
            start, self._order = at, order
        yield rows.slice(start), self._order

    def _headings(self, lines: pl.Series) -> list[int]:
        if len(self._marks) < 2:
            return []
        held = pl.DataFrame(
            {str(at): lines.str.contains(mark, literal=True) for at, mark in enumerate(self._marks)}
        )
        return (held.sum_horizontal() >= 2).arg_true().to_list()


def heading_order(cells: Sequence[str], layout: SheetLayout) -> tuple[bool, Order | None]:
    """Whether a row repeats the headings of the layout, and in which order; None is its own."""
    headings = layout.header_cells[0] if layout.header_rows == 1 else ()
    return _order_told(cells, [normal_heading(cell) for cell in headings])


def _order_told(cells: Sequence[str], labels: Sequence[str]) -> tuple[bool, Order | None]:
    places: dict[str, int] = {}
    for at, cell in enumerate(cells):
        places.setdefault(normal_heading(cell), at)
    headed = [label for label in labels if label]
    repeated = [label for label in headed if label in places]
    if len(repeated) < max(REPEATED_FEWEST, REPEATED_SHARE * len(headed)):
        return False, None
    if len(set(headed)) < len(headed):
        return False, None
    order = [places.get(label) if label else None for label in labels]
    if all(place in (at, None) for at, place in enumerate(order)):
        return True, None
    return True, (*order, *(at for at in range(len(cells)) if at not in order))
