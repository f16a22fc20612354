"""The map of weak points: a small base map, classes of cost, marks of what cuts pairs off, files."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.criticality import CriticalAnswer, critical_answer
from karwan.analysis.sensitivity import CorridorBase
from karwan.case import read_case
from karwan.errors import InvalidInput
from karwan.report.labels import Wish, place_labels
from karwan.report.outline import short_path, thin
from karwan.report.palette import contrast
from karwan.report.weak_map import SHADES, cost_steps, draw_weak_map
from karwan.report.weak_map_files import WeakMap, write_weak_map
from tests.sample_brief import empty_brief, hostile_brief, sample_brief

SVG = "{http://www.w3.org/2000/svg}"


def drawn(weak: pl.DataFrame | None = None, shut: frozenset[str] = frozenset()) -> str:
    part = sample_brief().corridors
    found = draw_weak_map(
        part.weak_points if weak is None else weak,
        part.map_nodes,
        part.map_lines,
        shut,
        parties=("KAZ", "PAK"),
        title="Weak points",
    )
    assert found is not None
    return found


def texts(svg: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{SVG}text")]


@given(st.floats(1.0, 1e12))
def test_steps_rise_and_leave_the_dearest_in_the_top_class(highest: float) -> None:
    low, middle, top = cost_steps(highest)
    assert 0 < low < middle < top
    assert top <= highest
    assert top >= 0.4 * highest


def test_shades_darken_and_stand_out_from_the_ground() -> None:
    against = [contrast(shade, "#f8f6ef") for shade in SHADES]
    assert against == sorted(against)
    assert against[0] >= 2.8
    assert against[1] >= 4.0


@given(st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500)), min_size=2, max_size=30))
def test_short_path_leads_through_the_same_points(found: list[tuple[int, int]]) -> None:
    xs, ys = (np.array([p[k] for p in found], dtype=float) for k in (0, 1))
    text = short_path(xs, ys)
    kept = [p for k, p in enumerate(found) if k == 0 or p != found[k - 1]]
    if len(kept) < 2:
        assert text == ""
        return
    numbers = [int(n) for n in re.findall(r"-?\d+", text)]
    walked = np.cumsum(np.array(numbers).reshape(-1, 2), axis=0)
    assert [tuple(p) for p in walked.tolist()] == kept


def test_thinning_keeps_both_ends_and_moves_no_further_than_a_cell() -> None:
    angle = np.linspace(0, 6, 500)
    x, y = 100 * np.cos(angle), 100 * np.sin(angle)
    kept_x, kept_y = thin(x, y, 2.0)
    assert len(kept_x) < 350
    assert (kept_x[0], kept_x[-1]) == (x[0], x[-1])
    gaps = np.hypot(x[:, None] - kept_x[None, :], y[:, None] - kept_y[None, :]).min(axis=1)
    assert gaps.max() <= 2.0 * np.sqrt(2.0)


@pytest.mark.parametrize("brief", [sample_brief(), hostile_brief()])
def test_map_is_strict_xml_with_a_title_and_no_foreign_markup(brief: object) -> None:
    part = brief.corridors  # type: ignore[attr-defined]
    svg = draw_weak_map(
        part.weak_points, part.map_nodes, part.map_lines, frozenset(), parties=("KAZ", "PAK"), title="<t>&"
    )
    assert svg is not None
    root = ET.fromstring(svg)
    assert root.find(f"{SVG}title").text == "<t>&"  # type: ignore[union-attr]
    assert not {e.tag for e in root.iter()} & {f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject"}


def test_nothing_to_draw_gives_no_map() -> None:
    part, full = empty_brief().corridors, sample_brief().corridors
    for weak, nodes in ((part.weak_points, full.map_nodes), (full.weak_points, part.map_nodes)):
        assert draw_weak_map(weak, nodes, full.map_lines, frozenset(), parties=("A", "B"), title="t") is None


def test_a_place_that_cuts_pairs_off_says_so_and_wears_two_rings() -> None:
    svg = drawn()
    assert "1 Torkham, cuts 6 off" in texts(svg)
    assert "cuts pairs off" in texts(svg)
    group = next(
        g
        for g in ET.fromstring(svg).iter(f"{SVG}g")
        if (g.findtext(f"{SVG}title") or "").startswith("1. Torkham, crossing:")
    )
    assert group.findtext(f"{SVG}title", "").endswith("Cut off: Almaty → Karachi.")
    assert len(group.findall(f"{SVG}circle")) == 2
    none = sample_brief().corridors.weak_points.with_columns(
        pairs_cut=pl.lit(0), cut_off=pl.lit([]).cast(pl.List(pl.String))
    )
    assert "cuts pairs off" not in texts(drawn(none))


def test_links_grow_wider_with_what_they_cost() -> None:
    weak = sample_brief().corridors.weak_points.with_columns(pairs_cut=pl.lit(0))

    def width(cost: float) -> float:
        link = weak.with_columns(
            extra_usd_year=pl.when(pl.col("kind") == "link").then(cost).otherwise(pl.col("extra_usd_year"))
        )
        for group in ET.fromstring(drawn(link)).iter(f"{SVG}g"):
            if "Termez" in (group.findtext(f"{SVG}title") or ""):
                return float(group.findall(f"{SVG}path")[-1].get("stroke-width", "0"))
        return 0.0

    widths = [width(cost) for cost in (0.0, 1e5, 2e6, 5e6, 9e6)]
    assert widths[0] == 0.0
    assert widths == sorted(set(widths))


def test_shut_places_are_marked_and_a_labelled_place_is_named_once() -> None:
    svg = drawn(shut=frozenset({"Chaman"}))
    assert "shut on the day" in texts(svg)
    assert "shut on the day" not in texts(drawn())
    names = [t for t in dict.fromkeys(texts(svg)) if "Karachi" in t]
    assert names == ["2 Karachi, 4.50 m"]


def test_a_named_link_too_short_to_see_is_a_dot() -> None:
    weak = sample_brief().corridors.weak_points.with_columns(pairs_cut=pl.lit(0))

    def to(lon: float, lat: float) -> pl.DataFrame:
        ends = {"lons": [67.28, lon], "lats": [37.22, lat]}
        return weak.with_columns(
            pl.when(pl.col("kind") == "link").then(pl.lit(v)).otherwise(pl.col(c)).alias(c)
            for c, v in ends.items()
        )

    def dots(table: pl.DataFrame) -> int:
        groups = [
            g
            for g in ET.fromstring(drawn(table)).iter(f"{SVG}g")
            if (g.findtext(f"{SVG}title") or "").startswith("3. Termez")
        ]
        return sum(len(g.findall(f"{SVG}circle")) for g in groups)

    assert (dots(to(70.0, 39.0)), dots(to(67.29, 37.23))) == (0, 1)


def test_labels_keep_more_room_for_another_font() -> None:
    wishes = [Wish(f"Place {k}", 100.0, 100.0 + 9 * k, 11, 1) for k in range(4)]
    marks = np.array([(w.x, w.y) for w in wishes])
    plain = place_labels(wishes, marks, np.empty((0, 2)), 600, 600)
    wide = place_labels(wishes, marks, np.empty((0, 2)), 600, 600, room=1.5)
    assert [p.width for p in wide] == pytest.approx([1.5 * p.width for p in plain])


# -- files ---------------------------------------------------------------------------------------------------


@cache
def shown() -> WeakMap:
    case = read_case("toyland")
    study = CorridorStudy(case, case.settings.as_of)
    return WeakMap(
        study, critical_answer(CorridorBase(study, tonnes_year=10_000.0), most=2), frozenset({"Z"})
    )


def test_a_picture_stands_alone_with_title_legend_and_sources(tmp_path: Path) -> None:
    svg = write_weak_map(shown(), tmp_path / "weak.SVG").read_text(encoding="utf-8")
    assert svg.startswith('<?xml version="1.0"')
    said = texts(svg)
    assert said[0] == "Weak points of the corridors, Upland - Lowland, 1 Jul 2025"
    assert "Taken as open: Zenith" in said
    assert any(t.startswith("1 Xing, 660 k") for t in said)
    assert any("from the case toyland" in t for t in said)
    assert any(t.startswith("Coasts and borders") for t in said)


def test_a_layer_holds_every_place_at_its_coordinates(tmp_path: Path) -> None:
    found = json.loads(write_weak_map(shown(), tmp_path / "weak.geojson").read_text(encoding="utf-8"))
    features = {f["id"]: f for f in found["features"]}
    assert len(features) == shown().answer.weak_points.height
    nodes = shown().study.case["nodes"].select("node_id", "lon", "lat").iter_rows()
    at = {n: [lon, lat] for n, lon, lat in nodes}
    assert features["crossing/X"]["geometry"] == {"type": "Point", "coordinates": at["X"]}
    line = features["link/B-Y"]["geometry"]
    assert line == {"type": "LineString", "coordinates": [at["B"], at["Y"]]}
    first = features["crossing/X"]["properties"]
    assert (first["place"], first["rank"], first["pairs_cut"]) == ("Xing", 1, 0)
    assert first["extra_usd_year"] == pytest.approx(659_867, rel=1e-5)
    lons = [p[0] for p in at.values()]
    assert found["bbox"][0] >= min(lons)


@pytest.mark.parametrize("name", ["weak.png", "weak", "no/such/weak.svg"])
def test_other_files_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"ends in|no folder"):
        write_weak_map(shown(), tmp_path / name)


def test_a_base_without_places_is_refused(tmp_path: Path) -> None:
    blank = {
        n: getattr(shown().answer, n).head(0) for n in ("places", "pairs", "sides", "reroutes", "weak_points")
    }
    answer = CriticalAnswer(**blank, notes=())
    with pytest.raises(InvalidInput, match="nothing to draw"):
        write_weak_map(WeakMap(shown().study, answer), tmp_path / "weak.svg")
