"""The first tables of the comments app, as ``makemigrations`` wrote them."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates them."""

    initial = True

    dependencies = ()

    operations = (
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item_id", models.PositiveIntegerField()),
                ("user_id", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("written_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["item_id", "id"], name="comments_of_item"),
                    models.Index(fields=["user_id", "id"], name="comments_by_user"),
                ],
            },
        ),
    )
