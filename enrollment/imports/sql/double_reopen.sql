-- One range of cases taken back: every coverage has its days again and waits to be decided; which is
-- in force meanwhile is for `apply_precedence.sql`, which reads pg_temp.applied. A case whose person's
-- file was merged since is of the file that has its coverage. In: %(decision)s,
-- %(low)s < case <= %(high)s. Out: pg_temp.applied (person_id). Re-runnable.
CREATE TEMP TABLE reopening ON COMMIT DROP AS
SELECT id FROM enrollment_doublecase
WHERE pending_id = %(decision)s AND state IN ('DECIDED', 'CONTESTED')
  AND id > %(low)s AND id <= %(high)s;

CREATE TEMP TABLE holding ON COMMIT DROP AS
WITH locked AS (
    SELECT spell.id, spell.person_id, spell.period, spell.state
    FROM enrollment_coveragespell spell
    WHERE spell.id IN (SELECT side.spell_id FROM enrollment_doubleside side
                       JOIN reopening ON reopening.id = side.case_id)
    ORDER BY spell.id FOR UPDATE
)
SELECT side.case_id, side.id AS side_id, side.period, locked.id AS spell_id,
       min(locked.person_id) OVER own_case AS owner_id,
       -- As the decision left it; the one that stays may have met another roster since.
       min(locked.person_id) OVER own_case = max(locked.person_id) OVER own_case AND (
           side.standing = 'KEEPS' AND locked.period = side.period
               AND locked.state IN ('IN_FORCE', 'DOUBLE')
           OR side."left" IS NOT NULL AND locked.period = side."left"
           OR side.standing IN ('ENDS', 'PAUSES') AND side."left" IS NULL
               AND locked.period = side.period AND locked.state IN ('ENDED', 'SUSPENDED'))
           AS is_as_left
FROM reopening
JOIN enrollment_doubleside side ON side.case_id = reopening.id
JOIN locked ON locked.id = side.spell_id
WINDOW own_case AS (PARTITION BY side.case_id);

CREATE TEMP TABLE moved ON COMMIT DROP AS
SELECT DISTINCT case_id FROM holding WHERE NOT is_as_left
UNION
-- Another case builds on one of these coverages: that one is taken back first.
SELECT holding.case_id FROM holding
JOIN enrollment_doubleside later
  ON later.spell_id = holding.spell_id AND later.case_id <> holding.case_id
JOIN enrollment_doublecase other ON other.id = later.case_id
WHERE other.state = 'SUBMITTED' OR other.decided_at IS NOT NULL AND later.case_id > holding.case_id;

DELETE FROM holding USING moved WHERE holding.case_id = moved.case_id;

-- A case proposed meanwhile about one of these coverages gives it up: the rules look at it anew.
UPDATE enrollment_doubleside other SET is_open = false
FROM holding
WHERE other.spell_id = holding.spell_id AND other.case_id <> holding.case_id AND other.is_open;

UPDATE enrollment_coveragespell spell SET state = 'DOUBLE', reason = '', period = holding.period
FROM holding WHERE spell.id = holding.spell_id;

UPDATE enrollment_doubleside side SET is_open = true
FROM holding WHERE side.id = holding.side_id;

UPDATE enrollment_doublenotice notice SET is_withdrawn = true
FROM holding WHERE notice.side_id = holding.side_id AND NOT notice.is_withdrawn;

UPDATE enrollment_doublecase reopened
SET state = 'CONTESTED', decision_id = NULL, pending_id = NULL, decided_at = NULL,
    person_id = holding.owner_id,
    objection = CASE WHEN objection = '' THEN decision.reason ELSE objection END
FROM holding, enrollment_doubledecision decision
WHERE reopened.id = holding.case_id AND decision.id = %(decision)s;

UPDATE enrollment_doublecase SET pending_id = NULL
WHERE id IN (SELECT case_id FROM moved);

UPDATE enrollment_doubledecision
SET cases_refused = cases_refused + (SELECT count(*) FROM moved)
WHERE id = %(decision)s;

CREATE TEMP TABLE applied ON COMMIT DROP AS
SELECT DISTINCT owner_id AS person_id FROM holding;
