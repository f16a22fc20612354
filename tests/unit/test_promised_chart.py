"""Picture of the chance of the target with and without each promise."""

from __future__ import annotations

import polars as pl

from karwan.report.charts.promised import draw_promised_chances

COLUMNS = ("target", "model", "scenario_id", "factor", "chance", "chance_with", "base_rate")
ROWS = [
    ("USD 1 bn by 2027", "Kazakhstan: random walk", "open_afghan_crossings", 1.08, 0.02, 0.05, 0.01),
    ("USD 1 bn by 2027", "Pakistan: random walk", "tariff_preference", 1.12, 0.10, 0.14, 0.08),
    ("USD 1 bn by 2027", "Pakistan: random walk", "uap_railway", 1.0, 0.10, 0.10, None),
    ("USD 1 bn by 2027", "Pakistan: ETS", "uap_railway", 1.0, None, None, None),
]


def table(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=list(COLUMNS), orient="row")


def test_every_row_with_a_chance_is_drawn_the_largest_move_first() -> None:
    drawn = draw_promised_chances(table(ROWS))
    assert drawn is not None
    order = [drawn.index(name) for name in ("tariff preference", "open afghan", "uap railway")]
    assert order == sorted(order)
    assert drawn.count("<circle") == 6 and "10 % without, 14 % with" in drawn.replace("\u00a0", " ")


def test_nothing_is_drawn_where_no_chance_is_known() -> None:
    assert draw_promised_chances(table(ROWS[3:])) is None
