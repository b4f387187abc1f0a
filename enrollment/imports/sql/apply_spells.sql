-- Coverage, one spell a row. A spell that would overlap another is kept as a double enrollment; a
-- row that waits for a clerk holds its spell back. In: pg_temp.applied, place. Re-runnable.
WITH covered AS (
    SELECT applied.*, place.spell_area_id,
           -- Residents are insured by calendar year, employees until further notice.
           CASE WHEN applied.scheme = 'UEBMI'
                THEN daterange(coalesce(begins_on, make_date(year, 1, 1)), NULL)
                ELSE daterange(
                    CASE WHEN begins_on BETWEEN make_date(year, 1, 1) AND make_date(year, 12, 31)
                         THEN begins_on ELSE make_date(year, 1, 1) END,
                    make_date(year + 1, 1, 1)) END AS period
    FROM applied
    JOIN place ON place.scheme = applied.scheme AND place.area_id = applied.area_id
              AND place.area_code = applied.area_code AND place.town = applied.town
    WHERE outcome IN ('ACCEPTED', 'FIXED', 'REVIEW')
),
ranked AS (
    SELECT *, row_number() OVER (
               PARTITION BY person_id, outcome <> 'REVIEW' ORDER BY row_id) AS place_in_roster
    FROM covered
)
INSERT INTO enrollment_coveragespell
    (person_id, scheme, area_id, period, state, reason, special_group, contribution_amount,
     source_row_id)
SELECT person_id, scheme, spell_area_id, period,
       CASE WHEN outcome = 'REVIEW' THEN 'UNDER_REVIEW'
            -- psn_insu_stas of the national platform: 2 suspended, 3 terminated; or in words.
            WHEN status ~ '^0?2$|暂停|中断' THEN 'SUSPENDED'
            WHEN status ~ '^0?3$|终止|停保|退保|注销' THEN 'ENDED'
            -- OFFSET keeps this a look-up for each row, whatever the statistics say.
            WHEN place_in_roster > 1 OR EXISTS (
                SELECT FROM enrollment_coveragespell other
                WHERE other.person_id = ranked.person_id
                  AND other.state IN ('IN_FORCE', 'DOUBLE') AND other.period && ranked.period
                OFFSET 0)
            THEN 'DOUBLE' ELSE 'IN_FORCE' END,
       CASE WHEN outcome = 'REVIEW' THEN 'ROW_UNDER_REVIEW' ELSE '' END,
       left(coalesce(special_group, ''), 30), amount, row_id
FROM ranked
-- In no order of people: keys that rise make each insertion into the exclusion constraint's tree
-- compare the period with all entries of a page, and it costs twice as much.
ORDER BY hashint8(person_id)
ON CONFLICT (source_row_id) DO NOTHING;
