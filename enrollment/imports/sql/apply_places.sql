-- The areas that the batch's written codes and town names stand for: one line per pair that occurs.
-- In: %(batch)s. Out: pg_temp.place (area_code, town, spell_area_id, town_id).
CREATE TEMP TABLE place ON COMMIT DROP AS
WITH written AS (
    SELECT DISTINCT area_code, town FROM enrollment_rosterrow
    WHERE batch_id = %(batch)s AND outcome IN ('ACCEPTED', 'FIXED', 'REVIEW')
),
batch AS (
    SELECT batch.scheme, area.id, area.path
    FROM enrollment_rosterbatch batch JOIN core_area area ON area.id = batch.area_id
    WHERE batch.id = %(batch)s
),
located AS (
    -- The rural rosters say nothing of the area: theirs is the roster's. The city's exports name it.
    SELECT written.*, coalesce(named.id, batch.id) AS spell_area_id,
           coalesce(named.path, batch.path) AS path
    FROM written CROSS JOIN batch
    LEFT JOIN core_area named
           ON batch.scheme <> 'NCMS'
          AND (named.code = written.area_code OR written.area_code = ANY (named.former_codes))
          AND named.path LIKE batch.path || '%%'
)
SELECT located.area_code, located.town, located.spell_area_id,
       coalesce(
           (SELECT town.id FROM core_area town
            WHERE town.path LIKE located.path || '%%' AND town.level = 'TOWN'
              AND (town.name = located.town OR located.town = ANY (town.aliases))
            ORDER BY town.id LIMIT 1),
           located.spell_area_id) AS town_id
FROM located;
