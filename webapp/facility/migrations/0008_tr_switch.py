
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('facility', '0007_hand_over'),
    ]

    operations = [
        migrations.AddField(
            model_name='instrument',
            name='tr_switch',
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
