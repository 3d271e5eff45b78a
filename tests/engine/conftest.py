"""Locust is imported here once without its patching of the standard library, which only the engine's process wants.

The servers of these tests run in threads of this process, and must stay threads. The variable is taken back at once,
so that engine processes started by tests are made cooperative as in any run.
"""

from __future__ import annotations

import os

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
try:
    import locust  # noqa: F401 - for the effect of being the first import
finally:
    del os.environ["LOCUST_SKIP_MONKEY_PATCH"]
