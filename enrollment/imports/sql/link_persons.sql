-- People of the roll by every identity number they have or had, for comparing. Who has none because
-- another person holds it is known by the number of the row that opened the file: else the same row
-- of next year would open one more.
SELECT person.id AS person_id, coalesce(identifier.number, opening.number) AS id_number,
       person.name_key, person.birth_on, person.sex, home.household_no, area.code AS area,
       person.phone, person.address
FROM enrollment_person person
JOIN core_area area ON area.id = person.area_id
LEFT JOIN enrollment_personidentifier identifier
       ON identifier.person_id = person.id AND identifier.kind = 'RESIDENT_ID'
-- The household a person was last listed in.
LEFT JOIN (SELECT person_id, max(household_id)::text AS household_no
           FROM enrollment_householdmember GROUP BY person_id) home ON home.person_id = person.id
-- LIMIT keeps this a look-up for the few without a number.
LEFT JOIN LATERAL (
    SELECT staged.id_number AS number
    FROM enrollment_rosterlink link
    JOIN enrollment_rosterrow staged ON staged.id = link.row_id
    WHERE identifier.number IS NULL AND link.person_id = person.id
      AND link.opens_file AND link.holds_number
    LIMIT 1
) opening ON true
WHERE person.state NOT IN ('MERGED', 'UNDONE')
