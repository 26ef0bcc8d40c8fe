"""Months whose hours are kept as they were when they were closed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def _reference(to: str, **options: object) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=to, **options)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_groups_are_archived"),
        ("facility", "0004_probe_tuning"),
        ("usage", "0001_accounts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClosedMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("month", models.DateField(help_text="Its first day.", unique=True)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("made_by", _reference(settings.AUTH_USER_MODEL, editable=False)),
            ],
            options={"ordering": ["-month"]},
        ),
        migrations.CreateModel(
            name="ClosedHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hours", models.JSONField()),
                (
                    "closed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="hours", to="usage.closedmonth"
                    ),
                ),
                ("group", _reference("accounts.group", blank=True, null=True)),
                ("instrument", _reference("facility.instrument")),
                ("user", _reference(settings.AUTH_USER_MODEL, blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(user=None) | Q(group__isnull=False), name="closed_hours_of_a_group"
                    )
                ]
            },
        ),
    ]
