"""Findings on link lengths, one rule at a time, and the shipped case."""

from __future__ import annotations

import polars as pl
import pytest

from karwan.case.length_check import DETOUR, DETOUR_OUTSIDE, DISAGREES, SHORTER, length_findings

NODES = pl.DataFrame(
    {
        "node_id": ["A", "B", "C"],
        "lat": [0.0, 0.0, 0.0],
        "lon": [0.0, 1.0, 2.0],
        "accuracy_km": [1.0, 1.0, 60.0],
    }
)


def links(mode: str, km: float, check: float | None = None, to: str = "B") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "link_id": ["l"],
            "from_node_id": ["A"],
            "to_node_id": [to],
            "mode": [mode],
            "length_km": [km],
            "check_length_km": [check],
            "note": ["why"],
        },
        schema_overrides={"check_length_km": pl.Float64, "length_km": pl.Float64},
    )


@pytest.mark.parametrize("mode", sorted(DETOUR))
def test_plausible_length_is_not_listed(mode: str) -> None:
    assert length_findings(links(mode, 130.0, 125.0), NODES).is_empty()


def test_shorter_than_great_circle() -> None:
    found = length_findings(links("road", 100.0), NODES)
    assert found["finding"].to_list() == [SHORTER]
    assert found["great_circle_km"][0] == pytest.approx(111.2)
    assert found["detour"][0] == pytest.approx(0.9)


def test_inaccurate_places_excuse_a_short_link() -> None:
    assert length_findings(links("road", 170.0, to="C"), NODES).is_empty()


@pytest.mark.parametrize("mode", sorted(DETOUR))
def test_detour_outside_the_mode_s_band(mode: str) -> None:
    high = DETOUR[mode][1] * (111.195 + 4.0)
    assert length_findings(links(mode, high - 1), NODES).is_empty()
    assert length_findings(links(mode, high + 1), NODES)["finding"].to_list() == [DETOUR_OUTSIDE]


@pytest.mark.parametrize(
    ("check", "listed"), [(126.0, False), (150.0, False), (151.0, True), (89.0, True), (None, False)]
)
def test_disagreement_over_a_quarter(check: float | None, listed: bool) -> None:
    found = length_findings(links("rail", 120.0, check), NODES)
    assert found["finding"].to_list() == ([DISAGREES] if listed else [])


def test_one_link_may_have_two_findings_and_keeps_its_note() -> None:
    found = length_findings(links("road", 100.0, 140.0), NODES)
    assert found["finding"].to_list() == [SHORTER, DISAGREES]
    assert found["note"].to_list() == ["why", "why"]
    assert found["check_ratio"].to_list() == [1.4, 1.4]
