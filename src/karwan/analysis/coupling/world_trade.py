"""The world's trade as the equilibrium takes it: arrays by sector, exporter and importer from the tables of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from karwan.analysis.trade_flows import trade_flows
from karwan.appraisal.worth import Floats
from karwan.case import Case
from karwan.errors import InvalidInput

ALL_GOODS = "all"


@dataclass(frozen=True)
class WorldTrade:
    """Trade of all countries in a year; K sectors, n countries.

    Attributes
    ----------
    countries, sectors
        Their codes, sorted.
    flows_usd
        Sector, exporter, importer, sales at home included, shape (K, n, n).
    theta, theta_low, theta_high
        Elasticity of each sector and the ends of its range, shape (K,), > 0.
    sector_of
        Product of the case to its sector.
    assumed_share
        Share of the value whose basis is assumed.
    year
        Year of the flows.
    whole
        Whether it is the world: sales at home and third countries too. Else only the two parties' reports are known, and neither incomes nor
        other countries can answer.
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    flows_usd: Floats
    theta: Floats
    theta_low: Floats
    theta_high: Floats
    sector_of: Mapping[str, str]
    assumed_share: float
    whole: bool = True
    year: int = 0

    def index(self, country: str) -> int | None:
        """Number of a country; None where the world does not name it."""
        return self.countries.index(country) if country in self.countries else None


def read_world_trade(case: Case, theta: float | None = None) -> WorldTrade:
    """The world's trade of the case's `trade_year`, or of the latest year there is; the two parties' own where the case has none.

    Parameters
    ----------
    theta
        One elasticity for all sectors in place of those of `elasticities`.

    Raises
    ------
    InvalidInput
        The case has no trade of the world, nor of its parties.
    """
    table = case.tables.get("world_flows", pl.DataFrame())
    if table.is_empty():
        return _parties_trade(case, theta)
    years = sorted(int(year) for year in table["year"].unique())
    wanted = case.settings.trade_year
    year = wanted if wanted in years else years[-1]
    rows = table.filter(pl.col("year") == year)
    countries = tuple(sorted(set(rows["exporter"]) | set(rows["importer"])))
    sectors = tuple(sorted(set(rows["sector"])))
    at = {name: n for n, name in enumerate(countries)}
    of = {name: n for n, name in enumerate(sectors)}
    flows = np.zeros((len(sectors), len(countries), len(countries)))
    for sector, exporter, importer, value in rows.select(
        "sector", "exporter", "importer", "value_usd"
    ).iter_rows():
        flows[of[sector], at[exporter], at[importer]] += value or 0.0
    assumed = rows.filter(pl.col("basis") == "assumed")["value_usd"].sum()
    middle, low, high = _elasticities(case, sectors, theta)
    total = float(flows.sum())
    return WorldTrade(
        countries,
        sectors,
        flows,
        middle,
        low,
        high,
        _sectors_of(case),
        float(assumed) / total if total else 0.0,
        year=year,
    )


def _parties_trade(case: Case, theta: float | None) -> WorldTrade:
    """What the parties report of one another, all goods as one sector."""
    reported = trade_flows(case, case.settings.as_of)
    if not reported:
        raise InvalidInput(
            "No trade is known.",
            "world_flows.csv and flows.csv have no yearly figure of all goods",
            "fill one of them.",
        )
    countries = tuple(sorted(case.parties.codes))
    flows = np.zeros((1, 2, 2))
    for way, flow in reported.items():
        exporter, importer = case.parties.ends(way)
        flows[0, countries.index(exporter), countries.index(importer)] = flow.value_usd
    middle, low, high = _elasticities(case, (ALL_GOODS,), theta)
    sectors = dict.fromkeys(case["products"]["product_id"], ALL_GOODS)
    assumed = sum(flow.value_usd for flow in reported.values() if flow.taken.basis == "assumed")
    share = assumed / float(flows.sum())
    return WorldTrade(countries, (ALL_GOODS,), flows, middle, low, high, sectors, share, whole=False)


def _elasticities(case: Case, sectors: tuple[str, ...], theta: float | None) -> tuple[Floats, Floats, Floats]:
    """Elasticity of each sector with its range; the case's `trade_elasticity` where a sector has none."""
    row = case["parameters"].filter(pl.col("parameter_id") == "trade_elasticity")
    usual = (5.03, 2.5, 8.0)
    if row.height:
        given = row.row(0, named=True)
        ends = (given["high"], given["low"]) if given["low"] is not None else (given["value"],) * 2
        usual = (abs(given["value"]), abs(ends[0]), abs(ends[1]))
    stated = {r["sector"]: r for r in case.tables.get("elasticities", pl.DataFrame()).iter_rows(named=True)}
    found = []
    for sector in sectors:
        own = stated.get(sector)
        three = (
            usual if own is None else (own["theta"], own["low"] or own["theta"], own["high"] or own["theta"])
        )
        found.append((theta, theta, theta) if theta is not None else three)
    return tuple(np.array(column, dtype=float) for column in zip(*found, strict=True))  # type: ignore[return-value]


def _sectors_of(case: Case) -> dict[str, str]:
    """Product to sector: by its id, else by the longest beginning of its HS code that the map names."""
    table = case.tables.get("sector_map", pl.DataFrame())
    by_product: dict[str, str] = {}
    by_hs: dict[str, str] = {}
    for row in table.iter_rows(named=True):
        if row.get("product_id"):
            by_product[row["product_id"]] = row["sector"]
        elif row.get("hs"):
            by_hs[str(row["hs"])] = row["sector"]
    found = {}
    for product, code in case["products"].select("product_id", "hs_code").iter_rows():
        starts = (str(code or "")[:size] for size in range(6, 0, -1))
        sector = by_product.get(product) or next((by_hs[s] for s in starts if s in by_hs), None)
        if sector is not None:
            found[product] = sector
    return found
