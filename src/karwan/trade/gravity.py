"""Three-way gravity by Poisson pseudo-maximum likelihood, estimated by the package pyfixest."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import polars as pl

from karwan.errors import InvalidInput, MissingExtra

pyfixest: Any = import_module("pyfixest") if find_spec("pyfixest") else None  # an extra

CLUSTERS = ("pair", "exporter", "importer", "exporter+importer")
SIGNIFICANT_Z = 1.959963984540054  # of the two-sided 95 % interval
KEYS = ("exporter", "importer", "year")


@dataclass(frozen=True)
class GravityEstimate:
    """Coefficients of a gravity equation.

    Attributes
    ----------
    coefficients
        term, estimate, se, z, p, low, high (95 % interval), in the order asked.
    rows
        Rows estimated on.
    left_out
        Rows that no finite coefficient or effect fits: pairs, exporter-years or importer-years without trade or alone, and
        separated rows.
    clusters
        Clusters of the standard errors; of two ways the smaller number.
    """

    coefficients: pl.DataFrame
    rows: int
    left_out: int
    clusters: int


def fit_three_way(
    panel: pl.DataFrame,
    covariates: Sequence[str],
    *,
    pair_effects: bool = True,
    directed: bool = False,
    borders: bool = False,
    cluster: str = "pair",
) -> GravityEstimate:
    """Estimate trade = exp(exporter-year + importer-year + pair + x'beta) with standard errors by cluster.

    No small-sample factor of parameters, one of clusters, as Stata's ppmlhdfe: the factor of parameters alone would
    widen the published .102 to .104.

    Parameters
    ----------
    panel
        exporter, importer, year, value (trade >= 0, sales at home where exporter is importer) and the covariates.
    covariates
        Columns to estimate.
    pair_effects
        Effects of pairs, which take the place of distance and all else that stays.
    directed
        An effect and a cluster for each direction of a pair; by default both directions share them, as in Yotov et al.
    borders
        Also the trend of trade abroad against sales at home: a dummy for each year but the last.
    cluster
        One of `CLUSTERS`.

    Raises
    ------
    MissingExtra
        The package pyfixest is not installed.
    InvalidInput
        A column is missing, no column is asked, a value is negative or missing, or the effects leave nothing to
        estimate.

    References
    ----------
    Santos Silva & Tenreyro (2006), doi:10.1162/rest.88.4.641; Correia, Guimaraes & Zylkin (2020),
    doi:10.1177/1536867X20909691; Yotov, Piermartini, Monteiro & Larch (2016), ISBN 978-92-870-4367-2.
    """
    if pyfixest is None:
        raise MissingExtra(
            "The gravity estimate needs the package pyfixest.",
            "it is not installed",
            "pip install 'karwan[gravity]'.",
        )
    _checked(panel, covariates, cluster)
    prepared, terms = _prepared(panel, covariates, borders, directed)
    effects = ["exporter_year", "importer_year", *(["pair"] if pair_effects else [])]
    formula = f"value ~ {' + '.join(terms)} | {' + '.join(effects)}"
    fit = _fitted(prepared, formula, cluster)
    numbers = dict(zip(fit._coefnames, zip(fit.coef(), fit.se(), fit.pvalue(), strict=True), strict=True))
    lost = [term for term in covariates if term not in numbers]
    if lost:
        raise InvalidInput(
            "The effects leave nothing to estimate of some columns.",
            ", ".join(lost),
            "leave them out, or ask without effects of pairs for what stays the same over years.",
        )
    rows = [_term_row(term, *map(float, numbers[term])) for term in terms if term in numbers]
    return GravityEstimate(pl.DataFrame(rows), int(fit._N), panel.height - int(fit._N), min(fit._G))


def _checked(panel: pl.DataFrame, covariates: Sequence[str], cluster: str) -> None:
    missing = [name for name in (*KEYS, "value", *covariates) if name not in panel.columns]
    if missing:
        raise InvalidInput(
            f"The panel has no column {', '.join(missing)}.",
            f"columns: {', '.join(panel.columns)}",
            "name the columns of the file, or rename them.",
        )
    if not covariates:
        raise InvalidInput("No column is asked to be estimated.", "", "name one or more with --covariate.")
    if cluster not in CLUSTERS:
        raise InvalidInput(
            f"Standard errors cannot be clustered by {cluster!r}.", "", f"choose of {', '.join(CLUSTERS)}."
        )
    needed = panel.select("value", *covariates)
    wrong = needed.select(
        pl.any_horizontal(pl.all().cast(pl.Float64).is_finite().not_().fill_null(True))
    ).to_series()
    if bool(wrong.any()) or float(panel["value"].cast(pl.Float64).min() or 0.0) < 0:  # type: ignore[arg-type]
        raise InvalidInput(
            "Trade or a covariate is missing, not finite, or negative.",
            f"{int(wrong.sum())} of {panel.height} rows lack a number",
            "fill trade that was none with 0, and drop rows that are not known.",
        )


def _prepared(
    panel: pl.DataFrame, covariates: Sequence[str], borders: bool, directed: bool
) -> tuple[pl.DataFrame, list[str]]:
    """Panel with the keys of the effects, and the terms of the equation."""
    year = pl.col("year").cast(pl.String)
    ends = (pl.col("exporter"), pl.col("importer"))
    first, last = ends if directed else (pl.min_horizontal(*ends), pl.max_horizontal(*ends))
    keyed = panel.select(
        *KEYS,
        pl.col("value").cast(pl.Float64),
        *(pl.col(name).cast(pl.Float64) for name in covariates),
        exporter_year=pl.col("exporter") + "_" + year,
        importer_year=pl.col("importer") + "_" + year,
        pair=first + "_" + last,
    )
    if not borders:
        return keyed, list(covariates)
    abroad = pl.col("exporter") != pl.col("importer")
    years = sorted(keyed["year"].unique())[:-1]
    dummies = {f"border_{one}": (abroad & (pl.col("year") == one)).cast(pl.Float64) for one in years}
    return keyed.with_columns(**dummies), [*covariates, *dummies]


def _fitted(prepared: pl.DataFrame, formula: str, cluster: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # pyfixest says what it dropped and how pandas will change; the rows are counted here
        return pyfixest.fepois(
            formula,
            data=prepared,
            vcov={"CRV1": cluster},
            ssc=pyfixest.ssc(k_adj=False),
            separation_check=["fe", "ir"],
            iwls_tol=1e-10,
            iwls_maxiter=100,
        )


def _term_row(term: str, estimate: float, se: float, p: float) -> dict[str, Any]:
    return {
        "term": term,
        "estimate": estimate,
        "se": se,
        "z": estimate / se,
        "p": p,
        "low": estimate - SIGNIFICANT_Z * se,
        "high": estimate + SIGNIFICANT_Z * se,
    }
