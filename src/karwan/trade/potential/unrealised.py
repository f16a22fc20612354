"""Unrealised potential: export potential by product under each easiness term, with an interval and what each
figure lacks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame, result_types
from karwan.trade.potential.easiness import (
    KINDS,
    Easiness,
    corridor_easiness,
    gravity_easiness,
    observed_easiness,
    regional_easiness,
    silent_borders,
)
from karwan.trade.potential.margins import Array, Margins, make_margins
from karwan.trade.potential.terms import Expectations, make_terms

RECONCILED_LOG_SD = (
    0.287  # log error of a flow reconciled from two reports, simulated; 0.5 with one report only
)
WHOLE_WORLD = 60  # sellers below which a table cannot stand for the world


@dataclass(frozen=True)
class Peers:
    """Where the alternative easiness terms come from; what is None is left out.

    Attributes
    ----------
    exporter_region, importer_region
        Countries around each side.
    distances
        exporter, importer, distance_km, contiguous: feeds the gravity fit.
    corridor_ratio
        Factor on trade from a corridor scenario; see `corridor_ratio`.
    corridor_range
        Lowest and highest factor the elasticities allow; drawn evenly in logarithms for the interval.
    """

    exporter_region: tuple[str, ...] = ()
    importer_region: tuple[str, ...] = ()
    distances: pl.DataFrame | None = None
    corridor_ratio: float | None = None
    corridor_range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Potential:
    """Export potential of a pair, one direction.

    Attributes
    ----------
    exporter, importer, level
        Pair and product level of the table.
    kind
        Easiness term that `table` uses.
    easiness
        One row per term: kind, easiness, potential_usd, low_usd, high_usd (sums over products),
        unrealised_usd, note, lacks.
    table
        One row per product, largest unrealised first; columns of `schema/results/potential_products.csv`. Interval: 5th to 95th percentile
        over errors of the flows, from the
        lowest to the highest of the easiness terms.
    notes
        What a reader of the figures must know.
    """

    exporter: str
    importer: str
    level: str
    kind: str
    easiness: pl.DataFrame
    table: pl.DataFrame
    notes: tuple[Note, ...] = field(default=())


def estimate_potential(
    flows: pl.DataFrame | Margins,
    exporter: str,
    importer: str,
    *,
    easiness: str = "observed",
    expected: Expectations | None = None,
    peers: Peers | None = None,
    level: str = "",
    flow_log_sd: float = RECONCILED_LOG_SD,
    draws: int = 200,
    seed: int = 1,
) -> Potential:
    """Export potential by product, EPI = supply x demand x easiness.

    Parameters
    ----------
    flows
        Bilateral flows of the world (see `make_margins`), or their margins.
    exporter, importer
        ISO3.
    easiness
        Term the headline uses: observed, regional, gravity or corridor.
    expected
        Growth, tariffs, distances; without them those terms are 1 and `lacks` says so. Distances whose common borders
        all lie between countries that do not trade are left out, and a note says so.
    peers
        Data for the alternative easiness terms.
    level
        Product level in words, `HS2` or `SITC section`; printed, not interpreted.
    flow_log_sd
        Standard deviation of the logarithm of a flow's error, where the flow has none of its own (`log_sd`).
    draws, seed
        Draws of the flows' errors and their seed.

    Raises
    ------
    InvalidInput
        No such country in the table, or the easiness term asked for lacks its data. A term whose data do not pin it
        down is null instead, and so is the potential by it.

    References
    ----------
    Decreux & Spies (2016), Export Potential Assessments: a methodology to identify export opportunities for
    developing countries, ITC.
    """
    margins = flows if isinstance(flows, Margins) else make_margins(flows)
    peers = peers or Peers()
    _check(easiness, flow_log_sd, draws)
    found = _easiness_terms(margins, exporter, importer, peers)
    usable = {e.kind: e for e in found if np.isfinite(e.value)}
    asked = _asked(found, usable, easiness, f"{exporter} to {importer}")
    expected = expected or Expectations()
    silent = silent_borders(margins, expected.distances)
    if silent:
        expected = replace(expected, distances=None)
    terms = make_terms(margins, exporter, importer, expected)
    base = (terms["supply"] * terms["demand_usd"]).to_numpy()
    drawn = _draw(margins, exporter, importer, flow_log_sd, draws, seed)
    samples = {kind: base * drawn.goods * (e.value * drawn.ease(kind))[:, None] for kind, e in usable.items()}
    if peers.corridor_ratio is not None and peers.corridor_range is not None:
        samples["corridor"] *= _corridor_spread(peers.corridor_ratio, peers.corridor_range, draws, seed)
    return Potential(
        exporter=exporter,
        importer=importer,
        level=level,
        kind=easiness,
        easiness=_summary(found, base, terms["actual_usd"].to_numpy(), samples),
        table=_table(terms, base * asked.value, asked, samples),
        notes=(*_untold_notes(found), *_border_notes(silent), *_notes(margins, usable, level)),
    )


def _check(easiness: str, flow_log_sd: float, draws: int) -> None:
    if easiness not in KINDS:
        raise InvalidInput(f"No easiness term is called {easiness!r}.", "", f"choose of {', '.join(KINDS)}.")
    if flow_log_sd < 0 or draws < 1:
        raise InvalidInput("The flows' error must not be negative, and at least one draw is needed.", "", "")


def _asked(found: Sequence[Easiness], usable: Mapping[str, Easiness], kind: str, pair: str) -> Easiness:
    """The term asked for: known, or tried and left open by its data where another is known."""
    asked = next(e for e in found if e.kind == kind)
    if kind in usable or (asked.tried and usable):
        return asked
    why = asked.lacks or "trade to expect of both sides"
    raise InvalidInput(
        f"The easiness term `{kind}` cannot be computed for {pair}.",
        f"it lacks {why}; available: {', '.join(usable) or 'none'}",
        "give that data or choose another term.",
    )


def _corridor_spread(ratio: float, ends: tuple[float, float], draws: int, seed: int) -> Array:
    """Factors from the stated ratio to ones drawn evenly in logarithms between the ends, shape (R, 1)."""
    low, high = np.log(ends) - math.log(ratio)
    return np.asarray(np.exp(np.random.default_rng([seed, 1]).uniform(low, high, draws))[:, None])


def _easiness_terms(margins: Margins, exporter: str, importer: str, peers: Peers) -> list[Easiness]:
    observed = observed_easiness(margins, exporter, importer)
    found = [observed]
    if peers.exporter_region or peers.importer_region:
        found.append(
            regional_easiness(margins, exporter, importer, peers.exporter_region, peers.importer_region)
        )
    else:
        found.append(Easiness("regional", np.nan, "", "the countries of each side's region"))
    if peers.distances is not None:
        found.append(gravity_easiness(margins, exporter, importer, peers.distances)[0])
    else:
        found.append(Easiness("gravity", np.nan, "", "distances between countries"))
    if peers.corridor_ratio is not None:
        found.append(corridor_easiness(observed, peers.corridor_ratio))
    else:
        found.append(Easiness("corridor", np.nan, "", "freight and days now and after (a corridor scenario)"))
    return found


@dataclass(frozen=True)
class _Drawn:
    """Relative change by draw: of supply x demand, shape (R, K); of pair and expected trade, (R,)."""

    goods: Array
    pair: Array
    expected: Array

    def ease(self, kind: str) -> Array:
        """Relative change of an easiness term."""
        if kind in ("observed", "corridor"):
            return self.pair / self.expected
        return 1.0 / self.expected if kind == "gravity" else np.ones_like(self.pair)


def _draw(margins: Margins, exporter: str, importer: str, log_sd: float, draws: int, seed: int) -> _Drawn:
    """Errors on the exporter's sales and the importer's purchases; trade between others is taken as it is."""
    i, j = margins.country(exporter), margins.country(importer)
    rows = margins.flows.filter((pl.col("exporter") == exporter) | (pl.col("importer") == importer))
    number = {p: n for n, p in enumerate(margins.products)}
    k = np.array([number[p] for p in rows["product"]], dtype=np.int64)
    value = rows["value_usd"].to_numpy()
    own = rows["log_sd"].fill_null(log_sd).to_numpy() if "log_sd" in rows.columns else log_sd
    sold = (rows["exporter"] == exporter).to_numpy()
    bought = (rows["importer"] == importer).to_numpy()
    width, random = len(margins.products), np.random.default_rng(seed)
    exports, imports, world = margins.exports_usd[i], margins.imports_usd[j], margins.world_usd
    pair, expected = margins.pairs_usd[i, j], margins.expected_pairs_usd[i, j]
    goods = np.ones((draws, width))
    ease = np.ones((draws, 2))
    for r in range(draws):
        change = value * np.expm1(own * random.standard_normal(len(value)))
        more_sold = np.bincount(k[sold], weights=change[sold], minlength=width)
        more_bought = np.bincount(k[bought], weights=change[bought], minlength=width)
        more_world = np.bincount(k, weights=change, minlength=width)
        share = _ratio(exports + more_sold, world + more_world)
        goods[r] = _ratio(share, _ratio(exports, world)) * _ratio(imports + more_bought, imports)
        ease[r, 0] = (pair + change[sold & bought].sum()) / pair if pair > 0 else 1.0
        ease[r, 1] = (share @ (imports + more_bought)) / expected if expected > 0 else 1.0
    return _Drawn(goods, ease[:, 0], ease[:, 1])


def _ratio(a: Array, b: Array) -> Array:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def _table(terms: pl.DataFrame, potential: Array, used: Easiness, samples: dict[str, Array]) -> pl.DataFrame:
    actual = terms["actual_usd"].to_numpy()
    ends = np.array([np.quantile(s, [0.05, 0.95], axis=0) for s in samples.values()])
    low = np.minimum(ends[:, 0].min(axis=0), potential)
    high = np.maximum(ends[:, 1].max(axis=0), potential)
    realised = [min(1.0, a / p) if p > 0 else None for a, p in zip(actual, potential, strict=True)]
    missing_terms = [k for k in KINDS if k not in samples]
    more = f"; easiness terms {', '.join(missing_terms)}" if missing_terms else ""
    more += f"; {used.lacks}" if used.kind not in samples else ""
    # Nothing to set it against: where the term itself is not known, neither is what is unrealised by it.
    figures = {
        "potential_usd": potential,
        "low_usd": low,
        "high_usd": high,
        "unrealised_usd": np.maximum(0.0, potential - actual),
        "unrealised_low_usd": np.maximum(0.0, low - actual),
        "unrealised_high_usd": np.maximum(0.0, high - actual),
    }
    return (
        terms.with_columns(
            **{name: pl.Series(values, dtype=pl.Float64).fill_nan(None) for name, values in figures.items()},
            realised_share=pl.Series(realised, dtype=pl.Float64),
            easiness=pl.lit(used.value if math.isfinite(used.value) else None, dtype=pl.Float64),
            method=pl.lit(f"export potential, {used.kind} easiness"),
            lacks=(pl.col("lacks") + more).str.strip_chars("; "),
        )
        .select(list(result_types("potential_products", without=("name",))))
        .sort(["unrealised_usd", "product"], descending=[True, False], nulls_last=True)
    )


def _summary(
    found: Sequence[Easiness], base: Array, actual: Array, samples: dict[str, Array]
) -> pl.DataFrame:
    rows = []
    for term in found:
        row: dict[str, object] = {"kind": term.kind, "note": term.note, "lacks": term.lacks}
        if term.kind in samples:
            potential = base * term.value
            low, high = np.quantile(samples[term.kind].sum(axis=1), [0.05, 0.95])
            row |= {
                "easiness": term.value,
                "potential_usd": float(potential.sum()),
                "low_usd": float(low),
                "high_usd": float(high),
                "unrealised_usd": float(np.maximum(0.0, potential - actual).sum()),
            }
        rows.append(row)
    return result_frame("potential_easiness", rows)


def _border_notes(silent: int) -> list[Note]:
    """That distances were left out, where none of so many pairs with a common border trades."""
    return [note("potential.silent_borders", pairs=silent)] if silent else []


def _untold_notes(found: Sequence[Easiness]) -> list[Note]:
    """What the data leave open of the terms that were tried."""
    return [note("potential.unknown", kind=e.kind, lacks=e.lacks) for e in found if e.tried]


def _notes(margins: Margins, usable: dict[str, Easiness], level: str) -> tuple[Note, ...]:
    count = len(margins.products)
    years = note("potential.years", count=margins.years)
    at = note("potential.level", level=level) if level else ""
    size = note("potential.size", products=count, level=at, countries=len(margins.countries), years=years)
    notes = [size, note("potential.benchmark")]
    observed = usable.get("observed")
    if observed is not None and observed.value < 0.1:
        notes.append(note("potential.thin_pair", traded_share=observed.value))
    if count < 30:
        notes.append(note("potential.few_products"))
    sellers = int((margins.exports_usd.sum(axis=1) > 0).sum())
    if sellers < WHOLE_WORLD:
        notes.append(note("potential.few_sellers", sellers=sellers))
    if margins.years == 1:
        notes.append(note("potential.one_year"))
    return tuple(notes)
