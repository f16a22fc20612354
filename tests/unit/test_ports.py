"""Ports: room and use of terminals on one basis and one year."""

from __future__ import annotations

from typing import Any

import pytest

from karwan.analysis.ports import room_and_use


def _terminal(name: str, **figures: Any) -> dict[str, Any]:
    known = dict.fromkeys(
        ("capacity_teu_year", "throughput_teu_year", "capacity_year", "throughput_year", "year")
    )
    return {"terminal_id": name, "basis": "observed", **known, **figures}


def test_use_is_of_the_terminals_that_state_both_for_one_year() -> None:
    one = _terminal("A", capacity_teu_year=1000.0, throughput_teu_year=600.0, year=2024)
    two = _terminal("B", capacity_teu_year=500.0, throughput_teu_year=400.0, year=2024)
    bare = _terminal("C", throughput_teu_year=1500.0, year=2024)
    room = room_and_use([one, two, bare])
    assert room["capacity_teu_year"] == 1500.0
    assert room["throughput_teu_year"] == 1000.0
    assert room["used_share"] == pytest.approx(2.0 / 3.0)
    assert room["room_of"] == "A (2024) and B (2024): 2 of 3 terminals"


def test_capacity_and_throughput_of_different_terminals_are_not_compared() -> None:
    """As Karachi was: 750,000 TEU of one terminal beside 1.45 million of two made 194 %."""
    one = _terminal("A", capacity_teu_year=750.0, throughput_teu_year=371.0, year=2025, throughput_year=2022)
    two = _terminal("B", throughput_teu_year=1081.0, year=2014)
    room = room_and_use([one, two])
    assert room["capacity_teu_year"] is None and room["throughput_teu_year"] is None
    assert room["used_share"] is None
    assert room["room_of"] == (
        "not of the same terminals and year: capacity is known of A (2025), "
        "throughput is known of A (2022) and B (2014)"
    )


@pytest.mark.parametrize(
    ("change", "of"),
    [
        ({"basis": "assumed"}, "B (2024): 1 of 2 terminals"),
        ({"year": 2020}, "B (2024): 1 of 2 terminals"),
        ({"year": None}, "B (2024): 1 of 2 terminals"),
        ({"capacity_year": 2019}, "B (2024): 1 of 2 terminals"),
    ],
)
def test_years_and_bases_are_never_mixed(change: dict[str, Any], of: str) -> None:
    one = _terminal("A", capacity_teu_year=1.0, throughput_teu_year=1.0, year=2024) | change
    two = _terminal("B", capacity_teu_year=500.0, throughput_teu_year=400.0, year=2024)
    assert room_and_use([one, two])["room_of"] == of


def test_capacity_alone_is_summed_and_named() -> None:
    one = _terminal("A", capacity_teu_year=1000.0, year=2024)
    two = _terminal("B", capacity_teu_year=500.0, capacity_year=2019, year=2024)
    room = room_and_use([one, two])
    assert room["capacity_teu_year"] == 1500.0 and room["throughput_teu_year"] is None
    assert room["room_of"] == "capacity is known of A (2024) and B (2019)"
    assert room_and_use([])["room_of"] is None
