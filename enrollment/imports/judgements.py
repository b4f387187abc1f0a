"""What people found right before is not asked again: rows whose values are the same go on."""

from typing import Final

from django.db import connection

from enrollment.choices.judged import MAY_BE_RIGHT
from enrollment.models import RosterBatch, RosterCorrection
from enrollment.selectors.judgements import KEY

_RECALL: Final = """
    WITH known AS (
        SELECT one.id, array_agg(DISTINCT code) AS codes
        FROM {table} one
        JOIN enrollment_rosterbatch batch ON batch.id = %(batch)s
        CROSS JOIN LATERAL unnest(one.reasons) code
        JOIN enrollment_rowjudgement judgement
          ON judgement.area_id = batch.area_id AND judgement.reason = code
         AND judgement.key = {key}
        WHERE {which} AND one.outcome = 'REVIEW' AND one.reasons && %(may)s
        GROUP BY one.id
    )
    UPDATE {table} one
    SET confirmed = ARRAY(SELECT DISTINCT code FROM unnest(one.confirmed || known.codes) code
                          ORDER BY code),
        reasons = ARRAY(SELECT code FROM unnest(one.reasons) code
                        WHERE code <> ALL (known.codes)),
        outcome = CASE WHEN NOT one.reasons <@ known.codes THEN one.outcome
                       WHEN cardinality(one.fixes) > 0 THEN 'FIXED' ELSE 'ACCEPTED' END
    FROM known WHERE known.id = one.id
"""
_ROWS: Final = _RECALL.format(
    table="enrollment_rosterrow", key=KEY, which="one.batch_id = %(batch)s AND NOT one.is_settled"
)
_LINES: Final = _RECALL.format(
    table="enrollment_correctedrow",
    key=KEY,
    which="one.correction_id = %(correction)s AND one.verdict IN ('NEW', 'CHANGED', 'WRONG')",
)


def recall_rows(batch: RosterBatch) -> int:
    """Rows of the roster whose problems were found right before go on; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"batch": batch.pk, "may": sorted(MAY_BE_RIGHT)})
        return int(cursor.rowcount)


def recall_lines(correction: RosterCorrection) -> None:
    """The same for lines of corrections."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LINES,
            {
                "batch": correction.batch_id,
                "correction": correction.pk,
                "may": sorted(MAY_BE_RIGHT),
            },
        )
