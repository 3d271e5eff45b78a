"""The command line: a file a verb, which parses, calls and prints. ``main`` is the only place that exits."""
