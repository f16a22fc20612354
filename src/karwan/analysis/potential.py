"""Potential of a country pair from whatever there is: a world table, the trade store, or a case's published
figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl

from karwan.analysis.answer import Answer
from karwan.analysis.published_potential import published_potential
from karwan.analysis.world_flows import (
    WorldFlows,
    named,
    read_distances,
    read_world_flows,
    store_world_flows,
    with_codes,
)
from karwan.case.case import embedded_cases
from karwan.case.of_pair import case_of_pair
from karwan.errors import InvalidInput
from karwan.store.frame import one_row_each, read_frame, with_numbers, with_texts
from karwan.trade.indicators.complexity import density
from karwan.trade.potential import (
    Expectations,
    Peers,
    Potential,
    balassa_advantage,
    corridor_ratio,
    estimate_potential,
    make_margins,
    rank_newcomers,
)
from karwan.trade.smart import Elasticities, simulate_corridor, simulate_tariffs

SUMMED = ("actual_usd", "potential_usd", "unrealised_usd", "unrealised_low_usd", "unrealised_high_usd")
FINE_LEVEL = 500  # products from which a country's exports over imports of one product mean re-export
ELASTICITY_RANGE = (2.5, 8.0)  # of trade to trade cost, assumed; Head & Mayer (2014) give 5.03 as the median
DAY_SHARE_RANGE = (0.006, 0.021)  # ad-valorem cost of a day, Hummels & Schaur (2013)


@dataclass(frozen=True)
class PotentialRequest:
    """What to estimate, and from what.

    Attributes
    ----------
    exporter, importer
        ISO3.
    table, store
        File of flows, or the store; neither means the case's published figures.
    mapping, source, level, years
        How to read them; see `read_world_flows` and `store_world_flows`.
    easiness
        observed, regional, gravity or corridor.
    distances, tariffs, growth
        Files for the terms that need them.
    freight_share, days, corridor_words
        Corridor now and after, for the corridor easiness, and where they come from, in words (see
        `karwan.analysis.corridor_change`).
    trade_elasticity, time_cost_share_day
        For the corridor easiness.
    import_demand
        Elasticity of import demand, negative: with it and tariffs, SMART effects of the tariffs after (column
        rate_after_share) and of the corridor's freight are added.
    """

    exporter: str
    importer: str
    table: Path | None = None
    store: str | None = None
    mapping: str | None = None
    source: str | None = None
    level: str | None = None
    years: tuple[int, ...] = ()
    easiness: str = "observed"
    distances: Path | None = None
    tariffs: Path | None = None
    growth: Path | None = None
    freight_share: tuple[float, float] | None = None
    days: tuple[float, float] = (0.0, 0.0)
    trade_elasticity: float = 5.03
    time_cost_share_day: float = 0.006
    import_demand: float | None = None
    corridor_words: str = ""


@dataclass(frozen=True)
class PotentialAnswer(Answer):
    """An answer with the estimate where there is one, and commands that would bring more in."""

    potential: Potential | None = None
    commands: tuple[str, ...] = ()


def find_potential(request: PotentialRequest) -> PotentialAnswer:
    """Potential of a pair from the source the request names, or from the embedded case's published figures.

    Raises
    ------
    InvalidInput
        Both a table and a store are named, a file cannot be read, or a term lacks its data.
    """
    if request.table is not None and request.store is not None:
        raise InvalidInput("Both a table and a store are given.", "", "give --table or --store.")
    if request.exporter == request.importer:
        raise InvalidInput("The two countries are the same.", request.exporter, "name two countries.")
    if request.table is None and request.store is None:
        return _from_case(request)
    flows = _flows(request)
    result = _estimate(flows, request)
    newcomers = _newcomers(flows, request)
    tables = {f"{request.exporter} to {request.importer}, {result.level}": named(result.table)}
    tables["easiness terms"] = result.easiness
    if newcomers.height:
        tables["goods not exported yet, nearest first (rank, not dollars)"] = named(newcomers)
    tables |= _smart_tables(flows, request)
    total = {name: _total(result.table[name]) for name in SUMMED}
    meta: dict[str, object] = {
        "flows": flows.origin,
        "period": flows.period,
        "level": result.level,
        "easiness": result.kind,
        **total,
        **({"corridor": request.corridor_words} if request.corridor_words else {}),
        "flows_lack": "; ".join(flows.lacks) or "nothing the method asks for",
        "notes": " ".join((*flows.notes, *result.notes)),
    }
    return PotentialAnswer(tables, meta, result, left_out=flows.notes)


def _total(figures: pl.Series) -> float | None:
    """Sum of a column; unknown where the whole column is."""
    return None if figures.null_count() == len(figures) else float(figures.sum())


def _flows(request: PotentialRequest) -> WorldFlows:
    if request.store is not None:
        distances = read_distances(request.distances) if request.distances else None
        return store_world_flows(
            request.store,
            level=request.level,
            years=request.years,
            distances=distances,
            source=request.source,
            pair=(request.exporter, request.importer),
        )
    assert request.table is not None
    return read_world_flows(
        request.table,
        level=request.level,
        mapping=request.mapping,
        years=request.years,
        asked=(request.exporter, request.importer),
    )


def _estimate(flows: WorldFlows, request: PotentialRequest) -> Potential:
    distances = read_distances(request.distances) if request.distances else None
    fine = flows.table["product"].n_unique() >= FINE_LEVEL
    ratio, ratio_range = _corridor_factor(request)
    expected = Expectations(
        growth=_expectation(request.growth, ("country", "gdp_ratio", "population_ratio")),
        tariffs=_expectation(request.tariffs, ("exporter", "importer", "product", "rate_share")),
        distances=distances,
        net_importer_correction=fine,
    )
    peers = Peers(region_of(request.exporter), region_of(request.importer), distances, ratio, ratio_range)
    result = estimate_potential(
        flows.table,
        request.exporter,
        request.importer,
        easiness=request.easiness,
        expected=expected,
        peers=peers,
        level=flows.level,
    )
    more = "; ".join(flows.lacks)
    table = result.table.with_columns(
        method=pl.col("method") + f", {flows.period}",
        lacks=(pl.col("lacks") + ("; " + more if more else "")).str.strip_chars("; "),
    )
    notes = (
        result.notes
        if fine
        else (*result.notes, "Net-importer correction off: it is meant for single goods.")
    )
    return Potential(**{**vars(result), "table": table, "notes": notes})


def _corridor_factor(request: PotentialRequest) -> tuple[float | None, tuple[float, float] | None]:
    """Factor on trade of the request's corridor change, and its range over elasticities and day values."""
    if request.freight_share is None:
        return None, None
    factors = [
        corridor_ratio(request.freight_share, request.days, elasticity=theta, time_cost_share_day=a_day)
        for theta in (request.trade_elasticity, *ELASTICITY_RANGE)
        for a_day in (request.time_cost_share_day, *DAY_SHARE_RANGE)
    ]
    return factors[0], (min(factors), max(factors))


def _expectation(path: Path | None, columns: Sequence[str]) -> pl.DataFrame | None:
    """A side file's columns, one row for each of its countries and products."""
    return None if path is None else _side_file(path, columns).select(columns)


def _side_file(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    keys = [name for name in columns if name in ("exporter", "importer", "country", "product")]
    frame = read_frame(path, columns, texts=None)
    rates = [name for name in (*columns, "rate_after_share") if name not in keys and name in frame.columns]
    frame = with_numbers(path, frame.select(*keys, *rates), rates)
    frame = with_texts(with_codes(frame, [name for name in keys if name != "product"]), ["product"])
    return one_row_each(path, frame, keys)


def _smart_tables(flows: WorldFlows, request: PotentialRequest) -> dict[str, pl.DataFrame]:
    """SMART effects of a tariff cut and of a cheaper corridor on what the importer buys, by product."""
    if request.import_demand is None:
        return {}
    if request.tariffs is None:
        raise InvalidInput(
            "SMART needs the tariffs the importer charges.",
            "--import-demand without --tariffs",
            "give --tariffs FILE with exporter, importer, product, rate_share and rate_after_share.",
        )
    given = Elasticities(request.import_demand)
    needs = ("exporter", "importer", "product", "rate_share")
    rates = _side_file(request.tariffs, needs)
    bought = make_margins(flows.table).flows.filter(pl.col("importer") == request.importer)
    bought = bought.with_columns(pl.col("exporter", "importer", "product").cast(pl.String))
    rated = bought.join(rates, on=["exporter", "importer", "product"], how="inner", maintain_order="left")
    rated = rated.filter(pl.col("rate_share").is_not_null())
    found = {}
    if "rate_after_share" in rated.columns:
        after = pl.col("rate_after_share").fill_null(pl.col("rate_share"))
        cut = rated.with_columns(rate_before_share=pl.col("rate_share"), rate_after_share=after)
        found["tariff effects (SMART)"] = simulate_tariffs(cut, given).products
    if request.freight_share is not None:
        corridor = simulate_corridor(
            rated, given, exporter=request.exporter, freight_share=request.freight_share
        )
        found["corridor effects (SMART)"] = corridor.products
    if not found:
        raise InvalidInput(
            "There is no change to simulate.",
            f"{request.tariffs.name} has no column rate_after_share, and no --freight-share is given",
            "give one of them.",
        )
    rest = bought.height - rated.height
    lacks = pl.lit(f"tariffs of {rest} of {bought.height} flows, left out" if rest else "")
    return {title: named(table.with_columns(lacks=lacks)) for title, table in found.items()}


def _newcomers(flows: WorldFlows, request: PotentialRequest, most: int = 40) -> pl.DataFrame:
    margins = make_margins(flows.table)
    bought = margins.imports_usd[margins.country(request.importer)]
    row = margins.country(request.exporter)
    made = (balassa_advantage(margins.exports_usd) >= 1).astype(np.float64)
    someone = made.sum(axis=0) > 0
    near = np.full(made.shape, np.nan)
    near[:, someone] = density(made[:, someone])
    ranked = rank_newcomers(margins.products, margins.exports_usd, row, imports_usd=bought, density=near)
    return ranked.filter(pl.col("imports_usd") > 0).head(most)


@cache
def _regions() -> dict[str, str]:
    path = resources.files("karwan.analysis").joinpath("subregions.csv")
    table = pl.read_csv(path.read_bytes())
    return dict(table.iter_rows())


def region_of(country: str) -> tuple[str, ...]:
    """Countries of the same UN M49 sub-region, the country itself left out; empty where it is unknown."""
    regions = _regions()
    own = regions.get(country)
    return tuple(c for c, region in regions.items() if region == own and own is not None and c != country)


def _from_case(request: PotentialRequest) -> PotentialAnswer:
    case = case_of_pair(request.exporter, request.importer)
    if case is None:
        raise InvalidInput(
            f"No embedded case has {request.exporter} and {request.importer}, and no trade table is given.",
            f"embedded cases: {', '.join(embedded_cases())}",
            f"give --table FILE or --store FILE; {_commands(request.exporter, request.importer)[0]}",
        )
    way = "a_to_b" if request.exporter == case.settings.party_a else "b_to_a"
    published = published_potential(case).filter(pl.col("direction") == way).drop("direction")
    commands = _commands(request.exporter, request.importer)
    name = f"{case.country_name(request.exporter)} to {case.country_name(request.importer)}"
    meta: dict[str, object] = {
        "source": f"published figures of the case {case.settings.case_id}; no product-level table was given",
        "commands": " ".join(commands),
    }
    return PotentialAnswer({f"published potentials and offers, {name}": published}, meta, None, commands)


def _commands(exporter: str, importer: str) -> tuple[str, ...]:
    return (
        "`karwan trade ingest baci BACI_HS17_Y2020_V202501.csv --store trade.duckdb` brings HS6 trade of all "
        "countries in;",
        f"`karwan trade potential {exporter} {importer} --store trade.duckdb --level hs6` then estimates by "
        "product.",
    )
