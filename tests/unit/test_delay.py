"""Delay functions: contract of the registry, textbook values, compiled twins, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from karwan.errors import InvalidInput, UnknownName
from karwan.numerics.delay import times_and_slopes
from karwan.transport.delay import (
    BORDER_QUEUE,
    CONICAL,
    DAVIDSON,
    DELAY,
    Delay,
    LinkDelays,
    delay_named,
    parameter_table,
    waiting_share,
)

VOLUMES = np.array([0.0, 10.0, 60.0, 94.9, 95.0, 95.1, 140.0, 400.0])


def defaults(delay: Delay) -> list[np.ndarray]:
    return [np.asarray(p.default) for p in delay.parameters]


@pytest.mark.parametrize("delay", DELAY.values(), ids=lambda d: d.name)
class TestContract:
    def test_empty_link_takes_its_free_flow_time(self, delay: Delay) -> None:
        assert delay.time(3.0, np.array(0.0), 100.0, *defaults(delay)) == pytest.approx(3.0, abs=1e-12)

    def test_time_never_falls_and_slope_never_jumps(self, delay: Delay) -> None:
        volume = np.linspace(0.0, 300.0, 30_001)
        time = delay.time(3.0, volume, 100.0, *defaults(delay))
        slope = delay.slope(3.0, volume, 100.0, *defaults(delay)) + np.zeros(volume.size)
        assert (np.diff(time) >= 0.0).all()
        assert np.abs(np.diff(slope)).max() <= 0.05 * max(slope.max(), 1e-300)

    def test_slope_is_the_derivative(self, delay: Delay) -> None:
        for volume in (20.0, 80.0, 94.0, 99.0, 130.0):
            step = 1e-4
            high, low = (
                delay.time(3.0, np.array(volume + s), 100.0, *defaults(delay)) for s in (step, -step)
            )
            slope = delay.slope(3.0, np.array(volume), 100.0, *defaults(delay))
            assert slope == pytest.approx((high - low) / (2 * step), rel=1e-6, abs=1e-9)

    def test_integral_is_the_area(self, delay: Delay) -> None:
        for volume in (0.0, 40.0, 95.0, 150.0):
            points = [95.0] if volume > 95.0 else None
            area, _ = quad(
                lambda v: float(delay.time(3.0, np.array(v), 100.0, *defaults(delay))),
                0.0,
                volume,
                points=points,
            )
            integral = delay.integral(3.0, np.array(volume), 100.0, *defaults(delay))
            assert integral == pytest.approx(area, rel=1e-10, abs=1e-10)

    def test_compiled_twin_gives_the_same(self, delay: Delay) -> None:
        assert delay.code is not None
        n = VOLUMES.size
        free, capacity = np.full(n, 3.0), np.full(n, 100.0)
        half = {"open_share": 0.5} if delay is BORDER_QUEUE else None
        table = parameter_table(delay, n, half)
        time, slope = np.empty(n), np.empty(n)
        times_and_slopes(np.full(n, delay.code), free, VOLUMES, capacity, table, time, slope)
        links = LinkDelays((delay.name,) * n, free, capacity, table)
        np.testing.assert_allclose(time, links.time(VOLUMES), rtol=1e-13)
        np.testing.assert_allclose(slope, links.slope(VOLUMES), rtol=1e-12, atol=1e-300)

    def test_says_where_it_comes_from(self, delay: Delay) -> None:
        assert delay.reference
        assert all(p.source for p in delay.parameters)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 2.0, 3.7, 4.0])
def test_compiled_bpr_at_any_power(beta: float) -> None:
    volume = np.array([0.0, 30.0, 120.0]) if beta >= 1.0 or beta == 0.0 else np.array([30.0, 120.0])
    n = volume.size
    table = parameter_table(delay_named("bpr"), n, {"beta": beta})
    links = LinkDelays(("bpr",) * n, np.full(n, 2.0), np.full(n, 50.0), table)
    time, slope = np.empty(n), np.empty(n)
    times_and_slopes(links.codes, links.free_flow_time, volume, links.capacity, table, time, slope)
    np.testing.assert_allclose(time, links.time(volume), rtol=1e-13)
    np.testing.assert_allclose(slope, links.slope(volume), rtol=1e-13)


def test_conical_is_twice_free_flow_at_capacity() -> None:
    # Spiess (1990), condition 2: f(0) = 1 and f(1) = 2 for every alpha.
    for alpha in (2.0, 4.0, 12.0):
        assert CONICAL.time(1.0, np.array(100.0), 100.0, np.asarray(alpha)) == pytest.approx(2.0, abs=1e-12)


def test_davidson_by_hand() -> None:
    # 10 min, J = 0.5, load 0.8: 10 (1 + 0.5 x 0.8 / 0.2) = 30
    assert DAVIDSON.time(10.0, np.array(80.0), 100.0, 0.5, np.asarray(0.95)) == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("load", "servers", "expected"),
    [(0.7, 1, 0.7), (0.5, 2, 2 * 0.25 / 1.5), (2 / 3, 3, 4 / 9), (0.8, 5, 0.554112554112554)],
)
def test_erlang_c_textbook(load: float, servers: int, expected: float) -> None:
    # M/M/1: rho; M/M/2: 2 rho^2 / (1 + rho); a = 2, c = 3: 4/9 and a = 4, c = 5: 0.5541 (Erlang C tables)
    assert waiting_share(load, servers)[0] == pytest.approx(expected, rel=1e-12)


def test_border_queue_matches_closed_forms() -> None:
    arrivals, capacity = 60.0, 100.0
    mm1 = 24.0 * 0.6 / (capacity - arrivals)
    wait = BORDER_QUEUE.time(0.0, np.array(arrivals), capacity, 1.0, 1.0, np.asarray(0.95))
    assert wait == pytest.approx(mm1, rel=1e-12)
    # Pollaczek-Khinchine for M/D/1 is half the M/M/1 wait, for cv 2 it is 2.5 times
    for cv, factor in ((0.0, 0.5), (2.0, 2.5)):
        value = BORDER_QUEUE.time(0.0, np.array(arrivals), capacity, 1.0, np.asarray(cv), np.asarray(0.95))
        assert value == pytest.approx(factor * mm1, rel=1e-12)


def test_links_of_several_kinds() -> None:
    names = ("bpr", "constant", "bpr", "border_queue")
    table = np.vstack([parameter_table(delay_named(n), 1) for n in names])
    links = LinkDelays(names, np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 100.0), table)
    np.testing.assert_allclose(links.time(np.full(4, 100.0))[:3], [1.15, 2.0, 3.45])
    np.testing.assert_allclose(links.integral(np.array([100.0, 10.0, 0.0, 0.0])), [103.0, 20.0, 0.0, 0.0])
    assert links.codes.tolist() == [1, 0, 1, 4]


@pytest.mark.parametrize(
    ("name", "given", "word"),
    [
        ("bpr", {"alpha": -0.1}, "alpha"),
        ("bpr", {"beta": np.nan}, "beta"),
        ("bpr", {"alpha": [0.1, 0.2]}, "shape"),
        ("conical", {"alpha": 1.0}, "above 1"),
        ("davidson", {"limit_share": 1.0}, "0.9999"),
        ("border_queue", {"servers": 2.5}, "whole"),
        ("border_queue", {"servers": 0}, "servers"),
    ],
)
def test_refuses_parameters(name: str, given: dict[str, object], word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        parameter_table(delay_named(name), 3, given)  # type: ignore[arg-type]


def test_unknown_names_list_the_known() -> None:
    with pytest.raises(UnknownName, match="conical"):
        delay_named("bprr")
    with pytest.raises(UnknownName, match="alpha, beta"):
        parameter_table(delay_named("bpr"), 1, {"gamma": 1.0})
