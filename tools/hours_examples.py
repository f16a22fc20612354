"""Scores, trips and fitted hours of kaz-pak in docs/reliability.md: written by tools/docs.py, checked by the tests."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from figures import Pages, rows_of

from karwan.project import open_case


def hours() -> Iterator[str]:
    """Scores, then every trip with its band, then the table of hours."""
    project = open_case("kaz-pak")
    answer = project.observed()
    share = pl.col("median_abs_error_share", "in_band_share") * 100.0
    yield from rows_of(
        "forecast | trips | n | mean error, days | median error, % | in the band, % | CRPS, days",
        answer.tables["scores"].with_columns(share.round(0)),
        ["forecast", "use", "trips", "error_days", "median_abs_error_share", "in_band_share", "crps_days"],
    )
    yield ""
    timed = answer.tables["trips"].filter(pl.col("error_days").is_not_null())
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


PAGES: Pages = {"reliability.md": hours}
