"""Where a thing is at home when nothing is merged, told by what moved it."""

from django.db import migrations

# The first move since it came into being names the home, unless a later one made it at home
# elsewhere; without any move it is where it lies. A thing that a decision brought with a waiting
# row is at home with that row.
HOME_OF = """
CREATE FUNCTION enrollment_home_of(wanted_kind text, wanted bigint, holder bigint)
RETURNS TABLE (person_id bigint, row_id bigint) LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN settled.id IS NOT NULL THEN settled.to_person_id
                WHEN first.id IS NOT NULL THEN first.from_person_id
                ELSE holder END,
           CASE WHEN settled.id IS NULL AND first.id IS NOT NULL THEN first.row_id END
    FROM (SELECT coalesce(max(moved.id), 0) AS id FROM enrollment_movedthing moved
          WHERE moved.kind = wanted_kind AND moved.thing_id = wanted
            AND moved.to_person_id IS NULL) gone
    LEFT JOIN LATERAL (
        SELECT moved.id, moved.to_person_id FROM enrollment_movedthing moved
        WHERE moved.kind = wanted_kind AND moved.thing_id = wanted AND moved.id > gone.id
          AND moved.at_home
        ORDER BY moved.id DESC LIMIT 1) settled ON true
    LEFT JOIN LATERAL (
        SELECT moved.id, moved.from_person_id, moved.row_id FROM enrollment_movedthing moved
        WHERE moved.kind = wanted_kind AND moved.thing_id = wanted AND moved.id > gone.id
        ORDER BY moved.id LIMIT 1) first ON true
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0011_decisions_on_pairs")]

    operations = [migrations.RunSQL(HOME_OF, "DROP FUNCTION enrollment_home_of")]
