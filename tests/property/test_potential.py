"""Laws of the potential: independence gives actual trade; scale and labels change nothing else."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan.trade.potential import Expectations, Peers, corridor_ratio, estimate_potential, make_margins

PLAIN = Expectations(net_importer_correction=False)
SIZES = st.tuples(st.integers(3, 6), st.integers(1, 5), st.integers(0, 10_000))


def world(countries: int, products: int, seed: int, fill: float = 0.85) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    cells = itertools.product(range(countries), range(countries), range(products))
    rows = [
        (f"C{i}", f"C{j}", f"{k:02d}", float(random.lognormal(8, 2)))
        for i, j, k in cells
        if i != j and (random.random() < fill or (i + 1) % countries == j)
    ]
    return pl.DataFrame(rows, schema=["exporter", "importer", "product", "value_usd"], orient="row")


def potentials(flows: pl.DataFrame, exporter: str = "C0", importer: str = "C1") -> dict[str, float]:
    table = estimate_potential(flows, exporter, importer, expected=PLAIN, draws=1).table
    return dict(table.select("product", "potential_usd").iter_rows())


@settings(max_examples=25, deadline=None)
@given(SIZES)
def test_independent_tables_have_no_unrealised_potential(size: tuple[int, int, int]) -> None:
    """Sellers and buyers are different countries, v_ijk = s_ik m_jk v_k: potential is actual trade."""
    count, products, seed = size
    random = np.random.default_rng(seed)
    supply = random.dirichlet(np.ones(count), products)
    demand = random.dirichlet(np.ones(count), products)
    value = random.lognormal(12, 1, products)
    rows = [
        (f"S{i}", f"B{j}", f"{k:02d}", float(supply[k, i] * demand[k, j] * value[k]))
        for i, j, k in itertools.product(range(count), range(count), range(products))
    ]
    flows = pl.DataFrame(rows, schema=["exporter", "importer", "product", "value_usd"], orient="row")
    table = estimate_potential(flows, "S0", "B1", expected=PLAIN, draws=1).table
    assert table["potential_usd"].to_list() == pytest.approx(table["actual_usd"].to_list(), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(SIZES)
def test_potential_sums_to_actual_whatever_the_ease(size: tuple[int, int, int]) -> None:
    flows = world(*size)
    margins = make_margins(flows)
    actual = margins.pairs_usd[0, 1]
    assert sum(potentials(flows).values()) == pytest.approx(actual, rel=1e-10)


@settings(max_examples=15, deadline=None)
@given(SIZES, st.floats(1e-3, 1e6))
def test_scaling_all_values_scales_potential(size: tuple[int, int, int], factor: float) -> None:
    flows = world(*size)
    scaled = potentials(flows.with_columns(pl.col("value_usd") * factor))
    for product, value in potentials(flows).items():
        assert scaled[product] == pytest.approx(value * factor, rel=1e-10)


@settings(max_examples=15, deadline=None)
@given(SIZES)
def test_order_and_names_change_nothing(size: tuple[int, int, int]) -> None:
    flows = world(*size)
    shuffled = flows.sample(fraction=1.0, shuffle=True, seed=size[2])
    assert potentials(shuffled) == pytest.approx(potentials(flows), rel=1e-12)
    renamed = flows.with_columns(pl.col("exporter", "importer").str.replace("C", "Z9"))
    assert potentials(renamed, "Z90", "Z91") == pytest.approx(potentials(flows), rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(SIZES, st.floats(0.0, 0.8))
def test_same_seed_same_interval_and_it_holds_the_headline(size: tuple[int, int, int], sd: float) -> None:
    flows = world(*size)
    once = estimate_potential(flows, "C0", "C1", flow_log_sd=sd, draws=20, seed=7).table
    again = estimate_potential(flows, "C0", "C1", flow_log_sd=sd, draws=20, seed=7).table
    assert once.equals(again)
    assert (once["low_usd"] <= once["potential_usd"]).all() and (
        once["high_usd"] >= once["potential_usd"]
    ).all()


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 2), st.floats(0, 2), st.floats(0, 60), st.floats(0, 60), st.floats(0.1, 9))
def test_corridor_change_and_back_is_no_change(
    f0: float, f1: float, d0: float, d1: float, theta: float
) -> None:
    there = corridor_ratio((f0, f1), (d0, d1), elasticity=theta, time_cost_share_day=0.01)
    back = corridor_ratio((f1, f0), (d1, d0), elasticity=theta, time_cost_share_day=0.01)
    assert there * back == pytest.approx(1.0)
    flows = world(4, 3, 1)
    table = estimate_potential(
        flows, "C0", "C1", easiness="corridor", peers=Peers(corridor_ratio=there), expected=PLAIN, draws=1
    ).table
    assert sum(table["potential_usd"]) == pytest.approx(there * sum(potentials(flows).values()))
