"""Seasonal indices against statsmodels and the classical decomposition that R prints, on a published series."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from karwan.trade.indicators import seasonality

# International airline passengers, thousands, January 1949 to December 1960: Box & Jenkins (1976), series G.
PASSENGERS = """
112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140
145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194
196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264 302 293 259 229 203 229
242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374 413 405 355 306 271 306
315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337
360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432
"""
# decompose(AirPassengers, "multiplicative")$figure of R: arithmetic means of the same ratios.
R_FIGURE = [
    0.9102304,
    0.8836253,
    1.0073663,
    0.9759060,
    0.9813780,
    1.1127758,
    1.2265555,
    1.2199110,
    1.0604919,
    0.9217572,
    0.8011781,
    0.8988244,
]


@pytest.fixture(scope="module")
def series() -> pl.DataFrame:
    values = [float(text) for text in PASSENGERS.split()]
    days = [date(1949 + k // 12, k % 12 + 1, 1) for k in range(len(values))]
    return pl.DataFrame({"month": days, "value_usd": values})


def test_indices_are_those_of_statsmodels_ratios(series: pl.DataFrame) -> None:
    """The same ratios to the same moving average; the geometric mean of each month to rounding."""
    pytest.importorskip("statsmodels")
    from statsmodels.tsa.seasonal import seasonal_decompose

    values = series["value_usd"].to_numpy()
    theirs = seasonal_decompose(values, model="multiplicative", period=12)
    logs = np.log(values / theirs.trend)
    means = np.array([np.nanmean(logs[month::12]) for month in range(12)])
    expected = np.exp(means) / np.exp(means).mean()
    found = seasonality(series)
    assert found.table["index"].to_numpy() == pytest.approx(expected, abs=1e-12)
    assert found.table["months_seen"].to_list() == [11] * 12
    # Their indices are arithmetic means of the ratios: within a quarter of a per cent of ours.
    assert found.table["index"].to_numpy() == pytest.approx(theirs.seasonal[:12], rel=2.5e-3)
    assert theirs.seasonal[:12] == pytest.approx(R_FIGURE, abs=1e-7)


def test_strength_agrees_with_a_decomposition_by_loess(series: pl.DataFrame) -> None:
    """STL is another method; its strength of season (Wang, Smith & Hyndman 2006) comes out alike."""
    pytest.importorskip("statsmodels")
    from statsmodels.tsa.seasonal import STL

    fit = STL(np.log(series["value_usd"].to_numpy()), period=12).fit()
    theirs = 1.0 - float(np.var(fit.resid) / np.var(fit.resid + fit.seasonal))
    assert seasonality(series).strength == pytest.approx(theirs, abs=0.05)
