"""Tests of Karwan."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # one worker a core: more threads of Polars only wait for each other
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
