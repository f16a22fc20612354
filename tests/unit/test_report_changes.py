"""Bars of changes and baskets: every name with its amount, losses to the left, nothing drawn where nothing moves."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date

import polars as pl
import pytest

from karwan.report.charts.basket import draw_basket, draw_frontier
from karwan.report.charts.changes import Change, draw_changes
from karwan.report.charts.crossing import draw_hours, draw_shut


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


def test_hours_and_closures_of_a_crossing_stand_at_their_years() -> None:
    times = pl.DataFrame(
        {
            "side": ["XTA", "XTC", "XTC"],
            "direction": ["both", "inbound", "outbound"],
            "mode": ["road", "rail", "road"],
            "year": [2020, 2022, 2022],
            "time_h": [12.0, 30.5, None],
            "use": ["model", "shown", "model"],
        }
    )
    svg = draw_hours(times)
    assert {"2020", "2022", "XTA", "XTC"} <= set(texts(svg))
    assert svg is not None and "30.5 hours" in svg and draw_hours(times.tail(1)) is None
    closures = pl.DataFrame(
        {
            "kind": ["dated", "yearly", "dated"],
            "start": ["2023-02-01", "12-01", "2099-01-01"],
            "end": ["2023-03-01", "12-31", None],
            "slowdown_share": pl.Series([None, None, None], dtype=pl.Float64),
            "reason": ["snow", "snow", "later"],
        }
    )
    shut = draw_shut(closures, date(2024, 6, 30))
    assert shut is not None and "1 Feb 2023 to 1 Mar 2023: snow" in shut and "later" not in shut
    assert draw_shut(closures.tail(2), date(2024, 6, 30)) is None
