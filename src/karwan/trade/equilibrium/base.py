"""Shares and totals of a base year, from which every answer starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from karwan.errors import InvalidInput

Array = NDArray[np.float64]
BALANCED = 1e-9  # of the output of a group of countries that trade only with one another


@dataclass(frozen=True)
class World:
    """The base year in shares; K sectors, n countries.

    Attributes
    ----------
    home_share
        Share bought at home of the spending on a sector, shape (K, n).
    bought_usd
        Spending on a sector, 1 where there is none, shape (K, n).
    sector_share
        Share of each sector in the importer's spending, shape (K, n).
    output_usd
        Sales of each country, duty left out, shape (n,).
    spending_usd
        Purchases at consumer prices, shape (n,).
    duty_usd
        Duty taken by each country, shape (n,).
    """

    home_share: Array
    bought_usd: Array
    sector_share: Array
    output_usd: Array
    spending_usd: Array
    duty_usd: Array

    @property
    def deficit_usd(self) -> Array:
        """Spending that neither sales nor duty pay for, shape (n,); sums to 0."""
        return self.spending_usd - self.output_usd - self.duty_usd


def flow_array(flows: Array) -> Array:
    """Flows as floats, shape (K, n, n); refused where negative, not finite or of another shape."""
    out = np.asarray(flows, dtype=np.float64)
    if out.ndim != 3 or out.shape[1] != out.shape[2]:
        raise InvalidInput(
            "The flows are no array of sectors x exporters x importers.",
            f"shape {out.shape}",
            "give shape (K, n, n), for one sector (1, n, n).",
        )
    if not _proper(out):
        raise InvalidInput(
            "A flow is negative or not finite.",
            _first_cells(~(out >= 0) | ~np.isfinite(out)),
            "mend these cells.",
        )
    return out


def factor_array(b: Array, shape: tuple[int, ...]) -> Array:
    """Cost factors as floats, of the shape of the flows; refused where negative or not finite."""
    out = np.asarray(b, dtype=np.float64)
    if out.shape != shape:
        raise InvalidInput(
            "Cost factors and flows differ in shape.", f"{out.shape} and {shape}", "give one factor per flow."
        )
    if not _proper(out):
        wrong = ~(out >= 0) | ~np.isfinite(out)
        raise InvalidInput(
            "A cost factor is negative or not finite.",
            _first_cells(wrong),
            "give t_hat to the power of minus theta, 1 where nothing changes, 0 for a ban.",
        )
    return out


def theta_array(theta: Array, sectors: int) -> Array:
    """Elasticities as floats, shape (K,); refused unless positive."""
    out = np.asarray(theta, dtype=np.float64)
    if out.shape != (sectors,):
        raise InvalidInput(
            "There is not one trade elasticity per sector.",
            f"shape {out.shape} for {sectors} sectors",
            "give an array of shape (K,).",
        )
    if not np.isfinite(out).all() or (out <= 0).any():
        raise InvalidInput(
            "A trade elasticity is not positive.", f"theta {out.tolist()}", "give theta > 0 (sigma - 1)."
        )
    return out


def base_world(flows: Array, duty_share: Array | None = None) -> World:
    """Shares and totals of flows at consumer prices.

    Parameters
    ----------
    flows
        USD, sales at home on the diagonal, shape (K, n, n).
    duty_share
        Duty in spending, tau / (1 + tau), of the shape of `flows`; none where absent.
    """
    by_sector = flows.sum(axis=1)
    spending = by_sector.sum(axis=0)
    duty = np.zeros_like(spending) if duty_share is None else (flows * duty_share).sum(axis=(0, 1))
    sales = flows if duty_share is None else flows * (1.0 - duty_share)
    bought = np.where(by_sector > 0, by_sector, 1.0)
    spent = np.where(spending > 0, spending, 1.0)
    home_share = flows.diagonal(axis1=1, axis2=2) / bought
    return World(home_share, bought, by_sector / spent, sales.sum(axis=(0, 2)), spending, duty)


def trading_groups(flows: Array) -> Array:
    """Groups of countries that no flow joins, shape (G, n) of 0 and 1; one row where all hang together."""
    count = flows.shape[1]
    linked = flows.sum(axis=0) > 0
    linked = linked | linked.T
    if linked.all(axis=1).any():  # one country trades with every other
        return np.ones((1, count))
    label = np.arange(count)
    while True:
        nearest = np.where(linked, label[None, :], count).min(axis=1)
        lower = np.minimum(label, nearest)
        if np.array_equal(lower, label):
            break
        label = lower
    return np.asarray(np.unique(label)[:, None] == label[None, :], dtype=np.float64)


def _proper(values: Array) -> bool:
    """True where nothing is negative or not finite, in two passes and no copy."""
    return bool(values.min() >= 0 and values.max() < np.inf)


def _first_cells(wrong: NDArray[np.bool_]) -> str:
    cells = np.argwhere(wrong)
    shown = ", ".join(str(tuple(int(x) for x in cell)) for cell in cells[:5])
    return f"{len(cells)} cells (sector, exporter, importer), first {shown}"
