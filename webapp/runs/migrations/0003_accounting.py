from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0002_fair_queue_series_templates")]

    operations = [
        migrations.AddField(
            model_name="capturerecord", name="transmit_s", field=models.FloatField(blank=True, null=True)
        ),
        migrations.AddIndex(model_name="run", index=models.Index(fields=["claimed_at"], name="run_claimed")),
    ]
