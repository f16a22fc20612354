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
from karwan.numerics.geodesy import great_circle_km
from karwan.schema.frames import result_frame
from karwan.schema.modes import WATER_MODES
from karwan.trade.parties import A_TO_B
from karwan.transport.network.stage import Row

Point = tuple[float, float]
"""Longitude and latitude."""
_BESIDE_KM = 15.0
"""Ports nearer than this share one place on the map."""
STRAIGHT, LANE = "straight", "lane"
"""States of an open way: by land, its line not known; by water, along a known lane."""
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


def drawn_lines(case: Case) -> dict[str, list[Point]]:
    """Link to its line from start to end, as longitudes and latitudes; links that are not in the table have none."""
    path = case.folder / LINES if case.folder else None
    if path is None or not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["link_id"]: [_point(text) for text in row["points"].split(";")] for row in rows}


@dataclass(frozen=True)
class DrawnLinks:
    """How each link of a case is drawn: along road, railway or sea lane where that is known, else straight between its places."""

    places: Mapping[str, Point]
    services: Mapping[str, str]
    ends: Mapping[str, tuple[str, str]]
    known: Mapping[str, list[Point]]

    def way(self, place: str) -> tuple[list[Point], bool] | None:
        """Points of a link, or of the link of a service, from its start to its end, and whether its line is known; None for no link."""
        link = self.services.get(place, place)
        if link not in self.ends:
            return None
        first, last = (self.places[node] for node in self.ends[link])
        inner = self.known.get(link, [])[1:-1]
        return [first, *inner, last], link in self.known

    def state(self, mode: str, known: bool) -> str:
        """State of an open way: `lane` along a known lane by water, `straight` by land where other ways of the case have a line, else `open`."""
        if mode in WATER_MODES:
            return LANE if known else "open"
        return "open" if known or not self.known else STRAIGHT


def drawn_links(case: Case) -> DrawnLinks:
    """The lines of all links of a case."""
    return DrawnLinks(
        {r["node_id"]: (r["lon"], r["lat"]) for r in case["nodes"].iter_rows(named=True)},
        dict(case["services"].select("service_id", "link_id").iter_rows()),
        {r["link_id"]: (r["from_node_id"], r["to_node_id"]) for r in case["links"].iter_rows(named=True)},
        drawn_lines(case),
    )


def _point(text: str) -> Point:
    lon, lat = text.split(" ")
    return float(lon), float(lat)


def map_nodes(study: CorridorStudy) -> pl.DataFrame:
    """Places on the map; see `CorridorSection.map_nodes`."""
    used = {n for e in study.evaluated if e.found.route is not None for n in e.found.route.nodes}
    settings = study.case.settings
    first = {*settings.origins, *settings.destinations, *_ports_apart(study.case)}
    passed = {n for c in study.corridors for n in c["via"] or () if n in used}
    is_first, is_passed = pl.col("node_id").is_in(sorted(first)), pl.col("node_id").is_in(sorted(passed))
    rank = pl.when(is_first).then(1).when(is_passed).then(2).otherwise(3)
    return (
        study.case["nodes"]
        .filter(pl.col("node_id").is_in(sorted(used | first)))
        .select("node_id", "name", "kind", "country", "lat", "lon", rank=rank.cast(pl.Int64))
    )


def _ports_apart(case: Case) -> list[str]:
    """Ports of the brief but those that stand beside one named before: their names would cover one another."""
    nodes = {row["node_id"]: row for row in case["nodes"].iter_rows(named=True)}
    kept: list[str] = []
    for port in case.settings.ports:
        here = nodes[port]
        near = (nodes[other] for other in kept)
        gaps = [great_circle_km(here["lat"], here["lon"], one["lat"], one["lon"]) for one in near]
        if all(gap > _BESIDE_KM for gap in gaps):
            kept.append(port)
    return kept


def map_lines(study: CorridorStudy) -> pl.DataFrame:
    """Lines of each corridor's headline route, and of what is planned; see `results/corridor_lines.csv`."""
    ways = drawn_links(study.case)
    rows: list[Row] = []
    for e in study.evaluated:
        if e.direction == A_TO_B and (e.origin, e.destination) == study.pairs(A_TO_B)[0]:
            rows += _route_lines(e, ways)
    for link in study.case["links"].iter_rows(named=True):
        if link["state"] in ("planned", "construction"):
            ends = [ways.places[link["from_node_id"]], ways.places[link["to_node_id"]]]
            rows.append(_line_row("", PLANNED_COLOUR, len(rows), link["mode"], "planned", ends))
    return result_frame("corridor_lines", rows)


def _route_lines(e: Evaluated, ways: DrawnLinks) -> list[Row]:
    """Runs of one mode and state along a route; none where there is no route."""
    route = e.found.route
    if route is None:
        return []
    states, arcs = route.network.states, route.network.arcs
    shut_places = {place for place, _ in route.shut()}
    runs: list[tuple[str, str, list[Point]]] = []
    for a in route.arcs:
        arc = arcs[a]
        tail, head = states[arc.tail].node_id, states[arc.head].node_id
        if tail == head:
            continue
        mode = arc.stages[0].mode
        points, known = _arc_way(ways, arc.place_id, tail, head)
        shut = bool({tail, head, arc.place_id} & shut_places)
        state = "closed" if shut else ways.state(mode, known)
        if not runs or runs[-1][:2] != (mode, state):
            runs.append((mode, state, points[:1]))
        runs[-1][2].extend(points[1:])
    corridor = e.corridor
    return [
        _line_row(corridor["corridor_id"], corridor["colour"], seq, mode, state, points)
        for seq, (mode, state, points) in enumerate(runs)
    ]


def _arc_way(ways: DrawnLinks, place: str, tail: str, head: str) -> tuple[list[Point], bool]:
    """Points from the tail of an arc to its head, and whether its line is known."""
    first, last = ways.places[tail], ways.places[head]
    points, known = ways.way(place) or ([first, last], False)
    if points[0] == last and points[-1] == first and first != last:
        points = points[::-1]
    return (points, known) if (points[0], points[-1]) == (first, last) else ([first, last], False)


def _line_row(corridor: str, colour: str, seq: int, mode: str, state: str, points: Sequence[Point]) -> Row:
    return {
        "corridor_id": corridor,
        "colour": colour,
        "seq": seq,
        "mode": mode,
        "state": state,
        "lons": [p[0] for p in points],
        "lats": [p[1] for p in points],
    }
