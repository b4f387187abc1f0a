-- Until the transaction ends, nobody decides about the former rows of lines of a range of people: the
-- pairs and the cases of double enrollment that name them are locked, each kind in its order.
-- In: %(edition)s, %(low)s < person <= %(high)s.
WITH asked AS MATERIALIZED (
    SELECT line.old_row_id
    FROM enrollment_rosteredition edition
    JOIN enrollment_rosterlink link
      ON link.batch_id = edition.batch_id AND link.person_id > %(low)s
     AND link.person_id <= %(high)s
    JOIN enrollment_editionline line
      ON line.edition_id = edition.id AND line.row_id = link.row_id
     AND line.follows AND NOT line.is_taken
    WHERE edition.id = %(edition)s
),
pairs AS MATERIALIZED (
    SELECT id FROM enrollment_candidatepair
    WHERE id IN (SELECT pair.id FROM asked
                 JOIN enrollment_candidatepair pair ON pair.row_a_id = asked.old_row_id
                 UNION
                 SELECT pair.id FROM asked
                 JOIN enrollment_candidatepair pair ON pair.row_b_id = asked.old_row_id)
    ORDER BY id FOR UPDATE
),
cases AS MATERIALIZED (
    SELECT id FROM enrollment_doublecase
    WHERE id IN (SELECT side.case_id FROM asked
                 JOIN enrollment_coveragespell spell ON spell.source_row_id = asked.old_row_id
                 JOIN enrollment_doubleside side ON side.spell_id = spell.id)
    ORDER BY id FOR UPDATE
)
SELECT (SELECT count(*) FROM pairs), (SELECT count(*) FROM cases);
