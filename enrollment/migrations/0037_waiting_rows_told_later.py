"""Rows that wait find their person when a later roster tells."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enrollment', '0036_editions_of_several_rosters'),
    ]

    operations = [
        migrations.AlterField(
            model_name='candidatepair',
            name='state',
            field=models.CharField(choices=[('OPEN', 'To be decided'), ('LATER', 'Put off'), ('DISPUTED', 'Two clerks differ'), ('CHECKING', 'Decided, being checked'), ('SAME', 'The same person'), ('DIFFERENT', 'Different people'), ('ANSWERED', 'Answered by another decision'), ('VOID', 'No longer asked: a roster was undone'), ('TOLD', 'Answered by a later roster')], default='OPEN', max_length=20, verbose_name='state'),
        ),
        migrations.AddField(
            model_name='rosterbatch',
            name='rows_told',
            field=models.BigIntegerField(db_default=0, default=0, verbose_name='waiting rows of earlier rosters that find their person'),
        ),
        migrations.AddField(
            model_name='rosterlink',
            name='told_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollment.rosterbatch', verbose_name='told by'),
        ),
        migrations.AddField(
            model_name='undonerow',
            name='told_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollment.rosterbatch'),
        ),
        migrations.AddIndex(
            model_name='rosterlink',
            index=models.Index(condition=models.Q(('told_by__isnull', False)), fields=['told_by', 'person_id'], name='link_by_telling_roster'),
        ),
        migrations.AddConstraint(
            model_name='rosterlink',
            constraint=models.CheckConstraint(condition=models.Q(('told_by', None), models.Q(('told_by', models.F('batch')), _negated=True), _connector='OR'), name='link_told_by_another_roster'),
        ),
        migrations.CreateModel(
            name='FoundPerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField()),
                ('score', models.FloatField(verbose_name='score')),
                ('evidence', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None, verbose_name='evidence')),
                ('batch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='found', to='enrollment.rosterbatch')),
                ('model_version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollment.linkagemodelversion', verbose_name='linkage model')),
                ('row', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollment.rosterrow')),
            ],
            options={
                'verbose_name': 'person found for a waiting row',
                'verbose_name_plural': 'persons found for waiting rows',
                'db_table_comment': 'Whose the waiting rows of earlier rosters are, as a later roster tells',
                'indexes': [models.Index(fields=['batch', 'person_id'], name='found_person_by_range')],
                'constraints': [models.UniqueConstraint(fields=('batch', 'row'), name='found_person_once'), models.CheckConstraint(condition=models.Q(('score__gte', 0), ('score__lte', 1)), name='found_person_score_is_a_share')],
            },
        ),
    ]
