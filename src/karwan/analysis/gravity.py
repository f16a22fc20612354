"""What a policy did to trade: a three-way gravity estimate on a panel the user gives."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.trade_requests import GravityRequest
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.store.frame import read_frame
from karwan.trade.gravity import GravityEstimate, fit_three_way


def answer_gravity(inputs: Inputs, request: GravityRequest) -> Result:
    """Coefficients, their effect on trade and the duty they equal, and what they rest on."""
    panel = _chosen(gravity_panel(request.panel, request.value), request.every)
    found = fit_three_way(
        panel,
        request.covariates,
        pair_effects=request.pair_effects,
        directed=request.directed,
        borders=request.borders,
        cluster=request.cluster,
    )
    rows = [row | _effects(row["estimate"], request.theta) for row in found.coefficients.to_dicts()]
    meta = {
        "rows": found.rows,
        "left_out": found.left_out,
        "clusters": found.clusters,
        "theta": request.theta,
    }
    return Result(
        {"coefficients": result_frame("gravity_coefficients", rows)}, meta, _notes(panel, found, request)
    )


def gravity_panel(path: Path, value: str) -> pl.DataFrame:
    """Panel of a CSV or Parquet file with the column of trade called `value`."""
    frame = read_frame(path)
    if value not in frame.columns:
        raise InvalidInput(
            f"The panel has no column {value!r} of trade.",
            f"columns: {', '.join(frame.columns)}",
            "name it with --value.",
        )
    return frame.rename({value: "value"})


def _chosen(panel: pl.DataFrame, every: int) -> pl.DataFrame:
    """Rows of every so many years, from the first."""
    if every == 1 or "year" not in panel.columns:
        return panel
    return panel.filter((pl.col("year") - pl.col("year").min()) % every == 0)


def _effects(estimate: float, theta: float) -> dict[str, float]:
    return {"effect_share": math.expm1(estimate), "duty_share": math.expm1(-estimate / theta)}


def _notes(panel: pl.DataFrame, found: GravityEstimate, request: GravityRequest) -> tuple[Note, ...]:
    at_home = panel.filter(pl.col("exporter") == pl.col("importer")).height
    method = "gravity.method_pairs" if request.pair_effects else "gravity.method"
    said = [note(method, cluster=request.cluster)]
    if found.left_out:
        said.append(note("gravity.left_out", rows=found.left_out))
    said.append(note("gravity.home" if at_home else "gravity.no_home", rows=at_home))
    said.append(note("gravity.bias"))
    return tuple(said)
