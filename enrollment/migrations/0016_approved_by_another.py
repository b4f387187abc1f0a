"""Who drafted, changed or submitted rules and subsidies does not approve them."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Who worked on what is there already, from the audit trail; who approved it, from the request. An
# approved version of rules stands by a trigger, which is told apart from these new columns here.
FILL = """
ALTER TABLE enrollment_doubleruleset DISABLE TRIGGER enrollment_double_rules_stand;
CREATE TEMP TABLE worked ON COMMIT DROP AS
SELECT event.target_label, event.target_id, array_agg(DISTINCT staff.staff_no) AS numbers,
       min(event.actor_id) FILTER (WHERE event.kind IN ('double_rules.drafted', 'subsidy.entered'))
           AS maker
FROM core_auditevent event
JOIN core_staff staff ON staff.id = event.actor_id
WHERE event.kind IN ('double_rules.drafted', 'double_rules.changed', 'double_rules.submitted',
                     'subsidy.entered')
GROUP BY event.target_label, event.target_id;
CREATE TEMP TABLE approver ON COMMIT DROP AS
SELECT DISTINCT ON (target_label, target_id) target_label, target_id, checker_id, checker_staff_no
FROM core_approvalrequest
WHERE state = 'APPROVED' AND kind IN ('enrollment.double_rules', 'enrollment.subsidy')
ORDER BY target_label, target_id, id DESC;
{tables}
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE enrollment_doubleruleset ENABLE TRIGGER enrollment_double_rules_stand;
DROP TABLE worked, approver;
"""
FILL_TABLE = """
UPDATE {table} one
SET drafters = coalesce(
        array_remove(
            (SELECT numbers FROM worked
             WHERE target_label = '{label}' AND target_id = one.id::text),
            (SELECT checker_staff_no FROM approver
             WHERE target_label = '{label}' AND target_id = one.id AND one.state = 'APPROVED')),
        '{{}}'),
    made_by_staff_id = (
        SELECT maker FROM worked WHERE target_label = '{label}' AND target_id = one.id::text
          AND NOT EXISTS (SELECT FROM approver
                          WHERE target_label = '{label}' AND target_id = one.id
                            AND checker_id = maker)),
    approved_by_staff_id = CASE WHEN one.state = 'APPROVED' THEN (
        SELECT checker_id FROM approver WHERE target_label = '{label}' AND target_id = one.id) END,
    approved_by_no = CASE WHEN one.state = 'APPROVED' THEN coalesce((
        SELECT checker_staff_no FROM approver
        WHERE target_label = '{label}' AND target_id = one.id), '-') ELSE '' END;
"""
TABLES = (
    ("enrollment_doubleruleset", "enrollment.doubleruleset"),
    ("enrollment_subsidystandard", "enrollment.subsidystandard"),
)
KEEP = """
CREATE FUNCTION enrollment_drafters_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT NEW.drafters @> OLD.drafters
       OR NEW.made_by_staff_id IS DISTINCT FROM OLD.made_by_staff_id
    THEN
        RAISE EXCEPTION 'who worked on % of % stays on record', OLD.id, TG_TABLE_NAME
            USING ERRCODE = '23514', CONSTRAINT = 'drafters_only_grow';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER drafters_only_grow BEFORE UPDATE ON enrollment_doubleruleset
FOR EACH ROW EXECUTE FUNCTION enrollment_drafters_only_grow();
CREATE TRIGGER drafters_only_grow BEFORE UPDATE ON enrollment_subsidystandard
FOR EACH ROW EXECUTE FUNCTION enrollment_drafters_only_grow();

CREATE FUNCTION enrollment_subsidy_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'subsidy % was approved', OLD.id
        USING ERRCODE = '23514', CONSTRAINT = 'subsidy_stands_as_approved';
END $$;
CREATE TRIGGER subsidy_stands_as_approved
BEFORE UPDATE OR DELETE ON enrollment_subsidystandard
FOR EACH ROW WHEN (OLD.state = 'APPROVED') EXECUTE FUNCTION enrollment_subsidy_stands();
"""
FORGET = """
DROP TRIGGER subsidy_stands_as_approved ON enrollment_subsidystandard;
DROP FUNCTION enrollment_subsidy_stands;
DROP TRIGGER drafters_only_grow ON enrollment_subsidystandard;
DROP TRIGGER drafters_only_grow ON enrollment_doubleruleset;
DROP FUNCTION enrollment_drafters_only_grow;
"""



class Migration(migrations.Migration):

    dependencies = [
        ('core', '0008_parameters_and_exports'),
        ('enrollment', '0015_births_without_a_day'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='doubleruleset',
            name='approved_by_no',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='doubleruleset',
            name='approved_by_staff',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='doubleruleset',
            name='drafters',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='doubleruleset',
            name='made_by_staff',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='subsidystandard',
            name='approved_by_no',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='subsidystandard',
            name='approved_by_staff',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='subsidystandard',
            name='drafters',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='subsidystandard',
            name='made_by_staff',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunSQL(
            FILL.format(
                tables="".join(
                    FILL_TABLE.format(table=table, label=label) for table, label in TABLES
                )
            ),
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='doubleruleset',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_by_no', ''), ('approved_by_staff', None), models.Q(('state', 'APPROVED'), _negated=True)), models.Q(('state', 'APPROVED'), models.Q(('approved_by_no', ''), _negated=True), models.Q(('drafters__contains', [models.F('approved_by_no')]), _negated=True), models.Q(('made_by_staff', None), ('approved_by_staff', None), models.Q(('approved_by_staff', models.F('made_by_staff')), _negated=True), _connector='OR')), _connector='OR'), name='double_rules_approved_by_another'),
        ),
        migrations.AddConstraint(
            model_name='subsidystandard',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_by_no', ''), ('approved_by_staff', None), models.Q(('state', 'APPROVED'), _negated=True)), models.Q(('state', 'APPROVED'), models.Q(('approved_by_no', ''), _negated=True), models.Q(('drafters__contains', [models.F('approved_by_no')]), _negated=True), models.Q(('made_by_staff', None), ('approved_by_staff', None), models.Q(('approved_by_staff', models.F('made_by_staff')), _negated=True), _connector='OR')), _connector='OR'), name='subsidy_approved_by_another'),
        ),
        migrations.RunSQL(KEEP, FORGET),
    ]
