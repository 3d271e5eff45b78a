"""Django's settings, made from :mod:`target_app.config`; nothing here is to be set by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from target_app import placement
from target_app.config import Config

CONFIG = Config.from_environment()

DEBUG = False
# Nothing is signed: no sessions, no CSRF tokens. Django wants a value all the same.
SECRET_KEY = "the bundled target signs nothing"  # noqa: S105
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "target_app.urls"
WSGI_APPLICATION = "target_app.wsgi.application"
INSTALLED_APPS = [
    "target_app.inventory",
    "target_app.payments",
    "target_app.users",
    "target_app.images",
    "target_app.comments",
    "target_app.presentation",
]
MIDDLEWARE = [
    "target_app.misconduct.MisconductMiddleware",
    "target_app.cache.CacheMiddleware",
    "target_app.presentation.refusals.RefusalMiddleware",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024


def _sqlite() -> dict[str, Any]:
    options = {
        # DEFERRED fails at once with 'database is locked' when a reader turns writer; IMMEDIATE waits its turn.
        "transaction_mode": "IMMEDIATE",
        "timeout": CONFIG.lock_timeout_s,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY",
    }
    path = str(Path(CONFIG.database).absolute())
    return {"ENGINE": "target_app.database.sqlite", "NAME": path, "CONN_MAX_AGE": None, "OPTIONS": options}


def _postgresql(name: str) -> dict[str, Any]:
    return {
        "ENGINE": "target_app.database.postgresql",
        "NAME": "postgres",
        "USER": "postgres",
        "HOST": str(Path(CONFIG.postgres, placement.server(name)).absolute()),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"connect_timeout": 5},
        "TIMED_AS": placement.role(name),
    }


DATABASES = (
    {placement.FIRST: _sqlite()}
    if CONFIG.databases == "single"
    else {name: _postgresql(name) for name in (*placement.primaries(CONFIG), *placement.replicas(CONFIG))}
)
DATABASE_ROUTERS = ["target_app.routing.Router"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [str(Path(__file__).parent / "presentation" / "templates")],
    }
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # A refusal is an answer that the caller counts. Only what the target did not expect is worth a line.
    "loggers": {"django.request": {"level": "ERROR"}, "django": {"handlers": [], "propagate": True}},
}
