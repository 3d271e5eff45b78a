"""Tables of the images."""

from __future__ import annotations

from django.db import models


class Image(models.Model):
    """The picture of the item that has the same id."""

    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    jpeg = models.BinaryField()
