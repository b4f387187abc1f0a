"""Rows and persons as the comparison reads them, for the tests of checks and linkage."""

from datetime import date
from typing import Any

import polars as pl
from stdnum.cn import ric

WORD_FOR_SEX = {"MALE": 1, "FEMALE": 2}
ROW_SCHEMA = {
    "row_id": pl.Int64,
    "roster": pl.String,
    "file": pl.String,
    "sheet": pl.String,
    "row_no": pl.Int64,
    "id_number": pl.String,
    "id_text": pl.String,
    "id_state": pl.String,
    "id_suggestion": pl.String,
    "name_key": pl.String,
    "birth_on": pl.Date,
    "birth_part": pl.String,
    "sex": pl.String,
    "household_no": pl.String,
    "relation_code": pl.String,
    "area": pl.String,
    "phone": pl.String,
    "address": pl.String,
    "outcome": pl.String,
}
PERSON_SCHEMA = {
    "person_id": pl.Int64,
    "id_number": pl.String,
    "name_key": pl.String,
    "birth_on": pl.Date,
    "sex": pl.String,
    "phone": pl.String,
}
BORN = date(1980, 5, 17)


def number(born: date = BORN, sex: str = "FEMALE", serial: int = 1, area: str = "210281") -> str:
    """A valid identity number of someone born on a day; the serial is made to fit the sex."""
    digits = f"{area}{born:%Y%m%d}{serial * 2 + WORD_FOR_SEX[sex]:03}"
    return digits + ric.calc_check_digit(digits)


def row(row_id: int, roster: str = "NCMS210281", **changes: Any) -> dict[str, Any]:
    """A row in order, with a number of its own for each birth date and sex; changed as told."""
    born = changes.get("birth_on", BORN) or BORN
    sex = changes.get("sex", "FEMALE") or "FEMALE"
    own = number(born, sex)
    values = {
        "row_id": row_id,
        "roster": roster,
        "file": f"{roster}.csv",
        "sheet": "",
        "row_no": row_id,
        "id_number": own,
        "id_text": own,
        "id_state": "VALID",
        "id_suggestion": None,
        "name_key": "王淑芬",
        "birth_on": born,
        "birth_part": None,
        "sex": sex,
        "household_no": str(row_id),
        "relation_code": None,
        "area": roster[4:] or None,
        "phone": None,
        "address": None,
        "outcome": "ACCEPTED",
    }
    return {**values, **changes}


def without_number(state: str = "MISSING", text: str | None = None, **more: Any) -> dict[str, Any]:
    """What a row without a usable number has in the number's place."""
    return {"id_number": None, "id_text": text, "id_state": state, "outcome": "REVIEW", **more}


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """The rows as columns."""
    return pl.DataFrame(list(rows), schema=ROW_SCHEMA)


def waiting(*rows: dict[str, Any], placeable: bool = True) -> pl.DataFrame:
    """The rows as columns of rows that wait for nothing but to be known."""
    return frame(*rows).with_columns(placeable=pl.lit(placeable))


def person(person_id: int, **changes: Any) -> dict[str, Any]:
    """A person of the roll who is the same as an unchanged `row`."""
    values = {
        "person_id": person_id,
        "id_number": number(),
        "name_key": "王淑芬",
        "birth_on": BORN,
        "sex": "FEMALE",
        "phone": None,
    }
    return {**values, **changes}


def roll(*persons: dict[str, Any]) -> pl.DataFrame:
    """The persons as columns."""
    return pl.DataFrame(list(persons), schema=PERSON_SCHEMA)
