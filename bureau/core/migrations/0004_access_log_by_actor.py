
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0003_sign_in_devices'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='accesslog',
            index=models.Index(fields=['actor_id', 'at'], name='access_log_by_actor'),
        ),
    ]
