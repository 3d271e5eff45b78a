"""Tables of the users."""

from __future__ import annotations

from django.db import models


class User(models.Model):
    """Someone who visits, comments and orders."""

    name = models.CharField(max_length=80)
    email = models.CharField(max_length=120)
    city = models.CharField(max_length=40)
