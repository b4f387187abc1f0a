"""Identity numbers of whole columns: the arithmetic of `rules.identity` over polars series."""

from collections.abc import Mapping
from functools import partial

import polars as pl

from enrollment.choices import Fix, NumberState, Reason, Sex
from enrollment.imports.findings import Findings
from enrollment.rules import identity

_REGULAR = "^[0-9]{17}[0-9X]$"
_OLD = "^[0-9]{15}$"
_USABLE = [NumberState.VALID.value, NumberState.UPGRADED.value]
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def days_in_month(year: pl.Expr, month: pl.Expr) -> pl.Expr:
    """Number of days of a month of the Gregorian calendar; null if there is no such month."""
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    days = pl.when(month.is_in([4, 6, 9, 11])).then(30).when(month == 2).then(28 + leap)
    return pl.when(month.is_between(1, 12)).then(days.otherwise(31))


def date_from(year: pl.Expr, month: pl.Expr, day: pl.Expr, *, oldest: int = 1) -> pl.Expr:
    """Date of the parts; null where that day does not exist or is before the oldest year."""
    exists = (year >= oldest) & (day >= 1) & (day <= days_in_month(year, month))
    return pl.date(
        pl.when(exists).then(year), pl.when(exists).then(month), pl.when(exists).then(day)
    )


def decode_numbers(numbers: pl.Series) -> pl.DataFrame:
    """What 18-character numbers say: check_ok, area_ok, birth_on, sex; null for null.

    The text must have the form of 17 digits and a digit or X.
    """
    first17 = pl.col("first17")
    digit_sum = pl.sum_horizontal(
        first17 // 10 ** (16 - place) % 10 * weight for place, weight in enumerate(identity.WEIGHTS)
    )
    birth = first17 // 1000 % 10**8
    province = pl.col("number").str.slice(0, 2)
    return (
        numbers.alias("number")
        .to_frame()
        .with_columns(
            first17=pl.col("number").str.slice(0, 17).cast(pl.Int64, strict=False),
            last=pl.col("number").str.slice(17, 1).replace("X", "10").cast(pl.Int8, strict=False),
        )
        .select(
            check_ok=(12 - digit_sum % 11) % 11 == pl.col("last"),
            area_ok=province.is_in(sorted(identity.PROVINCES)) | province.str.starts_with("9"),
            birth_on=date_from(
                birth // 10000,
                birth // 100 % 100,
                birth % 100,
                oldest=identity.OLDEST_BIRTH_YEAR,
            ),
            sex=pl.when(first17 % 2 == 1)
            .then(pl.lit(Sex.MALE.value))
            .when(first17.is_not_null())
            .then(pl.lit(Sex.FEMALE.value)),
        )
    )


def upgrade_numbers(numbers: pl.Series) -> pl.Series:
    """15-digit numbers with the century 19 and the check character."""
    first17 = pl.concat_str(
        pl.col("old").str.slice(0, 6), pl.lit("19"), pl.col("old").str.slice(6, 9)
    )
    value = pl.col("first17").cast(pl.Int64)
    digit_sum = pl.sum_horizontal(
        value // 10 ** (16 - place) % 10 * weight for place, weight in enumerate(identity.WEIGHTS)
    )
    check = ((12 - digit_sum % 11) % 11).cast(pl.String).replace("10", "X")
    return (
        numbers.alias("old")
        .to_frame()
        .select(first17=first17)
        .select(pl.concat_str(pl.col("first17"), check))
        .to_series()
    )


def clean_numbers(raw: pl.Series, findings: Findings | None = None) -> pl.Series:
    """Numbers as `rules.identity.clean_number` makes them; empty becomes null."""
    odd = (~raw.str.contains(_REGULAR)).fill_null(value=False).arg_true()
    if not len(odd):
        return raw
    text = raw.gather(odd)
    note = partial(_note_changes, findings, odd)

    without_nul = text.str.replace_all("\0", "", literal=True)
    text = note(
        Fix.ID_INVISIBLE, without_nul.str.replace_all(f"[{identity.INVISIBLE}]", ""), without_nul
    )
    text = note(Fix.ID_WRAPPING, text.str.replace(r"^\t+", ""), text)
    text = note(Fix.ID_FULL_WIDTH, _folded(text, identity.FULL_WIDTH), text)
    text = note(Fix.ID_SPACES, text.str.replace_all(f"[{identity.SPACES}]+", ""), text)
    text = note(Fix.ID_WRAPPING, text.str.strip_chars(identity.WRAPPING), text)
    text = note(Fix.ID_WRAPPING, text.str.replace(f"^{identity.LABEL}", ""), text)
    text = _joined(text, note)
    cross = f"^([0-9]{{17}})[{identity.CROSSES}]$"
    text = note(Fix.ID_CHECK_CHARACTER, text.str.replace(cross, "${1}X"), text)
    cleaned = raw.scatter(odd, text)
    return cleaned.set(cleaned == "", None) if (text == "").any() else cleaned


def _note_changes(
    findings: Findings | None, odd: pl.Series, fix: Fix, after: pl.Series, before: pl.Series
) -> pl.Series:
    if findings is not None:
        findings.add_at(fix, odd.filter(after.ne_missing(before)))
    return after


def _folded(text: pl.Series, characters: Mapping[str, str]) -> pl.Series:
    wide = text.str.contains("[\uff01-\uff5e]").fill_null(value=False)
    if not wide.any():
        return text
    return text.str.replace_many(list(characters), list(characters.values()))


def _joined(text: pl.Series, note: partial[pl.Series]) -> pl.Series:
    """Text without separators where a number remains; else the text."""
    joined = text.str.replace_all(f"[{identity.SEPARATORS}]", "")
    remains = joined.str.contains(f"^(?:[0-9]{{15}}|[0-9]{{17}}[0-9X{identity.CROSSES}])$")
    return note(Fix.ID_SEPARATORS, joined.zip_with(remains.fill_null(value=False), text), text)


def read_numbers(raw: pl.Series, findings: Findings) -> pl.DataFrame:
    """Columns id_text, id_state, id_number, id_birth_on, id_sex, id_ends_000 and reason.

    The findings receive the repairs; the reason of a number that may not be used is left to the
    caller, who may find the number in another cell.
    """
    text = clean_numbers(raw, findings)
    zeroes = text.str.contains("^0+$").fill_null(value=False)
    regular = text.str.contains(_REGULAR).fill_null(value=False) & ~zeroes
    old = (text.str.contains(_OLD).fill_null(value=False) & ~zeroes).arg_true()
    candidate = text.set(~regular, None)
    if len(old):
        candidate = candidate.scatter(old, upgrade_numbers(text.gather(old)))
    rows = decode_numbers(candidate).with_columns(
        text=text,
        number=candidate,
        old=text.str.len_bytes() == 15,
        zeroes=candidate.str.ends_with("000"),
    )
    rows = rows.with_columns(reason=_reason(rows)).with_columns(state=_state())
    rows = _with_other_texts(rows)
    usable = pl.col("state").is_in(_USABLE)
    findings.add(Fix.ID_UPGRADED, rows["state"] == NumberState.UPGRADED.value)
    return rows.select(
        id_text=pl.col("text"),
        id_state=pl.col("state"),
        id_number=pl.when(usable).then("number"),
        id_birth_on=pl.when(usable).then("birth_on"),
        id_sex=pl.when(usable).then("sex"),
        id_ends_000=(usable & pl.col("zeroes")).fill_null(value=False),
        reason=pl.col("reason"),
    )


def _reason(rows: pl.DataFrame) -> pl.Series:
    """Reason against each 15- or 18-character number, null where it may be used."""
    old = pl.col("old")
    centenarian = pl.col("text").str.slice(12, 3).cast(pl.Int16, strict=False)
    return rows.select(
        pl.when(~pl.col("check_ok") & pl.col("zeroes"))
        .then(pl.lit(Reason.ID_ZEROES.value))
        .when(~pl.col("check_ok"))
        .then(pl.lit(Reason.ID_CHECK_FAILS.value))
        .when(pl.col("number").is_not_null() & pl.col("birth_on").is_null())
        .then(pl.lit(Reason.ID_DATE.value))
        .when(~pl.col("area_ok"))
        .then(pl.lit(Reason.ID_AREA.value))
        .when(old & (centenarian >= identity.CENTENARIAN_SEQUENCE))
        .then(pl.lit(Reason.ID_CENTENARIAN.value))
        .otherwise(pl.lit(None, dtype=pl.String))
    ).to_series()


def _state() -> pl.Expr:
    states = {
        Reason.ID_ZEROES.value: NumberState.MANGLED.value,
        Reason.ID_CHECK_FAILS.value: NumberState.BAD_CHECK.value,
        Reason.ID_DATE.value: NumberState.BAD_DATE.value,
        Reason.ID_CENTENARIAN.value: NumberState.BAD_DATE.value,
        Reason.ID_AREA.value: NumberState.BAD_AREA.value,
    }
    return (
        pl.when(pl.col("number").is_null())
        .then(pl.lit(None, dtype=pl.String))
        .when(pl.col("reason").is_not_null())
        .then(pl.col("reason").replace_strict(states, default=None, return_dtype=pl.String))
        .when("old")
        .then(pl.lit(NumberState.UPGRADED.value))
        .otherwise(pl.lit(NumberState.VALID.value))
    )


def _with_other_texts(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with state and reason of the texts that have not the form of a number."""
    missing = pl.col("text").is_null()
    rows = rows.with_columns(
        state=pl.when(missing).then(pl.lit(NumberState.MISSING.value)).otherwise("state"),
        reason=pl.when(missing).then(pl.lit(Reason.ID_MISSING.value)).otherwise("reason"),
    )
    other = rows["state"].is_null()
    if not other.any():
        return rows
    texts = rows["text"].filter(other).unique()
    judged = [identity.judged_text(text) for text in texts]
    states = dict(zip(texts, (state.value for state, _ in judged), strict=True))
    reasons = dict(zip(texts, (reason.value for _, reason in judged), strict=True))
    text = pl.col("text")
    return rows.with_columns(
        state=pl.when(other)
        .then(text.replace_strict(states, default=None, return_dtype=pl.String))
        .otherwise("state"),
        reason=pl.when(other)
        .then(text.replace_strict(reasons, default=None, return_dtype=pl.String))
        .otherwise("reason"),
    )
