"""What the server calls: ``target_app.wsgi:application``."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application

from target_app.account import WsgiApplication, accounted
from target_app.config import Config

if TYPE_CHECKING:
    from target_app.bus.worker import Worker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "target_app.settings")


def _application() -> WsgiApplication:
    inner = get_wsgi_application()
    from django.conf import settings  # not configured before

    from target_app.tally import tally

    config = settings.CONFIG
    application = accounted(inner, config.backend, config.request_timeout_s, tally())
    return on_bus(application, config) if config.redis else application


def on_bus(application: WsgiApplication, config: Config) -> WsgiApplication:
    """Let the bus have the application too, if this server takes part in a service, and share the slots with it."""
    from target_app.bus.worker import Worker, taking_slots  # Channels and Redis' client only where there is a bus
    from target_app.services.bus import link

    slots = threading.Semaphore(config.slots)
    own = link()
    if config.service:
        worker = Worker(own, config.service, application, slots, config.slots)
        threading.Thread(target=_close_at_the_end, args=(worker,), name="bus-end").start()
    return taking_slots(application, slots)


def _close_at_the_end(worker: Worker) -> None:
    """Let what the bus was promised be done before this process ends, as the server does with HTTP."""
    threading.main_thread().join()  # the interpreter waits for this thread, which is no daemon
    worker.close()


application = _application()
