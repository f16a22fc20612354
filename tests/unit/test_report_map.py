"""The map: projection, generalisation, base map, strands, labels."""

import itertools
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from karwan.report import basemap, map
from karwan.report.basemap import Relief
from karwan.report.labels import Wish, place_labels
from karwan.report.projection import fit_frame, fit_projection, simplify
from karwan.report.seaways import split_seaways
from karwan.report.strands import strands
from tests.sample_brief import sample_brief


@given(st.floats(-170, 150), st.floats(-55, 55), st.floats(2, 25), st.floats(2, 25))
def test_projection_round_trips(west: float, south: float, wide: float, tall: float) -> None:
    lon, lat = (
        np.array([west, west + wide, west + wide / 2]),
        np.array([south, south + tall, south + tall / 3]),
    )
    projection = fit_projection(lon, lat)
    back_lon, back_lat = projection.inverse(*projection.forward(lon, lat))
    assert np.allclose(back_lon, lon, atol=1e-6)
    assert np.allclose(back_lat, lat, atol=1e-6)


def test_conic_matches_the_published_example() -> None:
    """Snyder (1987, page 296): parallels 33 and 45, origin 23 N 96 W, point 35 N 75 W, sphere of radius 1."""
    projection = fit_projection(np.array([-96.0, -96.0]), np.array([30.0, 48.0]))
    x, y = projection.forward(np.array([-75.0]), np.array([35.0]))
    origin_y = projection.forward(np.array([-96.0]), np.array([23.0]))[1]
    assert projection.cone == pytest.approx(0.6304777, abs=1e-6)
    assert x[0] == pytest.approx(0.2966785, abs=1e-6)
    assert y[0] - origin_y[0] == pytest.approx(0.2462112, abs=1e-6)


def test_frame_holds_all_places() -> None:
    lon, lat = np.array([41.7, 80.4, 67.0]), np.array([42.1, 44.2, 24.8])
    frame = fit_frame(lon, lat, 900, 1.3)
    x, y = frame.place(lon, lat)
    assert (x > 0).all() and (x < frame.width).all() and (y > 0).all() and (y < frame.height).all()
    assert frame.width / frame.height == pytest.approx(1.3)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=3, max_size=40), st.floats(0.5, 10))
def test_simplified_line_stays_within_tolerance(points: list[tuple[float, float]], tolerance: float) -> None:
    x, y = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    kept = simplify(x, y, tolerance)
    assert kept[0] == 0 and kept[-1] == len(x) - 1
    for first, last in itertools.pairwise(kept):
        dx, dy = x[last] - x[first], y[last] - y[first]
        length = np.hypot(dx, dy)
        px, py = x[first : last + 1] - x[first], y[first : last + 1] - y[first]
        gap = np.abs(dx * py - dy * px) / length if length > 1e-9 else np.hypot(px, py)
        assert gap.max() <= tolerance + 1e-9


def test_borders_are_shared_and_coasts_are_not() -> None:
    found = basemap.read_basemap((50.0, 30.0, 75.0, 45.0))
    pairs = {frozenset(line.countries) for line in found.borders}
    assert frozenset(("KAZ", "UZB")) in pairs and frozenset(("AFG", "PAK")) in pairs
    assert frozenset(("KAZ", "PAK")) not in pairs
    assert all(len(line.countries) == 1 for line in found.coasts)


def test_relief_is_high_in_the_mountains_and_absent_at_sea() -> None:
    relief = basemap.read_basemap((50.0, 20.0, 80.0, 50.0)).relief
    assert relief is not None

    def height(lon: float, lat: float) -> float:
        row, column = int((lat - relief.south) / relief.step), int((lon - relief.west) / relief.step)
        return float(relief.elevation[row, column])

    assert height(73.2, 38.9) > 4000  # Pamir
    assert 0 < height(68.4, 26.2) < 100  # the plain of the Indus
    assert np.isnan(height(62.0, 22.0))  # Arabian Sea


def test_relief_goes_on_across_the_date_line() -> None:
    east = basemap.read_basemap((170.0, 60.0, 195.0, 70.0)).relief
    west = basemap.read_basemap((-180.0, 60.0, -165.0, 70.0)).relief
    assert east is not None and west is not None
    np.testing.assert_array_equal(east.elevation[:, 120:300], west.elevation[:, :180])


def test_rivers_of_the_window_are_there() -> None:
    rivers = basemap.read_basemap((60.0, 23.0, 78.0, 37.0)).rivers
    indus = (68.33, 25.37)  # at Kotri
    assert min(float(np.hypot(*(line - indus).T).min()) for line in rivers) < 0.1


def test_line_of_control_is_disputed_and_durand_line_is_not() -> None:
    found = basemap.read_basemap((70.0, 28.0, 80.0, 38.0))
    assert {"IND", "PAK"} in [set(line.countries) for line in found.disputed]
    assert all(line.name for line in found.disputed)
    assert all(set(line.countries) != {"AFG", "PAK"} for line in found.disputed)
    southern = [line for line in found.borders if set(line.countries) == {"IND", "PAK"}]
    assert any(line.coordinates[:, 1].min() < 30 for line in southern)


def _square_map() -> tuple[pl.DataFrame, pl.DataFrame]:
    part = sample_brief().corridors
    return part.map_nodes, part.map_lines


def test_strands_sharing_a_road_lie_side_by_side() -> None:
    nodes, lines = _square_map()
    frame = fit_frame(nodes["lon"].to_numpy(), nodes["lat"].to_numpy(), 900, 1.3)
    shared = [
        s
        for s in strands(lines, frame)
        if len(s.x) and abs(s.y[0] - frame.place(np.array([76.93]), np.array([43.26]))[1][0]) < 9
    ]
    starts = {
        (round(float(s.x[0]), 1), round(float(s.y[0]), 1))
        for s in shared
        if s.corridor_id in ("ktap", "kuap", "iran")
    }
    assert len(starts) == 3


def test_no_label_meets_another_and_first_ranks_are_kept() -> None:
    rng = np.random.default_rng(5)
    wishes = [
        Wish(f"Place {k}", float(x), float(y), 11, 1 + k % 3)
        for k, (x, y) in enumerate(rng.uniform(60, 540, (40, 2)))
    ]
    marks = np.array([(w.x, w.y) for w in wishes])
    placed = place_labels(wishes, marks, np.empty((0, 2)), 600, 600)
    boxes = [(p.x, p.y - 9, p.x + p.width, p.y + 2.8) for p in placed]
    for k, a in enumerate(boxes):
        assert all(a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1] for b in boxes[k + 1 :])
    assert sum(p.wish.rank == 1 for p in placed) >= sum(w.rank == 1 for w in wishes) - 1
    assert all(p.x >= 0 and p.x + p.width <= 600 for p in placed)


def _draw() -> tuple[str, tuple[str, ...]]:
    part = sample_brief().corridors
    drawn = map.draw_map(
        part.map_nodes,
        part.map_lines,
        part.corridors,
        frozenset(["Torkham"]),
        parties=("KAZ", "PAK"),
        title="t",
        description="d",
    )
    assert drawn is not None
    return drawn


def test_map_names_every_corridor_and_first_place() -> None:
    svg, _ = _draw()
    shown = {element.text for element in ET.fromstring(svg).iter() if element.tag.endswith("text")}
    assert {"KTAP", "KUAP", "Iran", "Almaty", "Karachi", "Gwadar", "Astana", "Torkham"} <= shown


def test_without_data_the_map_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(basemap, "_ASSETS", tmp_path)
    basemap.read_basemap.cache_clear()
    svg, notes = _draw()
    basemap.read_basemap.cache_clear()
    assert "not installed" in notes[0]
    assert "<image" not in svg and "Almaty" in svg


def test_no_place_gives_no_map() -> None:
    part = sample_brief().corridors
    assert (
        map.draw_map(
            part.map_nodes.head(0),
            part.map_lines.head(0),
            part.corridors,
            frozenset(),
            parties=("KAZ", "PAK"),
            title="",
            description="",
        )
        is None
    )


def test_another_pair_of_countries_needs_no_code() -> None:
    nodes = pl.DataFrame(
        {
            "node_id": ["a", "b"],
            "name": ["Santos", "Asunción"],
            "kind": ["port", "city"],
            "country": ["BRA", "PRY"],
            "lat": [-23.9, -25.3],
            "lon": [-46.3, -57.6],
            "rank": [1, 1],
        }
    )
    lines = pl.DataFrame(
        {
            "corridor_id": ["x"],
            "colour": ["#3f7d4e"],
            "seq": [0],
            "mode": ["road"],
            "state": ["open"],
            "lons": [[-46.3, -57.6]],
            "lats": [[-23.9, -25.3]],
        }
    )
    corridors = pl.DataFrame(
        {"corridor_id": ["x"], "name": ["Paranaguá"], "title": ["t"], "colour": ["#3f7d4e"], "rank": [1]}
    )
    drawn = map.draw_map(
        nodes, lines, corridors, frozenset(), parties=("BRA", "PRY"), title="t", description="d"
    )
    assert drawn is not None and "Asunción" in drawn[0]


def _coast() -> Relief:
    """Land north of 20 degrees between 40 and 60 east, sea to the south."""
    elevation = np.full((40, 80), np.nan)
    elevation[20:, :] = 100.0
    return Relief(40.0, 10.0, 0.5, elevation)


def _sailing(lons: list[float], lats: list[float]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "corridor_id": ["x"],
            "colour": ["#3f7d4e"],
            "seq": [0],
            "mode": ["sea"],
            "state": ["open"],
            "lons": [lons],
            "lats": [lats],
        }
    )


def test_a_way_along_the_coast_is_bent_out_to_sea() -> None:
    frame = fit_frame(np.array([42.0, 58.0]), np.array([12.0, 28.0]), 600, 1.2)
    found = split_seaways(_sailing([44.0, 54.0], [20.2, 20.2]), frame, _coast())
    assert found.stubs == () and len(found.lines["lons"][0]) == 25
    assert np.mean(np.array(found.lines["lats"][0])[2:-2] > 20.0) < 0.1


def test_a_way_round_a_continent_becomes_a_stub_at_each_end() -> None:
    frame = fit_frame(np.array([42.0, 78.0]), np.array([12.0, 28.0]), 600, 1.2)
    found = split_seaways(_sailing([42.0, 78.0], [19.9, 29.0]), frame, _coast())
    assert found.lines.is_empty() and len(found.stubs) == 2
    assert found.stubs[0].y[1] > found.stubs[0].y[0]


def test_a_way_over_open_sea_stays_straight() -> None:
    frame = fit_frame(np.array([42.0, 58.0]), np.array([12.0, 28.0]), 600, 1.2)
    lines = _sailing([44.0, 54.0], [15.0, 13.0])
    assert split_seaways(lines, frame, _coast()).lines.equals(lines)
    assert split_seaways(lines, frame, None).lines.equals(lines)
