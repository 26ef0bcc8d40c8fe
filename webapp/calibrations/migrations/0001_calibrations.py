import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('facility', '0004_probe_tuning'),
        ('runs', '0003_accounting'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Calibration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.CharField(max_length=40)),
                ('symbol', models.CharField(max_length=60)),
                ('value', models.FloatField()),
                ('sigma', models.FloatField()),
                ('unit', models.CharField(blank=True, max_length=30)),
                ('display_unit', models.CharField(blank=True, max_length=30)),
                ('scale', models.FloatField(default=1.0)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('sample_rate_hz', models.FloatField(default=0.0)),
                ('measured_at', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calibrations', to='facility.instrument')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calibrations', to='runs.run')),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-measured_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='CalibrationValidity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.CharField(max_length=40)),
                ('days', models.FloatField()),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calibration_validity', to='facility.instrument')),
            ],
        ),
        migrations.CreateModel(
            name='UsedCalibration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.CharField(max_length=40)),
                ('value', models.FloatField()),
                ('sigma', models.FloatField()),
                ('stale', models.BooleanField()),
                ('calibration', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='calibrations.calibration')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='used_calibrations', to='runs.run')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddIndex(
            model_name='calibration',
            index=models.Index(fields=['instrument', 'quantity', '-measured_at'], name='calibration_newest'),
        ),
        migrations.AddConstraint(
            model_name='calibration',
            constraint=models.UniqueConstraint(fields=('run', 'quantity'), name='calibration_once'),
        ),
        migrations.AddConstraint(
            model_name='calibrationvalidity',
            constraint=models.UniqueConstraint(fields=('instrument', 'quantity'), name='validity_once'),
        ),
        migrations.AddConstraint(
            model_name='usedcalibration',
            constraint=models.UniqueConstraint(fields=('run', 'calibration'), name='used_once'),
        ),
    ]
