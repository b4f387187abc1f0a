"""Turns the cells of a roster's rows into clean values, with an outcome, reasons and fixes for each
row; set-based, by column, and without a view of other rows except in `finish_roster`."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import polars as pl

from bureau.intake.rowkinds import RECORD
from enrollment.choices import Fix, NumberState, Outcome, Reason
from enrollment.imports import cells, judgement
from enrollment.imports.date_columns import read_dates, usual_form
from enrollment.imports.findings import Findings
from enrollment.imports.name_columns import read_names
from enrollment.imports.number_columns import clean_numbers, decode_numbers, read_numbers
from enrollment.imports.roster_context import RosterContext
from enrollment.rules import words
from enrollment.rules.amounts import read_amount, read_year

PLACE_COLUMNS: Final = ("sheet", "row_no", "raw", "kind", "filled", "beyond", "reading_problems")
TEXT_FIELDS: Final = (
    "relation", "town", "village", "group_name", "address", "ethnicity", "special_group",
    "remarks", "employer_name", "clinic", "agent", "certificate_kind", "sex", "person_kind",
    "status",
)  # fmt: skip
CODE_FIELDS: Final = (
    "household_no", "member_no", "psn_no", "phone", "scheme_code", "area_code", "employer_no",
    "bank_account", "serial_no", "family_size",
)  # fmt: skip
READ_FIELDS: Final = (
    "id_number", "name", "birth_on", "amount", "year", "joined_on", "begins_on", "head_name",
    "head_id_number",
)  # fmt: skip
FORMULA_FREE: Final = frozenset({"sex", "status", "person_kind", "certificate_kind"})


def usual_date_form(frame: pl.DataFrame, *, reference_on: date) -> str | None:
    """Form of most birth dates in the frame, for `RosterContext.date_form`."""
    if "birth_on" not in frame.columns:
        return None
    return usual_form(frame["birth_on"], century_pivot=reference_on.year % 100)


def normalise(frame: pl.DataFrame, *, context: RosterContext) -> pl.DataFrame:
    """The rows with clean values, outcome, reasons and fixes; their number and order are kept."""
    findings = Findings(frame.height)
    rows = _cleaned(frame, findings)
    numbers = read_numbers(rows["id_number"], findings)
    names = read_names(rows["name"], findings)
    births = read_dates(rows["birth_on"], century_pivot=context.century_pivot)
    rows = rows.with_columns(
        *_worded(rows),
        *numbers.drop("reason").iter_columns(),
        names["name"],
        names["name_key"],
        birth_text=rows["birth_on"],
        birth_on=births["on"],
        birth_part=births["part"],
        birth_form=births["form"],
        birth_problem=births["problem"],
        id_reason=numbers["reason"],
        name_reason=names["reason"],
        **_money_and_years(rows, findings),
        **_other_dates(rows, context),
        **_head(rows),
    )
    rows = judgement.judge_numbers(rows, findings, context)
    judgement.judge_names(rows, findings)
    judgement.judge_births(rows, findings, context)
    judgement.judge_sexes(rows, findings, context)
    judgement.judge_payments(rows, findings, context)
    judgement.judge_cells(rows, findings, context)
    return _with_outcomes(rows, findings)


def finish_roster(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a whole roster with `outcome` and `reasons` as only the whole can tell them.

    Where some numbers of the roster lost their last digits, a number that ends in 000 and fits by
    chance waits for a clerk. Needs id_ends_000, outcome and reasons; other columns pass.
    """
    damaged = rows["reasons"].explode().is_in([Reason.ID_ZEROES.value]).any()
    doubtful = rows["id_ends_000"] & ~rows["outcome"].is_in(
        [Outcome.REJECTED.value, Outcome.NOT_RECORD.value]
    )
    if not damaged or not doubtful.any():
        return rows
    reason = pl.lit([Reason.ID_ENDS_000.value], dtype=pl.List(pl.String))
    return rows.with_columns(
        outcome=pl.when(doubtful).then(pl.lit(Outcome.REVIEW.value)).otherwise("outcome"),
        reasons=pl.when(doubtful)
        .then(pl.col("reasons").list.set_union(reason))
        .otherwise("reasons"),
    )


def _cleaned(frame: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Rows with every field present and its cells cleaned as far as its kind allows."""
    columns: dict[str, pl.Series] = {
        name: frame[name] for name in PLACE_COLUMNS if name in frame.columns
    }
    absent = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    for name in (*READ_FIELDS, *TEXT_FIELDS, *CODE_FIELDS):
        column = frame[name] if name in frame.columns else absent
        if column.null_count() == frame.height:
            columns[name] = absent
        elif name in READ_FIELDS:
            columns[name] = cells.without_nul(column, findings)
        elif name in CODE_FIELDS:
            columns[name] = cells.clean_code(column, findings)
        else:
            columns[name] = cells.clean_text(
                column, findings, formula_possible=name not in FORMULA_FREE
            )
    formula = columns["name"].str.contains("^[=+@-]") & ~columns["name"].str.contains('^="')
    findings.add(Fix.CELL_FORMULA, formula)
    return pl.DataFrame(columns)


def _by_distinct(
    texts: pl.Series, read: Callable[[str], Any], dtype: pl.DataType | type[pl.DataType]
) -> pl.Series:
    """What `read` makes of each text, asked once for every different text."""
    distinct = texts.drop_nulls().unique()
    if not len(distinct):
        return pl.Series([None], dtype=dtype).new_from_index(0, len(texts))
    values = pl.Series([read(text) for text in distinct], dtype=dtype)
    table = pl.DataFrame({"text": distinct, "value": values})
    return texts.to_frame("text").join(table, on="text", how="left", maintain_order="left")["value"]


def _worded(rows: pl.DataFrame) -> list[pl.Series]:
    """Codes of the words for sex, relation, ethnicity and special group."""

    def relation_code(word: str) -> str | None:
        relation = words.relation_of(word)
        return relation.code if relation else None

    return [
        _by_distinct(rows["sex"], words.sex_of, pl.String).alias("sex_written"),
        _by_distinct(rows["relation"], relation_code, pl.String).alias("relation_code"),
        _by_distinct(rows["ethnicity"], words.ethnicity_of, pl.String).alias("ethnicity_code"),
        _by_distinct(rows["special_group"], words.special_group_of, pl.String).alias(
            "special_group_code"
        ),
    ]


def _money_and_years(rows: pl.DataFrame, findings: Findings) -> dict[str, pl.Series]:
    amounts = _by_distinct(rows["amount"], lambda text: read_amount(text).amount, pl.Decimal(18, 2))
    _note_readings(rows["amount"], lambda text: read_amount(text), findings)
    years = _by_distinct(rows["year"], lambda text: read_year(text).year, pl.Int32)
    _note_readings(rows["year"], read_year, findings)
    # Some counties name the year only in the column of the date of joining.
    joined = rows["joined_on"].set(rows["year"].is_not_null(), None)
    joined_years = _by_distinct(joined, lambda text: read_year(text).year, pl.Int32)
    bare_year = joined.set(joined_years.is_null(), None)
    _note_readings(bare_year, read_year, findings)
    return {"amount": amounts, "year": years.fill_null(joined_years)}


def _note_readings(texts: pl.Series, read: Callable[[str], Any], findings: Findings) -> None:
    """Note the fixes and reasons that reading each different text brings up."""
    for text in texts.drop_nulls().unique():
        reading = read(text)
        codes = [*reading.fixes, *([reading.reason] if reading.reason else [])]
        for code in codes:
            findings.add(code, texts == text)


def _other_dates(rows: pl.DataFrame, context: RosterContext) -> dict[str, pl.Series]:
    begins = read_dates(rows["begins_on"], century_pivot=context.century_pivot)
    joined = read_dates(rows["joined_on"], century_pivot=context.century_pivot)
    return {
        "begins_on": begins["on"],
        "begins_problem": begins["problem"],
        "joined_on": joined["on"],
    }


def _head(rows: pl.DataFrame) -> dict[str, pl.Series]:
    """Name of the household's head, and his or her number where it is valid."""
    heads = read_names(rows["head_name"])
    if rows["head_id_number"].null_count() == rows.height:
        return {"head_name": heads["name"]}
    cleaned = clean_numbers(rows["head_id_number"])
    form = cleaned.str.contains("^[0-9]{17}[0-9X]$").fill_null(value=False)
    number = cleaned.set(~form, None)
    said = decode_numbers(number)
    valid = said["check_ok"] & said["area_ok"] & said["birth_on"].is_not_null()
    return {
        "head_name": heads["name"],
        "head_id_number": number.set(~valid.fill_null(value=False), None),
    }


def _with_outcomes(rows: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Rows in their final columns, each with the most severe outcome among its findings."""
    nameless = findings.having([Reason.NAME_MISSING])
    usable = rows["id_number"].is_not_null()
    rejected = findings.having(judgement.REJECTING) | (nameless & ~usable)
    # Nothing is sent back to a county for what may be read from the wrong column.
    rejected = rejected & ~findings.having([Reason.COLUMN_DOUBTFUL])
    record = rows["kind"] == RECORD if "kind" in rows.columns else pl.lit(value=True)
    outcome = (
        pl.when(~record)
        .then(pl.lit(Outcome.NOT_RECORD.value))
        .when(rejected)
        .then(pl.lit(Outcome.REJECTED.value))
        .when(findings.having(Reason))
        .then(pl.lit(Outcome.REVIEW.value))
        .when(findings.having(Fix))
        .then(pl.lit(Outcome.FIXED.value))
        .otherwise(pl.lit(Outcome.ACCEPTED.value))
    )
    nothing = pl.lit([], dtype=pl.List(pl.String))
    return rows.with_columns(
        sex=pl.coalesce("sex_written", "id_sex"),
        outcome=outcome,
        reasons=pl.when(record).then(findings.lists(Reason)).otherwise(nothing),
        fixes=pl.when(record).then(findings.lists(Fix)).otherwise(nothing),
    ).select(
        *(name for name in PLACE_COLUMNS if name in rows.columns),
        *OUTPUT_COLUMNS,
    )


OUTPUT_COLUMNS: Final = (
    "id_number", "id_text", "id_state", "id_suggestion", "id_birth_on", "id_sex", "id_ends_000",
    "name", "name_key", "birth_on", "birth_part", "birth_form", "sex",
    "household_no", "relation", "relation_code", "head_name", "head_id_number",
    "member_no", "psn_no", "town", "village", "group_name", "address", "phone",
    "ethnicity", "ethnicity_code", "special_group", "special_group_code",
    "amount", "year", "joined_on", "remarks",
    "scheme_code", "area_code", "person_kind", "status", "certificate_kind", "begins_on",
    "employer_no", "employer_name", "bank_account", "serial_no", "family_size", "clinic", "agent",
    "outcome", "reasons", "fixes",
)  # fmt: skip
"""Columns of a normalised row after its place; id_state holds `NumberState` codes."""

USABLE_STATES: Final = (NumberState.VALID.value, NumberState.UPGRADED.value)
