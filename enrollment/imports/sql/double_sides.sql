-- Coverages of a range of people that meet on some days, with what the rules look at. Left out are
-- those of whom a decision is under way. In: %(low)s < person <= %(high)s; pg_temp.kind_column (file,
-- sheet, place of the cell with the person's kind). Out: pg_temp.met, one line a coverage.
CREATE TEMP TABLE met ON COMMIT DROP AS
WITH several AS MATERIALIZED (
    SELECT DISTINCT person_id FROM enrollment_coveragespell
    WHERE state = 'DOUBLE' AND person_id > %(low)s AND person_id <= %(high)s
),
spells AS MATERIALIZED (
    SELECT spell.* FROM several
    CROSS JOIN LATERAL (
        SELECT id, person_id, scheme, area_id, period, state, special_group, contribution_amount,
               source_row_id
        FROM enrollment_coveragespell
        WHERE person_id = several.person_id AND state IN ('IN_FORCE', 'DOUBLE') OFFSET 0) spell
),
reached AS (
    SELECT *, max(coalesce(upper(period), 'infinity')) OVER (
               PARTITION BY person_id ORDER BY lower(period), id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until
    FROM spells
),
islands AS (
    SELECT *, count(*) FILTER (WHERE until IS NULL OR lower(period) >= until) OVER (
               PARTITION BY person_id ORDER BY lower(period), id
               ROWS UNBOUNDED PRECEDING) AS island
    FROM reached
),
sized AS (
    SELECT islands.*, count(*) OVER (PARTITION BY person_id, island) AS sides,
           bool_or(open_side.spell_id IS NOT NULL) OVER (PARTITION BY person_id, island) AS is_held
    FROM islands
    LEFT JOIN LATERAL (
        SELECT side.spell_id FROM enrollment_doubleside side
        JOIN enrollment_doublecase held ON held.id = side.case_id AND held.state <> 'PROPOSED'
        WHERE side.spell_id = islands.id AND side.is_open LIMIT 1) open_side ON true
)
SELECT sized.person_id, sized.island::int AS island, sized.id AS spell_id, sized.scheme,
       county.id AS county_id, county.code AS county_code, county.path AS county_path,
       sized.period, sized.state, sized.contribution_amount,
       sized.special_group NOT IN ('', 'ORDINARY') AS is_funded,
       coalesce(sized.contribution_amount > 0, false) AS is_paid,
       staged.begins_on AS standing_from,
       staged.raw::jsonb ->> kind_column.place AS person_kind,
       coalesce(home.members, 0)::int AS family,
       concat_ws(':', county.code, sized.scheme, file.sha256, lpad(staged.sheet::text, 4, '0'),
                 lpad(staged.row_no::text, 8, '0'), lpad(sized.id::text, 12, '0')) AS key,
       subsidy.amount AS subsidy_amount, coalesce(subsidy.is_minimum, false) AS subsidy_is_minimum
FROM sized
JOIN core_area area ON area.id = sized.area_id
-- The county-level area it lies in; the city itself for what lies in none.
JOIN core_area county
  ON county.code = coalesce(nullif(split_part(area.path, '/', 2), ''), area.code)
LEFT JOIN LATERAL (
    SELECT begins_on, raw, sheet, row_no, file_id FROM enrollment_rosterrow
    WHERE id = sized.source_row_id LIMIT 1) staged ON true
LEFT JOIN enrollment_rosterfile file ON file.id = staged.file_id
LEFT JOIN kind_column ON kind_column.file_id = staged.file_id AND kind_column.sheet = staged.sheet
LEFT JOIN LATERAL (
    -- Others of the person's household who are insured there as well.
    SELECT count(DISTINCT other.person_id) AS members
    FROM enrollment_householdmember own
    JOIN enrollment_household household
      ON household.id = own.household_id AND household.scheme = sized.scheme
    JOIN core_area place ON place.id = household.area_id AND place.path LIKE county.path || '%%'
    JOIN enrollment_householdmember other
      ON other.household_id = own.household_id AND other.person_id <> own.person_id
    JOIN enrollment_coveragespell insured
      ON insured.person_id = other.person_id AND insured.scheme = sized.scheme
     AND insured.state = 'IN_FORCE' AND insured.period && sized.period
    WHERE own.person_id = sized.person_id) home ON true
LEFT JOIN LATERAL (
    -- The amount of the place goes before the national minimum, the nearer place before the wider.
    SELECT standard.amount, standard.is_minimum
    FROM enrollment_subsidystandard standard
    JOIN core_area given ON given.id = standard.area_id
    WHERE standard.state = 'APPROVED' AND standard.scheme = sized.scheme
      AND standard.year = extract(year FROM lower(sized.period))
      AND area.path LIKE given.path || '%%'
    ORDER BY standard.is_minimum, length(given.path) DESC LIMIT 1) subsidy ON true
WHERE sized.sides > 1 AND NOT sized.is_held
ORDER BY sized.person_id, sized.island, key;
