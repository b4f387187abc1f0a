-- What the rows that opened files said before their correction, for `opener_values`.
-- In: pg_temp.applied (openers), place, %(correction)s; makes pg_temp.opener.
CREATE TEMP TABLE opener ON COMMIT DROP AS
SELECT now.person_id, old.*,
       CASE WHEN old.town IS DISTINCT FROM nullif(now.town, '') THEN place.town_id END
           AS new_area_id
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
WHERE now.opens_file;
