"""What a run is told, by flags and by loadsim.toml, as one typed value."""

from loadsim.settings.compare_settings import CompareSettings, compare_settings
from loadsim.settings.proxies import proxy_for
from loadsim.settings.requests import parse_request
from loadsim.settings.run_settings import RunSettings, load_settings

__all__ = ["CompareSettings", "RunSettings", "compare_settings", "load_settings", "parse_request", "proxy_for"]
