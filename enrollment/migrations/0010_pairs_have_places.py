"""A pair says in which areas its two rows lie, so that a clerk's queue is found without its rows."""

import django.db.models.deletion
from django.db import migrations, models

# The same rule by which coverage gets its area: rural rosters say nothing of the area, so theirs is
# the roster's; the city's exports name it, by its code of today or a former one.
AREA_OF_ROW = """
CREATE FUNCTION enrollment_area_of_row(wanted bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT named.id FROM core_area named
         WHERE batch.scheme <> 'NCMS'
           AND (named.code = staged.area_code OR staged.area_code = ANY (named.former_codes))
           AND named.path LIKE batch_area.path || '%'
         ORDER BY named.code <> staged.area_code, named.id
         LIMIT 1),
        batch.area_id)
    FROM enrollment_rosterrow staged
    JOIN enrollment_rosterbatch batch ON batch.id = staged.batch_id
    JOIN core_area batch_area ON batch_area.id = batch.area_id
    WHERE staged.id = wanted
$$;
"""
PAIRS_SO_FAR = """
UPDATE enrollment_candidatepair
SET area_a_id = enrollment_area_of_row(row_a_id), area_b_id = enrollment_area_of_row(row_b_id);
SET CONSTRAINTS ALL IMMEDIATE;
"""


def area(**options):
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="core.area",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0005_powers_apart_and_decisions_stand"),
        ("enrollment", "0009_rules_and_proofs_stand"),
    ]

    operations = [
        migrations.RunSQL(AREA_OF_ROW, "DROP FUNCTION enrollment_area_of_row"),
        migrations.AddField("candidatepair", "area_a", area(null=True)),
        migrations.AddField("candidatepair", "area_b", area(null=True)),
        migrations.RunSQL(PAIRS_SO_FAR, migrations.RunSQL.noop),
        migrations.AlterField("candidatepair", "area_a", area()),
        migrations.AlterField("candidatepair", "area_b", area()),
    ]
