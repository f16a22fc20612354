"""Bars of changes and baskets: every name with its amount, losses to the left, nothing drawn where nothing moves."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import polars as pl
import pytest

from karwan.report.charts.basket import draw_basket, draw_frontier
from karwan.report.charts.changes import Change, draw_changes


def texts(svg: str | None) -> list[str]:
    assert svg is not None
    return [element.text or "" for element in ET.fromstring(svg).iter() if element.tag.endswith("text")]


def test_two_sets_stand_beside_each_other_largest_first() -> None:
    rows = [Change("Upland", (2e6, None)), Change("Lowland", (-5e6, 1e3)), Change("Hill", (0.2, 0.0))]
    shown = texts(draw_changes(rows, "Trade", "AB"))
    assert [name for name in shown if name in ("Upland", "Lowland", "Hill")] == ["Lowland", "Upland"]
    assert {"−5.00 m", "+1.00 k", "+2.00 m", "upper bar: A; lower, paler: B"} <= set(shown)


def test_nothing_moves_nothing_is_drawn() -> None:
    assert draw_changes([Change("Upland", (0.4,)), Change("Hill", (None,))], "Trade", "A") is None


def test_losses_lie_left_of_gains() -> None:
    svg = draw_changes([Change("Upland", (1e6,)), Change("Hill", (-1e6,))], "Trade", "A")
    assert svg is not None
    bars = [e for e in ET.fromstring(svg).iter() if e.tag.endswith("rect") and e.get("height") == "11"]
    first, second = (float(bar.get("x", "nan")) for bar in bars)
    assert second < first == pytest.approx(second + float(bars[1].get("width", "nan")), abs=0.2)


def test_basket_and_frontier_say_what_is_chosen() -> None:
    goods = pl.DataFrame(
        {
            "product_id": ["a", "b"],
            "product": ["Beans", "Salt"],
            "value_usd": [3e6, 0.0],
            "bound_usd": [9e6, 1.0],
        }
    )
    shown = texts(draw_basket(goods))
    assert "Beans" in shown and "3.00 m" in shown and "Salt" not in shown
    asked = pl.DataFrame({"most_goods": [5, 10, 20], "goods": [5, 9, None], "cost_usd": [2e6, 1e6, None]})
    assert {"5 chosen", "9 chosen"} <= set(texts(draw_frontier(asked)))
    assert draw_frontier(asked.head(1)) is None and draw_basket(goods.tail(1)) is None
