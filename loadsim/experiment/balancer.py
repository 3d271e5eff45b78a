"""The balancer's counts held against the client's: two witnesses of where the same requests went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from loadsim.measure.sample import BACKEND_SHIFT, FIELDS, ROUTE_SHIFT

_NUMBERS = 256
"""A sample names its backend in 8 bits."""


class Answers:
    """How many answers each backend gave to all that was sent: the warm-up's too, which the recorder leaves out."""

    def __init__(self) -> None:
        self._counts = np.zeros(_NUMBERS, np.int64)

    def add(self, payload: bytes) -> None:
        """Add a frame of samples."""
        keys = np.frombuffer(payload, FIELDS)["key"].astype(np.int64)
        requests = keys[keys >= 1 << ROUTE_SHIFT]
        self._counts += np.bincount((requests >> BACKEND_SHIFT) % _NUMBERS, minlength=_NUMBERS)

    def by_backend(self, names: Sequence[str]) -> dict[str, int]:
        """Return the counts by the names that the engine announced, in their order."""
        return {name: int(count) for name, count in zip(names, self._counts[1:], strict=False)}

    @property
    def unnamed(self) -> int:
        """How many requests no backend is known of: it did not answer, or did not say its name."""
        return int(self._counts[0])


def differences(
    before: Mapping[str, int] | None,
    after: Mapping[str, int] | None,
    seen: Mapping[str, int],
    *,
    unnamed: int,
    unseen: int | None,
) -> list[str]:
    """Return what the two do not agree on: a sentence for each backend, or one for all; nothing where one is silent.

    ``before`` and ``after`` are what the balancer had sent to each backend; ``seen`` the answers that the client had.
    Of what the balancer sent beyond these, the client's ``unnamed`` requests explain as many, and ``unseen`` what was
    sent and not measured (None: nobody knows how much).
    """
    if before is None or after is None:
        return []
    sent = {name: count - before.get(name, 0) for name, count in after.items()}
    if min(sent.values(), default=0) < 0:  # another balancer than before
        return []
    found = [
        f"{name} answered {seen.get(name, 0):,} requests by the client's count and got {count:,} by the balancer's: "
        "the balance as reported is not to be trusted"
        for name, count in sent.items()
        if seen.get(name, 0) > count
    ]
    if not found and unseen is not None:
        total = sum(sent.values())
        beyond = total - sum(seen.get(name, 0) for name in sent) - unnamed - unseen
        if beyond > 0:
            found.append(
                f"the balancer sent {total:,} requests to the servers, {beyond:,} more than the client knows of: "
                "somebody else uses the target, or requests were lost on the way"
            )
    return found
