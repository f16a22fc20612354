"""User equilibrium against published best-known flows, route equilibrium against an independent optimiser."""

from __future__ import annotations

import heapq
from functools import cache

import numpy as np
import polars as pl
import pytest
from scipy.optimize import LinearConstraint, minimize

from karwan.exchange.tntp import read_flows, read_network, read_trips
from karwan.numerics.assignment import Curves, Loads, PairRoutes, balance, balance_plain, load_routes, refresh
from karwan.transport.assignment import Assignment, AssignmentNetwork, assign, assign_routes
from karwan.transport.choice import path_size
from karwan.transport.delay import BORDER_QUEUE, LinkDelays, delay_named, parameter_table
from tests.shared import shared_path

# Sioux Falls: "Optimal objective function value: 42.31335287107440" on the network's page of the
# Transportation Networks collection, in 1e5 vehicle-(0.01 h). Anaheim: that page gives no objective, only
# flows with an average excess cost below 1e-15; the value is Beckmann's objective of that flow file.
PUBLISHED = {"SiouxFalls": 42.31335287107440e5, "Anaheim": 1286032.1710960327}


@cache
def case(name: str) -> tuple[AssignmentNetwork, np.ndarray]:
    network = read_network(shared_path(f"data/networks/{name}_net.tntp"))
    return network.arrays(), read_trips(shared_path(f"data/networks/{name}_trips.tntp")).matrix()


@cache
def solved(name: str) -> Assignment:
    network, demand = case(name)
    return assign(network, demand, relative_gap=1e-12)


@pytest.mark.parametrize("name", PUBLISHED)
class TestPublishedNetworks:
    def test_reaches_a_gap_of_1e_10(self, name: str) -> None:
        assert solved(name).converged
        assert solved(name).relative_gap <= 1e-10

    def test_objective_is_the_best_known(self, name: str) -> None:
        # six digits asked; the flow file itself is exact to about 1e-15
        assert solved(name).objective == pytest.approx(PUBLISHED[name], rel=1e-12)

    def test_link_flows_are_the_best_known(self, name: str) -> None:
        best = read_flows(shared_path(f"data/networks/{name}_flow.tntp"))
        network, _ = case(name)
        ends = pl.DataFrame(
            {"from_node_id": np.asarray(network.from_node) + 1, "to_node_id": np.asarray(network.to_node) + 1}
        )
        joined = ends.join(best, on=["from_node_id", "to_node_id"], how="left", maintain_order="left")
        # a gap of 1e-12 leaves flow errors of about sqrt(gap) at most; 1e-4 vehicles of up to 2e4
        np.testing.assert_allclose(solved(name).link_flows, joined["volume"].to_numpy(), atol=1e-4)
        np.testing.assert_allclose(solved(name).link_costs, joined["cost"].to_numpy(), rtol=1e-8)

    def test_gap_recomputed_from_the_skims(self, name: str) -> None:
        _, demand = case(name)
        result = solved(name)
        off = ~np.eye(demand.shape[0], dtype=bool)
        least = float((demand[off] * result.skims[off]).sum())
        assert (result.total_cost - least) / result.total_cost == pytest.approx(0.0, abs=1e-11)

    def test_used_routes_are_least_cost(self, name: str) -> None:
        routes = solved(name).routes
        assert routes is not None
        least = solved(name).skims[routes.origin, routes.destination]
        excess = float(routes.flow @ (routes.cost - least))
        assert excess / solved(name).total_cost == pytest.approx(0.0, abs=1e-11)
        demand = np.zeros_like(case(name)[1])
        np.add.at(demand, (routes.origin, routes.destination), routes.flow)
        off = ~np.eye(demand.shape[0], dtype=bool)
        np.testing.assert_allclose(demand[off], case(name)[1][off], rtol=1e-12)

    @pytest.mark.parametrize(("method", "gap"), [("bfw", 1e-4), ("frank_wolfe", 1e-3), ("msa", 1e-2)])
    def test_link_based_methods_come_to_the_same(self, name: str, method: str, gap: float) -> None:
        network, demand = case(name)
        result = assign(network, demand, method=method, relative_gap=gap, max_iterations=500)
        assert result.converged
        # Beckmann's objective lies above the optimum by at most gap x TSTT
        assert 0.0 <= result.objective - PUBLISHED[name] + 1e-6 <= gap * result.total_cost


def test_braess_file() -> None:
    network, demand = case("Braess")
    result = assign(network, demand, relative_gap=1e-12)
    np.testing.assert_allclose(result.link_flows, [4.0, 2.0, 2.0, 2.0, 4.0], atol=1e-6)
    assert result.skims[0, 1] == pytest.approx(92.0)


def test_flow_shifting_and_its_plain_twin() -> None:
    # four links in two pairs; link 0 is shared by both pairs
    routes = [[[0], [1, 2]], [[0, 3], [2], [1]]]
    start = [[40.0, 0.0], [30.0, 5.0, 0.0]]
    table = parameter_table(delay_named("bpr"), 4)
    delays = LinkDelays(
        ("bpr",) * 4, np.array([1.0, 0.5, 0.7, 0.2]), np.array([20.0, 15.0, 30.0, 9.0]), table
    )
    flat = [r for pair in routes for r in pair]
    kernel = PairRoutes(
        np.array([0, 2, 5]),
        np.concatenate([[0], np.cumsum([len(r) for r in flat])]),
        np.concatenate(flat).astype(np.int64),
        np.concatenate(start),
    )
    loads = Loads(np.zeros(4), np.zeros(4), np.zeros(4))
    curves = Curves(np.zeros(4), delays.codes, delays.free_flow_time, delays.capacity, table)
    load_routes(kernel, loads.flow)
    refresh(loads, curves)
    flow = loads.flow.copy()

    def cost_at(link: int, volume: float) -> tuple[float, float]:
        volumes = np.full(4, volume)
        return float(delays.time(volumes)[link]), float(delays.slope(volumes)[link])

    balance_plain(60, routes, start, flow, cost_at)
    balance(60, 0.0, kernel, loads, curves)
    np.testing.assert_allclose(loads.flow, flow, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(kernel.flow, np.concatenate(start), rtol=1e-6, atol=1e-6)


def simulated_wait(load: float, servers: int, cv: float, arrivals: int = 200_000) -> float:
    """Mean wait of a first-come first-served queue with Poisson arrivals, in service times of one server."""
    rng = np.random.default_rng(11)
    clock = np.cumsum(rng.exponential(1.0 / (load * servers), arrivals)).tolist()
    shape = 1.0 / cv**2 if cv > 0.0 else 0.0
    service = (rng.gamma(shape, 1.0 / shape, arrivals) if shape else np.ones(arrivals)).tolist()
    free = [0.0] * servers
    waited = 0.0
    for at, work in zip(clock, service, strict=True):
        start = max(at, free[0])
        waited += start - at
        heapq.heapreplace(free, start + work)
    return waited / arrivals


@pytest.mark.parametrize(
    ("servers", "cv", "tolerance"),
    # sampling error of 200,000 correlated waits is about 3 %; M/G/c is an approximation, off by some per cent
    [(1, 1.0, 0.06), (3, 1.0, 0.06), (1, 0.0, 0.06), (3, 0.0, 0.10), (3, 1.5, 0.10)],
)
def test_border_queue_against_a_simulated_queue(servers: int, cv: float, tolerance: float) -> None:
    load = 0.8
    # capacity of c a day, so that one service takes one day: waits come in 24 hours
    volume, capacity = np.array(load * servers), float(servers)
    wait = BORDER_QUEUE.time(0.0, volume, capacity, float(servers), np.asarray(cv), np.asarray(0.95)) / 24.0
    assert float(wait) == pytest.approx(simulated_wait(load, servers, cv), rel=tolerance)


def test_route_equilibrium_is_the_optimum_of_fisks_programme() -> None:
    """Two products, four shared links: flows minimise delay integrals plus entropy (Fisk 1980)."""
    use = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]], dtype=float)
    group = np.array([0, 0, 0, 1, 1])
    demand, fixed = np.array([900.0, 500.0]), np.array([30.0, 33.0, 41.0, 25.0, 22.0])
    names = ("bpr", "border_queue", "border_queue", "davidson")
    capacity, background = np.array([1500.0, 600.0, 500.0, 800.0]), np.array([100.0, 50.0, 0.0, 20.0])
    times, length, scale = np.array([5.0, 8.0, 7.0, 9.0]), np.array([10.0, 4.0, 6.0, 9.0]), 0.2
    table = np.vstack([parameter_table(delay_named(n), 1) for n in names])
    delays = LinkDelays(names, times, capacity, table)
    sizes = path_size(use, length, group=group)

    def objective(flows: np.ndarray) -> float:
        entropy = float(flows @ (np.log(np.maximum(flows, 1e-300) / sizes))) / scale
        return float(delays.integral(use.T @ flows + background).sum()) + float(fixed @ flows) + entropy

    def gradient(flows: np.ndarray) -> np.ndarray:
        entropy = (np.log(np.maximum(flows, 1e-300) / sizes) + 1.0) / scale
        return use @ delays.time(use.T @ flows + background) + fixed + entropy

    balances = LinearConstraint((group[None, :] == np.arange(2)[:, None]).astype(float), demand, demand)
    start = demand[group] / np.bincount(group)[group]
    best = minimize(
        objective,
        start,
        jac=gradient,
        bounds=[(1e-6, None)] * 5,
        constraints=balances,
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    ids = [f"r{k}" for k in range(5)]
    route, link = np.nonzero(use)
    result = assign_routes(
        pl.DataFrame({"route_id": ids, "od_id": [f"g{g}" for g in group], "fixed_cost_usd_t": fixed}),
        pl.DataFrame({"route_id": [ids[r] for r in route], "link_id": [f"l{k}" for k in link]}),
        pl.DataFrame({"od_id": ["g0", "g1"], "demand_t_day": demand, "value_of_time_usd_t_h": [1.0, 1.0]}),
        pl.DataFrame(
            {
                "link_id": [f"l{k}" for k in range(4)],
                "length_km": length,
                "free_flow_time_h": times,
                "capacity_per_day": capacity,
                "background_per_day": background,
                "unit": ["t"] * 4,
                "delay": list(names),
            }
        ),
        scale=scale,
    )
    assert result.converged
    # SLSQP stops at an objective accuracy of about 1e-10 of 1e5, so flows agree to about 1e-3 of 900 t
    np.testing.assert_allclose(result.route_flows["flow_t_day"].to_numpy(), best.x, atol=0.02)
    assert objective(result.route_flows["flow_t_day"].to_numpy()) <= best.fun + 1e-6
