"""Charts: parts fit the whole, the table tells the same figures, years are cut well."""

import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bureau.ui import charts
from bureau.ui.charts import Bar, Spell
from bureau.ui.statuses import Status
from bureau.ui.tests.gallery import every_chart

day = datetime.date
counts = st.integers(min_value=0, max_value=10**9)


@given(st.lists(st.tuples(counts, counts, counts), min_size=1, max_size=8))
def test_stacked_parts_never_exceed_the_room(rows: list[tuple[int, int, int]]) -> None:
    chart = charts.StackedBars(
        key="k",
        title="t",
        finding="f",
        series="abc",
        bars=[(str(n), row) for n, row in enumerate(rows)],
        label_head="h",
        as_shares=True,
    )
    for bar in chart.drawn:
        end = float(bar.strips[-1].x) + float(bar.strips[-1].width)
        assert end <= charts.WIDTH + 3
    for (label, values), row in zip(chart.bars, chart.table.plain_rows, strict=True):
        assert row == [label, *values, sum(values)]


@given(st.lists(counts, min_size=1, max_size=10))
def test_a_pareto_ends_at_the_whole(values: list[int]) -> None:
    chart = charts.Pareto(
        key="k",
        title="t",
        finding="f",
        bars=[Bar(str(v), v) for v in values],
        label_head="h",
        value_head="v",
    )
    ranked = [row[1] for row in chart.table.plain_rows]
    assert ranked == sorted(values, reverse=True)
    assert chart.table.rows[-1][2] in ("100.0%", "–")


def test_a_pareto_of_the_most_frequent_counts_the_others_too() -> None:
    chart = charts.Pareto(
        key="k",
        title="t",
        finding="f",
        bars=[Bar("a", 29), Bar("b", 20)],
        rest=Bar("others", 99),
        label_head="h",
        value_head="v",
    )
    assert chart.table.rows == [
        ["a", "29", "19.6%"],
        ["b", "20", "33.1%"],
        ["others", "99", "100.0%"],
    ]
    assert [bar.strips[0].width for bar in chart.drawn] == ["292.9", "202.0", "1000.0"]


def test_a_funnel_is_centred_and_tells_shares_of_the_first() -> None:
    chart = every_chart()[2]
    assert chart.drawn[0].figure == "21,304 (100.0%)"
    strip = chart.drawn[-1].strips[0]
    assert abs(2 * float(strip.x) + float(strip.width) - charts.WIDTH) < 0.2


def test_charts_without_figures_are_drawn_all_the_same() -> None:
    words = {"key": "k", "title": "t", "finding": "f", "label_head": "h", "value_head": "v"}
    for kind in (charts.Bars, charts.Pareto):
        assert kind(bars=[], **words).drawn == []
    assert charts.Funnel(stages=[], **words).drawn == []
    assert charts.Bars(bars=[Bar("a", 0)], **words).drawn[0].strips[0].width == "0"


def test_a_heat_table_leaves_blank_what_is_absent() -> None:
    rows = every_chart()[4].heat_rows
    assert [cell.text for cell in rows[0][1]] == ["", "412", "18"]
    assert [cell.css for cell in rows[0][1]] == ["heat-0", "heat-5", "heat-1"]


def test_money_is_written_with_its_decimals() -> None:
    chart = charts.Bars(
        key="k",
        title="t",
        finding="f",
        kind="money",
        bars=[Bar("a", Decimal("1234.5"))],
        label_head="h",
        value_head="v",
    )
    assert chart.table.rows == [["a", "1,234.50"]]


def test_a_timeline_cuts_spells_at_the_turn_of_the_year() -> None:
    found = charts.timeline(
        [Spell(day(2014, 7, 1), day(2016, 1, 1), "a"), Spell(day(2016, 2, 1), None, "b")],
        until=day(2016, 3, 31),
    )
    assert [year.year for year in found.years] == [2016, 2015, 2014]
    whole = found.years[1].strips[0]
    assert (whole.x, whole.width) == ("0.0", "1000.0")
    assert found.years[1].lines[0].span == "01-01 – 12-31"
    assert [line.label for line in found.years[0].lines] == ["b"]
    assert found.years[2].lines[0].span == "07-01 – 12-31"


def test_a_spell_of_one_day_is_still_seen() -> None:
    found = charts.timeline([Spell(day(2015, 5, 5), day(2015, 5, 6), "a")], until=day(2015, 12, 31))
    assert float(found.years[0].strips[0].width) >= 2
    assert found.years[0].lines[0].span == "05-05 – 05-05"


def test_a_year_between_two_spells_stays_empty() -> None:
    spells = [Spell(day(2013, 1, 1), day(2014, 1, 1), "a"), Spell(day(2015, 1, 1), None, "b")]
    found = charts.timeline(spells, until=day(2015, 6, 1))
    assert [len(year.lines) for year in found.years] == [1, 0, 1]


def test_empty_years_in_a_row_are_one_line() -> None:
    spells = [Spell(day(2009, 1, 1), day(2010, 1, 1), "a"), Spell(day(2015, 1, 1), None, "b")]
    found = charts.timeline(spells, until=day(2017, 6, 1))
    assert [year.label for year in found.years] == ["2017", "2016", "2015", "2010–2014", "2009"]
    assert [len(year.lines) for year in found.years] == [1, 1, 1, 0, 1]


def test_parts_that_are_states_take_the_colours_of_their_tones() -> None:
    parts = [Status("taken", "good"), Status("mended", "good"), Status("sent back", "bad"), "plain"]
    chart = charts.StackedBars(
        key="k", title="t", finding="f", series=parts, bars=[("a", (3, 2, 1, 1))], label_head="h"
    )
    assert chart.legend == [
        ("tone-good", "taken"),
        ("tone-good pale", "mended"),
        ("tone-bad", "sent back"),
        ("series-4", "plain"),
    ]
    assert [strip.css for strip in chart.drawn[0].strips] == [
        f"{css} edge" for css, _label in chart.legend
    ]
    assert chart.table.heads[:-1] == ["h", "taken", "mended", "sent back", "plain"]


def test_no_spells_make_no_timeline() -> None:
    assert charts.timeline([], until=day(2015, 1, 1)).years == []
