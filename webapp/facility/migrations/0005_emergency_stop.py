
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('facility', '0004_probe_tuning'),
    ]

    operations = [
        migrations.AddField(
            model_name='instrument',
            name='stopped',
            field=models.BooleanField(default=False),
        ),
    ]
