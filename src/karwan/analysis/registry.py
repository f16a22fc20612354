"""Every analysis, in the order of the pages. Loads no engine: each is imported when it is first asked."""

from __future__ import annotations

from typing import Any

from karwan.analysis import requests as ask
from karwan.analysis.contract import Analysis

ANALYSES: tuple[Analysis[Any], ...] = (
    Analysis(
        name="corridor observed",
        method="observed",
        request=ask.ObservedRequest,
        run="karwan.analysis.observed:run",
        tables={"mean errors": "observed_errors", "trips": "observed_trips"},
        page="reliability",
    ),
)
BY_NAME = {analysis.name: analysis for analysis in ANALYSES}
