"""A country's trade indicators from a table of the world's exports, or from the trade store."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import ibis.expr.types as ir
import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.flow_table import read_flow_table
from karwan.analysis.levels import level_digits, level_title, named
from karwan.analysis.store_choice import Chosen, chosen_source
from karwan.analysis.trade_requests import IndicatorRequest
from karwan.analysis.world_flows import store_world_flows
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.store import Store, open_store
from karwan.store.country_codes import nearest, typed_country
from karwan.store.filters import held_near
from karwan.store.query import Selection, select
from karwan.trade.indicators import complexity, concentration_table, pair_indicators, rca_table, trade_matrix
from karwan.trade.indicators.fitness import fitness_table


def trade_indicators(inputs: Inputs, request: IndicatorRequest) -> Result:
    """Complexity, concentration and comparative advantage of a country, and how it fits a partner.

    Returns
    -------
    Tables 'country' (ECI with rank, outlook, diversity, concentration), 'advantages' (products with the
    largest NRCA), 'nearest new products' (no advantage yet, by density, with outlook gain), and with a
    partner 'pair'.

    Raises
    ------
    InvalidInput
        No table or store, no such column, or the country is not in it.
    """
    country = typed_country(request.country)
    partner = typed_country(request.partner) if request.partner else None
    if country == partner:
        raise InvalidInput("The country and its partner are the same.", country, "name another partner.")
    request = replace(request, country=country, partner=partner)
    flows, about, notes = _flows(request, inputs.store)
    _known_country(country, flows["exporter"], "exports nothing")
    if request.partner is not None and "importer" in flows.columns:
        places = [flows[name] for name in ("exporter", "importer") if name in flows.columns]
        _known_country(request.partner, pl.concat(places), "trades nothing")
    total = pl.col("value_usd").sum().over("exporter")
    found = complexity(
        trade_matrix(flows.filter((total >= request.least_usd) | (pl.col("exporter") == country)))
    )
    names = ["product", "value_usd", "rca", "rsca", "nrca"]
    own = rca_table(flows).filter(pl.col("country") == country).sort("nrca", descending=True).select(names)
    ranks = found.country_table().join(fitness_table(found), on="country", how="left")
    position = ranks.filter(pl.col("country") == country)
    spread = concentration_table(flows.filter(pl.col("exporter") == country)).rename({"exporter": "country"})
    tables = {
        "country": position.join(spread, on="country", how="full", coalesce=True),
        "advantages": named(own.filter(pl.col("rca") >= 1.0).head(request.limit)),
    }
    if country in found.countries:
        products = found.of_country(country)
        new = products.filter(~pl.col("specialised")).sort("density", "product", descending=[True, False])
        tables["nearest new products"] = named(new.drop("specialised").head(request.limit))
    lacking: tuple[Note, ...] = ()
    if request.partner is not None:
        if "importer" in flows.columns:
            tables["pair"] = pair_indicators(flows, country, request.partner)
        else:
            lacking = (note("store.no_partner", partner=request.partner, columns=", ".join(flows.columns)),)
    meta = {
        "of": about,
        "countries": len(found.countries),
        "products": len(found.products),
        "exports_usd": float(flows.filter(pl.col("exporter") == country)["value_usd"].sum()),
        "second_eigenvalue": round(found.second_eigenvalue, 6),
    }
    return Result(tables, meta, alerts=(*notes, *lacking))


def source_years(request: IndicatorRequest, store: str | None) -> tuple[IndicatorRequest, tuple[int, ...]]:
    """The request held to the one source and level that answer it by default, and the full years these have.

    Raises
    ------
    InvalidInput
        There is neither a table nor a store, or no such flows.
    """
    if request.table is not None:
        found = read_flow_table(request.table, bilateral=False, asked=[request.country], digits=None).table
        if "year" not in found.columns:
            raise InvalidInput("The table has no years.", ", ".join(found.columns), "give a column year.")
        return request, tuple(sorted(set(found["year"].drop_nulls())))
    if store is None:
        raise InvalidInput(
            "Indicators need the world's exports.",
            "neither a table nor a store was given",
            "give --table or --store.",
        )
    digits = None if request.level is None else level_digits(request.level)
    country = typed_country(request.country)
    with open_store(store) as opened:
        exports = _yearly_exports(opened, request)
        chosen = chosen_source(
            opened, exports, (country, None), where=store, digits=digits, named=bool(request.source)
        )
    level = "sitc1" if chosen.hs_revision == "SITC" else f"hs{chosen.digits}"
    return replace(request, source=chosen.source, level=level), chosen.years


def _known_country(code: str, codes: pl.Series, does: str) -> None:
    known = set(codes)
    if code not in known:
        near = ", ".join(nearest(code, known, 12))
        raise InvalidInput(
            f"{code} {does} in this table.", f"{len(known)} countries, such as {near}", "check the code."
        )


def _flows(request: IndicatorRequest, store: str | None) -> tuple[pl.DataFrame, str, tuple[Note, ...]]:
    """The world's exports, the words for them, and what was left out."""
    if (request.table is None) == (store is None):
        raise InvalidInput(
            "Indicators need the world's exports.",
            "neither a table nor a store was given" if request.table is None else "both were given",
            "give --table FILE or --store FILE; see `karwan trade ingest`.",
        )
    if request.table is not None:
        asked = [code for code in (request.country, request.partner) if code]
        return read_exports(request.table, level=request.level, year=request.year, asked=asked)
    return _stored_flows(request, str(store))


def _stored_flows(request: IndicatorRequest, store: str) -> tuple[pl.DataFrame, str, tuple[Note, ...]]:
    """Flows of the store by the rule of `karwan.analysis.store_choice`: of countries with countries, or exports to the world where these are
    newer or finer and no partner is asked about."""
    pair = (request.country, request.partner)
    years = () if request.year is None else (request.year,)
    digits = None if request.level is None else level_digits(request.level)
    with open_store(store) as opened:
        exports = _yearly_exports(opened, request)
        chosen = fallback = None
        with suppress(InvalidInput):
            fallback = chosen_source(
                opened,
                exports,
                (request.country, None),
                where=store,
                digits=digits,
                named=bool(request.source),
            )
            chosen = fallback if request.partner is None else None
        if chosen is not None and _to_the_world(opened, exports, chosen):
            return _exports_to_the_world(opened, exports, chosen, request.year)
    try:
        world = store_world_flows(store, level=request.level, years=years, source=request.source, pair=pair)
    except InvalidInput:
        if request.partner is None or fallback is None:
            raise
        with open_store(store) as opened:  # the country's own figures without the pair's
            if held_near(opened, [request.partner]):
                raise
            exports = _yearly_exports(opened, request)
            return _exports_to_the_world(opened, exports, fallback, request.year)
    table, about = world.table, f"{world.origin}, {world.level}"
    if request.year is None and "year" in table.columns:
        table = table.filter(pl.col("year") == pl.col("year").max())
    return table, f"{about}, {'-'.join(sorted({str(y) for y in table['year']}))}", world.notes


def _yearly_exports(opened: Store, request: IndicatorRequest) -> ir.Table:
    """Yearly flows by product, of countries with countries or with the world, no side's imports from the world among them."""
    sources = () if request.source is None else (request.source,)
    flows = select(opened, Selection(frequency=("A",), source=sources))
    flows = flows.filter((flows.product_level > 0) & (flows.hs_revision != "case"))
    flows = flows.filter(flows.partner.isin(["country", "world"]) & (flows.exporter != "WLD"))
    return flows.filter((flows.partner == "country") | (flows.reporter_side != "importer"))


def _of_chosen(flows: ir.Table, chosen: Chosen) -> ir.Table:
    return flows.filter(
        (flows.source == chosen.source)
        & (flows.hs_revision == chosen.hs_revision)
        & (flows.product_level == chosen.digits)
    )


def _to_the_world(opened: Store, flows: ir.Table, chosen: Chosen) -> bool:
    """Whether the chosen source gives exports to the world only."""
    own = _of_chosen(flows, chosen)
    partners = set(opened.table(own.select("partner").distinct())["partner"])
    return partners == {"world"}


def _exports_to_the_world(
    opened: Store, flows: ir.Table, chosen: Chosen, year: int | None
) -> tuple[pl.DataFrame, str, tuple[Note, ...]]:
    """Exports by country and product of the chosen source in its newest full year, or the year asked for."""
    wanted = chosen.years[-1] if year is None else year
    own = _of_chosen(flows, chosen)
    own = own.filter(own.period_end.year() == wanted)
    rows = opened.table(own.group_by("exporter", "product").aggregate(milli=own.value_milliusd.sum()))
    if rows.is_empty():
        raise InvalidInput(
            f"{chosen.source} has no year {wanted}.",
            f"it has {', '.join(map(str, chosen.years))}",
            "choose of these.",
        )
    table = rows.select("exporter", "product", value_usd=pl.col("milli").cast(pl.Float64) / 1000.0)
    title = level_title(chosen.digits)
    about = f"{chosen.source}, {chosen.hs_revision}, {wanted}, exports to the world, {title}"
    return table, about, tuple(chosen.notes((None, None)))


def read_exports(
    path: Path, *, level: str | None = None, year: int | None = None, asked: Sequence[str] = ()
) -> tuple[pl.DataFrame, str, tuple[Note, ...]]:
    """A table of exports by country and product, with or without importers, the words for it and what was left out.

    Raises
    ------
    InvalidInput
        The file cannot be read, lacks a column, or has no such year or level.
    """
    digits = None if level is None else level_digits(level)
    found = read_flow_table(path, bilateral=False, asked=asked, digits=digits)
    table, about = found.table, path.name
    if "year" in table.columns:
        years = sorted(set(table["year"].drop_nulls()))
        if year is not None and year not in years:
            raise InvalidInput(
                f"The table has no year {year}.", f"it has {', '.join(map(str, years))}", "choose of these."
            )
        last = years[-1] if year is None and years else year
        table = table if last is None else table.filter(pl.col("year") == last)
        about = about if last is None else f"{about}, {last}"
    return table, f"{about}, {level_title(found.digits)}", found.notes
