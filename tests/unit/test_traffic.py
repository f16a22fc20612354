"""Load of crossings: what the queue adds to observed hours, and where nothing can be said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from karwan.case import read_case
from karwan.transport.delay import delay_named
from karwan.transport.reliability import mg1_wait, mmc_wait
from karwan.transport.traffic import LIMIT_SHARE, Traffic, crossing_traffic

GATE = Traffic(
    "G", "road", background_day=120.0, capacity_day=200.0, factor=1.0, servers=4, open_share=10 / 24
)


def test_usual_load_is_background_over_capacity() -> None:
    assert GATE.usual_share == GATE.load_share == pytest.approx(0.6)
    assert replace(GATE, factor=1.5).load_share == pytest.approx(0.9)
    # open ten hours: 288 trucks a day while open; 50 minutes at a lane
    assert GATE.arrivals_day(0.6) == pytest.approx(288.0) and GATE.service_h == pytest.approx(0.2)
    assert GATE.wait(0.6) == mmc_wait(12.0, GATE.service_h, 4)


def test_own_hours_and_the_usual_queue_make_the_observed_mean_and_variance() -> None:
    hours, variance = GATE.own_hours(9.0, 40.0)
    wait = GATE.wait(0.6)
    spread = wait.wait_probability * (2.0 - wait.wait_probability) * wait.wait_if_waiting_h**2
    assert hours + wait.wait_mean_h == pytest.approx(9.0) and hours < 9.0
    assert variance + spread == pytest.approx(40.0) and variance < 40.0


@pytest.mark.parametrize("servers", [1, 3, 4])
@pytest.mark.parametrize("share", [0.3, 0.95, 1.0, 1.4])
def test_wait_equals_the_delay_of_assignment(servers: int, share: float) -> None:
    gate = replace(GATE, servers=servers)
    delay = delay_named("border_queue").time(
        np.zeros(1), share * 200.0, 200.0, float(servers), 1.0, LIMIT_SHARE, gate.open_share
    )
    assert gate.wait(share).wait_mean_h == pytest.approx(delay.item(), rel=1e-9)


def test_waits_grow_with_load_without_a_jump_at_the_limit() -> None:
    shares = np.linspace(0.0, 1.6, 400)
    waits = np.array([GATE.wait(s).wait_mean_h for s in shares])
    assert np.all(np.diff(waits) > 0.0) and waits[0] == 0.0
    near = [GATE.wait(LIMIT_SHARE + step).wait_mean_h for step in (-1e-7, 1e-7)]
    assert near[1] == pytest.approx(near[0], rel=1e-4)


@pytest.mark.parametrize(
    ("changed", "hours", "state"),
    [
        ({}, 9.0, "steady"),
        ({"factor": 1.6}, 9.0, "beyond limit"),
        ({"background_day": None}, 9.0, "load unknown"),
        ({"capacity_day": None}, 9.0, "load unknown"),
        ({"capacity_day": 0.0}, 9.0, "load unknown"),
        ({"background_day": 199.0, "servers": 1}, 0.5, "queue exceeds observed hours"),
    ],
)
def test_what_is_said_of_a_queue(changed: dict[str, object], hours: float, state: str) -> None:
    gate = replace(GATE, **changed)  # type: ignore[arg-type]
    assert gate.state(hours) == state
    if state not in ("steady", "beyond limit"):
        assert gate.own_hours(hours, 4.0) == (hours, 4.0)


def test_traffic_of_a_case_has_each_mode_of_each_crossing() -> None:
    table = crossing_traffic(read_case("toyland")["crossings"], factor=2.0)
    assert set(table) == {("X", "road"), ("X", "rail"), ("Y", "road"), ("Y", "rail"), ("Z", "road")}
    assert table["Y", "road"].open_share == pytest.approx(10 / 24) and table["Y", "road"].factor == 2.0
    assert table["Y", "rail"].usual_share is None and table["Y", "rail"].open_share == 1.0


def test_trains_queue_for_one_track_as_whole_trains() -> None:
    rail = Traffic(
        "G", "rail", 1100.0, 1400.0, factor=1.0, servers=1, open_share=1.0, unit=50.0, service_cv=0.0
    )
    exact = mg1_wait(22.0 / 24.0, 50.0 * 24.0 / 1400.0, 0.0)
    assert rail.wait(rail.usual_share) == exact and 1.5 < exact.wait_mean_h < 1.6
