"""HdrHistogram interval logs (format 1.3, histograms V2), tagged: written from packed counts and read back.

    Tag=metric=response_time;route=GET%20/items/:id,12.000,1.000,3.071,HISTFAAA...

Fields are tag, start (s), length (s), highest value (ms) and the histogram, whose values are whole microseconds; so a
tool that wants the ratio of the values to the maximum (HistogramLogProcessor's -outputValueUnitRatio) takes 1000. Start
times are relative to profile time 0, which the log's StartTime and BaseTime give. A tag holds ``key=value`` pairs
joined by ``;``, everything but ASCII letters, digits and ``_.-~/:`` percent-encoded, as the format allows no comma and
no space. Work without an answer has no time and is not in the log.

Format: https://hdrhistogram.github.io/HdrHistogram/JavaDoc/org/HdrHistogram/HistogramLogReader.html
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from urllib.parse import quote, unquote

import numpy as np
from hdrh.codec import HdrCookieException, HdrLengthException
from hdrh.histogram import HdrHistogram

from loadsim.errors import UsageError
from loadsim.measure.histogram import CELLS, HIGHEST_EQUIVALENT_US, HIGHEST_US, SIGNIFICANT_DIGITS, IntArray

_SAFE = "/:"
_LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'


@dataclass(frozen=True, slots=True)
class Interval:
    """One line of a log: what it is about, when, and the counts in HdrHistogram's cells."""

    tags: dict[str, str]
    start_s: float
    length_s: float
    counts: IntArray


def encode_tag(tags: Mapping[str, str]) -> str:
    """Return tags as the log writes them."""
    return ";".join(f"{quote(key, safe=_SAFE)}={quote(value, safe=_SAFE)}" for key, value in tags.items())


def decode_tag(text: str) -> dict[str, str]:
    """Return the tags of a log line."""
    pairs = (part.partition("=") for part in text.split(";") if part)
    return {unquote(key): unquote(value) for key, _, value in pairs}


class Encoder:
    """Encodes sparse counts as HISTFAAA text; one HdrHistogram serves all, for making one costs more than encoding."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, HIGHEST_US, SIGNIFICANT_DIGITS)
        self._counts = np.frombuffer(self._histogram.counts, np.int64)

    def encode(self, where: IntArray, counts: IntArray) -> str:
        """Return the histogram that has ``counts`` in the cells ``where`` (ascending, not empty)."""
        self._counts[where] = counts
        self._histogram.set_internal_tacking_values(int(where[0]), int(where[-1]), int(counts.sum()))
        text = self._histogram.encode().decode("ascii")
        self._counts[where] = 0
        return str(text)


def write_head(file: TextIO, started_at_s: float | None) -> None:
    """Write the lines before the intervals; ``started_at_s`` is profile time 0 in seconds since the epoch, if known."""
    file.write("#[Logged by loadsim; values in microseconds, Interval_Max in milliseconds]\n")
    file.write("#[Histogram log format version 1.3]\n")
    if started_at_s is not None:
        when = datetime.fromtimestamp(started_at_s, UTC).isoformat(timespec="milliseconds")
        file.write(f"#[BaseTime: {started_at_s:.3f} (seconds since epoch)]\n")
        file.write(f"#[StartTime: {started_at_s:.3f} (seconds since epoch), {when}]\n")
    file.write(_LEGEND + "\n")


def write_interval(
    file: TextIO, encoder: Encoder, tag: str, start_s: float, length_s: float, where: IntArray, counts: IntArray
) -> None:
    """Write one line; ``tag`` from :func:`encode_tag`. Intervals must come in the order of their start times."""
    highest_ms = float(HIGHEST_EQUIVALENT_US[where[-1]]) / 1e3
    file.write(f"Tag={tag},{start_s:.3f},{length_s:.3f},{highest_ms:.3f},{encoder.encode(where, counts)}\n")


Wanted = Callable[[Mapping[str, str]], bool]


def read_log(path: Path, wanted: Wanted | None = None) -> Iterator[Interval]:
    """Yield the intervals of a log that loadsim wrote; OSError, UsageError with file and line if one cannot be read.

    ``wanted`` says by their tags which ones; the others, of which there may be hundreds of thousands, are not decoded.
    """
    with path.open(encoding="utf-8") as file:
        try:
            yield from _intervals(path, file, wanted)
        except UnicodeDecodeError as error:
            raise UsageError(f"'{path}' is not a histogram log: {error}") from None


def _intervals(path: Path, lines: Iterable[str], wanted: Wanted | None) -> Iterator[Interval]:
    known: dict[str, dict[str, str] | None] = {}
    for number, line in enumerate(lines, 1):
        if line.startswith(("#", '"')) or not line.strip():
            continue
        tag, fields = "", line.strip().split(",")
        if fields[0].startswith("Tag="):
            tag = fields.pop(0)[len("Tag=") :]
        if tag not in known:
            decoded = decode_tag(tag)
            known[tag] = decoded if wanted is None or wanted(decoded) else None
        tags = known[tag]
        if tags is None:
            continue
        try:
            start, length, _, encoded = fields
            yield Interval(tags, float(start), float(length), _decode(encoded))
        except _DAMAGES as error:
            raise UsageError(
                f"'{path}', line {number}: not an interval of a histogram log ({error})",
                hint="Expected: Tag=...,start,length,maximum,histogram with values in microseconds up to 1 h.",
            ) from None


_DAMAGES = (
    ValueError,
    IndexError,
    TypeError,
    binascii.Error,
    zlib.error,
    HdrCookieException,
    HdrLengthException,
)


def _decode(encoded: str) -> IntArray:
    base64.b64decode(encoded, validate=True)  # hdrh skips characters that do not belong, and returns other counts
    histogram = HdrHistogram.decode(encoded)
    layout = (
        histogram.lowest_trackable_value,
        histogram.highest_trackable_value,
        histogram.significant_figures,
    )
    if layout != (1, HIGHEST_US, SIGNIFICANT_DIGITS):
        raise ValueError(f"a histogram of {layout}, expected {(1, HIGHEST_US, SIGNIFICANT_DIGITS)}")
    counts = np.zeros(CELLS, np.int64)
    counts[: histogram.counts_len] = np.frombuffer(histogram.counts, np.int64)
    return counts
