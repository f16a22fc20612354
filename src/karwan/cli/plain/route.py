"""Routes on a terminal: all routes in short, then the best one in full; papers and guarantees once each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from karwan.analysis.contract import Result
from karwan.cli.plain.page import Block, PlainPage, plain_page
from karwan.notes import note
from karwan.schema.results import result_table
from karwan.words import say, sentences

SCOPES = (
    *("origin", "leg", "driver", "truck", "loading", "port", "discharge"),
    *("country", "crossing", "destination"),
)
CAUSES = ("closure_h", "opening_h", "sailing_h", "queue_h", "service_h")
LEAST_LATE = 0.03
"""Stages that cause less of the lateness are not shown."""
SANCTIONED, UNKNOWN = "sanctioned", "unknown"
ONE_ROUTE = pl.col("route") == 1


def route_page(result: Result) -> PlainPage:
    """The answer of `karwan route` for people."""
    return plain_page(_blocks(result), _notes(result), _lead(result))


def _lead(result: Result) -> list[str]:
    """What was asked, and what the figures below rest on."""
    asked = _asked(result.meta, result.tables["routes"], result.tables["rules"])
    return [asked, *sentences(result.notes[: result.lead])]


def _blocks(result: Result) -> Iterator[Block]:
    tables, meta = result.tables, result.meta
    routes = tables["routes"]
    yield say(note("route.routes")), "route_offers", _overview(routes, tables["rules"])
    corridors = tables["corridors"].select("corridor", "status", "route", "reason")
    yield say(note("route.corridors")), "route_corridors", corridors
    if "stages" in tables:
        stages = say(note("route.stages", route=routes["name"][0]))
        yield stages, "route_stages", _stages(tables["stages"])
    paid = tables["paid"].filter(ONE_ROUTE).drop("route", "source_id")
    yield say(note("route.paid", route=routes["name"][0])), "route_paid", paid
    carriers = tables["carriers"].filter(ONE_ROUTE).drop("route", "service_ids", "source_id")
    yield say(note("route.carriers")), "route_carriers", carriers
    yield say(note("route.closed")), "route_closed", _closed(tables["closed"])
    if tables["rules"].height:
        yield say(note("route.rules")), "route_rules", _rules(tables["rules"])
    yield from _to_carry(tables, whole="stages" in tables)
    yield say(note("route.lateness")), "route_lateness", _lateness(tables["lateness"])
    queues = note("route.queues_usual") if meta["load"] == 1.0 else note("route.queues", load=meta["load"])
    yield say(queues), "route_queues", _queues(tables["queues"])
    yield say(note("route.closure_rates")), "closure_rates", _rates(tables["closure_rates"])
    if "days_of_year" in tables:
        yield say(note("route.by_day")), "route_days", tables["days_of_year"]
    if "amounts" in tables:
        shown = list(result_table("route_amounts").headings)
        yield say(note("route.amounts")), "route_amounts", tables["amounts"].filter(ONE_ROUTE).select(shown)


def _to_carry(tables: Mapping[str, pl.DataFrame], *, whole: bool) -> Iterator[Block]:
    """Papers and guarantees: of route 1, or of all routes and of the listed ones where the whole is asked for."""
    routes, every = tables["routes"], "_all" if whole else ""
    listed = routes.filter((pl.col("status") == "listed") & (ONE_ROUTE | whole))["route"].implode()
    papers = tables["papers"].filter(ONE_ROUTE | whole)
    yield say(note(f"route.papers{every}")), "route_papers", _papers(papers).drop([] if whole else ["routes"])
    guarantees = _guarantees(tables["guarantees"].filter(pl.col("route").is_in(listed)))
    yield (
        say(note(f"route.guarantees{every}")),
        "route_guarantees",
        guarantees.drop([] if whole else ["routes"]),
    )


def _asked(meta: Mapping[str, Any], routes: pl.DataFrame, rules: pl.DataFrame) -> str:
    """Title: from where to where, what, and when; and the sanctions that the first route meets."""
    load = meta["shipment"]
    asked = note(
        "route.asked",
        origin=meta["origin"]["name"],
        destination=meta["destination"]["name"],
        tonnes=load["tonnes"],
        product=load["name"],
        units=load["units"],
        departure=meta["departure"],
    )
    title, authorities = say(asked), sanctioned_by(rules, SANCTIONED).get(1)
    if not authorities:
        return title
    caution = note("route.caution", route=routes["name"][0], authorities=" and ".join(authorities))
    return f"{title}. {say(caution)}"


def sanctioned_by(rules: pl.DataFrame, effect: str) -> dict[int, list[str]]:
    """Route to who made the rules of an effect that it meets, in order of the alphabet."""
    own = rules.filter(pl.col("route").is_not_null() & (pl.col("effect") == effect))
    by = own.explode("authority").group_by("route").agg(pl.col("authority").unique().sort())
    return {int(route): list(names) for route, names in by.iter_rows()}


def _marks(routes: pl.DataFrame, rules: pl.DataFrame) -> list[str]:
    """Status of each route with the sanctions it meets, and those of which it is not known whether it does."""
    met, unclear = (sanctioned_by(rules, effect) for effect in (SANCTIONED, UNKNOWN))
    marks = []
    for route, status in routes.select("route", "status").iter_rows():
        own = met.get(route, [])
        open_ones = [name for name in unclear.get(route, []) if name not in own]
        parts = [status]
        parts += [f"sanctions: {' '.join(own)}"] if own else []
        parts += [f"not known: {' '.join(open_ones)}"] if open_ones else []
        marks.append(", ".join(parts))
    return marks


def _notes(result: Result) -> list[str]:
    meta, own = result.meta, result.meta["weights"]
    weights = note(
        "route.weights",
        hour=own["value_of_time_usd_h"],
        reliability=own["value_of_reliability_usd_h"],
        carbon=1000.0 * own["carbon_price_usd_kg"],
    )
    return sentences(
        [
            note("route.reading", overlap_share=meta["search"]["overlap_max"]),
            weights,
            *result.notes[result.lead :],
            note("route.logsum", logsum=meta["choice"]["logsum_usd_t"]),
            note("route.all_tables"),
        ]
    )


def _overview(routes: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    shown = [column for column in result_table("route_offers").headings if column in routes.columns]
    if routes["on_time_share"].null_count() == routes.height:
        shown.remove("on_time_share")
    return routes.select(shown).with_columns(
        pl.Series("status", _marks(routes, rules), dtype=pl.String),
        pl.col("name").str.replace("^via ", ""),
        pl.col("^days_.*$").round(1),
        pl.col("^.*share$").round(3),
    )


def _stages(stages: pl.DataFrame) -> pl.DataFrame:
    return stages.filter(ONE_ROUTE).select(
        "stage",
        "kind",
        "name",
        "mode",
        *(_whole(column) for column in ("km", "usd")),
        pl.col("hours", "sd_h").round(1),
        _whole("co2_kg"),
        "basis",
    )


def _whole(column: str) -> pl.Expr:
    return pl.col(column).round(0).cast(pl.Int64)


def _closed(closed: pl.DataFrame) -> pl.DataFrame:
    shown = ["place", "kind", "since", "until", "last_seen", "reason"]
    return closed.select([*shown, "set_aside"] if closed["set_aside"].any() else shown)


def _rules(rules: pl.DataFrame) -> pl.DataFrame:
    """Rules once each, with the routes that fall under them and those left out."""
    same = ["name", "effect", "authority", "place", "since", "basis"]
    same += [name for name in ("source_id",) if name in rules.columns]
    once = rules.group_by(same, maintain_order=True).agg(
        routes=pl.col("route").drop_nulls().unique(maintain_order=True),
        left_out=pl.col("left_out").drop_nulls().unique(maintain_order=True).str.join("; "),
    )
    return once.select(_runs_of("routes"), *same, "left_out")


def _papers(papers: pl.DataFrame) -> pl.DataFrame:
    """Papers once each, with the places that ask for them and the routes that need them."""
    every = papers["route"].n_unique()
    where = pl.when(pl.col("place") == "").then(pl.col("mode")).otherwise(pl.col("place"))
    same = ["scope", "document_id", "name", "issued_by", "cost_usd", "time_h"]
    once = (
        papers.with_columns(where=where.replace("", None).fill_null("any mode"))
        .group_by(same, maintain_order=True)
        .agg(
            where=pl.col("where").unique(maintain_order=True),
            routes=pl.col("route").unique(maintain_order=True),
        )
        .sort(pl.col("scope").cast(pl.Enum(SCOPES)), maintain_order=True)
    )
    at_ports = pl.when(pl.col("scope") == "port").then(pl.lit("each port"))
    of_all = pl.when(pl.col("routes").list.len() == every).then(pl.lit("all"))
    return once.select(
        "scope",
        at_ports.otherwise(pl.col("where").list.join(", ")).alias("where"),
        "name",
        "issued_by",
        _whole("cost_usd"),
        _whole("time_h"),
        of_all.otherwise(_runs_of("routes")).alias("routes"),
    )


def _guarantees(guarantees: pl.DataFrame) -> pl.DataFrame:
    """Guarantees once each, with the routes they are lodged for."""
    same = ["country", "mode", "registration", "rule", "guarantee", "cost_usd", "note"]
    once = guarantees.group_by(same, maintain_order=True).agg(
        routes=pl.col("route").unique(maintain_order=True)
    )
    return once.select(_runs_of("routes"), *same)


def _runs_of(column: str) -> pl.Expr:
    return pl.col(column).map_elements(runs_of_numbers, return_dtype=pl.String)


def runs_of_numbers(numbers: Sequence[int]) -> str:
    """Whole numbers in order as a person writes them.

    Examples
    --------
    >>> runs_of_numbers([1, 3, 4, 5, 9])
    '1 3-5 9'
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return " ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _lateness(lateness: pl.DataFrame) -> pl.DataFrame:
    """Stages of the best route that matter, with the causes that do."""
    late = lateness.filter(ONE_ROUTE & (pl.col("share") >= LEAST_LATE)).sort("share", descending=True)
    causes = [column for column in CAUSES if (late[column] >= 0.5).any()]
    return late.select("name", "kind", "share", _whole("excess_h"), *(_whole(c) for c in causes))


def _queues(queues: pl.DataFrame) -> pl.DataFrame:
    return queues.filter(ONE_ROUTE).select(
        "crossing",
        "mode",
        pl.col("load_share").round(2),
        "state",
        pl.col("wait_usual_h", "wait_h", "added_h").round(1),
    )


def _rates(rates: pl.DataFrame) -> pl.DataFrame:
    """Rates and lengths with their intervals in one text each."""
    return rates.select(
        "place",
        "closures",
        _interval("rate_per_year", "rate_low_per_year", "rate_high_per_year", 2),
        _interval("mean_days", "mean_low_days", "mean_high_days", 1),
        "closed_share",
    )


def _interval(middle: str, low: str, high: str, digits: int) -> pl.Expr:
    def told(row: Mapping[str, float]) -> str:
        return f"{row[middle]:.{digits}f} ({row[low]:.{digits}f} to {row[high]:.{digits}f})"

    return pl.struct(middle, low, high).map_elements(told, return_dtype=pl.String).alias(middle)
