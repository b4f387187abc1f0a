"""Cells of rosters as they stand masked."""

import pytest

from enrollment.selectors.masked_row import SEVERAL, masked_cell


@pytest.mark.parametrize(
    "cell",
    [
        "张小三/210281199001010012",
        "13900001234 海兴街18号",
        "张小三（户主）",
        "210281199001010012张小三",
    ],
)
def test_no_piece_of_a_cell_with_several_fields_is_shown(cell):
    shown = masked_cell(cell, SEVERAL)
    for piece in ("张小三", "1990", "0000", "海兴街", "户主"):
        assert piece not in shown
