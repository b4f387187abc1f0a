"""Statements of the integration proof.

In: `applied`, the rosters that stand on the roll; `files`; `areas` and `counties`, two lists that
give for each area the county-level area it lies in.
"""

ROWS_BY_FILE = """
    SELECT file_id, outcome, count(*) FROM enrollment_rosterrow
    WHERE file_id = ANY (%(files)s) GROUP BY file_id, outcome
"""
# Records for which a row of another edition of the same roster stands.
BY_EDITION = """
    SELECT batch_id, count(*) FROM enrollment_rosterrow
    WHERE batch_id = ANY (%(applied)s) AND stands_by_id IS NOT NULL
    GROUP BY batch_id
"""
LINKS_BY_ROSTER = """
    SELECT batch_id, count(*) FROM enrollment_rosterlink
    WHERE batch_id = ANY (%(applied)s) GROUP BY batch_id
"""
SPELLS = """
    SELECT link.batch_id, spell.area_id, spell.state, count(*)
    FROM enrollment_coveragespell spell
    JOIN enrollment_rosterlink link ON link.row_id = spell.source_row_id
    WHERE link.batch_id = ANY (%(applied)s)
    GROUP BY link.batch_id, spell.area_id, spell.state
"""
# The rows of people who have several, for the two statements after it.
LIST_SEVERAL = """
    CREATE TEMP TABLE listed ON COMMIT DROP AS
    WITH several AS MATERIALIZED (
        SELECT person_id FROM enrollment_rosterlink
        WHERE batch_id = ANY (%(applied)s)
        GROUP BY person_id HAVING count(*) > 1
    )
    SELECT link.person_id, link.row_id, link.batch_id, batch.scheme,
           spell.area_id, county.id AS county_id,
           CASE spell.state WHEN 'IN_FORCE' THEN 1 WHEN 'SUSPENDED' THEN 2
                            WHEN 'UNDER_REVIEW' THEN 3 WHEN 'DOUBLE' THEN 4 ELSE 5 END AS rank,
           lower(spell.period) AS begins_on
    FROM several
    JOIN enrollment_rosterlink link USING (person_id)
    JOIN enrollment_rosterbatch batch ON batch.id = link.batch_id
    JOIN enrollment_coveragespell spell ON spell.source_row_id = link.row_id
    JOIN unnest(%(areas)s::bigint[], %(counties)s::bigint[]) AS county(area_id, id)
      ON county.area_id = spell.area_id
    WHERE link.batch_id = ANY (%(applied)s);
    ANALYZE listed
"""
FORGET_SEVERAL = "DROP TABLE listed"
# Of several rows of a person one stands for the person: the one in force, else the next best.
FURTHER_ROWS = """
    WITH placed AS (
        SELECT batch_id, area_id, rank, row_number() OVER person AS place,
               first_value(batch_id) OVER person AS kept_batch,
               first_value(area_id) OVER person AS kept_area
        FROM listed
        WINDOW person AS (PARTITION BY person_id ORDER BY rank, begins_on, row_id)
    )
    SELECT kept_batch, kept_area, batch_id, area_id, count(*), count(*) FILTER (WHERE rank = 1)
    FROM placed WHERE place > 1
    GROUP BY kept_batch, kept_area, batch_id, area_id
"""
OVERLAPS = """
    WITH met AS (
        SELECT DISTINCT a.person_id,
               least(a.scheme, b.scheme) AS scheme_a, greatest(a.scheme, b.scheme) AS scheme_b,
               least(a.county_id, b.county_id) AS county_a,
               greatest(a.county_id, b.county_id) AS county_b
        FROM listed a JOIN listed b ON b.person_id = a.person_id AND b.row_id > a.row_id
    )
    SELECT scheme_a, scheme_b, county_a, county_b, count(DISTINCT person_id) FROM met
    GROUP BY GROUPING SETS ((scheme_a, scheme_b), (county_a, county_b))
"""
# A line that a clerk left out beside another one of the same person is a further row of theirs:
# nobody fell out by it. As `selectors.fallen.is_further_line` says it.
NOT_ON_ROLL = """
    WITH off_roll AS (
        SELECT staged.batch_id, staged.area_code,
               CASE WHEN 'LEFT_OUT' = ANY (staged.reasons) AND EXISTS (
                        SELECT 1 FROM enrollment_rosterrow other
                        WHERE other.batch_id = staged.batch_id AND other.id <> staged.id
                          AND other.outcome IN ('ACCEPTED', 'FIXED') AND other.name = staged.name
                          AND (other.id_number = staged.id_number
                               OR other.birth_on = staged.birth_on))
                    THEN 'FURTHER' ELSE staged.outcome END AS outcome
        FROM enrollment_rosterrow staged
        WHERE staged.batch_id = ANY (%(applied)s) AND staged.outcome IN ('REVIEW', 'REJECTED')
          AND staged.stands_by_id IS NULL
          AND NOT EXISTS (SELECT 1 FROM enrollment_rosterlink link WHERE link.row_id = staged.id)
    )
    SELECT batch_id, area_code, outcome, count(*) FROM off_roll
    GROUP BY batch_id, area_code, outcome
"""
REASONS = """
    SELECT staged.outcome, reason, count(*)
    FROM enrollment_rosterrow staged, unnest(staged.reasons) AS reason
    WHERE staged.batch_id = ANY (%(applied)s) AND staged.outcome IN ('REVIEW', 'REJECTED')
      AND staged.stands_by_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM enrollment_rosterlink link WHERE link.row_id = staged.id)
    GROUP BY staged.outcome, reason
"""
PEOPLE = """
    SELECT count(DISTINCT person_id) FROM enrollment_rosterlink WHERE batch_id = ANY (%(applied)s)
"""
PEOPLE_WITH_FILE = """
    SELECT count(*) FROM enrollment_person person
    WHERE EXISTS (SELECT 1 FROM enrollment_rosterlink link
                  WHERE link.person_id = person.id AND link.batch_id = ANY (%(applied)s))
"""
