"""The world matrix of a case: published totals, completed by gravity and country totals."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.analysis.world.matrix import ALL_GOODS, REST, SERVICES, WorldMatrix, saved_world
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.trade.equilibrium.base import Array
from karwan.trade.world import Completed, complete_trade, gravity_pull, home_sales

WHOLE = "WLD"
GOODS_OUTPUT, SERVICES_OUTPUT = 0.8, 1.1  # gross output per USD of product; judgement, see docs/world.md


def world_rows(case: Case, named: str | None = None) -> pl.DataFrame:
    """Rows of the world matrix: a saved one by its name, else that of the case; none where the case has none."""
    if named is not None:
        return saved_world(named).rows()
    if not has_world(case):
        return pl.DataFrame(schema={"exporter": pl.String, "value_usd": pl.Float64})
    return world_of_case(case).rows()


def has_world(case: Case) -> bool:
    """Whether the case has countries of a world matrix."""
    table = case.tables.get("world_countries")
    return table is not None and not table.is_empty()


def world_of(case: Case, named: str | None = None) -> WorldMatrix:
    """A saved world matrix by its name, else that of the case.

    Raises
    ------
    InvalidInput
        The case has none, or none is saved under the name.
    """
    return saved_world(named) if named is not None else world_of_case(case)


def world_of_case(case: Case) -> WorldMatrix:
    """Published totals of `world_flows`, completed: one sector of goods, and services sold at home.

    Of several years of a pair the one nearest to the trade year counts. What the listed countries leave of the world is one rest. Sales at home
    are output less exports, output a fixed part of gross domestic product.

    Raises
    ------
    InvalidInput
        The case has no countries of the world, or its figures contradict one another.
    """
    if not has_world(case):
        raise InvalidInput(
            "The case has no world matrix.", "world_countries.csv is empty", "fill it, or give --world NAME."
        )
    table = _with_rest(case["world_countries"])
    year = case.settings.trade_year or int(table["year"].max())  # type: ignore[arg-type]
    chosen = _nearest_year(case["world_flows"], year)
    countries = tuple(table["country"])
    exports, imports = (table[name].to_numpy().astype(float) for name in ("exports_usd", "imports_usd"))
    filled = _completed(table, chosen, countries, exports, imports)
    gdp = table["gdp_usd"].to_numpy().astype(float)
    output = GOODS_OUTPUT * gdp
    flows = np.zeros((2, len(countries), len(countries)))
    flows[0] = filled.flows
    every = np.arange(len(countries))
    flows[0, every, every] += home_sales(output, exports)
    flows[1, every, every] = SERVICES_OUTPUT * gdp
    assumed = np.ones(flows.shape, dtype=bool)
    assumed[0] = filled.computed
    return WorldMatrix(
        countries,
        (ALL_GOODS, SERVICES),
        flows,
        assumed,
        year,
        _sources(chosen, table),
    )


def _with_rest(table: pl.DataFrame) -> pl.DataFrame:
    """Listed countries and, last, what they leave of the world."""
    listed, world = table.filter(pl.col("country") != WHOLE), table.filter(pl.col("country") == WHOLE)
    if not world.height:
        raise InvalidInput("world_countries.csv has no row WLD.", "", "add the totals of the whole world.")
    totals = ("exports_usd", "imports_usd", "gdp_usd")
    left = {name: float(world[name][0]) - float(listed[name].sum()) for name in totals}
    short = {name: value for name, value in left.items() if value < 0}
    if short:
        raise InvalidInput(
            "The countries are more than the whole world.",
            ", ".join(f"{name} {value:.4g}" for name, value in short.items()),
            "mend world_countries.csv.",
        )
    rest = world.with_columns(country=pl.lit(REST), **{name: pl.lit(value) for name, value in left.items()})
    return pl.concat([listed, rest])


def _nearest_year(flows: pl.DataFrame, year: int) -> pl.DataFrame:
    away = (pl.col("year") - year).abs()
    goods = flows.filter((pl.col("sector") == ALL_GOODS) & (pl.col("exporter") != pl.col("importer")))
    return goods.sort(away, "world_flow_id", maintain_order=True).unique(
        ["exporter", "importer"], keep="first", maintain_order=True
    )


def _completed(
    table: pl.DataFrame, chosen: pl.DataFrame, countries: tuple[str, ...], exports: Array, imports: Array
) -> Completed:
    place = {name: number for number, name in enumerate(countries)}
    known = np.full((len(countries), len(countries)), np.nan)
    for exporter, importer, value in chosen.select("exporter", "importer", "value_usd").iter_rows():
        if exporter in place and importer in place:
            known[place[exporter], place[importer]] = value
    latitude, longitude = (table[name].cast(pl.Float64).to_numpy() for name in ("latitude", "longitude"))
    pull = gravity_pull(exports, imports, latitude, longitude, _borders(table, countries))
    abroad = ~np.eye(len(countries), dtype=bool)
    abroad[-1, -1] = True  # trade within the rest of the world
    return complete_trade(known, exports, imports, np.where(abroad, pull, 0.0))


def _borders(table: pl.DataFrame, countries: tuple[str, ...]) -> NDArray[np.bool_]:
    bordering = np.zeros((len(countries), len(countries)), dtype=bool)
    for number, others in enumerate(table["neighbours"].to_list()):
        bordering[number] = [name in (others or ()) for name in countries]
    return np.asarray(bordering | bordering.T)


def _sources(chosen: pl.DataFrame, table: pl.DataFrame) -> str:
    cells = [*chosen["source_id"].to_list(), *table["source_id"].to_list()]
    return ";".join(dict.fromkeys(part for text in cells for part in str(text).split(";")))
