"""Laws of routes on toyland's network: equal to enumeration, blind to row order, scaling with money."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan.case import read_case
from karwan.transport.cost import Weights
from karwan.transport.network import FreightNetwork, NetworkRequest, build_network
from karwan.transport.path import allowed_arcs, least_cost_path
from karwan.transport.route import make_route
from karwan.transport.route_choice import layered_graph, short_list
from karwan.transport.routing import brute_force, pareto_routes
from karwan.transport.shipment import make_shipment

CASE = read_case("toyland")
PLACES = ("A", "B", "C", "Q")
COUNTRY = dict(CASE["nodes"].select("node_id", "country").iter_rows())
LAWS = settings(max_examples=40, deadline=None)


@cache
def network(origin: str, destination: str, form: str, day: date) -> FreightNetwork:
    ends = (COUNTRY[origin], COUNTRY[destination])
    return build_network(CASE.tables, NetworkRequest(*ends, form, day))


days = st.integers(0, 364).map(lambda n: date(2025, 1, 1) + timedelta(days=n))
ends = st.tuples(st.sampled_from(PLACES), st.sampled_from(PLACES)).filter(lambda p: p[0] != p[1])
goods = st.sampled_from([("wheat", "bulk"), ("beans", "box"), ("fruit", "reefer")])


@LAWS
@given(
    ends, goods, days, st.floats(1.0, 400.0), st.sampled_from([(), ("X",), ("Y",), ("Z",), ("Q",), ("B",)])
)
def test_pareto_set_equals_enumeration(
    pair: tuple[str, str], good: tuple[str, str], day: date, tonnes: float, via: tuple[str, ...]
) -> None:
    """Every route of toyland, all its states, listed one by one: the same undominated criteria."""
    net = network(*pair, good[1], day)
    load = make_shipment(CASE["products"], good[0], tonnes)
    layered = layered_graph(
        net, load, *pair, via=via, allowed=allowed_arcs(net, avoid=["sea"] if via != ("Q",) else [])
    )
    if not (layered.origins.size and layered.destinations.size):
        return
    found = pareto_routes(layered.graph, layered.origins, layered.destinations)
    every = brute_force(layered.graph, layered.origins, layered.destinations, max_routes=2_000_000)
    assert found.exact
    assert no_worse(found.criteria, every.criteria).any(axis=0).all()
    assert (
        (no_worse(found.criteria, every.criteria) & no_worse(every.criteria, found.criteria).T)
        .any(axis=1)
        .all()
    )


def no_worse(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether route k of `some` is no worse than route m of `others` in any criterion up to rounding, shape (K, M)."""
    return np.asarray((some[:, None] <= others[None] * (1.0 + 1e-9)).all(axis=2))


@LAWS
@given(ends, goods, days)
def test_route_totals_equal_the_search(pair: tuple[str, str], good: tuple[str, str], day: date) -> None:
    """`make_route` walks the clock over the calendars itself: the totals are those of the kernel."""
    net = network(*pair, good[1], day)
    load = make_shipment(CASE["products"], good[0], 20.0)
    found = short_list(net, load, *pair, weights=Weights(load.value_of_time_usd_h))
    for k, route in zip(found.chosen.tolist(), found.routes, strict=True):
        own = [route.usd, route.hours, route.variance_h2, route.co2_kg]
        assert own == pytest.approx(found.pareto.criteria[k].tolist())
        assert route.waits_h == pytest.approx(found.pareto.waits(k).tolist())


@LAWS
@given(days, st.randoms(use_true_random=False))
def test_row_order_changes_nothing(day: date, random: object) -> None:
    seed = random.randrange(2**31)  # type: ignore[attr-defined]
    tables = {
        name: table.sample(fraction=1.0, shuffle=True, seed=seed)
        if name in ("links", "crossings", "transfers")
        else table
        for name, table in CASE.tables.items()
    }
    load = make_shipment(CASE["products"], "beans", 20.0)
    weights = Weights(load.value_of_time_usd_h)
    request = NetworkRequest("XTA", "XTC", "box", day)
    before = short_list(build_network(CASE.tables, request), load, "A", "C", weights=weights)
    after = short_list(build_network(tables, request), load, "A", "C", weights=weights)
    np.testing.assert_allclose(before.pareto.criteria, after.pareto.criteria, rtol=1e-9)
    assert [r.crossings for r in before.routes] == [r.crossings for r in after.routes]


@LAWS
@given(st.floats(0.5, 500.0))
def test_money_is_least_among_all_routes(tonnes: float) -> None:
    """The cheapest of the Pareto set is Dijkstra's path, as money does not hang on the clock."""
    net = network("A", "C", "box", date(2025, 6, 2))
    load = make_shipment(CASE["products"], "beans", tonnes)
    cheapest = least_cost_path(net, net.arc_usd(load), "A", "C")
    assert cheapest.arcs is not None
    found = short_list(net, load, "A", "C", weights=Weights())
    assert make_route(net, load, cheapest.arcs).usd == pytest.approx(found.pareto.criteria[0, 0])
