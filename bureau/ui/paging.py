"""Paging by key: as quick on the last page as on the first, and stable while rows are added.

The address carries the number of the boundary row, never its value, so no name stands in it.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Generic, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import Combinable, OrderBy
from django.http import QueryDict

from bureau.core import integrity

Row = TypeVar("Row", bound=Model)

PAGE_SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 50
#: Above this many rows the exact figure is counted only on request.
COUNT_CAP = 10_000
#: An exact count that takes longer is given up: a page must not wait for it.
COUNT_SECONDS = 4


@dataclasses.dataclass(frozen=True)
class Sort:
    """An allow-listed order: `by` is a field path or expression; ties are broken by the key.

    `nullable` says that rows may lack the value; they come last when ascending, first when
    descending, as PostgreSQL orders them.
    """

    by: str | Combinable
    nullable: bool = False
    descending_first: bool = False

    def expression(self) -> Combinable:
        return F(self.by) if isinstance(self.by, str) else self.by


@dataclasses.dataclass(frozen=True)
class Page(Generic[Row]):
    """One page: its rows and the boundary rows' numbers for the links before and after it."""

    rows: list[Row]
    before: int | None
    after: int | None
    is_first: bool

    @property
    def has_previous(self) -> bool:
        return self.before is not None

    @property
    def has_next(self) -> bool:
        return self.after is not None


@dataclasses.dataclass(frozen=True)
class Count:
    """How many rows a query has, up to the cap; `was_long` if counting them was given up."""

    figure: int
    is_capped: bool
    was_long: bool = False

    def __str__(self) -> str:
        return f"{self.figure:,}+" if self.is_capped else f"{self.figure:,}"


def count_up_to_cap(rows: QuerySet[Any]) -> Count:
    """The number of rows, or the cap with a plus sign."""
    figure = rows.order_by()[: COUNT_CAP + 1].count()
    return Count(min(figure, COUNT_CAP), figure > COUNT_CAP)


def count_exactly(rows: QuerySet[Any]) -> Count:
    """The exact number of rows; the capped one where counting takes too long."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{COUNT_SECONDS:d}s'")
            return _counted(rows)
    except OperationalError as error:
        if not integrity.is_giving_up(error):
            raise
        return dataclasses.replace(count_up_to_cap(rows), was_long=True)


def _counted(rows: QuerySet[Any]) -> Count:
    return Count(rows.order_by().count(), is_capped=False)


def page_of(
    rows: QuerySet[Any],
    *,
    known: QuerySet[Any],
    sort: Sort,
    descending: bool,
    size: int,
    query: QueryDict,
) -> Page[Any]:
    """The page that `after` or `before` in the query asks for; else the first.

    The boundary row is looked up in `known` (the scope without the filters), because it may have
    left the filtered list since, as an approved request leaves the to-do list.
    """
    rows = rows.annotate(_sort=sort.expression())
    known = known.annotate(_sort=sort.expression())
    after = _boundary(known, query.get("after"))
    before = None if after else _boundary(known, query.get("before"))
    if before:
        rows = rows.filter(_beyond(before, sort, not descending))
        found = list(_ordered(rows, not descending)[: size + 1])
        more = len(found) > size
        found = found[:size][::-1]
        return _page(found, has_previous=more, has_next=True)
    if after:
        rows = rows.filter(_beyond(after, sort, descending))
    found = list(_ordered(rows, descending)[: size + 1])
    more = len(found) > size
    return _page(found[:size], has_previous=after is not None, has_next=more)


def in_order(rows: QuerySet[Any], sort: Sort, descending: bool) -> QuerySet[Any]:
    """All rows in the order of the list, for files."""
    return _ordered(rows.annotate(_sort=sort.expression()), descending)


def _page(rows: list[Any], *, has_previous: bool, has_next: bool) -> Page[Any]:
    first, last = (rows[0].pk, rows[-1].pk) if rows else (None, None)
    return Page(
        rows=rows,
        before=first if has_previous else None,
        after=last if has_next else None,
        is_first=not has_previous,
    )


def _boundary(known: QuerySet[Any], number: str | None) -> tuple[Any, int] | None:
    if not number or not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return known.order_by().filter(pk=int(number)).values_list("_sort", "pk").first()


def _ordered(rows: QuerySet[Any], descending: bool) -> QuerySet[Any]:
    value = F("_sort")
    order: list[OrderBy | str] = (
        [value.desc(nulls_first=True), "-pk"] if descending else [value.asc(nulls_last=True), "pk"]
    )
    return rows.order_by(*order)


def _beyond(boundary: tuple[Any, int], sort: Sort, descending: bool) -> Q:
    """Rows that come after the boundary row in the order.

    The condition on the value alone is repeated in front, because PostgreSQL can use it to enter
    the index at the right place.
    """
    value, number = boundary
    beyond_number = Q(pk__lt=number) if descending else Q(pk__gt=number)
    if value is None:
        tied = Q(_sort__isnull=True) & beyond_number
        return (tied | Q(_sort__isnull=False)) if descending else tied
    side = "lt" if descending else "gt"
    within: Q = Q(**{f"_sort__{side}e": value}) & (
        Q(**{f"_sort__{side}": value}) | (Q(_sort=value) & beyond_number)
    )
    if sort.nullable and not descending:
        within |= Q(_sort__isnull=True)
    return within
