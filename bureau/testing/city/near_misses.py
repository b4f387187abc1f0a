"""What is miswritten in the rolls of `rolls`: slips, lost and copied numbers, names by sound and by
shape; and the cells as they stand in the file. Codes are those of `faults`."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from bureau.testing.city.columns import drawn, one_of, pick, share
from bureau.testing.city.names import GLYPHS, HOMOPHONES, TRADITIONAL
from bureau.testing.city.people import DAYS

__all__ = ["DAYS", "planted"]

#: Faults by what they befall, with rows in ten thousand. `ID_TWIN` is a twin's number on the other.
NUMBER_FAULTS: Final = {
    "ID15": 120, "ID_DIGIT": 92, "ID_SWAP": 47, "ID_LOWER_X": 50, "ID_SPACE": 93, "ID_MISSING": 54,
    "ID_PARENT": 210, "ID_SHARED": 18, "ID_TWIN": 2000, "ID_WRONG_COL": 32, "ID_SCI": 23,
    "ID_000": 30,
}  # fmt: skip
NAME_FAULTS: Final = {
    "NAME_HOMOPHONE": 240, "NAME_GLYPH": 120, "NAME_TRAD": 70, "NAME_SPACE": 78,
    "NAME_MISSING": 12, "NAME_RARE_LOST": 15,
}  # fmt: skip
BIRTH_FAULTS: Final = {"BIRTH_DIFF": 99, "BIRTH_IMPOSSIBLE": 15, "DATE_FORM": 117}
SEX_FAULTS: Final = {"SEX_DIFF": 62}
#: Faults befall rows of people listed more than once so many times as often, to test linking.
OVERLAP_FACTOR: Final = 2.0
#: The kind of trap that a foreign number makes.
TRAPS: Final = {"ID_PARENT": "parent_id", "ID_SHARED": "shared_id", "ID_TWIN": "twin_id"}


def planted(
    rows: pl.DataFrame, population: pl.DataFrame, *, seed: int, factor: float
) -> pl.DataFrame:
    """The rows with their cells, `faults`, and the trap that a foreign number makes of them."""
    often = pl.when(pl.col("guest") | pl.col("repeated")).then(OVERLAP_FACTOR).otherwise(1.0)

    def fault(shares: Mapping[str, float], salt: str) -> pl.Expr:
        draw = (share(pl.col("draw"), seed, salt) / (often * factor)).cast(pl.Int64)
        return one_of(shares, draw)

    rows = rows.with_columns(
        number_fault=fault(NUMBER_FAULTS, "fnum"),
        name_fault=fault(NAME_FAULTS, "fnam"),
        birth_fault=fault(BIRTH_FAULTS, "fbir"),
        sex_fault=fault(SEX_FAULTS, "fsex"),
    )
    rows = _with_number(_with_owner(rows, population), seed)
    rows = _with_name(rows, seed)
    rows = _with_birth_and_sex(rows, seed)
    foreign = pl.col("number_fault").is_in(list(TRAPS))
    return rows.with_columns(
        faults=pl.concat_str(
            pl.concat_list("number_fault", "name_fault", "birth_fault", "sex_fault")
            .list.drop_nulls()
            .list.join(";"),
        ),
        kind=pl.when(foreign).then(pl.col("number_fault").replace(TRAPS)).otherwise(pl.col("kind")),
        other=pl.when(foreign).then("owner").otherwise(pl.col("other")),
    )


def _with_owner(rows: pl.DataFrame, population: pl.DataFrame) -> pl.DataFrame:
    """Whose number stands on the row in place of its own; a fault without such a person goes."""
    on = pl.col("number_fault")
    child = pl.col("role") >= 2
    wanted = (
        pl.when((on == "ID_PARENT") & child)
        .then(pl.col("family") * 4 + drawn(pl.col("draw"), 0, "par") % 2)
        .when(on == "ID_SHARED")
        .then(pl.col("p") + 4)
        .when((on == "ID_TWIN") & pl.col("twin"))
        .then("other")
    )
    owners = population.select(owner="p", owner_number="number")
    rows = rows.with_columns(owner=wanted).join(
        owners, on="owner", how="left", maintain_order="left"
    )
    unowned = on.is_in(list(TRAPS)) & pl.col("owner_number").is_null()
    return rows.with_columns(number_fault=pl.when(~unowned.fill_null(value=False)).then(on))


def _with_number(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    number, draw = pl.col("number"), drawn(pl.col("draw"), seed, "how")
    unsuited = (
        ((pl.col("number_fault") == "ID_LOWER_X") & ~number.str.ends_with("X"))
        | ((pl.col("number_fault") == "ID15") & (pl.col("birth") >= "2000"))
        | (pl.col("number_fault").is_in(["ID_SCI", "ID_000"]) & number.str.ends_with("X"))
        | ((pl.col("number_fault") == "ID_000") & number.str.ends_with("000"))
    ).fill_null(value=False)
    rows = rows.with_columns(number_fault=pl.when(~unsuited).then("number_fault"))

    def on(code: str) -> pl.Expr:
        return (pl.col("number_fault") == code).fill_null(value=False)

    written = (
        pl.when(on("ID15")).then(number.str.slice(0, 6) + number.str.slice(8, 9))
        .when(on("ID_DIGIT")).then(_other_digit(number, draw))
        .when(on("ID_SWAP")).then(_swapped(number, draw))
        .when(on("ID_LOWER_X")).then(number.str.to_lowercase())
        .when(on("ID_SPACE")).then(number + pl.lit(" "))
        .when(on("ID_MISSING") | on("ID_WRONG_COL")).then(pl.lit(""))
        .when(on("ID_SCI"))
        .then(number.str.slice(0, 1) + pl.lit(".") + number.str.slice(1, 5) + pl.lit("E+17"))
        .when(on("ID_000")).then(number.str.slice(0, 15) + pl.lit("000"))
        .when(pl.col("number_fault").is_in(list(TRAPS))).then("owner_number")
        .otherwise(number)
    )  # fmt: skip
    rows = rows.with_columns(
        written.alias("身份证号"),
        pl.when(on("ID_WRONG_COL")).then(number).otherwise("备注").alias("备注"),
    )
    # Two equal digits changed places: nothing is wrong.
    same = on("ID_SWAP") & (pl.col("身份证号") == number)
    return rows.with_columns(number_fault=pl.when(~same).then("number_fault"))


def _other_digit(number: pl.Expr, draw: pl.Expr) -> pl.Expr:
    """The number with one of the digits 3 to 17 raised by one to nine."""
    changed = number
    place = draw % 15 + 2
    by = draw // 15 % 9 + 1
    for each in range(2, 17):
        digit = (number.str.slice(each, 1).cast(pl.UInt64, strict=False) + by) % 10
        other = number.str.slice(0, each) + digit.cast(pl.String) + number.str.slice(each + 1)
        changed = pl.when(place == each).then(other).otherwise(changed)
    return changed


def _swapped(number: pl.Expr, draw: pl.Expr) -> pl.Expr:
    """The number with two neighbouring digits changed about."""
    changed = number
    place = draw % 14 + 2
    for each in range(2, 16):
        other = (
            number.str.slice(0, each)
            + number.str.slice(each + 1, 1)
            + number.str.slice(each, 1)
            + number.str.slice(each + 2)
        )
        changed = pl.when(place == each).then(other).otherwise(changed)
    return changed


def _others(groups: tuple[str, ...], turn: int) -> dict[str, str]:
    """For each character another of its group, the next but `turn`."""
    found: dict[str, str] = {}
    for group in groups:
        for place, character in enumerate(group):
            found.setdefault(character, group[(place + 1 + turn) % len(group)])
    return found


def _with_name(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    name, draw = pl.col("name"), drawn(pl.col("draw"), seed, "nam")
    last = name.str.len_chars() - 1
    place = pl.when(draw % 2 == 0).then(last).otherwise(pl.lit(1, dtype=pl.UInt32))
    at = name.str.slice(place, 1)

    def on(code: str) -> pl.Expr:
        return (pl.col("name_fault") == code).fill_null(value=False)

    def other(groups: tuple[str, ...]) -> pl.Expr:
        tables = [_others(groups, turn) for turn in (0, 1)]
        chosen = [at.replace(table) for table in tables]
        return pl.when(draw // 2 % 2 == 0).then(chosen[0]).otherwise(chosen[1])

    def with_character(character: pl.Expr) -> pl.Expr:
        return name.str.slice(0, place) + character + name.str.slice(place + 1)

    traditional = name.str.replace_many(
        [chr(code) for code in TRADITIONAL],
        [chr(to) if isinstance(to, int) else to for to in TRADITIONAL.values()],
    )
    written = (
        pl.when(on("NAME_HOMOPHONE")).then(with_character(other(HOMOPHONES)))
        .when(on("NAME_GLYPH")).then(with_character(other(GLYPHS)))
        .when(on("NAME_TRAD")).then(traditional)
        .when(on("NAME_SPACE")).then(name.str.slice(0, 1) + pl.lit(" ") + name.str.slice(1))
        .when(on("NAME_MISSING")).then(pl.lit(""))
        .when(on("NAME_RARE_LOST")).then(with_character(pl.lit("?")))
        .otherwise(name)
    )  # fmt: skip
    rows = rows.with_columns(written.alias("姓名"))
    # No other character of that kind was to be had: nothing is wrong.
    return rows.with_columns(name_fault=pl.when(pl.col("姓名") != name).then("name_fault"))


def _with_birth_and_sex(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    birth, draw = pl.col("birth"), drawn(pl.col("draw"), seed, "bir")

    def on(code: str) -> pl.Expr:
        return (pl.col("birth_fault") == code).fill_null(value=False)

    year, month = birth.str.slice(0, 4), birth.str.slice(4, 2)
    day = birth.str.slice(6, 2)

    def dashed(*parts: pl.Expr) -> pl.Expr:
        return pl.concat_str(*parts, separator="-")

    def two(number: pl.Expr) -> pl.Expr:
        return number.cast(pl.String).str.zfill(2)

    kept_day = two(day.cast(pl.UInt8).clip(1, 28))
    # A slip of the pen: the day, the month or the year beside the true one.
    slip = (
        pl.when(draw % 3 == 0).then(dashed(year, month, two(day.cast(pl.UInt8) % 28 + 1)))
        .when(draw % 3 == 1).then(dashed(year, two(month.cast(pl.UInt8) % 12 + 1), kept_day))
        .otherwise(dashed((year.cast(pl.UInt16) - 1).cast(pl.String), month, kept_day))
    )  # fmt: skip
    wrong_sex = (pl.col("sex_fault") == "SEX_DIFF").fill_null(value=False)
    return rows.with_columns(
        pl.when(on("BIRTH_DIFF")).then(slip)
        .when(on("BIRTH_IMPOSSIBLE")).then(dashed(year, pl.lit("02"), pl.lit("30")))
        .when(on("DATE_FORM")).then(birth)
        .otherwise(dashed(year, month, day)).alias("出生日期"),
        pick(["女", "男"], (pl.col("male") != wrong_sex).cast(pl.UInt64)).alias("性别"),
    )  # fmt: skip
