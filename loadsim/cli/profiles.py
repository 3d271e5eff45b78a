"""``loadsim profiles``: the shapes there are, and the curve of one."""

from __future__ import annotations

from typing import Annotated

import typer

from loadsim.cli import completion

_DEFAULT_S = 60.0


def profiles(
    spec: Annotated[
        str | None,
        typer.Argument(
            metavar="SPEC", help="A profile, or the name of a shape.", autocompletion=completion.profile_shapes
        ),
    ] = None,
    duration: Annotated[
        str | None, typer.Option(metavar="TIME", help="How much of it to draw; default: its length, or 60s.")
    ] = None,
) -> None:
    """List the shapes of traffic, or draw one's curve.

    loadsim profiles
    loadsim profiles spike
    loadsim profiles 'ramp(10/s,200/s,30s) then constant(200/s)' --duration 2m
    """
    from loadsim.profiles import parse_profile, profile_shapes
    from loadsim.report.terminal import open_console, print_profiles

    if spec is None:
        print_profiles(open_console(), profile_shapes())
        return
    from loadsim.report.terminal.curve import draw_profile

    profile = parse_profile(_example(spec) or spec)
    draw_profile(open_console(), profile, _length_s(duration, profile.duration_s))


def _example(name: str) -> str | None:
    """Return the example of the shape of this name, where it needs no file."""
    from loadsim.profiles import profile_shapes

    return next((example for shape, example, _ in profile_shapes() if shape == name != "trace"), None)


def _length_s(duration: str | None, natural_s: float | None) -> float:
    from loadsim.errors import UsageError
    from loadsim.units import parse_duration

    length_s = parse_duration(duration) if duration is not None else natural_s or _DEFAULT_S
    if length_s <= 0:
        raise UsageError(f"--duration {duration}: nothing to draw", hint="Give a duration above zero, such as 60s.")
    return length_s
