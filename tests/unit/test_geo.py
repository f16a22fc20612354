"""GeoJSON and GeoParquet: right by hand, by the formats' rules, and to an independent reader."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from karwan.analysis.corridor_compare import compared_routes
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.exchange import network_layers
from karwan.case import Case, read_case, write_template
from karwan.errors import InvalidInput, MissingExtra
from karwan.exchange import geo, independent_network
from karwan.exchange.geo import (
    Layer,
    cut_at_antimeridian,
    geojson_features,
    geoparquet_metadata,
    link_lines,
    wkb,
    write_geojson,
    write_geoparquet,
)

DAY = date(2025, 7, 1)


@pytest.fixture(scope="module")
def toyland() -> Case:
    return read_case("toyland")


@pytest.fixture(scope="module")
def layers(toyland: Case) -> dict[str, Layer]:
    lines = link_lines(toyland["links"], toyland["nodes"])
    return {layer.name: layer for layer in network_layers(toyland, DAY, lines)}


def mixed() -> Layer:
    table = pl.DataFrame(
        {
            "k": ["a", "b", "c"],
            "x": [1.5, math.inf, None],
            "day": [DAY, None, DAY],
            "tags": [["p", "q"], [], None],
        }
    )
    line = ((0.0, 1.0), (2.0, 3.0))
    return Layer("mixed", "k", table, "line", ((line,), (line, ((4.0, 5.0), (6.0, 7.5))), ()))


def positions(value: Any) -> Iterator[list[float]]:
    if value and isinstance(value[0], (int, float)):
        yield value
    else:
        for part in value:
            yield from positions(part)


def test_links_are_lines_from_start_to_end(toyland: Case, layers: dict[str, Layer]) -> None:
    place = {r["node_id"]: (r["lon"], r["lat"]) for r in toyland["nodes"].iter_rows(named=True)}
    layer = layers["links"]
    assert layer.table["link_id"].equals(toyland["links"]["link_id"])
    for row, parts in zip(layer.table.iter_rows(named=True), layer.parts, strict=True):
        assert parts == ((place[row["from_node_id"]], place[row["to_node_id"]]),)
        assert row["geometry_source"] == "straight"


def test_corridors_run_through_their_places_without_a_gap(toyland: Case, layers: dict[str, Layer]) -> None:
    place = {r["node_id"]: (r["lon"], r["lat"]) for r in toyland["nodes"].iter_rows(named=True)}
    layer = layers["corridors"]
    via = dict(toyland["corridors"].select("corridor_id", "via").iter_rows())
    assert layer.table["corridor_id"].to_list() == ["MID", "RAIL", "PASS", "SEA"]
    for row, parts in zip(layer.table.iter_rows(named=True), layer.parts, strict=True):
        (way,) = parts
        passed = [place["A"], *(place[n] for n in via[row["corridor_id"]]), place["C"]]
        assert way[0] == place["A"]
        assert way[-1] == place["C"]
        assert [p for p in way if p in passed] == passed
        assert len(row["links"]) == len(way) - 1


def test_corridors_carry_what_the_brief_says(toyland: Case, layers: dict[str, Layer]) -> None:
    routes = compared_routes(CorridorStudy(toyland, DAY)).filter(direction="a_to_b")
    table = layers["corridors"].table
    kept = ["corridor_id", "status", "reason", "days", "km"]
    assert table.select(*kept, usd_20t="usd").equals(routes.select(*kept, "usd_20t"))


def test_an_empty_case_has_empty_layers(tmp_path: Path) -> None:
    write_template("XTA", "XTB", tmp_path / "case", DAY)
    case = read_case(tmp_path / "case")
    found = network_layers(case, DAY, link_lines(case["links"], case["nodes"]))
    assert [(layer.name, layer.table.height) for layer in found] == [
        ("nodes", 0),
        ("links", 0),
        ("crossings", 0),
        ("corridors", 0),
    ]
    for layer in found:
        assert json.loads(write_geojson(layer, tmp_path / "x.geojson").read_text())["features"] == []


def test_crossings_say_whether_they_are_shut(toyland: Case) -> None:
    lines = link_lines(toyland["links"], toyland["nodes"])
    for day, shut in ((date(2024, 5, 6), [False, True, False]), (DAY, [False, False, False])):
        table = network_layers(toyland, day, lines)[2].table
        assert table["shut_on_day"].to_list() == shut


@pytest.mark.parametrize("name", ["nodes", "links", "crossings", "corridors"])
def test_geojson_keeps_to_rfc_7946(layers: dict[str, Layer], name: str, tmp_path: Path) -> None:
    layer = layers[name]
    content = json.loads(write_geojson(layer, tmp_path / "x.geojson").read_text(encoding="utf-8"))
    assert content["type"] == "FeatureCollection"
    assert "crs" not in content
    west, south, east, north = content["bbox"]
    assert [f["id"] for f in content["features"]] == layer.table[layer.key].to_list()
    for feature in content["features"]:
        assert feature.keys() == {"type", "id", "geometry", "properties"}
        assert feature["properties"].keys() == set(layer.table.columns)
        assert feature["geometry"]["type"] in ("Point", "LineString")
        for lon, lat in positions(feature["geometry"]["coordinates"]):
            assert west <= lon <= east
            assert south <= lat <= north


def test_geojson_of_missing_and_infinite_values() -> None:
    first, second, third = geojson_features(mixed())
    assert first["properties"] == {"k": "a", "x": 1.5, "day": "2025-07-01", "tags": ["p", "q"]}
    assert first["geometry"] == {"type": "LineString", "coordinates": [[0.0, 1.0], [2.0, 3.0]]}
    assert second["geometry"]["type"] == "MultiLineString"
    assert second["properties"]["x"] is None
    assert third["geometry"] is None


def test_well_known_binary_by_hand() -> None:
    point = Layer("p", "k", pl.DataFrame({"k": ["a"]}), "point", ((((60.0, 45.5),),),))
    assert wkb(point, 0) == b"\x01\x01\x00\x00\x00" + struct.pack("<dd", 60.0, 45.5)
    line = b"\x01\x02\x00\x00\x00\x02\x00\x00\x00" + struct.pack("<dddd", 0, 1, 2, 3)
    assert wkb(mixed(), 0) == line
    other = b"\x01\x02\x00\x00\x00\x02\x00\x00\x00" + struct.pack("<dddd", 4, 5, 6, 7.5)
    assert wkb(mixed(), 1) == b"\x01\x05\x00\x00\x00\x02\x00\x00\x00" + line + other
    assert wkb(mixed(), 2) is None


def test_geoparquet_metadata_says_what_the_file_holds() -> None:
    metadata = geoparquet_metadata(mixed())
    assert (metadata["version"], metadata["primary_column"]) == ("1.1.0", "geometry")
    column = metadata["columns"]["geometry"]
    assert column["encoding"] == "WKB"
    assert column["geometry_types"] == ["LineString", "MultiLineString"]
    assert column["bbox"] == [0.0, 1.0, 6.0, 7.5]
    assert column["covering"]["bbox"]["xmax"] == ["bbox", "xmax"]
    assert "crs" not in column


def test_geoparquet_reads_back_as_the_table(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    layer = mixed()
    path = write_geoparquet(layer, tmp_path / "x.parquet")
    table = parquet.read_table(path)
    assert json.loads(table.schema.metadata[b"geo"]) == geoparquet_metadata(layer)
    assert table["geometry"].to_pylist() == [wkb(layer, row) for row in range(3)]
    assert table["bbox"].to_pylist()[1:] == [{"xmin": 0.0, "ymin": 1.0, "xmax": 6.0, "ymax": 7.5}, None]
    assert pl.read_parquet(path).select(layer.table.columns).equals(layer.table)


@pytest.mark.parametrize("name", ["nodes", "links", "crossings", "corridors"])
def test_an_independent_reader_sees_the_same_in_both_formats(
    layers: dict[str, Layer], name: str, tmp_path: Path
) -> None:
    geopandas = pytest.importorskip("geopandas")
    shapely = pytest.importorskip("shapely")
    layer = layers[name]
    table = geopandas.read_parquet(write_geoparquet(layer, tmp_path / "x.parquet"))
    content = json.loads(write_geojson(layer, tmp_path / "x.geojson").read_text(encoding="utf-8"))
    shapes = [shapely.geometry.shape(f["geometry"]) for f in content["features"]]
    assert table.crs.to_string() == "OGC:CRS84"
    assert table[layer.key].tolist() == layer.table[layer.key].to_list()
    assert all(a.equals_exact(b, 0.0) for a, b in zip(table.geometry, shapes, strict=True))


def test_geoparquet_without_pyarrow_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def gone(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(geo, "import_module", gone)
    with pytest.raises(MissingExtra, match=r"karwan\[geo\]"):
        write_geoparquet(mixed(), tmp_path / "x.parquet")


def test_an_empty_layer_is_written(tmp_path: Path) -> None:
    layer = Layer("none", "k", pl.DataFrame(schema={"k": pl.String}), "line", ())
    content = json.loads(write_geojson(layer, tmp_path / "x.geojson").read_text())
    assert content["features"] == []
    assert "bbox" not in content


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=2, max_size=6))
def test_no_part_of_a_cut_line_spans_half_the_globe(points: list[tuple[float, float]]) -> None:
    parts = cut_at_antimeridian(points)
    assert parts[0][0] == points[0]
    assert parts[-1][-1] == points[-1]
    for part in parts:
        assert all(abs(a[0] - b[0]) <= 180.0 for a, b in pairwise(part))
        assert all(-180.0 <= lon <= 180.0 and -90.001 <= lat <= 90.001 for lon, lat in part)
    kept = [p for part in parts for p in part if p in points]
    assert [p for p in points if p not in kept] == []


def test_an_unknown_geometry_is_refused(toyland: Case) -> None:
    with pytest.raises(InvalidInput, match="straight, scgraph"):
        link_lines(toyland["links"], toyland["nodes"], "osm")


@pytest.fixture
def detour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A road network of three nodes in which the way from (0, 0) to (0, 1) passes (0.2, 0.5)."""
    latlon = np.array([[0.0, 0.0], [0.2, 0.5], [0.0, 1.0]])
    network = independent_network.land_network("toy 1", latlon, [{1: 60.0}, {0: 60.0, 2: 60.0}, {1: 60.0}])
    monkeypatch.setattr(independent_network, "read_land_network", lambda mode: network)


def _one_link(length_km: float, state: str = "open") -> tuple[pl.DataFrame, pl.DataFrame]:
    link = {"link_id": "l", "from_node_id": "a", "to_node_id": "b", "mode": "road"}
    links = pl.DataFrame([{**link, "state": state, "length_km": length_km}])
    nodes = pl.DataFrame({"node_id": ["a", "b"], "lat": [0.01, 0.0], "lon": [0.0, 1.01]})
    return links, nodes


@pytest.mark.usefixtures("detour")
def test_a_covered_link_follows_the_network() -> None:
    line = link_lines(*_one_link(121.0), "scgraph")["l"]
    assert line.points == ((0.0, 0.01), (0.0, 0.0), (0.5, 0.2), (1.0, 0.0), (1.01, 0.0))
    assert line.source == "toy 1"


@pytest.mark.usefixtures("detour")
def test_a_place_on_the_network_stands_in_its_line_once() -> None:
    links, nodes = _one_link(121.0)
    line = link_lines(links, nodes.with_columns(lat=0.0, lon=pl.Series([0.0, 1.0])), "scgraph")["l"]
    assert line.points == ((0.0, 0.0), (0.5, 0.2), (1.0, 0.0))


@pytest.mark.usefixtures("detour")
@pytest.mark.parametrize(("length_km", "state"), [(300.0, "open"), (50.0, "open"), (121.0, "planned")])
def test_a_link_of_another_length_or_not_yet_built_stays_straight(length_km: float, state: str) -> None:
    line = link_lines(*_one_link(length_km, state), "scgraph")["l"]
    assert line.points == ((0.0, 0.01), (1.01, 0.0))
    assert line.source == "straight"


@pytest.mark.usefixtures("detour")
def test_a_place_off_the_network_stays_straight() -> None:
    links, nodes = _one_link(121.0)
    line = link_lines(links, nodes.with_columns(lat=pl.col("lat") + 3.0), "scgraph")["l"]
    assert line.source == "straight"
