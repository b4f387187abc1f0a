"""Which decisions the roll does not show yet, and which it shows though they were taken back."""

import dataclasses
from collections.abc import Collection, Sequence
from typing import Final

from django.db import connection

WORK: Final = """
    SELECT 'DO', decision.id, decision.verdict, pair.row_a_id, pair.row_b_id
    FROM enrollment_decisionstep cleared
    JOIN enrollment_pairdecision decision ON decision.id = cleared.decision_id
    JOIN enrollment_candidatepair pair ON pair.id = decision.pair_id
    WHERE cleared.stage = 'CLEARED'
      AND NOT EXISTS (SELECT FROM enrollment_decisionstep done
                      WHERE done.decision_id = decision.id AND done.stage = 'CARRIED_OUT')
      AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo WHERE undo.decision_id = decision.id)
    UNION ALL
    SELECT 'UNDO', decision.id, decision.verdict, pair.row_a_id, pair.row_b_id
    FROM enrollment_decisionundo undo
    JOIN enrollment_pairdecision decision ON decision.id = undo.decision_id
    JOIN enrollment_candidatepair pair ON pair.id = decision.pair_id
    JOIN enrollment_decisionstep done
      ON done.decision_id = decision.id AND done.stage = 'CARRIED_OUT'
    WHERE NOT EXISTS (SELECT FROM enrollment_decisionstep back
                      WHERE back.decision_id = decision.id AND back.stage = 'REVERTED')
      -- What was decided about double enrollment because these are one person goes first.
      AND NOT EXISTS (
          SELECT FROM enrollment_rosterlink a
          JOIN enrollment_rosterlink b
            ON b.row_id = pair.row_b_id AND b.person_id = a.person_id
          JOIN enrollment_doublecase double_case
            ON double_case.person_id = a.person_id
           AND double_case.state IN ('SUBMITTED', 'DECIDED', 'CONTESTED')
          WHERE a.row_id = pair.row_a_id)
    UNION ALL
    -- Rows that waited when they were said to be one person, of which one has a file now and the
    -- other may follow.
    SELECT 'FOLLOW', decision.id, decision.verdict, pair.row_a_id, pair.row_b_id
    FROM enrollment_decisionstep done
    JOIN enrollment_pairdecision decision ON decision.id = done.decision_id
    JOIN enrollment_candidatepair pair ON pair.id = decision.pair_id
    LEFT JOIN enrollment_rosterlink a ON a.row_id = pair.row_a_id
    LEFT JOIN enrollment_rosterlink b ON b.row_id = pair.row_b_id
    WHERE done.stage = 'CARRIED_OUT' AND done.facts ->> 'outcome' = 'REMEMBERED'
      AND a.person_id IS DISTINCT FROM b.person_id
      -- A row for which another edition's row stands follows nobody: that one is covered.
      AND NOT EXISTS (SELECT FROM enrollment_rosterrow stood
                      WHERE stood.id IN (pair.row_a_id, pair.row_b_id)
                        AND stood.stands_by_id IS NOT NULL)
      AND NOT EXISTS (SELECT FROM enrollment_decisionundo undo WHERE undo.decision_id = decision.id)
      AND EXISTS (SELECT FROM enrollment_bundleddecision line
                  WHERE line.decision_id = decision.id AND line.state = 'APPROVED')
"""


@dataclasses.dataclass(frozen=True)
class Work:
    """One decision and what is to be done with it: DO, UNDO or FOLLOW."""

    what: str
    decision: int
    verdict: str
    row_a: int
    row_b: int


def work_waiting(limit: int, *, without: Collection[int] = ()) -> list[Work]:
    """Decisions that the roll does not show yet, the oldest first; `without` those named."""
    return _work("NOT (work.decision_id = ANY (%(numbers)s))", numbers=list(without), limit=limit)


def still_waiting(work: Sequence[Work]) -> list[Work]:
    """Those of the work that nobody has done or made needless meanwhile."""
    numbers = [one.decision for one in work]
    found = _work("work.decision_id = ANY (%(numbers)s)", numbers=numbers, limit=len(numbers) * 2)
    return [one for one in found if one in work]


def _work(condition: str, *, numbers: list[int], limit: int) -> list[Work]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({WORK}) work(what, decision_id, verdict, row_a, row_b)"  # noqa: S608
            f" WHERE {condition} ORDER BY 2, 1 LIMIT {limit:d}",
            {"numbers": numbers},
        )
        return [Work(*line) for line in cursor.fetchall()]
