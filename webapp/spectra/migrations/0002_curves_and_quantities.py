
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('spectra', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='MeasuredCurve',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=200)),
                ('model', models.CharField(blank=True, max_length=300)),
                ('data', models.JSONField()),
                ('spectrum', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='curves', to='spectra.spectrum')),
            ],
            options={
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(fields=('spectrum', 'name'), name='curve_name_once')],
            },
        ),
        migrations.CreateModel(
            name='MeasuredQuantity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=60)),
                ('symbol', models.CharField(max_length=60)),
                ('value', models.FloatField()),
                ('sigma', models.FloatField(null=True)),
                ('unit', models.CharField(blank=True, max_length=30)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('display_unit', models.CharField(blank=True, max_length=30)),
                ('scale', models.FloatField(default=1.0)),
                ('spectrum', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='quantities', to='spectra.spectrum')),
            ],
            options={
                'ordering': ['position'],
                'indexes': [models.Index(fields=['name', 'value'], name='quantity_value')],
                'constraints': [models.UniqueConstraint(fields=('spectrum', 'name'), name='quantity_name_once')],
            },
        ),
    ]
