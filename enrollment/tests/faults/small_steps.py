"""Imported by processes of fault tests: small blocks and ranges, so that a small file has many."""

from enrollment.imports import apply, load

BLOCK_ROWS = 40
RANGE_PEOPLE = 30


def take() -> None:
    """Blocks and ranges are small in this process."""
    load.BLOCK_ROWS = BLOCK_ROWS
    apply.RANGE_PEOPLE = RANGE_PEOPLE
