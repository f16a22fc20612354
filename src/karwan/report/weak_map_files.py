"""The map of weak points as a file: a picture (SVG) or a layer for a map program (GeoJSON)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import wrap

import polars as pl

from karwan._version import __version__
from karwan.analysis.contract import Result
from karwan.analysis.corridor_compare import closure_table
from karwan.analysis.corridor_map import map_lines, map_nodes
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.criticality import CriticalAnswer, CriticalBases
from karwan.analysis.requests import CriticalView, check_map_file
from karwan.errors import InvalidInput
from karwan.exchange.geo import Layer, cut_at_antimeridian, geojson_features
from karwan.exports import write_text
from karwan.notes import note
from karwan.report.text import day
from karwan.report.weak_map import draw_weak_map
from karwan.words import sentences

_LINE = 150  # characters of a line below the picture


@dataclass(frozen=True)
class WeakMap:
    """What a map shows: corridors of a case on a day, their weak points, and the places taken as open."""

    study: CorridorStudy
    answer: CriticalAnswer
    opened: frozenset[str] = frozenset()

    @property
    def heading(self) -> tuple[str, ...]:
        """Title, then the scenarios and the places taken as open."""
        study = self.study
        lines = [f"Weak points of the corridors, {study.case.settings.title}, {day(study.as_of)}"]
        lines += [study.case.under] if study.case.under else []
        names = sorted({study.place_name(p) for p in self.opened})
        lines += [f"Taken as open: {', '.join(names)}"] if names else []
        return tuple(part for line in lines for part in wrap(line, _LINE - 20))


def present_weak_points(result: Result, view: CriticalView, form: str) -> Result:
    """The result of `corridor critical` as a reader sees it: first rows on plain pages; maps written and named."""
    bases: CriticalBases = result.detail
    shown = WeakMap(bases.study, list(bases.answers.values())[-1], bases.opened)
    wrote = [note("criticality.wrote", file=str(write_weak_map(shown, path))) for path in view.maps]
    result = replace(result, alerts=(*result.alerts, *wrote))
    return replace(result, tables=bases.plain(view.top), meta={}) if form == "table" else result


def write_weak_map(shown: WeakMap, path: Path) -> Path:
    """Write a map of weak points; the ending of the file says in which form.

    Parameters
    ----------
    shown
        What to draw.
    path
        New file ending in .svg (a picture with legend and sources) or .geojson (points of crossings and terminals, lines of links,
        with all figures, for QGIS and other map programs).

    Raises
    ------
    InvalidInput
        Another ending, no such folder, or nothing to draw.
    """
    check_map_file(path)
    if shown.answer.weak_points.is_empty():
        raise InvalidInput(
            "No place is on a route: there is nothing to draw.", fix="open a crossing with --open."
        )
    write_text(path, WRITERS[path.suffix.lower()](shown))
    return path


def weak_svg(shown: WeakMap) -> str:
    """The picture as an SVG document of its own."""
    study, settings = shown.study, shown.study.case.settings
    closures = closure_table(study)
    shut = closures.filter(~pl.col("kind").str.starts_with("slower"))["place"].to_list()
    closed = frozenset(shut) - {study.place_name(p) for p in shown.opened}
    source = (
        f"Made by Karwan {__version__} from the case {settings.case_id}; detours by least money and time."
    )
    drawn = draw_weak_map(
        shown.answer.weak_points,
        map_nodes(study),
        map_lines(study),
        closed,
        parties=(settings.party_a, settings.party_b),
        title=shown.heading[0],
        heading=shown.heading,
        footing=[part for line in (*sentences(shown.answer.notes[:2]), source) for part in wrap(line, _LINE)],
    )
    assert drawn is not None
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn}\n'


def weak_geojson(shown: WeakMap) -> str:
    """One FeatureCollection: points of crossings and terminals, lines of links."""
    table = shown.answer.weak_points.with_columns(id=pl.format("{}/{}", "kind", "place_id"))
    ways = table.select("lons", "lats").iter_rows()
    parts = [tuple(zip(lons, lats, strict=True)) for lons, lats in ways]
    figures = table.drop("lons", "lats")
    layers = []
    for shape, wanted in (("line", pl.col("kind") == "link"), ("point", pl.col("kind") != "link")):
        rows = table.with_row_index("row").filter(wanted)["row"].to_list()
        lines = [cut_at_antimeridian(parts[r]) if shape == "line" else (parts[r],) for r in rows]
        layers.append(Layer("weak points", "id", figures.filter(wanted), shape, tuple(lines)))
    boxes = [b for layer in layers if (b := layer.bounds())]
    head = {
        "type": "FeatureCollection",
        "name": shown.heading[0],
        "bbox": [f(b[k] for b in boxes) for k, f in enumerate((min, min, max, max))],
    }
    features = [
        json.dumps(f, ensure_ascii=False, allow_nan=False) for one in layers for f in geojson_features(one)
    ]
    opening = json.dumps(head, ensure_ascii=False, allow_nan=False)[:-1]
    return opening + ', "features": [\n' + ",\n".join(features) + "\n]}\n"


WRITERS: Mapping[str, Callable[[WeakMap], str]] = {".svg": weak_svg, ".geojson": weak_geojson}
