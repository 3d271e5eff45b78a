"""Proxy variables, by the rules of curl and urllib."""

from __future__ import annotations

import pytest

from loadsim.settings import proxy_for

PROXY = "http://proxy:3128"


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("http://h/", {}, None),
        ("http://h/", {"http_proxy": PROXY}, PROXY),
        ("http://h/", {"HTTP_PROXY": PROXY}, None),
        ("http://h/", {"https_proxy": PROXY}, None),
        ("https://h/", {"https_proxy": PROXY}, PROXY),
        ("https://h/", {"HTTPS_PROXY": PROXY}, PROXY),
        ("https://h/", {"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, PROXY),
        ("https://h/", {"http_proxy": PROXY}, None),
        ("http://h/", {"all_proxy": PROXY}, PROXY),
        ("https://h/", {"ALL_PROXY": PROXY}, PROXY),
        ("http://h/", {"http_proxy": "", "all_proxy": PROXY}, PROXY),
        ("http://h/", {"http_proxy": "proxy:3128"}, PROXY),
        ("http://h/", {"http_proxy": "socks5://p:1"}, "socks5://p:1"),
    ],
)
def test_the_variable_for_the_scheme_counts_then_the_one_for_all(
    url: str, environ: dict[str, str], proxy: str | None
) -> None:
    assert proxy_for(url, environ) == proxy


@pytest.mark.parametrize(
    ("url", "no_proxy", "bypassed"),
    [
        ("http://shop.example/", "shop.example", True),
        ("http://SHOP.example/", "shop.EXAMPLE", True),
        ("http://www.shop.example/", "shop.example", True),
        ("http://www.shop.example/", ".shop.example", True),
        ("http://www.shop.example/", "*.shop.example", True),
        ("http://myshop.example/", "shop.example", False),
        ("http://shop.example/", "other.example, shop.example", True),
        ("http://shop.example/", "*", True),
        ("http://shop.example/", "", False),
        ("http://shop.example/", " , ,", False),
        ("http://shop.example:8000/", "shop.example:8000", True),
        ("http://shop.example:8000/", "shop.example:9000", False),
        ("http://shop.example/", "shop.example:80", True),
        ("http://127.0.0.1:8000/", "127.0.0.1", True),
        ("http://127.0.0.1/", "127.0.0.0/8", True),
        ("http://10.1.2.3/", "127.0.0.0/8", False),
        ("http://[::1]:8000/", "::1", True),
        ("http://[::1]:8000/", "[::1]", True),
        ("http://[::1]:8000/", "[::1]:8000", True),
        ("http://[::1]:8000/", "[::1]:9000", False),
    ],
)
def test_no_proxy_names_hosts_domains_networks_and_ports(url: str, no_proxy: str, bypassed: bool) -> None:
    environ = {"http_proxy": PROXY, "no_proxy": no_proxy}
    assert proxy_for(url, environ) == (None if bypassed else PROXY)
    upper = {"http_proxy": PROXY, "NO_PROXY": no_proxy}
    assert proxy_for(url, upper) == (None if bypassed else PROXY)
