"""Scores, trips, fitted hours and prices of kaz-pak in docs/reliability.md: written by tools/docs.py, checked by the tests."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from figures import Pages, rows_of

from karwan.project import open_case


def hours() -> Iterator[str]:
    """Scores, then every trip with its band, then the table of hours."""
    project = open_case("kaz-pak")
    answer = project.observed(every=True)
    share = pl.col("median_abs_error_share", "in_band_share") * 100.0
    yield from rows_of(
        "forecast | trips | n | mean error, days | median error, % | in the band, % | CRPS, days",
        answer.tables["scores"].with_columns(share.round(0)),
        ["forecast", "use", "trips", "error_days", "median_abs_error_share", "in_band_share", "crps_days"],
    )
    yield ""
    measured = (pl.col("status") == "done") & pl.col("error_days").is_not_null()
    timed = answer.tables["trips"].filter(measured)
    said = pl.when(pl.col("in_band")).then(pl.lit("in")).otherwise(pl.lit("out"))
    yield from rows_of(
        "trip | use | kind | observed, days | model | P5 | P95 | error | band",
        timed.with_columns(said.alias("said"), pl.col("observed_days").cast(pl.String)),
        [
            *("trip_id", "use", "kind", "observed_days", "model_days", "model_p5_days", "model_p95_days"),
            *("error_days", "said"),
        ],
    )
    yield ""
    yield from rows_of(
        "hours of | factor before | its log sd | factor fitted | its log sd | of a place's own figure | of a borrowed one | trips | rows",
        project.case["hours"],
        [
            *("hours_id", "prior_factor", "prior_log_sd", "factor", "log_sd", "own_log_sd", "other_log_sd"),
            *("trips", "rows"),
        ],
    )


def prices() -> Iterator[str]:
    """Scores of money, then every observed price beside the model."""
    tables = open_case("kaz-pak").prices().tables
    share = pl.col("error_share", "median_abs_error_share", "in_band_share", "crps_share") * 100.0
    yield from rows_of(
        "spread | prices | n | sources | mean error, % | median error, % | in the band, % | CRPS, % of the price",
        tables["price scores"].with_columns(share.round(0)),
        [
            *("forecast", "use", "prices", "sources", "error_share", "median_abs_error_share"),
            *("in_band_share", "crps_share"),
        ],
    )
    yield ""
    said = pl.when(pl.col("in_band")).then(pl.lit("in")).when(~pl.col("in_band")).then(pl.lit("out"))
    yield from rows_of(
        "price | use | unit | year | USD as printed | of 2025 | model | without its source | P5 | P95 | error, % | band",
        tables["prices"].with_columns(
            pl.col("year").cast(pl.String),
            (pl.col("error_share") * 100.0).round(0),
            said.otherwise(pl.lit("–")).alias("said"),
        ),
        [
            *("observation_id", "use", "unit", "year", "observed_usd", "observed_index_usd", "model_usd"),
            *("model_without_usd", "model_p5_usd", "model_p95_usd", "error_share", "said"),
        ],
    )


def hours_and_prices() -> Iterator[str]:
    """Days, then money."""
    yield from hours()
    yield ""
    yield from prices()


PAGES: Pages = {"reliability.md": hours_and_prices}
