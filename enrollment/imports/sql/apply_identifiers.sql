-- Numbers of the people: identity number, its 15-digit form, numbers of the schemes.
-- A number that was somebody else's up to a day is this person's from that day on.
-- A newborn whom a person let onto the roll has a temporary number of the house until the real one
-- comes: its letters cannot be taken for an identity number. It ends on the day the real one is known.
-- In: pg_temp.applied. Re-runnable.
INSERT INTO enrollment_personidentifier
    (person_id, kind, number, issuer, period, source_row_id)
SELECT applied.person_id, number.kind, number.number, number.issuer,
       daterange(former.ended, NULL), applied.row_id
FROM applied
CROSS JOIN LATERAL (
    SELECT 'RESIDENT_ID' AS kind, applied.id_number AS number, '' AS issuer
    WHERE applied.holds_number AND applied.id_number IS NOT NULL
    UNION ALL
    SELECT 'RESIDENT_ID_15', left(applied.id_text, 15), ''
    WHERE applied.holds_number AND applied.id_state = 'UPGRADED'
    UNION ALL
    SELECT 'NCMS_MEMBER', applied.member_no, applied.issuer
    WHERE applied.member_no IS NOT NULL
    UNION ALL
    SELECT 'PLATFORM_PERSON', applied.psn_no, applied.scheme
    WHERE applied.psn_no IS NOT NULL
    UNION ALL
    SELECT 'TEMPORARY', 'LS' || applied.issuer || lpad(applied.person_id::text, 12, '0'),
           applied.issuer
    WHERE applied.id_state = 'NEWBORN' AND applied.outcome IN ('ACCEPTED', 'FIXED')
      AND NOT EXISTS (SELECT FROM enrollment_personidentifier known
                      WHERE known.person_id = applied.person_id AND known.kind = 'RESIDENT_ID')
) number
LEFT JOIN (
    SELECT number, max(upper(period)) AS ended FROM enrollment_personidentifier
    WHERE kind = 'RESIDENT_ID' AND NOT upper_inf(period)
    GROUP BY number
) former ON number.kind = 'RESIDENT_ID' AND former.number = number.number
ORDER BY applied.row_id
ON CONFLICT DO NOTHING;

UPDATE enrollment_personidentifier held
SET period = daterange(lower(held.period), (now() AT TIME ZONE 'Asia/Shanghai')::date)
FROM (SELECT DISTINCT person_id FROM applied) person
WHERE held.person_id = person.person_id AND held.kind = 'TEMPORARY' AND upper_inf(held.period)
  AND coalesce(lower(held.period) < (now() AT TIME ZONE 'Asia/Shanghai')::date, true)
  AND EXISTS (SELECT FROM enrollment_personidentifier known
              WHERE known.person_id = held.person_id AND known.kind = 'RESIDENT_ID'
                AND upper_inf(known.period));
-- Where the real one is gone again, the temporary one goes on.
UPDATE enrollment_personidentifier held
SET period = daterange(lower(held.period), NULL)
FROM (SELECT DISTINCT person_id FROM applied) person
WHERE held.person_id = person.person_id AND held.kind = 'TEMPORARY' AND NOT upper_inf(held.period)
  AND NOT EXISTS (SELECT FROM enrollment_personidentifier known
                  WHERE known.person_id = held.person_id AND known.kind = 'RESIDENT_ID'
                    AND upper_inf(known.period));
