"""Decisions keep the numbers of their cases, and corrections say which coverage stays as decided."""

import django.contrib.postgres.fields
from django.db import migrations, models

VERDICTS = [
    ("NEW", "New"),
    ("CHANGED", "Changed"),
    ("RELEASED", "Released by another"),
    ("SAME", "Same"),
    ("WRONG", "Still wrong"),
    ("BEFORE", "Corrected before"),
    ("DECIDED", "Coverage decided"),
    ("UNPLACED", "Row not found"),
]

# Those whose cases have left them before this stay without.
FILL = """
UPDATE enrollment_doubledecision decision SET case_numbers = found.numbers
FROM (SELECT decision, array_agg(DISTINCT id ORDER BY id) AS numbers
      FROM (SELECT decision_id AS decision, id FROM enrollment_doublecase
            UNION ALL SELECT pending_id, id FROM enrollment_doublecase) told
      WHERE decision IS NOT NULL GROUP BY decision) found
WHERE decision.id = found.decision
"""


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0016_approved_by_another")]

    operations = [
        migrations.AddField(
            model_name="correctedrow",
            name="coverage_decided",
            field=models.BooleanField(db_default=False, verbose_name="coverage as decided"),
        ),
        migrations.AlterField(
            model_name="correctedrow",
            name="verdict",
            field=models.CharField(choices=VERDICTS, max_length=10, verbose_name="comparison"),
        ),
        migrations.AddField(
            model_name="doubledecision",
            name="case_numbers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
