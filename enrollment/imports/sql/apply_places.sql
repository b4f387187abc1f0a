-- The areas that the written codes and town names of the range stand for: one line a pair of
-- each source, since towns of several counties bear one name.
-- In: pg_temp.applied. Out: pg_temp.place (scheme, area_id, area_code, town, spell_area_id, town_id).
CREATE TEMP TABLE place ON COMMIT DROP AS
WITH written AS (
    SELECT DISTINCT area_code, town, scheme, area_id, path FROM applied
),
located AS (
    -- The rural rosters say nothing of the area: theirs is the roster's. The city's exports name it.
    SELECT written.scheme, written.area_id, written.area_code, written.town,
           coalesce(named.id, written.area_id) AS spell_area_id,
           coalesce(named.path, written.path) AS path
    FROM written
    LEFT JOIN core_area named
           ON written.scheme <> 'NCMS'
          AND (named.code = written.area_code OR written.area_code = ANY (named.former_codes))
          AND named.path LIKE written.path || '%%'
)
SELECT DISTINCT ON (located.scheme, located.area_id, located.area_code, located.town)
       located.scheme, located.area_id, located.area_code, located.town, located.spell_area_id,
       coalesce(
           (SELECT town.id FROM core_area town
            WHERE town.path LIKE located.path || '%%' AND town.level = 'TOWN'
              AND (town.name = located.town OR located.town = ANY (town.aliases))
            ORDER BY town.id LIMIT 1),
           located.spell_area_id) AS town_id
FROM located
-- A code of today goes before the former code of another area.
ORDER BY located.scheme, located.area_id, located.area_code, located.town,
         located.spell_area_id;

ANALYZE place;
