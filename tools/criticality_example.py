"""The worked example of docs/criticality.md, reckoned from the case: run by tools/docs.py, checked by the tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import polars as pl
from figures import Pages, rows_of

from karwan.analysis.assignment import assign_corridors, default_demand
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.criticality import CriticalAnswer, before_and_after, closure_note, critical_answer
from karwan.analysis.sensitivity import CorridorBase
from karwan.case import read_case
from karwan.case.places import Gazetteer
from karwan.words import say, sentences

OPENED = ("Torkham", "Chaman", "Ghulam Khan", "Kharlachi", "Angoor Adda")
PRODUCTS = ("chickpeas", "kinnow")
LOAD = 2_000_000.0
BOUND = 1e-9
COMMAND = f'karwan corridor critical kaz-pak --open "{",".join(OPENED)}"'


@cache
def bases(product: str) -> tuple[CorridorBase, CorridorBase]:
    """The corridors as they stand and with the five crossings open, for a product."""
    case = read_case("kaz-pak")
    case = replace(case, settings=replace(case.settings, reference_product=product))
    study = CorridorStudy(case, case.settings.as_of)
    places = Gazetteer(case.tables)
    opened = frozenset(p for name in OPENED for p in places.openable(name))
    return CorridorBase(study), CorridorBase(study, opened=opened)


def changes(product: str) -> Iterator[str]:
    """What the closure costs a product."""
    now, opened = bases(product)
    table = before_and_after(now, opened)
    yield from ("", f"**{product.capitalize()}.** {say(closure_note(table))}")
    yield " ".join(sentences(opened.demand.notes))
    moved = table.filter(pl.col("open_route") != pl.col("now_route"))
    if not moved.height:
        yield "No pair's best way passed these crossings."
        return
    pair = moved.with_columns(pair=pl.format("{} → {}", "origin", "destination"))
    yield ""
    header = "pair | with the crossings open | as it stands | extra USD/t | extra hours | extra USD a year | by choice"
    columns = ["pair", "open_route", "now_route", "extra_usd_t", "extra_hours", "extra_usd_year"]
    yield from rows_of(header, pair, [*columns, "choice_usd_year"])


def gates(answer: CriticalAnswer, base: CorridorBase) -> Iterator[str]:
    """The reopened crossings, and Hairatan before them, each shut alone."""
    known = base.opened | {"B_AIRA"}
    table = answer.places.filter(pl.col("place_id").is_in(sorted(known)) & (pl.col("kind") == "crossing"))
    header = "shut alone | extra USD a year | by choice | an hour less | a truck a day more | truck hours of others"
    columns = ["place", "extra_usd_year", "choice_usd_year", "value_hour_usd_year", "value_truck_usd_year"]
    yield from rows_of(header, table, [*columns, "background_hours_year"])


def weakest(answer: CriticalAnswer) -> Iterator[str]:
    """First places of the ranking, then the worst pairs of places."""
    first = answer.places.filter(pl.col("same_as_rank").is_null()).head(6)
    header = "rank | place | kind | extra USD/t | extra hours | extra USD a year | by choice | an hour less"
    columns = ["rank", "place", "kind", "extra_usd_t", "extra_hours", "extra_usd_year", "choice_usd_year"]
    yield from rows_of(header, first, [*columns, "value_hour_usd_year"])
    yield ""
    header = "shut together | and | extra USD a year | beyond the two alone | pairs cut off"
    columns = ["place_1", "place_2", "extra_usd_year", "beyond_usd_year", "pairs_cut"]
    yield from rows_of(header, answer.pairs.head(5), columns)


def loads() -> Iterator[str]:
    """Places under a demand of 2,000,000 t a year each way."""
    now, _ = bases(PRODUCTS[0])
    places = Gazetteer(now.case.tables)
    opened = frozenset(p for name in OPENED[:2] for p in places.openable(name))
    base = CorridorBase(now.study, opened=opened, tonnes_year=LOAD)
    found = assign_corridors(now.study, default_demand(base), opened=opened, tolerance=BOUND)
    header = "place | unit | a day | load over capacity | hours added | beyond the formula"
    columns = ["place", "unit", "volume_day", "load_share", "delay_h", "beyond"]
    table = found.loads.head(6).with_columns(
        beyond=pl.when("beyond_limit").then(pl.lit("yes")).otherwise(pl.lit("no"))
    )
    yield f"    karwan corridor assign kaz-pak --open {','.join(OPENED[:2])} --tonnes-year {LOAD:.0f}"
    state = "is below" if found.converged else "stays above"  # the residual itself differs by machine
    yield from ("", f"The residual {state} {BOUND:g}.", "")
    yield from rows_of(header, table, columns)


def example() -> Iterator[str]:
    """The whole example."""
    now, opened = bases(PRODUCTS[0])
    answer, open_answer = critical_answer(now), critical_answer(opened)
    lines = [f"    {COMMAND}", *(f"    {COMMAND} --product {p}" for p in PRODUCTS[1:])]
    for product in PRODUCTS:
        lines += changes(product)
    lines += ["", f"With the five crossings open, {PRODUCTS[0]}:", "", *gates(open_answer, opened)]
    lines += [
        "",
        f"The network as it stands on {now.study.as_of}, {PRODUCTS[0]}. {' '.join(sentences(answer.notes[2:]))}",
    ]
    lines += ["", *weakest(answer), "", *loads()]
    yield from lines


PAGES: Pages = {"criticality.md": example}
