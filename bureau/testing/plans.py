"""What a page asks of the database: how many statements, and by which plans.

A sequential scan over a big table is invisible on a small database and unbearable in a city.
"""

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connection


@dataclasses.dataclass
class Asked:
    """The statements that were sent meanwhile, with their values."""

    statements: list[tuple[str, Any]] = dataclasses.field(default_factory=list)

    @property
    def count(self) -> int:
        """How many there were, those that only mark transactions left out."""
        return len(self.statements)

    def scans(self, tables: Sequence[str]) -> list[str]:
        """Each sequential scan over one of the tables that the planner would do now."""
        found = []
        for statement, values in self.statements:
            if not any(table in statement for table in tables):
                continue
            for node in _walked(_plan(statement, values)):
                if node.get("Relation Name") in tables:
                    found.append(f"{node['Relation Name']}: {statement[:2000]}")
        return found


@contextlib.contextmanager
def asked() -> Iterator[Asked]:
    """Notes every statement of this connection."""
    found = Asked()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "SET ")):
            found.statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def _plan(statement: str, values: Any) -> dict[str, Any]:
    if not statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "INSERT", "DELETE")):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        answer = cursor.fetchone()[0]
    plans = json.loads(answer) if isinstance(answer, str) else answer
    return dict(plans[0]["Plan"])


def _walked(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The sequential scans of a plan that are expected to go on for long.

    One that a limit is expected to end before a quarter is read is none.
    """
    if plan.get("Node Type") == "Seq Scan":
        yield plan
    inner = [node for part in plan.get("Plans", ()) for node in _walked(part)]
    if plan.get("Node Type") == "Limit":
        inner = [node for node in inner if plan["Total Cost"] > node["Total Cost"] / 4]
    yield from inner
