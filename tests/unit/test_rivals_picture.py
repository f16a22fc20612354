"""Picture of landed prices against the cheapest rival."""

from __future__ import annotations

import polars as pl

from karwan.report.charts.rivals import draw_against_rivals


def test_goods_with_a_rival_are_drawn_nearest_to_selling_first() -> None:
    goods = pl.DataFrame(
        {
            "product": ["Dear", "Cheap", "Alone"],
            "exporter": ["XTA", "XTA", "XTC"],
            "verdict": ["no", "yes", "unknown"],
            "landed_usd_t": [900.0, 300.0, 500.0],
            "landed_low_usd_t": [700.0, 250.0, None],
            "landed_high_usd_t": [9_000.0, 350.0, None],
            "rival_usd_t": [450.0, 400.0, None],
        }
    )
    drawn = draw_against_rivals(goods)
    assert drawn is not None
    assert drawn.index("Cheap, XTA: 75") < drawn.index("Dear, XTA: 200")
    assert "900 · 450" in drawn and "Alone" not in drawn
    assert "stands in" not in drawn
    lent = draw_against_rivals(goods.with_columns(price_country=pl.lit("AFG")))
    assert lent is not None and "ring: another origin's price stands in" in lent.replace("&#x27;", "'")
    assert draw_against_rivals(goods.filter(pl.col("rival_usd_t").is_null())) is None


def test_a_ban_stands_on_the_mark() -> None:
    goods = pl.DataFrame(
        {
            "product": ["Wheat"],
            "exporter": ["XTA"],
            "verdict": ["no"],
            "landed_usd_t": [350.0],
            "landed_low_usd_t": [300.0],
            "landed_high_usd_t": [380.0],
            "rival_usd_t": [360.0],
            "ban": ["XTC"],
        }
    )
    drawn = draw_against_rivals(goods)
    assert drawn is not None
    assert "ban of XTC</text>" in drawn and "under a ban of XTC." in drawn
    assert drawn.count("<circle") == 1  # that of the legend
