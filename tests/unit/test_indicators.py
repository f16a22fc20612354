"""Trade indicators on small tables worked by hand, and what they refuse."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from karwan.errors import InvalidInput
from karwan.trade.indicators import (
    balassa,
    complementarity,
    complexity,
    concentration,
    concentration_table,
    contributions,
    grubel_lloyd,
    pair_indicators,
    proximity,
    rca_table,
    seasonality,
    symmetric_advantage,
    trade_intensity,
    trade_matrix,
    vollrath_advantage,
)

ROWS = [
    ("AAA", "01", 6.0),
    ("AAA", "02", 2.0),
    ("BBB", "01", 1.0),
    ("BBB", "02", 1.0),
    ("BBB", "02", 2.0),
    ("CCC", "03", None),
    ("CCC", "02", 4.0),
]


def exports() -> pl.DataFrame:
    return pl.DataFrame(ROWS, schema=["exporter", "product", "value_usd"], orient="row")


def test_matrix_adds_rows_and_keeps_unknown_apart_from_zero() -> None:
    matrix = trade_matrix(exports())
    assert (matrix.countries, matrix.products) == (("AAA", "BBB", "CCC"), ("01", "02"))
    assert matrix.value_usd.tolist() == [[6.0, 2.0], [1.0, 3.0], [0.0, 4.0]]
    assert matrix.reported.tolist() == [[True, True], [True, True], [False, True]]


def test_balassa_by_hand() -> None:
    rca = balassa(trade_matrix(exports()).value_usd)
    # AAA: 6/8 of its exports against 7/16 of the world's.
    assert rca[0, 0] == pytest.approx((6 / 8) / (7 / 16))
    assert rca[2].tolist() == pytest.approx([0.0, 16 / 9])
    assert symmetric_advantage(rca)[2, 0] == -1.0


def test_rca_table_has_reported_cells_only() -> None:
    table = rca_table(exports())
    assert table.height == 5
    assert table.filter((pl.col("country") == "CCC") & (pl.col("product") == "01")).is_empty()


def test_balassa_of_a_country_without_trade_is_undefined() -> None:
    rca = balassa(np.array([[1.0, 2.0], [0.0, 0.0]]))
    assert np.isnan(rca[1]).all()
    assert not np.isnan(rca[0]).any()


def test_vollrath_by_hand_and_in_the_table() -> None:
    exports_usd = np.array([[6.0, 2.0, 1.0], [1.0, 3.0, 2.0], [2.0, 4.0, 5.0]])
    imports_usd = np.array([[1.0, 5.0, 2.0], [4.0, 1.0, 2.0], [3.0, 3.0, 1.0]])
    index = vollrath_advantage(exports_usd, imports_usd)
    rxa = (6 / 3) / (3 / 14)
    rma = (1 / 7) / (7 / 7)
    assert index[0, 0] == pytest.approx(np.log(rxa) - np.log(rma))
    names = ["AAA", "BBB", "CCC"]
    cells = [(a, f"0{p + 1}") for a in names for p in range(3)]
    out = pl.DataFrame(
        [(a, p, v) for (a, p), v in zip(cells, exports_usd.ravel(), strict=True)],
        schema=["exporter", "product", "value_usd"],
        orient="row",
    )
    back = pl.DataFrame(
        [(a, p, v) for (a, p), v in zip(cells, imports_usd.ravel(), strict=True)],
        schema=["importer", "product", "value_usd"],
        orient="row",
    )
    table = rca_table(out, back)
    assert table["vollrath"].to_numpy() == pytest.approx(index.ravel())


def test_negative_values_and_missing_columns_are_refused() -> None:
    bad = pl.DataFrame({"exporter": ["AAA"], "product": ["01"], "value_usd": [-1.0]})
    with pytest.raises(InvalidInput, match="negative"):
        trade_matrix(bad)
    with pytest.raises(InvalidInput, match="no column product"):
        trade_matrix(bad.drop("product"))
    with pytest.raises(InvalidInput, match="no trade"):
        trade_matrix(bad.with_columns(value_usd=pl.lit(None, dtype=pl.Float64)))


def test_complexity_refuses_groups_that_share_nothing() -> None:
    blocks = np.kron(np.eye(2), np.array([[3.0, 1.0], [1.0, 3.0], [2.0, 2.0]]))
    table = pl.DataFrame(
        [(f"C{i}", f"{p:02d}", blocks[i, p]) for i in range(6) for p in range(4) if blocks[i, p] > 0],
        schema=["exporter", "product", "value_usd"],
        orient="row",
    )
    with pytest.raises(InvalidInput, match="share no product"):
        complexity(trade_matrix(table))
    with pytest.raises(InvalidInput, match="three countries"):
        complexity(trade_matrix(table.filter(pl.col("exporter").is_in(["C0", "C1"]))))


def test_proximity_by_hand() -> None:
    specialised = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
    near = proximity(specialised)
    assert near == pytest.approx(np.array([[1, 2 / 3, 2 / 3], [2 / 3, 1, 0.5], [2 / 3, 0.5, 1]]))


def test_complementarity_extremes_and_a_case() -> None:
    assert complementarity(np.array([1.0, 3.0]), np.array([2.0, 6.0])) == pytest.approx(1.0)
    assert complementarity(np.array([1.0, 0.0]), np.array([0.0, 2.0])) == pytest.approx(0.0)
    assert complementarity(np.array([1.0, 1.0]), np.array([3.0, 1.0])) == pytest.approx(0.75)
    with pytest.raises(InvalidInput):
        complementarity(np.array([0.0]), np.array([1.0]))


def test_grubel_lloyd() -> None:
    by_product, total = grubel_lloyd(np.array([4.0, 0.0, 0.0]), np.array([4.0, 5.0, 0.0]))
    assert by_product[:2].tolist() == [1.0, 0.0]
    assert np.isnan(by_product[2])
    assert total == pytest.approx(1 - 5 / 13)


def test_pair_indicators_of_both_directions() -> None:
    table = pl.DataFrame(
        [
            ("AAA", "BBB", "01", 2.0),
            ("AAA", "CCC", "02", 2.0),
            ("BBB", "AAA", "01", 1.0),
            ("CCC", "BBB", "02", 3.0),
            ("BBB", "CCC", "02", 4.0),
        ],
        schema=["exporter", "importer", "product", "value_usd"],
        orient="row",
    )
    pair = pair_indicators(table, "AAA", "BBB")
    assert pair["flow_usd"].to_list() == [2.0, 1.0]
    assert pair["intensity"][0] == pytest.approx((2 / 4) / (5 / 12))
    assert pair["intensity"][0] == pytest.approx(trade_intensity(2, 4, 5, 12))
    # AAA sells (1/2, 1/2), BBB buys (2/5, 3/5).
    assert pair["complementarity"][0] == pytest.approx(0.9)
    assert pair["grubel_lloyd"].to_list() == pytest.approx([2 / 3, 2 / 3])
    alone = pair_indicators(table, "AAA", "ZZZ")
    assert alone["flow_usd"].to_list() == [None, None]
    assert alone["complementarity"].to_list() == [None, None]


def test_concentration_of_equal_and_single_lines() -> None:
    equal = concentration(np.full(8, 3.0))
    assert equal["hhi"] == pytest.approx(1 / 8)
    assert equal["hhi_normalised"] == pytest.approx(0.0)
    assert equal["theil"] == pytest.approx(0.0, abs=1e-12)
    assert equal["gini"] == pytest.approx(0.0)
    single = concentration(np.array([0.0, 5.0, 0.0]))
    assert single["theil"] == pytest.approx(np.log(3))
    assert (single["effective_number"], single["lines"], single["top_share"]) == (1.0, 1.0, 1.0)
    table = concentration_table(exports())
    assert table["exporter"].to_list() == ["AAA", "BBB", "CCC"]
    assert table["lines"].to_list() == [2, 2, 1]


def test_contributions_add_up_and_mark_what_is_new() -> None:
    earlier = pl.DataFrame({"product": ["a", "b", "gone"], "value_usd": [10.0, 5.0, 5.0]})
    later = pl.DataFrame({"product": ["a", "b", "new"], "value_usd": [12.0, 5.0, 8.0]})
    table = contributions(earlier, later)
    assert table["contribution_share"].sum() == pytest.approx(25 / 20 - 1)
    states = dict(table.select("product", "state").iter_rows())
    assert states == {"new": "new", "gone": "gone", "a": "both", "b": "both"}
    assert table.filter(pl.col("product") == "new")["growth_share"].to_list() == [None]
    assert table["product"][0] == "new"


def months(values: np.ndarray) -> pl.DataFrame:
    start = 2019 * 12
    days = [date((start + k) // 12, (start + k) % 12 + 1, 1) for k in range(values.size)]
    return pl.DataFrame({"month": days, "value_usd": values})


def test_seasonality_recovers_an_exact_pattern_on_an_exact_trend() -> None:
    pattern = np.array([0.8, 0.9, 1.0, 1.1, 1.2, 1.0, 1.0, 0.9, 1.1, 1.2, 0.9, 0.9])
    series = 100.0 * np.tile(pattern / pattern.mean(), 5)
    found = seasonality(months(series))
    assert found.table["index"].to_numpy() == pytest.approx(pattern / pattern.mean(), abs=1e-12)
    assert found.strength == pytest.approx(1.0)


def test_seasonality_leaves_gaps_out_and_refuses_what_is_too_short() -> None:
    series = 50.0 + np.arange(48.0)
    table = months(series)
    gap = table.with_columns(
        value_usd=pl.when(pl.col("month") == date(2020, 3, 1)).then(None).otherwise(pl.col("value_usd"))
    )
    seen = seasonality(gap).table["months_seen"].sum()
    assert seen == 36 - 13
    with pytest.raises(InvalidInput, match="24 consecutive"):
        seasonality(months(series[:20]))
    with pytest.raises(InvalidInput, match="twice"):
        seasonality(pl.concat([table, table[:1]]))
