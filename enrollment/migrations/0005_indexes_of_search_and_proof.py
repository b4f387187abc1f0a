
import django.contrib.postgres.indexes
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0004_access_log_by_actor'),
        ('enrollment', '0004_history_keeps_the_row_before'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='household',
            index=models.Index(fields=['number'], name='household_by_number'),
        ),
        migrations.AddIndex(
            model_name='personidentifier',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Reverse(django.db.models.functions.comparison.Cast('number', models.TextField())), name='text_pattern_ops'), condition=models.Q(('kind', 'RESIDENT_ID')), name='identifier_by_last_signs'),
        ),
        migrations.AddIndex(
            model_name='rosterrow',
            index=models.Index(fields=['file', 'outcome'], name='roster_row_by_file'),
        ),
    ]
