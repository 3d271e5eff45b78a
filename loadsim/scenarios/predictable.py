"""A smooth day, compressed: what read-heavy visitors do, at a rate that rises and falls as a sine.

Source of the shape: public web traces (Wikipedia, NASA-HTTP) swing daily with a peak five to ten times the trough.
"""

from __future__ import annotations

from loadsim.scenarios import read_heavy


class Visitor(read_heavy.Visitor):
    """Does as the visitors of read-heavy do; only the rate over time is another."""
