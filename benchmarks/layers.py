"""What each layer of the engine costs, in microseconds of CPU time a request on one core that is kept busy.

The two client layers are closed loops of 32 greenlets (``client_cost.py`` takes the client further apart); the others
are the whole engine process, offered more than it can start, with what is above the layer switched off.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.engine_run import SHOP, play, saturating_plan
from benchmarks.results import Report, progress
from benchmarks.target import Cores, Target, nginx, take_cores

TURNS = 2
HERE = Path(__file__).parent
CLIENT_LAYERS = {"bare": "bare client: constant request, parsed, nothing kept", "named": "+ client.get(path, name=...)"}
ENGINE_LAYERS = {
    "get_without_samples": "+ Locust user, pacer, random choices",
    "get_without_pipe": "+ samples packed",
    "get": "+ samples through the pipe (all of it)",
    "shop": "the benchmarks' scenario: ids by popularity, one POST in ten with its JSON read",
    "nothing": "an iteration that sends nothing: user, pacer, choices, its sample",
}


def client_layer(layer: str, where: Cores, target: Target) -> float:
    """Return the cost of one of ``client_cost.py``'s layers on our target."""
    port = target.url.rpartition(":")[2]
    command = ["taskset", "-c", str(where.load), sys.executable, str(HERE / "client_cost.py")]
    run = subprocess.run([*command, "--one", layer, port, "0"], check=True, capture_output=True, text=True, timeout=60)
    return float(run.stdout)


def engine_layer(layer: str, where: Cores, target: Target) -> float:
    """Return the cost of an iteration with the engine cut down to ``layer``."""
    scenario = SHOP if layer == "shop" else f"{HERE / 'cut_down.py'}:{layer}"
    return play(saturating_plan(target, where, scenario=scenario)).cpu_us


def main() -> None:
    """Measure in turns, print, write results/layers.md."""
    where = take_cores()
    report = Report("layers", (__doc__ or "").strip())
    seen: dict[str, list[float]] = {}
    with nginx(where.target) as target:
        for _ in range(TURNS):
            for layers, measure in ((CLIENT_LAYERS, client_layer), (ENGINE_LAYERS, engine_layer)):
                for layer, words in layers.items():
                    seen.setdefault(words, []).append(measure(layer, where, target))
                    progress(f"{words}: {seen[words][-1]:.1f} us")
    table = report.table(f"CPU time a request, median of {TURNS} turns", "layer", "us", "of all")
    for words, values in seen.items():
        table.add(words, f"{median(values):.1f}", f"{median(values) / median(seen[ENGINE_LAYERS['get']]):.2f}")
    report.finish()


if __name__ == "__main__":
    main()
