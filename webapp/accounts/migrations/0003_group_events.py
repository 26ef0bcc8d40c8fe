"""What was done to groups and their members."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KINDS = [
    ("made", "Group made"),
    ("joined", "Joined"),
    ("role", "Another role"),
    ("left", "Left"),
    ("removed", "Taken out"),
    ("renamed", "Renamed"),
    ("archived", "Archived"),
    ("reopened", "Opened again"),
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_groups_are_archived")]

    operations = [
        migrations.CreateModel(
            name="GroupEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=KINDS, max_length=10)),
                ("payload", models.JSONField(default=dict)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="accounts.group"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),  # fmt: skip
            ],
            options={"ordering": ["id"]},
        ),
    ]
