"""What the apps say when they cannot do what was asked; presentation turns each into its HTTP status.

Refused             any answer other than yes
├── BadInput        400    the request makes no sense as it stands
├── Declined        402    the payment provider said no
├── NotFound        404    no such thing
├── SoldOut         409    fewer pieces in stock than wanted
├── BadAnswer       502    another service failed
├── Unavailable     503    another service cannot be reached
├── DatabaseBusy    503    the database's one writer was busy for too long
├── ReadOnly        503    nothing can be written for now, only read
├── OutOfReach      503    a database cannot be reached
├── NotCurrent      503    a replica lacks what was written, and old data is not to be served
└── DeadlinePassed  504    another service did not answer in the time that was left

Whoever gets 503 may come again: it carries Retry-After. Between services a refusal travels by its name and is raised
again as what it was.
"""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """An answer other than yes, with the words for it."""

    status = 500


class BadInput(Refused):
    """The request makes no sense as it stands."""

    status = 400


class Declined(Refused):
    """The payment provider said no."""

    status = 402


class NotFound(Refused):
    """No such thing."""

    status = 404


class SoldOut(Refused):
    """Fewer pieces in stock than wanted."""

    status = 409


class BadAnswer(Refused):
    """Another service failed."""

    status = 502


class Unavailable(Refused):
    """Another service cannot be reached."""

    status = 503


class DatabaseBusy(Refused):
    """The database's one writer was busy for too long."""

    status = 503


class ReadOnly(Refused):
    """Nothing can be written for now, only read."""

    status = 503


class OutOfReach(Refused):
    """A database cannot be reached."""

    status = 503


class NotCurrent(Refused):
    """A replica lacks what was written, and old data is not to be served."""

    status = 503


class DeadlinePassed(Refused):
    """Another service did not answer in the time that was left."""

    status = 504


def refusal_called(name: str) -> type[Refused]:
    """Return the refusal whose class has this name; raise KeyError if there is none."""
    return {kind.__name__: kind for kind in Refused.__subclasses__()}[name]
