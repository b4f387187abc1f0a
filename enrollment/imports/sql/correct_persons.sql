-- Values of people's files that came from the row that opened them follow its correction; what a
-- person changed by hand since stays. In: pg_temp.applied (openers), place, %(correction)s.
UPDATE enrollment_person person
SET name = CASE WHEN person.name = left(coalesce(old.name, '?'), 60)
                THEN left(coalesce(now.name, '?'), 60) ELSE person.name END,
    name_key = CASE WHEN person.name_key = left(coalesce(old.name_key, '?'), 60)
                    THEN left(coalesce(now.name_key, '?'), 60) ELSE person.name_key END,
    name_initials = CASE WHEN person.name_initials = left(coalesce(old.name_initials, ''), 80)
                         THEN left(coalesce(now.name_initials, ''), 80)
                         ELSE person.name_initials END,
    sex = CASE WHEN person.sex = coalesce(old.sex, '') THEN coalesce(now.sex, '')
               ELSE person.sex END,
    birth_on = CASE WHEN person.birth_on IS NOT DISTINCT FROM coalesce(
                             old.birth_on, to_date(substr(old.id_number, 7, 8), 'YYYYMMDD'))
                    THEN coalesce(now.birth_on, to_date(substr(now.id_number, 7, 8), 'YYYYMMDD'))
                    ELSE person.birth_on END,
    ethnicity = CASE WHEN person.ethnicity = left(coalesce(old.ethnicity, ''), 20)
                     THEN left(coalesce(now.ethnicity, ''), 20) ELSE person.ethnicity END,
    phone = CASE WHEN person.phone = left(coalesce(old.phone, ''), 40)
                 THEN left(coalesce(now.phone, ''), 40) ELSE person.phone END,
    address = CASE WHEN person.address
                        = left(coalesce(old.address, concat(old.town, old.village)), 200)
                   THEN left(coalesce(now.address, concat(now.town, now.village)), 200)
                   ELSE person.address END,
    area_id = CASE WHEN old.town IS DISTINCT FROM nullif(now.town, '')
                   THEN place.town_id ELSE person.area_id END
FROM applied now
JOIN place ON place.scheme = now.scheme AND place.area_id = now.area_id
          AND place.area_code = now.area_code AND place.town = now.town
JOIN enrollment_rosterrowversion version
  ON version.correction_id = %(correction)s
 AND (version.link ->> 'person_id')::bigint = now.person_id
 AND (version.link ->> 'opens_file')::boolean
CROSS JOIN LATERAL jsonb_to_record(version.values) AS old(
    name text, name_key text, name_initials text, sex text, birth_on date, id_number text,
    ethnicity text, phone text, address text, town text, village text)
WHERE now.opens_file AND person.id = now.person_id;
