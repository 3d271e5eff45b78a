"""The load-generating process: the only package that imports locust and gevent. Run as ``python -m loadsim.engine``."""
