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
from karwan.errors import InvalidInput, NotConverged
from karwan.trade.potential.margins import Array, Margins
from karwan.trade.potential.ppml import GravityFit, fit_ppml
from karwan.trade.potential.separation import Forest, Ints, free_directions, spanning_forest

UNPINNED = 1e-6  # of a pair's covariates along what trade leaves free
KINDS = ("observed", "regional", "gravity", "corridor")


@dataclass(frozen=True)
class Easiness:
    """One easiness term.

    Attributes
    ----------
    kind
        One of `KINDS`.
    value
        Actual over expected trade; 1 is trade as the world shares say. NaN where it is not known.
    note
        How it came about.
    lacks
        Data it would need and does not have; empty when none.
    tried
        True where the data were given and do not pin the term down.
    """

    kind: str
    value: float
    note: str
    lacks: str = ""
    tried: bool = False


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
    takes the place of its actual trade. The pair itself is left out of the fit. Where the others' trade does not tell
    the pair's, the value is NaN and `lacks` says what is missing.

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
    rows = _pairs_with_distance(margins, distances)
    own = rows.filter((pl.col("exporter") == exporter) & (pl.col("importer") == importer))
    if own.is_empty():
        return Easiness("gravity", math.nan, "no distance of the pair", "distance of the pair"), None
    number = {c: n for n, c in enumerate(margins.countries)}
    rest = rows.filter((pl.col("exporter") != exporter) | (pl.col("importer") != importer))
    a = np.array([number[c] for c in rest["exporter"]], dtype=np.int64)
    b = np.array([number[c] for c in rest["importer"]], dtype=np.int64)
    y = margins.pairs_usd[a, b]
    lacks = _lacks_of_gravity(y, a, b, i, j)
    if lacks:
        return _untold(lacks), None
    names = ["ln_km", "contiguous"] if (rest["contiguous"] != 0).any() else ["ln_km"]
    x, own_x = rest.select(names).to_numpy(), own.select(names).to_numpy()
    try:
        fit = fit_ppml(y, x, a, b)
    except NotConverged as error:
        return _untold("a gravity fit that settles", f"{error.fact} {error.evidence}"), None
    counts = (len(margins.countries), len(margins.countries))
    sold = y > 0
    lacks = _unpinned(
        spanning_forest(x[sold], a[sold], b[sold], counts), x[sold], a[sold], b[sold], own_x, i, j
    )
    if lacks:
        return _untold(lacks), fit
    effects = np.log(fit.fitted[sold]) - x[sold] @ fit.beta
    told = spanning_forest(effects[:, None], a[sold], b[sold], counts)
    trade = float(np.exp(told.seller[i, 0] + told.buyer[j, 0] + own_x[0] @ fit.beta))
    expected = float(margins.expected_pairs_usd[i, j])
    value = trade / expected if expected > 0 else math.nan
    border = bool((rest["contiguous"].to_numpy()[sold] != 0).any())
    return Easiness("gravity", value, _gravity_words(fit, y, trade, border)), fit


def silent_borders(margins: Margins, distances: pl.DataFrame | None) -> int:
    """How many pairs have a common border where not one of them trades; 0 where one does, or none has a border.

    Such a border is no covariate: the fit is separated along it, and distances that come with it do not describe
    these flows.
    """
    if distances is None:
        return 0
    pairs = _pairs_with_distance(margins, distances).filter(pl.col("contiguous") != 0)
    trade = [
        margins.pairs_usd[margins.country(a), margins.country(b)]
        for a, b in pairs.select("exporter", "importer").iter_rows()
    ]
    return 0 if any(trade) else pairs.height


def _pairs_with_distance(margins: Margins, distances: pl.DataFrame) -> pl.DataFrame:
    """exporter, importer, ln_km, contiguous of the pairs of the margins' countries, sorted."""
    border = (
        pl.col("contiguous").cast(pl.Float64).fill_null(0.0)
        if "contiguous" in distances.columns
        else pl.lit(0.0)
    )
    return (
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
        .sort("exporter", "importer")
    )


def _untold(lacks: str, note: str = "not identified") -> Easiness:
    return Easiness("gravity", math.nan, note, lacks, tried=True)


def _lacks_of_gravity(y: Array, a: Ints, b: Ints, i: int, j: int) -> str:
    """What the fit lacks of the pair's two sides, the pair itself left out; empty when nothing."""
    lacks = []
    if not y[a == i].sum() > 0:
        lacks.append("other sales of the exporter")
    if not y[b == j].sum() > 0:
        lacks.append("other purchases of the importer")
    return "; ".join(lacks)


def _unpinned(forest: Forest, x: Array, a: Ints, b: Ints, own_x: Array, i: int, j: int) -> str:
    """What is missing to tell the pair's trade from that of others; empty when nothing."""
    if forest.seller_part[i] != forest.buyer_part[j]:
        return "trade that links the exporter's customers and the importer's suppliers"
    free = free_directions(forest, x, a, b)
    own = own_x - forest.of(np.array([i]), np.array([j]))
    if np.abs(own @ free).max(initial=0.0) > UNPINNED:
        return "trade of other pairs alike in distance and border"
    return ""


def _gravity_words(fit: GravityFit, y: Array, trade: float, border_told: bool) -> str:
    alike = (fit.fitted > trade / 3) & (fit.fitted < trade * 3)
    spread = ""
    if alike.sum() >= 20:
        ends = np.quantile(y[alike] / fit.fitted[alike], [0.05, 0.95])
        spread = (
            f"; 90 % of {alike.sum()} pairs with like fitted trade have {ends[0]:.2g} to {ends[1]:.2g} of it"
        )
    border = ""
    if len(fit.beta) > 1:
        border = f", contiguity {fit.beta[1]:+.2f}" if border_told else ", contiguity unknown"
    dropped = (
        f"; {fit.separated} pairs without trade left out, as distance, border and effects tell their zero exactly "
        "(separation)"
        if fit.separated
        else ""
    )
    return (
        f"gravity trade {dollars(trade)}; ln distance {fit.beta[0]:+.2f}{border}, "
        f"{len(y):,} pairs, the pair left out{dropped}{spread}"
    )


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
