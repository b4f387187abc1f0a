-- Coverage of the people of one range, one spell a row. A spell that would overlap another is kept
-- as a double enrollment; a row that waits for a clerk holds its spell back.
-- In: %(batch)s, %(low)s < person <= %(high)s. Re-runnable.
WITH covered AS (
    SELECT link.person_id, batch.scheme, place.spell_area_id AS area_id, link.row_id,
           staged.outcome, staged.status, staged.special_group, staged.amount,
           -- Residents are insured by calendar year, employees until further notice
           -- (national rules; domain facts 1.3).
           CASE WHEN batch.scheme = 'UEBMI'
                THEN daterange(coalesce(staged.begins_on, make_date(batch.year, 1, 1)), NULL)
                ELSE daterange(
                    CASE WHEN staged.begins_on BETWEEN make_date(batch.year, 1, 1)
                                               AND make_date(batch.year, 12, 31)
                         THEN staged.begins_on ELSE make_date(batch.year, 1, 1) END,
                    make_date(batch.year + 1, 1, 1)) END AS period
    FROM enrollment_rosterlink link
    JOIN enrollment_rosterrow staged ON staged.id = link.row_id
    JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
    JOIN pg_temp.place ON place.area_code IS NOT DISTINCT FROM staged.area_code
                      AND place.town IS NOT DISTINCT FROM staged.town
    WHERE link.batch_id = %(batch)s
      AND link.person_id > %(low)s AND link.person_id <= %(high)s
      AND staged.outcome IN ('ACCEPTED', 'FIXED', 'REVIEW')
),
ranked AS (
    SELECT *, row_number() OVER (
               PARTITION BY person_id, outcome <> 'REVIEW' ORDER BY row_id) AS place_in_roster
    FROM covered
)
INSERT INTO enrollment_coveragespell
    (person_id, scheme, area_id, period, state, reason, special_group, contribution_amount,
     source_row_id)
SELECT person_id, scheme, area_id, period,
       CASE WHEN outcome = 'REVIEW' THEN 'UNDER_REVIEW'
            WHEN status = 'SUSPENDED' THEN 'SUSPENDED'
            WHEN status = 'ENDED' THEN 'ENDED'
            WHEN place_in_roster > 1 OR EXISTS (
                SELECT 1 FROM enrollment_coveragespell other
                WHERE other.person_id = ranked.person_id
                  AND other.state IN ('IN_FORCE', 'DOUBLE') AND other.period && ranked.period)
            THEN 'DOUBLE' ELSE 'IN_FORCE' END,
       CASE WHEN outcome = 'REVIEW' THEN 'ROW_UNDER_REVIEW' ELSE '' END,
       left(coalesce(special_group, ''), 30), amount, row_id
FROM ranked
ON CONFLICT (source_row_id) DO NOTHING;
