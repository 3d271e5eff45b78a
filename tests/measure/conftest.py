from __future__ import annotations

from hypothesis import settings

# How long an example takes says something about the machine only.
settings.register_profile("measure", deadline=None)
settings.load_profile("measure")
