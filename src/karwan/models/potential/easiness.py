"""Easiness: how much more or less a pair trades than its sales and purchases alone would say, observed or
taken from elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from karwan.amounts import dollars
from karwan.errors import InvalidInput
from karwan.models.potential.margins import Array, Margins
from karwan.models.potential.ppml import GravityFit, Ints, fit_ppml

KINDS = ("observed", "regional", "gravity", "corridor")


@dataclass(frozen=True)
class Easiness:
    """One easiness term.

    Attributes
    ----------
    kind
        One of `KINDS`.
    value
        Actual over expected trade; 1 is trade as the world shares say.
    note
        How it came about.
    lacks
        Data it would need and does not have; empty when none.
    """

    kind: str
    value: float
    note: str
    lacks: str = ""


def observed_easiness(margins: Margins, exporter: str, importer: str) -> Easiness:
    """Easiness of the pair from its own trade."""
    i, j = margins.country(exporter), margins.country(importer)
    expected = float(margins.expected_pairs_usd[i, j])
    value = float(margins.easiness[i, j])
    note = f"{dollars(margins.pairs_usd[i, j])} traded, {dollars(expected)} expected of world shares"
    return Easiness("observed", value, note)


def regional_easiness(
    margins: Margins,
    exporter: str,
    importer: str,
    exporter_peers: Sequence[str],
    importer_peers: Sequence[str],
) -> Easiness:
    """Median easiness between the two countries' regions, weighted by expected trade, the pair itself left
    out.

    A peer pair that trades nothing counts with easiness 0; weighting by what world shares expect of a pair
    keeps the
    many tiny pairs, which often trade nothing, from deciding.

    Parameters
    ----------
    margins
        Sums of the flows.
    exporter, importer
        ISO3.
    exporter_peers, importer_peers
        Countries of each one's region; each country itself is added.
    """
    rows = [c for c in dict.fromkeys([exporter, *exporter_peers]) if c in margins.countries]
    columns = [c for c in dict.fromkeys([importer, *importer_peers]) if c in margins.countries]
    places = [
        (margins.country(a), margins.country(b))
        for a in rows
        for b in columns
        if a != b and (a, b) != (exporter, importer)
    ]
    expected, easiness = margins.expected_pairs_usd, margins.easiness
    weight = np.array([expected[place] for place in places])
    value = np.array([easiness[place] for place in places])
    known, weight = value[weight > 0], weight[weight > 0]
    if not len(known):
        return Easiness(
            "regional", math.nan, "no peer pair in the table", "trade of the neighbouring countries"
        )
    silent = int((known == 0).sum())
    note = (
        f"weighted median of {len(known)} pairs: {len(rows)} countries around {exporter}, "
        f"{len(columns)} around {importer}" + (f", {silent} of them without trade" if silent else "")
    )
    return Easiness("regional", _weighted_median(known, weight), note)


def _weighted_median(values: Array, weights: Array) -> float:
    """Smallest value up to which at least half the weight lies."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(reached, 0.5 - 1e-12)])


def gravity_easiness(
    margins: Margins, exporter: str, importer: str, distances: pl.DataFrame
) -> tuple[Easiness, GravityFit | None]:
    """Easiness if the pair traded what distance and a common border say.

    Poisson regression of all pairs' trade on ln distance and contiguity with exporter and importer effects;
    the fitted trade of the pair
    takes the place of its actual trade. The pair itself is left out of the fit.

    Parameters
    ----------
    margins
        Sums of the flows.
    exporter, importer
        ISO3.
    distances
        exporter, importer, distance_km and, optionally, contiguous (0 or 1).
    """
    i, j = margins.country(exporter), margins.country(importer)
    number = {c: n for n, c in enumerate(margins.countries)}
    border = (
        pl.col("contiguous").cast(pl.Float64).fill_null(0.0)
        if "contiguous" in distances.columns
        else pl.lit(0.0)
    )
    rows = (
        distances.filter(
            pl.col("exporter").is_in(margins.countries)
            & pl.col("importer").is_in(margins.countries)
            & (pl.col("exporter") != pl.col("importer"))
            & (pl.col("distance_km") > 0)
        )
        .select(
            "exporter", "importer", pl.col("distance_km").log().alias("ln_km"), border.alias("contiguous")
        )
        .unique(subset=["exporter", "importer"], keep="first", maintain_order=True)
    )
    own = rows.filter((pl.col("exporter") == exporter) & (pl.col("importer") == importer))
    if own.is_empty():
        return Easiness("gravity", math.nan, "no distance of the pair", "distance of the pair"), None
    a = np.array([number[c] for c in rows["exporter"]], dtype=np.int64)
    b = np.array([number[c] for c in rows["importer"]], dtype=np.int64)
    x = rows.select("ln_km", "contiguous").to_numpy()
    used = x if x[:, 1].any() else x[:, :1]
    y = margins.pairs_usd[a, b]
    rest = ~((a == i) & (b == j))
    fit = fit_ppml(y[rest], used[rest], a[rest], b[rest])
    effect = _effects(fit.fitted, used[rest] @ fit.beta, a[rest], b[rest], i, j)
    own_x = own.select("ln_km", "contiguous").to_numpy()[0, : used.shape[1]]
    trade = float(np.exp(effect + own_x @ fit.beta))
    value = trade / float(margins.expected_pairs_usd[i, j])
    alike = (fit.fitted > trade / 3) & (fit.fitted < trade * 3)
    spread = ""
    if alike.sum() >= 20:
        ends = np.quantile(y[rest][alike] / fit.fitted[alike], [0.05, 0.95])
        spread = (
            f"; 90 % of {alike.sum()} pairs with like fitted trade have {ends[0]:.2g} to {ends[1]:.2g} of it"
        )
    border_text = f", contiguity {fit.beta[1]:+.2f}" if len(fit.beta) > 1 else ""
    note = (
        f"gravity trade {dollars(trade)}; ln distance {fit.beta[0]:+.2f}{border_text}, "
        f"{len(y):,} pairs, the pair left out{spread}"
    )
    return Easiness("gravity", value, note), fit


def _effects(fitted: Array, systematic: Array, a: Ints, b: Ints, i: int, j: int) -> float:
    """Exporter effect of i plus importer effect of j; the identity f_ij = f_ib + f_aj - f_ab over any third
    a, b with fitted trade.
    """
    effect = np.full(len(fitted), np.nan)
    positive = fitted > 0
    effect[positive] = np.log(fitted[positive]) - systematic[positive]
    table = {(int(p), int(q)): e for p, q, e in zip(a, b, effect, strict=True) if np.isfinite(e)}
    sellers = [p for p, q in table if q == j]
    buyers = [q for p, q in table if p == i]
    for p in sellers:
        for q in buyers:
            if (p, q) in table:
                return float(table[p, j] + table[i, q] - table[p, q])
    return -math.inf


def corridor_ratio(
    freight_share: tuple[float, float],
    days: tuple[float, float],
    *,
    elasticity: float,
    time_cost_share_day: float = 0.0,
    fee_share: tuple[float, float] = (0.0, 0.0),
) -> float:
    """Factor by which a cheaper or faster corridor raises trade, tau_hat ** -theta.

    Parameters
    ----------
    freight_share
        Freight over the value of the goods, now and after.
    days
        Days door to door, now and after.
    elasticity
        Elasticity of trade to trade cost, given as the positive theta.
    time_cost_share_day
        Ad-valorem cost of a day (Hummels & Schaur 2013: 0.006 to 0.021).
    fee_share
        Fees over the value, now and after.

    Raises
    ------
    InvalidInput
        A share or a day is negative, or theta is not positive.
    """
    if min(*freight_share, *days, *fee_share, time_cost_share_day) < 0 or elasticity <= 0:
        raise InvalidInput(
            "Freight, days, fees and elasticity of a corridor change must not be negative.", "", ""
        )
    cost = (
        (1 + freight_share[1])
        / (1 + freight_share[0])
        * math.exp(time_cost_share_day * (days[1] - days[0]))
        * (1 + fee_share[1])
        / (1 + fee_share[0])
    )
    return float(cost**-elasticity)


def corridor_easiness(base: Easiness, ratio: float) -> Easiness:
    """The base easiness times what a corridor scenario does to trade."""
    return Easiness(
        "corridor",
        base.value * ratio,
        f"{base.kind} easiness times {ratio:.3g} of the corridor scenario",
        base.lacks,
    )
