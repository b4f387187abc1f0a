-- The rows as they were go on record, and the corrected ones take their place.
-- In: pg_temp.corrected, %(correction)s, %(at)s, %(by)s.
INSERT INTO enrollment_rosterrowversion
    (row_id, version, correction_id, raw, outcome, reasons, fixes, values, link, replaced_at,
     replaced_by, note)
SELECT staged.id, staged.version, %(correction)s, staged.raw, staged.outcome, staged.reasons,
       staged.fixes,
       jsonb_strip_nulls(
           to_jsonb(staged)
           - '{id,batch_id,file_id,sheet,row_no,version,raw,outcome,reasons,fixes}'::text[]),
       CASE WHEN link.row_id IS NOT NULL
            THEN jsonb_build_object('person_id', link.person_id, 'opens_file', link.opens_file,
                                    'holds_number', link.holds_number, 'tier', link.tier) END,
       %(at)s, %(by)s, corrected.note
FROM corrected
JOIN enrollment_rosterrow staged ON staged.id = corrected.row_id
LEFT JOIN enrollment_rosterlink link ON link.row_id = corrected.row_id
WHERE NOT corrected.is_new;

-- What people found right as it is, with their evidence, is remembered for the values it is about.
INSERT INTO enrollment_rowjudgement
    (area_id, reason, key, evidence, row_id, correction_id, judged_at, judged_by)
SELECT DISTINCT ON (batch.area_id, code, judged.key)
       batch.area_id, code, judged.key, one.note, one.row_id, %(correction)s, %(at)s, %(by)s
FROM corrected one
JOIN enrollment_rosterrow staged ON staged.id = one.row_id
JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
CROSS JOIN LATERAL unnest(one.confirmed) code
CROSS JOIN LATERAL (SELECT enrollment_judgement_key(
    code, one.id_number, one.id_text, one.name, one.birth_on, one.birth_part,
    concat_ws(chr(31), one.remarks, one.special_group, one.relation, one.status), one.raw,
    batch.year) AS key) judged
WHERE one.note <> '' AND code <> ALL (staged.confirmed)
ORDER BY batch.area_id, code, judged.key, one.row_id
ON CONFLICT DO NOTHING;

UPDATE enrollment_rosterrow staged
SET raw = corrected.raw, outcome = corrected.outcome, reasons = corrected.reasons,
    fixes = corrected.fixes, id_number = corrected.id_number, id_text = corrected.id_text,
    id_state = corrected.id_state, id_suggestion = corrected.id_suggestion,
    name = corrected.name, name_key = corrected.name_key, name_initials = corrected.name_initials,
    birth_on = corrected.birth_on, birth_part = corrected.birth_part, sex = corrected.sex, household_no = corrected.household_no,
    relation = corrected.relation, relation_code = corrected.relation_code,
    head_name = corrected.head_name, member_no = corrected.member_no, psn_no = corrected.psn_no,
    town = corrected.town, village = corrected.village, address = corrected.address,
    phone = corrected.phone, ethnicity = corrected.ethnicity,
    special_group = corrected.special_group, amount = corrected.amount, year = corrected.year,
    begins_on = corrected.begins_on, area_code = corrected.area_code, status = corrected.status,
    remarks = corrected.remarks, confirmed = corrected.confirmed,
    is_settled = corrected.is_settled,
    version = CASE WHEN corrected.is_new THEN staged.version ELSE staged.version + 1 END
FROM corrected WHERE staged.id = corrected.row_id;

UPDATE enrollment_correctedrow line SET is_taken = true
FROM corrected WHERE line.id = corrected.id;
UPDATE enrollment_correctedrow line SET verdict = 'BEFORE'
WHERE line.correction_id = %(correction)s AND line.place > %(low)s AND line.place <= %(high)s
  AND NOT line.is_taken AND line.verdict IN ('NEW', 'CHANGED', 'RELEASED');
