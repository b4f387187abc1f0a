-- People of the roll as they would be had the undone roster never come, before the roster of this
-- linkage: what rows of earlier rosters say of them. In: %(undo)s, %(batch)s.
WITH later AS (
    SELECT applied_at, id FROM enrollment_rosterbatch WHERE id = %(batch)s
),
earlier AS MATERIALIZED (
    SELECT batch.id FROM enrollment_rosterbatch batch, later
    WHERE batch.state = 'APPLIED' AND (batch.applied_at, batch.id) < (later.applied_at, later.id)
),
standing AS MATERIALIZED (
    SELECT link.row_id,
           CASE WHEN line.id IS NULL THEN link.person_id ELSE line.person_after END AS person_id,
           CASE WHEN line.id IS NULL THEN link.opens_file ELSE line.opens_file END AS opens_file,
           CASE WHEN line.id IS NULL THEN link.holds_number ELSE line.holds_number END
               AS holds_number,
           line.id IS NOT NULL AND line.opens_file
               AND NOT (line.opened_file AND line.person_before = line.person_after) AS is_new
    FROM enrollment_rosterlink link
    JOIN earlier ON earlier.id = link.batch_id
    LEFT JOIN enrollment_undonerow line
           ON line.undo_id = %(undo)s AND line.row_id = link.row_id
    -- A row whose person this roster told, or one after it, waited before.
    WHERE line.id IS NOT NULL OR link.told_by_id IS NULL OR link.told_by_id IN (
        SELECT id FROM earlier)
    UNION ALL
    SELECT line.row_id, line.person_after, line.opens_file, line.holds_number, line.opens_file
    FROM enrollment_undonerow line
    JOIN earlier ON earlier.id = line.batch_id
    WHERE line.undo_id = %(undo)s AND line.person_before IS NULL AND line.person_after IS NOT NULL
),
living AS MATERIALIZED (SELECT DISTINCT person_id FROM standing WHERE person_id IS NOT NULL),
number AS (
    SELECT DISTINCT standing.person_id, staged.id_number AS number
    FROM standing JOIN enrollment_rosterrow staged ON staged.id = standing.row_id
    WHERE standing.holds_number AND staged.id_number IS NOT NULL
    UNION
    SELECT person_id, number FROM enrollment_personidentifier
    WHERE kind = 'RESIDENT_ID' AND source_row_id IS NULL
),
opener AS (
    SELECT DISTINCT ON (person_id) person_id, row_id, is_new FROM standing
    WHERE opens_file AND person_id IS NOT NULL ORDER BY person_id, row_id
),
-- The household a person was last listed in.
home AS (
    SELECT standing.person_id, max(household.id)::text AS household_no
    FROM standing
    JOIN enrollment_rosterrow staged ON staged.id = standing.row_id
    JOIN enrollment_household household
      ON household.file_id = coalesce(staged.home_file_id, staged.file_id)
     AND household.sheet = coalesce(staged.home_sheet, staged.sheet)
     AND household.place = left(coalesce(staged.town, ''), 60)
     AND household.village = left(coalesce(staged.village, ''), 60)
     AND household.number = left(staged.household_no, 40)
    WHERE standing.person_id IS NOT NULL
    GROUP BY standing.person_id
)
SELECT living.person_id, number.number AS id_number,
       coalesce(person.name_key, left(coalesce(staged.name_key, '?'), 60)) AS name_key,
       CASE WHEN person.id IS NOT NULL THEN person.birth_on
            ELSE coalesce(staged.birth_on, to_date(substr(staged.id_number, 7, 8), 'YYYYMMDD')) END
           AS birth_on,
       coalesce(person.sex, staged.sex, '') AS sex,
       home.household_no,
       coalesce(area.code, batch_area.code) AS area,
       coalesce(person.phone, left(staged.phone, 40), '') AS phone,
       coalesce(person.address,
                left(coalesce(staged.address, concat(staged.town, staged.village)), 200)) AS address
FROM living
LEFT JOIN number USING (person_id)
LEFT JOIN opener USING (person_id)
-- Values of a file whose opening row is another now are those of that row.
LEFT JOIN enrollment_person person
       ON person.id = living.person_id AND NOT coalesce(opener.is_new, false)
LEFT JOIN core_area area ON area.id = person.area_id
LEFT JOIN enrollment_rosterrow staged ON staged.id = opener.row_id
LEFT JOIN enrollment_rosterbatch opened_by ON opened_by.id = staged.batch_id
LEFT JOIN core_area batch_area ON batch_area.id = opened_by.area_id
LEFT JOIN home ON home.person_id = living.person_id
