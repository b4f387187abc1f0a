"""Problems that people found right as they are stay on record, by the values they are about."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

KEY = """
CREATE FUNCTION enrollment_judgement_key(
    reason text, id_number text, id_text text, name text, birth_on date, birth_part text,
    remarks text, cells text, of_year integer
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(concat_ws(
        chr(30), reason, coalesce(id_number, id_text, ''), coalesce(name, ''),
        coalesce(to_char(birth_on, 'YYYY-MM-DD'), birth_part, ''),
        CASE reason WHEN 'DECEASED' THEN remarks
                    WHEN 'CELL_LONG' THEN cells
                    WHEN 'AMOUNT_MISSING' THEN of_year::text
                    WHEN 'NEWBORN_WITHOUT_NUMBER' THEN of_year::text END), 'UTF8')), 'hex')
$$;
"""
NO_KEY = """
DROP FUNCTION enrollment_judgement_key(text, text, text, text, date, text, text, text, integer);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0008_parameters_and_exports'),
        ('enrollment', '0028_person_by_birth'),
    ]

    operations = [
        migrations.CreateModel(
            name='RowJudgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=30, verbose_name='reason')),
                ('key', models.CharField(max_length=64)),
                ('evidence', models.TextField(verbose_name='evidence')),
                ('judged_at', models.DateTimeField(verbose_name='judged at')),
                ('judged_by', models.CharField(max_length=120, verbose_name='judged by')),
                ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.area')),
                ('correction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judgements', to='enrollment.rostercorrection')),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judgements', to='enrollment.rosterrow')),
            ],
            options={
                'verbose_name': 'row found right as it is',
                'verbose_name_plural': 'rows found right as they are',
                'db_table_comment': 'Problems that people found right as they are; append-only',
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('area', 'reason', 'key'), name='judgement_once_for_the_same_values'), models.CheckConstraint(condition=models.Q(('evidence', ''), _negated=True), name='judgement_has_evidence')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rowjudgement',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = '23514', CONSTRAINT = 'row_judgement_is_append_only';", hash='58a2eb3c5a6d85eb5c1e74a38fc04c6d315ac436', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_f147e', table='enrollment_rowjudgement', when='BEFORE')),
        ),
        migrations.RunSQL(KEY, NO_KEY),
    ]
