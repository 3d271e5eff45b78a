from __future__ import annotations

from typing import Any

import msgspec
import pytest

from target_app.errors import BadInput
from target_app.services.operation import (
    OPERATIONS,
    Operation,
    decode_calls,
    decode_results,
    encode_calls,
    encode_results,
)


def _call(name: str, *args: Any, **kwargs: Any) -> Any:
    return OPERATIONS[name].call(*args, **kwargs)


def test_every_function_of_every_interface_is_an_operation_under_its_app_s_name() -> None:
    assert {name.split(".")[0] for name in OPERATIONS} == {"inventory", "payments", "users", "images", "comments"}
    assert all(name == f"{each.app}.{each.function.__name__}" for name, each in OPERATIONS.items())


def test_calls_come_through_json_as_they_were_with_their_defaults_filled_in() -> None:
    calls = [
        _call("inventory.item", 5),
        _call("inventory.items_page", 2),
        _call("users.names", (1, 2)),
        _call("comments.add", item_id=1, user_id=2, text="hé"),
    ]
    assert decode_calls(encode_calls(calls)) == calls
    assert calls[1].arguments == (2, 20)


def test_results_of_every_kind_come_through_json_as_what_they_were() -> None:
    performed = [
        _call("inventory.item", 5),
        _call("inventory.items_page", 1),
        _call("inventory.release", 5, 0),
        _call("comments.of_item", 3),
        _call("users.names", (1, 2)),
        _call("images.thumbnail", 3, 32),
        _call("images.image", 3),
        _call("payments.orders_of", 4),
    ]
    results = [call.perform() for call in performed]
    assert decode_results(encode_results(results), performed) == results
    assert isinstance(results[5], bytes)
    assert results[2] is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"{}",
        b"[[1, []]]",
        b'[["inventory.item", []]]',
        b'[["inventory.item", [1, 2]]]',
        b'[["inventory.item", ["1"]]]',
        b'[["inventory.drop", [1]]]',
        b'[["os.system", ["true"]]]',
        b"\xff",
    ],
)
def test_what_are_no_calls_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        decode_calls(body)


@pytest.mark.parametrize("body", [b"", b"[]", b"[1]", b"[null, null]", b'[{"id": 1}]'])
def test_results_of_another_form_or_number_are_no_results(body: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, ValueError)):
        decode_results(body, [_call("inventory.item", 5)])


def test_an_operation_is_told_by_where_its_function_stands() -> None:
    operation = OPERATIONS["users.user"]
    assert isinstance(operation, Operation)
    assert operation.arguments_type == tuple[int]
