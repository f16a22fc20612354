"""Load over capacity of the gates left to the trucks of a country."""

from __future__ import annotations

import pytest

from karwan.transport.network.scarcity import overload


def gate(
    name: str, other: str, capacity: float | None, traffic: float | None, modes: tuple[str, ...] = ("road",)
) -> dict[str, object]:
    return {
        "crossing_id": name,
        "country_a": "XTA",
        "country_b": other,
        "modes": modes,
        "capacity_trucks_day": capacity,
        "background_trucks_day": traffic,
    }


NORTH, SOUTH = gate("N", "XTB", 700.0, 600.0), gate("S", "XTC", 300.0, 200.0)


def test_a_third_of_the_shut_gate_turns_to_the_one_that_is_left() -> None:
    """200 trucks of its own and 200 of 600 that turn, for 300: a third too many, also for the country behind it."""
    found = overload([NORTH, SOUTH], lambda name: name == "N", 1 / 3)
    assert found == pytest.approx({"XTA": 1 / 3, "XTC": 1 / 3})


def test_nothing_is_scarce_where_none_is_shut_none_is_left_or_room_is_enough() -> None:
    assert overload([NORTH, SOUTH], lambda name: False, 1.0) == {}
    assert overload([NORTH, SOUTH], lambda name: True, 1.0) == {}
    assert overload([NORTH, SOUTH], lambda name: name == "S", 0.5) == {}  # 600 and 100 for 700
    assert overload([NORTH, SOUTH], lambda name: name == "S", 1.0) == pytest.approx(
        {"XTA": 1 / 7, "XTB": 1 / 7}
    )


def test_gates_of_trains_and_of_unknown_capacity_do_not_count() -> None:
    train, unknown = gate("T", "XTB", 900.0, 900.0, ("rail",)), gate("U", "XTB", None, 900.0)
    assert overload([train, unknown, SOUTH], lambda name: name in "TU", 1.0) == {}
    silent = gate("N", "XTB", 700.0, None)  # no traffic is known: none turns
    assert overload([silent, gate("S", "XTC", 300.0, 330.0)], lambda name: name == "N", 1.0) == pytest.approx(
        {"XTA": 0.1, "XTC": 0.1}
    )
