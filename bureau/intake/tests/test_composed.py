"""Cells that hold several fields, whatever stands in them."""

import time

import pytest

from bureau.intake.composed import _divided, _pattern

HEADING = 4


@pytest.mark.parametrize(
    ("values", "count"),
    [
        (["张三/210281199001010012/男/户主"] * 39, HEADING),
        (["张三 210281199001010012 男 户主"] * 39, HEADING),
        (["张三（户主）"] * 39, 2),
        (["张三210281199001010012"] * 39, 2),
        (["210281199001010012张三"] * 39, 2),
    ],
    ids=["signs", "blanks", "brackets", "words first", "digits first"],
)
def test_a_cell_full_of_blanks_takes_no_longer_than_another(values, count):
    pattern = _pattern(values, count)
    assert pattern
    blanks = " " * 1300
    hostile = [f"x/{blanks}/{blanks}y", f"x({blanks}", f"{blanks}x{blanks}y{blanks}", blanks]
    # Of the processor: what else the machine does is no cost of the pattern.
    began = time.process_time()
    found = _divided([*values, *hostile], pattern, count)
    assert time.process_time() - began < 1
    assert found[0] == found[38]
    assert all(len(pieces) == count for pieces in found)
    assert "" not in found[0]
