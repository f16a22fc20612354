"""`karwan route`: every sensible route for a shipment, with money, days, papers and what is closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from karwan.cli.brief import ScenarioOption
from karwan.cli.output import CsvOption, Format, JsonOption, chosen, emit
from karwan.schema.results import result_table

if TYPE_CHECKING:
    import polars as pl

    from karwan.analysis.route import RouteAnswer
    from karwan.case.case import AppliedScenario

ListOption = list[str] | None
PAPER_ORDER = {"origin": 0, "leg": 1, "port": 2, "country": 3, "crossing": 4, "destination": 5}


def register(app: typer.Typer) -> None:
    """Add `route` to the root command."""
    app.command("route")(route)


def route(  # noqa: PLR0913 - the options of one command
    origin: Annotated[str, typer.Argument(help="Place by node id, name or alias.")],
    destination: Annotated[str, typer.Argument(help="Place by node id, name or alias.")],
    product: Annotated[str, typer.Option("--product", help="HS code, product id or name.")],
    tonnes: Annotated[float, typer.Option("--tonnes", help="Weight, t.")],
    depart: Annotated[
        datetime,
        typer.Option("--depart", formats=["%Y-%m-%d"], metavar="DAY", help="Day of departure, YYYY-MM-DD."),
    ],
    case: Annotated[str, typer.Option("--case", help="Embedded case or folder.")] = "kaz-pak",
    scenarios: ScenarioOption = None,
    avoid: Annotated[
        ListOption,
        typer.Option("--avoid", help="Places, countries, links or modes not to use; repeat or use commas."),
    ] = None,
    via: Annotated[ListOption, typer.Option("--via", help="Places to pass, in order.")] = None,
    opened: Annotated[
        ListOption,
        typer.Option(
            "--open", help="Crossings, links or places to take as open: 'what if Torkham were open'."
        ),
    ] = None,
    promise: Annotated[
        str | None,
        typer.Option(
            "--promise",
            help="Days promised, or the day YYYY-MM-DD by whose end it must arrive: gives the share on time.",
        ),
    ] = None,
    value_of_time: Annotated[
        float | None, typer.Option("--value-of-time", help="USD an hour is worth; the product's by default.")
    ] = None,
    reliability_ratio: Annotated[
        float | None,
        typer.Option("--reliability-ratio", help="Worth of an hour of P95 less mean over one of mean."),
    ] = None,
    carbon_price: Annotated[float | None, typer.Option("--carbon-price", help="USD per t CO2e.")] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=20, help="Routes at most.")] = 5,
    registration: Annotated[
        str,
        typer.Option(
            "--truck", help="Country the truck is registered in, ISO alpha-3; the origin's by default."
        ),
    ] = "",
    load: Annotated[
        float,
        typer.Option("--load", help="Traffic at the crossings over the usual: 1.2 makes queues longer."),
    ] = 1.0,
    days_of_year: Annotated[
        bool,
        typer.Option(
            "--days-of-year", help="P50 and P95 of the best route for each departure day of a year."
        ),
    ] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="List for each amount the rows of the case it comes from."),
    ] = False,
    journeys: Annotated[int, typer.Option("--journeys", help="Journeys drawn for each route.")] = 20_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the draw.")] = 1,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Find the routes of a shipment: money, P50 and P95 days, CO2e, landed cost, papers, and what is closed.

    Example: karwan route Kostanay Karachi --product chickpeas --tonnes 24 --depart 2026-12-01
    """
    form = chosen(as_json, as_csv)
    from karwan.analysis.route import RouteQuery, answer_route, promised_days
    from karwan.analysis.scenario import case_under

    query = RouteQuery(
        origin=origin,
        destination=destination,
        product=product,
        tonnes=tonnes,
        departure=depart.date(),
        avoid=_split(avoid),
        via=_split(via),
        opened=_split(opened),
        promise_days=None if promise is None else promised_days(promise, depart.date()),
        value_of_time_usd_h=value_of_time,
        reliability_ratio=reliability_ratio,
        carbon_price_usd_t=carbon_price,
        journeys=journeys,
        seed=seed,
        load=load,
        days_of_year=days_of_year,
        count=count,
        registration=registration.upper(),
        explain=explain,
    )
    asked = case_under(case, scenarios)[1]
    answer = answer_route(asked, query)
    if form is Format.TABLE:
        _show(answer, asked.scenarios)
    else:
        emit(answer.tables, form, meta={**answer.meta, "notes": list(answer.notes)}, under=asked.scenarios)


def _split(names: list[str] | None) -> tuple[str, ...]:
    return tuple(part.strip() for name in names or [] for part in name.split(",") if part.strip())


def _show(answer: RouteAnswer, under: Sequence[AppliedScenario]) -> None:
    import polars as pl

    tables, meta = answer.tables, answer.meta
    load = meta["shipment"]
    head = (
        f"{meta['origin']['name']} → {meta['destination']['name']}, {load['tonnes']:g} t {load['name']} "
        f"({load['units']} {'unit' if load['units'] == 1 else 'units'}), leaving {meta['departure']}"
    )
    best = tables["routes"]["name"][0]
    listed = tables["routes"].filter(pl.col("status") == "listed")["route"]
    blocks: dict[str, pl.DataFrame] = {
        head: _overview(tables["routes"]),
        "Named corridors": tables["corridors"].select("corridor", "status", "route", "reason"),
        f"Stages of route 1, {best}": _stage_view(tables["stages"]),
        "Closed or slow on the way": _closed_view(tables["closed"]),
        "Papers": _paper_view(tables["papers"]),
        "Guarantees in customs transit, listed routes": _guarantee_view(
            tables["guarantees"].filter(pl.col("route").is_in(listed.implode()))
        ),
        "What makes route 1 late: share of lateness, hours above the mean in late journeys": _late_view(
            tables["lateness"]
        ),
        f"Crossings of route 1 at {_times(meta['load'])} load": _load_view(tables["queues"]),
        "Random closures in the P95, with 90 % intervals": _rate_view(tables["closure_rates"]),
    }
    if "days_of_year" in tables:
        blocks["Route 1 by departure day"] = tables["days_of_year"]
    if "amounts" in tables:
        amounts = tables["amounts"].filter(pl.col("route") == 1)
        blocks["Where the amounts of route 1 come from"] = amounts.select(
            *result_table("route_amounts").headings
        )
    filled = {title: table for title, table in blocks.items() if table.height}
    shed = {
        head: {name: name for name in blocks[head].columns}
    }  # the last columns first, where there is no room
    emit(filled, Format.TABLE, columns=shed, notes=_footer(answer), under=under)


def _overview(routes: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    shown = {
        "route": pl.col("route"),
        "name": pl.col("name").str.replace("^via ", ""),
        "status": pl.col("status"),
        "USD": pl.col("usd"),
        "P5 days": pl.col("days_p5").round(1),
        "P50 days": pl.col("days_p50").round(1),
        "P95 days": pl.col("days_p95").round(1),
        "kg CO2e": pl.col("co2_kg"),
        "landed USD/t": pl.col("landed_usd_t"),
        "share": pl.col("share").round(3),
        "on-time share": pl.col("on_time_share").round(3),
        "P95 if none closes": pl.col("days_p95_no_closures").round(1),
    }
    if routes["on_time_share"].null_count() == routes.height:
        del shown["on-time share"]
    return routes.select(**shown)


def _stage_view(stages: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return stages.filter(pl.col("route") == 1).select(
        "stage",
        "kind",
        "name",
        "mode",
        _whole("km"),
        _whole("usd", "USD"),
        pl.col("hours").round(1),
        pl.col("sd_h").round(1).alias("sd hours"),
        _whole("co2_kg", "kg CO2e"),
        "basis",
    )


def _whole(column: str, name: str = "") -> pl.Expr:
    import polars as pl

    return pl.col(column).round(0).cast(pl.Int64).alias(name or column)


def _times(load: float) -> str:
    return "the usual" if load == 1.0 else f"{load:g} times the usual"


def _closed_view(closed: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    shown = closed.select("place", "kind", "since", "until", pl.col("last_seen").alias("last seen"), "reason")
    aside = closed["set_aside"]
    return shown.with_columns(aside.alias("set aside")) if aside.any() else shown


def _late_view(lateness: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    causes = {f"{c}_h": f"{c} h" for c in ("closure", "opening", "sailing", "queue", "service")}
    late = lateness.filter((pl.col("route") == 1) & (pl.col("share") >= 0.03)).sort("share", descending=True)
    felt = [_whole(column, name) for column, name in causes.items() if (late[column] >= 0.5).any()]
    return late.select("name", "kind", "share", _whole("excess_h", "hours"), *felt)


def _load_view(queues: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    waits = {"wait_usual_h": "usual wait, h", "wait_h": "wait, h", "added_h": "added, h"}
    return queues.filter(pl.col("route") == 1).select(
        "crossing",
        "mode",
        pl.col("load_share").round(2).alias("load share"),
        "state",
        *(pl.col(c).round(1).alias(name) for c, name in waits.items()),
    )


def _rate_view(rates: pl.DataFrame) -> pl.DataFrame:
    """Rates and lengths with their intervals in one text each."""
    import polars as pl

    def told(row: dict[str, Any], name: str, unit: str, digits: int) -> str:
        middle, low, high = (row[f"{name}_{part}{unit}"] for part in ("", "low_", "high_"))
        return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"

    rows = rates.to_dicts()
    return rates.select(
        "place",
        pl.col("closures").alias("on record"),
        pl.Series("closures a year", [told(r, "rate", "per_year", 2) for r in rows], pl.String),
        pl.Series("mean days", [told(r, "mean", "days", 1) for r in rows], pl.String),
        pl.col("closed_share").alias("closed share"),
    )


def _guarantee_view(guarantees: pl.DataFrame) -> pl.DataFrame:
    """Guarantees once each, with the routes they are lodged for."""
    import polars as pl

    same = ["country", "mode", "registration", "rule", "guarantee", "cost_usd", "note"]
    return (
        guarantees.group_by(same, maintain_order=True)
        .agg(pl.col("route").unique(maintain_order=True))
        .select(
            pl.col("route").map_elements(_ranges, return_dtype=pl.String).alias("routes"),
            "country",
            "mode",
            pl.col("registration").alias("truck"),
            "rule",
            "guarantee",
            pl.col("cost_usd").alias("USD"),
            "note",
        )
    )


def _ranges(numbers: Sequence[int]) -> str:
    """Whole numbers in order as a person writes them: '1 3-6 9'."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return " ".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)


def _paper_view(papers: pl.DataFrame) -> pl.DataFrame:
    """Papers once each, with the places that ask for them and the routes that need them."""
    import polars as pl

    every = papers["route"].n_unique()
    where = pl.when(pl.col("place") == "").then(pl.col("mode")).otherwise(pl.col("place"))
    routes = pl.col("routes").map_elements(_ranges, return_dtype=pl.String)
    return (
        papers.with_columns(where=where.replace("", None).fill_null("any mode"))
        .group_by("scope", "document_id", "name", "issued_by", "cost_usd", "time_h", maintain_order=True)
        .agg(
            where=pl.col("where").unique(maintain_order=True),
            routes=pl.col("route").unique(maintain_order=True),
        )
        .sort(pl.col("scope").replace_strict(PAPER_ORDER, return_dtype=pl.Int64), maintain_order=True)
        .select(
            pl.col("scope").alias("asked at"),
            pl.when(pl.col("scope") == "port")
            .then(pl.lit("each port"))
            .otherwise(pl.col("where").list.join(", "))
            .alias("where"),
            pl.col("name").alias("paper"),
            pl.col("issued_by").alias("from whom"),
            _whole("cost_usd", "USD"),
            _whole("time_h", "hours it takes"),
            pl.when(pl.col("routes").list.len() == every)
            .then(pl.lit("all"))
            .otherwise(routes)
            .alias("routes"),
        )
    )


def _footer(answer: RouteAnswer) -> list[str]:
    meta, own = answer.meta, answer.meta["weights"]
    return [
        f"Listed routes share at most {meta['search']['overlap_max']:.0%} of their way with one another and are ranked by what they cost in "
        "all; also possible: the best way of each other named corridor that is open. Days are door to door; share is the part of shippers "
        "a path-size logit sends there.",
        f"What counts in the ranking: money, an hour at USD {own['value_of_time_usd_h']:.2f}, an hour of P95 less mean at USD "
        f"{own['value_of_reliability_usd_h']:.2f}, a t of CO2e at USD {1000.0 * own['carbon_price_usd_kg']:.0f}.",
        *answer.notes,
        f"Corridor trade cost (logsum): USD {meta['choice']['logsum_usd_t']:,.0f}/t.",
        "All tables of all routes: --json or --csv.",
    ]
