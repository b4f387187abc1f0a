"""Several rolls of one population with the near misses that linking must tell apart, and the truth.

Made column by column, so that millions of rows take seconds; a row is a pure function of the
person, the roll and the seed. Unlike in `generate`, every roll has one layout: what is put to the
test is who is who, not reading.
"""

import argparse
import io
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import polars as pl

from bureau.testing.city import near_misses
from bureau.testing.city.columns import drawn, identity_numbers, pick, share
from bureau.testing.city.names import DECADES, surname_table
from bureau.testing.city.numbers import OTHER_PROVINCES
from bureau.testing.city.people import YEAR_STARTS
from bureau.testing.city.places import counties
from bureau.testing.city.words import words

HEADERS: Final = words(
    "乡镇 村 组 户号 姓名 性别 身份证号 出生日期 与户主关系 民族 人员类别 缴费金额 年度 电话 "
    "家庭住址 备注"
)
#: The counties whose rolls are made, in this order.
COUNTIES: Final = ("210281", "210283", "210214", "210213", "210212", "210224")
#: Area codes on the numbers of parents and of children, so that none comes twice.
PARENTS_CODES: Final = ("210219", "210225", "210222", "210221", "210212", "210224")
CHILDREN_CODES: Final = ("210281", "210283", "210282", "210213", "210211", "210291")
PARENTS, CHILDREN = (1945, 1972), (1994, 2012)
FAMILY: Final = 4
FAMILIES_AT_ONCE: Final = 50_000
#: How many families before its own the model of a look-alike lives.
MODEL_BEFORE: Final = 1_000
#: People in a million who have another's name and birthday, or another's number; families in a
#: million with twins.
SAME_NAME_AND_BIRTHDAY, NUMBER_ISSUED_TWICE, TWINS = 1_500, 1_000, 25_000
#: A stride with no common factor with the numbers there are.
STRIDE: Final = 1_000_000_007


@dataclass(frozen=True, slots=True)
class RollsSummary:
    """What was made: people, and records of each roll by the name of its file."""

    people: int
    files: dict[str, int]

    @property
    def records(self) -> int:
        return sum(self.files.values())


def write_rolls(
    folder: Path | str,
    *,
    people: int,
    rolls: int = 3,
    overlap: float = 0.1,
    seed: int = 1,
    faults: float = 1.0,
) -> RollsSummary:
    """`roll_1.csv` and so on stand in the folder, with `truth.parquet` beside them.

    Everybody stands in the roll of the own county and, by the share `overlap`, in each of the
    others: with the whole family or alone. `faults` multiplies the usual rates. The truth has one
    line a record: `roll`, `line`, `person`, `faults`, and for a trap its `kind` and the `other`
    person it could be taken for.
    """
    if not 2 <= rolls <= len(COUNTIES):
        raise ValueError(f"{rolls} rolls cannot be made; 2 to {len(COUNTIES)} can")
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    lines = [1] * rolls
    truth: list[pl.DataFrame] = []
    files: list[IO[bytes]] = []
    try:
        for roll in range(rolls):
            files.append((root / f"roll_{roll + 1}.csv").open("wb"))
            files[roll].write(f"{','.join(HEADERS)}\r\n".encode("gb18030"))
        families = -(-people // FAMILY)
        for start in range(0, families, FAMILIES_AT_ONCE):
            population = _population(start, min(families, start + FAMILIES_AT_ONCE), seed)
            for roll, file in enumerate(files):
                rows = _records(population, roll, rolls, overlap, seed, faults)
                file.write(_text(rows).encode("gb18030"))
                truth.append(_truth(rows, roll, lines[roll]))
                lines[roll] += rows.height
    finally:
        for file in files:
            file.close()
    pl.concat(truth).write_parquet(root / "truth.parquet")
    return RollsSummary(
        families * FAMILY, {f"roll_{roll + 1}.csv": lines[roll] - 1 for roll in range(rolls)}
    )


def _text(rows: pl.DataFrame) -> str:
    buffer = io.BytesIO()
    # No cell holds a comma, a quote mark or a line break.
    rows.select(HEADERS).write_csv(
        buffer, include_header=False, line_terminator="\r\n", quote_style="never"
    )
    return buffer.getvalue().decode()


def _truth(rows: pl.DataFrame, roll: int, first: int) -> pl.DataFrame:
    return rows.select(
        pl.lit(roll + 1, dtype=pl.Int8).alias("roll"),
        # The heading is line 1.
        (pl.int_range(pl.len(), dtype=pl.Int64) + first + 1).alias("line"),
        pl.col("p").cast(pl.Int64).alias("person"),
        "faults",
        "kind",
        pl.col("other").cast(pl.Int64),
    )


def _population(first: int, last: int, seed: int) -> pl.DataFrame:
    """Everybody of these families: birth, sex, number, name, and whom one could be taken for."""
    numbers = pl.int_range(first * FAMILY, last * FAMILY, dtype=pl.UInt64)
    people = _plain(pl.select(p=numbers), seed)
    copied = (
        people.with_columns(look=share(pl.col("p"), seed, "look"))
        .filter((pl.col("role") < 2) & (pl.col("family") >= MODEL_BEFORE))
        .filter(pl.col("look") < SAME_NAME_AND_BIRTHDAY + NUMBER_ISSUED_TWICE)
        .select("p", "family", "male", "look", model=pl.col("p") - MODEL_BEFORE * FAMILY)
    )
    models = _plain(copied.select(p="model"), seed)
    issued_twice = pl.col("look") >= SAME_NAME_AND_BIRTHDAY
    near = pl.concat(
        [copied, models.select("birth", "day", "number", "surname", "given")], how="horizontal"
    ).with_columns(
        own_number=identity_numbers(
            OTHER_PROVINCES,
            pl.col("family") % len(OTHER_PROVINCES),
            pl.col("day"),
            pl.col("family") // len(OTHER_PROVINCES) % 500 * 2 + pl.col("male").cast(pl.UInt64),
        )
    )
    near = near.select(
        "p",
        "model",
        near_birth="birth",
        near_number=pl.when(issued_twice).then("number").otherwise("own_number"),
        near_surname=pl.when(~issued_twice).then("surname"),
        near_given=pl.when(~issued_twice).then("given"),
        near_kind=pl.when(issued_twice)
        .then(pl.lit("id_issued_twice"))
        .otherwise(pl.lit("same_name_birthday")),
    )
    return (
        people.join(near, on="p", how="left", maintain_order="left")
        .with_columns(
            birth=pl.coalesce("near_birth", "birth"),
            number=pl.coalesce("near_number", "number"),
            name=pl.concat_str(
                pl.coalesce("near_surname", "surname"), pl.coalesce("near_given", "given")
            ),
            kind=pl.coalesce("near_kind", pl.when("twin").then(pl.lit("twins"))),
            other=pl.coalesce(
                "model",
                pl.when("twin").then(
                    pl.when(pl.col("role") == 2).then(pl.col("p") + 1).otherwise(pl.col("p") - 1)
                ),
            ),
        )
        .drop("near_birth", "near_number", "near_surname", "near_given", "near_kind", "model")
    )


def _plain(people: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Birth, sex, number and name of people by their number, without regard to others."""
    codes = len(PARENTS_CODES)
    days = [YEAR_STARTS[last + 1] - YEAR_STARTS[first] for first, last in (PARENTS, CHILDREN)]
    people = people.with_columns(family=pl.col("p") // FAMILY, role=pl.col("p") % FAMILY)
    child, second = pl.col("role") >= 2, pl.col("role") == 3
    # No two families of fewer than 15 million share what their numbers are made of.
    # A mother is born on another day than the father: her sex alone tells their numbers apart.
    issued = (pl.col("family") * STRIDE + seed + (pl.col("role") == 1).cast(pl.UInt64) * 777) % (
        pl.when(child).then(days[1]).otherwise(days[0]).cast(pl.UInt64) * codes * 250
    )
    twin = child & (share(pl.col("family"), seed, "twin") < TWINS)
    first = pl.when(child).then(YEAR_STARTS[CHILDREN[0]]).otherwise(YEAR_STARTS[PARENTS[0]])
    span = pl.when(child).then(days[1]).otherwise(days[0]).cast(pl.UInt64)
    sex_of = pl.when(second & ~twin).then(pl.col("family") + 7).otherwise(pl.col("family"))
    people = people.with_columns(
        twin=twin,
        male=pl.when(child)
        .then(drawn(sex_of, seed, "sex") % 2 == 0)
        .otherwise(pl.col("role") == 0),
        code=issued // span % codes,
        day=first.cast(pl.UInt64)
        + issued % span
        # A second child comes one to four years after the first.
        + pl.when(second & ~twin)
        .then(400 + drawn(pl.col("family"), seed, "gap") % 1200)
        .otherwise(0),
        slot=issued // (span * codes),
    ).with_columns(
        # Four numbers of a day for each family: of two children, and of either sex.
        sequence=pl.col("slot") * 4 + second.cast(pl.UInt64) * 2 + pl.col("male").cast(pl.UInt64),
    )
    number = pl.when(child).then(
        identity_numbers(CHILDREN_CODES, pl.col("code"), pl.col("day"), pl.col("sequence"))
    )
    return _with_names(
        people.with_columns(
            birth=pick(near_misses.DAYS, pl.col("day")),
            number=number.otherwise(
                identity_numbers(PARENTS_CODES, pl.col("code"), pl.col("day"), pl.col("sequence"))
            ),
        ),
        seed,
    )


def _with_names(people: pl.DataFrame, seed: int) -> pl.DataFrame:
    surnames = surname_table()
    boys, men = DECADES[-1], DECADES[1]
    child = pl.col("role") >= 2

    def character(place: int, draw: pl.Expr, *, other: pl.Expr | None = None) -> pl.Expr:
        """A character of the given name by generation and sex; where `other`, the next one."""
        # Each character once, so that the next is another.
        pools = [dict.fromkeys(str(era[at + place])) for era in (boys, men) for at in (2, 4)]
        step = pl.lit(0, dtype=pl.UInt64) if other is None else other.cast(pl.UInt64)
        boy, girl, man, woman = (pick(list(pool), (draw + step) % len(pool)) for pool in pools)
        return (
            pl.when(child)
            .then(pl.when("male").then(boy).otherwise(girl))
            .otherwise(pl.when("male").then(man).otherwise(woman))
        )

    # Twins share the first character of their given names, and so do many other siblings.
    like_sibling = pl.col("twin") | (child & (drawn(pl.col("family"), seed, "sibl") % 4 == 0))
    first_of = pl.when(like_sibling).then(pl.col("family")).otherwise(pl.col("p"))
    # No family calls two twins by one name.
    second_twin = pl.col("twin") & (pl.col("role") == 3)
    second_of = pl.when("twin").then(pl.col("family")).otherwise(pl.col("p"))
    single = (drawn(pl.col("p"), seed, "one") % 7 == 0) & ~like_sibling
    line = (
        pl.when(pl.col("role") == 1)
        .then(drawn(pl.col("family"), seed, "wife"))
        .otherwise(drawn(pl.col("family"), seed, "line"))
    )
    return people.with_columns(
        surname=pick(surnames, line % len(surnames)),
        given=pl.concat_str(
            pl.when(single).then(pl.lit("")).otherwise(character(0, drawn(first_of, seed, "g1"))),
            character(1, drawn(second_of, seed, "g2"), other=second_twin),
        ),
    )


def _records(
    population: pl.DataFrame, roll: int, rolls: int, overlap: float, seed: int, faults: float
) -> pl.DataFrame:
    """The rows of one roll about these people: where they live, then what is miswritten."""
    home = pl.col("family") % rolls
    pair = pl.col("family") * rolls + roll
    alone = share(pl.col("p") * rolls + roll, seed, "alone") < int(overlap / 2 * 1_000_000)
    whole = share(pair, seed, "whole") < int(overlap / (2 - overlap) * 1_000_000)
    if overlap >= 1:
        alone, whole = pl.lit(value=False), pl.lit(value=True)
    rows = population.with_columns(
        guest=home != roll,
        alone=(home != roll) & ~whole,
        listed=(home == roll) | whole | alone,
    ).filter("listed")
    # A few stand in the roll twice.
    twice = share(pl.col("p") * rolls + roll, seed, "twice") < 3_000
    rows = pl.concat(
        [
            rows.with_columns(copy=pl.lit(0, dtype=pl.UInt64)),
            rows.filter(twice).with_columns(copy=pl.lit(1, dtype=pl.UInt64)),
        ]
    ).with_columns(
        draw=(pl.col("p") * rolls + roll) * 2 + pl.col("copy"),
        repeated=pl.col("p").is_in(rows.filter(twice)["p"].implode()),
    )
    rows = _with_home(rows, roll, rolls, seed)
    return near_misses.planted(rows, population, seed=seed, factor=faults)


def _with_home(rows: pl.DataFrame, roll: int, rolls: int, seed: int) -> pl.DataFrame:
    by_code = {county.code: county for county in counties()}
    pair = pl.col("family") * rolls + roll

    def place(of: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
        """Town and village of the families in the roll's own county."""
        towns = [by_code[code].towns for code in COUNTIES[:rolls]]
        starts = [sum(len(each) for each in towns[:n]) for n in range(rolls)]
        flat = [town for each in towns for town in each]
        counts = pl.lit(pl.Series([len(each) for each in towns], dtype=pl.UInt64)).gather(of)
        index = (
            pl.lit(pl.Series(starts, dtype=pl.UInt64)).gather(of)
            + pl.col("family") // 1500 % counts
        )
        village = pl.col("family") // 125 % 12
        return pick([town.name for town in flat], index), pick(
            [v for town in flat for v in (town.villages * 12)[:12]], index * 12 + village
        )

    own_town, own_village = place(pl.col("family") % rolls)
    town, village = place(pl.lit(roll, dtype=pl.UInt64))
    group = drawn(pl.col("family"), seed, "group") % 9 + 1
    house = pl.col("family") % 125 + 1
    stays = ~pl.col("guest") | (share(pair, seed, "addr") < 400_000)
    same_phone = ~pl.col("guest") | (share(pair, seed, "tel") < 500_000)
    phone_of = pl.when(same_phone).then(pl.col("family")).otherwise(pair + STRIDE)
    single = pl.col("alone") | (pl.col("copy") > 0)

    def address(of_town: pl.Expr, of_village: pl.Expr) -> pl.Expr:
        return pl.concat_str(of_town, of_village, group, pl.lit("组"), house, pl.lit("号"))

    return rows.with_columns(
        town.alias("乡镇"),
        village.alias("村"),
        pl.concat_str(group, pl.lit("组")).alias("组"),
        pl.when(single)
        .then(pl.concat_str(pl.lit("9"), pl.col("draw").cast(pl.String).str.zfill(9)))
        .otherwise(pl.concat_str(pl.lit("1"), pl.col("family").cast(pl.String).str.zfill(9)))
        .alias("户号"),
        pl.when(single)
        .then(pl.lit("户主"))
        .otherwise(
            pick(
                ["户主", "配偶", "子", "女"],
                pl.col("role").clip(0, 2)
                + ((pl.col("role") >= 2) & ~pl.col("male")).cast(pl.UInt64),
            )
        )
        .alias("与户主关系"),
        pl.lit("汉").alias("民族"),
        pl.lit("一般农民").alias("人员类别"),
        pl.lit("250").alias("缴费金额"),
        pl.lit("2019").alias("年度"),
        pl.when(share(pl.col("draw"), seed, "notel") < 150_000)
        .then(pl.lit(""))
        .otherwise(
            pl.concat_str(
                pl.lit("138"),
                (drawn(phone_of, seed, "phone") % 100_000_000).cast(pl.String).str.zfill(8),
            )
        )
        .alias("电话"),
        pl.when(stays)
        .then(address(own_town, own_village))
        .otherwise(address(town, village))
        .alias("家庭住址"),
        pl.lit("").alias("备注"),
    )


def main() -> int:
    """Command line: python -m bureau.testing.city.rolls FOLDER --people N."""
    parser = argparse.ArgumentParser(prog="python -m bureau.testing.city.rolls")
    parser.add_argument("folder")
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--rolls", type=int, default=3)
    parser.add_argument("--overlap", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=1.0)
    arguments = vars(parser.parse_args())
    start = time.perf_counter()
    summary = write_rolls(arguments.pop("folder"), **arguments)
    seconds = time.perf_counter() - start
    sys.stdout.write(
        f"{summary.people} people, {summary.records} records; {seconds:.1f} s, "
        f"{summary.records / seconds:.0f} records/s\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
