"""One huge roster for measuring throughput, made column by column: few kinds of fault, no truth.

Row n is a pure function of n and the seed, so that a file of any length is made without memory.
"""

import argparse
import io
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from bureau.testing.city.columns import drawn, identity_numbers, pick
from bureau.testing.city.names import DECADES, surname_table
from bureau.testing.city.people import DAYS, YEAR_STARTS
from bureau.testing.city.places import counties
from bureau.testing.city.words import words

ROWS_AT_ONCE = 200_000
ROWS_AT_MOST = 80_000_000
HEADERS = words(
    "乡镇 村 组 户号 姓名 性别 身份证号 出生日期 与户主关系 民族 人员类别 缴费金额 年度 电话 备注"
)
#: The rural counties whose people are listed; their codes begin the identity numbers.
COUNTIES = ("210212", "210213", "210214", "210224", "210281", "210283")
#: Years of birth of parents, who stand first and second in a household, and of children.
PARENTS, CHILDREN = (1945, 1972), (1992, 2018)
#: Codes of the generator's catalogue with their share among faulty rows.
FAULTS = {
    "ID_LOWER_X": 0.1, "ID_SPACE": 0.15, "ID15": 0.1, "ID_DIGIT": 0.15, "ID_MISSING": 0.05,
    "BIRTH_DIFF": 0.1, "DATE_FORM": 0.15, "NAME_SPACE": 0.1, "AMT_UNIT": 0.1,
}  # fmt: skip
#: How many rows before its own a person listed twice stands for the first time.
TWICE_AFTER = 30_000
#: A stride with no common factor with the numbers there are, so that none comes twice.
STRIDE = 1_000_000_007


@dataclass(frozen=True, slots=True)
class VolumeSummary:
    """What was written: rows without the header, bytes, people listed twice, faults by code."""

    rows: int
    size: int
    twice: int
    faults: dict[str, int] = field(default_factory=dict)


def write_volume(
    path: Path | str,
    *,
    rows: int,
    seed: int = 1,
    faults: float = 0.02,
    twice: float = 0.01,
    encoding: str = "gb18030",
    year: int = 2019,
) -> VolumeSummary:
    """Write a comma-separated roster of so many rows; the same seed names the same people.

    `faults` and `twice` are the shares of rows with a fault and of rows whose person stands in the
    file before. No two people have the same number, for which there are enough up to 80 million
    rows.
    """
    counted: Counter[str] = Counter()
    repeated = 0
    with Path(path).open("wb") as file:
        file.write(f"{','.join(HEADERS)}\r\n".encode(encoding))
        for frame in volume_frames(rows, seed=seed, faults=faults, twice=twice, year=year):
            repeated += int(frame["again"].sum())
            counted.update(frame["fault"].drop_nulls().to_list())
            file.write(_text(frame).encode(encoding))
        size = file.tell()
    return VolumeSummary(rows, size, repeated, dict(counted))


def volume_frames(
    rows: int, *, seed: int = 1, faults: float = 0.02, twice: float = 0.01, year: int = 2019
) -> Iterator[pl.DataFrame]:
    """The roster's rows as columns, so many at a time: those of `HEADERS`, `again` and `fault`."""
    if not 0 < rows <= ROWS_AT_MOST:
        raise ValueError(f"{rows} rows cannot be written; 1 to {ROWS_AT_MOST} can")
    for start in range(0, rows, ROWS_AT_ONCE):
        numbers = pl.int_range(start, min(rows, start + ROWS_AT_ONCE), dtype=pl.UInt64)
        frame = _rows(pl.select(n=numbers), seed, faults=faults, twice=twice)
        yield frame.with_columns(pl.lit(str(year)).alias("年度"))


def _text(frame: pl.DataFrame) -> str:
    buffer = io.BytesIO()
    # No cell holds a comma, a quote mark or a line break.
    frame.select(HEADERS).write_csv(
        buffer, include_header=False, line_terminator="\r\n", quote_style="never"
    )
    return buffer.getvalue().decode()


def _rows(frame: pl.DataFrame, seed: int, *, faults: float, twice: float) -> pl.DataFrame:
    million = 1_000_000
    own, before = pl.col("n"), pl.col("n") - TWICE_AFTER

    def repeats(number: pl.Expr) -> pl.Expr:
        return drawn(number, seed, "twice") % million < int(twice * million)

    frame = frame.with_columns(
        again=(own >= TWICE_AFTER)
        & repeats(own)
        & ~repeats(pl.when(own >= TWICE_AFTER).then(before).otherwise(own)),
    )
    frame = frame.with_columns(p=pl.when(pl.col("again")).then(before).otherwise(own))
    frame = frame.with_columns(family=pl.col("p") // 3, role=pl.col("p") % 3, home=own // 3)
    frame = _with_names(_with_numbers(frame, seed), seed)
    frame = _with_home(frame, seed)
    return _with_faults(frame, seed, faults)


def _with_numbers(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Birth date, sex and identity number; a child's sex is drawn, its parents' follow place."""
    codes = len(COUNTIES)
    parent_days = YEAR_STARTS[PARENTS[1] + 1] - YEAR_STARTS[PARENTS[0]]
    child_days = YEAR_STARTS[CHILDREN[1] + 1] - YEAR_STARTS[CHILDREN[0]]
    child = pl.col("role") == 2
    frame = frame.with_columns(
        male=pl.when(child)
        .then(drawn(pl.col("family"), seed, "sex") % 2 == 0)
        .otherwise(pl.col("role") == 0),
        days=pl.when(child).then(pl.lit(child_days)).otherwise(pl.lit(parent_days)).cast(pl.UInt64),
        first=pl.when(child)
        .then(pl.lit(YEAR_STARTS[CHILDREN[0]]))
        .otherwise(pl.lit(YEAR_STARTS[PARENTS[0]]))
        .cast(pl.UInt64),
    )
    issued = (pl.col("family") * STRIDE + seed) % (pl.col("days") * codes * 500)
    frame = frame.with_columns(issued=issued)
    frame = frame.with_columns(
        day=pl.col("first") + pl.col("issued") % pl.col("days"),
        code=pl.col("issued") // pl.col("days") % codes,
        sequence=pl.col("issued") // (pl.col("days") * codes) * 2 + pl.col("male").cast(pl.UInt64),
    )
    return frame.with_columns(
        birth=pick(DAYS, pl.col("day")),
        number=identity_numbers(COUNTIES, pl.col("code"), pl.col("day"), pl.col("sequence")),
    )


def _with_names(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    surnames = surname_table()
    _, _, boy_first, boy_second, girl_first, girl_second = DECADES[-1]
    _, _, man_first, man_second, woman_first, woman_second = DECADES[1]
    family, person = pl.col("family"), pl.col("p")

    def character(pool: str, salt: str) -> pl.Expr:
        return pick(list(pool), drawn(person, seed, salt) % len(pool))

    def given(salt: str, man: str, woman: str, boy: str, girl: str) -> pl.Expr:
        return (
            pl.when(pl.col("role") == 0)
            .then(character(man, salt))
            .when(pl.col("role") == 1)
            .then(character(woman, salt))
            .when(pl.col("male"))
            .then(character(boy, salt))
            .otherwise(character(girl, salt))
        )

    married_in = pl.col("role") == 1
    line = (
        pl.when(married_in).then(drawn(family, seed, "wife")).otherwise(drawn(family, seed, "line"))
    )
    return frame.with_columns(
        name=pl.concat_str(
            pick(surnames, line % len(surnames)),
            given("first", man_first, woman_first, boy_first, girl_first),
            given("second", man_second, woman_second, boy_second, girl_second),
        )
    )


def _with_home(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    towns = [town for county in counties() if county.code in COUNTIES for town in county.towns]
    home = pl.col("home")
    town = home // 6000 % len(towns)
    village = home // 500
    daughter = (pl.col("role") == 2) & ~pl.col("male")
    phone = drawn(home, seed, "phone") % 100_000_000
    return frame.with_columns(
        pick([town.name for town in towns], town).alias("乡镇"),
        pick(
            [v for town in towns for v in (town.villages * 2)[:12]], town * 12 + village % 12
        ).alias("村"),
        pl.concat_str(drawn(home, seed, "group") % 9 + 1, pl.lit("组")).alias("组"),
        pl.concat_str(
            pick([town.code for town in towns], town),
            (village % 1000).cast(pl.String).str.zfill(3),
            (home % 500 + 1).cast(pl.String).str.zfill(4),
        ).alias("户号"),
        pick(["女", "男"], pl.col("male").cast(pl.UInt64)).alias("性别"),
        pick(["户主", "配偶", "子", "女"], pl.col("role") + daughter.cast(pl.UInt64)).alias(
            "与户主关系"
        ),
        pl.when(drawn(pl.col("p"), seed, "people") % 8 == 0)
        .then(pl.lit("满"))
        .otherwise(pl.lit("汉"))
        .alias("民族"),
        pl.lit("一般农民").alias("人员类别"),
        pl.concat_str(pl.lit("138"), phone.cast(pl.String).str.zfill(8)).alias("电话"),
        pl.lit("").alias("备注"),
    )


def _with_faults(frame: pl.DataFrame, seed: int, faults: float) -> pl.DataFrame:
    """Draw a fault for some rows and write the cells; one that does not suit a row is dropped."""
    million = 1_000_000
    draw = drawn(pl.col("n"), seed, "fault") % million
    fault = pl.lit(None, dtype=pl.String)
    until = faults * million
    for code, share in reversed(FAULTS.items()):
        fault = pl.when(draw < int(until)).then(pl.lit(code)).otherwise(fault)
        until -= share * faults * million
    number, birth, name = pl.col("number"), pl.col("birth"), pl.col("name")
    frame = frame.with_columns(fault=fault)
    unsuited = ((pl.col("fault") == "ID_LOWER_X") & ~number.str.ends_with("X")) | (
        (pl.col("fault") == "ID15") & (birth >= "2000")
    )
    frame = frame.with_columns(
        fault=pl.when(unsuited.fill_null(value=False)).then(None).otherwise(pl.col("fault"))
    )

    def on(code: str) -> pl.Expr:
        return (pl.col("fault") == code).fill_null(value=False)

    def dashed(day: pl.Expr) -> pl.Expr:
        return pl.concat_str(
            day.str.slice(0, 4), day.str.slice(4, 2), day.str.slice(6, 2), separator="-"
        )

    # The fifteenth digit is raised by one, so that the check character no longer fits.
    wrong = pl.concat_str(
        number.str.slice(0, 14),
        ((number.str.slice(14, 1).cast(pl.UInt8) + 1) % 10).cast(pl.String),
        number.str.slice(15, 3),
    )
    year_before = pl.concat_str(
        (birth.str.slice(0, 4).cast(pl.UInt16) - 1).cast(pl.String),
        pl.lit("-"),
        birth.str.slice(4, 2),
        pl.lit("-01"),
    )
    return frame.with_columns(
        pl.when(on("ID_LOWER_X")).then(number.str.to_lowercase())
        .when(on("ID_SPACE")).then(pl.concat_str(number, pl.lit(" ")))
        .when(on("ID15")).then(pl.concat_str(number.str.slice(0, 6), number.str.slice(8, 9)))
        .when(on("ID_DIGIT")).then(wrong)
        .when(on("ID_MISSING")).then(pl.lit(""))
        .otherwise(number).alias("身份证号"),
        pl.when(on("DATE_FORM")).then(birth)
        .when(on("BIRTH_DIFF")).then(year_before)
        .otherwise(dashed(birth)).alias("出生日期"),
        pl.when(on("NAME_SPACE"))
        .then(pl.concat_str(name.str.slice(0, 1), pl.lit(" "), name.str.slice(1)))
        .otherwise(name).alias("姓名"),
        pl.when(on("AMT_UNIT")).then(pl.lit("250元")).otherwise(pl.lit("250")).alias("缴费金额"),
    )  # fmt: skip


def main() -> int:
    """Command line: python -m bureau.testing.city.volume FILE --rows N."""
    parser = argparse.ArgumentParser(prog="python -m bureau.testing.city.volume")
    parser.add_argument("file")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=0.02)
    parser.add_argument("--twice", type=float, default=0.01)
    parser.add_argument("--encoding", default="gb18030")
    parser.add_argument("--year", type=int, default=2019)
    arguments = vars(parser.parse_args())
    start = time.perf_counter()
    summary = write_volume(arguments.pop("file"), **arguments)
    seconds = time.perf_counter() - start
    sys.stdout.write(
        f"{summary.rows} rows, {summary.size} bytes, {summary.twice} listed twice, "
        f"{sum(summary.faults.values())} with a fault; {seconds:.1f} s, "
        f"{summary.rows / seconds:.0f} rows/s\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
