"""Poisson pseudo-maximum likelihood with exporter and importer effects, for the easiness of thin pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karwan.errors import InvalidInput, NotConverged
from karwan.trade.potential.margins import Array
from karwan.trade.potential.separation import Ints, separated_rows


@dataclass(frozen=True)
class GravityFit:
    """A fit of ln E[y] = exporter effect + importer effect + x'beta.

    Attributes
    ----------
    beta
        Coefficients, shape (P,).
    se
        Standard errors clustered by pair (by row where no pair was given), with the factor G / (G - 1), shape
        (P,).
    fitted
        Fitted values, shape (N,); 0 for the rows of an exporter or importer that trades nothing, and for separated
        ones.
    iterations
        Steps taken.
    separated
        Rows without trade whose zero the covariates and effects tell exactly; they are left out, as no finite
        coefficient fits them best.
    """

    beta: Array
    se: Array
    fitted: Array
    iterations: int
    separated: int = 0


def fit_ppml(
    y: Array,
    x: Array,
    exporter: Ints,
    importer: Ints,
    *,
    pair: Ints | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = 200,
) -> GravityFit:
    """Fit trade on covariates with two sets of fixed effects by iteratively reweighted least squares.

    The working response and covariates are centred on both sets of effects by weighted alternating
    projections. Separated rows are left out first (Correia, Guimaraes & Zylkin 2019).

    Parameters
    ----------
    y
        Trade >= 0, shape (N,), zeros included.
    x
        Covariates, shape (N, P).
    exporter, importer
        Codes from 0 of the two effects (exporter-years and importer-years in a panel), shape (N,).
    pair
        Codes from 0 of the clusters of the standard errors, shape (N,).
    tolerance
        Largest change of a coefficient, and of the fitted values together (relative), at which it stops.
    max_iterations
        Steps before giving up.

    Raises
    ------
    InvalidInput
        Arrays differ in length, a value is negative or not finite, or nothing is traded.
    NotConverged
        The tolerance was not met.

    References
    ----------
    Santos Silva & Tenreyro (2006), doi:10.1162/rest.88.4.641; Correia, Guimaraes & Zylkin (2020),
    doi:10.1177/1536867X20909691; Correia, Guimaraes & Zylkin (2019), arXiv:1903.01633.
    """
    y = np.asarray(y, dtype=np.float64)
    x = np.asarray(x, dtype=np.float64).reshape(len(y), -1)
    if not (np.isfinite(x).all() and np.isfinite(y).all() and (y >= 0).all()):
        raise InvalidInput(
            "Trade or a covariate of the gravity fit is negative or not finite.", "", "drop such rows."
        )
    if not len(exporter) == len(importer) == len(y):
        raise InvalidInput(
            "The arrays of the gravity fit differ in length.", f"{len(y)}, {len(exporter)}, {len(importer)}"
        )
    sold = np.bincount(exporter, weights=y) > 0
    bought = np.bincount(importer, weights=y) > 0
    keep = sold[exporter] & bought[importer]
    if not keep.any():
        raise InvalidInput(
            "The gravity fit has no trade.", f"{len(y)} pairs, all zero", "give pairs that trade."
        )
    separated = np.zeros(len(y), dtype=bool)
    separated[keep] = separated_rows(y[keep], x[keep], exporter[keep], importer[keep])
    keep = keep & ~separated
    yk, xk, a, b = y[keep], x[keep], exporter[keep], importer[keep]
    scale = yk.mean()
    beta, mu, centred, steps = _irls(yk / scale, xk, a, b, tolerance, max_iterations)
    clusters = np.arange(len(yk)) if pair is None else np.unique(pair[keep], return_inverse=True)[1]
    fitted = np.zeros(len(y))
    fitted[keep] = mu * scale
    se = _clustered_se(centred, yk / scale - mu, mu, clusters)
    return GravityFit(beta, se, fitted, steps, int(separated.sum()))


def _irls(
    y: Array, x: Array, a: Ints, b: Ints, tolerance: float, max_iterations: int
) -> tuple[Array, Array, Array, int]:
    mu = (y + y.mean()) / 2
    eta = np.log(mu)
    beta = np.full(x.shape[1], np.inf)
    for step in range(1, max_iterations + 1):
        z = eta + (y - mu) / mu
        centred = _centre(np.column_stack([z, x]), mu, a, b, 1e-12)
        zc, xc = centred[:, 0], centred[:, 1:]
        weighted = xc * mu[:, None]
        new, *_ = np.linalg.lstsq(weighted.T @ xc, weighted.T @ zc, rcond=None)
        eta = z - (zc - xc @ new)
        before, mu = mu, np.exp(np.clip(eta, -60.0, 60.0))
        change = float(np.max(np.abs(new - beta)))
        moved = float(np.abs(mu - before).sum() / mu.sum())
        beta = new
        if max(change, moved) < tolerance * max(1.0, float(np.max(np.abs(beta)))):
            return beta, mu, _centre(x, mu, a, b, 1e-12), step
    raise NotConverged(
        "The gravity fit did not settle.",
        f"a coefficient changed by {change:.1e} in step {max_iterations}, tolerance {tolerance:.0e}",
        "drop countries that trade with one partner only, or covariates that hardly vary.",
    )


def _centre(columns: Array, weight: Array, a: Ints, b: Ints, tolerance: float) -> Array:
    """Residuals of the columns on both sets of effects, by weighted alternating projections."""
    out = columns.astype(np.float64, copy=True)
    wa, wb = np.bincount(a, weights=weight), np.bincount(b, weights=weight)
    wa[wa == 0], wb[wb == 0] = 1.0, 1.0
    for p in range(out.shape[1]):
        column = out[:, p]
        size = float(np.max(np.abs(column))) or 1.0
        for _ in range(2000):
            mean_a = np.bincount(a, weights=weight * column) / wa
            column = column - mean_a[a]
            mean_b = np.bincount(b, weights=weight * column) / wb
            column = column - mean_b[b]
            if float(np.max(np.abs(mean_b))) < tolerance * size:
                break
        out[:, p] = column
    return out


def _clustered_se(x: Array, residual: Array, weight: Array, clusters: Ints) -> Array:
    """Sandwich with the scores summed by cluster."""
    bread = np.linalg.pinv((x * weight[:, None]).T @ x)
    count = int(clusters.max()) + 1
    scores = np.column_stack(
        [np.bincount(clusters, weights=x[:, p] * residual, minlength=count) for p in range(x.shape[1])]
    )
    meat = scores.T @ scores * count / max(count - 1, 1)
    return np.asarray(np.sqrt(np.diag(bread @ meat @ bread)), dtype=np.float64)
