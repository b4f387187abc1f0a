"""Judges normalised rows: which findings each combination of values gives."""

from datetime import date
from typing import Final

import polars as pl

from enrollment.choices import Fix, NumberState, Reason
from enrollment.imports.findings import Findings
from enrollment.imports.household_dues import paid_with_household
from enrollment.imports.number_columns import decode_numbers
from enrollment.imports.roster_context import RosterContext
from enrollment.rules import identity, words
from enrollment.rules.dates import DateProblem

REJECTING: Final = (Reason.ID_DECIMAL, Reason.ID_SCIENTIFIC, Reason.ID_ZEROES)
"""Reasons for which a row goes back to the county: its digits are not the person's."""

EXTREME_AGE: Final = 110
LARGEST_CONTRIBUTION: Final = 100_000
"""Yuan beyond which a cell is not what one household paid for one year."""

_ABSENT = [NumberState.MISSING.value, NumberState.PLACEHOLDER.value]
_MISPLACED = [
    *_ABSENT,
    NumberState.NEWBORN.value,
    NumberState.BAD_LENGTH.value,
    NumberState.OTHER_DOCUMENT.value,
    NumberState.UNREADABLE.value,
]
_CITIZEN_DOCUMENTS = [
    "01",
    "1",
    "02",
    "2",
    "身份证",
    "居民身份证",
    "二代身份证",
    "户口簿",
    "户口本",
]
#: Of the cells without a field, their headings, and those that tell the day of a death.
_HEADINGS_BEYOND: Final = r'"(?:[^"\\]|\\.)*":'
_DAY_OF_DEATH: Final = r'"[^"]*死亡(?:日期|时间|年月)[^"]*":"[^"0-9]{0,4}[12][0-9]'
_SEARCHED = (
    "name", "birth_text", "sex", "household_no", "relation", "member_no", "psn_no", "town",
    "village", "group_name", "address", "phone", "ethnicity", "special_group", "remarks",
    "certificate_kind", "bank_account", "employer_no", "serial_no", "clinic", "agent",
)  # fmt: skip
_READING_REASONS = {
    "CELL_TOO_LONG": Reason.CELL_LONG,
    "ENCODING_BROKEN": Reason.READING,
    "QUOTE_OPEN": Reason.READING,
    "CELLS_TOO_MANY": Reason.READING,
    "CELLS_SHIFTED": Reason.READING,
    "CELL_ERROR": Reason.READING,
}


def judge_numbers(rows: pl.DataFrame, findings: Findings, context: RosterContext) -> pl.DataFrame:
    """Rows with final `id_state` and an `id_suggestion`; every unusable number gets its reason."""
    rows = _with_newborns(rows, context)
    rows = _with_other_documents(rows)
    rows = _with_misplaced(rows)
    findings.add_codes(rows["id_reason"])
    return rows.with_columns(id_suggestion=_with_swaps(rows))


def _with_newborns(rows: pl.DataFrame, context: RosterContext) -> pl.DataFrame:
    """A child born in the roster's year needs no number yet; an older person's is missing."""
    state = pl.col("id_state")
    born = pl.col("birth_on").dt.year()
    said = (
        pl.col("remarks").str.contains("|".join(sorted(words.words_for("newborn"))))
        & (born >= context.year - 1)
    ).fill_null(value=False)
    newborn = (state.is_in(_ABSENT) & ((born >= context.year) | said)) | (
        (state == NumberState.NEWBORN.value) & (born.is_null() | (born >= context.year - 1))
    )
    grown = (state == NumberState.NEWBORN.value) & (born < context.year - 1)
    return rows.with_columns(
        id_state=pl.when(newborn)
        .then(pl.lit(NumberState.NEWBORN.value))
        .when(grown)
        .then(pl.lit(NumberState.PLACEHOLDER.value))
        .otherwise(state),
        id_reason=pl.when(newborn)
        .then(pl.lit(Reason.NEWBORN_WITHOUT_NUMBER.value))
        .when(grown)
        .then(pl.lit(Reason.ID_MISSING.value))
        .otherwise("id_reason"),
    )


def _with_other_documents(rows: pl.DataFrame) -> pl.DataFrame:
    """A text that is no number but declared as a passport or permit is another document's."""
    other = (
        pl.col("certificate_kind").is_not_null()
        & ~pl.col("certificate_kind").is_in(_CITIZEN_DOCUMENTS)
        & pl.col("id_state").is_in(
            [
                NumberState.BAD_LENGTH.value,
                NumberState.UNREADABLE.value,
                NumberState.OTHER_DOCUMENT.value,
            ]
        )
    )
    return rows.with_columns(
        id_state=pl.when(other)
        .then(pl.lit(NumberState.OTHER_DOCUMENT.value))
        .otherwise("id_state"),
        id_reason=pl.when(other)
        .then(pl.lit(Reason.ID_OTHER_DOCUMENT.value))
        .otherwise("id_reason"),
    )


def _with_misplaced(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `found`: the only valid number in other cells whose birth date does not disagree.

    The number stays out of `id_number` until a clerk confirms it.
    """
    without = rows["id_number"].is_null()
    searched = (
        rows.with_row_index("position")
        .filter(without)
        .select("position", "birth_on", *_cells(rows))
    )
    numbers = (
        searched.select(
            "position",
            "birth_on",
            number=pl.concat_str(_cells(rows), separator="\x1f", ignore_nulls=True)
            .str.to_uppercase()
            .str.extract_all("[0-9]+X?"),
        )
        .explode("number", empty_as_null=True, keep_nulls=True)
        .filter(pl.col("number").str.len_bytes() == 18)
    )
    said = decode_numbers(numbers["number"])
    found = (
        numbers.filter(
            said["check_ok"]
            & said["area_ok"]
            & (said["birth_on"] == numbers["birth_on"]).fill_null(
                numbers["birth_on"].is_null() & said["birth_on"].is_not_null()
            )
        )
        .unique(["position", "number"])
        .filter(pl.len().over("position") == 1)
        .select(pl.col("position"), found="number")
    )
    misplaced = pl.col("found").is_not_null() & pl.col("id_state").is_in(_MISPLACED)
    return (
        rows.with_row_index("position")
        .join(found, on="position", how="left", maintain_order="left")
        .drop("position")
        .with_columns(
            id_state=pl.when(misplaced)
            .then(pl.lit(NumberState.WRONG_COLUMN.value))
            .otherwise("id_state"),
            id_reason=pl.when(misplaced)
            .then(pl.lit(Reason.ID_WRONG_COLUMN.value))
            .otherwise("id_reason"),
            # The foreign value is not stored as a telephone number.
            phone=pl.when(pl.col("phone").str.to_uppercase().ne_missing(pl.col("found"))).then(
                "phone"
            ),
        )
    )


def _cells(rows: pl.DataFrame) -> list[str]:
    present = [name for name in _SEARCHED if rows[name].null_count() < rows.height]
    return [*present, *(["beyond"] if "beyond" in rows.columns else [])] or ["name"]


def _with_swaps(rows: pl.DataFrame) -> pl.Series:
    """Suggested numbers: those found in another cell, else the only fitting swap of two digits."""
    swapped = rows.with_row_index("position").filter(
        (pl.col("id_state") == NumberState.BAD_CHECK.value)
        & pl.col("birth_on").is_not_null()
        & pl.col("found").is_null()
    )
    suggestions = [
        identity.swap_suggestion(text, birth_on=birth_on, sex=sex)
        for text, birth_on, sex in swapped.select("id_text", "birth_on", "sex_written").iter_rows()
    ]
    if not suggestions:
        return rows["found"]
    return rows["found"].scatter(swapped["position"], pl.Series(suggestions, dtype=pl.String))


def judge_names(rows: pl.DataFrame, findings: Findings) -> None:
    """Note names that are missing, damaged or doubtful, and deaths or departures in remarks."""
    findings.add_codes(rows["name_reason"])
    for column in ("remarks", "special_group", "relation", "status"):
        if rows[column].null_count() < rows.height:
            findings.add(Reason.DECEASED, rows[column].str.contains(words.deceased_pattern()))
    for column in ("remarks", "status"):
        if rows[column].null_count() < rows.height:
            findings.add(Reason.GONE, rows[column].str.contains(words.gone_pattern()))
    if "beyond" in rows.columns and rows["beyond"].null_count() < rows.height:
        # Remarks stand also where no heading says so; what the headings say tells of nobody.
        cells = rows["beyond"].str.replace_all(_HEADINGS_BEYOND, "")
        told = cells.str.contains("|".join(words.words_for("deceased")))
        findings.add(Reason.DECEASED, told | rows["beyond"].str.contains(_DAY_OF_DEATH))
        findings.add(Reason.GONE, cells.str.contains(words.gone_pattern()))


def judge_births(rows: pl.DataFrame, findings: Findings, context: RosterContext) -> None:
    """Note birth dates that do not exist, contradict the number, or cannot be a living person's."""
    written, from_number = rows["birth_on"], rows["id_birth_on"]
    problem, form = rows["birth_problem"], rows["birth_form"]
    numbered = from_number.is_not_null()
    if context.date_form is not None:
        other_form = written.is_not_null() & (form != context.date_form)
        findings.add(Fix.DATE_SERIAL, other_form & (form == "SERIAL"))
        findings.add(Fix.DATE_FORM, other_form & (form != "SERIAL"))
    findings.add(Reason.BIRTH_IMPOSSIBLE, problem == DateProblem.IMPOSSIBLE.value)
    missing = problem == DateProblem.MISSING.value
    partly = _partial_agrees(rows)
    agreeing = partly.fill_null(value=False) | _either_agrees(rows)
    contradicting = ~partly.fill_null(value=True)
    unreadable = (problem == DateProblem.UNREADABLE.value) & ~agreeing & ~contradicting
    findings.add(Reason.BIRTH_UNREADABLE, unreadable)
    findings.add(Reason.BIRTH_MISSING, missing & ~numbered)
    if "birth_on" in context.fields:
        findings.add(Fix.BIRTH_FROM_NUMBER, (missing & numbered) | agreeing)
    findings.add(
        Reason.BIRTH_DIFFERS, (written != from_number).fill_null(value=False) | contradicting
    )
    latest = rows.select(pl.max_horizontal("birth_on", "id_birth_on")).to_series()
    findings.add(Reason.BIRTH_IN_FUTURE, latest > context.reference_on)
    oldest = _years_before(context.reference_on, EXTREME_AGE)
    findings.add(Reason.AGE_EXTREME, from_number.fill_null(written) <= oldest)


def _years_before(day: date, years: int) -> date:
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - years, day=28 if leap_day else day.day)


def _partial_agrees(rows: pl.DataFrame) -> pl.Series:
    """Whether the year, or year and month, is the number's; null where either lacks."""
    if rows["birth_part"].null_count() == rows.height:
        return pl.repeat(None, n=rows.height, dtype=pl.Boolean, eager=True)
    born = pl.col("id_birth_on").dt.strftime("%Y-%m-%d")
    return rows.select(born.str.starts_with(pl.col("birth_part"))).to_series()


def _either_agrees(rows: pl.DataFrame) -> pl.Series:
    """Where 11/12/1981 may be either of two days and the number's birth date is one of them."""
    unclear = rows["birth_form"] == "AMBIGUOUS"
    if not unclear.any():
        return unclear
    parts = pl.col("birth_text").str.extract_all("[0-9]+").list
    born = pl.col("id_birth_on")
    first, second, year = (parts.get(at, null_on_oob=True).cast(pl.Int32) for at in range(3))
    month, day = born.dt.month().cast(pl.Int32), born.dt.day().cast(pl.Int32)
    forms = set(rows["birth_form"].unique())
    day_first, month_first = (first == day) & (second == month), (first == month) & (second == day)
    # Where other dates of the file show one order, that is how its writer writes.
    if "DAY_FIRST" in forms and "MONTH_FIRST" not in forms:
        order = day_first
    elif "MONTH_FIRST" in forms and "DAY_FIRST" not in forms:
        order = month_first
    else:
        order = day_first | month_first
    agrees = (year == born.dt.year()) & order
    return rows.select((unclear & agrees).fill_null(value=False)).to_series()


def judge_sexes(rows: pl.DataFrame, findings: Findings, context: RosterContext) -> None:
    """Note where the sex contradicts the number, or had to be taken from it."""
    written, from_number = rows["sex_written"], rows["id_sex"]
    findings.add(Reason.SEX_DIFFERS, written != from_number)
    if "sex" in context.fields:
        findings.add(Fix.SEX_FROM_NUMBER, written.is_null() & from_number.is_not_null())
        findings.add(Reason.SEX_UNREADABLE, written.is_null() & from_number.is_null())


def judge_payments(rows: pl.DataFrame, findings: Findings, context: RosterContext) -> None:
    """Note payments not shown although due, and rows about another year or scheme."""
    if context.amounts_due and "amount" in context.fields:
        # A telephone number that slipped into the column is no payment.
        findings.add(Reason.AMOUNT_UNREADABLE, rows["amount"] > LARGEST_CONTRIBUTION)
        unreadable = findings.having([Reason.AMOUNT_UNREADABLE])
        exempt = rows["special_group_code"].is_in(sorted(context.exempt_groups))
        unpaid = rows["amount"].is_null() | _zero_doubted(rows, context)
        missing = unpaid & ~unreadable & ~exempt.fill_null(value=False)
        shared = paid_with_household(rows, is_habit=context.dues_with_household)
        findings.add(Fix.PAID_WITH_HOUSEHOLD, missing & shared)
        findings.add(Reason.AMOUNT_MISSING, missing & ~shared)
    findings.add(Reason.YEAR_OTHER, rows["year"] != context.year)
    findings.add(Reason.SCHEME_OTHER, rows["scheme_code"] != context.scheme.insutype)
    findings.add(Reason.BEGIN_UNREADABLE, rows["begins_problem"] != DateProblem.MISSING.value)


def _zero_doubted(rows: pl.DataFrame, context: RosterContext) -> pl.Series:
    """Where a contribution of 0 is written for a person who belongs to a group that pays.

    Written out, 0 says that nothing is due; where the roster names no groups, or names this one by
    a code of its own, nothing speaks against it.
    """
    zero = (rows["amount"] == 0).fill_null(value=False)
    if "special_group" not in context.fields:
        return zero & False
    unknown = rows["special_group"].is_not_null() & rows["special_group_code"].is_null()
    return zero & ~unknown


def judge_cells(rows: pl.DataFrame, findings: Findings, context: RosterContext) -> None:
    """Note what the reader of the file reported, and households taken from the row above."""
    if "filled" in rows.columns:
        findings.add(
            Fix.HOUSEHOLD_FILLED,
            _mentions(rows["filled"], "household_no") | _mentions(rows["filled"], "head_name"),
        )
    if context.doubtful_sheets:
        findings.add(Reason.COLUMN_DOUBTFUL, rows["sheet"].is_in(sorted(context.doubtful_sheets)))
    if "reading_problems" not in rows.columns:
        return
    problems = rows["reading_problems"]
    findings.add(Fix.CELL_NUL, _mentions(problems, "NUL_BYTE"))
    for code, reason in _READING_REASONS.items():
        findings.add(reason, _mentions(problems, code))


def _mentions(codes: pl.Series, code: str) -> pl.Series:
    """Whether each list of codes holds the code."""
    return codes.list.contains(code)
