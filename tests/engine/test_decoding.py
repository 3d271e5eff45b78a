"""Content codings, good and bad."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.engine.decoding import BodyDamagedError, BodyTooLargeError, decode


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}


@given(data=st.binary(max_size=3000), repeat=st.integers(1, 100), name=st.sampled_from(sorted(PACKERS)))
def test_what_was_packed_is_unpacked(data: bytes, repeat: int, name: str):
    plain = data * repeat
    assert decode(PACKERS[name](plain), name, max(1, len(plain))) == plain


def test_bare_deflate_is_understood_too():
    assert decode(bare_deflate(b"hello" * 100), "deflate", 1000) == b"hello" * 100


def test_gzip_members_follow_each_other():
    assert decode(gzip.compress(b"a" * 10) + gzip.compress(b"b" * 10) + b"\0\0", "gzip", 100) == b"a" * 10 + b"b" * 10


def test_codings_are_undone_last_one_first_and_identity_is_none():
    assert decode(brotli.compress(zlib.compress(b"x")), " DEFLATE , br, identity", 10) == b"x"
    assert decode(b"plain", "identity", 10) == b"plain"
    assert decode(b"", "gzip", 10) == b""


@pytest.mark.parametrize("name", sorted(PACKERS))
def test_the_bound_is_on_what_comes_out(name: str):
    packed = PACKERS[name](b"\0" * 100_000)
    assert len(decode(packed, name, 100_000)) == 100_000
    with pytest.raises(BodyTooLargeError, match="99999 bytes after decompression"):
        decode(packed, name, 99_999)


@pytest.mark.parametrize("name", sorted(PACKERS))
def test_every_truncation_is_damage(name: str):
    packed = PACKERS[name](bytes(range(256)) * 4)
    for end in range(1, len(packed), 5):
        with pytest.raises(BodyDamagedError):
            decode(packed[:end], name, 1 << 20)


@pytest.mark.parametrize("codings", ["zstd", "gzip, " * 10])
def test_other_codings_and_towers_of_them_are_damage(codings: str):
    with pytest.raises(BodyDamagedError):
        decode(b"abc", codings, 100)


@given(data=st.binary(min_size=1, max_size=300), name=st.sampled_from(sorted(PACKERS)))
def test_noise_ends_in_damage_and_nothing_else(data: bytes, name: str):
    try:
        decode(data, name, 1 << 20)
    except (BodyDamagedError, BodyTooLargeError):
        pass
