"""Corridors side by side, one corridor, one crossing, and the weak places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import polars as pl

from karwan.amounts import number, percent
from karwan.analysis.contract import Result
from karwan.analysis.corridor_compare import closure_table
from karwan.analysis.corridor_map import map_lines, map_nodes
from karwan.analysis.requests import CompareRequest
from karwan.errors import UnknownName
from karwan.notes import note
from karwan.report.answer_tables import result_block
from karwan.report.blocks import Block, Cell, Column, Figure, Prose, Table, cell
from karwan.report.charts.arrivals import draw_arrivals
from karwan.report.charts.criticality import draw_criticality
from karwan.report.charts.crossing import draw_hours, draw_shut
from karwan.report.charts.stages import draw_stages
from karwan.report.text import clean, day
from karwan.report.weak_map import draw_weak_map
from karwan.report.wording import tell
from karwan.schema import load_schema
from karwan.schema.results import result_table
from karwan.transport.closures import shut_places
from karwan.web.answers.generic import asked, computed, form_of
from karwan.web.answers.maps import layer_geojson, map_part
from karwan.web.answers.page import Asking, Page
from karwan.words import say

_SORTS = ("usd_20t", "days_p50", "days_p95", "co2_kg", "assumed_share")


def monitor(asking: Asking) -> Page:
    """Every corridor of a pair of places: state, money, days, emissions, borders, assumed share."""
    analysis, result = asked(asking)
    routes = result.tables["routes"]
    pairs = routes["pair_label"].unique(maintain_order=True).to_list()
    pair = asking.value("pair") if asking.value("pair") in pairs else (pairs[0] if pairs else "")
    own = _sorted(asking, routes.filter(pl.col("pair_label") == pair))
    blocks = [
        Figure(
            "f-stages",
            say(note("page.corridor_stages")),
            say(note("page.corridor_stages_caption")),
            "USD and days",
            svg,
        )
        for svg in _stages(asking, own)
    ]
    arrivals = draw_arrivals(own, _no_samples(own), "arrivals", say(note("page.corridor_days")))
    if arrivals:
        blocks.append(
            Figure(
                "f-arrivals",
                say(note("page.corridor_days")),
                say(note("page.route_days_caption")),
                "days",
                arrivals,
            )
        )
    return Page(
        title=say(note("page.corridors_title")),
        lead=say(note("page.corridors_lead", pair=pair)) if pair else "",
        parts={
            "map": map_part(asking),
            "pairs": [{"label": one, "current": one == pair} for one in pairs],
            "sorts": [
                {
                    "key": key,
                    "label": say(note(f"page.sort_{key}")),
                    "current": key == asking.value("sort", "usd_20t"),
                }
                for key in _SORTS
            ],
            "table": _table(asking, own, pair),
            "pictures": blocks,
            "closures": result_block(
                result_table("corridor_closures"),
                "closures",
                say(note("page.closures")),
                result.tables["closures"],
                asking.notes,
            ),
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        geojson=lambda: layer_geojson(asking, "corridors"),
    )


def _sorted(asking: Asking, routes: pl.DataFrame) -> pl.DataFrame:
    key = asking.value("sort", "usd_20t")
    by = key if key in _SORTS else "usd_20t"
    shut = pl.col("status") != "open"
    return routes.sort(shut, pl.col(by), nulls_last=True, maintain_order=True)


def _table(asking: Asking, routes: pl.DataFrame, pair: str) -> Table:
    """One row a corridor; its name leads to its page."""
    columns = (Column(say(note("page.corridor"))), *_columns())
    root = f"/en/{asking.project.case.settings.case_id}/corridors"
    rows = tuple(
        (
            cell(row["corridor"], swatch=row["colour"], url=f"{root}/{row['corridor_id']}", tone="strong"),
            *_figures(row),
        )
        for row in routes.iter_rows(named=True)
    )
    return Table("corridors", pair, columns, rows, say(note("page.corridors_note")))


def _pairs(routes: pl.DataFrame) -> Table:
    """One row a pair of places, for one corridor."""
    rows = tuple(
        (cell(row["pair_label"], tone="strong"), *_figures(row)) for row in routes.iter_rows(named=True)
    )
    return Table("pairs", say(note("page.corridor_pairs")), (Column("From and to"), *_columns()), rows)


def _columns() -> tuple[Column, ...]:
    return (
        Column(say(note("page.state"))),
        Column("Money", "USD / 20 t", right=True),
        Column("Median", "days", right=True),
        Column("P95", "days", right=True),
        Column("CO2e", "kg", right=True),
        Column("Borders", right=True),
        Column("Assumed", right=True),
    )


def _figures(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (
        cell(row["status"], tone="good" if row["status"] == "open" else "late"),
        cell(number(row["usd_20t"])),
        cell(number(row["days_p50"], 1)),
        cell(number(row["days_p95"], 1)),
        cell(number(row["co2_kg"])),
        cell(number(row["crossings"])),
        cell(percent(row["assumed_share"])),
    )


def _stages(asking: Asking, routes: pl.DataFrame) -> Iterator[str]:
    """The picture of money and days by kind of stage."""
    if not routes.height:
        return
    request = CompareRequest(asking.as_of if asking.value("as_of") else None, stages=True)
    analysis = asking.screen.analysis
    assert analysis is not None
    stages = computed(asking.project, analysis, request).tables["stages"]
    first = routes.row(0, named=True)
    own = stages.filter(
        (pl.col("origin_id") == first["origin_id"])
        & (pl.col("destination_id") == first["destination_id"])
        & (pl.col("direction") == first["direction"])
    )
    drawn = draw_stages(routes, own, "stages", say(note("page.corridor_stages")))
    if drawn:
        yield drawn


def _no_samples(routes: pl.DataFrame) -> pl.DataFrame:
    return routes.select("corridor_id", "direction").clear()


def corridor(asking: Asking) -> Page:
    """One corridor: its figures for every pair, the stages of its first way, what is shut on it."""
    key = asking.ids["id"]
    known = asking.project.case["corridors"]
    row = _known(known, "corridor_id", key, "corridor")
    request = CompareRequest(asking.as_of if asking.value("as_of") else None, stages=True)
    analysis = asking.screen.analysis
    assert analysis is not None
    result = computed(asking.project, analysis, request)
    routes = result.tables["routes"].filter(pl.col("corridor_id") == key)
    stages = result.tables["stages"].filter(pl.col("corridor_id") == key)
    blocks: list[Block] = [_pairs(routes)]
    for (pair, status), part in routes.group_by("pair_label", "status", maintain_order=True):
        reason = part["reason"][0]
        if status != "open" and reason:
            blocks.append(Prose((f"{pair}: {clean(reason, 600)}.",)))
    if routes.height:
        first = routes.row(0, named=True)
        own = stages.filter(
            (pl.col("origin_id") == first["origin_id"])
            & (pl.col("destination_id") == first["destination_id"])
        )
        drawn = draw_stages(routes.head(1), own, "stages", say(note("page.corridor_stages")))
        if drawn:
            blocks.append(
                Figure(
                    "f-stages",
                    f"{first['pair_label']}: money and days by kind of stage",
                    say(note("page.corridor_stages_caption")),
                    "USD and days",
                    drawn,
                )
            )
        blocks.append(
            result_block(
                result_table("corridor_stages"), "stages", f"{first['pair_label']}: stages", own, asking.notes
            )
        )
    return Page(
        title=clean(row["name"], 80),
        lead=clean(row["title"], 300),
        parts={"map": map_part(asking), "blocks": blocks},
        result=_only(result, routes, stages),
        declared={"routes": "corridor_routes", "stages": "corridor_stages"},
        geojson=lambda: layer_geojson(asking, "corridors", row["corridor_id"]),
    )


def _only(result: Any, routes: pl.DataFrame, stages: pl.DataFrame) -> Any:
    return type(result)({"routes": routes, "stages": stages}, result.meta, result.notes)


def crossing(asking: Asking) -> Page:
    """One crossing: what is known of it, hours by year and side with their sources, closures."""
    key = asking.ids["id"]
    case = asking.project.case
    row = _known(case["crossings"], "crossing_id", key, "crossing")
    own = case["crossings"].filter(pl.col("crossing_id") == key)
    closures = case["closures"].filter(pl.col("place_id") == key)
    times = case["crossing_times"].filter(pl.col("crossing_id") == key)
    blocks = [
        _facts(asking, row),
        _pictured("crossing_hours", "hours", draw_hours(times)),
        plain_block(
            asking,
            "times",
            say(note("page.crossing_times")),
            times,
            without=("crossing_id", "crossing_time_id"),
        ),
        _pictured("crossing_shut", "days", draw_shut(closures, asking.as_of)),
        plain_block(
            asking,
            "closures",
            say(note("page.crossing_closures")),
            closures,
            without=("closure_id", "place_id", "place_kind", "history"),
        ),
    ]
    shut = bool({key, row["node_id"]} & shut_places(closures, "crossing", asking.as_of))
    way = f"/en/{case.settings.case_id}/route?{'open' if shut else 'avoid'}={key}"
    return Page(
        title=clean(row["name"], 80),
        lead=say(
            note(
                "page.crossing_lead",
                a=case.country_name(row["country_a"]),
                b=case.country_name(row["country_b"]),
            )
        ),
        parts={
            "map": map_part(asking),
            "blocks": [b for b in blocks if b is not None],
            "follow": [{"to": way, "text": say(note("page.as_if_open" if shut else "page.as_if_shut"))}],
        },
        result=Result({"crossing": own, "times": times, "closures": closures}),
        geojson=lambda: layer_geojson(asking, "crossings", row["crossing_id"]),
    )


def _pictured(key: str, unit: str, picture: str | None) -> Figure | None:
    """A picture of a crossing with its title and caption; None where there is nothing to draw."""
    if picture is None:
        return None
    return Figure(f"f-{key}", say(note(f"page.{key}")), say(note(f"page.{key}_caption")), unit, picture)


def _facts(asking: Asking, row: Mapping[str, Any]) -> Table:
    """What the case says of a crossing, one fact a row."""
    left_out = ("crossing_id", "name", "node_id", "source_id", "basis", "country_a", "country_b")
    assumed = row["basis"] == "assumed"
    told = {one.name: _told(one.description, one.unit) for one in load_schema()["crossings"].columns}
    rows = tuple(
        (cell(told[name]), cell(_said(value), assumed=assumed and isinstance(value, float)))
        for name, value in row.items()
        if value not in (None, "") and name not in left_out
    )
    return Table("facts", say(note("page.crossing_facts")), (Column("What"), Column("Value")), rows)


def _told(description: str, unit: str) -> str:
    """What a column is, in the first words of its description, with its unit."""
    words = re.split(r"[.:;]", description)[0]
    return f"{words}, {unit}" if unit and ":" not in unit else words


def plain_block(
    asking: Asking, key: str, title: str, frame: pl.DataFrame, without: tuple[str, ...] = ()
) -> Block:
    """Rows of a table of the case as they stand, each with its sources; a sentence where there are none."""
    names = [
        name
        for name in frame.columns
        if name not in (*without, "source_id", "basis") and frame[name].null_count() < frame.height
    ]
    if not frame.height:
        return Prose((say(note("page.no_rows", what=title)),))
    columns = tuple(
        Column(clean(name.replace("_", " ")).capitalize(), right=frame.schema[name].is_numeric())
        for name in names
    )
    return Table(
        key,
        title,
        columns,
        tuple(_plain_row(asking, row, names) for row in frame.iter_rows(named=True)),
        wide=len(names) > 6,
    )


def _plain_row(asking: Asking, row: Mapping[str, Any], names: list[str]) -> tuple[Cell, ...]:
    sources = asking.notes.of(row.get("source_id"))
    assumed = row.get("basis") == "assumed"
    return tuple(
        cell(
            _said(row[name]),
            assumed=assumed and isinstance(row[name], int | float),
            notes=sources if k == 0 else (),
        )
        for k, name in enumerate(names)
    )


def _said(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return clean(value, 400)


def _known(table: pl.DataFrame, column: str, key: str, what: str) -> dict[str, Any]:
    found = table.filter(pl.col(column) == key)
    if not found.height:
        raise UnknownName(
            f"No {what} has the id {key!r}.",
            f"known: {', '.join(table[column].head(20).to_list())}",
            "follow a link of the map or of a table.",
        )
    return found.row(0, named=True)


def weak(asking: Asking) -> Page:
    """The weak places, worst first, each with the way to the planner that avoids it."""
    from_planner = f"/en/{asking.project.case.settings.case_id}/route?avoid="
    analysis, result = asked(asking)
    points = result.tables["weak points"].head(40)
    rows = result_table(analysis.table_of("weak points"))
    block = result_block(rows, "weak", say(note("page.weak_table")), points, asking.notes)
    places = points["place"].to_list() if "place" in points.columns else []
    linked = tuple(
        _follow(row, clean(place), f"{from_planner}{quote(place)}")
        for row, place in zip(block.rows, places, strict=False)
    )
    return Page(
        title=say(note("page.weak_title")),
        lead=say(note("page.weak_lead")),
        parts={
            "pictures": _weak_pictures(asking, result),
            "tables": [
                Table(block.key, block.caption, block.columns, linked or block.rows, block.note, block.wide)
            ],
        },
        form=form_of(asking),
        result=result,
        declared={key: analysis.table_of(key) for key in result.tables},
        notes=[say(one) for one in (*result.notes, *result.alerts)],
    )


def _weak_pictures(asking: Asking, result: Result) -> list[Block]:
    """The map of the weak places and their bars, as the brief draws them."""
    study, settings = result.detail.study, asking.project.case.settings
    places = list(result.detail.answers.values())[-1].weak_points
    shut = closure_table(study).filter(~pl.col("kind").str.starts_with("slower"))["place"].to_list()
    title = tell("brief_corridors.weak_map_title", day=day(asking.as_of))
    parties = (settings.party_a, settings.party_b)
    drawn = {
        "weak_map": draw_weak_map(
            places, map_nodes(study), map_lines(study), frozenset(shut), parties=parties, title=title
        ),
        "criticality": draw_criticality(result.tables["weak points"]),
    }
    return [
        Figure(
            f"f-{key.replace('_', '-')}",
            tell(f"brief_corridors.{key}_figure"),
            tell(f"brief_corridors.{key}_caption"),
            tell(f"brief_corridors.{key}_unit"),
            svg,
        )
        for key, svg in drawn.items()
        if svg
    ]


def _follow(row: tuple[Cell, ...], name: str, to: str) -> tuple[Cell, ...]:
    """A row whose cell of that text leads somewhere."""
    return tuple(replace(one, url=to) if one.text == name else one for one in row)
