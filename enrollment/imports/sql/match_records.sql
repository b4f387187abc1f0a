-- Rows and persons on the roll side by side, with what the comparison needs derived once.
-- In: given_row, given_waiting, given_person, name_sound. Out: record, twin.
CREATE OR REPLACE TEMP MACRO number_birth(number) AS
    CAST(try_strptime(substr(number, 7, 8), '%Y%m%d') AS DATE);
CREATE OR REPLACE TEMP MACRO begins_with_part(day, part) AS
    starts_with(strftime(day, '%Y-%m-%d'), part);
-- Year and month of a birth date, whole or without its day.
CREATE OR REPLACE TEMP MACRO month_of(day, part) AS
    coalesce(strftime(day, '%Y-%m'), CASE WHEN length(part) = 7 THEN part END);
CREATE OR REPLACE TEMP MACRO number_sex(number) AS
    CASE WHEN number IS NULL THEN NULL
         WHEN CAST(substr(number, 17, 1) AS TINYINT) % 2 = 1 THEN 'MALE' ELSE 'FEMALE' END;

CREATE OR REPLACE TEMP MACRO differing_characters(a, b) AS
    CASE WHEN length(a) = length(b)
         THEN list_sum(list_transform(list_zip(string_split(a, ''), string_split(b, '')),
                                      lambda pair: CAST(pair[1] <> pair[2] AS INTEGER)))
         ELSE 99 END;

CREATE OR REPLACE TEMP TABLE record AS
WITH joined AS (
    SELECT row_id, NULL::BIGINT AS person_id, fresh, roster, file, sheet, row_no,
           id_number AS number, id_text, id_state, id_suggestion AS suggestion,
           name_key AS name, birth_on AS birth,
           CASE WHEN birth_on IS NULL THEN birth_part END AS birth_part, sex, household_no,
           relation_code AS relation,
           area, phone, address, outcome IN ('ACCEPTED', 'FIXED') AS clean,
           NOT fresh AND coalesce(placeable, FALSE) AS may_be_placed
    FROM (SELECT *, TRUE AS fresh FROM given_row
          UNION ALL SELECT *, FALSE FROM given_waiting)
    WHERE outcome NOT IN ('REJECTED', 'NOT_RECORD')
    UNION ALL
    SELECT NULL, person_id, FALSE, NULL, NULL, NULL, NULL,
           id_number, NULL, NULL, NULL,
           name_key, birth_on, NULL, sex, household_no, NULL,
           area, phone, address, TRUE, FALSE
    FROM given_person
),
derived AS (
    SELECT joined.*, name_sound.sound,
           number_birth(number) AS number_birth,
           number_sex(number) AS number_sex,
           -- Household numbers repeat from county to county; those of the roll are its own.
           CASE WHEN household_no IS NOT NULL THEN hash(coalesce(roster, ''), household_no) END AS household,
           -- A number that fails is still near the true one; a mangled one is not to be used at all.
           CASE WHEN number IS NULL
                     AND id_state IN ('BAD_CHECK', 'BAD_DATE', 'BAD_AREA', 'BAD_LENGTH')
                THEN nullif(regexp_replace(upper(id_text), '[^0-9X]', '', 'g'), '') END AS digits,
           coalesce(regexp_matches(name, getvariable('lost')), FALSE) AS name_damaged
    FROM joined LEFT JOIN name_sound USING (name)
),
weighed AS (
    SELECT *, CASE WHEN number IS NULL THEN NULL
                   WHEN birth <> number_birth OR sex <> number_sex
                        OR NOT begins_with_part(number_birth, birth_part) THEN 0
                   WHEN birth IS NULL THEN 1
                   ELSE 2 END AS strength
    FROM derived
),
-- A number under many names is a placeholder that happens to pass its check.
crowded AS (
    SELECT number FROM weighed WHERE number IS NOT NULL GROUP BY number
    HAVING count(*) > getvariable('holders_limit') AND count(DISTINCT sound) > 1
)
SELECT row_number() OVER () AS record, * EXCLUDE (may_be_placed, borne_out),
       -- A row that waits for a clerk is certain of nobody, and nobody of it.
       borne_out AND (fresh OR person_id IS NOT NULL) AS certain,
       -- It was compared when its roster came; what this roster tells may say who it is. One that
       -- bears a number out waits because of that number, and only a clerk can tell whose it is.
       may_be_placed AND NOT borne_out AS placeable
FROM (
    SELECT weighed.*, crowded.number IS NOT NULL AS crowded,
           coalesce(strength >= 1 AND name IS NOT NULL AND NOT name_damaged
                    AND crowded.number IS NULL, FALSE) AS borne_out
    FROM weighed LEFT JOIN crowded USING (number)
);

-- People who are easily taken for one: born on one day (in one month, if no day is known) into one household, or numbered from one
-- day's list with the same surname and names that are alike.
CREATE OR REPLACE TEMP TABLE twin AS
WITH born AS (
    SELECT household, birth, birth_part FROM record
    WHERE household IS NOT NULL AND (birth IS NOT NULL OR length(birth_part) = 7)
    GROUP BY household, birth, birth_part HAVING count(DISTINCT name) > 1
),
listed AS (
    SELECT DISTINCT left(number, 14) AS stem, left(name, 1) AS surname, number, name, sound
    FROM record WHERE certain
),
neighbours AS (
    SELECT stem, surname FROM listed
    GROUP BY stem, surname
    HAVING count(DISTINCT number) BETWEEN 2 AND getvariable('block_limit')
),
alike AS (
    SELECT DISTINCT a.number
    FROM listed AS a
    SEMI JOIN neighbours USING (stem, surname)
    JOIN listed AS b ON b.stem = a.stem AND b.surname = a.surname AND b.number <> a.number
    WHERE a.sound = b.sound OR differing_characters(a.name, b.name) <= 1
)
SELECT record FROM record SEMI JOIN born
ON born.household = record.household AND born.birth IS NOT DISTINCT FROM record.birth
   AND born.birth_part IS NOT DISTINCT FROM record.birth_part
UNION
SELECT record FROM record SEMI JOIN alike USING (number);

-- Of a number that may belong to one of two such people, a name of equal sound is not enough.
ALTER TABLE record ADD COLUMN twin BOOLEAN DEFAULT FALSE;
ALTER TABLE record ADD COLUMN spelt VARCHAR;
UPDATE record SET twin = TRUE WHERE record IN (SELECT record FROM twin);
UPDATE record SET spelt = name
WHERE number IN (SELECT number FROM record WHERE twin AND number IS NOT NULL);
