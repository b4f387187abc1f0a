"""Columns go in and out whole, and pieces are read ahead in order."""

import datetime
import itertools
from collections.abc import Iterator
from decimal import Decimal

import polars as pl
import pytest
from django.db import connection

from bureau.core import bulk

pytestmark = pytest.mark.django_db


@pytest.fixture
def table() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE things (number bigint, word text, words text[], day date,"
            " amount numeric(18,2), flag boolean) ON COMMIT DROP"
        )
    return "things"


def test_every_kind_of_value_comes_back_as_it_went_in(table: str) -> None:
    frame = pl.DataFrame(
        {
            "number": [1, 2, 3],
            "word": ['a,"b"\n\\', None, ""],
            "words": [["A", 'B"\\,{}'], [], ["x"]],
            "day": [datetime.date(2019, 2, 28), None, None],
            "amount": [Decimal("1.20"), None, Decimal("-0.01")],
            "flag": [True, False, None],
        }
    )
    assert bulk.copy_frame(connection, table, frame) == 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM things ORDER BY number")
        assert cursor.fetchall() == frame.rows()


def test_a_query_with_parameters_becomes_columns(table: str) -> None:
    bulk.copy_frame(connection, table, pl.DataFrame({"number": [1, 2], "word": ["", None]}))
    found = bulk.read_frame(
        connection,
        "SELECT number, word FROM things WHERE number >= %(least)s ORDER BY number",
        {"least": 1},
        {"number": pl.Int64, "word": pl.String},
    )
    assert found.rows() == [(1, ""), (2, None)]


def test_no_rows_are_an_empty_frame(table: str) -> None:
    found = bulk.read_frame(connection, "SELECT number FROM things", {}, {"number": pl.Int64})
    assert found.schema == {"number": pl.Int64}
    assert found.is_empty()
    assert bulk.copy_frame(connection, table, found) == 0


def test_pieces_read_ahead_come_in_order() -> None:
    assert list(bulk.read_ahead(iter(range(1000)))) == list(range(1000))


def test_an_error_while_reading_ahead_reaches_the_caller_after_the_good_pieces() -> None:
    def pieces() -> Iterator[int]:
        yield 1
        raise LookupError("gone")

    came = []
    with pytest.raises(LookupError, match="gone"):
        came.extend(bulk.read_ahead(pieces()))
    ahead = bulk.read_ahead(pieces())
    assert next(ahead) == 1


def test_leaving_early_stops_the_reading() -> None:
    made = itertools.count()
    ahead = bulk.read_ahead(made)
    assert [next(ahead) for _piece in range(3)] == [0, 1, 2]
    ahead.close()
    assert next(made) <= 6


def test_a_long_answer_is_files_of_columns_that_say_the_same(table, tmp_path, monkeypatch) -> None:
    kinds = {"number": pl.Int64, "word": pl.String, "day": pl.Date}
    frame = pl.DataFrame(
        {
            "number": range(500),
            "word": [['two\nlines, "said"', "", None, "县"][number % 4] for number in range(500)],
            "day": [datetime.date(2019, 2, 28), None] * 250,
        },
        schema_overrides=kinds,
    )
    bulk.copy_frame(connection, table, frame)
    monkeypatch.setattr(bulk, "ANSWER_BYTES", 1000)
    query = "SELECT number, word, day FROM things WHERE number >= %(least)s ORDER BY number"
    folder = bulk.read_parquet(connection, query, {"least": 0}, kinds, tmp_path / "all")
    files = sorted(folder.iterdir())
    assert len(files) > 5
    assert pl.concat(pl.read_parquet(file) for file in files).equals(frame)
    nothing = bulk.read_parquet(connection, query, {"least": 500}, kinds, tmp_path / "none")
    assert pl.read_parquet(nothing / "*.parquet").schema == kinds
