"""The first tables of the users app, as ``makemigrations`` wrote them."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates them."""

    initial = True

    dependencies = ()

    operations = (
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("email", models.CharField(max_length=120)),
                ("city", models.CharField(max_length=40)),
            ],
        ),
    )
