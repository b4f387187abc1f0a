-- What the rules propose for a range of people, kept: cases found again keep their number, what did
-- not change is not touched, and what is no longer double is lifted. In: pg_temp.new_case (case_no,
-- person_id, area_id, rule, needs, overlaps_from), pg_temp.new_side (case_no and the fields of a
-- side); %(low)s, %(high)s, %(rules)s, %(at)s. Re-runnable.
CREATE TEMP TABLE known ON COMMIT DROP AS
WITH met AS (
    SELECT new_side.case_no, min(side.case_id) AS case_id
    FROM new_side
    JOIN enrollment_doubleside side ON side.spell_id = new_side.spell_id AND side.is_open
    GROUP BY new_side.case_no
)
-- Two that were one case before: the first keeps its number.
SELECT DISTINCT ON (case_id) case_no, case_id FROM met ORDER BY case_id, case_no;

CREATE TEMP TABLE lifted ON COMMIT DROP AS
SELECT id FROM enrollment_doublecase
WHERE state = 'PROPOSED' AND person_id > %(low)s AND person_id <= %(high)s
  AND id NOT IN (SELECT case_id FROM known);

UPDATE enrollment_doubleside SET is_open = false
WHERE case_id IN (SELECT id FROM lifted) AND is_open;
UPDATE enrollment_doublecase SET state = 'LIFTED' WHERE id IN (SELECT id FROM lifted);

-- Coverages that left a case make room before they enter another.
DELETE FROM enrollment_doubleside side USING known
WHERE side.case_id = known.case_id AND NOT EXISTS (
    SELECT FROM new_side WHERE new_side.case_no = known.case_no
                           AND new_side.spell_id = side.spell_id);

UPDATE enrollment_doublecase proposed
SET person_id = new_case.person_id, area_id = new_case.area_id, rule = new_case.rule, needs = new_case.needs,
    overlaps_from = new_case.overlaps_from, rule_set_id = %(rules)s, proposed_at = %(at)s
FROM new_case JOIN known USING (case_no)
WHERE proposed.id = known.case_id
  AND (proposed.person_id, proposed.area_id, proposed.rule, proposed.needs, proposed.overlaps_from,
       proposed.rule_set_id)
      IS DISTINCT FROM (new_case.person_id, new_case.area_id, new_case.rule, new_case.needs,
                        new_case.overlaps_from, %(rules)s);

WITH missing AS (
    SELECT new_case.*, nextval(pg_get_serial_sequence('enrollment_doublecase', 'id')) AS case_id
    FROM new_case WHERE case_no NOT IN (SELECT case_no FROM known)
),
made AS (
    INSERT INTO enrollment_doublecase
        (id, person_id, area_id, state, rule, rule_set_id, needs, overlaps_from, proposed_at,
         objection)
    SELECT case_id, person_id, area_id, 'PROPOSED', rule, %(rules)s, needs, overlaps_from, %(at)s,
           ''
    FROM missing ORDER BY case_no
)
INSERT INTO known SELECT case_no, case_id FROM missing;

INSERT INTO enrollment_doubleside
    (case_id, place, spell_id, scheme, county_id, period, state, standing, rule, other_scheme,
     other_county_id, ends_on, "left", contribution_amount, subsidy_amount, subsidy_is_minimum,
     refund_amount, recover_amount, is_open)
SELECT known.case_id, place, spell_id, scheme, county_id, period, state, standing, rule,
       other_scheme, other_county_id, ends_on, "left", contribution_amount, subsidy_amount,
       subsidy_is_minimum, refund_amount, recover_amount, true
FROM new_side JOIN known USING (case_no)
ON CONFLICT (case_id, spell_id) DO UPDATE
SET place = excluded.place, county_id = excluded.county_id, period = excluded.period,
    state = excluded.state, standing = excluded.standing, rule = excluded.rule,
    other_scheme = excluded.other_scheme, other_county_id = excluded.other_county_id,
    ends_on = excluded.ends_on, "left" = excluded."left",
    contribution_amount = excluded.contribution_amount,
    subsidy_amount = excluded.subsidy_amount, subsidy_is_minimum = excluded.subsidy_is_minimum,
    refund_amount = excluded.refund_amount, recover_amount = excluded.recover_amount
WHERE (enrollment_doubleside.place, enrollment_doubleside.county_id, enrollment_doubleside.period,
       enrollment_doubleside.state, enrollment_doubleside.standing, enrollment_doubleside.rule,
       enrollment_doubleside.other_scheme, enrollment_doubleside.other_county_id,
       enrollment_doubleside.ends_on, enrollment_doubleside."left",
       enrollment_doubleside.contribution_amount, enrollment_doubleside.subsidy_amount,
       enrollment_doubleside.subsidy_is_minimum, enrollment_doubleside.refund_amount,
       enrollment_doubleside.recover_amount)
      IS DISTINCT FROM
      (excluded.place, excluded.county_id, excluded.period, excluded.state, excluded.standing,
       excluded.rule, excluded.other_scheme, excluded.other_county_id, excluded.ends_on,
       excluded."left", excluded.contribution_amount, excluded.subsidy_amount,
       excluded.subsidy_is_minimum, excluded.refund_amount, excluded.recover_amount);

DROP TABLE known, lifted;
