"""What a plan says of its duration, as columns that the database keeps by itself."""

from django.db import migrations, models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast


def _of_plan(key: str) -> models.GeneratedField:
    return models.GeneratedField(
        db_persist=True,
        expression=Cast(KeyTextTransform(key, "plan"), models.FloatField()),
        output_field=models.FloatField(null=True),
    )


class Migration(migrations.Migration):
    dependencies = [("runs", "0003_accounting")]

    operations = [
        migrations.AddField("run", "planned_max_s", _of_plan("duration_max_s")),
        migrations.AddField("run", "planned_s", _of_plan("duration_s")),
    ]
