"""The first tables of the payments app, as ``makemigrations`` wrote them."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates them."""

    initial = True

    dependencies = ()

    operations = (
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("user_id", models.PositiveIntegerField()),
                ("item_id", models.PositiveIntegerField()),
                ("quantity", models.PositiveIntegerField()),
                ("total_cents", models.PositiveIntegerField()),
                ("status", models.CharField(max_length=10)),
            ],
            options={
                "indexes": [models.Index(fields=["user_id", "id"], name="orders_by_user")],
            },
        ),
    )
