"""The network of a case in other formats: export to GMNS, GeoJSON, GeoParquet; import from GMNS, TNTP."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import HEADLINE_JOURNEYS, CorridorStudy
from karwan.analysis.requests import ExportRequest, ImportRequest
from karwan.case import Case, problems_table
from karwan.case.length_check import length_findings
from karwan.case.problems import Problem
from karwan.errors import InvalidInput
from karwan.exchange.geo import (
    STRAIGHT,
    Layer,
    LinkLine,
    Parts,
    cut_at_antimeridian,
    link_lines,
    write_geojson,
    write_geoparquet,
)
from karwan.exchange.gmns import NetworkTables, field_text, read_gmns, write_gmns
from karwan.exchange.tntp_tables import read_tntp
from karwan.exports import beside, defused
from karwan.schema.frames import result_frame
from karwan.trade.parties import A_TO_B
from karwan.transport.closures import shut_places
from karwan.transport.corridor import CLOSED, CorridorRoute, corridor_route
from karwan.transport.route import Route

GEO_WRITERS: Mapping[str, tuple[str, Callable[[Layer, Path], Path]]] = {
    "geojson": ("geojson", write_geojson),
    "geoparquet": ("parquet", write_geoparquet),
}
EXPORTS = ("gmns", *GEO_WRITERS)
IMPORTS = ("gmns", "tntp")


@dataclass(frozen=True)
class Exchange:
    """What was written or read.

    Attributes
    ----------
    files
        file, rows: what was written.
    problems
        severity, file, row, column, value, message, allowed; empty for an export.
    meta
        Counts beside them.
    errors
        Number of problems that stop the tables from being used.
    lines
        geometry_source, links: along what the lines of the links of an export run.
    """

    files: pl.DataFrame
    problems: pl.DataFrame
    meta: Mapping[str, Any]
    errors: int = 0
    lines: pl.DataFrame = field(default_factory=pl.DataFrame)


# -- export --------------------------------------------------------------------------------------------------


def run_export(inputs: Inputs, request: ExportRequest) -> Result:
    """Write the network of a case: the files, and along what the lines of links run."""
    case = inputs.the_case()
    found = export_network(case, request.form, request.out, geometry=request.geometry, as_of=request.as_of)
    return Result({"files": found.files, "lines": found.lines}, found.meta)


def run_import(inputs: Inputs, request: ImportRequest) -> Result:
    """Read a network and write it as tables of a case: the files, and every problem."""
    options = {"country": request.country, "crs": request.crs}
    if request.source:
        options["source_id"] = request.source
    if request.form == "tntp":
        options |= {"length_unit": request.length_unit, "time_unit": request.time_unit}
    found = import_network(request.form, request.folder, request.out, **options)
    return Result({"files": found.files, "problems": found.problems}, found.meta, failed=found.errors > 0)


def present_problems(result: Result, view: None, form: str) -> Result:
    """Plain: each kind of problem once."""
    if form != "table":
        return result
    problems = problem_summary(result.tables["problems"])
    return replace(result, tables={**result.tables, "problems": problems})


def export_network(
    case: Case, form: str, folder: Path, *, geometry: str = STRAIGHT, as_of: date | None = None
) -> Exchange:
    """Write the network of a case.

    Parameters
    ----------
    case
        Case, under its scenarios.
    form
        'gmns', 'geojson' or 'geoparquet'.
    folder
        Folder to write into.
    geometry
        Lines of the links: see `karwan.exchange.geo.link_lines`.
    as_of
        Day for the state of crossings and corridors; the case's own by default.

    Raises
    ------
    InvalidInput
        No such format or geometry.
    MissingExtra
        The format or geometry needs a package that is not installed.
    """
    _known(form, EXPORTS)
    lines = link_lines(case["links"], case["nodes"], geometry)
    folder.mkdir(parents=True, exist_ok=True)
    if form == "gmns":
        points = {link: line.points for link, line in lines.items()}
        title = ". ".join(filter(None, (case.settings.title, case.under)))
        paths = write_gmns(case["nodes"], case["links"], folder, title=title, lines=points)
        rows = [1, case["nodes"].height, case["links"].height]
    else:
        suffix, write = GEO_WRITERS[form]
        layers = network_layers(case, as_of or case.settings.as_of, lines)
        paths = [write(layer, folder / f"{layer.name}.{suffix}") for layer in layers]
        rows = [layer.table.height for layer in layers]
    meta = {"case": case.settings.case_id, "format": form} | ({"stands": case.under} if case.under else {})
    sources = pl.DataFrame({"geometry_source": [line.source for line in lines.values()]})
    counts = sources.group_by("geometry_source").agg(links=pl.len())
    counts = counts.sort("links", "geometry_source", descending=[True, False])
    return Exchange(_files(paths, rows), problems_table([]), meta, lines=counts)


def network_layers(case: Case, day: date, lines: Mapping[str, LinkLine]) -> list[Layer]:
    """Layers nodes, links, crossings and corridors of a case.

    Crossings carry `shut_on_day` (a dated closure holds). A corridor is its route of the headline pair from the first party to
    the second on the day, as the brief shows it, shut or not; one without any route has no geometry.
    """
    place = {n: (lon, lat) for n, lon, lat in case["nodes"].select("node_id", "lon", "lat").iter_rows()}
    links = case["links"]
    sources = [lines[link].source for link in links["link_id"]]
    crossings = case["crossings"]
    closed = shut_places(case["closures"], "crossing", day)
    shut = [crossing in closed for crossing in crossings["crossing_id"]]
    return [
        Layer("nodes", "node_id", case["nodes"], "point", _at(place, case["nodes"]["node_id"])),
        Layer(
            "links",
            "link_id",
            links.with_columns(geometry_source=pl.Series(sources, dtype=pl.String)),
            "line",
            tuple(cut_at_antimeridian(lines[link].points) for link in links["link_id"]),
        ),
        Layer(
            "crossings",
            "crossing_id",
            crossings.with_columns(shut_on_day=pl.Series(shut, dtype=pl.Boolean), day=pl.lit(day)),
            "point",
            _at(place, crossings["node_id"]),
        ),
        _corridor_layer(case, day, lines),
    ]


def _at(place: Mapping[str, tuple[float, float]], nodes: pl.Series) -> tuple[Parts, ...]:
    return tuple(((place[node],),) for node in nodes)


def _figures(study: CorridorStudy, found: CorridorRoute) -> dict[str, float]:
    """Money, mean days and kilometres of the headline pair on a corridor, as `karwan corridor compare` has them; nothing where it has no route."""
    if found.route is None:
        return {}
    days = study.mean_days(found.route, shut=found.status == CLOSED, journeys=HEADLINE_JOURNEYS)
    return {"usd": found.route.usd, "days": days, "km": found.route.km}


def _corridor_layer(case: Case, day: date, lines: Mapping[str, LinkLine]) -> Layer:
    study = CorridorStudy(case, day)
    pair = next(iter(study.pairs(A_TO_B)), None)
    if pair is None or not study.corridors:
        return Layer("corridors", "corridor_id", result_frame("exchange_corridors"), "line", ())
    load = study.shipment()
    network = study.network(A_TO_B, load.form)
    link_of = _link_of(case)
    starts = dict(case["links"].select("link_id", "from_node_id").iter_rows())
    rows, ways = [], []
    for corridor in study.corridors:
        found = corridor_route(network, load, corridor, *pair)
        passed = _links_of(found.route, link_of)
        figures = _figures(study, found)
        rows.append(
            {
                **{name: corridor[name] for name in ("corridor_id", "name", "title", "colour", "rank")},
                "day": day,
                "origin_id": pair[0],
                "destination_id": pair[1],
                "load_t": load.tonnes,
                "status": found.status,
                "reason": study.spoken_reason(found),
                **figures,
                "links": list(passed),
            }
        )
        ways.append(_way(passed, starts, lines))
    return Layer("corridors", "corridor_id", result_frame("exchange_corridors", rows), "line", tuple(ways))


def _links_of(route: Route | None, link_of: Mapping[str, str]) -> dict[str, str]:
    """Links a route passes, in order, each with the node it is entered at."""
    if route is None:
        return {}
    network = route.network
    arcs = [network.arcs[a] for a in route.arcs]
    hauls = [arc for arc in arcs if arc.place_kind in _HAUL]
    return {link_of[arc.place_id]: network.states[arc.tail].node_id for arc in hauls}


_HAUL = ("link", "service")


def _link_of(case: Case) -> dict[str, str]:
    """Link of each link and of each service that runs on one."""
    own = {link: link for link in case["links"]["link_id"]}
    return {**dict(case["services"].select("service_id", "link_id").iter_rows()), **own}


def _way(passed: Mapping[str, str], starts: Mapping[str, str], lines: Mapping[str, LinkLine]) -> Parts:
    points: list[tuple[float, float]] = []
    for link, entered_at in passed.items():
        line = lines[link].points if starts[link] == entered_at else lines[link].points[::-1]
        points += line[1:] if points and points[-1] == line[0] else line
    return cut_at_antimeridian(points)


# -- import --------------------------------------------------------------------------------------------------


def import_network(form: str, folder: Path, out: Path, **options: str) -> Exchange:
    """Read a network and write it as nodes.csv and links.csv of a case, with problems.csv beside them.

    Parameters
    ----------
    form
        'gmns' or 'tntp'.
    folder
        Folder that holds the files; for TNTP also the `*_net.tntp` file itself.
    out
        Folder to write into: new, or without nodes.csv and links.csv.
    options
        As `karwan.exchange.gmns.read_gmns` and `karwan.exchange.tntp_tables.read_tntp` take them.

    Raises
    ------
    InvalidInput
        No such format or folder, or tables would be overwritten.
    """
    _known(form, IMPORTS)
    if not folder.is_dir() and not (form == "tntp" and folder.is_file()):
        raise InvalidInput(
            f"{folder} is not a folder.", "nothing to read there", "name the folder that holds the files."
        )
    taken = [name for name in ("nodes.csv", "links.csv") if (out / name).exists()]
    if taken:
        raise InvalidInput(
            f"{out} already holds {', '.join(taken)}.", "nothing was overwritten", "name a new folder."
        )
    found: NetworkTables = read_gmns(folder, **options) if form == "gmns" else read_tntp(folder, **options)
    out.mkdir(parents=True, exist_ok=True)
    listed = (*found.problems, *_odd_lengths(found))
    problems = problems_table(listed)
    tables = {"nodes": found.nodes, "links": found.links, "problems": problems}
    paths = [_write_table(table, out / f"{name}.csv") for name, table in tables.items()]
    warnings = len(listed) - found.errors
    meta = {"format": form, "errors": found.errors, "warnings": warnings}
    return Exchange(_files(paths, [t.height for t in tables.values()]), problems, meta, found.errors)


def _odd_lengths(found: NetworkTables) -> list[Problem]:
    """Links shorter than the straight line or much longer: a sign of a wrong unit. One warning a kind."""
    placed = found.nodes.filter(pl.col("lat").is_not_null() & pl.col("lon").is_not_null())
    ends = [pl.col(c).is_in(placed["node_id"].implode()) for c in ("from_node_id", "to_node_id")]
    links = found.links.filter(*ends, pl.col("length_km").is_not_null(), pl.col("mode").is_not_null())
    findings = length_findings(links, placed.unique("node_id", keep="first", maintain_order=True))
    return [
        Problem(
            "warning", "links.csv", 0, "length_km", f"{link}: {km:,.4g} km, {straight:,.4g} km straight",
            f"{finding}: is the unit of length right? ({count} of {found.links.height} links, the first shown)",
        )
        for finding, count, link, km, straight in findings.group_by("finding", maintain_order=True)
        .agg(pl.len(), *(pl.first(c) for c in ("link_id", "length_km", "great_circle_km")))
        .iter_rows()
    ]  # fmt: skip


def problem_summary(problems: pl.DataFrame) -> pl.DataFrame:
    """Problems in short: one row for each kind, with its columns, how often it stands, and the first row and value."""
    kinds = problems.group_by("severity", "file", "message", "allowed", maintain_order=True)
    short = kinds.agg(
        pl.col("column").unique(maintain_order=True).str.join(", "),
        times=pl.len(),
        first_row=pl.first("row"),
        first_value=pl.first("value"),
    )
    order = ["severity", "file", "column", "message", "times", "first_row", "first_value", "allowed"]
    return short.sort("severity", maintain_order=True).select(order)


def _write_table(table: pl.DataFrame, path: Path) -> Path:
    with beside(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows([defused(field_text(value)) for value in row] for row in table.iter_rows())
    return path


def _files(paths: Sequence[Path], rows: Sequence[int]) -> pl.DataFrame:
    return pl.DataFrame({"file": [str(p) for p in paths], "rows": list(rows)})


def _known(form: str, forms: Sequence[str]) -> None:
    if form not in forms:
        raise InvalidInput(
            f"No format is called {form!r} here.", f"formats: {', '.join(forms)}", "name one of these."
        )
