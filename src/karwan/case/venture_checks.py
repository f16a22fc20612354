"""Rules on the tables of ventures: ranges hold their value, stages go in no circle, what is sold is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from karwan.case.problems import Problem
from karwan.case.rows import cells, numbered_rows
from karwan.schema import load_schema

Tables = Mapping[str, pl.DataFrame]
RANGED = (
    ("venture_stages", "output_per_input", "low", "high"),
    ("venture_costs", "value", "low", "high"),
    ("venture_sales", "price_usd", "low", "high"),
    ("venture_sales", "import_ban_share", "ban_low", "ban_high"),
    ("venture_sales", "share", "share_low", "share_high"),
    ("venture_supply", "price_usd_t", "low", "high"),
    ("venture_supply", "fit_share", "fit_low", "fit_high"),
    ("venture_supply", "reachable_share", "reach_low", "reach_high"),
    ("venture_supply", "transit_share", "transit_low", "transit_high"),
    ("venture_finance", "rate_share", "low", "high"),
    ("venture_shadow", "value", "low", "high"),
    ("venture_facts", "value", "low", "high"),
    ("terminal_terms", "value", "low", "high"),
    ("zone_terms", "charge_cut_share", "charge_cut_low", "charge_cut_high"),
    ("zone_terms", "rent_usd_m2_year", "rent_low", "rent_high"),
)
"""Table, its value, and the columns of the value's range."""


def ranges_hold_their_value(tables: Tables) -> list[Problem]:
    """A range has a low end at most its value and a high end at least its value."""
    problems = []
    for name, value, low, high in RANGED:
        for row, found in _rows(tables, name):
            wrong = _outside(found[value], found[low], found[high])
            if wrong:
                column = low if wrong == "low" else high
                problems.append(
                    _error(name, row, column, found[column], f"the range leaves out {value} {found[value]:g}")
                )
    return problems


NUMBERED = ("venture_stages", "venture_supply", "venture_finance")
"""Tables of whose numbers `venture_ranges` may give the range."""


def ranges_are_of_a_number(tables: Tables) -> list[Problem]:
    """A row of ranges is of a number in a row of the same venture, holds it, and is the only one."""
    numbers = {
        (name, row[load_schema()[name].key]): row
        for name in NUMBERED
        for row in tables[name].iter_rows(named=True)
    }
    problems, taken = [], set()
    for row, found in _rows(tables, "venture_ranges"):
        cell = (found["of_table"], found["of_row"])
        own = numbers.get(cell, {})
        value = own.get(found["of_column"])
        fault = _of_no_number(found, own, value) or _repeated(found, (*cell, found["of_column"]) in taken)
        taken.add((*cell, found["of_column"]))
        end = _outside(value, found["low"], found["high"])
        if fault:
            problems.append(_error("venture_ranges", row, *fault))
        elif end:
            fact = f"the range leaves out {found['of_column']} {value:g}"
            problems.append(_error("venture_ranges", row, end, found[end], fact))
    return problems


def _of_no_number(found: Mapping[str, Any], own: Mapping[str, Any], value: float | None) -> tuple[str, ...]:
    """What is wrong with the cell that a range is of; empty for nothing."""
    table, row = found["of_table"], found["of_row"]
    if own.get("venture_id") != found["venture_id"]:
        return (
            "of_row",
            row,
            f"{found['venture_id']} has no such row in {table}",
            "a key of one of its rows there",
        )
    if value is None:
        fact = f"{table}.csv has no number there"
        return "of_column", found["of_column"], fact, "a column of that row with a number"
    return ()


def _repeated(found: Mapping[str, Any], twice: bool) -> tuple[str, ...]:
    return (
        ("range_id", found["range_id"], "a second range of one number", "one row a number") if twice else ()
    )


def _outside(value: float | None, low: float | None, high: float | None) -> str:
    """Which end of a range leaves its value out; blank for none."""
    if value is None:
        return ""
    if low is not None and low > value:
        return "low"
    return "high" if high is not None and high < value else ""


def ventures_can_be_appraised(tables: Tables) -> list[Problem]:
    """A venture with years at work has stages and sales; its two owners are two countries."""
    having = {name: set(tables[name]["venture_id"]) for name in ("venture_stages", "venture_sales")}
    problems = []
    for row, found in _rows(tables, "ventures"):
        if found["life_years"] is not None:
            lacking = [name for name, ids in having.items() if found["venture_id"] not in ids]
            if lacking:
                fact = f"years at work, but no row in {', '.join(f'{name}.csv' for name in lacking)}"
                problems.append(
                    _error("ventures", row, "life_years", found["life_years"], fact, "blank, or rows there")
                )
        if found["partner_a"] is not None and found["partner_a"] == found["partner_b"]:
            fact = "both owners are of one country"
            problems.append(_error("ventures", row, "partner_b", found["partner_b"], fact, "another country"))
    return problems


def sales_are_made(tables: Tables) -> list[Problem]:
    """What is sold a stage of the venture makes, in shares of at most 1 together; over the corridors it goes by the tonne between two places."""
    made = set(cells(tables["venture_stages"], "venture_id", "output_product"))
    problems, sold = [], dict[tuple[str, str], float]()
    for row, found in _rows(tables, "venture_sales"):
        if (found["origin_id"] is None) != (found["destination_id"] is None):
            fact = "one end of the way is missing"
            problems.append(
                _error(
                    "venture_sales", row, "destination_id", found["destination_id"], fact, "both ends or none"
                )
            )
        elif found["origin_id"] is not None and (found["price_unit"] != "t" or found["product_id"] is None):
            fact = "goods that go over the corridors are products of the case, priced by the tonne"
            problems.append(
                _error("venture_sales", row, "price_unit", found["price_unit"], fact, "t, and a product_id")
            )
        product = found["output_product"] or found["product_id"]
        if found["by_product"] or product is None:
            continue
        key = (found["venture_id"], product)
        if key not in made:
            fact = f"no stage of {key[0]} makes {product}"
            problems.append(
                _error("venture_sales", row, "product_id", product, fact, "an output_product of its stages")
            )
        sold[key] = sold.get(key, 0.0) + (found["share"] or 0.0)
        if sold[key] > 1.0 + 1e-9:
            fact = f"more than all of {product} is sold: {sold[key]:g} with the rows above"
            problems.append(
                _error("venture_sales", row, "share", found["share"], fact, "shares of 1 together")
            )
    return problems


def stages_of_one_venture(tables: Tables) -> list[Problem]:
    """The stage a cost or sale names is one of its own venture; what stages take in goes in no circle."""
    owner = dict(cells(tables["venture_stages"], "stage_id", "venture_id"))
    problems = []
    for name in ("venture_costs", "venture_sales"):
        for row, found in _rows(tables, name):
            stage = found["stage_id"]
            if stage is not None and owner.get(stage, found["venture_id"]) != found["venture_id"]:
                fact = f"a stage of {owner[stage]}"
                problems.append(
                    _error(name, row, "stage_id", stage, fact, f"a stage of {found['venture_id']}")
                )
    stages = list(_rows(tables, "venture_stages"))
    for venture in sorted({row["venture_id"] for _, row in stages}, key=lambda name: name or ""):
        own = [(n, r) for n, r in stages if r["venture_id"] == venture]
        done, left = set[str](), own
        while left:
            waiting = {r["output_product"] for _, r in left}
            ready = [r["output_product"] for _, r in left if r["input_product"] not in waiting]
            if not ready:
                row, found = left[0]
                fact = "stages take in one another's products in a circle"
                allowed = "stages of which one takes in what none makes"
                problems.append(
                    _error("venture_stages", row, "input_product", found["input_product"], fact, allowed)
                )
                break
            done.update(ready)
            left = [(n, r) for n, r in left if r["output_product"] not in done]
    return problems


def fleets_have_a_way(tables: Tables) -> list[Problem]:
    """A stage with vehicles says how long a round trip takes: hours, or both ends and the load."""
    problems = []
    for row, found in _rows(tables, "venture_stages"):
        if found["vehicles"] is None or found["turn_hours"] is not None:
            continue
        missing = [name for name in ("origin_id", "destination_id", "product_id") if found[name] is None]
        if missing:
            fact = f"a fleet without hours of a round trip, and without {', '.join(missing)}"
            problems.append(
                _error("venture_stages", row, "turn_hours", None, fact, "hours, or both ends and a load")
            )
    return problems


def loans_are_repaid(tables: Tables) -> list[Problem]:
    """A loan's last payment comes after its grace years."""
    problems = []
    for row, found in _rows(tables, "venture_finance"):
        if found["kind"] == "loan" and (found["tenor_years"] or 0) <= (found["grace_years"] or 0):
            fact = "no year is left to repay it"
            problems.append(
                _error(
                    "venture_finance", row, "tenor_years", found["tenor_years"], fact, "more than grace_years"
                )
            )
    return problems


def money_is_for_something(tables: Tables) -> list[Problem]:
    """Loans and grants of a venture are at most what it spends once: more could not be drawn."""
    spent = (
        tables["venture_costs"].filter(pl.col("unit") == "USD").group_by("venture_id").agg(pl.sum("value"))
    )
    most, drawn = dict(spent.iter_rows()), dict[str, float]()
    problems = []
    for row, found in _rows(tables, "venture_finance"):
        venture, usd = found["venture_id"], found["usd"]
        if found["kind"] == "equity" or usd is None or venture not in most:
            continue
        drawn[venture] = drawn.get(venture, 0.0) + usd
        if drawn[venture] > most[venture] * (1.0 + 1e-9):
            fact = f"loans and grants of {drawn[venture]:,.0f} where {most[venture]:,.0f} is spent once"
            problems.append(
                _error(
                    "venture_finance",
                    row,
                    "usd",
                    f"{usd:,.0f}",
                    fact,
                    f"at most {most[venture]:,.0f} together",
                )
            )
    return problems


def raw_material_comes_from_somewhere(tables: Tables) -> list[Problem]:
    """What a stage takes in has a row of supply, is made by another stage, or is a fleet's own trips; what is supplied a stage takes in."""
    stages = tables["venture_stages"]
    made = set(stages.select("venture_id", "output_product").iter_rows())
    taken = set(stages.select("venture_id", "input_product").iter_rows())
    supplied = set(tables["venture_supply"].select("venture_id", "product_id").iter_rows())
    problems = []
    for row, found in _rows(tables, "venture_stages"):
        key = (found["venture_id"], found["input_product"])
        if found["vehicles"] is None and key[1] is not None and key not in made | supplied:
            fact = f"nobody supplies {key[1]}, so it would be free and without end"
            allowed = "a product of venture_supply.csv, or an output_product of its stages"
            problems.append(_error("venture_stages", row, "input_product", key[1], fact, allowed))
    for row, found in _rows(tables, "venture_supply"):
        key = (found["venture_id"], found["product_id"])
        if key not in taken:
            fact = f"no stage of {key[0]} takes in {key[1]}"
            allowed = "an input_product of its stages"
            problems.append(_error("venture_supply", row, "product_id", key[1], fact, allowed))
    return problems


def _rows(tables: Tables, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of a table with their number in the file."""
    return numbered_rows(tables[name])


def _error(
    table: str, row: int, column: str, value: object, fact: str, allowed: str = "low <= value <= high"
) -> Problem:
    return Problem("error", f"{table}.csv", row, column, "" if value is None else str(value), fact, allowed)


VENTURE_RULES = (
    ranges_hold_their_value,
    ranges_are_of_a_number,
    ventures_can_be_appraised,
    sales_are_made,
    stages_of_one_venture,
    fleets_have_a_way,
    loans_are_repaid,
    money_is_for_something,
    raw_material_comes_from_somewhere,
)
