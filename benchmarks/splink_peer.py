"""Splink on the same records: as a user sets it up first, and with an expert's comparisons.

Both get what the product's comparison gets: the number or what of it is legible, the name in
simplified characters and its sound, birth date, sex, household, phone, address and area.
"""

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

from enrollment.imports.match import sound_of

DEFAULT_THRESHOLD = 0.9
#: What an expert would link by itself, and from where a clerk would be asked.
EXPERT_THRESHOLD, EXPERT_OFFER = 0.999, 0.5
SEED = 1


@dataclass(frozen=True)
class Predicted:
    """Pairs with their probability (`row_a`, `row_b`, `p`), none below the lowest threshold."""

    pairs: pl.DataFrame


def prepared(rows: pl.DataFrame) -> pl.DataFrame:
    """The records as Splink reads them: one column for each thing compared."""
    rows = rows.filter(pl.col("outcome") != "REJECTED")
    digits = pl.col("id_text").str.to_uppercase().str.replace_all("[^0-9X]", "")
    legible = pl.col("id_state").is_in(["BAD_CHECK", "BAD_DATE", "BAD_AREA", "BAD_LENGTH"])
    born = pl.col("id_number").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    names = rows["name_key"].unique().drop_nulls()
    sounds = pl.DataFrame({"name_key": names, "sound": sound_of(names)})
    return rows.join(sounds, on="name_key", how="left").select(
        unique_id="row_id",
        number=pl.coalesce(
            "id_number", pl.when(legible & digits.str.len_chars().is_between(17, 19)).then(digits)
        ),
        name="name_key",
        sound="sound",
        birth=pl.coalesce("birth_on", born),
        sex="sex",
        household=pl.concat_str("roster", "household_no", separator="/"),
        phone="phone",
        address="address",
        area="area",
        front=pl.col("id_number").str.slice(0, 13),
        back=pl.col("id_number").str.slice(-9),
    )


def defaults() -> tuple[SettingsCreator, list[Any]]:
    """Comparisons of the library as they come, and the two rules to train on."""
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("name"),
            cl.DateOfBirthComparison("birth", input_is_string=False),
            cl.DamerauLevenshteinAtThresholds("number", [1, 2]),
            cl.ExactMatch("sex"),
            cl.ExactMatch("phone"),
            cl.ExactMatch("household"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("number"),
            block_on("name", "birth"),
            block_on("sound", "birth"),
            block_on("phone", "name"),
        ],
        retain_matching_columns=False,
    )
    return settings, [block_on("number"), block_on("name", "birth")]


def expert() -> tuple[SettingsCreator, list[Any]]:
    """Levels as the field knows them, rare names weighing more, blocks that no slip escapes."""
    name = cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.NullLevel("name"),
            cll.ExactMatchLevel("name", term_frequency_adjustments=True),
            cll.ExactMatchLevel("sound", term_frequency_adjustments=True),
            cll.CustomLevel(
                "length(name_l) = length(name_r) AND length(name_l) > 1"
                " AND levenshtein(name_l, name_r) = 1",
                "one character",
            ),
            cll.ElseLevel(),
        ],
    )
    number = cl.CustomComparison(
        output_column_name="number",
        comparison_levels=[
            cll.NullLevel("number"),
            cll.ExactMatchLevel("number"),
            cll.DamerauLevenshteinLevel("number", 1),
            cll.DamerauLevenshteinLevel("number", 2),
            cll.ElseLevel(),
        ],
    )
    birth = cl.CustomComparison(
        output_column_name="birth",
        comparison_levels=[
            cll.NullLevel("birth"),
            cll.ExactMatchLevel("birth"),
            cll.CustomLevel(
                "(year(birth_l) = year(birth_r))::int + (month(birth_l) = month(birth_r))::int"
                " + (day(birth_l) = day(birth_r))::int = 2",
                "two parts",
            ),
            cll.ElseLevel(),
        ],
    )
    place = cl.CustomComparison(
        output_column_name="place",
        comparison_levels=[
            cll.CustomLevel("household_l = household_r", "household"),
            cll.CustomLevel("phone_l = phone_r", "phone"),
            cll.CustomLevel("address_l = address_r", "address"),
            cll.CustomLevel("area_l = area_r", "area"),
            cll.ElseLevel(),
        ],
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[name, number, birth, cl.ExactMatch("sex"), place],
        blocking_rules_to_generate_predictions=[
            block_on("number"),
            block_on("sound", "birth"),
            block_on("sound", "front"),
            block_on("sound", "back"),
            block_on("phone", "birth"),
            block_on("household", "birth"),
            block_on("phone", "sound"),
            block_on("household", "sound"),
        ],
        retain_matching_columns=False,
        additional_columns_to_retain=["household", "birth"],
    )
    return settings, [block_on("number"), block_on("sound", "birth"), block_on("phone", "sound")]


def predict(
    records: pl.DataFrame,
    setup: tuple[SettingsCreator, list[Any]],
    *,
    threshold: float,
    directory: Path,
    memory_bytes: int,
    threads: int = 2,
) -> Predicted:
    """Trained on the records themselves and predicted, in the room the product's own step has."""
    settings, trained_on = setup
    logging.getLogger("splink").setLevel(logging.ERROR)
    config: dict[str, Any] = {
        "memory_limit": f"{memory_bytes // 1024**2}MiB",
        "temp_directory": str(directory),
        "threads": threads,
        "preserve_insertion_order": False,
    }
    with duckdb.connect(":memory:", config=config) as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        api = DuckDBAPI(connection=connection)
        linker = Linker(api.register(records.to_arrow()), settings, log_level=logging.ERROR)
        linker.training.estimate_probability_two_random_records_match(
            [block_on("number")], recall=0.8
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=SEED)
        for rule in trained_on:
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule, record_sample_proportion=1.0
            )
        found = linker.inference.predict(threshold_match_probability=threshold)
        pairs = connection.sql(
            "SELECT unique_id_l AS row_a, unique_id_r AS row_b, match_probability AS p"
            f" FROM {found.physical_name}"
        ).pl()
    return Predicted(pairs)
