"""The world's trade as the equilibrium takes it: arrays by sector, exporter and importer from the tables of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from karwan.analysis.trade_flows import trade_flows
from karwan.analysis.world.matrix import WorldMatrix, goods_of_matrix, matrix_of_rows
from karwan.analysis.world.published import has_world, world_of
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


def read_world_trade(case: Case, theta: float | None = None, named: str = "") -> WorldTrade:
    """The world's trade: a saved matrix, that of the case completed from its totals, or the two parties' own where the case has none.

    Parameters
    ----------
    theta
        One elasticity for all sectors in place of those of `elasticities`.
    named
        Name or file of a saved world matrix.

    Raises
    ------
    InvalidInput
        The case has no trade of the world, nor of its parties.
    """
    if named or has_world(case):
        matrix = world_of(case, named or None)
    elif _ships_every_cell(case):
        matrix = matrix_of_rows(_latest(case))
    else:
        return _parties_trade(case, theta)
    middle, low, high = _elasticities(case, matrix.sectors, theta)
    total = float(matrix.flows_usd.sum())
    return WorldTrade(
        matrix.countries,
        matrix.sectors,
        matrix.flows_usd,
        middle,
        low,
        high,
        _goods_of(case, matrix),
        float(matrix.flows_usd[matrix.assumed].sum()) / total if total else 0.0,
        year=matrix.year,
    )


def _ships_every_cell(case: Case) -> bool:
    """Whether the rows of trade hold sales at home of every country they name; rows between some countries alone are no world."""
    if not case["world_flows"].height:
        return False
    rows = _latest(case)
    at_home = rows.filter(pl.col("exporter") == pl.col("importer"))["exporter"]
    return set(at_home) == set(rows["exporter"]) | set(rows["importer"])


def _latest(case: Case) -> pl.DataFrame:
    """Rows of the trade year, or of the latest year there is."""
    table = case["world_flows"]
    years = set(table["year"])
    year = case.settings.trade_year if case.settings.trade_year in years else max(years)
    return table.filter(pl.col("year") == year)


def _goods_of(case: Case, matrix: WorldMatrix) -> dict[str, str]:
    """Product to a sector of the matrix: as the case maps it, else by its HS chapter."""
    stated = {good: sector for good, sector in _sectors_of(case).items() if sector in matrix.sectors}
    return goods_of_matrix(case, matrix) | stated


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
