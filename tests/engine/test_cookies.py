"""Cookies as a browser keeps them, for one user and one origin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.engine.cookies import MAX_COOKIES, CookieJar

from .browsing import visiting
from .raw_server import answering, ok, routed


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def jar(host: str = "shop.test", *, secure: bool = False, clock: Clock | None = None) -> CookieJar:
    return CookieJar(host, secure=secure, clock=clock or Clock())


def test_a_cookie_comes_back_and_a_new_value_replaces_it():
    cookies = jar()
    cookies.keep("a=1; Path=/", "/x")
    cookies.keep(' b = "two" ; Path=/; HttpOnly; SameSite=Lax', "/x")
    assert cookies.header("/") == b'a=1; b="two"'
    cookies.keep("a=3; Path=/", "/x")
    assert cookies.header("/anything?q") == b'a=3; b="two"'


@pytest.mark.parametrize(
    ("set_path", "given", "asked", "sent"),
    [
        ("/", "Path=/app", "/app", True),
        ("/", "Path=/app", "/app/x", True),
        ("/", "Path=/app", "/application", False),
        ("/", "Path=/app/", "/app", False),
        ("/", "Path=relative", "/other", True),
        ("/a/b/c", "", "/a/b/d", True),
        ("/a/b/c", "", "/a", False),
        ("/a?b=/c/d", "", "/x", True),
    ],
)
def test_paths_match_as_the_standard_says(set_path: str, given: str, asked: str, sent: bool):
    cookies = jar()
    cookies.keep(f"a=1; {given}", set_path)
    assert (cookies.header(asked) == b"a=1") is sent


def test_longer_paths_come_first_and_are_cookies_of_their_own():
    cookies = jar()
    cookies.keep("a=root; Path=/", "/")
    cookies.keep("a=app; Path=/app", "/")
    assert cookies.header("/app/x") == b"a=app; a=root"
    assert cookies.header("/") == b"a=root"
    assert cookies["a"] == "app"


@pytest.mark.parametrize(
    ("host", "domain", "kept"),
    [
        ("www.shop.test", "shop.test", True),
        ("www.shop.test", ".SHOP.test", True),
        ("www.shop.test", "www.shop.test", True),
        ("www.shop.test", "other.test", False),
        ("shop.test", "www.shop.test", False),
        ("myshop.test", "shop.test", False),
        ("127.0.0.1", "0.0.1", False),
        ("127.0.0.1", "127.0.0.1", True),
    ],
)
def test_a_domain_must_cover_the_host(host: str, domain: str, kept: bool):
    cookies = jar(host)
    cookies.keep(f"a=1; Domain={domain}", "/")
    assert ("a" in cookies) is kept


def test_secure_cookies_need_tls():
    plain, secure = jar(), jar(secure=True)
    for cookies in (plain, secure):
        for text in (
            "a=1; Secure; Path=/",
            "__Secure-b=1; Secure; Path=/",
            "__Host-c=1; Secure; Path=/",
            "d=1; Path=/",
        ):
            cookies.keep(text, "/")
    assert list(plain) == ["d"]
    assert list(secure) == ["a", "__Secure-b", "__Host-c", "d"]


@pytest.mark.parametrize(
    "text", ["__Secure-a=1", "__Host-a=1; Secure", "__Host-a=1; Secure; Path=/; Domain=shop.test", "=", "a\0=b"]
)
def test_what_breaks_a_rule_is_dropped(text: str):
    cookies = jar(secure=True)
    cookies.keep(text, "/x/y")
    assert not cookies


def test_cookies_expire_by_age_before_date():
    clock = Clock()
    cookies = jar(clock=clock)
    cookies.keep("age=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "/")
    cookies.keep("date=1; Expires=Tue, 14 Nov 2023 22:13:40 GMT", "/")  # 20 s later than the clock
    cookies.keep("dashes=1; Expires=Tuesday, 14-Nov-23 22:13:40 GMT", "/")
    cookies.keep("odd=1; Expires=whenever; Max-Age=soon", "/")
    assert cookies.header("/") == b"age=1; date=1; dashes=1; odd=1"
    clock.now += 15
    assert cookies.header("/") == b"date=1; dashes=1; odd=1"
    clock.now += 15
    assert cookies.header("/") == b"odd=1"


@pytest.mark.parametrize("end", ["Max-Age=0", "Max-Age=-1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"])
def test_an_expired_cookie_removes_the_one_before(end: str):
    cookies = jar()
    cookies.keep("a=1", "/")
    cookies.keep(f"a=; {end}", "/")
    assert not cookies


def test_their_number_and_size_are_bounded():
    cookies = jar()
    for n in range(3 * MAX_COOKIES):
        cookies.keep(f"c{n}=1", "/")
    cookies.keep("big=" + "x" * 5000, "/")
    assert len(cookies) == MAX_COOKIES
    assert "big" not in cookies
    assert f"c{3 * MAX_COOKIES - 1}" in cookies


def test_scripts_use_it_as_a_mapping():
    cookies = jar()
    cookies["a"] = "1"
    cookies.set("b", "2", path="/b", domain="shop.test")
    cookies.update({"c": "3"})
    assert dict(cookies) == {"a": "1", "b": "2", "c": "3"}
    del cookies["a"]
    assert cookies.get("a") is None
    cookies.clear()
    assert len(cookies) == 0
    for name, value in (("", "x"), ("a", "b\r\nX: y"), ("a=b", "c"), ("a", "b;c")):
        with pytest.raises(ValueError, match="not a cookie"):
            cookies[name] = value
    with pytest.raises(KeyError):
        del cookies["nothing"]


@given(st.text(max_size=200), st.text(max_size=20))
def test_nothing_a_server_sets_can_make_it_raise_or_break_a_line(text: str, path: str):
    cookies = jar(secure=True)
    cookies.keep(text.replace("\r", "").replace("\n", ""), "/" + path)
    assert b"\r" not in cookies.header("/")
    assert b"\n" not in cookies.header("/")


def test_a_client_keeps_and_sends_them():
    with visiting(answering(ok(b"", b"Set-Cookie: a=1; Path=/", b"set-cookie: b=2; Path=/deep"), ok())) as (
        visit,
        server,
    ):
        visit.client.get("/")
        visit.client.get("/deep/er")
        visit.client.get("/", cookies={"c": "3"})
        visit.client.get("/", headers={"Cookie": "own=1"})
        visit.client.get("/")
        sent = [request.fields.get("cookie") for request in server.requests]
        assert sent == [None, "b=2; a=1", "a=1; c=3", "own=1", "a=1"]
        assert dict(visit.client.cookies) == {"a": "1", "b": "2"}


def test_a_new_visitor_begins_with_the_cookies_of_on_start_only():
    routes = {"/login": ok(b"", b"Set-Cookie: user=7; Path=/"), "/cart": ok(b"", b"Set-Cookie: cart=full; Path=/")}
    with visiting(routed(routes)) as (visit, server):
        visit.client.get("/login")
        for _ in range(2):
            visit.client.begin()
            visit.client.get("/cart")
            visit.client.get("/page")
        sent = [request.fields.get("cookie") for request in server.requests]
        assert sent == [None, "user=7", "user=7; cart=full", "user=7", "user=7; cart=full"]


def test_without_on_start_a_new_visitor_has_none():
    with visiting(answering(ok(b"", b"Set-Cookie: a=1; Path=/"))) as (visit, server):
        for _ in range(2):
            visit.client.begin()
            visit.client.get("/")
            visit.client.get("/")
        assert ["cookie" in request.fields for request in server.requests] == [False, True, False, True]
