"""From samples to numbers: pure arithmetic on what the engine saw, without sockets or clocks."""
