"""Charts: one declaration is drawn as bars in SVG, shown as a table, and given as CSV.

Words stand in the page's own text, so that they wrap, zoom and print; only the bars are SVG, and
they take their colours from classes, as the content policy wants.
"""

from __future__ import annotations

import calendar
import dataclasses
import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from bureau.ui import formatting
from bureau.ui.statuses import Status

Figure = int | Decimal
_WRITTEN: dict[str, Callable[[Any], str]] = {
    "number": formatting.number,
    "money": formatting.money,
    "percent": formatting.percent,
}
#: Width of a strip of SVG in its own units; it is stretched to the room there is.
WIDTH = 1000


@dataclasses.dataclass(frozen=True)
class Strip:
    """One coloured piece of a bar, in units of the drawing."""

    css: str
    x: str
    width: str


@dataclasses.dataclass(frozen=True)
class DrawnBar:
    """One line of a chart as it is drawn: words, pieces, the mark of a target, the figure."""

    label: str
    strips: list[Strip]
    figure: str
    target: str = ""


@dataclasses.dataclass(frozen=True)
class ChartTable:
    """The plotted figures: `rows` as people read them, `plain_rows` as programs do."""

    heads: list[str]
    rows: list[list[str]]
    plain_rows: list[list[Any]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart: `key` is unique on its page; `finding` says in one sentence what it shows."""

    template: ClassVar[str] = "components/bars.html"

    key: str
    title: Any
    finding: Any
    kind: str = "number"

    def written(self, value: Figure) -> str:
        return _WRITTEN[self.kind](value)

    @property
    def legend(self) -> list[tuple[str, Any]]:
        """Pairs (class, words) where colours carry a meaning."""
        return []

    @property
    def drawn(self) -> list[DrawnBar]:
        raise NotImplementedError

    @property
    def table(self) -> ChartTable:
        raise NotImplementedError

    def _table(self, heads: Sequence[Any], rows: Sequence[Sequence[Any]]) -> ChartTable:
        """Rows whose first value is a word and whose others are figures or text."""
        return ChartTable(
            heads=[str(head) for head in heads],
            rows=[
                [value if isinstance(value, str) else self.written(value) for value in row]
                for row in rows
            ],
            plain_rows=[list(row) for row in rows],
        )


def _units(value: Figure, whole: Figure) -> str:
    """A share of the whole in units of the drawing; what exists is never thinner than one unit."""
    if not whole or value <= 0:
        return "0"
    return f"{max(float(value) / float(whole) * WIDTH, 1):.1f}"


@dataclasses.dataclass(frozen=True)
class Bar:
    """One bar with its value and, where one is set, its target."""

    label: Any
    value: Figure
    target: Figure | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bars(Chart):
    """Bars side by side, with a mark at the target where there is one."""

    bars: Sequence[Bar]
    label_head: Any
    value_head: Any
    target_head: Any = ""

    @property
    def drawn(self) -> list[DrawnBar]:
        whole = max((max(bar.value, bar.target or 0) for bar in self.bars), default=0)
        return [
            DrawnBar(
                str(bar.label),
                [Strip("series-1", "0", _units(bar.value, whole))],
                self.written(bar.value),
                "" if bar.target is None else _units(bar.target, whole),
            )
            for bar in self.bars
        ]

    @property
    def table(self) -> ChartTable:
        heads = [self.label_head, self.value_head]
        if not self.target_head:
            return self._table(heads, [(str(bar.label), bar.value) for bar in self.bars])
        rows = [
            (str(b.label), b.value, formatting.ABSENT if b.target is None else b.target)
            for b in self.bars
        ]
        return self._table([*heads, self.target_head], rows)


@dataclasses.dataclass(frozen=True, kw_only=True)
class StackedBars(Chart):
    """Bars of several parts; `bars` pairs each label with one value per series.

    A series that is a `Status` is drawn in the colour of its tone, as its badge is elsewhere; of
    two series of one tone, the second is paler.
    """

    series: Sequence[Any]
    bars: Sequence[tuple[Any, Sequence[Figure]]]
    label_head: Any
    #: Whether every bar fills the room, so that shares are compared and not amounts.
    as_shares: bool = False

    def _whole(self, values: Sequence[Figure]) -> Figure:
        if self.as_shares:
            return sum(values)
        return max((sum(v) for _label, v in self.bars), default=0)

    @cached_property
    def _colours(self) -> list[str]:
        tones, colours = [], []
        for n, series in enumerate(self.series, 1):
            if isinstance(series, Status):
                again = series.tone in tones
                colours.append(f"tone-{series.tone}{' pale' if again else ''}")
                tones.append(series.tone)
            else:
                colours.append(f"series-{n}")
        return colours

    @property
    def _labels(self) -> list[Any]:
        return [series.label if isinstance(series, Status) else series for series in self.series]

    @property
    def legend(self) -> list[tuple[str, Any]]:
        return list(zip(self._colours, self._labels, strict=True))

    @property
    def drawn(self) -> list[DrawnBar]:
        drawn = []
        for label, values in self.bars:
            whole, at, strips = self._whole(values), 0.0, []
            for colour, value in zip(self._colours, values, strict=True):
                width = _units(value, whole)
                strips.append(Strip(f"{colour} edge", f"{at:.1f}", width))
                at += float(width)
            drawn.append(DrawnBar(str(label), strips, self.written(sum(values))))
        return drawn

    @property
    def table(self) -> ChartTable:
        rows = [(str(label), *values, sum(values)) for label, values in self.bars]
        return self._table([self.label_head, *self._labels, _("Total")], rows)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Funnel(Chart):
    """What is left after each stage; each bar is centred under the one before."""

    stages: Sequence[Bar]
    label_head: Any
    value_head: Any

    @property
    def _first(self) -> Figure:
        return self.stages[0].value if self.stages else 0

    def _share(self, value: Figure) -> str:
        return formatting.percent(Decimal(value) / self._first if self._first else None)

    @property
    def drawn(self) -> list[DrawnBar]:
        drawn = []
        for stage in self.stages:
            width = _units(stage.value, self._first)
            strip = Strip("series-1", f"{(WIDTH - float(width)) / 2:.1f}", width)
            figure = f"{self.written(stage.value)} ({self._share(stage.value)})"
            drawn.append(DrawnBar(str(stage.label), [strip], figure))
        return drawn

    @property
    def table(self) -> ChartTable:
        rows = [(str(s.label), s.value, self._share(s.value)) for s in self.stages]
        return self._table([self.label_head, self.value_head, _("Share of the first")], rows)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pareto(Chart):
    """The most frequent first, with the share reached so far; equal values keep their order.

    `rest` are all those without a bar of their own, together: last, whatever they come to, so that
    shares are of the whole.
    """

    bars: Sequence[Bar]
    label_head: Any
    value_head: Any
    rest: Bar | None = None

    @cached_property
    def _ranked(self) -> list[tuple[Bar, str]]:
        ranked = sorted(self.bars, key=lambda bar: -bar.value)
        if self.rest is not None:
            ranked.append(self.rest)
        total, reached, result = sum(bar.value for bar in ranked), Decimal(0), []
        for bar in ranked:
            reached += bar.value
            result.append((bar, formatting.percent(reached / total if total else None)))
        return result

    @property
    def drawn(self) -> list[DrawnBar]:
        whole = max((bar.value for bar, _reached in self._ranked), default=0)
        return [
            DrawnBar(
                str(bar.label),
                [Strip("series-1", "0", _units(bar.value, whole))],
                _("%(value)s (%(reached)s so far)")
                % {"value": self.written(bar.value), "reached": reached},
            )
            for bar, reached in self._ranked
        ]

    @property
    def table(self) -> ChartTable:
        rows = [(str(bar.label), bar.value, reached) for bar, reached in self._ranked]
        return self._table([self.label_head, self.value_head, _("Share so far")], rows)


@dataclasses.dataclass(frozen=True)
class HeatCell:
    """One cell of a heat table; `css` is the strength of its ground from 0 to 5."""

    text: str
    css: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class HeatTable(Chart):
    """Figures in a grid on grounds of six strengths; it is its own table.

    `rows` pairs each label with one figure per column; an absent figure stays blank.
    """

    template: ClassVar[str] = "components/heat.html"

    columns: Sequence[Any]
    rows: Sequence[tuple[Any, Sequence[Figure | None]]]
    label_head: Any

    @property
    def heat_rows(self) -> list[tuple[str, list[HeatCell]]]:
        values = [v for _label, figures in self.rows for v in figures if v is not None]
        highest = max(values, default=0)
        return [
            (str(label), [self._cell(value, highest) for value in figures])
            for label, figures in self.rows
        ]

    def _cell(self, value: Figure | None, highest: Figure) -> HeatCell:
        if value is None:
            return HeatCell("", "heat-0")
        strength = 0 if not highest or value <= 0 else 1 + min(4, int(value * 5 / highest))
        return HeatCell(self.written(value), f"heat-{strength}")

    @property
    def table(self) -> ChartTable:
        rows = [
            (str(label), *("" if value is None else value for value in figures))
            for label, figures in self.rows
        ]
        return self._table([self.label_head, *self.columns], rows)


@dataclasses.dataclass(frozen=True)
class Spell:
    """A stretch of days on a timeline: from `start` up to, not including, `end` (none: still on).

    `colour` is 1 to 4, or "off" for a stretch without benefits.
    """

    start: datetime.date
    end: datetime.date | None
    label: Any
    colour: int | str = 1
    status: Status | None = None
    note: Any = ""


@dataclasses.dataclass(frozen=True)
class TimelineLine:
    """One spell in the words of one year."""

    span: str
    label: Any
    status: Status | None
    note: Any


@dataclasses.dataclass(frozen=True)
class TimelineYear:
    """One year: the strip of its days and what held in it.

    Years in a row in which nothing held are one of these, from `year` up to `last_year`.
    """

    year: int
    strips: list[Strip]
    lines: list[TimelineLine]
    last_year: int

    @property
    def label(self) -> str:
        return str(self.year) if self.year == self.last_year else f"{self.year}–{self.last_year}"


@dataclasses.dataclass(frozen=True)
class Timeline:
    """A life in the schemes, year by year, newest first."""

    years: list[TimelineYear]
    legend: list[tuple[str, Any]]
    months: ClassVar[list[str]] = [f"{WIDTH * month / 12:.1f}" for month in range(1, 12)]


def timeline(
    spells: Sequence[Spell], *, until: datetime.date, legend: Sequence[tuple[int | str, Any]] = ()
) -> Timeline:
    """The years from the first spell's to `until`'s; a spell still on is drawn up to that day."""
    if not spells:
        return Timeline([], [])
    first, last = min(spell.start.year for spell in spells), until.year
    last = max([last, *(spell.start.year for spell in spells)])
    years: list[TimelineYear] = []
    for year in range(last, first - 1, -1):
        drawn = _year(year, spells, until)
        if years and not drawn.lines and not years[-1].lines:
            drawn = dataclasses.replace(drawn, last_year=years.pop().last_year)
        years.append(drawn)
    return Timeline(years, [(f"spell-{colour}", label) for colour, label in legend])


def _year(year: int, spells: Sequence[Spell], until: datetime.date) -> TimelineYear:
    begins, ends = datetime.date(year, 1, 1), datetime.date(year + 1, 1, 1)
    days = 366 if calendar.isleap(year) else 365
    strips, lines = [], []
    for spell in sorted(spells, key=lambda spell: spell.start):
        end = spell.end or max(until + datetime.timedelta(days=1), spell.start)
        start, stop = max(spell.start, begins), min(end, ends)
        if start >= stop:
            continue
        at = (start - begins).days / days * WIDTH
        width = max((stop - start).days / days * WIDTH, 2)
        strips.append(Strip(f"spell-{spell.colour}", f"{at:.1f}", f"{width:.1f}"))
        open_ended = spell.end is None and stop == end
        last_day = "" if open_ended else f"{stop - datetime.timedelta(days=1):%m-%d}"
        span = f"{start:%m-%d} – {last_day or _('today')}"
        lines.append(TimelineLine(span, spell.label, spell.status, spell.note))
    return TimelineYear(year, strips, lines, last_year=year)
