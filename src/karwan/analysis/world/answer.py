"""`karwan trade world`: build a world matrix, look at one, check one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.trade_requests import WorldBuildRequest, WorldCheckRequest, WorldShowRequest
from karwan.analysis.world.build import OUTPUT, baci_flows, graft, icio_matrix, matrix_of_flows, plain_flows
from karwan.analysis.world.matrix import WorldMatrix, saved_place
from karwan.analysis.world.published import (
    GOODS_OUTPUT,
    SERVICES_OUTPUT,
    WHOLE,
    has_world,
    world_of,
    world_of_case,
)
from karwan.case import Case
from karwan.errors import InvalidInput
from karwan.notes import Note, note
from karwan.schema.frames import result_frame
from karwan.store.frame import read_frame
from karwan.trade.equilibrium import hat
from karwan.trade.mix import mix_of_tonnes

Row = dict[str, Any]
EXACT = 1e-10
LEAST_AT_HOME = 0.05
USUAL_THETA = 5.03


def answer_world_build(inputs: Inputs, request: WorldBuildRequest) -> Result:
    """Make a matrix of a file and save it: countries, sectors, and what was assumed."""
    case = inputs.the_case()
    matrix = _built(case, request)
    path = saved_place(request.save)
    matrix.save(path)
    shown = _shown(matrix)
    notes = shown.notes if request.icio is None else (*shown.notes, note("world.final_demand"))
    return Result(shown.tables, {"saved": str(path), **shown.meta}, notes)


def answer_world_show(inputs: Inputs, request: WorldShowRequest) -> Result:
    """Countries with trade, share sold at home and share assumed; sectors."""
    return _shown(world_of(inputs.the_case(), request.world or None))


def answer_world_check(inputs: Inputs, request: WorldCheckRequest) -> Result:
    """What must hold of a matrix, and whether the tonnes that the parties report fit their goods."""
    case = inputs.the_case()
    matrix = world_of(case, request.world or None)
    rows = [*_structure(matrix), *_published(case, matrix, request.world), *_tonnes(case)]
    failed = any(row["holds"] is False and row["weight"] == "error" for row in rows)
    return Result({"checks": result_frame("world_checks", rows)}, _facts(matrix), failed=failed)


def _built(case: Case, request: WorldBuildRequest) -> WorldMatrix:
    given = [one for one in (request.baci, request.icio, request.flows) if one is not None]
    if len(given) != 1:
        raise InvalidInput(
            "A world matrix is made of one file.",
            f"{len(given)} given",
            "give one of --baci, --icio, --flows.",
        )
    if request.icio is not None:
        return _of_icio(case, request)
    read = baci_flows if request.baci is not None else plain_flows
    kind = request.sectors or "section"
    flows = read(given[0], kind, request.year)
    listed = _gdp(case) if request.rest else {}
    output = None if request.output is None else read_frame(request.output, OUTPUT)
    return matrix_of_flows(
        flows, output, _gdp(case), tuple(listed), given[0].name, GOODS_OUTPUT, SERVICES_OUTPUT
    )


def _of_icio(case: Case, request: WorldBuildRequest) -> WorldMatrix:
    if request.icio is None or request.sectors not in ("", "icio"):
        raise InvalidInput(
            "An input-output file keeps its own sectors.",
            f"--sectors {request.sectors}",
            "leave --sectors out.",
        )
    year = request.year or case.settings.trade_year
    if year is None:
        raise InvalidInput("The year of the input-output file is not known.", "", "say it with --year.")
    matrix = icio_matrix(request.icio, request.output, year, request.icio.name)
    if not has_world(case):
        return matrix
    base = world_of_case(case)
    return graft(matrix, base, [name for name in base.countries if name in _needed(case)])


def _needed(case: Case) -> set[str]:
    """Countries whose trade uses the corridors."""
    pairs = [code for pair in case.settings.pairs for code in pair]
    return {*case.parties.codes, *pairs}


def _gdp(case: Case) -> dict[str, float]:
    if not has_world(case):
        return {}
    table = case["world_countries"].filter(pl.col("country") != WHOLE)
    return dict(table.select("country", "gdp_usd").iter_rows())


def _shown(matrix: WorldMatrix) -> Result:
    tables = {
        "countries": result_frame("world_countries_shown", _country_rows(matrix)),
        "sectors": result_frame("world_sectors", _sector_rows(matrix)),
    }
    return Result(tables, _facts(matrix), _notes(matrix))


def _facts(matrix: WorldMatrix) -> Row:
    abroad = matrix.abroad_usd
    total = float(matrix.flows_usd.sum())
    return {
        "year": matrix.year,
        "countries": len(matrix.countries),
        "sectors": len(matrix.sectors),
        "trade_abroad_usd": float(abroad.sum()),
        "assumed_abroad_share": float(abroad[matrix.assumed].sum() / max(float(abroad.sum()), 1e-300)),
        "assumed_share": float(matrix.flows_usd[matrix.assumed].sum() / max(total, 1e-300)),
    }


def _country_rows(matrix: WorldMatrix) -> Iterator[Row]:
    abroad = matrix.abroad_usd
    goods = matrix.flows_usd[matrix.goods]
    bought = goods.sum(axis=(0, 1))
    assumed = np.where(matrix.assumed, abroad, 0.0)
    for number, name in enumerate(matrix.countries):
        exports, imports = float(abroad[:, number, :].sum()), float(abroad[:, :, number].sum())
        at_home = float(goods[:, number, number].sum())
        unsure = float(assumed[:, number, :].sum() + assumed[:, :, number].sum())
        yield {
            "country": name,
            "exports_usd": exports,
            "imports_usd": imports,
            "home_share": at_home / bought[number] if bought[number] > 0 else None,
            "assumed_share": unsure / (exports + imports) if exports + imports > 0 else None,
            "hub": name in matrix.hubs,
        }


def _sector_rows(matrix: WorldMatrix) -> Iterator[Row]:
    abroad = matrix.abroad_usd
    for number, name in enumerate(matrix.sectors):
        whole = float(matrix.flows_usd[number].sum())
        at_home = float(np.trace(matrix.flows_usd[number]))
        yield {
            "sector": name,
            "output_usd": whole,
            "traded_usd": float(abroad[number].sum()),
            "home_share": at_home / whole if whole > 0 else None,
        }


def _notes(matrix: WorldMatrix) -> tuple[Note, ...]:
    said = [note("world.assumed", assumed_share=_facts(matrix)["assumed_abroad_share"])]
    if matrix.hubs:
        said.append(note("world.hubs", countries=", ".join(matrix.hubs), count=len(matrix.hubs)))
    if not matrix.abroad_usd[~matrix.goods].any() and not matrix.goods.all():
        said.append(note("world.services"))
    return tuple(said)


def _structure(matrix: WorldMatrix) -> Iterator[Row]:
    flows = matrix.flows_usd
    proper = bool(np.isfinite(flows).all() and (flows >= 0).all())
    yield _check("flows are finite and not negative", proper, f"{int((flows > 0).sum()):,} cells")
    sold, bought = flows.sum(axis=(0, 2)), flows.sum(axis=(0, 1))
    idle = [
        name for name, value in zip(matrix.countries, np.minimum(sold, bought), strict=True) if value <= 0
    ]
    yield _check("every country sells and buys", not idle, ", ".join(idle[:5]) or f"{len(sold)} countries")
    if not proper or idle:
        return
    theta = np.full(len(flows), USUAL_THETA)
    same = hat.solve(flows, np.ones_like(flows), theta)
    gap = max(same.identities.worst, float(np.abs(same.wages - 1.0).max()))
    yield _check("no change of cost changes nothing", gap < EXACT, f"largest gap {gap:.1e}")
    goods = flows[matrix.goods]
    home = np.einsum("kii->i", goods) / np.maximum(goods.sum(axis=(0, 1)), 1e-300)
    low = [name for name, share in zip(matrix.countries, home, strict=True) if share < LEAST_AT_HOME]
    yield _check(
        "every country buys goods at home",
        not low,
        ", ".join(low[:5]) or f"least {home.min():.0%}",
        "warning",
    )


def _published(case: Case, matrix: WorldMatrix, named: str) -> Iterator[Row]:
    """Whether the totals of the case are kept; only its own matrix is made of them."""
    if named or not has_world(case):
        return
    abroad = matrix.abroad_usd[0]
    table = case["world_countries"].filter(pl.col("country") != WHOLE)
    place = {name: number for number, name in enumerate(matrix.countries)}
    worst = max(
        abs(float(abroad[place[country]].sum()) / total - 1.0)
        for country, total in table.select("country", "exports_usd").iter_rows()
        if total > 0
    )
    yield _check("exports of each country are those published", worst < 1e-9, f"largest gap {worst:.1e}")


def _tonnes(case: Case) -> Iterator[Row]:
    """Flows of the parties that come with tonnes, against the goods of the case."""
    reported = case["flows"].filter(
        (pl.col("quantity_t") > 0) & (pl.col("value_usd") > 0) & (pl.col("product_group") == "all")
    )
    for row in reported.iter_rows(named=True):
        exporter = case.parties.ends(row["direction"])[0]
        goods = case["products"].filter((pl.col("exporter") == exporter) & (pl.col("price_usd_t") > 0))
        price = goods["price_usd_t"].to_numpy().astype(float)
        even = np.full(len(price), 1.0 / max(len(price), 1))
        spread = float((even / price).sum() * row["value_usd"]) if len(price) else 0.0
        what = f"{row['flow_id']}: a mix of goods has value and tonnes"
        try:
            mix = mix_of_tonnes(even, price, row["value_usd"], row["quantity_t"])
        except InvalidInput as error:
            yield _check(
                what, False, f"{error.evidence}; evenly spread they would be {spread:,.0f} t", "warning"
            )
            continue
        first = goods["name"][int(np.argmax(mix))]
        yield _check(what, True, f"most of it {first}, {mix.max():.0%}; evenly spread {spread:,.0f} t")


def _check(what: str, holds: bool, evidence: str, weight: str = "error") -> Row:
    return {"check": what, "holds": holds, "weight": weight, "evidence": evidence}
