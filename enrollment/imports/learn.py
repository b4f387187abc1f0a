"""Counting what the weights of a linkage model are estimated from, over the rolls themselves."""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Final

import duckdb

from enrollment.imports.match import COMPARED, Columns, Workspace, comparison, give, sql_step
from enrollment.rules.estimation import KINDS, Counts, Pattern
from enrollment.rules.matching import (
    BirthEvidence,
    Evidence,
    LinkageModel,
    NumberEvidence,
    PlaceEvidence,
)

#: Pairs drawn to see how often two people agree by chance.
SAMPLED: Final = 400_000
#: Pairs of rows that clerks decided.
REVIEWED_COLUMNS: Final = MappingProxyType(
    {"pair": "BIGINT", "row_a": "BIGINT", "row_b": "BIGINT", "same": "BOOLEAN"}
)
_COLUMNS: Final = (
    "number_evidence", "name_evidence", "birth_evidence", "sex_evidence", "place_evidence",
)  # fmt: skip


def counts_of(
    rows: Columns,
    *,
    workspace: Workspace,
    model: LinkageModel,
    decided: Columns | None = None,
    sampled: int = SAMPLED,
    told: Callable[[], None] = lambda: None,
) -> Counts:
    """What is there to learn from the rows of several rolls: candidate pairs, chance agreement.

    The weights of `model` play no part, only its limits. The same rows give the same counts.
    `decided` has `REVIEWED_COLUMNS`: what clerks said of pairs. `told` is called after each step.
    """
    with comparison(rows, workspace=workspace, model=model) as connection:
        connection.execute("SET VARIABLE within_roster = FALSE")
        for step in COMPARED:
            connection.execute(sql_step(step))
            told()
        pairs = _patterns(connection, "unsure OR other_unsure")
        known = _decided(connection, decided)
        connection.execute(f"SET VARIABLE sampled = {int(sampled)}")
        connection.execute(sql_step("learn_samples"))
        different = _values_of(connection, "random_pair")
        by_day = _values_of(connection, "same_day_pair")
        _count_rare(connection, different)
        asked = connection.execute("SELECT count(*) FROM asker").fetchone()
    numbers: dict[Evidence, float] = {value: by_day.get(value, 0.0) for value in NumberEvidence}
    return Counts(pairs, {**different, **numbers}, int(asked[0]) if asked else 0, known)


def _decided(
    connection: duckdb.DuckDBPyConnection, decided: Columns | None
) -> dict[Pattern, tuple[float, float]]:
    """How many of the reviewed pairs of each pattern are one person, and how many are two."""
    give(connection, "given_reviewed", decided, REVIEWED_COLUMNS)
    # Columns are this module's own.
    found = connection.execute(
        f"SELECT {', '.join(_COLUMNS)}, count(*) FILTER (same), count(*) FILTER (NOT same)"  # noqa: S608
        " FROM compared JOIN given_reviewed ON least(row_a, row_b) = least(row_id, other_row_id)"
        " AND greatest(row_a, row_b) = greatest(row_id, other_row_id)"
        " WHERE unsure OR other_unsure GROUP BY ALL"
    ).fetchall()
    return {_pattern(line[: len(KINDS)]): (float(line[-2]), float(line[-1])) for line in found}


def _pattern(codes: Sequence[str]) -> Pattern:
    return tuple(kind(code) for kind, code in zip(KINDS, codes, strict=True))  # type: ignore[return-value]


def _patterns(connection: duckdb.DuckDBPyConnection, condition: str) -> dict[Pattern, float]:
    # Conditions and columns are this module's own.
    found = connection.execute(
        f"SELECT {', '.join(_COLUMNS)}, count(*) FROM compared WHERE {condition} GROUP BY ALL"  # noqa: S608
    ).fetchall()
    return {_pattern(line[:-1]): float(line[-1]) for line in found}


def _values_of(connection: duckdb.DuckDBPyConnection, sample: str) -> dict[Evidence, float]:
    """How often each value shows among the sampled pairs."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS FROM {sample}")
    connection.execute(sql_step("match_compare"))
    counted: dict[Evidence, float] = {}
    for pattern, n in _patterns(connection, "TRUE").items():
        for value in pattern:
            counted[value] = counted.get(value, 0.0) + n
    return counted


def _count_rare(connection: duckdb.DuckDBPyConnection, different: dict[Evidence, float]) -> None:
    """Rare agreements counted whole take the place of the sample's, on the sample's scale."""
    found = connection.execute(
        "SELECT evidence, pairs * (SELECT count(*) FROM compared)"
        " / greatest(getvariable('records') * (getvariable('records') - 1) / 2, 1)"
        " FROM chance_agreement"
    ).fetchall()
    for code, pairs in found:
        kind = BirthEvidence if code.startswith("BIRTH") else PlaceEvidence
        different[kind(code)] = float(pairs)
