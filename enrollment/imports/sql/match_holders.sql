-- Rows that carry one number under different names, and what that says of each.
-- In: record. Out: rival (pairs of such rows), finding (row, reason).
-- A lost character stands for any other.
CREATE OR REPLACE TEMP MACRO agrees_but_for_lost(a, b) AS
    regexp_matches(a || b, getvariable('lost')) AND length(a) = length(b)
    AND list_bool_and(list_transform(
        list_zip(string_split(a, ''), string_split(b, '')),
        lambda pair: pair[1] = pair[2] OR regexp_matches(pair[1] || pair[2], getvariable('lost'))));
CREATE OR REPLACE TEMP MACRO compare_names(a, a_sound, b, b_sound) AS
    CASE WHEN a IS NULL OR b IS NULL THEN 'NAME_MISSING'
         WHEN agrees_but_for_lost(a, b) THEN 'NAME_DAMAGED'
         WHEN a = b THEN 'NAME_EQUAL'
         WHEN a_sound = b_sound THEN 'NAME_SOUND'
         WHEN length(a) > 1 AND differing_characters(a, b) = 1
         THEN CASE WHEN left(a, 1) = left(b, 1) THEN 'NAME_ONE_CHARACTER' ELSE 'NAME_SURNAME' END
         ELSE 'NAME_DIFFERENT' END;
-- Of a date without its day, the month alone is compared.
CREATE OR REPLACE TEMP MACRO compare_months(a, b) AS
    CASE WHEN a IS NULL OR b IS NULL THEN 'BIRTH_UNKNOWN'
         WHEN a = b THEN 'BIRTH_MONTH'
         WHEN left(a, 4) <> left(b, 4) AND right(a, 2) <> right(b, 2) THEN 'BIRTH_DIFFERENT'
         ELSE 'BIRTH_UNKNOWN' END;
CREATE OR REPLACE TEMP MACRO compare_births(a, a_part, b, b_part) AS
    CASE WHEN a IS NULL OR b IS NULL
         THEN compare_months(month_of(a, a_part), month_of(b, b_part))
         WHEN a = b THEN 'BIRTH_EQUAL'
         WHEN CAST(year(a) = year(b) AS INTEGER) + CAST(month(a) = month(b) AS INTEGER)
              + CAST(day(a) = day(b) AS INTEGER) = 2 THEN 'BIRTH_PART'
         WHEN year(a) = year(b) AND month(a) = day(b) AND day(a) = month(b) THEN 'BIRTH_PART'
         ELSE 'BIRTH_DIFFERENT' END;

CREATE OR REPLACE TEMP TABLE rival AS
WITH disputed AS (
    SELECT number FROM record WHERE number IS NOT NULL AND NOT crowded
    GROUP BY number HAVING count(DISTINCT sound) > 1 OR count(DISTINCT spelt) > 1
)
SELECT a.record, b.record AS other,
       -- A child named like the parent whose number it carries is not the parent.
       compare_names(a.name, a.sound, b.name, b.sound) <> 'NAME_DIFFERENT'
       AND compare_births(a.birth, a.birth_part, b.birth, b.birth_part) <> 'BIRTH_DIFFERENT' AS alike,
       a.roster IS NOT DISTINCT FROM b.roster AS same_roster,
       coalesce(a.household = b.household, FALSE) AS same_household,
       a.strength, b.strength AS other_strength,
       -- Sheets by their number where they have one, else by name.
       (b.file, coalesce(try_cast(b.sheet AS BIGINT), 0), b.sheet, b.row_no, b.row_id)
       < (a.file, coalesce(try_cast(a.sheet AS BIGINT), 0), a.sheet, a.row_no, a.row_id)
       AS other_first
FROM disputed
JOIN record AS a USING (number)
JOIN record AS b ON b.number = a.number AND b.record <> a.record
                AND (b.sound <> a.sound OR b.spelt <> a.spelt)
WHERE a.name IS NOT NULL AND b.name IS NOT NULL;

-- A row loses its number to whoever bears it out at least as well. Where both do, in two
-- households, the number was issued twice; nothing in the rows says to whom it belongs.
CREATE OR REPLACE TEMP TABLE finding AS
WITH disputing AS (
    SELECT record,
           CASE WHEN bool_or(strength = 2 AND other_strength = 2 AND NOT same_household)
                THEN 'ID_ISSUED_TWICE'
                WHEN bool_or(same_household) THEN 'ID_OF_PARENT'
                ELSE 'ID_SHARED' END AS reason
    FROM rival
    WHERE NOT alike AND other_strength >= strength
          AND (same_roster OR NOT getvariable('within_roster'))
    GROUP BY record
),
listed AS (
    SELECT roster, number, sound FROM record
    WHERE fresh AND number IS NOT NULL AND sound IS NOT NULL AND NOT crowded
    GROUP BY ALL HAVING count(*) > 1
),
repeated AS (
    SELECT record FROM listed JOIN record USING (roster, number, sound)
    WHERE fresh
    QUALIFY row_number() OVER (
        PARTITION BY roster, number, sound
        ORDER BY file, try_cast(sheet AS BIGINT), sheet, row_no, row_id) > 1
    UNION
    SELECT record FROM rival
    WHERE same_roster AND other_first AND alike
)
SELECT record.row_id, found.reason
FROM (
    SELECT record, reason FROM disputing
    UNION ALL
    SELECT record, 'LISTED_TWICE' FROM repeated
    UNION ALL
    SELECT record, 'ID_SHARED' FROM record WHERE crowded
) AS found
JOIN record USING (record)
WHERE record.fresh;
