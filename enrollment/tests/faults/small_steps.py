"""Imported by processes of fault tests: small blocks and ranges, so that a small file has many."""

from enrollment.imports import (
    apply,
    correction_apply,
    corrections,
    editions,
    load,
    merge_steps,
    undo,
)

BLOCK_ROWS = 40
RANGE_PEOPLE = 30
BLOCK_LINES = 12
DECISIONS_A_STEP = 3
RANGE_LINES = 2
RANGE_PLACES = 8


def take() -> None:
    """Blocks and ranges are small in this process."""
    load.BLOCK_ROWS = BLOCK_ROWS
    apply.RANGE_PEOPLE = RANGE_PEOPLE
    merge_steps.DECISIONS_A_STEP = DECISIONS_A_STEP
    corrections.BLOCK_LINES = BLOCK_LINES
    correction_apply.RANGE_LINES = RANGE_LINES
    undo.RANGE_PLACES = RANGE_PLACES
    editions.RANGE_LINES = RANGE_LINES
