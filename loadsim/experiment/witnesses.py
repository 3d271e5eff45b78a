"""Who counts requests beside the client, held against it: the balancer, and each server for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from loadsim.deploy import Sent
from loadsim.deploy.tallies import Tally
from loadsim.experiment.collect import Collector
from loadsim.experiment.subject import Subject
from loadsim.record import CountRecord

_LOOKS = 1
"""Requests that the engine sends before any traffic, to see whether the target is there."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Who counted too: whose count it is, and what is to be said of the sum of all."""

    whose: str
    of_all: str


BALANCER = Witness("the balancer's", "the balancer sent {:,} requests to the servers")
SERVERS = Witness("its own", "the servers answered {:,} requests by their own counts")


def differences(
    before: Mapping[str, int] | None,
    after: Mapping[str, int] | None,
    seen: Mapping[str, int],
    *,
    unnamed: int,
    unseen: int | None,
    by: Witness = BALANCER,
) -> list[str]:
    """Return what the two do not agree on: a sentence for each backend, or one for all; nothing where one is silent.

    ``before`` and ``after`` are what each backend had got by the witness; ``seen`` the answers that the client had.
    Of what the witness knows of beyond these, the client's ``unnamed`` requests explain as many, and ``unseen`` what
    was sent and not measured (None: nobody knows how much).
    """
    sent = _gain(before, after)
    if sent is None:
        return []
    found = [
        f"{name} answered {seen.get(name, 0):,} requests by the client's count and got {count:,} by {by.whose}: "
        "the balance as reported is not to be trusted"
        for name, count in sent.items()
        if seen.get(name, 0) > count
    ]
    if not found and unseen is not None:
        total = sum(sent.values())
        beyond = total - sum(seen.get(name, 0) for name in sent) - unnamed - unseen
        if beyond > 0:
            found.append(
                f"{by.of_all.format(total)}, {beyond:,} more than the client knows of: "
                "somebody else uses the target, or requests were lost on the way"
            )
    return found


def sent_and_answered(sent: int | None, answered: int | None, *, unanswered: int) -> list[str]:
    """Return what is to be said where the servers answered more than the balancer sent, or less.

    Requests from outside are what counts, of all servers together; the client's ``unanswered`` ones explain as many.
    """
    if sent is None or answered is None:
        return []
    told = f"the balancer sent {sent:,} requests to the servers, and they answered {answered:,} by their own counts"
    if answered > sent:
        return [f"{told}: somebody reaches them past the balancer"]
    return [f"{told}: {sent - answered:,} were lost in between"] if sent - answered > unanswered else []


@dataclass(frozen=True, slots=True)
class Counts:
    """What witnesses have counted until some moment; what is not known is None, or left out."""

    sent: Sent | None
    answered: Mapping[str, Tally]

    @classmethod
    def of(cls, subject: Subject) -> Self:
        """Return what they have counted until now."""
        return cls(subject.balancer_sent(), subject.tallies())

    @property
    def by_balancer(self) -> dict[str, int] | None:
        """Requests that the balancer sent to each server, with those of other services."""
        return self.sent.by_server if self.sent else None

    @property
    def by_servers(self) -> dict[str, int] | None:
        """Requests from outside that each server has answered."""
        return {name: tally.requests for name, tally in self.answered.items()} or None


def disagreements(collector: Collector, before: Counts, after: Counts, *, all_known: bool) -> list[str]:
    """Return where witnesses and client do not agree. A run that was cut off by force has not told all.

    ``all_known`` says whether the client tells of all that it sends: somebody's own ``on_start`` does not.
    """
    if not collector.finished or collector.recorder.sockets is not None:
        return []
    answers = collector.answers
    seen = answers.by_backend(collector.recorder.known.backends)
    # Calls between services are not the client's to see.
    calls = after.sent.calls - before.sent.calls if before.sent and after.sent else 0
    looks = _LOOKS if all_known else None
    unseen = _LOOKS + calls if all_known else None
    # What one says the other need not say again.
    found = differences(
        before.by_balancer, after.by_balancer, seen, unnamed=answers.unnamed, unseen=unseen
    ) or differences(before.by_servers, after.by_servers, seen, unnamed=answers.unnamed, unseen=looks, by=SERVERS)
    sent, answered = (_gain(b, a) for b, a in _pairs(before, after))
    if not found and sent is not None and answered is not None:
        found = sent_and_answered(sum(sent.values()) - calls, sum(answered.values()), unanswered=answers.unnamed)
    return found


def counted(collector: Collector, before: Counts, after: Counts) -> dict[str, CountRecord]:
    """Return how many requests each backend got, by each who knows; nothing where only the client does."""
    sent, answered = (_gain(b, a) for b, a in _pairs(before, after))
    if sent is None and answered is None:
        return {}
    seen = collector.answers.by_backend(collector.recorder.known.backends)
    return {
        name: CountRecord(
            client=seen.get(name, 0),
            balancer=sent.get(name) if sent else None,
            server=answered.get(name) if answered else None,
        )
        for name in dict.fromkeys([*(sent or {}), *(answered or {})])
    }


def _pairs(before: Counts, after: Counts) -> tuple[tuple[dict[str, int] | None, dict[str, int] | None], ...]:
    return (before.by_balancer, after.by_balancer), (before.by_servers, after.by_servers)


def _gain(before: Mapping[str, int] | None, after: Mapping[str, int] | None) -> dict[str, int] | None:
    """Return what was counted in between; None where it is not known, or another began to count."""
    if before is None or after is None:
        return None
    gained = {name: count - before.get(name, 0) for name, count in after.items()}
    return gained if min(gained.values(), default=0) >= 0 else None
