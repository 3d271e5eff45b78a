"""What the apps say when they cannot do what was asked; presentation turns each into its HTTP status.

Refused             any answer other than yes
├── BadInput        400    the request makes no sense as it stands
├── Declined        402    the payment provider said no
├── NotFound        404    no such thing
└── SoldOut         409    fewer pieces in stock than wanted
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
