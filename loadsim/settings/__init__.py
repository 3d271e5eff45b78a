"""What a run is told, by flags and by loadsim.toml, as one typed value."""

from loadsim.settings.proxies import proxy_for
from loadsim.settings.requests import parse_request
from loadsim.settings.run_settings import RunSettings, load_settings

__all__ = ["RunSettings", "load_settings", "parse_request", "proxy_for"]
