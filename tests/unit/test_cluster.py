"""Draws over a Dask cluster of two processes, one of them killed: the same figures as in one process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from karwan.analysis.case_requests import ScenarioTradeRequest
from karwan.analysis.contract import Inputs
from karwan.analysis.coupling.answer import answer_trade
from karwan.analysis.coupling.cluster import solve_on_cluster
from karwan.case import read_case
from karwan.errors import InvalidInput
from karwan.web.forms import asked_fields

distributed = pytest.importorskip("distributed", reason="extra dask is not installed")
pytestmark = pytest.mark.filterwarnings(
    "ignore"
)  # of sockets and loops that the cluster leaves to the collector


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as found:
        yield found


def slowly(shift: float, row: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A draw that takes long enough to be interrupted."""
    time.sleep(0.02)
    return np.sin(row) + shift


def test_trade_is_the_same_over_a_cluster(cluster: Any) -> None:
    inputs = Inputs(read_case("toyland"))
    here, there = (
        answer_trade(inputs, ScenarioTradeRequest(("fast_yard",), draws=10, seed=5, dask=address)).tables[
            "pairs"
        ]
        for address in ("", cluster.scheduler_address)
    )
    assert here["low_share"].is_not_null().any()
    assert there.equals(here)  # to the bit


def test_a_killed_worker_loses_no_draw(cluster: Any) -> None:
    values = np.random.default_rng(3).normal(size=(200, 5))
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(solve_on_cluster, 2.0, values, cluster.scheduler_address, slowly)
        killed = next(iter(cluster.workers.values())).process.pid
        until = time.monotonic() + 60.0
        while cluster.scheduler.total_occupancy == 0 and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(0.1)
        assert not answer.done()
        os.kill(killed, signal.SIGKILL)
        found = answer.result(timeout=120)
    assert np.array_equal(found, np.stack([np.sin(row) + 2.0 for row in values]))
    assert killed not in {one.process.pid for one in cluster.workers.values() if one.process}


def test_an_address_without_a_scheduler_is_refused() -> None:
    with pytest.raises(InvalidInput, match="No Dask scheduler"):
        solve_on_cluster(0.0, np.zeros((1, 1)), "nowhere://x", slowly)


def test_no_page_names_a_scheduler_to_call() -> None:
    assert "dask" not in {one.name for one in asked_fields(ScenarioTradeRequest)}
