"""Many rows at once: columns into a table and out of a query, by COPY, in the open transaction."""

import io
import queue
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

Piece = TypeVar("Piece")

#: Rows turned into text at a time, so that a large frame does not double in memory.
COPY_ROWS = 5_000
#: Bytes of a query's answer that are held before they become a file of columns.
ANSWER_BYTES = 32 * 1024**2


def copy_frame(connection: BaseDatabaseWrapper, table: str, frame: pl.DataFrame) -> int:
    """The frame's rows stand in the table, its columns under their names; returns how many.

    Lists become arrays. Raises the database's error when a row breaks a constraint: then none
    stands.
    """
    if frame.is_empty():
        return 0
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(sql.Identifier(name) for name in frame.columns),
    )
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    flat = frame.with_columns(_array_text(name) for name in lists)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in flat.iter_slices(COPY_ROWS):
            buffer = io.BytesIO()
            # An empty text is quoted, so that it is told from null.
            piece.write_csv(buffer, include_header=False, quote_style="non_numeric", null_value="")
            copy.write(buffer.getbuffer())
    return frame.height


def _array_text(name: str) -> pl.Expr:
    """A list of texts as PostgreSQL writes an array."""
    element = pl.element().cast(pl.String)
    quoted = pl.concat_str(
        pl.lit('"'),
        element.str.replace_all("\\", "\\\\", literal=True).str.replace_all(
            '"', '\\"', literal=True
        ),
        pl.lit('"'),
    )
    joined = pl.col(name).list.eval(quoted).list.join(",")
    return (
        pl.when(pl.col(name).list.len() == 0)
        .then(pl.lit("{}"))
        .otherwise(pl.concat_str(pl.lit("{"), joined, pl.lit("}")))
        .alias(name)
    )


def read_frame(
    connection: BaseDatabaseWrapper,
    query: str,
    parameters: Mapping[str, Any],
    schema: Mapping[str, Any],
) -> pl.DataFrame:
    """The query's rows as columns of the given kinds, in the query's order of columns.

    Lists arrive as texts joined by commas: select `array_to_string(column, ',')` for them.
    """
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        bound = cursor.cursor.mogrify(query, parameters) if parameters else query
        with cursor.copy(f"COPY ({bound}) TO STDOUT (FORMAT csv)") as copy:
            for piece in copy:
                buffer.write(piece)
    return _columns_of(buffer, schema)


def read_parquet(
    connection: BaseDatabaseWrapper,
    query: str,
    parameters: Mapping[str, Any],
    schema: Mapping[str, Any],
    folder: Path,
) -> Path:
    """The query's rows as Parquet files in the folder, which is made; returns the folder.

    However many rows there are, only one file's worth is in memory. At least one file is written,
    so that an empty answer has its columns too. Lists arrive as from `read_frame`.
    """
    folder.mkdir()
    for number, piece in enumerate(_answer(connection, query, parameters)):
        _columns_of(piece, schema).write_parquet(folder / f"{number:06}.parquet")
    return folder


def _answer(
    connection: BaseDatabaseWrapper, query: str, parameters: Mapping[str, Any]
) -> Iterator[io.BytesIO]:
    """The query's answer as CSV in pieces of whole rows; at least one, which may be empty."""
    buffer, given = io.BytesIO(), False
    with connection.cursor() as cursor:
        bound = cursor.cursor.mogrify(query, parameters) if parameters else query
        with cursor.copy(f"COPY ({bound}) TO STDOUT (FORMAT csv)") as copy:
            # One message of the server is one row (libpq, PQgetCopyData).
            for row in copy:
                buffer.write(row)
                if buffer.tell() >= ANSWER_BYTES:
                    yield buffer
                    buffer, given = io.BytesIO(), True
    if buffer.tell() or not given:
        yield buffer


def _columns_of(piece: io.BytesIO, schema: Mapping[str, Any]) -> pl.DataFrame:
    if not piece.tell():
        return pl.DataFrame(schema=dict(schema))
    piece.seek(0)
    return pl.read_csv(piece, has_header=False, schema=dict(schema))


def read_ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same pieces, the next one made in a thread while the caller stores the present one.

    At most two pieces are in memory. What making a piece raises is raised here; leaving early
    stops the thread behind the piece it is making. Making a piece must not use the database.
    """
    ready: queue.Queue[tuple[bool, Any]] = queue.Queue(maxsize=1)
    stop = threading.Event()

    def offer(more: bool, piece: Any) -> None:
        while not stop.is_set():
            try:
                ready.put((more, piece), timeout=0.2)
                return
            except queue.Full:
                continue

    def make() -> None:
        try:
            for piece in pieces:
                offer(True, piece)
                if stop.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 (whatever it is, the caller gets it)
            offer(False, error)
        else:
            offer(False, None)

    thread = threading.Thread(target=make, name="read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            more, piece = ready.get()
            if more:
                yield piece
            elif piece is not None:
                raise piece
            else:
                return
    finally:
        stop.set()
        thread.join()
