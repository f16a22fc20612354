"""Tables of an appraisal: indicators with their band, cash by year, what decides, who gains, technology and training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from karwan.amounts import NONE, is_number, number, percent, two_figures, usd
from karwan.analysis.venture.appraise import LOAD, LOW_COVER, Appraisal, rates_of
from karwan.analysis.venture.band import NAMES, banded, quantiles
from karwan.analysis.venture.read import BAN, CAPEX, FREIGHT, HOURS, KEYS, Figure
from karwan.appraisal.venture.cash import Cash, cash_flows, gate_price, vehicle_trips
from karwan.appraisal.venture.economic import distribution, shadow_of
from karwan.appraisal.venture.indicators import (
    SEVERAL,
    InternalRate,
    debt_cover,
    internal_rate,
    loan_life_cover,
    mirr,
    npv,
    payback,
)
from karwan.appraisal.venture.model import Floats, Venture, VentureStage
from karwan.schema import schema_rows
from karwan.schema.frames import result_frame

Row = dict[str, Any]
FACTOR_WORDS = {
    FREIGHT: "money of the corridor, factor",
    HOURS: "hours of the corridor, factor",
    CAPEX: "capital over its estimate, factor",
    LOAD: "load of all stages, factor",
}
UNKNOWN = Figure("", "", "", "1", "assumed", "judgement", "")
"""Where a factor comes from that no cell holds."""
COLUMN_WORDS = {
    "price_usd": "price",
    BAN: "share of years with its market shut",
    "price_usd_t": "price of raw material",
    "fit_share": "share fit for use",
    "reachable_share": "share within reach",
    "output_per_input": "yield",
    "utilisation": "share of capacity used",
    "share": "share of output sold",
    "transit_share": "share of the corridors' own",
    "vehicles": "vehicles",
    "wait_hours": "hours waiting",
    "turn_hours": "hours out and back",
    "days_year": "days at work a year",
    "capacity_year": "capacity a year",
    "available_year": "amount there is in a year",
    "corridor_year": "the corridors' own a year",
    "collection_usd_t": "cost of collection",
    "opportunity_share": "share of the price that another use pays",
    "fee_share": "fee",
    "usd": "money put in",
    "value": "running cost",
    "rate_share": "interest",
}
COST_WORDS = {"capex": "capital cost", "replacement": "cost of renewal"}
"""Kinds of cost that are no running cost."""


@cache
def indicator_words() -> Mapping[str, tuple[str, str]]:
    """Unit and label of each indicator, by key in order."""
    return {row["indicator"]: (row["unit"], row["label"]) for row in schema_rows("known_indicators.csv")}


FLEET_WORDS = {
    "turn": ("hours of a round trip, waits among them", "h"),
    "trips_able": ("round trips that a vehicle can make a year", "trips"),
    "trips_made": ("round trips that a vehicle makes a year", "trips"),
    "permits_used": ("share of the permits that is used", "share"),
    "income": ("income of a vehicle a day", "USD"),
    "cost": ("running cost of a vehicle a day", "USD"),
    "break_even_return": ("loads back a trip at which the financial NPV is nil", "share"),
}
"""Label and unit of what is told of a fleet."""
ENDLESS = {"years": "never", "share": "all lost", "times": "no debt"}
"""Words for an indicator without end: nothing is paid back, no rate is left of the outlay, nothing is owed."""
ALWAYS_SHOWN = (
    "break_even_load",
    "fnpv_negative",
    "enpv_negative",
    "dscr_weak",
    "assumed",
    "assumed_economic",
)
"""Indicators that stand where assumed inputs drive the answer: chances over the draws, and what would have to be true."""


def indicator_table(made: Appraisal) -> pl.DataFrame:
    """Indicators; see `results/venture_indicators.csv`."""
    values, bands = _middle(made), _bands(made)
    rows = []
    for key, (unit, label) in indicator_words().items():
        value, words = values.get(key, (None, ""))
        band = bands.get(key)
        withheld = made.withheld and key not in ALWAYS_SHOWN
        ends = dict(zip(NAMES, map(_finite, band or (None, None, None)), strict=True))
        shown = "withheld" if withheld else words or indicator_text(value, unit)
        text = " .. ".join(indicator_text(one, unit) for one in band) if band else ""
        rows.append(
            {"indicator": key, "label": label, "unit": unit, "value": None if withheld else value}
            | ends
            | {"shown": shown, "band": text}
        )
    return result_frame("venture_indicators", rows)


def indicator_text(value: float | None, unit: str) -> str:
    """A value as a reader says it."""
    if value is not None and np.isinf(value):
        return ENDLESS[unit]
    if not is_number(value):
        return NONE
    if unit == "USD":
        return usd(value)
    return percent(value, 1) if unit == "share" else number(value, 2)


def _middle(made: Appraisal) -> dict[str, tuple[float | None, str]]:
    """Value of each indicator in the middle case, and words in its place."""
    terms, cash = made.read.venture.terms, made.cash
    equity = cash.equity[:, 0]
    equity_npv = float(npv(terms.financial, equity))
    drawn = made.drawn
    found: dict[str, float | None] = {
        "fnpv": made.fnpv,
        "enpv": made.enpv,
        "equity_npv": equity_npv,
        "partner_a_npv": terms.share_a * equity_npv,
        "partner_b_npv": (1.0 - terms.share_a) * equity_npv,
        "enpv_6": float(npv(0.06, made.economic)),
        "enpv_12": float(npv(0.12, made.economic)),
        **{key: _finite(float(np.ravel(one)[0])) for key, one in _paid_back(made.read.venture, cash).items()},
        "least_dscr": _finite(float(np.min(made.least_cover))),
        "fnpv_negative": float((drawn.fnpv < 0).mean()),
        "enpv_negative": float((drawn.enpv < 0).mean()),
        "dscr_weak": float((drawn.least_dscr < LOW_COVER).mean()),
        "assumed": made.assumed_share,
        "assumed_economic": made.assumed_share_economic,
    }
    rates = {"firr": made.firr, "eirr": made.eirr, "equity_irr": internal_rate(equity)}
    said = {key: (value, "") for key, value in found.items()}
    said |= {key: (rate.rate, _rate_words(rate)) for key, rate in rates.items()}
    said["break_even_load"] = (made.break_even_load, _load_words(made))
    financial, economic = made.firr.rate, made.eirr.rate
    gap = None if financial is None or economic is None else economic - financial
    said["gap"] = (gap, "")
    return said


def _finite(value: float | None) -> float | None:
    return value if is_number(value) else None


def _load_words(made: Appraisal) -> str:
    """Words where no load turns the financial NPV."""
    if made.break_even_load is not None:
        return ""
    return "pays at any load" if made.fnpv > 0.0 else "none up to full load"


def _rate_words(rate: InternalRate) -> str:
    """Words for a rate that is not one number."""
    if rate.kind == SEVERAL:
        return "several: " + ", ".join(percent(one, 1) for one in rate.rates)
    return "" if rate.rate is not None else "none"


def _paid_back(venture: Venture, cash: Cash) -> dict[str, Floats]:
    """Indicators of how the project pays itself and its loans back, each of shape (N,)."""
    rate = venture.terms.financial
    return {
        "mirr": mirr(cash.project, rate, rate),
        "payback": payback(cash.project),
        "payback_discounted": payback(cash.project, rate),
        "llcr": _loan_life(venture, cash),
    }


def _loan_life(venture: Venture, cash: Cash) -> Floats:
    """Cover over the life of the loans, from the first year at work, at their mean rate; nan without debt."""
    loans = [one for one in cash.loans if one.loan.kind == "loan"]
    none = np.zeros(cash.project.shape[1])
    debt = sum((one.drawdown.sum(axis=0) for one in loans), none)
    paid = sum(
        (one.drawdown.sum(axis=0) * venture.value(f"{one.loan.key}.rate_share") for one in loans), none
    )
    rate = np.divide(paid, debt, out=none.copy(), where=debt > 0.0)
    return loan_life_cover(cash.available, cash.service, debt, rate, venture.terms.build)


def _bands(made: Appraisal) -> dict[str, tuple[float, ...]]:
    """5, 50 and 95 % of what is drawn."""
    drawn, share = made.drawn, made.read.venture.terms.share_a
    columns: dict[str, Floats] = {
        "fnpv": drawn.fnpv,
        "enpv": drawn.enpv,
        "enpv_6": npv(0.06, drawn.economic),
        "enpv_12": npv(0.12, drawn.economic),
        "firr": drawn.firr,
        "eirr": drawn.eirr,
        "gap": _finite_difference(drawn.eirr, drawn.firr),
        "equity_irr": rates_of(drawn.cash.equity),
        "equity_npv": drawn.equity_npv,
        "partner_a_npv": share * drawn.equity_npv,
        "partner_b_npv": (1.0 - share) * drawn.equity_npv,
        "least_dscr": drawn.least_dscr,
        **_paid_back(made.read.venture.with_values(drawn.values), drawn.cash),
    }
    return {key: found for key, column in columns.items() if (found := quantiles(column)) is not None}


def _finite_difference(left: Floats, right: Floats) -> Floats:
    """Left less right, nan where one of them has no end."""
    both = np.isfinite(left) & np.isfinite(right)
    return np.asarray(np.subtract(left, right, out=np.full(left.shape, np.nan), where=both))


def cash_table(made: Appraisal) -> pl.DataFrame:
    """Cash by year in the middle case, no row where no single value may stand; see `results/venture_cash.csv`."""
    if made.withheld:
        return result_frame("venture_cash", [])
    cash = made.cash
    cover = debt_cover(cash.available, cash.service, made.read.venture.terms.build)[:, 0]
    first = made.read.venture.stages[0].key
    rows = [
        {
            **_year(made, year),
            "taken": float(cash.taken[first][year, 0]),
            "sales_usd": float(cash.revenue[year, 0]),
            "running_usd": float(cash.revenue[year, 0] - cash.ebitda[year, 0]),
            "ebitda_usd": float(cash.ebitda[year, 0]),
            "capital_usd": float(cash.capital[year, 0]),
            "tax_usd": float(cash.tax[year, 0]),
            "working_change_usd": float(cash.working_change[year, 0]),
            "project_usd": float(cash.project[year, 0]),
            "debt_service_usd": float(cash.service[year, 0]),
            "equity_usd": float(cash.equity[year, 0]),
            "dscr": _finite(float(cover[year])),
            "economic_usd": float(made.economic[year]),
        }
        for year in range(made.read.venture.terms.years)
    ]
    return result_frame("venture_cash", rows)


def _year(made: Appraisal, year: int) -> Row:
    """A year of the venture and of the calendar."""
    start = made.read.row["start_year"]
    return {"year": year, "calendar_year": None if start is None else start + year}


def cash_band_table(made: Appraisal) -> pl.DataFrame:
    """Cash by year over the draws; see `results/venture_cash_band.csv`."""
    cash = made.drawn.cash
    cover = debt_cover(cash.available, cash.service, made.read.venture.terms.build)
    columns = {
        "sales": cash.revenue,
        "running": cash.revenue - cash.ebitda,
        "ebitda": cash.ebitda,
        "capital": cash.capital,
        "debt_service": cash.service,
        "project": cash.project,
        "equity": cash.equity,
        "economic": made.drawn.economic,
    }
    rows = []
    for year in range(made.read.venture.terms.years):
        row = _year(made, year)
        for name, column in columns.items():
            row |= banded(name, column[year])
        rows.append(row | banded("dscr", cover[year], ""))
    return result_frame("venture_cash_band", rows)


def input_table(made: Appraisal) -> pl.DataFrame:
    """Inputs by what they decide; see `results/venture_inputs.csv`."""
    shares = {one.key: one.share for one in made.importance}
    economic = {one.key: one.share for one in made.importance_economic}
    bars = {one.key: one for one in made.switches}
    keys = [*bars, *(key for key in economic if key not in bars)]
    rows = [
        _input_row(made, key)
        | {"variance_share": shares.get(key), "variance_share_economic": economic.get(key)}
        for key in keys
    ]
    rows.sort(key=lambda row: -(row["variance_share"] or 0.0))
    return result_frame("venture_inputs", rows)


def _input_row(made: Appraisal, key: str) -> Row:
    """An input with its range, its switching value and where it comes from."""
    figure = made.read.figures.get(key, UNKNOWN)
    row: Row = {"key": key, "input": input_words(made, key), "unit": figure.unit}
    row |= {"basis": figure.basis, "source_id": figure.source_id, "ground": figure.note}
    bar = next((one for one in made.switches if one.key == key), None)
    if bar is None:
        base = next((one for one in made.read.ranges if one.key == key), None)
        value = float(made.read.venture.value(key))
        return row | (
            {"base": value} if base is None else {"base": value, "low": base.low, "high": base.high}
        )
    row |= {"base": bar.base, "low": bar.low, "high": bar.high}
    return row | {
        "switching": _rough(made, bar.value),
        "of_range": _rough(made, bar.of_range),
        "low_npv_usd": made.single(bar.low_npv),
        "base_npv_usd": made.single(bar.base_npv),
        "high_npv_usd": made.single(bar.high_npv),
        "low_change_usd": _rough(made, bar.low_npv - bar.base_npv),
        "high_change_usd": _rough(made, bar.high_npv - bar.base_npv),
    }


def _rough(made: Appraisal, value: float | None) -> float | None:
    """A figure from which the middle case could be worked out: to two figures where no single value stands, else as it is."""
    return two_figures(value) if made.withheld and value is not None else value


def input_words(made: Appraisal, key: str) -> str:
    """Name of an input: what it is of and which figure."""
    figure = made.read.figures.get(key)
    if key in FACTOR_WORDS or figure is None:
        return FACTOR_WORDS.get(key, key)
    if figure.table == "venture_shadow":
        return f"shadow price: {_of(made, figure)}"
    row = _row_of(made, figure)
    what = COST_WORDS.get(row.get("kind", ""), COLUMN_WORDS.get(figure.column, figure.column))
    return f"{what}: {_of(made, figure)}"


def _row_of(made: Appraisal, figure: Figure) -> Row:
    """The row of the venture's tables that a figure stands in; empty where it is none of them."""
    rows, key = made.read.rows.get(figure.table, ()), KEYS.get(figure.table, "")
    return next((row for row in rows if row.get(key) == figure.row), {})


def _of(made: Appraisal, figure: Figure) -> str:
    """What a figure is of: the name of its stage or lender, what is sold where or bought, else the row's id without the venture's before it."""
    row = _row_of(made, figure)
    goods = str(row.get("product_id") or row.get("output_product") or "").replace("_", " ")
    if figure.table == "venture_sales":
        return f"{goods} ({row['market']})"
    if figure.table == "venture_supply":
        return goods
    name = row.get("name") or row.get("party")
    if name:
        return str(name)
    return figure.row.removeprefix(f"{made.read.row['venture_id']}_").replace("_", " ")


def gain_table(made: Appraisal) -> pl.DataFrame:
    """Who gains, with the band of the draws; see `results/venture_gains.csv`."""
    rate = made.read.venture.terms.economic
    drawn = made.read.venture.with_values(made.drawn.values)
    bands = distribution(drawn, made.drawn.cash, shadow_of(drawn.values, made.read.shadow_keys))
    rows = []
    for gain, band in zip(made.gains, bands, strict=True):
        worth, drawn_worth = float(npv(rate, gain.flow)[0]), npv(rate, band.flow)
        if not worth and not drawn_worth.any():
            continue
        who = {"country": gain.country, "group": gain.group, "npv_usd": made.single(worth)}
        ends = quantiles(drawn_worth) or (None, None, None)
        rows.append(who | dict(zip(("p05_usd", "p50_usd", "p95_usd"), ends, strict=True)))
    return result_frame("venture_gains", rows)


def people_table(made: Appraisal) -> pl.DataFrame:
    """Technology and training; see `results/venture_people.csv`."""
    kinds = ("training", "royalty")
    gained = _yield_worth(made)
    rows = [
        {
            "row": row["cost_id"],
            **{name: row[name] for name in ("kind", "licence", "owner", "people", "yield_gain_share")},
            "cost_usd": made.single(float(made.cash.costs[f"venture_costs.{row['cost_id']}"].sum())),
            **banded("cost", made.drawn.cash.costs[f"venture_costs.{row['cost_id']}"].sum(axis=0)),
            **(banded("yield_worth", gained) if row["yield_gain_share"] else {}),
            **{name: row[name] for name in ("basis", "source_id")},
        }
        for row in made.read.rows["venture_costs"]
        if row["kind"] in kinds
    ]
    return result_frame("venture_people", rows)


def _yield_worth(made: Appraisal) -> Floats:
    """What the yield gained by all training is worth: financial NPV with it less without it, draw by draw."""
    drawn = replace(made.read.venture.with_values(made.drawn.values), shut=made.bans)
    without = replace(drawn, terms=replace(drawn.terms, yield_gain=0.0))
    return made.drawn.fnpv - npv(drawn.terms.financial, cash_flows(without).project)


def fleet_table(made: Appraisal) -> pl.DataFrame:
    """Round trips and income of a vehicle, no row without vehicles; see `results/venture_fleet.csv`."""
    return result_frame("venture_fleet", [row for stage in made.fleets for row in _fleet(made, stage)])


def _fleet(made: Appraisal, stage: VentureStage) -> list[Row]:
    """What a fleet does in a year at full load, by band, and the return loads at which it breaks even."""
    middle, drawn = made.read.venture, made.read.venture.with_values(made.drawn.values)
    shares = {one.key: one.value for one in made.switches if one.key.endswith(".share")}
    rows = []
    for venture, cash in ((middle, made.cash), (drawn, made.drawn.cash)):
        vehicles = venture.value(f"{stage.key}.vehicles")
        days = 365.0 * vehicles
        own = np.asarray(venture.value(f"{stage.key}.turn_hours") * venture.value(HOURS, 1.0))
        most = venture.value(f"{stage.key}.capacity_year")
        rows.append(
            {
                "turn": own + venture.value(f"{stage.key}.wait_hours"),
                "trips_able": vehicle_trips(venture, stage),
                "trips_made": cash.taken[stage.key][-1] / vehicles,
                "permits_used": cash.taken[stage.key][-1] / most,
                "income": cash.revenue[-1] / days,
                "cost": (cash.revenue[-1] - cash.ebitda[-1]) / days,
            }
        )
    found = [_fleet_row(made, key, value, rows[1][key]) for key, value in rows[0].items()]
    found += [{"measure": "break_even_return", "unit": "share", "value": share} for share in shares.values()]
    for row in found:
        row |= {"stage_id": stage.key.split(".")[-1], "label": FLEET_WORDS[str(row["measure"])][0]}
    return found


def _fleet_row(made: Appraisal, key: str, value: Floats, drawn: Floats) -> Row:
    ends = quantiles(np.broadcast_to(drawn, (made.draws,))) or (None, None, None)
    row: Row = {"measure": key, "unit": FLEET_WORDS[key][1]}
    return row | {"value": made.single(float(np.ravel(value)[0]))} | dict(zip(NAMES, ends, strict=True))


def first_gate(made: Appraisal) -> float | None:
    """Price at the gate of the first product that is carried; None where none is."""
    carried = {
        f"venture_sales.{row['sale_id']}" for row in made.read.rows["venture_sales"] if row["origin_id"]
    }
    sale = next((one for one in made.read.venture.sales if one.key in carried), None)
    return None if sale is None else float(gate_price(made.read.venture, sale))
