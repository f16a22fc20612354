"""Rows and columns of one sector's trade scaled to given sales and purchases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from karwan.errors import NotConverged
from karwan.trade.equilibrium.base import Array

PLAIN_STEPS = 5  # of Sinkhorn's scaling before Newton's method


@dataclass(frozen=True)
class Scaled:
    """Trade that meets its margins.

    Attributes
    ----------
    flows
        pull x seller x buyer, shape (n, n).
    seller, buyer
        Factors, shape (n,); 1 where the margin is 0. The seller's are scaled so that a seller of average price has 1.
    iterations
        Steps, plain and Newton's.
    residual
        Largest gap between sales and their margin, relative to the margin.
    """

    flows: Array
    seller: Array
    buyer: Array
    iterations: int
    residual: float


def fit_margins(
    sales: Array, purchases: Array, pull: Array, *, tolerance: float = 1e-12, max_iterations: int = 200
) -> Scaled:
    """Scale `pull` until its rows sum to `sales` and its columns to `purchases`.

    Minimises sum_j purchases_j ln sum_i pull_ij exp(a_i) - sum_i sales_i a_i over the log factors of sellers, which
    is convex; a plain scaling step is taken wherever Newton's does not come nearer.

    Parameters
    ----------
    sales, purchases
        Margins >= 0 with the same sum, shape (n,).
    pull
        Matrix >= 0 whose pattern of zeros stays, shape (n, n).
    tolerance
        Largest gap between a row and its margin, relative to the margin.
    max_iterations
        Steps before giving up.

    Raises
    ------
    NotConverged
        No scaling meets the margins.

    References
    ----------
    Sinkhorn (1967), doi:10.2307/2314570.
    """
    factor = np.zeros(len(sales))
    flows = _columns_met(pull, purchases, factor)
    gap = _row_gap(flows, sales)
    for step in range(max_iterations):
        if gap <= tolerance:
            return _as_scaled(flows, pull, factor, sales, purchases, step, gap)
        plain = factor + _log_ratio(sales, flows.sum(axis=1))
        tried = plain if step < PLAIN_STEPS else factor + _newton_step(flows, sales, purchases)
        moved = _columns_met(pull, purchases, tried)
        reached = _row_gap(moved, sales)
        if not reached < gap:
            tried, moved = plain, _columns_met(pull, purchases, plain)
            reached = _row_gap(moved, sales)
        factor, flows, gap = tried, moved, reached
    raise NotConverged(
        "No trade meets the given sales and purchases.",
        f"a seller misses its sales by {gap:.1e} of them after {max_iterations} steps",
        "leave every seller a market and every buyer an origin.",
    )


def _columns_met(pull: Array, purchases: Array, factor: Array) -> Array:
    drawn = pull * np.exp(factor - factor.max())[:, None]
    total = drawn.sum(axis=0)
    return np.asarray(drawn * (purchases / np.where(total > 0, total, 1.0)), dtype=np.float64)


def _row_gap(flows: Array, sales: Array) -> float:
    scale = np.where(sales > 0, sales, max(float(sales.max()), 1e-300))
    gap = float(np.max(np.abs(flows.sum(axis=1) - sales) / scale))
    return gap if np.isfinite(gap) else float("inf")


def _log_ratio(above: Array, below: Array) -> Array:
    usable = (above > 0) & (below > 0)
    return np.log(np.where(usable, above, 1.0) / np.where(usable, below, 1.0))


def _newton_step(flows: Array, sales: Array, purchases: Array) -> Array:
    bought = np.where(purchases > 0, purchases, 1.0)
    rows = flows.sum(axis=1)
    slope = np.diag(rows) - (flows / bought) @ flows.T
    whole = max(float(sales.sum()), 1e-300)
    slope += np.outer(sales, sales) / whole
    slope[np.diag_indices_from(slope)] += np.where(sales > 0, 1e-13 * sales, whole)
    return np.asarray(np.linalg.solve(slope, sales - rows), dtype=np.float64)


def _as_scaled(
    flows: Array, pull: Array, factor: Array, sales: Array, purchases: Array, steps: int, gap: float
) -> Scaled:
    weight = sales / max(float(sales.sum()), 1e-300)
    seller = np.exp(factor - float(weight @ factor))
    seller = np.where(sales > 0, seller, 1.0)
    total = (pull * seller[:, None]).sum(axis=0)
    buyer = np.where(purchases > 0, purchases / np.where(total > 0, total, 1.0), 1.0)
    return Scaled(flows, seller, buyer, steps, gap)
