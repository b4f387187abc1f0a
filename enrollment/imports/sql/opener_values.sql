-- Values of files that came from the row which spoke for them before are those of the row that does
-- now; what a person changed by hand since stays. Without a new area the file stays in its own.
-- In: pg_temp.applied (openers), opener (what the row before said, by file); drops opener.
UPDATE enrollment_person person
SET name = CASE WHEN person.name = left(coalesce(was.name, '?'), 60)
                THEN left(coalesce(now.name, '?'), 60) ELSE person.name END,
    name_key = CASE WHEN person.name_key = left(coalesce(was.name_key, '?'), 60)
                    THEN left(coalesce(now.name_key, '?'), 60) ELSE person.name_key END,
    name_initials = CASE WHEN person.name_initials = left(coalesce(was.name_initials, ''), 80)
                         THEN left(coalesce(now.name_initials, ''), 80)
                         ELSE person.name_initials END,
    sex = CASE WHEN person.sex = coalesce(was.sex, '') THEN coalesce(now.sex, '')
               ELSE person.sex END,
    birth_on = CASE WHEN person.birth_on IS NOT DISTINCT FROM coalesce(
                             was.birth_on, to_date(substr(was.id_number, 7, 8), 'YYYYMMDD'))
                    THEN coalesce(now.birth_on, to_date(substr(now.id_number, 7, 8), 'YYYYMMDD'))
                    ELSE person.birth_on END,
    ethnicity = CASE WHEN person.ethnicity = left(coalesce(was.ethnicity, ''), 20)
                     THEN left(coalesce(now.ethnicity, ''), 20) ELSE person.ethnicity END,
    phone = CASE WHEN person.phone = left(coalesce(was.phone, ''), 40)
                 THEN left(coalesce(now.phone, ''), 40) ELSE person.phone END,
    address = CASE WHEN person.address
                        = left(coalesce(was.address, concat(was.town, was.village)), 200)
                   THEN left(coalesce(now.address, concat(now.town, now.village)), 200)
                   ELSE person.address END,
    area_id = coalesce(was.new_area_id, person.area_id)
FROM opener was
JOIN applied now ON now.person_id = was.person_id AND now.opens_file
WHERE person.id = was.person_id;
DROP TABLE opener;
