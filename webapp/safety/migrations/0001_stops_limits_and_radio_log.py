
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('facility', '0005_emergency_stop'),
        ('runs', '0004_planned_durations'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LimitChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('changed_at', models.DateTimeField(auto_now_add=True)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('looser', models.JSONField(default=list)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('changed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='limit_changes', to=settings.AUTH_USER_MODEL)),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='limit_changes', to='facility.instrument')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='EmergencyStop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('token', models.CharField(max_length=32)),
                ('told', models.BooleanField(default=False)),
                ('answer', models.JSONField(default=dict)),
                ('answered_at', models.DateTimeField(null=True)),
                ('released_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='emergency_stops', to='facility.instrument')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='emergency_stops', to=settings.AUTH_USER_MODEL)),
                ('released_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='emergency_stops_released', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('released_at__isnull', True)), fields=('instrument',), name='emergency_stop_in_force_once')],
            },
        ),
        migrations.CreateModel(
            name='RadioEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.CharField(max_length=40)),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=10)),
                ('event', models.CharField(max_length=20)),
                ('details', models.JSONField(default=dict)),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='radio_log', to='facility.instrument')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='radio_log', to='runs.run')),
            ],
            options={
                'verbose_name_plural': 'radio entries',
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['instrument', '-at'], name='radio_entry_newest'), models.Index(fields=['instrument', 'event', '-at'], name='radio_entry_of_event')],
                'constraints': [models.UniqueConstraint(fields=('instrument', 'line'), name='radio_entry_once')],
            },
        ),
    ]
