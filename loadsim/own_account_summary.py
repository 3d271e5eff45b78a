"""From what the target's servers and replicas say of themselves to their parts of the record."""

from __future__ import annotations

import math

import numpy as np

from loadsim.measure.histogram import FloatArray
from loadsim.measure.own_account import LAG_S, LOG_BYTES, OwnAccount
from loadsim.record import ReplicaRecord, ServerRecord


def summarise_servers(account: OwnAccount, window_s: float) -> list[ServerRecord]:
    """Return how many slots of each server were at work in the measured window."""
    found = []
    for name, server in account.servers.items():
        busy = _known(server.busy.rates(server.busy.seconds), window_s)
        found.append(ServerRecord(name=name, busy_mean=_mean(busy), busy_max=_max(busy)))
    return found


def summarise_replicas(account: OwnAccount, window_s: float) -> list[ReplicaRecord]:
    """Return how far each replica was behind in the measured window."""
    found = []
    for name, values in account.replicas.items():
        rows = values.rows(values.seconds)
        lags, log = _known(rows[:, LAG_S], window_s), _max(_known(rows[:, LOG_BYTES], window_s))
        found.append(
            ReplicaRecord(
                name=name,
                lag_mean_s=_mean(lags),
                lag_max_s=_max(lags),
                log_max_bytes=None if log is None else int(log),
            )
        )
    return found


def _known(values: FloatArray, window_s: float) -> FloatArray:
    within = values[: math.ceil(window_s)]
    return within[~np.isnan(within)]


def _mean(values: FloatArray) -> float | None:
    return float(values.mean()) if len(values) else None


def _max(values: FloatArray) -> float | None:
    return float(values.max()) if len(values) else None
