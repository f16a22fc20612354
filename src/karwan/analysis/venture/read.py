"""A venture as the models take it, read from the tables of a case: rows, numbers by key, ranges, and where each number comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

import polars as pl

from karwan.appraisal.venture.draws import Range
from karwan.appraisal.venture.model import (
    Cost,
    Loan,
    Sale,
    Supply,
    Venture,
    VentureStage,
    VentureTerms,
)
from karwan.case import Case
from karwan.errors import InvalidInput, UnknownName

Row = dict[str, Any]
PRICE_CORRELATION = 0.7
"""How closely the price of what is sold moves with that of the raw material, in logs: assumed."""
BAN = "import_ban_share"
"""Share of years in which the market of a sale is shut: a state of each year, so no number that the middle case knows."""
FREIGHT, HOURS, CAPEX = "factor.freight", "factor.hours", "factor.capex"
CORRIDOR_RANGES = ((FREIGHT, 0.75, 1.35), (HOURS, 0.7, 1.5))
"""How far money and hours of a corridor may be off, as factors: assumed."""
CORRIDOR_CORRELATION = 0.9
NUMBERS = {
    "venture_stages": (
        *("capacity_year", "output_per_input", "vehicles", "days_year", "wait_hours", "turn_hours"),
    ),
    "venture_costs": ("value",),
    "venture_sales": ("price_usd", "share", BAN),
    "venture_supply": (
        *("available_year", "fit_share", "reachable_share", "price_usd_t"),
        *("collection_usd_t", "opportunity_share", "corridor_year", "transit_share"),
    ),
    "venture_finance": ("usd", "rate_share", "fee_share"),
}
"""Columns of each table that are numbers of a venture."""
RANGES = (
    ("venture_supply", "price_usd_t", "low", "high"),
    ("venture_supply", "fit_share", "fit_low", "fit_high"),
    ("venture_supply", "reachable_share", "reach_low", "reach_high"),
    ("venture_supply", "transit_share", "transit_low", "transit_high"),
    ("venture_sales", "price_usd", "low", "high"),
    ("venture_sales", BAN, "ban_low", "ban_high"),
    ("venture_sales", "share", "share_low", "share_high"),
    ("venture_stages", "output_per_input", "low", "high"),
    ("venture_stages", "utilisation", "utilisation_low", "utilisation_high"),
    ("venture_costs", "value", "low", "high"),
    ("venture_finance", "rate_share", "low", "high"),
    ("venture_shadow", "value", "low", "high"),
)
"""Numbers with a range: table, number, columns of its ends. Raw material comes first, as prices of products move with its price."""
SHARES = (
    *("fit_share", "reachable_share", "transit_share", "utilisation", "rate_share", BAN),
    *("opportunity_share", "fee_share"),
)
KEYS = {
    "venture_stages": "stage_id",
    "venture_costs": "cost_id",
    "venture_sales": "sale_id",
    "venture_supply": "venture_supply_id",
    "venture_finance": "finance_id",
    "venture_shadow": "shadow_id",
    "venture_ranges": "range_id",
}


@dataclass(frozen=True)
class Figure:
    """Where a number of a venture comes from: the cell, its unit, basis, sources and what was noted."""

    table: str
    row: str
    column: str
    unit: str
    basis: str
    source_id: str
    note: str


@dataclass(frozen=True)
class ReadVenture:
    """A venture read from a case.

    Attributes
    ----------
    row
        Its row of `ventures.csv`.
    venture
        Rows and numbers for the models; the corridor's are added by `karwan.analysis.venture.corridor`.
    shadow_keys
        Shadow price to the key of its number.
    ranges
        Numbers that are drawn.
    overruns
        Whether capital is drawn from the class of overruns: no row of it has a range of its own.
    figures
        Key of a number to where it comes from.
    rows
        Rows of each table, as read.
    spells
        Sales whose market is shut in some years, by key, with the mean years of a spell; None where years are independent.
    """

    row: Row
    venture: Venture
    shadow_keys: Mapping[str, str]
    ranges: tuple[Range, ...]
    overruns: bool
    figures: Mapping[str, Figure]
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    spells: Mapping[str, float | None] = field(default_factory=dict)


def find_venture(case: Case, venture_id: str) -> Row:
    """Row of a venture by its id.

    Raises
    ------
    UnknownName
        The case has none of this id.
    """
    rows = {row["venture_id"]: row for row in case["ventures"].iter_rows(named=True)}
    if venture_id not in rows:
        close = get_close_matches(venture_id, rows, n=3) or sorted(rows)
        raise UnknownName(
            f"The case has no venture {venture_id!r}.",
            f"near it: {', '.join(close)}" if rows else "it has none",
            "`karwan venture list` names them.",
        )
    return rows[venture_id]


def why_not(case: Case, venture_id: str) -> tuple[str, ...]:
    """What a venture lacks to be appraised, as names of tables and columns; empty where it can be."""
    row = find_venture(case, venture_id)
    lacking = [] if row["life_years"] is not None else ["ventures.life_years"]
    own = {name: case[name].filter(pl.col("venture_id") == venture_id).height for name in KEYS}
    lacking += [name for name in ("venture_stages", "venture_sales") if not own[name]]
    capital = case["venture_costs"].filter((pl.col("venture_id") == venture_id) & (pl.col("kind") == "capex"))
    return (*lacking, *(() if capital.height else ("venture_costs of kind capex",)))


LACKING = {
    "ventures.life_years": "years at work",
    "venture_stages": "stages",
    "venture_sales": "sales",
    "venture_costs of kind capex": "capital",
}
"""What a venture may lack, in words."""


def lacking_words(lacks: Sequence[str]) -> str:
    """What a venture lacks, in words."""
    return ", ".join(LACKING[one] for one in lacks)


def read_venture(case: Case, venture_id: str) -> ReadVenture:
    """A venture of a case, ready to be appraised.

    Raises
    ------
    UnknownName
        The case has no such venture.
    InvalidInput
        It has no figures to appraise.
    """
    row = find_venture(case, venture_id)
    lacking = why_not(case, venture_id)
    if lacking:
        raise InvalidInput(
            f"Venture {venture_id} has no figures to appraise.",
            f"missing: {lacking_words(lacking)} ({', '.join(lacking)})",
            f"`karwan venture template {row['kind']}` writes the rows to fill, with published analogues beside.",
        )
    rows = {name: _rows(case, name, venture_id) for name in KEYS}
    stages = in_order(rows["venture_stages"])
    venture = Venture(
        stages=tuple(_stage(one) for one in stages),
        costs=tuple(_cost(one) for one in rows["venture_costs"]),
        sales=tuple(_sale(one) for one in rows["venture_sales"]),
        supplies=tuple(Supply(_key("venture_supply", s), s["product_id"]) for s in rows["venture_supply"]),
        loans=tuple(
            _loan(one, _host(case, row)) for one in rows["venture_finance"] if one["kind"] != "equity"
        ),
        terms=_terms(case, row, rows["venture_costs"]),
        values=_values(rows),
    )
    spells = {_key("venture_sales", one): one["ban_spell_years"] for one in rows["venture_sales"] if one[BAN]}
    return ReadVenture(
        row,
        venture,
        {one["parameter"]: f"{_key('venture_shadow', one)}.value" for one in rows["venture_shadow"]},
        _ranges(rows, venture_id),
        all(one["low"] is None for one in rows["venture_costs"] if one["kind"] == "capex"),
        _figures(rows),
        rows,
        spells,
    )


def _rows(case: Case, name: str, venture_id: str) -> list[Row]:
    """Rows of a table of one venture, by key; of shadow prices its own before those of all, one a parameter."""
    mine = pl.col("venture_id") == venture_id
    if name != "venture_shadow":
        return case[name].filter(mine).sort(KEYS[name]).to_dicts()
    host = _host(case, find_venture(case, venture_id))
    holds = (mine | pl.col("venture_id").is_null()) & (
        pl.col("country").is_null() | (pl.col("country") == host)
    )
    ordered = case[name].filter(holds).sort("venture_id", "country", "shadow_id", nulls_last=True)
    return ordered.unique("parameter", keep="first", maintain_order=True).to_dicts()


def in_order(stages: Sequence[Row]) -> list[Row]:
    """Stages in the order of making, those that come together by id."""
    done: list[Row] = []
    left = list(stages)
    while left:
        waiting = {one["output_product"] for one in left}
        ready = [one for one in left if one["input_product"] not in waiting] or left[:1]
        done += ready
        left = [one for one in left if one not in ready]
    return done


def _key(table: str, row: Row) -> str:
    return f"{table}.{row[KEYS[table]]}"


def _loads(row: Row) -> list[float]:
    """Load of years 1 to 5, a blank one as the year before."""
    found: list[float] = []
    for year in range(1, 6):
        load = row[f"utilisation_{year}"]
        found.append(float(found[-1] if load is None else load))
    return found


def _stage(row: Row) -> VentureStage:
    loads = _loads(row)
    ramp = tuple(load / loads[-1] for load in loads[:-1]) if loads[-1] else ()
    return VentureStage(
        _key("venture_stages", row),
        row["input_product"],
        row["output_product"],
        ramp,
        row["co2_t_input"] or 0.0,
    )


def _stage_key(row: Row) -> str:
    return f"venture_stages.{row['stage_id']}" if row["stage_id"] else ""


def _cost(row: Row) -> Cost:
    return Cost(
        _key("venture_costs", row),
        row["kind"],
        row["unit"],
        _stage_key(row),
        row["first_year"],
        row["last_year"],
        row["tradable_share"] or 0.0,
        row["skilled_share"] or 0.0,
        row["owner"] or "",
    )


def _sale(row: Row) -> Sale:
    product = row["output_product"] or row["product_id"] or ""
    tradable = 1.0 if row["product_id"] else 0.0
    return Sale(
        _key("venture_sales", row),
        product,
        bool(row["by_product"]),
        _stage_key(row),
        tradable,
        row["market"] or "",
    )


def _loan(row: Row, host: str) -> Loan:
    return Loan(
        _key("venture_finance", row),
        row["party"],
        row["country"] or host,
        row["kind"],
        row["grace_years"] or 0,
        row["tenor_years"] or 0,
    )


def _host(case: Case, row: Row) -> str:
    """Country a venture stands in."""
    places = dict(case["nodes"].select("node_id", "country").iter_rows())
    return str(row["host"] or places.get(row["node_id"]) or case.settings.party_a)


def _terms(case: Case, row: Row, costs: Sequence[Row]) -> VentureTerms:
    gain = sum(one["yield_gain_share"] or 0.0 for one in costs if one["kind"] == "training")
    return VentureTerms(
        build=row["build_years"],
        life=row["life_years"],
        financial=row["discount_rate_financial"],
        economic=row["discount_rate_economic"],
        tax=row["tax_share"],
        share_a=row["partner_a_share"],
        partners=(row["partner_a"] or case.settings.party_a, row["partner_b"] or case.settings.party_b),
        host=_host(case, row),
        depreciation=row["depreciation_years"],
        working_days=row["working_capital_days"],
        resale=row["resale_share"],
        learning_years=row["learning_years"],
        yield_gain=gain,
    )


def _values(rows: Mapping[str, Sequence[Row]]) -> dict[str, float]:
    """Numbers by key."""
    found: dict[str, float] = {}
    for table, columns in NUMBERS.items():
        for row in rows[table]:
            found |= {f"{_key(table, row)}.{c}": float(row[c]) for c in columns if row[c] is not None}
    for row in rows["venture_stages"]:
        if row["vehicles"] is None:
            found = {k: v for k, v in found.items() if k not in _fleet_keys(row)}
        found[f"{_key('venture_stages', row)}.utilisation"] = _loads(row)[-1]
    for row in rows["venture_shadow"]:
        found[f"{_key('venture_shadow', row)}.value"] = float(row["value"])
    return found


def _fleet_keys(row: Row) -> set[str]:
    """Numbers that mean nothing of a stage without vehicles."""
    return {f"{_key('venture_stages', row)}.{name}" for name in ("days_year", "wait_hours", "turn_hours")}


def _ranges(rows: Mapping[str, Sequence[Row]], venture_id: str) -> tuple[Range, ...]:
    """Numbers with both ends of a range; the prices of what is sold move with that of the first raw material that has one.

    A venture and its variant draw like inputs alike: the stream of an input is its cell without the venture's id.
    """
    found: list[Range] = []
    raw = ""
    values = _values(rows)
    for key, column, low, high in _spans(rows):
        if values.get(key) is None:
            continue
        most = 1.0 if column in SHARES else float("inf")
        one = Range(key, values[key], low, high, most, stream=key.replace(f".{venture_id}_", ".", 1))
        moves = column == "price_usd" and raw
        found.append(replace(one, with_key=raw, correlation=PRICE_CORRELATION) if moves else one)
        if column == "price_usd_t":
            raw = raw or key
    if any(row["origin_id"] for row in (*rows["venture_sales"], *rows["venture_stages"])):
        first, second = (Range(key, 1.0, low, high) for key, low, high in CORRIDOR_RANGES)
        found += [
            first,
            Range(
                second.key, 1.0, second.low, second.high, with_key=first.key, correlation=CORRIDOR_CORRELATION
            ),
        ]
    return tuple(found)


def _spans(rows: Mapping[str, Sequence[Row]]) -> Iterator[tuple[str, str, float, float]]:
    """Key, column, low and high end of each range: of a number's own row, then of `venture_ranges`."""
    for table, column, low, high in RANGES:
        for row in rows[table]:
            if None not in (row[low], row[high]):
                yield f"{_key(table, row)}.{column}", column, float(row[low]), float(row[high])
    for row in rows["venture_ranges"]:
        yield _ranged(row), row["of_column"], float(row["low"]), float(row["high"])


def _ranged(row: Row) -> str:
    """Key of the number that a row of `venture_ranges` is of."""
    return ".".join((row["of_table"], row["of_row"], row["of_column"]))


def _figures(rows: Mapping[str, Sequence[Row]]) -> dict[str, Figure]:
    """Where each number comes from."""
    found: dict[str, Figure] = {}
    columns = {**NUMBERS, "venture_shadow": ("value",)}
    columns["venture_stages"] = (*columns["venture_stages"], "utilisation")
    for table, names in columns.items():
        for row in rows[table]:
            for name in names:
                unit = UNITS[table](row, name)
                found[f"{_key(table, row)}.{name}"] = Figure(
                    table, row[KEYS[table]], name, unit, row["basis"], row["source_id"], row["note"] or ""
                )
    for row in rows["venture_ranges"]:
        one = found.get(_ranged(row))
        if one is not None:
            sources = dict.fromkeys((*one.source_id.split(";"), *row["source_id"].split(";")))
            told = f"{one.note} Range: {row['note'] or ''}".strip()
            found[_ranged(row)] = replace(one, source_id=";".join(sources), note=told)
    for key, _, _ in CORRIDOR_RANGES:
        found[key] = Figure("", key, "", "1", "assumed", "judgement", "")
    found[CAPEX] = Figure("", CAPEX, "", "1", "assumed", "judgement", "")
    return found


def _plain_unit(row: Row, column: str) -> str:
    if column.endswith("share") or column == "utilisation":
        return "share"
    if column == "price_usd":
        return f"USD/{row['price_unit']}"
    if column.endswith(("usd_t", "usd")):
        return "USD"
    return str(row.get("capacity_unit") or row.get("unit") or "")


SHADOW_UNITS = {
    "effluent_usd": "USD/input",
    "carbon_usd_t": "USD/t",
    "users_usd": "USD/input",
    "spill": "share",
}
STAGE_UNITS = {"output_per_input": "1", "vehicles": "1", "days_year": "days"}
STAGE_UNITS |= dict.fromkeys(("wait_hours", "turn_hours"), "h")
UNITS: Mapping[str, Callable[[Row, str], str]] = {
    **dict.fromkeys(("venture_sales", "venture_supply", "venture_finance", "venture_costs"), _plain_unit),
    "venture_stages": lambda row, name: STAGE_UNITS.get(name) or _plain_unit(row, name),
    "venture_shadow": lambda row, name: SHADOW_UNITS.get(row["parameter"], "factor"),
}
