"""Laws of assignment: flow is conserved, least-cost routes carry it, row order and names change nothing."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from karwan.transport.assignment import AssignmentNetwork, RouteAssignment, assign, assign_routes
from karwan.transport.choice import logit, path_size

QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
seeds = st.integers(0, 2**32 - 1)
DELAYS = st.sampled_from(["bpr", "conical", "davidson", "border_queue"])


def random_network(seed: int) -> tuple[dict[str, np.ndarray], int, int, np.ndarray]:
    """A ring, so that all is connected, with random chords; demand between some zones."""
    rng = np.random.default_rng(seed)
    n_nodes = int(rng.integers(4, 12))
    n_zones = int(rng.integers(2, n_nodes + 1))
    chords = rng.integers(0, n_nodes, (2, int(rng.integers(4, 20))))
    chords = chords[:, chords[0] != chords[1]]
    ring = np.arange(n_nodes)
    tail = np.concatenate([ring, chords[0]])
    head = np.concatenate([(ring + 1) % n_nodes, chords[1]])
    links = {
        "from_node": tail,
        "to_node": head,
        "free_flow_time": rng.uniform(1.0, 10.0, tail.size),
        "capacity": rng.uniform(5.0, 50.0, tail.size),
        "fixed_cost": rng.uniform(0.0, 3.0, tail.size),
    }
    demand = rng.uniform(0.0, 30.0, (n_zones, n_zones)) * (rng.random((n_zones, n_zones)) < 0.6)
    return links, n_nodes, n_zones, demand


@QUICK
@given(seeds, DELAYS)
def test_flow_is_conserved_and_uses_least_cost_routes(seed: int, delay: str) -> None:
    links, n_nodes, n_zones, demand = random_network(seed)
    result = assign(
        AssignmentNetwork(**links, n_nodes=n_nodes, n_zones=n_zones, first_thru=0),
        demand,
        delay=delay,
        relative_gap=1e-9,
    )
    assert result.converged
    assert (result.link_flows >= 0.0).all()
    np.fill_diagonal(demand, 0.0)
    produced = np.zeros(n_nodes)
    produced[:n_zones] = demand.sum(axis=1) - demand.sum(axis=0)
    out = np.bincount(links["from_node"], weights=result.link_flows, minlength=n_nodes)
    into = np.bincount(links["to_node"], weights=result.link_flows, minlength=n_nodes)
    np.testing.assert_allclose(out - into, produced, atol=1e-8 * max(demand.sum(), 1.0))
    assert result.routes is not None
    least = result.skims[result.routes.origin, result.routes.destination]
    excess = float(result.routes.flow @ (result.routes.cost - least))
    assert excess <= 1e-8 * max(result.total_cost, 1.0)


@QUICK
@given(seeds)
def test_row_order_and_node_numbers_change_nothing(seed: int) -> None:
    links, n_nodes, n_zones, demand = random_network(seed)
    plain = assign(
        AssignmentNetwork(**links, n_nodes=n_nodes, n_zones=n_zones, first_thru=0), demand, relative_gap=1e-11
    )
    rng = np.random.default_rng(seed + 1)
    order = rng.permutation(links["from_node"].size)
    name = np.concatenate([rng.permutation(n_zones), n_zones + rng.permutation(n_nodes - n_zones)])
    moved = {key: value[order] for key, value in links.items()}
    moved["from_node"], moved["to_node"] = name[moved["from_node"]], name[moved["to_node"]]
    turned = np.empty_like(demand)
    turned[np.ix_(name[:n_zones], name[:n_zones])] = demand
    other = assign(
        AssignmentNetwork(**moved, n_nodes=n_nodes, n_zones=n_zones, first_thru=0), turned, relative_gap=1e-11
    )
    np.testing.assert_allclose(other.link_costs, plain.link_costs[order], rtol=1e-5)
    np.testing.assert_allclose(
        other.skims[np.ix_(name[:n_zones], name[:n_zones])], plain.skims, rtol=1e-5, atol=1e-9
    )


@QUICK
@given(seeds, st.floats(0.1, 100.0))
def test_scaling_all_impedances_scales_the_skims(seed: int, factor: float) -> None:
    links, n_nodes, n_zones, demand = random_network(seed)
    demand *= 0.1  # far beyond capacity BPR costs span decades, and a gap of the total says little of a pair
    shape = {"n_nodes": n_nodes, "n_zones": n_zones, "first_thru": 0}
    plain = assign(AssignmentNetwork(**links, **shape), demand, relative_gap=1e-10)
    scaled = dict(
        links, free_flow_time=links["free_flow_time"] * factor, fixed_cost=links["fixed_cost"] * factor
    )
    other = assign(AssignmentNetwork(**scaled, **shape), demand, relative_gap=1e-10)
    np.testing.assert_allclose(other.skims, plain.skims * factor, rtol=1e-5)


def random_tables(seed: int) -> dict[str, pl.DataFrame]:
    """Random routes of 1-5 links for up to 4 OD-products, with queues that may be beyond capacity."""
    rng = np.random.default_rng(seed)
    n_links, n_od = int(rng.integers(3, 9)), int(rng.integers(1, 5))
    od = np.concatenate([np.arange(n_od), rng.integers(0, n_od, int(rng.integers(2, 9)))])
    uses = [rng.choice(n_links, size=int(rng.integers(1, min(n_links, 5) + 1)), replace=False) for _ in od]
    return {
        "routes": pl.DataFrame(
            {
                "route_id": [f"r{k}" for k in range(od.size)],
                "od_id": [f"od{g}" for g in od],
                "fixed_cost_usd_t": rng.uniform(20.0, 200.0, od.size),
            }
        ),
        "route_links": pl.DataFrame(
            {
                "route_id": [f"r{k}" for k, u in enumerate(uses) for _ in u],
                "link_id": [f"l{a}" for u in uses for a in u],
            }
        ),
        "demand": pl.DataFrame(
            {
                "od_id": [f"od{g}" for g in range(n_od)],
                "demand_t_day": rng.uniform(0.0, 3000.0, n_od),
                "value_of_time_usd_t_h": rng.uniform(0.05, 1.0, n_od),
                "payload_t": rng.uniform(10.0, 25.0, n_od),
            }
        ),
        "links": pl.DataFrame(
            {
                "link_id": [f"l{a}" for a in range(n_links)],
                "length_km": rng.uniform(1.0, 500.0, n_links),
                "free_flow_time_h": rng.uniform(1.0, 40.0, n_links),
                "capacity_per_day": rng.uniform(60.0, 400.0, n_links),
                "background_per_day": rng.uniform(0.0, 60.0, n_links),
                "unit": ["truck"] * n_links,
                "delay": rng.choice(["border_queue", "bpr", "constant", "davidson"], n_links),
                "servers": rng.integers(1, 8, n_links).astype(float),
            }
        ),
    }


def solve(tables: dict[str, pl.DataFrame], scale: float) -> RouteAssignment:
    return assign_routes(**tables, scale=scale)


@QUICK
@given(seeds, st.sampled_from([0.0, 0.005, 0.05, 0.5]))
def test_route_flows_are_conserved_and_agree_with_their_costs(seed: int, scale: float) -> None:
    tables = random_tables(seed)
    result = solve(tables, scale)
    assert result.converged
    flows = result.route_flows
    assert (flows["flow_t_day"] >= 0.0).all()
    carried = flows.group_by("od_id").agg(pl.col("flow_t_day").sum())
    joined = tables["demand"].join(carried, on="od_id", validate="1:1")
    np.testing.assert_allclose(joined["flow_t_day"], joined["demand_t_day"], rtol=1e-12)
    # volumes by a plain join, without any of the solver's matrices
    trucks = (
        tables["route_links"]
        .join(flows, on="route_id")
        .join(tables["demand"], on="od_id")
        .group_by("link_id")
        .agg(volume=(pl.col("flow_t_day") / pl.col("payload_t")).sum())
    )
    volumes = result.link_volumes.join(trucks, on="link_id", how="left").fill_null(0.0)
    np.testing.assert_allclose(volumes["volume_per_day"], volumes["volume"], rtol=1e-12, atol=1e-12)
    # shares are those of the logit at the costs the flows cause
    codes = flows["od_id"].str.strip_prefix("od").cast(pl.Int64).to_numpy()
    costs, sizes = flows["generalised_cost_usd_t"].to_numpy(), flows["path_size"].to_numpy()
    np.testing.assert_allclose(
        logit(costs, sizes, scale=scale, group=codes).shares, flows["share"], atol=1e-7
    )


@QUICK
@given(seeds)
def test_newton_and_successive_averages_find_the_same(seed: int) -> None:
    # payloads differ between products, so that no optimisation programme stands behind it
    tables = random_tables(seed)
    one = assign_routes(**tables, scale=0.01, tolerance=1e-10)
    other = assign_routes(**tables, scale=0.01, tolerance=1e-6, method="self_regulating", max_iterations=5000)
    np.testing.assert_allclose(other.route_flows["share"], one.route_flows["share"], atol=1e-4)


@QUICK
@given(seeds)
def test_route_tables_in_any_order(seed: int) -> None:
    tables = random_tables(seed)
    plain = solve(tables, 0.05)
    mixed = solve(
        {k: t.sample(fraction=1.0, shuffle=True, seed=seed % 1000) for k, t in tables.items()}, 0.05
    )
    for key, name in (("route_id", "route_flows"), ("link_id", "link_volumes"), ("od_id", "logsums")):
        one, other = (getattr(r, name).sort(key) for r in (plain, mixed))
        for column in one.select(pl.selectors.float()).columns:
            np.testing.assert_allclose(one[column], other[column], rtol=1e-6, atol=1e-6)


@QUICK
@given(st.integers(1, 6), st.floats(0.0, 5.0), st.floats(-5.0, 5.0))
def test_identical_routes_share_one_share(copies: int, scale: float, difference: float) -> None:
    incidence = np.vstack([[1, 0], *[[0, 1]] * copies])
    sizes = path_size(incidence, [3.0, 5.0])
    cost = np.array([10.0, *[10.0 + difference] * copies])
    shares = logit(cost, sizes, scale=scale).shares
    single = logit(cost[:2], np.ones(2), scale=scale).shares
    np.testing.assert_allclose(shares[1:], single[1] / copies, rtol=1e-9, atol=1e-300)


@QUICK
@given(seeds, st.floats(0.0, 1e4))
def test_shares_are_a_distribution_and_ignore_a_common_cost(seed: int, common: float) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 12))
    cost, sizes, group = rng.uniform(0.0, 500.0, n), rng.uniform(0.1, 1.0, n), np.sort(rng.integers(0, 3, n))
    at, moved = (logit(cost + c, sizes, scale=0.05, group=group) for c in (0.0, common))
    totals = np.bincount(group, weights=at.shares)[np.unique(group)]
    np.testing.assert_allclose(totals, 1.0)
    np.testing.assert_allclose(moved.shares, at.shares, rtol=1e-8)
    np.testing.assert_allclose(
        moved.logsum[np.unique(group)], at.logsum[np.unique(group)] + common, rtol=1e-9
    )
