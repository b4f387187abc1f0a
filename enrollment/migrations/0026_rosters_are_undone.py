"""Rosters that stood on the roll are undone: who asked and approved, and what stood before."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


KEEP = """
CREATE TRIGGER workers_only_grow BEFORE UPDATE ON enrollment_rosterundo
FOR EACH ROW WHEN (NOT NEW.drafters @> OLD.drafters)
EXECUTE FUNCTION enrollment_workers_only_grow();
"""
FORGET = "DROP TRIGGER workers_only_grow ON enrollment_rosterundo;"


class Migration(migrations.Migration):

    dependencies = [
        ('enrollment', '0025_duplicates_are_counted'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='candidatepair',
            name='state',
            field=models.CharField(choices=[('OPEN', 'To be decided'), ('LATER', 'Put off'), ('DISPUTED', 'Two clerks differ'), ('CHECKING', 'Decided, being checked'), ('SAME', 'The same person'), ('DIFFERENT', 'Different people'), ('ANSWERED', 'Answered by another decision'), ('VOID', 'No longer asked: a roster was undone')], default='OPEN', max_length=20, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='rosterbatch',
            name='state',
            field=models.CharField(choices=[('DRAFT', 'Draft'), ('READING', 'Being read'), ('CHECKED', 'Checked'), ('AWAITING_APPROVAL', 'Awaiting approval'), ('APPLYING', 'Being applied'), ('APPLIED', 'Applied'), ('CANCELLED', 'Withdrawn'), ('UNDOING', 'Being undone'), ('UNDONE', 'Undone')], default='DRAFT', max_length=20, verbose_name='state'),
        ),
        migrations.CreateModel(
            name='RosterUndo',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('ASKED', 'Awaiting approval'), ('UNDOING', 'Being undone'), ('DONE', 'Undone'), ('DROPPED', 'Not undone')], default='ASKED', max_length=10, verbose_name='state')),
                ('reason', models.TextField(verbose_name='reason')),
                ('figures', models.JSONField(default=dict)),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('asked_by', models.CharField(max_length=120, verbose_name='asked by')),
                ('drafters', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, db_default=[], default=list, size=None)),
                ('approved_at', models.DateTimeField(blank=True, null=True, verbose_name='approved at')),
                ('approved_by', models.CharField(blank=True, max_length=120, verbose_name='approved by')),
                ('approved_by_no', models.CharField(blank=True, db_default='', max_length=20)),
                ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='done at')),
                ('dropped_because', models.TextField(blank=True, verbose_name='why not')),
                ('asked_by_staff', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='undos', to='enrollment.rosterbatch', verbose_name='roster')),
            ],
            options={
                'verbose_name': 'undoing of a roster',
                'verbose_name_plural': 'undoings of rosters',
                'db_table_comment': 'Rosters taken from the roll, each approved by a second person',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='UndoneRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_own', models.BooleanField(default=False)),
                ('person_before', models.BigIntegerField(null=True)),
                ('opened_file', models.BooleanField(default=False)),
                ('before', models.JSONField(default=dict)),
                ('outcome_before', models.CharField(choices=[('ACCEPTED', 'Accepted'), ('FIXED', 'Fixed'), ('REVIEW', 'Review'), ('REJECTED', 'Rejected'), ('NOT_RECORD', 'Not a record')], max_length=10)),
                ('reasons_before', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('person_after', models.BigIntegerField(null=True)),
                ('opens_file', models.BooleanField(default=False)),
                ('holds_number', models.BooleanField(default=False)),
                ('tier', models.CharField(blank=True, max_length=30)),
                ('score', models.FloatField(default=1.0)),
                ('evidence', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('outcome', models.CharField(choices=[('ACCEPTED', 'Accepted'), ('FIXED', 'Fixed'), ('REVIEW', 'Review'), ('REJECTED', 'Rejected'), ('NOT_RECORD', 'Not a record')], max_length=10)),
                ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('place', models.BigIntegerField(null=True)),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollment.rosterbatch')),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollment.rosterrow')),
                ('undo', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='enrollment.rosterundo')),
            ],
            options={
                'verbose_name': 'row of an undoing',
                'verbose_name_plural': 'rows of undoings',
                'db_table_comment': 'Rows as they stood before a roster was undone, and after it',
            },
        ),
        migrations.AddConstraint(
            model_name='rosterundo',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['ASKED', 'UNDOING', 'DONE'])), fields=('batch',), name='undo_one_per_roster'),
        ),
        migrations.AddConstraint(
            model_name='rosterundo',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='undo_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='rosterundo',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['UNDOING', 'DONE']), _negated=True), models.Q(('approved_at__isnull', False), models.Q(('approved_by', ''), _negated=True)), _connector='OR'), name='undo_after_second_person'),
        ),
        migrations.AddConstraint(
            model_name='rosterundo',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by_no', ''), models.Q(('drafters__contains', [models.F('approved_by_no')]), _negated=True), _connector='OR'), name='undo_approved_by_another'),
        ),
        migrations.AddConstraint(
            model_name='rosterundo',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', False), ('state', 'DONE')), models.Q(models.Q(('state', 'DONE'), _negated=True), ('done_at', None)), _connector='OR'), name='undo_done_at_an_instant'),
        ),
        migrations.AddIndex(
            model_name='undonerow',
            index=models.Index(fields=['undo', 'place'], name='undone_row_by_place'),
        ),
        migrations.AddConstraint(
            model_name='undonerow',
            constraint=models.UniqueConstraint(fields=('undo', 'row'), name='undone_row_once'),
        ),
        migrations.AddConstraint(
            model_name='undonerow',
            constraint=models.CheckConstraint(condition=models.Q(('is_own', False), ('person_after', None), _connector='OR'), name='undone_row_of_the_roster_stands_for_nobody'),
        ),
        migrations.RunSQL(KEEP, FORGET),
    ]
