"""Contributions that stand in one row of a household, however the rows are cut into blocks."""

import polars as pl
import pytest

from bureau.intake.choices import BatchState
from enrollment.imports import load
from enrollment.imports.household_dues import paid_with_household, whole_households
from enrollment.models import RosterRow
from enrollment.tests import rosters


def members(*households, numbered=True):
    """Rows of households; each is given by the amounts of its members, the head's first."""
    rows = [
        (1, f"{place}" if numbered else None, "户主" if not at else "子", amount)
        for place, amounts in enumerate(households)
        for at, amount in enumerate(amounts)
    ]
    return pl.DataFrame(
        rows,
        schema={
            "sheet": pl.Int32,
            "household_no": pl.String,
            "relation": pl.String,
            "amount": pl.Int64,
        },
        orient="row",
    ).with_columns(
        relation_code=pl.col("relation").replace_strict({"户主": "02", "子": "20"}),
    )


@pytest.mark.parametrize("numbered", [True, False])
def test_members_paid_with_the_row_that_shows_their_households_payment(numbered):
    rows = members((750, None, None), (500, None), (500, 0), (None, None), numbered=numbered)
    paid = paid_with_household(rows).to_list()
    assert paid == [False, True, True, False, True, False, True, False, False]


def test_two_households_may_be_mistakes_unless_the_file_has_shown_the_habit():
    rows = members((500, None), (750, None, None))
    assert not paid_with_household(rows).any()
    assert paid_with_household(rows, is_habit=True).to_list() == [False, True, False, True, True]


def test_a_household_where_others_pay_for_themselves_shows_no_habit():
    rows = members((250, 250, None), (250, 250), (250, None, 250), (250, 250, None))
    assert not paid_with_household(rows).any()


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("size", range(1, 9))
def test_no_household_is_cut(numbered, size):
    rows = members((1, None, None), (1,), (1, None), (1, None, None, None), numbered=numbered)
    whole = list(whole_households(rows.iter_slices(size)))
    assert pl.concat(whole).equals(rows)
    assert all(frame["relation"][0] == "户主" for frame in whole)


def test_blank_lines_and_a_column_of_one_number_do_not_mislead_the_cut():
    rows = members((1, None, None), (1, None, None)).with_columns(
        household_no=pl.Series(["1", None, "1", "2", None, "2"], dtype=pl.String)
    )
    assert [frame.height for frame in whole_households(rows.iter_slices(2))] == [3, 3]
    assert [frame.height for frame in whole_households(rows.iter_slices(5))] == [3, 3]
    same = members(*[(1,)] * 300).with_columns(household_no=pl.lit("7"))
    assert [frame.height for frame in whole_households(same.iter_slices(120))] == [120, 120, 60]


def test_a_household_ends_with_its_sheet():
    town = members((1, None), (1, None))
    other = town.with_columns(sheet=pl.lit(2, dtype=pl.Int32))
    assert [frame.height for frame in whole_households(iter([town, other]))] == [4, 4]


def paid_by_head(cells, index):
    return {**cells, "缴费金额": "750" if cells["与户主关系"] == "户主" else ""}


@pytest.mark.django_db
@pytest.mark.usefixtures("reference")
@pytest.mark.parametrize("block_rows", [50_000, 14, 31])
def test_a_roster_paid_by_heads_is_judged_alike_in_blocks_of_any_size(monkeypatch, block_rows):
    monkeypatch.setattr(load, "BLOCK_ROWS", block_rows)
    content = rosters.csv_of(rosters.lines(range(33), change=paid_by_head))
    batch = rosters.bring_to(rosters.receive(content), BatchState.CHECKED)
    assert (batch.rows_accepted, batch.rows_fixed, batch.rows_review) == (11, 22, 0)
    rows = RosterRow.objects.filter(batch=batch, outcome="FIXED")
    assert {tuple(row.fixes) for row in rows} == {("PAID_WITH_HOUSEHOLD",)}
    assert {row.amount for row in rows} == {None}
