"""`karwan corridor critical`, `sensitivity` and `assign`: weak points, shaky assumptions, loads."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from karwan.cli.brief import AsOfOption, CaseArgument, ScenarioOption
from karwan.cli.output import CsvOption, Format, JsonOption, by_title, chosen, emit
from karwan.cli.streams import echo
from karwan.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karwan.analysis.corridors import CorridorStudy
    from karwan.analysis.criticality import CriticalAnswer

OpenOption = Annotated[
    str | None, typer.Option("--open", help="Crossings or links taken as open: Torkham,Chaman.")
]
ASSIGN_COLUMNS: Mapping[str, Sequence[str] | Mapping[str, str]] = {
    "loads": {
        "place": "place",
        "unit": "unit",
        "volume_day": "a day",
        "background_day": "others a day",
        "capacity_day": "capacity",
        "load_share": "load_share",
        "delay_h": "delay_h",
        "beyond_limit": "beyond limit",
    },
    "demand": ["origin", "destination", "product", "demand_t_day", "assigned_t_day", "logsum_usd_t"],
}
ROUTES = ["route", "share", "t_day", "usd_t", "hours", "generalised_cost_usd_t"]
TonnesOption = Annotated[
    float | None,
    typer.Option("--tonnes-year", help="Tonnes a year each way; from the case's flows otherwise."),
]


ProductOption = Annotated[
    str | None,
    typer.Option("--product", help="Product id, HS code or name; the case's reference product otherwise."),
]


def register(corridor: typer.Typer) -> None:
    """Add `critical`, `sensitivity` and `assign` to `karwan corridor`."""
    corridor.command("critical")(critical)
    corridor.command("sensitivity")(sensitivity)
    corridor.command("assign")(assign)


def critical(  # noqa: PLR0913 - the options of one command
    case: CaseArgument = "kaz-pak",
    as_of: AsOfOption = None,
    scenarios: ScenarioOption = None,
    product: ProductOption = None,
    opened: OpenOption = None,
    tonnes_year: TonnesOption = None,
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="Detours may pass countries no named corridor passes.")
    ] = False,
    most: Annotated[
        int | None,
        typer.Option(
            "--pairs", help="Close only so many worst places together with every other; all otherwise.", min=0
        ),
    ] = None,
    place: Annotated[
        str, typer.Option("--place", help="Tell of this place alone, with what each pair does without it.")
    ] = "",
    top: Annotated[int, typer.Option("--top", help="Rows to show in each plain table.", min=1)] = 25,
    maps: Annotated[
        list[Path] | None,
        typer.Option(
            "--map", help="Map to write: FILE.svg (picture) or FILE.geojson (for QGIS); may be repeated."
        ),
    ] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Close each crossing, terminal and link in turn: what reroutes, what it costs, what an hour is worth.

    With --open a second base, where these places are open, stands beside the first, and what their closure costs; the map then shows
    the second.

    Examples: karwan corridor critical kaz-pak --map weak.svg

    karwan corridor critical kaz-pak --place "Bandar Abbas"

    karwan corridor critical kaz-pak --open Torkham,Chaman
    """
    from karwan.analysis.criticality import BEFORE_AFTER, before_and_after, closure_text, critical_answer
    from karwan.analysis.sensitivity import CorridorBase
    from karwan.report.weak_map_files import WeakMap, check_map_files, write_weak_map

    form = chosen(as_json, as_csv)
    study = _study(case, as_of, scenarios, product)
    _check_tonnes(tonnes_year)
    places = opened_places(study, opened)
    check_map_files(maps or ())
    base = CorridorBase(study, tonnes_year=tonnes_year, anywhere=anywhere)
    answers = {"": critical_answer(base, most=most, only=place)}
    tables = {}
    if places:
        other = CorridorBase(study, opened=places, tonnes_year=tonnes_year, anywhere=anywhere)
        answers[" (opened)"] = critical_answer(other, most=most, only=place)
        costs = before_and_after(base, other)
        tables["what the closure costs"] = costs.select(BEFORE_AFTER) if form is Format.TABLE else costs
    for suffix, answer in answers.items():
        tables |= answer.plain(suffix, top) if form is Format.TABLE else answer.tables(suffix)
    text = _critical_text(study, places, list(answers.values()))
    text += [closure_text(costs)] if places else []
    shown = WeakMap(study, list(answers.values())[-1], places)
    text += [f"Wrote {write_weak_map(shown, path)}." for path in maps or ()]
    meta = {**_meta(study), "opened": sorted(places)} if form is Format.JSON else None
    emit(tables, form, meta=meta, notes=text, under=study.case.scenarios)
    if form is Format.CSV and maps:
        echo(text[-1], err=True)


def _critical_text(
    study: CorridorStudy, places: frozenset[str], answers: Sequence[CriticalAnswer]
) -> list[str]:
    """Sentences below the tables; those on the opened base are marked."""
    if len(answers) == 1:
        return list(answers[0].text)
    names = ", ".join(sorted({study.place_name(p) for p in places}))
    return [
        *answers[0].text,
        f"(opened) is the network with these taken as open: {names}.",
        *(f"(opened) {line}" for line in answers[1].text if line not in answers[0].text),
    ]


def sensitivity(
    case: CaseArgument = "kaz-pak",
    as_of: AsOfOption = None,
    scenarios: ScenarioOption = None,
    product: ProductOption = None,
    opened: OpenOption = None,
    origin: Annotated[
        str | None, typer.Option("--from", help="Origin; the headline pair's by default.")
    ] = None,
    destination: Annotated[
        str | None, typer.Option("--to", help="Destination; the headline pair's by default.")
    ] = None,
    flips_only: Annotated[bool, typer.Option("--flips", help="Only what flips the ranking.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Check each flip on a network built again beyond its value.")
    ] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Which assumed input could make another corridor the best one, and at what value.

    Example: karwan corridor sensitivity kaz-pak --open Torkham,Chaman --flips
    """
    import polars as pl

    from karwan.analysis.sensitivity import (
        CorridorBase,
        rebuild_switches,
        sensitivity_answer,
        sensitivity_text,
    )
    from karwan.trade.parties import A_TO_B, DIRECTIONS

    form = chosen(as_json, as_csv)
    study = _study(case, as_of, scenarios, product)
    head = study.pairs(A_TO_B)[0]
    pair = (_place(study, origin) or head[0], _place(study, destination) or head[1])
    direction = next((d for d in DIRECTIONS if pair in study.pairs(d)), None)
    if direction is None:
        known = "; ".join(study.pair_label(*p) for d in DIRECTIONS for p in study.pairs(d))
        raise InvalidInput(
            f"{study.pair_label(*pair)} is no pair of the case.", known, "choose one of these."
        )
    base = CorridorBase(study, opened=opened_places(study, opened))
    table = sensitivity_answer(base, direction, pair)
    meta = {**_meta(study), "pair": study.pair_label(*pair), "opened": sorted(base.opened)}
    notes = [sensitivity_text(table)]
    if flips_only:
        table = table.filter(pl.col("flips"))
    if rebuild:
        table = rebuild_switches(base, direction, pair, table)
    columns = ["parameter", "value_text", "corridor_flipped", "rival", "behind_usd_t", "switch_text"]
    columns += ["best_rebuilt"] if rebuild else []
    emit(
        {"sensitivity": table},
        form,
        columns={"sensitivity": columns},
        meta=meta,
        notes=notes,
        under=study.case.scenarios,
    )


def assign(
    case: CaseArgument = "kaz-pak",
    demand: Annotated[
        Path | None,
        typer.Option(
            "--demand", help="CSV: origin_id,destination_id,product_id,t_day.", exists=True, dir_okay=False
        ),
    ] = None,
    as_of: AsOfOption = None,
    scenarios: ScenarioOption = None,
    opened: OpenOption = None,
    tonnes_year: TonnesOption = None,
    tolerance: Annotated[float, typer.Option("--tolerance", help="Bound on the residual.")] = 1e-9,
    iterations: Annotated[int, typer.Option("--iterations", help="At most so many.")] = 200,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Spread demand over the routes so that shares and the queues at crossings agree.

    Example: karwan corridor assign kaz-pak --open Torkham,Chaman --tonnes-year 2000000
    """
    import polars as pl

    from karwan.analysis.assignment import assign_corridors, default_demand, read_demand
    from karwan.analysis.sensitivity import CorridorBase

    form = chosen(as_json, as_csv)
    study = _study(case, as_of, scenarios)
    _check_tonnes(tonnes_year)
    if demand is not None and tonnes_year is not None:
        raise InvalidInput("--demand and --tonnes-year exclude each other.", fix="give one of them.")
    places = opened_places(study, opened)
    lead: tuple[str, ...] = ()
    if demand is None:
        base = CorridorBase(study, opened=places, tonnes_year=tonnes_year)
        table, lead = default_demand(base), base.demand.text
    else:
        table = read_demand(demand)
    found = assign_corridors(study, table, opened=places, tolerance=tolerance, max_iterations=iterations)
    text = (*lead, *found.text)
    tables = {"routes": found.routes, "loads": found.loads, "demand": found.demand}
    meta = None
    if form is Format.TABLE:
        pair = pl.format("{} → {}, {}", "origin", "destination", "product")
        routes = found.routes.with_columns(pl.col("share", "t_day").round(4), pair=pair)
        loads = found.loads.with_columns(pl.col("volume_day", "delay_h").round(3))
        tables = {**by_title(routes, "pair", ROUTES), "loads": loads, "demand": found.demand}
    elif form is Format.JSON:
        meta = {**_meta(study), "opened": sorted(places)}
        meta |= {"residual": found.residual, "converged": found.converged}
    elif not found.converged:
        echo(text[-1], err=True)
    emit(tables, form, columns=ASSIGN_COLUMNS, meta=meta, notes=text, under=study.case.scenarios)


def opened_places(study: CorridorStudy, text: str | None) -> frozenset[str]:
    """Place ids of a comma-separated list of names, matched as every command matches them."""
    from karwan.case.places import Gazetteer

    places = Gazetteer(study.case.tables)
    words = [word.strip() for word in (text or "").split(",")]
    return frozenset(place for word in words if word for place in places.openable(word))


def _place(study: CorridorStudy, word: str | None) -> str | None:
    """Node id of a name; the ends of the case's pairs go first, so that Karachi is the port trade is counted at."""
    from karwan.case.places import Gazetteer, plain

    if word is None:
        return None
    settings = study.case.settings
    ends = dict.fromkeys((*settings.origins, *settings.destinations))
    hits = [i for i in ends if plain(study.place_name(i)).startswith(plain(word))]
    return hits[0] if word not in ends and len(hits) == 1 else Gazetteer(study.case.tables).node(word)


def _study(
    case: str, as_of: datetime | None, scenarios: list[str] | None, product: str | None = None
) -> CorridorStudy:
    from karwan.analysis.corridors import CorridorStudy
    from karwan.analysis.scenario import case_under
    from karwan.transport.shipment import find_product

    opened = case_under(case, scenarios)[1]
    if product is not None:
        found = str(find_product(opened["products"], product)["product_id"])
        settings = dataclasses.replace(opened.settings, reference_product=found)
        opened = dataclasses.replace(opened, settings=settings)
    study = CorridorStudy(opened, as_of.date() if as_of else opened.settings.as_of)
    study.require_comparable()
    return study


def _meta(study: CorridorStudy) -> dict[str, object]:
    settings = study.case.settings
    return {"case": settings.case_id, "as_of": study.as_of, "product": settings.reference_product}


def _check_tonnes(tonnes_year: float | None) -> None:
    if tonnes_year is not None and not 0 < tonnes_year <= 1e9:
        raise InvalidInput(
            f"{tonnes_year} t a year is no demand.", "allowed: more than 0, at most 1e9", "give its tonnes."
        )
