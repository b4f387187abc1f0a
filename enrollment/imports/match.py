"""Who is who: rows of rosters and persons of the roll compared set-based, in DuckDB over columns.

No database of the portal and no Django here: the caller reads the columns and stores the result.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import duckdb
import polars as pl
import pyarrow as pa

from enrollment.imports.readings import syllable
from enrollment.rules import names
from enrollment.rules.matching import CERTAIN_TIERS, LinkageModel, Veto

SQL: Final = Path(__file__).parent / "sql"
#: From records to links and pairs; up to `COMPARED` nothing depends on the model's weights.
COMPARED: Final = ("match_holders", "match_links", "match_blocks", "match_compare")
STEPS: Final = (*COMPARED, "match_weigh", "match_probable", "match_pairs")

#: Columns in memory, or a folder of Parquet files for what is too much to hold.
Columns: TypeAlias = pl.DataFrame | pa.Table | Path

ROW_COLUMNS: Final = MappingProxyType(
    {
        "row_id": "BIGINT",
        "roster": "VARCHAR",
        "file": "VARCHAR",
        "sheet": "VARCHAR",
        "row_no": "BIGINT",
        "id_number": "VARCHAR",
        "id_text": "VARCHAR",
        "id_state": "VARCHAR",
        "id_suggestion": "VARCHAR",
        "name_key": "VARCHAR",
        "birth_on": "DATE",
        "birth_part": "VARCHAR",
        "sex": "VARCHAR",
        "household_no": "VARCHAR",
        "relation_code": "VARCHAR",
        "area": "VARCHAR",
        "phone": "VARCHAR",
        "address": "VARCHAR",
        "outcome": "VARCHAR",
    }
)
#: A row that waits tells also whether it does for nothing but to be known, and nobody decides it.
WAITING_COLUMNS: Final = MappingProxyType({**ROW_COLUMNS, "placeable": "BOOLEAN"})
PERSON_COLUMNS: Final = MappingProxyType(
    {
        "person_id": "BIGINT",
        "id_number": "VARCHAR",
        "name_key": "VARCHAR",
        "birth_on": "DATE",
        "sex": "VARCHAR",
        "household_no": "VARCHAR",
        "area": "VARCHAR",
        "phone": "VARCHAR",
        "address": "VARCHAR",
    }
)
#: Two rows that a clerk called two people, with the persons of the roll they belong to.
APART_COLUMNS: Final = MappingProxyType(
    {"row_a": "BIGINT", "row_b": "BIGINT", "person_a": "BIGINT", "person_b": "BIGINT"}
)
_PLACED: Final = """
    SELECT row_id,
           CASE WHEN target[1] = 'R' THEN CAST(target[2:] AS BIGINT) END AS cluster,
           CASE WHEN target[1] = 'P' THEN CAST(target[2:] AS BIGINT) END AS person_id,
           score, reasons AS evidence
    FROM probable WHERE NOT fresh ORDER BY row_id
"""
#: Kinds of evidence, in the order in which they are told.
KINDS: Final = ("number", "name", "birth", "sex", "place", "twin")
_REQUIRED: Final = frozenset({"row_id", "person_id", "roster", "id_number", "name_key"})


class ColumnsMissing(ValueError):
    """The caller's columns lack what the comparison cannot do without."""


@dataclass(frozen=True)
class Workspace:
    """What a comparison may use: a directory for what does not fit, bytes of memory, threads."""

    directory: Path
    memory_bytes: int = 2 * 1024**3
    threads: int = 2


@dataclass(frozen=True)
class Linkage:
    """The result of a comparison.

    `links`: every new row that was not rejected, with `cluster` (the smallest `row_id` of those
    that are certainly one person, its own if alone), `person_id` of the roll if known, `tier` and
    `score` (null if alone), `evidence` codes, and `holds_number`: the row bears its number out and
    nobody disputes it.
    `pairs`: what a clerk is asked, likeliest first: `row_a` (the unsure one), `row_b` or
    `person_b`, `score` from 0 to 1, `bits`, and `reasons`, one code for each kind of evidence.
    `placed`: rows that waited and whose person the new rows tell: `row_id`, `cluster` of new rows
    or `person_id` of the roll, `score`, `evidence`.
    `findings`: new rows whose number another row or a person of the roll disputes: `row_id`,
    `reason`.
    `blocks_skipped`: keys shared by so many rows that they say nothing.
    """

    links: pl.DataFrame
    pairs: pl.DataFrame
    placed: pl.DataFrame
    findings: pl.DataFrame
    blocks_skipped: int
    model: str


def link_rows(
    rows: Columns,
    persons: Columns | None = None,
    *,
    waiting: Columns | None = None,
    apart: Columns | None = None,
    workspace: Workspace,
    model: LinkageModel = CERTAIN_TIERS,
) -> Linkage:
    """The rows that are certainly one person, with each other and with the roll, and who may be.

    `rows` has `ROW_COLUMNS` of all rosters that are to be linked; `persons` has `PERSON_COLUMNS`,
    one line for each number or name that a person of the roll has or had; `waiting` has the rows of
    rosters applied before that nobody could link. Those are offered for the new rows and are not
    compared among themselves again; those that are `placeable` are placed where the new rows leave
    no other person, as if all rosters had come at once. `apart` has `APART_COLUMNS`: those are
    never linked by the score of their evidence. Optional columns may lack. The result does not
    depend on the order of rows. Raises `ColumnsMissing`.
    """
    with comparison(rows, persons, waiting=waiting, workspace=workspace, model=model) as connection:
        give(connection, "given_apart", apart, APART_COLUMNS)
        connection.execute("SET VARIABLE within_roster = FALSE")
        for step in STEPS:
            connection.execute(sql_step(step))
        return Linkage(
            links=columns_of(connection, "FROM link ORDER BY row_id"),
            pairs=columns_of(
                connection, "FROM pair ORDER BY score DESC, bits DESC, row_a, row_b, person_b"
            ),
            placed=columns_of(connection, _PLACED),
            findings=columns_of(
                connection,
                "SELECT row_id, reason FROM finding WHERE reason <> 'LISTED_TWICE' ORDER BY ALL",
            ),
            blocks_skipped=int(columns_of(connection, "FROM block_skipped").item()),
            model=model.name,
        )


@contextlib.contextmanager
def comparison(
    rows: Columns,
    persons: Columns | None = None,
    *,
    waiting: Columns | None = None,
    workspace: Workspace,
    model: LinkageModel,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection of its own in which the table `record` and the model's terms stand."""
    workspace.directory.mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {
        "memory_limit": f"{workspace.memory_bytes // 1024**2}MiB",
        "temp_directory": str(workspace.directory),
        "threads": workspace.threads,
        "preserve_insertion_order": False,
        # Nothing is to be fetched or loaded while personal data are open.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(":memory:", config=settings) as connection:
        give(connection, "given_row", rows, WAITING_COLUMNS)
        give(connection, "given_waiting", waiting, WAITING_COLUMNS)
        give(connection, "given_person", persons, PERSON_COLUMNS)
        _tell_terms(connection, model)
        connection.register("name_sound", _sounds(connection))
        connection.execute(sql_step("match_records"))
        connection.execute("SET VARIABLE records = (SELECT count(*) FROM record)")
        yield connection


def sound_of(written: pl.Series) -> pl.Series:
    """The names as they sound, without tones: every Chinese character as its syllable."""
    characters = written.str.split("").explode().drop_nulls().unique().to_list()
    syllables = {character: syllable(character) for character in characters if len(character) == 1}
    table = {
        ord(character): f"{syllable} "
        for character, syllable in syllables.items()
        if syllable != character
    }
    return pl.Series(
        "sound",
        [None if name is None else name.translate(table).strip() for name in written],
        dtype=pl.String,
    )


def _sounds(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    written = columns_of(
        connection,
        "SELECT DISTINCT name_key AS name FROM "
        "(SELECT name_key FROM given_row UNION ALL SELECT name_key FROM given_waiting "
        "UNION ALL SELECT name_key FROM given_person) "
        "WHERE name_key IS NOT NULL",
    )
    return written.with_columns(sound_of(written["name"])).to_arrow()


def give(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    columns: Columns | None,
    wanted: MappingProxyType[str, str],
) -> None:
    """A view of the caller's columns in their kinds; empty where there are none."""
    if columns is None:
        columns = pl.DataFrame(schema=dict.fromkeys(wanted, pl.Null))
    source = f"{view}_source"
    if isinstance(columns, Path):
        files = connection.read_parquet(str(columns / "*.parquet"))
        files.create_view(source)
        given = files.columns
    else:
        table = columns.to_arrow() if isinstance(columns, pl.DataFrame) else columns
        connection.register(source, table)
        given = table.column_names
    missing = [name for name in wanted if name in _REQUIRED and name not in given]
    if missing:
        raise ColumnsMissing(f"{view}: {', '.join(missing)}")
    expressions = ", ".join(
        f"CAST({name if name in given else 'NULL'} AS {kind}) AS {name}"
        for name, kind in wanted.items()
    )
    # Names of columns and their kinds come from the tables above alone.
    connection.execute(
        f"CREATE TEMP VIEW {view} AS SELECT {expressions} FROM {source}"  # noqa: S608
    )


def _tell_terms(connection: duckdb.DuckDBPyConnection, model: LinkageModel) -> None:
    """The model's figures as variables, its weights as a table, its vetoes as a macro."""
    for name in (
        "prior_bits",
        "link_from_bits",
        "lead_bits",
        "offer_from",
        "offers_per_row",
        "offer_within_bits",
        "issued_twice_score",
        "holders_limit",
        "block_limit",
    ):
        connection.execute(f"SET VARIABLE {name} = {getattr(model, name)}")
    connection.execute("SET VARIABLE lost = $pattern", {"pattern": f"[{names.LOST}]"})
    weights: dict[str, float] = {code.value: bits for code, bits in model.bits.items()}
    weights |= {code.value: bits for code, bits in model.name_bits.items()}
    scores = {tier.value: score for tier, score in model.tier_scores.items()}
    connection.register("weight", _table_of(weights, "evidence", "bits"))
    connection.register("tier_score", _table_of(scores, "tier", "score"))
    for macro, asks in (("vetoed", False), ("never_linked", True)):
        told = (_veto_sql(veto) for veto in model.vetoes if veto.asks == asks)
        vetoes = " OR ".join(told) or "FALSE"
        kinds = ", ".join(f"{kind}_is" for kind in KINDS)
        connection.execute(f"CREATE OR REPLACE TEMP MACRO {macro}({kinds}) AS ({vetoes})")


def _veto_sql(veto: Veto) -> str:
    terms = []
    for kind in KINDS:
        codes = sorted(code.value for code in getattr(veto, kind))
        listed = ", ".join(f"'{code}'" for code in codes)
        terms.append(f"{kind}_is IN ({listed})")
    return f"({' AND '.join(terms)})"


def _table_of(figures: dict[str, float], code: str, figure: str) -> pa.Table:
    kinds = pa.schema({code: pa.string(), figure: pa.float64()})
    return pa.table({code: list(figures), figure: list(figures.values())}, schema=kinds)


def columns_of(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    """The answer to a query, as columns."""
    answer: pl.DataFrame = connection.sql(query).pl()
    return answer


def sql_step(step: str) -> str:
    return (SQL / f"{step}.sql").read_text(encoding="utf-8")
