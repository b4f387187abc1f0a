"""What enrollment hands out as files: the outcome of every roster row, the pairs to decide."""

from pathlib import Path

from django.db import connection

#: Outcomes under the names of the exchange format.
RECORDS = """
    SELECT file.name AS file, coalesce(sheet.sheet_name, '') AS sheet, staged.row_no AS "row",
           CASE staged.outcome WHEN 'ACCEPTED' THEN 'accept' WHEN 'FIXED' THEN 'fix'
                               WHEN 'REVIEW' THEN 'review' ELSE 'reject' END AS outcome,
           array_to_string(staged.reasons, ';') AS reasons,
           coalesce(link.person_id::text, '') AS person_id
    FROM enrollment_rosterrow staged
    JOIN enrollment_rosterbatch batch
      ON batch.id = staged.batch_id AND batch.state NOT IN ('CANCELLED', 'UNDONE')
    JOIN enrollment_rosterfile file ON file.id = staged.file_id
    LEFT JOIN enrollment_rosterlink link
           ON link.row_id = coalesce(staged.stands_by_id, staged.id)
    LEFT JOIN LATERAL jsonb_to_recordset(file.layout -> 'sheets')
              AS sheet(sheet int, sheet_name text) ON sheet.sheet = staged.sheet
    WHERE staged.outcome <> 'NOT_RECORD'
    ORDER BY file.name, staged.sheet, staged.row_no
"""
PAIRS = """
    SELECT file_a.name AS file_a, coalesce(sheet_a.sheet_name, '') AS sheet_a,
           a.row_no AS row_a,
           file_b.name AS file_b, coalesce(sheet_b.sheet_name, '') AS sheet_b,
           b.row_no AS row_b, pair.score, array_to_string(pair.evidence, ';') AS evidence
    FROM enrollment_candidatepair pair
    JOIN enrollment_rosterrow a ON a.id = pair.row_a_id
    JOIN enrollment_rosterfile file_a ON file_a.id = a.file_id
    JOIN enrollment_rosterrow b ON b.id = pair.row_b_id
    JOIN enrollment_rosterfile file_b ON file_b.id = b.file_id
    LEFT JOIN LATERAL jsonb_to_recordset(file_a.layout -> 'sheets')
              AS sheet_a(sheet int, sheet_name text) ON sheet_a.sheet = a.sheet
    LEFT JOIN LATERAL jsonb_to_recordset(file_b.layout -> 'sheets')
              AS sheet_b(sheet int, sheet_name text) ON sheet_b.sheet = b.sheet
    WHERE pair.state = 'OPEN' AND NOT file_a.withdrawn AND NOT file_b.withdrawn
    ORDER BY pair.score DESC, pair.id
"""


def export_outcomes(folder: Path) -> dict[str, int]:
    """`records.csv` and `review_pairs.csv` stand in the folder (UTF-8); returns their lines.

    One line per row that is a record: place, outcome, reason codes, and the number of the person's
    file where the row is certainly that person.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return {
        name: _write(query, folder / name)
        for name, query in (("records.csv", RECORDS), ("review_pairs.csv", PAIRS))
    }


def _write(query: str, path: Path) -> int:
    with connection.cursor() as cursor, path.open("wb") as file:
        with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)") as copy:
            for piece in copy:
                file.write(piece)
        return int(cursor.rowcount)
