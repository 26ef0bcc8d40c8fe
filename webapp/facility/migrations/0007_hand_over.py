"""Bookings can be handed over to another member of their group."""

from django.db import migrations, models

KINDS = [
    ("created", "Booked"),
    ("moved", "Moved"),
    ("edited", "Edited"),
    ("cancelled", "Cancelled"),
    ("approved", "Approved"),
    ("declined", "Declined"),
    ("checked_in", "Checked in"),
    ("finished", "Finished early"),
    ("released", "Released, nobody came"),
    ("offered", "Offered from the waitlist"),
    ("accepted", "Offer accepted"),
    ("lapsed", "Lapsed"),
    ("affected", "Affected by an outage"),
    ("handed_over", "Handed over"),
]


class Migration(migrations.Migration):
    dependencies = [("facility", "0006_radio_scans")]

    operations = [
        migrations.AlterField("bookingevent", "kind", models.CharField(choices=KINDS, max_length=12)),
    ]
