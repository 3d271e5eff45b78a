"""The first tables of the images app, as ``makemigrations`` wrote them."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates them."""

    initial = True

    dependencies = ()

    operations = (
        migrations.CreateModel(
            name="Image",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("jpeg", models.BinaryField()),
            ],
        ),
    )
