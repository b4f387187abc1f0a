-- Files of people who are new to the roll. In: pg_temp.applied, place; %(at)s. Re-runnable.
INSERT INTO enrollment_person
    (id, name, name_key, name_initials, sex, birth_on, ethnicity, phone, address, area_id, state,
     created_at)
SELECT applied.person_id,
       left(coalesce(applied.name, '?'), 60),
       left(coalesce(applied.name_key, '?'), 60),
       left(coalesce(applied.name_initials, ''), 80),
       coalesce(applied.sex, ''),
       coalesce(applied.birth_on, to_date(substr(applied.id_number, 7, 8), 'YYYYMMDD')),
       left(coalesce(applied.ethnicity, ''), 20),
       left(coalesce(applied.phone, ''), 40),
       left(coalesce(applied.address, concat(applied.town, applied.village)), 200),
       place.town_id,
       'ACTIVE',
       %(at)s
FROM applied
JOIN place ON place.scheme = applied.scheme AND place.area_id = applied.area_id
          AND place.area_code = applied.area_code AND place.town = applied.town
WHERE applied.opens_file
ON CONFLICT (id) DO NOTHING;
