"""What stands on the roll, without the numbers that a database gives its rows: to compare runs."""

import hashlib

from django.db import connection

#: A row is known by its file's content and its place, a person by the first of its rows.
KEYS = """
CREATE TEMP VIEW row_key AS
    SELECT staged.id, file.sha256 || ':' || staged.sheet || ':' || staged.row_no AS key
    FROM enrollment_rosterrow staged JOIN enrollment_rosterfile file ON file.id = staged.file_id;
CREATE TEMP VIEW person_key AS
    SELECT link.person_id AS id, min(row_key.key) AS key
    FROM enrollment_rosterlink link JOIN row_key ON row_key.id = link.row_id
    GROUP BY link.person_id;
"""
CONTENT = {
    "rosters": """
        SELECT area.code, scheme, year, batch.state, rows_read, rows_accepted, rows_fixed,
               rows_review, rows_rejected, rows_not_record, amount_read, persons_created,
               rows_attached, pairs_found
        FROM enrollment_rosterbatch batch JOIN core_area area ON area.id = batch.area_id
    """,
    "files": "SELECT name, sha256, withdrawn, rows_loaded, is_loaded FROM enrollment_rosterfile",
    "rows": """
        SELECT row_key.key,
               (to_jsonb(staged) - '{id,batch_id,file_id,home_file_id,stands_by_id}'::text[])::text,
               former.key
        FROM enrollment_rosterrow staged JOIN row_key USING (id)
        LEFT JOIN row_key former ON former.id = staged.stands_by_id
    """,
    "links": """
        SELECT row_key.key, person_key.key, opens_file, holds_number, tier, score, evidence,
               telling.scheme, telling.year, telling_area.code
        FROM enrollment_rosterlink link
        JOIN row_key ON row_key.id = link.row_id JOIN person_key ON person_key.id = link.person_id
        LEFT JOIN enrollment_rosterbatch telling ON telling.id = link.told_by_id
        LEFT JOIN core_area telling_area ON telling_area.id = telling.area_id
    """,
    "pairs": """
        SELECT a.key, b.key, score, evidence, state
        FROM enrollment_candidatepair pair
        JOIN row_key a ON a.id = pair.row_a_id JOIN row_key b ON b.id = pair.row_b_id
    """,
    "persons": """
        SELECT person_key.key,
               (to_jsonb(person) - '{id,area_id,created_at,merged_into_id}'::text[])::text,
               area.code
        FROM enrollment_person person
        LEFT JOIN person_key USING (id) JOIN core_area area ON area.id = person.area_id
    """,
    "identifiers": """
        SELECT person_key.key, kind, number, issuer, period, row_key.key
        FROM enrollment_personidentifier identifier
        LEFT JOIN person_key ON person_key.id = identifier.person_id
        LEFT JOIN row_key ON row_key.id = identifier.source_row_id
    """,
    "households": """
        SELECT scheme, area.code, file.sha256, sheet, place, number, village, address
        FROM enrollment_household household JOIN core_area area ON area.id = household.area_id
        LEFT JOIN enrollment_rosterfile file ON file.id = household.file_id
    """,
    "members": """
        SELECT household.scheme, file.sha256, household.sheet, household.place,
               household.village, household.number, area.code, person_key.key, relation, period
        FROM enrollment_householdmember member
        JOIN enrollment_household household ON household.id = member.household_id
        LEFT JOIN enrollment_rosterfile file ON file.id = household.file_id
        JOIN core_area area ON area.id = household.area_id
        LEFT JOIN person_key ON person_key.id = member.person_id
    """,
    "spells": """
        SELECT person_key.key, scheme, area.code, period, state, reason, special_group,
               contribution_amount, row_key.key
        FROM enrollment_coveragespell spell JOIN core_area area ON area.id = spell.area_id
        LEFT JOIN person_key ON person_key.id = spell.person_id
        LEFT JOIN row_key ON row_key.id = spell.source_row_id
    """,
    "changed spells": """
        SELECT event.pgh_label, event.state, row_key.key
        FROM enrollment_coveragespellevent event
        LEFT JOIN row_key ON row_key.id = event.source_row_id
    """,
    "acts": """
        SELECT kind, count(*) FROM core_auditevent WHERE kind LIKE 'roster.%%' GROUP BY kind
    """,
    "roll": "SELECT revision, applying_batch_id FROM enrollment_roll",
}


#: What is on record of rosters that were withdrawn or undone is left out.
STANDING = {
    "rosters": CONTENT["rosters"] + " WHERE batch.state = 'APPLIED'",
    "rows": CONTENT["rows"]
    + """ JOIN enrollment_rosterbatch batch
            ON batch.id = staged.batch_id AND batch.state = 'APPLIED'""",
    # The score weighs how many people bear a name, which others' rosters change.
    "links": """
        SELECT row_key.key, person_key.key, opens_file, holds_number, tier, evidence,
               telling.scheme, telling.year, telling_area.code
        FROM enrollment_rosterlink link
        JOIN row_key ON row_key.id = link.row_id JOIN person_key ON person_key.id = link.person_id
        LEFT JOIN enrollment_rosterbatch telling ON telling.id = link.told_by_id
        LEFT JOIN core_area telling_area ON telling_area.id = telling.area_id
    """,
    "pairs": """
        SELECT a.key, b.key, evidence, pair.state
        FROM enrollment_candidatepair pair
        JOIN row_key a ON a.id = pair.row_a_id JOIN row_key b ON b.id = pair.row_b_id
        WHERE pair.state <> 'VOID'
    """,
    "persons": CONTENT["persons"] + " WHERE person.state <> 'UNDONE'",
    "identifiers": CONTENT["identifiers"],
    "households": CONTENT["households"],
    "members": CONTENT["members"],
    "spells": CONTENT["spells"] + " WHERE spell.state <> 'UNDONE'",
}


def standing() -> dict[str, list[str]]:
    """The lines of what stands on the roll, sorted."""
    return content(STANDING)


def content(queries: dict[str, str] = CONTENT) -> dict[str, list[str]]:
    """The lines of each table of the roll, sorted."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS)
        found = {}
        for name, query in queries.items():
            cursor.execute(f"SELECT t::text FROM ({query}) t")  # noqa: S608 (own SQL)
            found[name] = sorted(line for (line,) in cursor.fetchall())
        cursor.execute("DROP VIEW person_key; DROP VIEW row_key")
    return found


def fingerprint() -> dict[str, str]:
    """Count and digest of each table of the roll."""
    return {
        name: f"{len(lines)} {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:16]}"
        for name, lines in content().items()
    }


def differences(one: dict[str, list[str]], other: dict[str, list[str]]) -> list[str]:
    """Up to three lines of each table that stand in one only, or come more often there."""
    found = []
    for name in one:
        rest = list(other[name])
        missing = [line for line in one[name] if line not in rest or rest.remove(line)]
        found += [f"{name} - {line}" for line in missing[:3]]
        found += [f"{name} + {line}" for line in rest[:3]]
    return found
