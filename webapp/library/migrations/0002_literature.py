from django.db import migrations

from webapp.library.services.compounds import load_literature


def load(apps, schema_editor):
    load_literature(apps.get_model("library", "Compound"), apps.get_model("library", "ReferenceLine"))


def index(apps, schema_editor):
    """Index what was measured before there was an index; `webapp.library.services.index` keeps it from now on."""
    peaks, lines = apps.get_model("library", "Peak"), apps.get_model("spectra", "SpectralLine")
    newest = {}
    done = apps.get_model("spectra", "Spectrum").objects.filter(state="done").order_by("version")
    for pk, run, group in done.values_list("pk", "run_id", "group_id"):
        newest[run] = (pk, group)
    for pk, group in newest.values():
        found = list(lines.objects.filter(spectrum=pk, status__in=("confirmed", "moved")))
        highest = max((line.amplitude for line in found), default=1.0) or 1.0
        peaks.objects.bulk_create(
            [
                peaks(
                    spectrum_id=pk,
                    group_id=group,
                    frequency_hz=line.frequency_hz,
                    relative_height=line.amplitude / highest,
                )
                for line in found
            ]
        )


class Migration(migrations.Migration):

    dependencies = [("library", "0001_initial")]

    operations = [
        migrations.RunPython(load, migrations.RunPython.noop),
        migrations.RunPython(index, migrations.RunPython.noop),
    ]
