"""Potential of a country pair from whatever there is: a world table, the trade store, or a case's published
figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridor_change import CorridorChange, corridor_change
from karwan.analysis.levels import named
from karwan.analysis.published_potential import published_potential
from karwan.analysis.standing import none_published
from karwan.analysis.trade_requests import PotentialRequest
from karwan.analysis.world_flows import (
    WorldFlows,
    distance_measure,
    read_distances,
    read_world_flows,
    store_world_flows,
    with_codes,
)
from karwan.case.case import Case, embedded_cases
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.store.country_codes import typed_country
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


def answer_potential(inputs: Inputs, request: PotentialRequest) -> Result:
    """Potential of a pair from a table or the store, or from the figures the pair's case publishes.

    Returns
    -------
    With a table or store the products, 'easiness terms', goods not exported yet and SMART effects, the estimate as `detail`; else the
    published potentials and offers.

    Raises
    ------
    InvalidInput
        Both a table and a store are named, a file cannot be read, a term lacks its data, or there is neither a table nor a case.
    """
    request = replace(
        request, exporter=typed_country(request.exporter), importer=typed_country(request.importer)
    )
    if request.table is not None and inputs.store is not None:
        raise InvalidInput("Both a table and a store are given.", "", "give --table or --store.")
    if request.exporter == request.importer:
        raise InvalidInput("The two countries are the same.", request.exporter, "name two countries.")
    case = _case_about(inputs.case, request)
    change = _corridor(case, request)
    if request.table is None and inputs.store is None:
        return _from_case(case, request, change)
    flows = _flows(request, inputs.store)
    result = _estimate(flows, request, change)
    tables = {f"{request.exporter} to {request.importer}, {result.level}": named(result.table)}
    tables["easiness terms"] = result.easiness
    newcomers = _newcomers(flows, request)
    if newcomers.height:
        tables["goods not exported yet, nearest first (rank, not dollars)"] = named(newcomers)
    tables |= _smart_tables(flows, request, change)
    meta: dict[str, object] = {
        "flows": flows.origin,
        "period": flows.period,
        "level": result.level,
        "easiness": result.kind,
        **{name: _total(result.table[name]) for name in SUMMED},
        **({"corridor": change.words} if change.words else {}),
        "flows_lack": "; ".join(flows.lacks) or note("potential.nothing"),
    }
    measured = (*_measured(request), *change.held)
    return Result(tables, meta, (*result.notes, *measured), flows.notes, detail=result)


def _measured(request: PotentialRequest) -> tuple[Note, ...]:
    """Which distance the terms of distance and gravity rest on."""
    if request.distances is None:
        return ()
    return (distance_measure(request.distances),)


def _case_about(case: Case | None, request: PotentialRequest) -> Case | None:
    """The case, where it is about the two countries."""
    if case is None or set(request.pair) != {case.settings.party_a, case.settings.party_b}:
        return None
    return case


def _corridor(case: Case | None, request: PotentialRequest) -> CorridorChange:
    """Carriage now and after: the shares given, or those of the case under the scenarios given.

    Raises
    ------
    InvalidInput
        A scenario is named and no case is about the two.
    """
    if not request.scenario:
        return CorridorChange(request.freight_share)
    if case is None or case.folder is None:
        raise InvalidInput(
            f"No case is about {request.exporter} and {request.importer}: there are no corridors to compare.",
            fix="Name one with --case, or give --freight-share and --days.",
        )
    scenarios = list(request.scenario)
    return corridor_change(case, scenarios, request.exporter, theta=request.trade_elasticity)


def _total(figures: pl.Series) -> float | None:
    """Sum of a column; unknown where the whole column is."""
    return None if figures.null_count() == len(figures) else float(figures.sum())


def _flows(request: PotentialRequest, store: str | None) -> WorldFlows:
    if store is not None:
        distances = read_distances(request.distances) if request.distances else None
        return store_world_flows(
            store,
            level=request.level,
            years=request.years,
            distances=distances,
            source=request.source,
            pair=request.pair,
        )
    assert request.table is not None
    return read_world_flows(
        request.table,
        level=request.level,
        mapping=request.mapping,
        years=request.years,
        asked=request.pair,
    )


def _estimate(flows: WorldFlows, request: PotentialRequest, change: CorridorChange) -> Potential:
    distances = read_distances(request.distances) if request.distances else None
    fine = flows.table["product"].n_unique() >= FINE_LEVEL
    ratio, ratio_range = _corridor_factor(request, change)
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
    notes = result.notes if fine else (*result.notes, note("potential.no_correction"))
    return Potential(**{**vars(result), "table": table, "notes": notes})


def _corridor_factor(
    request: PotentialRequest, change: CorridorChange
) -> tuple[float | None, tuple[float, float] | None]:
    """Factor on trade of the corridor change, and its range over elasticities and day values."""
    if change.cost_share is None:
        return None, None
    factors = [
        change.factor(theta)
        * corridor_ratio((0.0, 0.0), request.days, elasticity=theta, time_cost_share_day=a_day)
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
    for name in rates:
        if name.startswith("rate_"):
            _no_per_cents(path, frame[name])
    frame = with_texts(with_codes(frame, [name for name in keys if name != "product"]), ["product"])
    return one_row_each(path, frame, keys)


def _no_per_cents(path: Path, rates: pl.Series) -> None:
    """Refuse duties below zero, and a column of which most are above 100 %: it is in per cent."""
    charged = rates.filter(rates != 0.0)
    above = charged.filter(charged > 1.0)
    if (charged < 0.0).any() or 2 * len(above) > len(charged):
        told = charged.sort(descending=len(above) > 0).head(1).to_list()
        raise InvalidInput(
            f"{path.name} has duties in {rates.name} that are no shares of the value.",
            f"{told[0]:g}; {len(above)} of {len(charged)} are above 1",
            "write 0.1 for 10 %, and nothing below zero.",
        )


def _smart_tables(
    flows: WorldFlows, request: PotentialRequest, change: CorridorChange
) -> dict[str, pl.DataFrame]:
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
    if change.cost_share is not None:
        corridor = simulate_corridor(rated, given, exporter=request.exporter, freight_share=change.cost_share)
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


def _from_case(case: Case | None, request: PotentialRequest, change: CorridorChange) -> Result:
    if case is None:
        raise InvalidInput(
            f"No embedded case has {request.exporter} and {request.importer}, and no trade table is given.",
            f"embedded cases: {', '.join(embedded_cases())}",
            "give --table FILE or --store FILE; `karwan trade ingest baci FILE --store trade.duckdb` brings HS6 trade of all "
            "countries in.",
        )
    way = case.parties.direction_of(request.exporter)
    published = published_potential(case).filter(pl.col("direction") == way).drop("direction")
    name = f"{case.country_name(request.exporter)} to {case.country_name(request.importer)}"
    meta = {
        "source": note("potential.published", case=case.settings.case_id),
        "commands": note("potential.commands", exporter=request.exporter, importer=request.importer),
    }
    moved: tuple[Note, ...] = ()
    if change.words is not None:
        factor = change.factor(request.trade_elasticity)
        moved = (
            change.words,
            note("potential.corridor_alone", factor=factor, theta=request.trade_elasticity),
            *change.held,
        )
    notes = (*none_published(case), *moved)
    return Result({f"published potentials and offers, {name}": published}, meta, notes)
