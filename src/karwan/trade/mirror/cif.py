"""Freight and insurance in import reports: the CIF share, estimated as Gaulier and Zignago do.

Gaulier, G. & Zignago, S. (2010), BACI: International Trade Database at the Product-Level. CEPII Working
Paper 2010-23, section 2.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.errors import InvalidInput

Floats = NDArray[np.float64]
BLOCK = 1_000_000
COOK = 4.0
# Columns of pairs and the terms they give; a column that is absent leaves its terms out.
TERMS = {
    "distance_km": ("ln_distance", "ln_distance_squared"),
    "contiguous": ("contiguous",),
    "exporter_landlocked": ("exporter_landlocked",),
    "importer_landlocked": ("importer_landlocked",),
    "unit_value": ("ln_unit_value",),
}
LOGGED = ("distance_km", "unit_value")
# Model II of the paper (weighted), as given in its table of CIF rates.
PUBLISHED = {
    "constant": 0.32,
    "ln_distance": -0.11,
    "ln_distance_squared": 0.010,
    "contiguous": -0.044,
    "exporter_landlocked": -0.009,
    "importer_landlocked": 0.049,
    "ln_unit_value": -0.032,
}
PUBLISHED_MEAN = 0.033


@dataclass(frozen=True)
class CifModel:
    """CIF share as a function of a flow's distance, borders, coast and unit value.

    Attributes
    ----------
    terms
        term, coefficient, standard_error (null where not estimated). Empty with a stated share.
    mean_share
        Mean CIF share over the flows used (or the stated one).
    observations, outliers
        Flows with both reports, and those of them dropped by Cook's distance.
    origin
        'estimated', 'published' or 'stated'.
    """

    terms: pl.DataFrame
    mean_share: float
    observations: int
    outliers: int
    origin: str

    def share(self, flows: pl.DataFrame) -> Floats:
        """CIF share of each flow, >= 0: import report = (1 + share) x value at the exporter's border.

        A flow whose distance (or other term) is unknown gets the mean share.
        """
        if self.terms.is_empty():
            return np.full(flows.height, self.mean_share)
        coefficients = dict(self.terms.select("term", "coefficient").iter_rows())
        columns = [name for name in TERMS if all(term in coefficients for term in TERMS[name])]
        absent = [name for name in columns if name not in flows.columns and name != "unit_value"]
        if absent:
            return np.full(flows.height, self.mean_share)
        columns = [name for name in columns if name in flows.columns]
        names, blocks = _term_names(columns), []
        beta = np.array([coefficients[name] for name in names])
        for part in _parts(flows):
            blocks.append(_design(part, columns) @ beta)
        fitted = np.expm1(np.concatenate(blocks)) if blocks else np.empty(0)
        return np.where(np.isfinite(fitted), np.maximum(fitted, 0.0), self.mean_share)


def stated_cif(share: float) -> CifModel:
    """A CIF model with one share for every flow, as stated by the user (basis: assumed)."""
    if not 0.0 <= share < 1.0:
        raise InvalidInput(f"A CIF share of {share} is outside [0, 1).", fix="Write 0.05 for 5 %.")
    return CifModel(_terms({}, {}), share, 0, 0, "stated")


def published_cif() -> CifModel:
    """The published coefficients of Gaulier and Zignago (model II), for use without a world panel.

    Their mean rate is 3.3 %. Without a unit value the term is left out, which is a unit value of one.
    """
    return CifModel(_terms(PUBLISHED, {}), PUBLISHED_MEAN, 0, 0, "published")


def estimate_cif(flows: pl.DataFrame, *, weighted: bool = True, rounds: int = 3) -> CifModel:
    """Estimate the CIF share from flows that both sides report.

    Least squares of ln(import report / export report) on the terms of `TERMS` whose columns the table has,
    after one pass that drops flows with a Cook's distance above 4 / n. With columns `export_quantity` and
    `import_quantity` the ratio of unit values is used, as the paper prefers.

    The paper weights by min / max of the two reports, which pulls the fit towards a ratio of one. Here the
    weight is exp(-|residual|), the same on a fitted ratio of one, recomputed `rounds` times: symmetric
    round the fit.

    Parameters
    ----------
    flows
        One row a flow: `export_usd`, `import_usd` (null where not reported), and any of distance_km,
        contiguous, exporter_landlocked, importer_landlocked, unit_value. Rows with an import valuation of
        'fob' in a column `import_valuation` are left out.
    weighted
        False gives every flow the same weight.

    Raises
    ------
    InvalidInput
        Fewer flows with both reports than ten per term.
    """
    columns = [name for name in TERMS if name in flows.columns]
    ratio, keep = _log_ratio(flows, columns)
    used = flows.filter(pl.Series(keep))
    names = _term_names(columns)
    if used.height < 10 * len(names):
        raise InvalidInput(
            "Too few flows are reported by both sides to estimate CIF shares.",
            f"{used.height} flows for {len(names)} terms",
            "Use a stated share or the published coefficients.",
        )
    everything = np.ones(used.height)
    beta, inverse, variance = _least_squares(used, columns, ratio, everything)
    cook = _cook(used, columns, ratio, beta, inverse, variance)
    inside = (cook <= COOK / used.height).astype(np.float64)
    weights = inside
    for _ in range(rounds if weighted else 1):
        if weighted:
            weights = inside * np.exp(-np.abs(ratio - _fitted(used, columns, beta)))
        beta, inverse, variance = _least_squares(used, columns, ratio, weights)
    errors = np.sqrt(np.maximum(np.diag(inverse), 0.0) * variance)
    fitted = np.maximum(np.expm1(_fitted(used, columns, beta)), 0.0)
    return CifModel(
        terms=_terms(dict(zip(names, beta, strict=True)), dict(zip(names, errors, strict=True))),
        mean_share=float(np.average(fitted, weights=weights)),
        observations=used.height,
        outliers=int(used.height - inside.sum()),
        origin="estimated",
    )


def _log_ratio(flows: pl.DataFrame, columns: list[str]) -> tuple[Floats, NDArray[np.bool_]]:
    """ln(import / export) of the usable flows, and which flows are usable."""
    export = flows["export_usd"].cast(pl.Float64).fill_null(0.0).to_numpy()
    imported = flows["import_usd"].cast(pl.Float64).fill_null(0.0).to_numpy()
    keep = (export > 0) & (imported > 0)
    for name in columns:
        keep &= flows[name].is_not_null().to_numpy()
        if name in LOGGED:
            keep &= flows[name].fill_null(0.0).to_numpy() > 0
    if "import_valuation" in flows.columns:
        keep &= (flows["import_valuation"].fill_null("unknown") != "fob").to_numpy()
    ratio = np.log(imported[keep] / export[keep])
    if {"export_quantity", "import_quantity"} <= set(flows.columns):
        out = flows["export_quantity"].fill_null(0.0).to_numpy()[keep]
        back = flows["import_quantity"].fill_null(0.0).to_numpy()[keep]
        both = (out > 0) & (back > 0)
        ratio = ratio[both] - np.log(back[both] / out[both])
        keep = keep.copy()
        keep[np.flatnonzero(keep)[~both]] = False
    return ratio, keep


def _term_names(columns: list[str]) -> list[str]:
    return ["constant", *(term for name in columns for term in TERMS[name])]


def _parts(flows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for start in range(0, flows.height, BLOCK):
        yield flows[start : start + BLOCK]


def _design(part: pl.DataFrame, columns: list[str]) -> Floats:
    """Rows of the regression; NaN where a column is null."""
    made = [np.ones(part.height)]
    for name in columns:
        values = part[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        if name in LOGGED:
            with np.errstate(divide="ignore", invalid="ignore"):
                values = np.log(values)
        made.append(values)
        if name == "distance_km":
            made.append(values**2)
    return np.column_stack(made)


def _least_squares(
    flows: pl.DataFrame, columns: list[str], ratio: Floats, weights: Floats
) -> tuple[Floats, Floats, float]:
    """Coefficients, inverse of X'WX and residual variance, block by block."""
    width = len(_term_names(columns))
    gram, moment = np.zeros((width, width)), np.zeros(width)
    start = 0
    for part in _parts(flows):
        design, stop = _design(part, columns), start + part.height
        scaled = design * weights[start:stop, None]
        gram += scaled.T @ design
        moment += scaled.T @ ratio[start:stop]
        start = stop
    inverse = np.linalg.pinv(gram, hermitian=True)
    beta = inverse @ moment
    residual = ratio - _fitted(flows, columns, beta)
    freedom = max(float((weights > 0).sum()) - width, 1.0)
    return beta, np.asarray(inverse, dtype=np.float64), float(weights @ residual**2 / freedom)


def _fitted(flows: pl.DataFrame, columns: list[str], beta: Floats) -> Floats:
    return np.concatenate([_design(part, columns) @ beta for part in _parts(flows)])


def _cook(
    flows: pl.DataFrame, columns: list[str], ratio: Floats, beta: Floats, inverse: Floats, variance: float
) -> Floats:
    """Cook's distance of each flow."""
    blocks, start = [], 0
    for part in _parts(flows):
        design, stop = _design(part, columns), start + part.height
        leverage = np.minimum(((design @ inverse) * design).sum(axis=1), 1.0 - 1e-9)
        residual = ratio[start:stop] - design @ beta
        scale = max(variance, 1e-300) * beta.size
        blocks.append(residual**2 / scale * leverage / (1.0 - leverage) ** 2)
        start = stop
    return np.concatenate(blocks)


def _terms(coefficients: Mapping[str, float], errors: Mapping[str, float]) -> pl.DataFrame:
    rows = [(name, float(value), errors.get(name)) for name, value in coefficients.items()]
    kinds = {"term": pl.String, "coefficient": pl.Float64, "standard_error": pl.Float64}
    return pl.DataFrame(rows, schema=kinds, orient="row")
