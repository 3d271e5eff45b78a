"""Planted secrets never survive; what is harmless stays readable."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.redact import (
    HIDDEN,
    is_secret_name,
    plain_text,
    redact_argv,
    redact_headers,
    redact_text,
    redact_tree,
    redact_url,
)

SECRET = st.text(string.ascii_uppercase + string.digits + "-._~!$'()*+", min_size=8, max_size=30).map(
    lambda text: f"Zq{text}xW9"
)
"""Of what may stand bare in a URL; unlike WORDS, so that it is found nowhere by chance."""
SECRET_NAMES = st.sampled_from(
    ["token", "access_token", "api_key", "apikey", "X-Api-Key", "password", "passwd", "client_secret", "sig", "key",
     "Signature", "session_id", "jwt", "auth", "authToken", "refresh-token", "csrf", "sid", "pwd", "pass"]
)  # fmt: skip
PLAIN_NAMES = st.sampled_from(["page", "q", "size", "sort", "id", "lang"])
WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=8)
PLACES = st.sampled_from(["http://shop.example", "https://localhost:8443", "http://[::1]:80/base"])


def gone(secret: str, shown: str) -> bool:
    """No piece of it that is worth anything is left."""
    return not any(secret[start : start + 6] in shown for start in range(len(secret) - 5))


@given(PLACES, SECRET_NAMES, SECRET, PLAIN_NAMES, WORDS, st.booleans(), st.sampled_from("?#"))
def test_secrets_in_queries_and_fragments_are_hidden(
    place: str, name: str, secret: str, plain: str, word: str, first: bool, mark: str
) -> None:
    pairs = [f"{name}={secret}", f"{plain}={word}"]
    shown = redact_url(f"{place}/a{mark}{'&'.join(pairs if first else pairs[::-1])}")
    assert gone(secret, shown)
    assert shown.startswith(f"{place}/a{mark}")
    assert f"{plain}={word}" in shown


@given(PLACES, WORDS, SECRET, st.sampled_from(["", "@", ":", "@:@"]))
def test_the_password_of_a_url_is_hidden_even_one_that_should_have_been_encoded(
    place: str, user: str, secret: str, odd: str
) -> None:
    scheme, _, rest = place.partition("://")
    for text in (f"{scheme}://{user}:{odd}{secret}@{rest}/a", f"GET {scheme}://{secret}{odd}@{rest}/a failed"):
        shown = redact_text(text)
        assert gone(secret, shown)
        assert f"{HIDDEN}@{rest}" in shown


@given(SECRET, st.sampled_from(["X-Shop", "Authorization", "Cookie", "X-Api-Key", "Proxy-Authorization", "Whatever"]))
def test_headers_are_hidden_unless_known_to_be_harmless(secret: str, name: str) -> None:
    fields = [(name, secret), ("Accept", "text/html"), ("User-Agent", f"me http://u:{secret}@h/")]
    shown = redact_headers(fields)
    assert [field for field, _ in shown] == [name, "Accept", "User-Agent"]
    assert gone(secret, repr(shown))
    assert shown[1][1] == "text/html"


@given(SECRET, st.sampled_from(["X-Shop", "Authorization", "Cookie"]), st.sampled_from(["", " "]), st.booleans())
def test_secrets_on_the_command_line_are_hidden_whatever_the_spelling(
    secret: str, name: str, space: str, more: bool
) -> None:
    header = f"{name}:{space}{secret} {secret}" if more else f"{name}:{space}{secret}"
    spellings = [
        ["--header", header],
        [f"--header={header}"],
        ["-H", header],
        [f"-H{header}"],
        [f"-H={header}"],
        ["--env", f"SHOP={secret}"],
        [f"--env=SHOP={secret}"],
        ["--target", f"http://me:{secret}@shop.example/"],
        [f"--target=http://shop.example/?token={secret}"],
        ["--request", f"GET /a?api_key={secret} weight=2"],
        ["--objective", f'p99[route="GET /a?token={secret}"] < 1s'],
    ]
    for words in spellings:
        argv = ["loadsim", "run", "spiky", *words, "--rate", "200/s"]
        shown = redact_argv(argv)
        assert len(shown) == len(argv)
        assert shown[:3] + shown[-2:] == argv[:3] + argv[-2:]
        assert gone(secret, " ".join(shown)), words
        assert shown[3].startswith(words[0].partition("=")[0][:2])


def test_the_command_line_stays_readable_where_it_holds_no_secret() -> None:
    argv = ["loadsim", "run", "shop.py:Buyer", "--target", "https://shop.example/a?page=2", "--key", "client.key",
            "--cert", "client.pem", "--request", "GET /items/{zipf:1000} weight=3 name=/items/:id", "--header",
            "Accept: text/html", "--backend-header", "X-Served-By", "--profile",
            "spike(base=50/s,peak=500/s,at=20s,width=5s)", "--objective", "p99[phase=spike] < 1s", "--resolve",
            "shop.example:127.0.0.1", "--seed", "7"]  # fmt: skip
    assert redact_argv(argv) == argv


@given(SECRET, SECRET_NAMES, st.sampled_from(["{}={}", "{}: {}", '"{}": "{}"', "'{}': '{}'", "{} = {}", "x;{}={}"]))
def test_secrets_in_free_text_are_hidden(secret: str, name: str, form: str) -> None:
    bare = secret.replace("'", "-")
    assert gone(bare, redact_text(f"it said {form.format(name, bare)}, and went"))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abcdef.ghijkl-mnop", "abcdef.ghijkl-mnop"),
        ("sent 'authorization': 'Basic dXNlcjpwYXNz'", "dXNlcjpwYXNz"),
        ("bearer 0123456789abcdef refused", "0123456789abcdef"),
        ("Set-Cookie: id=a3fWa; Expires=Thu, 21 Oct 2027", "a3fWa"),
        ("cookie: a=b; session=abcdef123", "abcdef123"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3 back", "dozjgNryP4J3"),
        ("https://s3/x?X-Amz-Signature=fe5f80f77d5f&X-Amz-Date=2", "fe5f80f77d5f"),
        ("key AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("ghp_0123456789abcdefghij", "0123456789abcdefghij"),
        ("http://u:p/a?b#c@host/", "p/a?b#c"),
        ("postgres://me:hunter22@db/x", "hunter22"),
        ("?%74oken=abcdef123", "abcdef123"),
        ("-----BEGIN PRIVATE KEY-----\nMIIBVgIBADAN\n-----END PRIVATE KEY-----", "MIIBVgIBADAN"),
    ],
)
def test_forms_of_secrets_that_are_known(text: str, secret: str) -> None:
    shown = redact_text(text)
    assert secret not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        "GET /items/:id answered 503 Service Unavailable",
        "http://127.0.0.1:8000/a?page=2&size=64#top",
        "http://[::1]:8000/",
        "http://[::1",
        "ConnectionRefusedError: [Errno 111] Connection refused",
        "mail to me@example.org: at 10:30",
        "KeyError: 'name' at shop.py:12 in look",
        "monkey=1&author=me&keyboard=2",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert redact_text(text) == text
    assert redact_url(text) == text


@given(st.text(max_size=200))
def test_any_text_can_be_redacted_and_nothing_more_is_found_the_second_time(text: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == once


def test_a_tree_of_settings_is_redacted_all_through() -> None:
    tree = {
        "header": [["X", "http://u:hunter22@h/"]],
        "password": "hunter22",
        "n": 3,
        "deep": {"token": "hunter22", "a": None},
    }
    shown = redact_tree(tree)
    assert "hunter22" not in repr(shown)
    assert shown == {
        "header": [["X", "http://***@h/"]],
        "password": HIDDEN,
        "n": 3,
        "deep": {"token": HIDDEN, "a": None},
    }


@pytest.mark.parametrize(
    "name", ["token", "Authorization", "X-Auth-Token", "Set-Cookie", "sessionid", "PHPSESSID", "api-key"]
)
def test_names_that_say_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["page", "monkey", "author", "Content-Type", "X-Backend", "keyboard", "compass", "design"]
)
def test_names_that_do_not(name: str) -> None:
    assert not is_secret_name(name)


@given(st.text(max_size=60), st.integers(1, 50))
def test_a_strangers_text_becomes_one_printable_line(text: str, limit: int) -> None:
    shown = plain_text(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()
