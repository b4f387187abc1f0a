"""Marks of rows: read back as written, and known to be wrong when a spreadsheet changed them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.rules.marks import Mark, SheetMark, read_mark, read_sheet_mark
from enrollment.rules.shown_cells import (
    LONGEST,
    corrected,
    is_as_shown,
    shown_in_text,
    shown_in_workbook,
)

NUMBERS = st.integers(min_value=0, max_value=2**40)


@given(st.builds(Mark, NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.integers(0, 999)))
def test_a_mark_is_read_back(mark):
    assert read_mark(str(mark)) == mark
    assert read_mark(f"  {mark}\n") == mark


@given(st.builds(SheetMark, NUMBERS, NUMBERS, NUMBERS))
def test_the_mark_of_a_sheet_is_read_back(mark):
    assert read_sheet_mark(f"原行号 {mark}") == mark
    assert read_mark(str(mark)) is None


def test_a_mark_that_was_continued_as_a_series_names_no_row():
    mark = str(Mark(3, 14, 1, 15))
    others = [mark.replace("-15-", f"-{row}-") for row in range(16, 400)]
    assert [read_mark(other) for other in others] == [None] * len(others)


@pytest.mark.parametrize("text", ["", "BX1-2-3", "BX1-2-3-4-0-ZZZZ", "210281198001010013"])
def test_other_texts_are_no_marks(text):
    assert read_mark(text) is None
    assert read_sheet_mark(text) is None


@given(st.text())
def test_a_cell_that_comes_back_as_shown_was_not_corrected(cell):
    assert is_as_shown(cell, shown_in_text(cell))
    assert is_as_shown(cell, shown_in_workbook(cell))


@pytest.mark.parametrize("cell", ["=1+1", "-", "＋86", "@x"])
def test_what_would_calculate_is_guarded_in_texts_alone(cell):
    assert shown_in_text(cell) == f"'{cell}"
    assert shown_in_workbook(cell) == cell
    assert corrected(f"'{cell}") == cell
    assert not is_as_shown(cell, f"{cell}2")


def test_a_cell_that_no_workbook_holds_is_shortened_and_kept_when_it_comes_back():
    cell = "甲" * (LONGEST + 5)
    shown = shown_in_workbook(cell)
    assert (len(shown), shown[-1]) == (LONGEST, "…")
    assert is_as_shown(cell, shown)
    assert not is_as_shown(cell, "甲")
