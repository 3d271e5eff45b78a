"""loadsim beside k6, Locust's own users and wrk, on this machine. ``python -m benchmarks`` runs all."""
