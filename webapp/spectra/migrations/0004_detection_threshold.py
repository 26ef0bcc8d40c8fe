
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('spectra', '0003_noise_of_windows'),
    ]

    operations = [
        migrations.AddField(
            model_name='spectrum',
            name='detection_snr',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='spectrum',
            name='detection_false_alarms',
            field=models.FloatField(null=True),
        ),
    ]
