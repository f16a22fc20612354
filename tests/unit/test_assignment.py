"""User equilibrium and route equilibrium: closed forms, refusals, and that failing to converge is said."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest
from scipy.optimize import brentq

from karwan.errors import InvalidInput, UnknownName, Unreachable
from karwan.numerics.assignment import Graph, empty_tree, grow_tree, grow_tree_plain
from karwan.transport.assignment import (
    METHOD,
    ROUTE_METHOD,
    AssignmentNetwork,
    AssignmentNotConverged,
    RouteAssignment,
    assign,
    assign_routes,
)
from karwan.transport.delay import BORDER_QUEUE, PARAMETER_SLOTS, LinkDelays, delay_named, parameter_table

# Braess (1968): costs 10 v, 50 + v, 50 + v, 10 + v, 10 v; the bridge is link 3.
BRAESS = AssignmentNetwork(
    from_node=[0, 0, 2, 2, 3],
    to_node=[2, 3, 1, 3, 1],
    n_nodes=4,
    n_zones=2,
    first_thru=0,
    free_flow_time=[1e-8, 50.0, 50.0, 10.0, 1e-8],
    capacity=np.ones(5),
    parameters={"alpha": [1e9, 0.02, 0.02, 0.1, 1e9], "beta": 1.0},
)
SIX = np.array([[0.0, 6.0], [0.0, 0.0]])
LOOSE = {"gradient_projection": 1e-12, "bfw": 1e-5, "frank_wolfe": 1e-4, "msa": 1e-3}


class TestUserEquilibrium:
    @pytest.mark.parametrize("method", METHOD)
    def test_braess(self, method: str) -> None:
        result = assign(BRAESS, SIX, method=method, relative_gap=LOOSE[method], max_iterations=2000)
        assert result.converged
        tolerance = 30 * LOOSE[method] ** 0.5 if method != "gradient_projection" else 1e-5
        np.testing.assert_allclose(result.link_flows, [4.0, 2.0, 2.0, 2.0, 4.0], atol=tolerance)
        assert result.skims[0, 1] == pytest.approx(92.0, rel=1e-2)

    def test_closing_the_bridge_helps(self) -> None:
        closed = dataclasses.replace(BRAESS, fixed_cost=[0.0, 0.0, 0.0, 1e6, 0.0])
        result = assign(closed, SIX, relative_gap=1e-12)
        np.testing.assert_allclose(result.link_flows, [3.0, 3.0, 3.0, 0.0, 3.0], atol=1e-6)
        assert result.skims[0, 1] == pytest.approx(83.0)

    def test_objective_is_the_sum_of_integrals(self) -> None:
        # 5 x 16 + 102 + 102 + 22 + 5 x 16
        assert assign(BRAESS, SIX, relative_gap=1e-12).objective == pytest.approx(386.0)

    def test_routes_carry_the_demand_and_cost_the_same(self) -> None:
        routes = assign(BRAESS, SIX, relative_gap=1e-12).routes
        assert routes is not None
        table = routes.table()
        assert table["flow"].sum() == pytest.approx(6.0)
        assert sorted(table["links"].to_list()) == [[0, 2], [0, 3, 4], [1, 4]]
        np.testing.assert_allclose(table["cost"].to_numpy(), 92.0, rtol=1e-6)

    def test_gap_is_the_stated_one(self) -> None:
        with pytest.warns(AssignmentNotConverged):
            result = assign(BRAESS, SIX, method="msa", relative_gap=0.0, max_iterations=5)
        least = SIX[0, 1] * result.skims[0, 1]
        assert result.relative_gap == pytest.approx((result.total_cost - least) / result.total_cost)
        assert result.gap_history.size == result.iterations == 5

    def test_not_converged_is_a_state_and_a_warning(self) -> None:
        with pytest.warns(AssignmentNotConverged, match="raise max_iterations"):
            result = assign(BRAESS, SIX, relative_gap=1e-12, max_iterations=1)
        assert not result.converged
        assert result.relative_gap > 1e-12

    def test_zones_are_not_passed_through(self) -> None:
        # 0 -> 2 -> 1 is shorter, but node 2 is a zone
        ends = {"from_node": [0, 2, 0, 3], "to_node": [2, 1, 3, 1], "n_nodes": 4, "n_zones": 3}
        times = {"free_flow_time": [1.0, 1.0, 5.0, 5.0], "capacity": np.full(4, 100.0)}
        demand = np.zeros((3, 3))
        demand[0, 1], demand[0, 2] = 1.0, 2.0
        blocked = assign(AssignmentNetwork(**ends, **times, first_thru=3), demand)
        np.testing.assert_allclose(blocked.link_flows, [2.0, 0.0, 1.0, 1.0])
        through = assign(AssignmentNetwork(**ends, **times, first_thru=0), demand)
        np.testing.assert_allclose(through.link_flows, [3.0, 1.0, 0.0, 0.0])

    def test_demand_within_a_zone_uses_no_link(self) -> None:
        result = assign(BRAESS, [[9.0, 6.0], [0.0, 4.0]], relative_gap=1e-12)
        np.testing.assert_allclose(result.link_flows, [4.0, 2.0, 2.0, 2.0, 4.0], atol=1e-5)

    @pytest.mark.parametrize("method", METHOD)
    def test_no_demand(self, method: str) -> None:
        result = assign(BRAESS, np.zeros((2, 2)), method=method)
        assert result.converged
        assert result.link_flows.tolist() == [0.0] * 5
        assert result.skims[1, 0] == np.inf

    def test_border_queues_share_by_closed_form(self) -> None:
        net = AssignmentNetwork(
            [0, 0], [1, 1], 2, 2, 0, [2.0, 3.0], [100.0, 80.0], parameters={"servers": [2, 1]}
        )

        def time(volume: float, link: int) -> float:
            return float(
                BORDER_QUEUE.time(
                    (2.0, 3.0)[link], np.array(volume), (100.0, 80.0)[link], (2.0, 1.0)[link], 1.0, 0.95
                )
            )

        for demand in (120.0, 171.0, 260.0):  # below, at and beyond the capacity of both
            result = assign(net, [[0, demand], [0, 0]], delay="border_queue", relative_gap=1e-12)
            split = brentq(lambda v, d=demand: time(v, 0) - time(d - v, 1), 0.0, demand, xtol=1e-13)
            np.testing.assert_allclose(result.link_flows, [split, demand - split], rtol=1e-6)

    def test_links_may_differ_in_delay(self) -> None:
        net = AssignmentNetwork([0, 0], [1, 1], 2, 2, 0, [1.0, 2.0], [1.0, 1.0])
        table = np.vstack(
            [
                parameter_table(delay_named("bpr"), 1, {"alpha": 1.0, "beta": 1.0}),
                np.zeros((1, PARAMETER_SLOTS)),
            ]
        )
        delays = LinkDelays(("bpr", "constant"), np.array([1.0, 2.0]), np.ones(2), table)
        result = assign(net, [[0, 5], [0, 0]], delay=delays, relative_gap=1e-12)
        np.testing.assert_allclose(result.link_flows, [1.0, 4.0])
        assert result.delay == "mixed"

    @pytest.mark.parametrize(
        ("change", "error", "word"),
        [
            ({"method": "tapas"}, UnknownName, "gradient_projection"),
            ({"delay": "bprr"}, UnknownName, "conical"),
            ({"relative_gap": -1.0}, InvalidInput, "relative_gap"),
            ({"max_iterations": 0}, InvalidInput, "max_iterations"),
            ({"demand": np.zeros((3, 3))}, InvalidInput, "shape"),
            ({"demand": [[0, -6], [0, 0]]}, InvalidInput, "from zone 0 to 1: -6\n"),
            ({"demand": [["a", 6], [0, 0]]}, InvalidInput, "not numeric"),
            ({"demand": [[0, np.nan], [0, 0]]}, InvalidInput, "not finite"),
            ({"demand": [[0, 6], [1, 0]]}, Unreachable, "1-0"),
        ],
    )
    def test_refuses(self, change: dict[str, object], error: type[Exception], word: str) -> None:
        given = {"network": BRAESS, "demand": SIX, **change}
        with pytest.raises(error, match=word):
            assign(**given)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"to_node": [2, 3, 1, 3, 4]}, "to_node"),
            ({"to_node": [2, 3, 1]}, "to_node"),
            ({"capacity": [1, 1, 1, 1, 0]}, "capacity"),
            ({"free_flow_time": [1, 1, 1, 1, -1]}, "free_flow_time"),
            ({"free_flow_time": [1, 1]}, "free_flow_time"),
            ({"fixed_cost": np.nan}, "fixed_cost"),
            ({"n_zones": 5}, "zones"),
        ],
    )
    def test_refuses_networks(self, change: dict[str, object], word: str) -> None:
        with pytest.raises(InvalidInput, match=word):
            dataclasses.replace(BRAESS, **change)  # type: ignore[arg-type]

    def test_tree_and_its_plain_twin(self) -> None:
        rng = np.random.default_rng(3)
        ends = rng.integers(0, 30, (2, 120))
        counts = np.bincount(ends[0], minlength=30)
        pointers = np.concatenate([[0], np.cumsum(counts)])
        graph = Graph(30, 5, pointers, np.argsort(ends[0], kind="stable"), ends[0].copy(), ends[1].copy())
        cost = rng.uniform(0.1, 9.0, 120)
        tree = empty_tree(graph)
        for origin in (0, 4, 17):
            grow_tree(origin, graph, cost, tree)
            plain_cost, plain_via = grow_tree_plain(origin, graph, cost)
            np.testing.assert_array_equal(tree.cost, plain_cost)
            np.testing.assert_array_equal(tree.via, plain_via)


ROUTES = pl.DataFrame({"route_id": ["a", "b"], "od_id": ["x", "x"], "fixed_cost_usd_t": [50.0, 45.0]})
ROUTE_LINKS = pl.DataFrame({"route_id": ["a", "b"], "link_id": ["A", "B"]})
DEMAND = pl.DataFrame(
    {"od_id": ["x"], "demand_t_day": [2400.0], "value_of_time_usd_t_h": [0.5], "payload_t": [20.0]}
)
LINKS = pl.DataFrame(
    {
        "link_id": ["A", "B"],
        "length_km": [1.0, 1.0],
        "free_flow_time_h": [10.0, 14.0],
        "capacity_per_day": [100.0, 80.0],
        "background_per_day": [20.0, 10.0],
        "unit": ["truck", "truck"],
        "delay": ["border_queue", "border_queue"],
        "servers": [4.0, 2.0],
    }
)


def solve(scale: float, **options: object) -> RouteAssignment:
    return assign_routes(ROUTES, ROUTE_LINKS, DEMAND, LINKS, scale=scale, **options)  # type: ignore[arg-type]


def costs_at(share: float) -> tuple[float, float]:
    """Generalised costs of the two routes when `share` of 2400 t/day, 20 t a truck, takes the first."""
    first = BORDER_QUEUE.time(10.0, np.array(20.0 + 120.0 * share), 100.0, 4.0, 1.0, 0.95)
    second = BORDER_QUEUE.time(14.0, np.array(10.0 + 120.0 * (1.0 - share)), 80.0, 2.0, 1.0, 0.95)
    return 50.0 + 0.5 * float(first), 45.0 + 0.5 * float(second)


class TestRouteEquilibrium:
    @pytest.mark.parametrize("scale", [0.01, 0.1, 1.0, 10.0])
    def test_fixed_point_of_two_routes(self, scale: float) -> None:
        def excess(share: float) -> float:
            a, b = costs_at(share)
            return share - 1.0 / (1.0 + np.exp(np.clip(scale * (a - b), -700.0, 700.0)))

        result = solve(scale)
        assert result.converged
        assert result.route_flows["share"][0] == pytest.approx(brentq(excess, 0.0, 1.0, xtol=1e-14), abs=1e-8)

    @pytest.mark.parametrize("method", ROUTE_METHOD)
    def test_methods_agree(self, method: str) -> None:
        tolerance = 1e-5 if method == "msa" else 1e-9
        result = solve(0.1, method=method, tolerance=tolerance, max_iterations=1000)
        assert result.converged
        newton = solve(0.1).route_flows["share"][0]
        assert result.route_flows["share"][0] == pytest.approx(newton, abs=10 * tolerance)

    def test_large_scale_is_the_deterministic_equilibrium(self) -> None:
        split = brentq(lambda s: costs_at(s)[0] - costs_at(s)[1], 0.0, 1.0, xtol=1e-14)
        result = solve(100.0)
        assert result.converged
        assert result.route_flows["share"][0] == pytest.approx(split, abs=1e-3)
        assert result.relative_gap < 1e-4

    def test_zero_scale_splits_by_path_size(self) -> None:
        twin = pl.concat(
            [ROUTES, pl.DataFrame({"route_id": ["c"], "od_id": ["x"], "fixed_cost_usd_t": [9.0]})]
        )
        links = pl.concat([ROUTE_LINKS, pl.DataFrame({"route_id": ["c"], "link_id": ["B"]})])
        result = assign_routes(twin, links, DEMAND, LINKS, scale=0.0)
        np.testing.assert_allclose(result.route_flows["share"].to_numpy(), [0.5, 0.25, 0.25])
        assert result.logsums["logsum_usd_t"].to_list() == [None]

    def test_units(self) -> None:
        result = solve(0.1)
        flow = result.route_flows["flow_t_day"].to_numpy()
        np.testing.assert_allclose(result.link_volumes["volume_per_day"].to_numpy(), flow / 20.0)
        load = (flow / 20.0 + [20.0, 10.0]) / [100.0, 80.0]
        np.testing.assert_allclose(result.link_volumes["load_share"].to_numpy(), load)
        tonnes = LINKS.with_columns(
            unit=pl.lit("t"),
            capacity_per_day=pl.col("capacity_per_day") * 20.0,
            background_per_day=pl.col("background_per_day") * 20.0,
            free_flow_time_h=pl.col("free_flow_time_h"),
            delay=pl.lit("bpr"),
        ).drop("servers")
        trucks = LINKS.with_columns(delay=pl.lit("bpr")).drop("servers")
        one, other = (assign_routes(ROUTES, ROUTE_LINKS, DEMAND, t, scale=0.1) for t in (tonnes, trucks))
        np.testing.assert_allclose(
            one.route_flows["flow_t_day"].to_numpy(), other.route_flows["flow_t_day"].to_numpy(), rtol=1e-9
        )

    def test_each_unit_counts_in_its_own_payload(self) -> None:
        demand = DEMAND.with_columns(
            demand_t_day=pl.lit(24.0), train_payload_t=pl.lit(1000.0), teu_payload_t=pl.lit(10.0)
        )
        for unit, tonnes in (("train", 1000.0), ("TEU", 10.0), ("truck", 20.0), ("t", 1.0)):
            links = LINKS.with_columns(unit=pl.lit(unit), delay=pl.lit("bpr")).drop("servers")
            result = assign_routes(ROUTES, ROUTE_LINKS, demand, links, scale=0.1)
            flow = result.route_flows["flow_t_day"].to_numpy()
            np.testing.assert_allclose(result.link_volumes["volume_per_day"].to_numpy(), flow / tonnes)
        with pytest.raises(InvalidInput, match="train_payload_t"):
            trains = LINKS.with_columns(unit=pl.lit("train"))
            assign_routes(ROUTES, ROUTE_LINKS, DEMAND, trains, scale=0.1)

    def test_load_beyond_the_limit_is_marked(self) -> None:
        calm = solve(0.1)
        assert calm.link_volumes["beyond_limit"].to_list() == [False, False]
        flood = DEMAND.with_columns(demand_t_day=pl.lit(9000.0))
        result = assign_routes(ROUTES, ROUTE_LINKS, flood, LINKS, scale=0.1)
        assert result.link_volumes["beyond_limit"].to_list() == [True, True]
        assert result.link_volumes["load_share"].min() > 0.95

    def test_not_converged_is_a_state_and_a_warning(self) -> None:
        with pytest.warns(AssignmentNotConverged, match="residual"):
            result = solve(10.0, method="msa", max_iterations=3)
        assert not result.converged
        assert result.residual == result.residual_history[-1] > 1e-9

    def test_demand_without_a_route(self) -> None:
        more = pl.concat([DEMAND, DEMAND.with_columns(od_id=pl.lit("lost"), demand_t_day=pl.lit(7.0))])
        with pytest.raises(Unreachable, match="lost"):
            assign_routes(ROUTES, ROUTE_LINKS, more, LINKS, scale=0.1)
        result = assign_routes(ROUTES, ROUTE_LINKS, more, LINKS, scale=0.1, allow_unserved=True)
        assert result.logsums["assigned_t_day"].to_list() == pytest.approx([2400.0, 0.0])
        assert result.logsums["logsum_usd_t"][1] == np.inf

    @pytest.mark.parametrize(
        ("table", "change", "error", "word"),
        [
            ("routes", {"od_id": ["x", "y"]}, UnknownName, "od_id names 1 ids absent.*\n.*y"),
            ("routes", {"route_id": ["a", "a"]}, InvalidInput, "repeated"),
            ("routes", {"fixed_cost_usd_t": [1.0, None]}, InvalidInput, "row 1"),
            ("route_links", {"link_id": ["A", "Z"]}, UnknownName, "Z"),
            ("route_links", {"route_id": ["a", "a"], "link_id": ["A", "A"]}, InvalidInput, "twice"),
            ("demand", {"demand_t_day": [-1.0]}, InvalidInput, "demand_t_day"),
            ("demand", {"payload_t": [0.0]}, InvalidInput, "payload_t"),
            ("links", {"capacity_per_day": [100.0, 0.0]}, InvalidInput, "above 0"),
            ("links", {"unit": ["truck", "wagon"]}, InvalidInput, "wagon"),
            ("links", {"delay": ["bpr", "queue"]}, UnknownName, "border_queue"),
            ("links", {"servers": [4.0, 1.5]}, InvalidInput, "servers"),
        ],
    )
    def test_refuses(
        self, table: str, change: dict[str, list[object]], error: type[Exception], word: str
    ) -> None:
        tables = {"routes": ROUTES, "route_links": ROUTE_LINKS, "demand": DEMAND, "links": LINKS}
        tables[table] = tables[table].with_columns(**{k: pl.Series(v) for k, v in change.items()})
        with pytest.raises(error, match=word):
            assign_routes(**tables, scale=0.1)

    @pytest.mark.parametrize(
        "change", [{"scale": -1.0}, {"scale": np.inf}, {"tolerance": np.nan}, {"max_iterations": 0}]
    )
    def test_refuses_settings(self, change: dict[str, float]) -> None:
        with pytest.raises(InvalidInput, match=next(iter(change))):
            assign_routes(ROUTES, ROUTE_LINKS, DEMAND, LINKS, **{"scale": 0.1, **change})  # type: ignore[arg-type]

    def test_an_empty_demand_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="no rows"):
            assign_routes(ROUTES.clear(), ROUTE_LINKS.clear(), DEMAND.clear(), LINKS, scale=0.1)

    def test_missing_columns_are_named(self) -> None:
        with pytest.raises(InvalidInput, match="payload_t"):
            assign_routes(ROUTES, ROUTE_LINKS, DEMAND.drop("payload_t"), LINKS, scale=0.1)
        with pytest.raises(InvalidInput, match="capacity_per_day"):
            assign_routes(ROUTES, ROUTE_LINKS, DEMAND, LINKS.drop("capacity_per_day"), scale=0.1)
        with pytest.raises(UnknownName, match="newton"):
            solve(0.1, method="fixed")
