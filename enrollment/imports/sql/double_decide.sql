-- One range of cases of a decision carried out: what no longer holds leaves force first, then what
-- stays enters it, so that at no moment two hold on a day. Cases whose coverage is not what the
-- decision saw wait again; one whose person's file was merged is of the file that has its coverage.
-- In: %(decision)s, %(low)s < case <= %(high)s, %(at)s. Re-runnable.
CREATE TEMP TABLE deciding ON COMMIT DROP AS
SELECT id FROM enrollment_doublecase
WHERE decision_id = %(decision)s AND state = 'SUBMITTED' AND id > %(low)s AND id <= %(high)s;

-- Locked in one order, so that two decisions never wait for one another.
CREATE TEMP TABLE holding ON COMMIT DROP AS
WITH locked AS (
    SELECT spell.id, spell.person_id, spell.period, spell.state
    FROM enrollment_coveragespell spell
    WHERE spell.id IN (SELECT side.spell_id FROM enrollment_doubleside side
                       JOIN deciding ON deciding.id = side.case_id)
    ORDER BY spell.id FOR UPDATE
)
SELECT side.case_id, side.id AS side_id, side.standing, side.ends_on, side."left",
       locked.id AS spell_id, locked.period,
       min(locked.person_id) OVER own_case AS owner_id,
       min(locked.person_id) OVER own_case = max(locked.person_id) OVER own_case
           AND locked.period = side.period
           AND locked.state IN ('IN_FORCE', 'DOUBLE') AND side.standing <> 'UNDECIDED' AS is_as_seen
FROM deciding
JOIN enrollment_doubleside side ON side.case_id = deciding.id
JOIN locked ON locked.id = side.spell_id
WINDOW own_case AS (PARTITION BY side.case_id);

CREATE TEMP TABLE moved ON COMMIT DROP AS
SELECT DISTINCT case_id FROM holding WHERE NOT is_as_seen
UNION
-- A coverage that came later and meets one of these: the case is another now.
SELECT holding.case_id
FROM holding
WHERE EXISTS (
    SELECT FROM enrollment_coveragespell other
    WHERE other.person_id = holding.owner_id AND other.state IN ('IN_FORCE', 'DOUBLE')
      AND other.period && holding.period
      AND NOT EXISTS (SELECT FROM enrollment_doubleside own
                      WHERE own.case_id = holding.case_id AND own.spell_id = other.id));

DELETE FROM holding USING moved WHERE holding.case_id = moved.case_id;

UPDATE enrollment_coveragespell spell
SET state = CASE holding.standing WHEN 'PAUSES' THEN 'SUSPENDED' ELSE 'ENDED' END,
    reason = CASE holding.standing WHEN 'PAUSES' THEN 'DOUBLE_PAUSED' ELSE 'DOUBLE_ENROLLMENT' END
FROM holding
WHERE spell.id = holding.spell_id AND holding.standing IN ('ENDS', 'PAUSES');

-- Days before the other began stay in force.
UPDATE enrollment_coveragespell spell
SET state = 'IN_FORCE', period = holding."left"
FROM holding
WHERE spell.id = holding.spell_id AND holding."left" IS NOT NULL;

UPDATE enrollment_coveragespell spell SET state = 'IN_FORCE'
FROM holding
WHERE spell.id = holding.spell_id AND holding.standing = 'KEEPS' AND spell.state <> 'IN_FORCE';

UPDATE enrollment_doubleside side SET is_open = false
FROM holding WHERE side.id = holding.side_id;

UPDATE enrollment_doublecase decided
SET state = 'DECIDED', decided_at = %(at)s, person_id = holding.owner_id
FROM holding WHERE decided.id = holding.case_id;

-- A case that was contested before goes back to its objection, the others to the rules.
UPDATE enrollment_doublecase proposed
SET state = CASE WHEN objection <> '' THEN 'CONTESTED' ELSE 'PROPOSED' END, decision_id = NULL
WHERE proposed.id IN (SELECT case_id FROM moved);

UPDATE enrollment_doubledecision
SET cases_refused = cases_refused + (SELECT count(*) FROM moved)
WHERE id = %(decision)s;

-- The notice keeps what it says; the person's particulars are put in when it is printed.
INSERT INTO enrollment_doublenotice
    (decision_id, side_id, person_id, rule_set_id, area_id, town, village, says, issued_on,
     is_withdrawn)
SELECT %(decision)s, side.id, decided.person_id, decided.rule_set_id, side.county_id,
       left(coalesce(staged.town, town.name, ''), 60), left(coalesce(staged.village, ''), 60),
       jsonb_build_object(
           'rule', coalesce(nullif(side.rule, ''), decided.rule),
           'kept_scheme', side.other_scheme, 'kept_area', kept.code,
           'ended_scheme', side.scheme, 'ended_area', county.code,
           'overlaps_from', decided.overlaps_from, 'ends_on', side.ends_on,
           'standing', side.standing,
           'left_until', upper(side."left"), 'refund', side.refund_amount,
           'contribution', side.contribution_amount),
       decision.decided_on, false
FROM holding
JOIN enrollment_doubleside side ON side.id = holding.side_id
JOIN enrollment_doublecase decided ON decided.id = side.case_id
JOIN enrollment_doubledecision decision ON decision.id = %(decision)s
JOIN core_area county ON county.id = side.county_id
LEFT JOIN core_area kept ON kept.id = side.other_county_id
JOIN enrollment_person person ON person.id = decided.person_id
LEFT JOIN core_area town ON town.id = person.area_id AND town.level = 'TOWN'
-- Where the person lives, by the roster of a village: that of the coverage that ends, else another.
LEFT JOIN LATERAL (
    SELECT source.town, source.village FROM enrollment_doubleside any_side
    JOIN enrollment_coveragespell spell ON spell.id = any_side.spell_id
    JOIN enrollment_rosterrow source ON source.id = spell.source_row_id
    WHERE any_side.case_id = side.case_id AND source.town IS NOT NULL
    ORDER BY any_side.id <> side.id, any_side.place LIMIT 1) staged ON true
WHERE holding.standing IN ('ENDS', 'PAUSES')
ON CONFLICT (decision_id, side_id) DO NOTHING;
