-- Files of people who are new to the roll, for the people of one range.
-- In: %(batch)s, %(low)s < person <= %(high)s, %(at)s, town_area, spell_area. Re-runnable.
INSERT INTO enrollment_person
    (id, name, name_key, name_initials, sex, birth_on, ethnicity, phone, address, area_id, state,
     created_at)
SELECT link.person_id,
       coalesce(staged.name, '?'),
       coalesce(staged.name_key, '?'),
       coalesce(staged.name_initials, ''),
       coalesce(staged.sex, ''),
       coalesce(staged.birth_on, to_date(substr(staged.id_number, 7, 8), 'YYYYMMDD')),
       left(coalesce(staged.ethnicity, ''), 20),
       left(coalesce(staged.phone, ''), 40),
       left(coalesce(staged.address, concat(staged.town, staged.village)), 200),
       place.town_id,
       'ACTIVE',
       %(at)s
FROM enrollment_rosterlink link
JOIN enrollment_rosterrow staged ON staged.id = link.row_id
JOIN pg_temp.place ON place.area_code IS NOT DISTINCT FROM staged.area_code
                  AND place.town IS NOT DISTINCT FROM staged.town
WHERE link.batch_id = %(batch)s AND link.opens_file
  AND link.person_id > %(low)s AND link.person_id <= %(high)s
ON CONFLICT (id) DO NOTHING;
