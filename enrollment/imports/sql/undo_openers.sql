-- What rows of the undone roster had said of the files they opened, where another row speaks for the
-- file now, for `opener_values`. In: pg_temp.undone, applied (openers), place; makes pg_temp.opener.
CREATE TEMP TABLE opener ON COMMIT DROP AS
SELECT now.person_id, old.name, old.name_key, old.name_initials, old.sex, old.birth_on,
       old.id_number, old.ethnicity, old.phone, old.address, old.town, old.village,
       place.town_id AS new_area_id
FROM applied now
JOIN place ON place.scheme = now.scheme AND place.area_id = now.area_id
          AND place.area_code = now.area_code AND place.town = now.town
JOIN undone ON undone.person_before = now.person_id AND undone.opened_file
           AND undone.row_id <> now.row_id
JOIN enrollment_rosterrow old ON old.id = undone.row_id
JOIN enrollment_person person ON person.id = now.person_id AND person.state = 'ACTIVE'
WHERE now.opens_file;
