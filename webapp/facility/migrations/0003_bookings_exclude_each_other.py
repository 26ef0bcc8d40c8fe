"""On PostgreSQL the database itself refuses bookings that overlap; SQLite has no such constraint, and one writer."""

from django.db import migrations

#: a tstzrange is half-open, [), unless told otherwise
ADD = """
ALTER TABLE facility_booking ADD CONSTRAINT booking_no_overlap
EXCLUDE USING gist (instrument_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
WHERE (state IN ('offered', 'pending', 'confirmed'))
"""


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        schema_editor.execute(ADD)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE facility_booking DROP CONSTRAINT booking_no_overlap")


class Migration(migrations.Migration):

    dependencies = [("facility", "0002_bookings")]

    operations = [migrations.RunPython(add, remove)]
