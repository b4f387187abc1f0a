-- Numbers of the people of one range: identity number, its 15-digit form, numbers of the schemes.
-- In: %(batch)s, %(low)s < person <= %(high)s. Re-runnable.
INSERT INTO enrollment_personidentifier
    (person_id, kind, number, issuer, period, source_row_id)
SELECT link.person_id, number.kind, number.number, number.issuer,
       daterange(NULL, NULL), link.row_id
FROM enrollment_rosterlink link
JOIN enrollment_rosterrow staged ON staged.id = link.row_id
JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
JOIN core_area area ON area.id = batch.area_id
CROSS JOIN LATERAL (
    SELECT 'RESIDENT_ID' AS kind, staged.id_number AS number, '' AS issuer
    WHERE link.holds_number AND staged.id_number IS NOT NULL
    UNION ALL
    SELECT 'RESIDENT_ID_15', left(staged.id_text, 15), ''
    WHERE link.holds_number AND staged.id_state = 'UPGRADED'
    UNION ALL
    SELECT 'NCMS_MEMBER', left(staged.member_no, 40), area.code
    WHERE nullif(staged.member_no, '') IS NOT NULL
    UNION ALL
    SELECT 'PLATFORM_PERSON', left(staged.psn_no, 40), batch.scheme
    WHERE nullif(staged.psn_no, '') IS NOT NULL
) number
WHERE link.batch_id = %(batch)s
  AND link.person_id > %(low)s AND link.person_id <= %(high)s
ORDER BY link.row_id
ON CONFLICT DO NOTHING;
