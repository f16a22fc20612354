"""Figures of kaz-pak in docs/assignment.md, corridor.md, length_check.md, scenario.md and sensitivity.md: written by tools/docs.py, checked by the tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import polars as pl
from figures import Pages, rows_of

from karwan.analysis.assignment import assign_corridors, default_demand
from karwan.analysis.corridor_compare import compared_routes
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.scenario import compare_corridors
from karwan.analysis.sensitivity import CorridorBase, rebuild_switches, sensitivity_answer, sensitivity_note
from karwan.case import read_case
from karwan.case.length_check import DETOUR_OUTSIDE, DISAGREES, SHORTER, length_findings
from karwan.case.places import Gazetteer
from karwan.case.scenario import case_under
from karwan.project import open_case
from karwan.words import say, sentences

NEAREST = 6
SHORT_KM = 40
USES = {"validate": "held back", "calibrate": "may set figures", "shown": "shown only"}


@cache
def study() -> CorridorStudy:
    """The corridors of the case on its day."""
    case = read_case("kaz-pak")
    return CorridorStudy(case, case.settings.as_of)


@cache
def opened() -> frozenset[str]:
    """Torkham and Chaman."""
    places = Gazetteer(study().case.tables)
    return frozenset(p for name in ("Torkham", "Chaman") for p in places.openable(name))


def assignment() -> Iterator[str]:
    """Routes of one pair at today's trade, and at a hundred times it."""
    base = CorridorBase(study())
    demand = default_demand(base)
    today, more = (
        assign_corridors(study(), demand.with_columns(pl.col("t_day") * times)) for times in (1, 100)
    )
    pair = (pl.col("origin") == "Almaty") & (pl.col("destination") == "Karachi Port")
    table = today.routes.with_columns(share_100=more.routes["share"], hours_100=more.routes["hours"]).filter(
        pair
    )
    yield from ("    karwan corridor assign kaz-pak", "", *sentences([*today.notes[-2:], today.outcome]), "")
    header = (
        "Almaty → Karachi Port, chickpeas | USD/t | hours | share | hours at 100 times the trade | share then"
    )
    columns = ["route", "usd_t", "hours", "share", "hours_100", "share_100"]
    shares = table.with_columns(pl.col("share", "share_100").map_elements(lambda v: f"{v:.3f}", pl.String))
    yield from rows_of(header, shares, columns)
    sums = [float(f.demand.filter(pair)["logsum_usd_t"][0]) for f in (today, more)]
    yield from ("", f"Logsum: {sums[0]:.1f} USD/t today, {sums[1]:.1f} at a hundred times the trade.", "")
    header = (
        "fullest places at 100 times the trade | unit | a day | others a day | capacity | load | hours added"
    )
    columns = ["place", "unit", "volume_day", "background_day", "capacity_day", "load_share", "delay_h"]
    yield from rows_of(header, more.loads.head(8), columns)


def sensitivities() -> Iterator[str]:
    """Three pairs: who leads, what could flip it, and whether it does on a network built again."""
    command = "karwan corridor sensitivity kaz-pak"
    for words, pair, places in (
        ("", ("ALA", "P_KHI"), frozenset[str]()),
        (" --from Kostanay", ("KOS", "P_KHI"), frozenset[str]()),
        (" --open Torkham,Chaman", ("ALA", "P_KHI"), opened()),
    ):
        base = CorridorBase(study(), opened=places)
        table = sensitivity_answer(base, "a_to_b", pair)
        yield from (
            f"    {command}{words} --rebuild",
            "",
            f"{study().pair_label(*pair)}: {say(sensitivity_note(table))}",
            "",
        )
        flips = rebuild_switches(base, "a_to_b", pair, table.filter("flips"))
        if flips.height:
            header = "assumed input | value (range) | flips | corridor | best on a network built again"
            columns = ["parameter", "value_text", "switch_text", "corridor_flipped", "best_rebuilt"]
            yield from rows_of(
                header, flips.with_columns(pl.col("switch_text").str.replace(": .*", "")), columns
            )
        else:
            header = "assumed input | value (range) | nearest rival | still behind, USD/t | flips"
            columns = ["parameter", "value_text", "rival", "behind_usd_t", "switch_text"]
            yield from rows_of(header, table.head(NEAREST), columns)
        yield ""


def like_for_like() -> Iterator[str]:
    """KTAP and KUAP by road, by rail and by mixes of both, from each origin, both ways."""
    table = open_case("kaz-pak").modes(corridors=("KTAP", "KUAP")).tables["ways"]
    shown = table.filter(pl.col("usd").is_not_null()).with_columns(
        pl.col("days").map_elements(lambda v: f"{v:.1f}", pl.String),
        pl.format("{} %", (100 * pl.col("rail_share")).round(0).cast(pl.Int64)).alias("rail_share"),
    )
    yield from rows_of(
        "from, to | corridor | by | status | USD | all told | mean days | km | by rail",
        shown,
        ["pair_label", "corridor", "way", "status", "usd", "all_told_usd", "days", "km", "rail_share"],
    )
    lost = (
        table.filter(pl.col("usd").is_null())
        .group_by("corridor", "way", "reason")
        .len()
        .sort("corridor", "way", "reason")
    )
    yield from (
        "",
        "No such way: " + "; ".join(f"{c} by {w}, {r} ({n} pairs)" for c, w, r, n in lost.iter_rows()) + ".",
        "",
    )


def trips() -> Iterator[str]:
    """KTAP and KUAP like for like, then the model against observed trips, by use."""
    yield from like_for_like()
    table = open_case("kaz-pak").observed(every=True).tables["trips"]
    for use, words in USES.items():
        rows = table.filter((pl.col("use") == use) & (pl.col("status") == "done"))
        timed = rows["error_days"].drop_nulls()
        if timed.len():
            signed, missed = timed.mean(), timed.abs().mean()
            yield f"Trips ({words}): {timed.len()} with days, error {signed:+.1f} days on average, {missed:.1f} without its sign."
    yield ""
    known = pl.any_horizontal(pl.col("observed_days", "observed_usd").is_not_null())
    shown = table.filter((pl.col("use") != "shown") & (pl.col("status") == "done") & known).with_columns(
        pl.col("use").replace_strict(USES),
        *(pl.col(c).map_elements(lambda v: f"{v:.1f}", pl.String) for c in ("observed_days", "model_days")),
        pl.col("error_days").map_elements(lambda v: f"{v:+.1f}", pl.String),
        model_usd=pl.when(pl.col("observed_usd").is_not_null()).then("model_usd"),
        cost_unit=pl.when(pl.col("observed_usd").is_not_null()).then("cost_unit"),
    )
    header = "trip | use | days observed | model | error | USD observed | model | for"
    columns = [
        "trip",
        "use",
        "observed_days",
        "model_days",
        "error_days",
        "observed_usd",
        "model_usd",
        "cost_unit",
    ]
    yield from rows_of(header, shown, columns)


COMPARED = (("usd_20t", "USD", ",.0f"), ("days", "days", ".1f"), ("days_p95", "P95 of days", ".1f"))


def scenarios() -> Iterator[str]:
    """What each scenario of the case moves on the headline pair from the first party."""
    before = compared_routes(study())
    pair = study().pairs("a_to_b")[0]
    yield (
        f"{study().pair_label(*pair)}, {study().case.settings.load_t:g} t of {study().shipment().name.lower()}, "
        f"{study().as_of:%-d %B %Y} (USD; mean days; P95 of days):"
    )
    yield from ("", "| scenario | supposes | moves |", "|---|---|---|")
    for name, title in (
        open_case("kaz-pak").scenarios().tables["scenarios"].select("scenario", "title").iter_rows()
    ):
        after = compared_routes(CorridorStudy(case_under("kaz-pak", name)[1], study().as_of))
        routes = compare_corridors(before, after).filter(origin_id=pair[0], destination_id=pair[1])
        moved = list(filter(None, map(_moved, routes.iter_rows(named=True))))
        yield f"| `{name}` | {title} | {'; '.join(moved) or 'no corridor of this pair'} |"


def _moved(row: dict[str, Any]) -> str:
    """A corridor's figures where any of them moves as printed: all where it opens or is new, else those that move."""
    was, now = row["status_before"], row["status_after"]
    pairs = [(row[f"{c}_before"], row[f"{c}_after"], words, form) for c, words, form in COMPARED]
    if was != now:
        figures = ", ".join(f"{words} {after:{form}}" for _, after, words, form in pairs)
        return f"{row['corridor']} {'is added' if was is None else 'opens' if now == 'open' else 'shuts'}: {figures}"
    texts = [
        (f"{before:{form}}", f"{after:{form}}", words)
        for before, after, words, form in pairs
        if after is not None
    ]
    figures = ", ".join(f"{words} {old} to {new}" for old, new, words in texts if old != new)
    return f"{row['corridor']} {figures}" if figures else ""


def lengths() -> Iterator[str]:
    """How many lengths of links have an independent one, and how many disagree with it."""
    links = study().case["links"]
    found = length_findings(links, study().case["nodes"])
    counts = [found.filter(finding=name).height for name in (DETOUR_OUTSIDE, SHORTER)]
    apart = found.filter(finding=DISAGREES)
    near = apart.filter(pl.col("length_km") < SHORT_KM).height
    yield (
        f"Of {links.height} links {links['check_length_km'].count()} have an independent length. {apart.height} disagree by more than a quarter; "
        f"{near} of these are shorter than {SHORT_KM} km. Outside the detour band: {counts[0]}. Shorter than the great circle: {counts[1]}."
    )


PAGES: Pages = {
    "assignment.md": assignment,
    "corridor.md": trips,
    "length_check.md": lengths,
    "scenario.md": scenarios,
    "sensitivity.md": sensitivities,
}
