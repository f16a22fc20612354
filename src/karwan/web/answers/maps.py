"""The map of a screen: its overlay, the window the address asks for, and links closer without a script."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from karwan.analysis.corridor_map import LANE, STRAIGHT, CorridorMap, Point, corridor_map, drawn_links
from karwan.analysis.exchange import network_layers
from karwan.case import Case
from karwan.exchange.geo import link_lines, write_geojson
from karwan.notes import note
from karwan.project import Project
from karwan.report.map import WIDTH, map_frame
from karwan.report.page_map import PageMap, draw_overlay
from karwan.report.palette import INK, safe_colour
from karwan.report.text import clean
from karwan.report.text import day as spoken_day
from karwan.schema.frames import result_frame
from karwan.web.answers.page import Asking
from karwan.words import say

CLOSEST = 8.0
_LAST: OrderedDict[tuple[int, date], tuple[Project, CorridorMap]] = OrderedDict()
_REMEMBERED = 6


def map_of(project: Project, as_of: date) -> CorridorMap:
    """Places and lines of the corridors on a day; the last ones are remembered."""
    key = (id(project), as_of)
    if key not in _LAST:
        _LAST[key] = (project, corridor_map(project.case, as_of))
    _LAST.move_to_end(key)
    while len(_LAST) > _REMEMBERED:
        _LAST.popitem(last=False)
    return _LAST[key][1]


def layer_geojson(asking: Asking, name: str, only: str = "") -> bytes:
    """A layer as `karwan network export --format geojson` writes it, or one of its features: that of the key `only`."""
    case = asking.project.case
    lines = link_lines(case["links"], case["nodes"])
    layer = next(one for one in network_layers(case, asking.as_of, lines) if one.name == name)
    with TemporaryDirectory() as folder:
        written = write_geojson(layer.only(only) if only else layer, Path(folder, f"{name}.geojson"))
        return written.read_bytes()


def map_part(
    asking: Asking, chosen: pl.DataFrame | None = None, extra: pl.DataFrame | None = None
) -> dict[str, Any]:
    """What the template of the map needs.

    Parameters
    ----------
    chosen
        Lines of a chosen way.
    extra
        Further places to show, with the columns of `map_nodes`.
    """
    case = asking.project.case
    held = map_of(asking.project, asking.as_of)
    nodes = (
        held.nodes
        if extra is None
        else pl.concat([held.nodes, extra]).unique("node_id", keep="first", maintain_order=True)
    )
    parties = (case.settings.party_a, case.settings.party_b)
    usual = map_of(asking.project, case.settings.as_of)
    frame = map_frame(usual.nodes, usual.lines, parties)  # one window for every day, so that one base does
    shown = PageMap(nodes, held.lines, held.corridors, frame, held.closed, chosen)
    names = ", ".join(clean(name) for name in held.corridors["name"].to_list())
    title = say(note("page.map_title", day=spoken_day(asking.as_of)))
    about = say(note("page.map_description", corridors=names, shut=", ".join(sorted(held.closed)) or "none"))
    zoom, x, y = window(asking.value("map"))
    width, height = WIDTH / zoom, frame.height / zoom
    left = min(max(x * WIDTH - width / 2, 0.0), WIDTH - width)
    top = min(max(y * frame.height - height / 2, 0.0), frame.height - height)
    return {
        "overlay": draw_overlay(shown, _links(case, nodes), title, about),
        "width": WIDTH,
        "height": round(frame.height, 1),
        "box": f"{left:.1f} {top:.1f} {width:.1f} {height:.1f}",
        "zoom": zoom,
        "shrink": round(1 / zoom, 4),
        "follows": bool(held.lines["state"].is_in([LANE, STRAIGHT]).any()),
        "closer": f"{min(zoom * 2, CLOSEST):g}_{x:.3f}_{y:.3f}",
        "wider": f"{zoom / 2:g}_{x:.3f}_{y:.3f}" if zoom > 2 else "",
        "legend": [
            {
                "id": row["corridor_id"],
                "name": clean(row["name"], 60),
                "colour": safe_colour(row["colour"], k),
            }
            for k, row in enumerate(held.corridors.iter_rows(named=True))
        ],
    }


def window(text: str) -> tuple[float, float, float]:
    """Magnification and middle (shares of the window) that an address asks for: `2_0.5_0.4`; the whole where it is none."""
    try:
        zoom, x, y = (float(part) for part in text.split("_"))
    except ValueError:
        return 1.0, 0.5, 0.5
    if not (1 <= zoom <= CLOSEST and 0 <= x <= 1 and 0 <= y <= 1):
        return 1.0, 0.5, 0.5
    return zoom, x, y


def _links(case: Case, nodes: pl.DataFrame) -> dict[str, str]:
    """Ids of corridors and crossings to their pages."""
    root = f"/en/{case.settings.case_id}"
    crossings = set(case["crossings"]["crossing_id"].to_list())
    found = {c: f"{root}/corridors/{c}" for c in case["corridors"]["corridor_id"].to_list()}
    return found | {n: f"{root}/crossings/{n}" for n in nodes["node_id"].to_list() if n in crossings}


def way_lines(case: Case, stages: pl.DataFrame) -> pl.DataFrame:
    """Lines of a route with the columns of the lines of the map: along road, rail and lane where these are known, else straight.

    One line a run of links of one mode and kind; the state of a straight one by land is `straight`.
    """
    ways = drawn_links(case)
    parts: list[_Part] = []
    for stage in stages.iter_rows(named=True):
        found = ways.way(stage["place_id"])
        if found is not None:
            points, known = found
            parts.append((stage["mode"], ways.state(stage["mode"], known), points))
    rows = [
        {
            "corridor_id": "chosen",
            "colour": INK,
            "seq": seq,
            "mode": mode,
            "state": state,
            "lons": [lon for lon, _ in points],
            "lats": [lat for _, lat in points],
        }
        for seq, (mode, state, points) in enumerate(_joined(parts))
    ]
    return result_frame("corridor_lines", rows)


_Part = tuple[str, str, list[Point]]


def _joined(parts: list[_Part]) -> list[_Part]:
    """Parts turned so that each begins where the one before ends, those of one mode and state as one line."""
    runs: list[_Part] = []
    for k, (mode, state, points) in enumerate(parts):
        before = runs[-1][2][-1] if runs else None
        after = parts[k + 1][2] if k + 1 < len(parts) else []
        backwards = points[-1] == before or (before is None and points[0] in (after[:1] + after[-1:]))
        way = points[::-1] if backwards else points
        if runs and runs[-1][:2] == (mode, state) and way[0] == before:
            runs[-1][2].extend(way[1:])
        else:
            runs.append((mode, state, list(way)))
    return runs


def way_nodes(case: Case, stages: pl.DataFrame) -> pl.DataFrame:
    """Places a route passes, with the columns of `map_nodes`."""
    passed = set(stages["place_id"].to_list())
    links = case["links"].filter(pl.col("link_id").is_in(sorted(passed)))
    passed |= {*links["from_node_id"].to_list(), *links["to_node_id"].to_list()}
    found = case["nodes"].filter(pl.col("node_id").is_in(sorted(passed)))
    return found.select("node_id", "name", "kind", "country", "lat", "lon", rank=pl.lit(3, dtype=pl.Int64))
