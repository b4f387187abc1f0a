-- People of the roll by every identity number they have or had, for comparing.
SELECT person.id AS person_id, identifier.number AS id_number, person.name_key,
       person.birth_on, person.sex, area.code AS area, person.phone, person.address
FROM enrollment_person person
JOIN core_area area ON area.id = person.area_id
LEFT JOIN enrollment_personidentifier identifier
       ON identifier.person_id = person.id AND identifier.kind = 'RESIDENT_ID'
WHERE person.state <> 'MERGED'
