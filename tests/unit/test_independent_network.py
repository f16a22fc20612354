"""Paths, snapping and gaps on a small hand-made network; no package needed."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import polars as pl
import pytest

from karwan.errors import MissingExtra
from karwan.exchange import independent_network
from karwan.exchange.independent_network import LandNetwork, independent_lengths, land_length_km, land_network

DEGREE_KM = 111.195


@pytest.fixture
def ladder() -> LandNetwork:
    """Two lines along the equator and one degree north, joined at the east end; a stray node of its own."""
    latlon = np.array([[0, 0], [0, 1], [0, 2], [1, 2], [1, 0], [0.0, 0.05]], dtype=float)
    edges = [
        {1: 115.0, 0: 0.0},
        {0: 115.0, 2: 120.0},
        {1: 120.0, 3: 112.0},
        {2: 112.0, 4: 230.0},
        {3: 230.0},
        {},
    ]
    return land_network("ladder", latlon, edges)


def test_length_is_the_shortest_path(ladder: LandNetwork) -> None:
    km, snap = land_length_km(ladder, (0, 0), (0, 2))
    assert km == pytest.approx(235.0)
    assert snap == pytest.approx(0.0, abs=1e-6)


def test_straight_lines_to_the_network_count(ladder: LandNetwork) -> None:
    km, snap = land_length_km(ladder, (-0.1, 0), (0, 2.2))
    assert snap == pytest.approx(0.2 * DEGREE_KM, rel=1e-4)
    assert km == pytest.approx(235.0 + 0.3 * DEGREE_KM, rel=1e-4)


def test_a_stray_part_nearby_is_passed_over(ladder: LandNetwork) -> None:
    km, snap = land_length_km(ladder, (0, 0.06), (0, 1))
    assert snap == pytest.approx(0.06 * DEGREE_KM, rel=1e-4)
    assert km == pytest.approx(115.0 + 0.06 * DEGREE_KM, rel=1e-4)


def test_too_far_from_the_network_is_not_covered(ladder: LandNetwork) -> None:
    assert np.isnan(land_length_km(ladder, (-0.3, 0), (0, 2))).all()


def test_an_absurd_detour_is_a_gap(ladder: LandNetwork) -> None:
    # (0, 0) to (1, 0) is 111 km straight and 577 km along the ladder: more than 4 x 111 + 50.
    assert np.isnan(land_length_km(ladder, (0, 0), (1, 0))).all()


def test_parallel_edges_and_loops_do_not_matter() -> None:
    network = land_network("loop", np.array([[0, 0], [0, 1]], dtype=float), [{0: 5.0, 1: 112.0}, {0: 112.0}])
    assert land_length_km(network, (0, 0), (0, 1))[0] == pytest.approx(112.0)


def test_table_has_one_row_per_link_in_order(ladder: LandNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(independent_network, "read_land_network", lambda mode: ladder)
    nodes = pl.DataFrame({"node_id": ["A", "B", "C"], "lat": [0.0, 0.0, 50.0], "lon": [0.0, 2.0, 0.0]})
    links = pl.DataFrame(
        {
            "link_id": ["x", "y"],
            "from_node_id": ["A", "A"],
            "to_node_id": ["C", "B"],
            "mode": ["rail", "road"],
        }
    )
    found = independent_lengths(links, nodes)
    assert found["link_id"].to_list() == ["x", "y"]
    assert found["covered"].to_list() == [False, True]
    assert found["check_length_km"].to_list() == [None, pytest.approx(235.0)]
    assert found["network"].to_list() == ["ladder", "ladder"]


@pytest.mark.parametrize(("mode", "package"), [("road", "scgraph_data"), ("ferry", "searoute")])
def test_a_missing_package_names_the_extra(mode: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = independent_network.importlib.import_module

    def without(name: str, *rest: Any) -> Any:
        if name.split(".")[0] == package:
            raise builtins.ImportError(f"No module named {package!r}")
        return real(name, *rest)

    monkeypatch.setattr(independent_network.importlib, "import_module", without)
    independent_network.read_land_network.cache_clear()
    nodes = pl.DataFrame({"node_id": ["A", "B"], "lat": [0.0, 0.0], "lon": [0.0, 1.0]})
    links = pl.DataFrame({"link_id": ["x"], "from_node_id": ["A"], "to_node_id": ["B"], "mode": [mode]})
    with pytest.raises(MissingExtra, match=package) as caught:
        independent_lengths(links, nodes)
    assert "karwan[check]" in caught.value.fix
