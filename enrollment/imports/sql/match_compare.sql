-- How the two records of each candidate compare, in every kind of evidence.
-- In: candidate, record, cluster. Out: bearer, compared.
CREATE OR REPLACE TEMP TABLE involved AS
SELECT record.*, cluster.cluster, cluster.person_id AS cluster_person, cluster.ambiguous
FROM record
LEFT JOIN cluster
       ON record.certain AND cluster.number = record.number AND cluster.sound = record.sound
          AND cluster.spelt IS NOT DISTINCT FROM record.spelt
WHERE record.record IN (SELECT record FROM candidate UNION SELECT other FROM candidate);

CREATE OR REPLACE TEMP TABLE bearer AS
SELECT sound, count(*) AS bearers FROM record
SEMI JOIN (SELECT DISTINCT sound FROM involved) AS asked USING (sound)
GROUP BY sound;

-- One key for everything that is already known to be one person.
CREATE OR REPLACE TEMP MACRO identity_of(row_id, person_id, cluster, cluster_person) AS
    CASE WHEN person_id IS NOT NULL THEN 'P' || person_id
         WHEN cluster_person IS NOT NULL THEN 'P' || cluster_person
         WHEN cluster IS NOT NULL THEN 'R' || cluster
         ELSE 'R' || row_id END;
-- Pairs whose households have somebody else in common.
CREATE OR REPLACE TEMP TABLE home_member AS
SELECT DISTINCT record.household,
       identity_of(NULL, record.person_id, cluster.cluster, cluster.person_id) AS identity
FROM record
SEMI JOIN (SELECT DISTINCT household FROM involved WHERE household IS NOT NULL) AS home
          USING (household)
JOIN cluster ON cluster.number = record.number AND cluster.sound = record.sound
            AND cluster.spelt IS NOT DISTINCT FROM record.spelt
WHERE record.certain
QUALIFY count(*) OVER (PARTITION BY record.household) <= getvariable('block_limit');

CREATE OR REPLACE TEMP TABLE kin AS
SELECT DISTINCT candidate.record, candidate.other
FROM candidate
JOIN involved AS a ON a.record = candidate.record
JOIN involved AS b ON b.record = candidate.other AND b.household <> a.household
JOIN home_member AS one ON one.household = a.household
JOIN home_member AS two ON two.household = b.household AND two.identity = one.identity
WHERE one.identity NOT IN (
    identity_of(a.row_id, a.person_id, a.cluster, a.cluster_person),
    identity_of(b.row_id, b.person_id, b.cluster, b.cluster_person));

-- Rows that waited before and of which a new row tells: they are compared with everybody again, so
-- that whoever else they may be counts as if all had come at once.
CREATE OR REPLACE TEMP TABLE revisited AS
SELECT candidate.record FROM candidate
JOIN record AS waiting ON waiting.record = candidate.record AND waiting.placeable
JOIN record AS told ON told.record = candidate.other AND told.fresh AND told.certain
UNION
SELECT candidate.other FROM candidate
JOIN record AS waiting ON waiting.record = candidate.other AND waiting.placeable
JOIN record AS told ON told.record = candidate.record AND told.fresh AND told.certain;

-- A number found in another column of the row is as good as one in its own.
CREATE OR REPLACE TEMP MACRO believed_number(certain, number, state, suggestion) AS
    CASE WHEN certain THEN number WHEN state = 'WRONG_COLUMN' THEN suggestion END;
CREATE OR REPLACE TEMP TABLE compared AS
WITH side AS (
    SELECT *,
           identity_of(row_id, person_id, cluster, cluster_person) AS identity,
           believed_number(certain, number, id_state, suggestion) AS believed,
           written_number(number, digits) AS written,
           coalesce(birth, CASE WHEN coalesce(begins_with_part(number_birth, birth_part), TRUE)
                                THEN number_birth END) AS own_birth,
           coalesce(sex, number_sex) AS own_sex,
           coalesce(certain OR substr(digits, 7, 8) = strftime(birth, '%Y%m%d'), FALSE) AS dated
    FROM involved
)
SELECT a.record, b.record AS other, a.row_id, b.row_id AS other_row_id,
       a.person_id, b.person_id AS other_person_id,
       a.identity, b.identity AS other_identity,
       NOT a.certain AS unsure, NOT b.certain AS other_unsure,
       a.fresh, b.fresh AS other_fresh,
       a.placeable, b.placeable AS other_placeable,
       a.sound,
       CASE WHEN a.number = b.number THEN 'NUMBER_EQUAL'
            WHEN a.suggestion = b.number OR a.number = b.suggestion OR a.suggestion = b.suggestion
            THEN 'NUMBER_SUGGESTED'
            WHEN a.believed <> b.believed THEN 'NUMBER_OTHER'
            WHEN a.written IS NULL OR b.written IS NULL THEN 'NUMBER_MISSING'
            WHEN a.number IS NOT NULL AND b.number IS NOT NULL THEN 'NUMBER_DOUBTED'
            WHEN damerau_levenshtein(a.written, b.written) <= 1 THEN 'NUMBER_SLIP'
            WHEN damerau_levenshtein(a.written, b.written) = 2 THEN 'NUMBER_SLIPS'
            -- Two numbers that both fail may each be two slips away from the true one.
            WHEN a.certain OR b.certain OR damerau_levenshtein(a.written, b.written) > 4
            -- A failing number that holds the row's own birth date is the person's but for a slip.
            THEN CASE WHEN a.dated AND b.dated THEN 'NUMBER_OTHER' ELSE 'NUMBER_FAR' END
            ELSE 'NUMBER_DOUBTED' END AS number_evidence,
       compare_names(a.name, a.sound, b.name, b.sound) AS name_evidence,
       -- The date inside a doubtful number may be the right one, unless both carry that number.
       CASE WHEN a.own_birth <> b.own_birth AND a.number IS DISTINCT FROM b.number
                 AND (a.own_birth = b.number_birth OR a.number_birth = b.own_birth)
            THEN 'BIRTH_OF_NUMBER'
            ELSE compare_births(a.own_birth, a.birth_part, b.own_birth, b.birth_part) END AS birth_evidence,
       CASE WHEN a.own_sex IS NULL OR b.own_sex IS NULL THEN 'SEX_UNKNOWN'
            WHEN a.own_sex = b.own_sex THEN 'SEX_EQUAL'
            ELSE 'SEX_DIFFERENT' END AS sex_evidence,
       CASE WHEN a.household = b.household THEN 'PLACE_HOUSEHOLD'
            WHEN kin.record IS NOT NULL THEN 'PLACE_KIN'
            WHEN a.phone = b.phone THEN 'PLACE_PHONE'
            WHEN a.address = b.address THEN 'PLACE_ADDRESS'
            WHEN a.area = b.area THEN 'PLACE_AREA'
            ELSE 'PLACE_UNKNOWN' END AS place_evidence,
       CASE WHEN a.twin OR b.twin THEN 'TWIN_RISK' ELSE 'TWIN_NONE' END AS twin_evidence
FROM candidate
JOIN side AS a ON a.record = candidate.record
JOIN side AS b ON b.record = candidate.other
LEFT JOIN kin ON kin.record = candidate.record AND kin.other = candidate.other
WHERE a.identity <> b.identity
  AND (a.fresh OR b.fresh
       OR (b.certain AND a.record IN (SELECT record FROM revisited))
       OR (a.certain AND b.record IN (SELECT record FROM revisited)));
