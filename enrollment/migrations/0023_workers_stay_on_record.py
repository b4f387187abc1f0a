"""Who received, laid out, corrected or submitted a roster or corrections does not approve them."""

import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models


# Who worked on what still waits is in the audit trail; what was approved stands as it was.
FILL = """
UPDATE enrollment_rosterbatch one SET drafters = worked.numbers
FROM (SELECT event.target_id, array_agg(DISTINCT staff.staff_no) AS numbers
      FROM core_auditevent event JOIN core_staff staff ON staff.id = event.actor_id
      WHERE event.target_label = 'enrollment.rosterbatch' AND staff.staff_no <> ''
        AND event.kind IN ('roster.received', 'roster.file_added', 'roster.file_removed',
                           'roster.layout_confirmed', 'roster.reading', 'roster.confirmed',
                           'roster.corrections_begun', 'roster.corrections_submitted')
      GROUP BY event.target_id) worked
WHERE worked.target_id = one.id::text
  AND one.state IN ('DRAFT', 'READING', 'CHECKED', 'AWAITING_APPROVAL');
UPDATE enrollment_rostercorrection one SET drafters = worked.numbers
FROM (SELECT event.facts ->> 'correction' AS correction,
             array_agg(DISTINCT staff.staff_no) AS numbers
      FROM core_auditevent event JOIN core_staff staff ON staff.id = event.actor_id
      WHERE staff.staff_no <> ''
        AND event.kind IN ('roster.corrections_begun', 'roster.corrections_submitted')
      GROUP BY 1) worked
WHERE worked.correction = one.id::text
  AND one.state IN ('READING', 'OPEN', 'AWAITING_APPROVAL');
SET CONSTRAINTS ALL IMMEDIATE;
"""
KEEP = """
CREATE FUNCTION enrollment_workers_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'who worked on % of % stays on record', OLD.id, TG_TABLE_NAME
        USING ERRCODE = '23514', CONSTRAINT = 'workers_only_grow';
END $$;
CREATE TRIGGER workers_only_grow BEFORE UPDATE ON enrollment_rosterbatch
FOR EACH ROW WHEN (NOT NEW.drafters @> OLD.drafters)
EXECUTE FUNCTION enrollment_workers_only_grow();
CREATE TRIGGER workers_only_grow BEFORE UPDATE ON enrollment_rostercorrection
FOR EACH ROW WHEN (NOT NEW.drafters @> OLD.drafters)
EXECUTE FUNCTION enrollment_workers_only_grow();
"""
FORGET = """
DROP TRIGGER workers_only_grow ON enrollment_rostercorrection;
DROP TRIGGER workers_only_grow ON enrollment_rosterbatch;
DROP FUNCTION enrollment_workers_only_grow;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0008_parameters_and_exports'),
        ('enrollment', '0022_newborns_wait_for_a_number'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='rosterbatch',
            name='approved_by_no',
            field=models.CharField(blank=True, db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='rosterbatch',
            name='drafters',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='rostercorrection',
            name='approved_by_no',
            field=models.CharField(blank=True, db_default='', max_length=20),
        ),
        migrations.AddField(
            model_name='rostercorrection',
            name='drafters',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.AddConstraint(
            model_name='rosterbatch',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by_no', ''), models.Q(('drafters__contains', [models.F('approved_by_no')]), _negated=True), _connector='OR'), name='roster_approved_by_another'),
        ),
        migrations.AddConstraint(
            model_name='rostercorrection',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by_no', ''), models.Q(('drafters__contains', [models.F('approved_by_no')]), _negated=True), _connector='OR'), name='correction_approved_by_another'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP, FORGET),
    ]
