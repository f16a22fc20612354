"""Pictures of a transit regime: what each term is worth, and each leg before and after."""

from __future__ import annotations

import polars as pl

from karwan.report.charts.regime import draw_before_after, draw_terms, draw_trade

TERMS = pl.DataFrame(
    {
        "term": ["share scanned", "no permit"],
        "worth_usd_t": [5.7, 0.1],
        "low_usd_t": [-0.4, None],
        "high_usd_t": [6.5, None],
        "basis": ["assumed", "observed"],
    }
)
LEGS = pl.DataFrame(
    {
        "leg": ["border", "border", "country", "border"],
        "registration": ["KAZ", "KAZ", None, "KAZ"],
        "what": ["hours scanned", "fee", "guarantee", "trucks changed"],
        "unit": ["h", "USD/truck", "USD/trip", "a truck"],
        "before": [16.2, 0.0, 80.0, 1.0],
        "after": [3.5, 0.0, 0.0, 0.0],
        "hours_change": [-12.7, None, None, -10.0],
        "usd_change": [None, 0.0, -80.0, -150.0],
    }
)


def test_terms_are_drawn_with_their_worth_and_assumed_ones_marked() -> None:
    drawn = draw_terms(TERMS)
    assert drawn is not None
    assert "share scanned *" in drawn and "no permit<" in drawn and "5.7" in drawn
    assert draw_terms(TERMS.clear()) is None
    assert (
        draw_terms(
            TERMS.with_columns(pl.lit(0.0).alias(name) for name in ("worth_usd_t", "low_usd_t", "high_usd_t"))
        )
        is None
    )


def test_only_legs_that_move_are_drawn_by_what_moves() -> None:
    hours, money = (draw_before_after(LEGS, name, "unit") for name in ("hours_change", "usd_change"))
    assert hours is not None and money is not None
    assert "hours scanned, border, trucks of KAZ: 16.2 to 3.5" in hours and "guarantee" not in hours
    assert "guarantee, country: 80.0 to 0.0" in money and "fee" not in money
    assert "trucks changed, border, trucks of KAZ: 10.0 to 0.0" in hours, "a count of trucks is no hours"
    assert "trucks changed, border, trucks of KAZ: 150.0 to 0.0" in money
    assert draw_before_after(LEGS.filter(pl.col("what") == "fee"), "usd_change", "USD") is None


def test_pairs_are_drawn_with_their_bands_and_idle_ones_left_out() -> None:
    pairs = pl.DataFrame(
        {
            "pair": ["Upland to Lowland", "Lowland to Upland"],
            "queue_general_share": [0.0174, 0.0],
            "low_share": [-0.0001, 0.0],
            "high_share": [0.036, 0.0],
        }
    )
    drawn = draw_trade(pairs)
    assert drawn is not None and "Upland to Lowland" in drawn and "1.7 %" in drawn
    assert "Lowland to Upland" not in drawn and draw_trade(pairs.tail(1)) is None
