"""Imported by processes of fault tests: small blocks and ranges, so that a small file has many."""

from enrollment.imports import apply, load, merge_steps

BLOCK_ROWS = 40
RANGE_PEOPLE = 30
DECISIONS_A_STEP = 3


def take() -> None:
    """Blocks and ranges are small in this process."""
    load.BLOCK_ROWS = BLOCK_ROWS
    apply.RANGE_PEOPLE = RANGE_PEOPLE
    merge_steps.DECISIONS_A_STEP = DECISIONS_A_STEP
