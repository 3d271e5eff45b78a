"""Which classes of visitors there are, and how large a share of the arrivals is of each."""

from __future__ import annotations

from collections.abc import Mapping

from loadsim.errors import UsageError, nearest
from loadsim.measure.sample import MAX_CLASSES


def check_visitor_classes(shares: Mapping[str, float]) -> None:
    """Raise UsageError unless these are a few names with shares, at least one of them above 0."""
    good = (
        isinstance(shares, Mapping)
        and 1 <= len(shares) <= MAX_CLASSES
        and all(isinstance(name, str) for name in shares)
        and all(isinstance(share, int | float) and 0 <= share < float("inf") for share in shares.values())
        and sum(shares.values()) > 0
    )
    if not good:
        raise UsageError(
            f"visitor_classes is {shares!r}: expected 1 to {MAX_CLASSES} names with their shares",
            hint='For example: visitor_classes = {"light": 0.97, "heavy": 0.03}',
        )


def with_shares(declared: Mapping[str, float], given: Mapping[str, float]) -> dict[str, float]:
    """Return the classes with the shares that were ``given`` of all arrivals; the others share the rest as declared.

    A class without a share is left out. Raises UsageError for a name that is not declared, and for shares that are
    not 1 together.
    """
    for name in given:
        if name not in declared:
            raise UsageError(f"--visitors: there is no class '{name}'", hint=nearest(name, declared))
    others = {name: share for name, share in declared.items() if name not in given}
    left, weight = 1.0 - sum(given.values()), sum(others.values())
    if left < -1e-9 or (left > 1e-9 and weight == 0):
        raise UsageError(
            f"--visitors: the shares are {1.0 - left:.4g} together: expected 1, or less where others take the rest",
            hint=f"Classes: {', '.join(declared)}.",
        )
    each = max(left, 0.0) / weight if weight else 0.0
    shares = {name: given[name] if name in given else each * declared[name] for name in declared}
    return {name: share for name, share in shares.items() if share > 0}
