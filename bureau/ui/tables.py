"""Columns of lists, declared once for the page, the print and the exported file."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import TextChoices

from bureau.core.formulas import formula_safe
from bureau.core.money import LowerBound
from bureau.ui import formatting, masking, statuses
from bureau.ui.paging import Sort

#: Kinds of values that stand at the right of their column.
RIGHT = {"money", "number", "percent"}
NOWRAP = {"day", "instant", "status", "masked_name", "masked_number", "code"}
#: Kinds of personal values, shown masked; a file holds them in full only after approval.
MASKED = {"masked_name", "masked_number"}

_TEXT: dict[str, Callable[[Any], str]] = {
    "text": lambda value: formatting.ABSENT if value in (None, "") else str(value),
    "code": lambda value: formatting.ABSENT if value in (None, "") else str(value),
    "money": formatting.money,
    "number": formatting.number,
    "percent": formatting.percent,
    "day": formatting.day,
    "instant": formatting.instant,
    "masked_name": masking.masked_name,
    "masked_number": masking.masked_number,
}


@dataclasses.dataclass(frozen=True)
class Column:
    """One column of a list.

    `value` is a path of attributes ("area.name") or a function of the row; the default is the
    column's key. `kind` decides how it is written and aligned: text, code, money, number,
    percent, day, instant, status, masked_name, masked_number. `link` gives the address the cell
    leads to. The first column is the row's head and always shown; `shown=False` leaves a column
    out until the reader chooses it.
    """

    key: str
    label: Any
    value: str | Callable[[Any], Any] = ""
    kind: str = "text"
    sort: Sort | str | None = None
    link: Callable[[Any], str] | None = None
    choices: type[TextChoices] | None = None
    shown: bool = True
    exported: bool = True
    #: The head in files, where an import knows the column by another word than pages do.
    file_head: str = ""

    def __post_init__(self) -> None:
        if self.kind not in _TEXT and self.kind != "status":
            raise LookupError(f"column {self.key!r}: unknown kind {self.kind!r}")
        if self.kind == "status" and self.choices is None:
            raise LookupError(f"column {self.key!r}: a status needs its choices")

    @property
    def is_right(self) -> bool:
        return self.kind in RIGHT

    @property
    def ordering(self) -> Sort | None:
        return Sort(self.sort) if isinstance(self.sort, str) else self.sort

    def raw(self, row: Any) -> Any:
        """The row's value before it is written; absent where the path ends early."""
        if callable(self.value):
            return self.value(row)
        found = row
        for name in (self.value or self.key).split("."):
            found = getattr(found, name, None)
            if found is None:
                return None
        return found

    def text(self, row: Any) -> str:
        """The value as people read it."""
        value = self.raw(row)
        if self.kind == "status" and self.choices is not None:
            return str(statuses.status_of(self.choices, value).label)
        return _TEXT[self.kind](value)

    def for_file(self, row: Any, *, bare: bool = False) -> str | int | Decimal | None:
        """The value for a file: figures stay figures, everything else is text.

        A personal value is masked as on pages, unless the file may hold it in full (`bare`).
        """
        value = self.raw(row)
        if value is None:
            return None
        if bare and self.kind in MASKED:
            return str(value)
        if self.kind in ("money", "number", "percent"):
            return value if isinstance(value, int | Decimal) else Decimal(str(value))
        text = self.text(row)
        return "" if text == formatting.ABSENT else text

    @property
    def head(self) -> str:
        """The head with its unit."""
        label = str(self.label)
        if self.kind != "money":
            return label
        return formatting.in_money(label)


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell as it is drawn."""

    text: str
    link: str
    css: str
    status: statuses.Status | None


@dataclasses.dataclass(frozen=True)
class Head:
    """One head as it is drawn; `sort_by` is empty where the column cannot be sorted by."""

    text: str
    css: str
    sort_by: str
    aria_sort: str


@dataclasses.dataclass(frozen=True)
class TableRow:
    """One row as it is drawn; `key`, `name` and `amount` serve the box that chooses it."""

    key: int
    name: str
    cells: list[Cell]
    amount: str = ""


def css_of(column: Column) -> str:
    if column.is_right:
        return "is-right"
    return "is-nowrap" if column.kind in NOWRAP else ""


def cell_of(column: Column, row: Any) -> Cell:
    status = None
    if column.kind == "status" and column.choices is not None:
        status = statuses.status_of(column.choices, column.raw(row))
    return Cell(
        text=column.text(row),
        link=column.link(row) if column.link else "",
        css=css_of(column),
        status=status,
    )


def rows_of(
    columns: Sequence[Column], rows: Sequence[Any], amounts: Sequence[Any] = ()
) -> list[TableRow]:
    """All rows written out, so that the template only draws; `amounts` are what is added up."""
    drawn = []
    for number, row in enumerate(rows):
        cells = [cell_of(column, row) for column in columns]
        amount = amounts[number] if number < len(amounts) else None
        text = "" if amount is None else str(amount)
        drawn.append(TableRow(row.pk, cells[0].text, cells, text))
    return drawn


def written(value: str | int | Decimal | datetime.date | None) -> str:
    """A file value as text; figures without grouping, so that programs can read them.

    A lower bound is no figure that a program could add up unawares: it says what it is.
    """
    if value is None:
        return ""
    if isinstance(value, LowerBound):
        return f"{formatting.AT_LEAST}{value}"
    if isinstance(value, str):
        return formula_safe(value)
    return str(value)
