"""The shape of traffic: a rate over time, its exact integral and its inverse, and the text form users write."""

from __future__ import annotations

from loadsim.profiles.compose import Sequence, Sum
from loadsim.profiles.parse import parse_profile, profile_shapes
from loadsim.profiles.periodic import Bursts, Sine
from loadsim.profiles.profile import Phase, Profile
from loadsim.profiles.shapes import Constant, Ramp, Spike, Steps
from loadsim.profiles.trace import Trace, read_trace

__all__ = [
    "Bursts",
    "Constant",
    "Phase",
    "Profile",
    "Ramp",
    "Sequence",
    "Sine",
    "Spike",
    "Steps",
    "Sum",
    "Trace",
    "parse_profile",
    "profile_shapes",
    "read_trace",
]
