"""SMART: hand-computed cases, limits, and the identities of creation, diversion and revenue."""

from __future__ import annotations

import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karwan.errors import InvalidInput
from karwan.trade.smart import Elasticities, simulate_corridor, simulate_tariffs


def imports(*rows: tuple[str, float, float, float], product: str = "1006") -> pl.DataFrame:
    names = ["product", "exporter", "value_usd", "rate_before_share", "rate_after_share"]
    return pl.DataFrame([(product, *r) for r in rows], schema=names, orient="row")


def test_by_hand() -> None:
    """Favoured 100 at 20 % to 0 %, others 300 at 20 %; demand -1.2, substitution -1.5.

    g = 1/1.2 - 1 = -1/6; creation 100 x 1.2 / 6 = 20; E_s g = .25;
    diversion 100 x 300 x .25 / (400 + 25) = 17.647;
    revenue: favoured 0 - 20, others .2 x (282.353 - 300) = -3.529; welfare .1 x 37.647 - .2 x 17.647 = .235.
    """
    result = simulate_tariffs(
        imports(("KAZ", 100.0, 0.2, 0.0), ("AUS", 200.0, 0.2, 0.2), ("USA", 100.0, 0.2, 0.2)),
        Elasticities(import_demand=-1.2),
    )
    own, other, third = result.partners.to_dicts()
    assert own["creation_usd"] == pytest.approx(20.0)
    assert own["diversion_usd"] == pytest.approx(300 * 0.25 * 100 / 425)
    assert other["diversion_usd"] == pytest.approx(-own["diversion_usd"] * 2 / 3)
    assert third["diversion_usd"] == pytest.approx(-own["diversion_usd"] / 3)
    total = result.products.row(0, named=True)
    assert total["revenue_change_usd"] == pytest.approx(-20 - 0.2 * 7500 / 425)
    assert total["welfare_usd"] == pytest.approx(0.1 * (20 + 7500 / 425) - 0.2 * 7500 / 425)
    assert own["price_change_share"] == 0.0


def test_diversion_solves_its_equation() -> None:
    a, b, g, substitution = 80.0, 240.0, 1.05 / 1.25 - 1, -2.0
    result = simulate_tariffs(
        imports(("KAZ", a, 0.25, 0.05), ("AUS", b, 0.25, 0.25)), Elasticities(-1.0, substitution)
    )
    moved = result.partners["diversion_usd"][0]
    assert (a + moved) / (b - moved) == pytest.approx(a / b * (1 + substitution * g))


def test_finite_supply_shrinks_creation_and_raises_the_world_price() -> None:
    rows = imports(("KAZ", 100.0, 0.2, 0.0))
    small = simulate_tariffs(rows, Elasticities(-1.2)).partners.row(0, named=True)
    finite = simulate_tariffs(rows, Elasticities(-1.2, export_supply=2.0)).partners.row(0, named=True)
    # 1 - E_m / E_x = 1.6; dp/p = -1.2 / 3.2 x -.2 / 1.2 = .0625
    assert finite["creation_usd"] == pytest.approx(small["creation_usd"] / 1.6)
    assert finite["price_change_share"] == pytest.approx(0.0625)
    wits = simulate_tariffs(rows, Elasticities(-1.2, export_supply=99.0)).partners.row(0, named=True)
    assert wits["creation_usd"] == pytest.approx(small["creation_usd"], rel=0.0125)


def test_limits() -> None:
    unchanged = simulate_tariffs(
        imports(("KAZ", 50.0, 0.1, 0.1), ("AUS", 70.0, 0.1, 0.1)), Elasticities(-1.0)
    )
    for name in ("creation_usd", "diversion_usd", "revenue_change_usd", "welfare_usd"):
        assert unchanged.products[name].to_list() == [0.0]
    alone = simulate_tariffs(imports(("KAZ", 50.0, 0.1, 0.0)), Elasticities(-1.0))
    assert alone.partners["diversion_usd"].to_list() == [0.0]
    everybody = simulate_tariffs(
        imports(("KAZ", 50.0, 0.1, 0.0), ("AUS", 70.0, 0.1, 0.0)), Elasticities(-1.0)
    )
    assert everybody.partners["diversion_usd"].to_list() == [0.0, 0.0]
    extreme = simulate_tariffs(
        imports(("KAZ", 1.0, 3.0, 0.0), ("AUS", 9.0, 3.0, 3.0)), Elasticities(-1.0, substitution=-1e9)
    )
    assert extreme.partners["diversion_usd"].to_list() == pytest.approx([9.0, -9.0], rel=1e-6)


def test_equal_cuts_are_shared_by_value() -> None:
    result = simulate_tariffs(
        imports(("KAZ", 30.0, 0.2, 0.1), ("UZB", 10.0, 0.2, 0.1), ("AUS", 100.0, 0.2, 0.2)),
        Elasticities(-1.0),
    )
    kaz, uzb, _ = result.partners["diversion_usd"]
    assert kaz == pytest.approx(3 * uzb)


def test_products_do_not_touch_one_another() -> None:
    one = imports(("KAZ", 100.0, 0.2, 0.0), ("AUS", 300.0, 0.2, 0.2))
    two = imports(("KAZ", 7.0, 0.3, 0.1), ("AUS", 5.0, 0.3, 0.3), product="5201")
    both = simulate_tariffs(pl.concat([two, one]), Elasticities(-1.2)).products
    alone = simulate_tariffs(one, Elasticities(-1.2)).products
    assert both.filter(pl.col("product") == "1006").row(0) == pytest.approx(alone.row(0))


def test_a_rows_own_elasticity_wins() -> None:
    rows = imports(("KAZ", 100.0, 0.2, 0.0)).with_columns(import_demand=pl.lit(-2.4))
    assert simulate_tariffs(rows, Elasticities(-1.2)).partners["creation_usd"][0] == pytest.approx(40.0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 1e6), st.booleans()), min_size=2, max_size=6),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(-8, -0.05),
    st.floats(-20, 0),
)
def test_laws(rows: list[tuple[float, bool]], high: float, low: float, demand: float, swap: float) -> None:
    high, low = max(high, low), min(high, low)
    table = imports(*((f"C{n}", v, high, low if cut else high) for n, (v, cut) in enumerate(rows)))
    result = simulate_tariffs(table, Elasticities(demand, swap)).partners
    total = sum(v for v, _ in rows)
    assert result["diversion_usd"].sum() == pytest.approx(0.0, abs=1e-9 * total)
    assert (result["after_usd"] >= -1e-9 * total).all()
    assert (result["creation_usd"] >= 0).all()
    revenue = (result["rate_after_share"] * result["after_usd"]).sum() - high * total
    assert result["revenue_change_usd"].sum() == pytest.approx(revenue, abs=1e-9 * total)


def test_a_rise_loses_what_a_cut_gains_and_never_more_than_there_is() -> None:
    rise = simulate_tariffs(
        imports(("KAZ", 10.0, 0.0, 1.0), ("AUS", 30.0, 0.0, 0.0)), Elasticities(-0.1, substitution=-50.0)
    ).partners
    assert rise["diversion_usd"].to_list() == pytest.approx([-10.0, 10.0])
    assert rise["after_usd"][0] == 0.0
    with pytest.raises(InvalidInput, match="fall for some partners and rise"):
        simulate_tariffs(imports(("KAZ", 10.0, 0.1, 0.0), ("AUS", 30.0, 0.1, 0.2)), Elasticities(-1.0))


def test_corridor_shock_equals_the_tariff_form_of_the_same_price_change() -> None:
    """f from 40 % to 20 %: g = 1.2 / 1.4 - 1 whatever the tariff; revenue changes with the values."""
    rows = pl.DataFrame(
        {
            "product": ["1006", "1006"],
            "exporter": ["KAZ", "AUS"],
            "value_usd": [100.0, 300.0],
            "rate_share": [0.1, 0.1],
        }
    )
    result = simulate_corridor(rows, Elasticities(-1.2), exporter="KAZ", freight_share=(0.4, 0.2))
    g = 1.2 / 1.4 - 1
    shift = -1.5 * g
    created, moved = 100 * 1.2 * -g, 100 * 300 * shift / (400 + 100 * shift)
    own = result.partners.row(0, named=True)
    assert own["creation_usd"] == pytest.approx(created)
    assert own["diversion_usd"] == pytest.approx(moved)
    product = result.products.row(0, named=True)
    assert product["revenue_change_usd"] == pytest.approx(0.1 * created)
    assert product["welfare_usd"] == pytest.approx(-g * (100 + (created + moved) / 2))
    equal = simulate_tariffs(imports(("KAZ", 100.0, 0.4, 0.2), ("AUS", 300.0, 0.4, 0.4)), Elasticities(-1.2))
    assert equal.partners["creation_usd"][0] == pytest.approx(created)
    assert equal.partners["diversion_usd"][0] == pytest.approx(moved)
    still = simulate_corridor(rows, Elasticities(-1.2), exporter="KAZ", freight_share=(0.4, 0.4))
    assert still.partners["after_usd"].to_list() == [100.0, 300.0]


@pytest.mark.parametrize(
    ("table", "elasticities", "match"),
    [
        (imports(("KAZ", -1.0, 0.1, 0.0)), Elasticities(-1.0), "value_usd below 0"),
        (imports(("KAZ", 1.0, -0.1, 0.0)), Elasticities(-1.0), "a rate below 0"),
        (imports(("KAZ", 1.0, 0.1, 0.0)), Elasticities(1.0), "import_demand not below 0"),
        (imports(("KAZ", 1.0, 0.1, 0.0)), Elasticities(-1.0, export_supply=-math.inf), "export_supply"),
        (imports(("KAZ", 1.0, 0.1, 0.0), ("KAZ", 2.0, 0.1, 0.0)), Elasticities(-1.0), "twice"),
        (imports(("KAZ", 1.0, 0.1, 0.0)).drop("value_usd"), Elasticities(-1.0), "lacks value_usd"),
    ],
)
def test_bad_tables_are_refused(table: pl.DataFrame, elasticities: Elasticities, match: str) -> None:
    with pytest.raises(InvalidInput, match=match):
        simulate_tariffs(table, elasticities)
