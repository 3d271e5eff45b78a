"""The built-in scenarios by name: a shape of traffic over time and a mix of what visitors do.

This table imports none of them: the CLI lists scenarios without loading Locust, and the engine loads the one it runs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """One built-in scenario: its default profile (text form), length and warm-up in seconds, and where its users are.

    ``reads`` is the share of requests that only read, to which routes of one's own are weighted.
    """

    name: str
    summary: str
    profile: str
    duration_s: float
    warmup_s: float
    reads: float
    sources: str
    lifetime: str | None = None
    """Of a scenario of WebSockets: how long each is held, as a distribution."""
    compression: float | None = None
    """How many times faster than the real thing its day passes."""

    @property
    def module(self) -> str:
        """The module that holds its ``Visitor``."""
        return f"loadsim.scenarios.{self.name.replace('-', '_')}"


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            name="read-heavy",
            summary="Browsing: 95 % of requests read, a few heavy visitors export.",
            profile="constant(60/s)",
            duration_s=60.0,
            warmup_s=5.0,
            reads=0.95,
            sources="YCSB workload B (95 % reads, Zipf); TPC-W browsing mix (95 % browse, 5 % order)",
        ),
        Scenario(
            name="write-heavy",
            summary="Ordering: half of the requests write.",
            profile="constant(40/s)",
            duration_s=60.0,
            warmup_s=5.0,
            reads=0.5,
            sources="YCSB workload A (50 % reads, Zipf); TPC-W ordering mix (50 % browse, 50 % order)",
        ),
        Scenario(
            name="predictable",
            summary="A smooth day, compressed: night, noon and night again.",
            profile="sine(mean=40/s,amplitude=30/s,period=120s)",
            duration_s=120.0,
            warmup_s=5.0,
            reads=0.95,
            sources="diurnal sine with a peak to trough ratio of 7, as public web traces show (Wikipedia, NASA-HTTP)",
            compression=86_400 / 120,
        ),
        Scenario(
            name="spiky",
            summary="A ticket onsale: base load, a tenfold spike, recovery.",
            profile="spike(base=15/s,peak=150/s,at=15s,width=10s)",
            duration_s=45.0,
            warmup_s=5.0,
            reads=0.8,
            sources="flash crowds of one to two orders of magnitude (Jung, Krishnamurthy, Rabinovich, WWW 2002)",
        ),
        Scenario(
            name="chatty",
            summary="A page that makes some 20 calls, and a page whose server makes them.",
            profile="constant(10/s)",
            duration_s=60.0,
            warmup_s=5.0,
            reads=1.0,
            sources="HTTP Archive: the median page makes some 20 requests for data and images of its own origin",
        ),
        Scenario(
            name="consistency",
            summary="Write and read it back, change what others change: what is stale, and what is lost.",
            profile="constant(10/s)",
            duration_s=60.0,
            warmup_s=2.0,
            reads=0.8,
            sources="Bermbach, Tai: How soon is eventual? (2011); Bailis et al.: Probabilistically bounded staleness",
        ),
        Scenario(
            name="sockets",
            summary="WebSockets that live long, and how they end.",
            profile="constant(10/s)",
            duration_s=60.0,
            warmup_s=0.0,
            reads=1.0,
            sources="RFC 6455 for how sockets end; lifetimes are exponential: a socket does not know how old it is",
            lifetime="exponential(30s)",
        ),
    )
}
