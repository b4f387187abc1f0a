"""What two versions of the linkage model make of the same rows, and of pairs that clerks decided.

No database of the portal and no Django here, as in `match`: numbers of rows come in and go out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from enrollment.imports.learn import REVIEWED_COLUMNS
from enrollment.imports.match import (
    APART_COLUMNS,
    STEPS,
    Columns,
    Workspace,
    columns_of,
    comparison,
    give,
    sql_step,
)
from enrollment.rules.matching import LinkageModel

#: Steps of one judgement, for telling how far it is.
STEPS_OF_ONE: Final = len(STEPS) + 2
#: Examples that are named of each kind of change.
MOST_EXAMPLES: Final = 8
#: What may change from version to version.
CHANGES: Final = (
    "LINK_GAINED", "LINK_LOST", "LINK_ELSEWHERE", "ASKED_GAINED", "ASKED_LOST", "VETO_GAINED",
    "VETO_LOST",
)  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """What one version makes of the rows.

    `linked` (`row_id, cluster`): rows linked by their evidence, and the smallest row of those they
    are linked with; `asked` and `held` (`row_a, row_b`): pairs that a clerk would be asked about,
    and those that a veto keeps from being asked or linked; `reviewed` (`pair, same, told`).
    """

    records: int
    certain: int
    linked: pl.DataFrame
    asked: pl.DataFrame
    held: pl.DataFrame
    reviewed: pl.DataFrame

    def counts(self) -> dict[str, int]:
        return {
            "certain": self.certain,
            "linked": self.linked.height,
            "asked": self.asked.height,
            "held": self.held.height,
        }


def judge(
    rows: Columns,
    *,
    model: LinkageModel,
    apart: Columns | None = None,
    reviewed: Columns | None = None,
    workspace: Workspace,
    told: Callable[[], None] = lambda: None,
) -> Judgement:
    """What the version makes of the rows as if all were linked anew.

    `reviewed` has `learn.REVIEWED_COLUMNS`; those are judged by their own evidence alone, without
    what clerks said and without the lead over others. `told` is called after each step.
    """
    with comparison(rows, workspace=workspace, model=model) as connection:
        give(connection, "given_apart", apart, APART_COLUMNS)
        give(connection, "given_reviewed", reviewed, REVIEWED_COLUMNS)
        connection.execute("SET VARIABLE within_roster = FALSE")
        for step in (*STEPS, "trial_weigh", "trial_reviewed"):
            connection.execute(sql_step(step))
            told()
        counted = columns_of(
            connection,
            "SELECT (SELECT count(*) FROM record) AS records,"
            " (SELECT count(*) FROM link WHERE tier IS NOT NULL AND tier <> 'PROBABLE') AS certain",
        )
        return Judgement(
            records=int(counted["records"].item()),
            certain=int(counted["certain"].item()),
            linked=columns_of(
                connection,
                "SELECT row_id, cluster FROM link WHERE tier = 'PROBABLE' ORDER BY row_id",
            ),
            asked=_pairs(connection, "pair", "row_a, row_b", "row_b IS NOT NULL"),
            held=_pairs(
                connection,
                "told_pair",
                "row_id AS row_a, other_row_id AS row_b",
                "held AND row_id IS NOT NULL AND other_row_id IS NOT NULL",
            ),
            reviewed=columns_of(connection, "SELECT pair, same, told FROM judged ORDER BY pair"),
        )


def _pairs(connection: Any, table: str, columns: str, condition: str) -> pl.DataFrame:
    # Tables, columns and conditions are this module's own.
    return columns_of(
        connection,
        f"SELECT DISTINCT least(row_a, row_b) AS row_a, greatest(row_a, row_b) AS row_b"  # noqa: S608
        f" FROM (SELECT {columns} FROM {table} WHERE {condition}) ORDER BY ALL",
    )


def differences(before: Judgement, after: Judgement) -> dict[str, dict[str, Any]]:
    """How many links, questions and vetoes change, and some of each, by pairs of rows."""
    both = before.linked.join(after.linked, on="row_id", how="inner", suffix="_after")
    found = {
        "LINK_GAINED": _of_links(after.linked.join(before.linked, on="row_id", how="anti")),
        "LINK_LOST": _of_links(before.linked.join(after.linked, on="row_id", how="anti")),
        "LINK_ELSEWHERE": both.filter(pl.col("cluster") != pl.col("cluster_after")).select(
            pl.col("row_id").alias("row_a"), pl.col("cluster_after").alias("row_b")
        ),
        "ASKED_GAINED": after.asked.join(before.asked, on=["row_a", "row_b"], how="anti"),
        "ASKED_LOST": before.asked.join(after.asked, on=["row_a", "row_b"], how="anti"),
        "VETO_GAINED": after.held.join(before.held, on=["row_a", "row_b"], how="anti"),
        "VETO_LOST": before.held.join(after.held, on=["row_a", "row_b"], how="anti"),
    }
    return {
        "changes": {kind: found[kind].height for kind in CHANGES},
        "examples": {
            kind: [
                list(pair)
                for pair in found[kind].sort("row_a", "row_b").head(MOST_EXAMPLES).iter_rows()
            ]
            for kind in CHANGES
        },
    }


def _of_links(links: pl.DataFrame) -> pl.DataFrame:
    return links.select(pl.col("row_id").alias("row_a"), pl.col("cluster").alias("row_b"))


def reviewed_counts(judgement: Judgement) -> dict[str, dict[str, int]]:
    """Of the reviewed pairs of one person and of two, how many the version links, asks, passes."""
    return {
        word: {
            told: judgement.reviewed.filter(
                (pl.col("same") == same) & (pl.col("told") == told)
            ).height
            for told in ("LINKED", "ASKED", "APART")
        }
        for word, same in (("same", True), ("different", False))
    }
