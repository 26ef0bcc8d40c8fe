
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('spectra', '0002_curves_and_quantities'),
    ]

    operations = [
        migrations.AddField(
            model_name='spectrum',
            name='windows',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
