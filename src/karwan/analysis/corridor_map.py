"""Corridors on the map: places, and the lines of the headline routes."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from karwan.analysis.corridor_compare import closure_table
from karwan.analysis.corridors import CorridorStudy, Evaluated
from karwan.case import Case
from karwan.schema.frames import result_frame
from karwan.trade.parties import A_TO_B
from karwan.transport.network.stage import Row

PLANNED_COLOUR = "#555555"
LINES = "geometry/link_lines.csv"
"""Lines of links along roads, railways and sea lanes, in the folder of a case; `tools/link_lines.py` writes it."""


@dataclass(frozen=True)
class CorridorMap:
    """What a map of the corridors shows: `map_nodes` and `map_lines` of the brief, the corridors, and names of places shut on the day."""

    nodes: pl.DataFrame
    lines: pl.DataFrame
    corridors: pl.DataFrame
    closed: frozenset[str]


def corridor_map(case: Case, as_of: date) -> CorridorMap:
    """Places, lines and closed places of the corridors on a day."""
    study = CorridorStudy(case, as_of)
    shut = closure_table(study).filter(~pl.col("kind").str.starts_with("slower"))
    corridors = case["corridors"].sort("rank", "corridor_id")
    return CorridorMap(map_nodes(study), map_lines(study), corridors, frozenset(shut["place"].to_list()))


def drawn_lines(case: Case) -> dict[str, list[tuple[float, float]]]:
    """Link to its line from start to end, as longitudes and latitudes; links that are not in the table have none."""
    path = case.folder / LINES if case.folder else None
    if path is None or not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["link_id"]: [_point(text) for text in row["points"].split(";")] for row in rows}


def _point(text: str) -> tuple[float, float]:
    lon, lat = text.split(" ")
    return float(lon), float(lat)


def map_nodes(study: CorridorStudy) -> pl.DataFrame:
    """Places on the map; see `CorridorSection.map_nodes`."""
    used = {n for e in study.evaluated if e.found.route is not None for n in e.found.route.nodes}
    settings = study.case.settings
    first = {*settings.origins, *settings.destinations, *settings.ports}
    passed = {n for c in study.corridors for n in c["via"] if n in used}
    is_first, is_passed = pl.col("node_id").is_in(sorted(first)), pl.col("node_id").is_in(sorted(passed))
    rank = pl.when(is_first).then(1).when(is_passed).then(2).otherwise(3)
    return (
        study.case["nodes"]
        .filter(pl.col("node_id").is_in(sorted(used | first)))
        .select("node_id", "name", "kind", "country", "lat", "lon", rank=rank.cast(pl.Int64))
    )


def map_lines(study: CorridorStudy) -> pl.DataFrame:
    """Lines of each corridor's headline route, and of what is planned; see `results/corridor_lines.csv`."""
    places = {r["node_id"]: (r["lon"], r["lat"]) for r in study.case["nodes"].iter_rows(named=True)}
    rows: list[Row] = []
    for e in study.evaluated:
        if e.direction == A_TO_B and (e.origin, e.destination) == study.pairs(A_TO_B)[0]:
            rows += _route_lines(e, places)
    for link in study.case["links"].iter_rows(named=True):
        if link["state"] in ("planned", "construction"):
            ends = [places[link["from_node_id"]], places[link["to_node_id"]]]
            rows.append(_line_row("", PLANNED_COLOUR, len(rows), link["mode"], "planned", ends))
    return result_frame("corridor_lines", rows)


def _route_lines(e: Evaluated, places: Mapping[str, tuple[float, float]]) -> list[Row]:
    """Runs of one mode and state along a route; none where there is no route."""
    route = e.found.route
    if route is None:
        return []
    states, arcs = route.network.states, route.network.arcs
    shut_places = {place for place, _ in route.shut()}
    runs: list[tuple[str, str, list[tuple[float, float]]]] = []
    for a in route.arcs:
        arc = arcs[a]
        tail, head = states[arc.tail].node_id, states[arc.head].node_id
        if tail == head:
            continue
        mode = arc.stages[0].mode
        state = "closed" if {tail, head, arc.place_id} & shut_places else "open"
        if not runs or runs[-1][:2] != (mode, state):
            runs.append((mode, state, [places[tail]]))
        runs[-1][2].append(places[head])
    corridor = e.corridor
    return [
        _line_row(corridor["corridor_id"], corridor["colour"], seq, mode, state, points)
        for seq, (mode, state, points) in enumerate(runs)
    ]


def _line_row(
    corridor: str, colour: str, seq: int, mode: str, state: str, points: Sequence[tuple[float, float]]
) -> Row:
    return {
        "corridor_id": corridor,
        "colour": colour,
        "seq": seq,
        "mode": mode,
        "state": state,
        "lons": [p[0] for p in points],
        "lats": [p[1] for p in points],
    }
