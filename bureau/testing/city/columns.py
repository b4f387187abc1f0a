"""What makers of very many rows share: draws and picks as columns, numbers with their check."""

from collections.abc import Mapping, Sequence

import polars as pl

from bureau.testing.city.numbers import CHECK_CHARACTERS, WEIGHTS
from bureau.testing.city.people import DAYS

MILLION = 1_000_000


def drawn(number: pl.Expr, seed: int, salt: str) -> pl.Expr:
    """A number drawn for a row and a purpose: mixed by multiplication and shifts, modulo 2**64."""
    constant = int.from_bytes(f"{seed}{salt}".encode()[-7:], "big") * 2 + 1
    mixed = number + pl.lit(constant, dtype=pl.UInt64)
    for factor in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB):
        mixed = (mixed ^ (mixed // (1 << 30))) * pl.lit(factor, dtype=pl.UInt64)
    return mixed ^ (mixed // (1 << 31))


def share(number: pl.Expr, seed: int, salt: str) -> pl.Expr:
    """A draw as whole millionths, from nought."""
    return drawn(number, seed, salt) % MILLION


def pick(values: Sequence[str | int], place: pl.Expr) -> pl.Expr:
    """The value at each place of a list."""
    return pl.lit(pl.Series(list(values))).gather(place)


def one_of(shares: Mapping[str, float], draw: pl.Expr) -> pl.Expr:
    """One of the codes by its share in ten thousand, or null; `draw` is of `share`."""
    found = pl.lit(None, dtype=pl.String)
    until = sum(shares.values()) * 100
    for code, part in reversed(list(shares.items())):
        found = pl.when(draw < int(until)).then(pl.lit(code)).otherwise(found)
        until -= part * 100
    return found


def identity_numbers(
    codes: Sequence[str], code: pl.Expr, day: pl.Expr, sequence: pl.Expr
) -> pl.Expr:
    """Numbers of eighteen characters: area code, birth date, sequence, check character."""
    total = (
        pick([_weighted(each, WEIGHTS[:6]) for each in codes], code)
        + pick([_weighted(each, WEIGHTS[6:14]) for each in DAYS], day)
        + pick([_weighted(f"{n:03d}", WEIGHTS[14:]) for n in range(1000)], sequence)
    )
    return pl.concat_str(
        pick(codes, code),
        pick(DAYS, day),
        pick([f"{n:03d}" for n in range(1000)], sequence),
        pick(list(CHECK_CHARACTERS), total % 11),
    )


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
