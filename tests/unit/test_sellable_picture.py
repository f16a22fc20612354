"""Picture of what could be sold of each good, with what is sold now inside it."""

from __future__ import annotations

import re

import polars as pl
import pytest

from karwan.report.charts.axes import WIDTH
from karwan.report.charts.sellable import draw_sellable

GOODS = pl.DataFrame(
    {
        "product": ["Wheat", "Beans", "Fruit", "Steel"],
        "exporter": ["XTA", "XTA", "XTC", "XTA"],
        "verdict": ["no", "yes", "unknown", "unknown"],
        "bound_usd": [60e6, 30e6, 10e6, None],
        "sold_usd": [0.0, 15e6, None, None],
        "ban": ["XTC", None, None, None],
    }
)


def test_areas_follow_what_could_be_sold_and_the_foot_what_is() -> None:
    drawn = draw_sellable(GOODS, "Sold")
    assert drawn is not None
    found = re.findall(
        r'<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="([\d.]+)" [^>]*><title>(\w+),', drawn
    )
    areas = {name: float(width) * float(height) for width, height, name in found}
    assert {name: area / (WIDTH * 300.0) for name, area in areas.items()} == pytest.approx(
        {"Wheat": 0.6, "Beans": 0.3, "Fruit": 0.1}, rel=0.001
    )
    feet = re.findall(r'width="([\d.]+)" height="([\d.]+)" fill="#\w+" fill-opacity="0.55"', drawn)
    assert len(feet) == 1  # beans alone: nothing of the wheat is sold, and of the fruit it is not known
    assert float(feet[0][1]) * 2 == pytest.approx(areas["Beans"] / (float(feet[0][0]) + 1.5), abs=2.0)


def test_a_ban_and_what_is_not_known_are_said() -> None:
    drawn = draw_sellable(GOODS, "Sold")
    assert drawn is not None
    assert "Wheat, XTA: could be sold USD 60.0 m, sold now USD 0, under a ban of XTC." in drawn
    assert "Fruit, XTC: could be sold USD 10.0 m, sold now not known." in drawn
    assert "ban of XTC</text>" in drawn and "Steel" not in drawn
    assert draw_sellable(GOODS.filter(pl.col("bound_usd").is_null()), "Sold") is None


def test_a_good_sold_beyond_its_reach_is_full() -> None:
    one = GOODS.head(1).with_columns(bound_usd=pl.lit(1e6), sold_usd=pl.lit(4e6))
    drawn = draw_sellable(one, "Sold")
    assert drawn is not None and "100 % sold" in drawn
