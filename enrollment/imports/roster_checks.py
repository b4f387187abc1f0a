"""What only the whole roster can say of a row: disputed numbers, second listings, households."""

import polars as pl
import pyarrow as pa

from enrollment.imports.match import Columns, Workspace, columns_of, comparison, sql_step
from enrollment.rules.matching import CERTAIN_TIERS, LinkageModel
from enrollment.rules.words import relation_of

# GB/T 4761 codes of relations have two digits.
_RELATIONS = {f"{number:02}": relation_of(f"{number:02}") for number in range(100)}


def check_rosters(
    rows: Columns, *, workspace: Workspace, model: LinkageModel = CERTAIN_TIERS
) -> pl.DataFrame:
    """The rows that their own roster speaks against or that belong to an odd household.

    A roster is what one scheme and pooling area sent for one year, in however many files. One line
    per row concerned: `row_id`, `outcome` (`REVIEW`, or null where there are only notes),
    `reasons_added`, `notes`. The row that bears a number out keeps it; the first place of two stays
    accepted. The result does not depend on the order of rows. Raises `ColumnsMissing`.
    """
    with comparison(rows, workspace=workspace, model=model) as connection:
        connection.execute("SET VARIABLE within_roster = TRUE")
        connection.register("relation_sex", _sexes_of_relations())
        for step in ("match_holders", "roster_checks"):
            connection.execute(sql_step(step))
        return columns_of(connection, "FROM roster_check ORDER BY row_id")


def _sexes_of_relations() -> pa.Table:
    told = {
        code: relation.sex for code, relation in _RELATIONS.items() if relation and relation.sex
    }
    return pa.table(
        {"relation": list(told), "sex": [sex.value for sex in told.values()]},
        schema=pa.schema({"relation": pa.string(), "sex": pa.string()}),
    )
