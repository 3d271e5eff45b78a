"""What the server calls: ``target_app.wsgi:application``."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from target_app.account import accounted

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "target_app.settings")


def _application() -> object:
    inner = get_wsgi_application()
    from django.conf import settings  # not configured before

    return accounted(inner, settings.CONFIG.backend, settings.CONFIG.request_timeout_s)


application = _application()
