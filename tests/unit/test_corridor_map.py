"""Lines of links on the map: along what is known from end to end, either way round, else straight and said to be so."""

from __future__ import annotations

import pytest

from karwan.analysis.corridor_map import LANE, STRAIGHT, DrawnLinks, _arc_way, corridor_map
from karwan.case import Case

PLACES = {"A": (0.0, 0.0), "B": (2.0, 0.0), "C": (4.0, 1.0)}
WAYS = DrawnLinks(
    PLACES,
    {"train": "ab"},
    {"ab": ("A", "B"), "bc": ("B", "C")},
    {"ab": [(0.01, 0.0), (1.0, 0.5), (1.99, 0.0)]},
)


def test_a_known_line_joins_the_places_of_its_link_either_way_round() -> None:
    there, known = _arc_way(WAYS, "ab", "A", "B")
    assert (there, known) == ([(0.0, 0.0), (1.0, 0.5), (2.0, 0.0)], True)
    assert _arc_way(WAYS, "train", "B", "A") == (there[::-1], True)


@pytest.mark.parametrize(("place", "tail", "head"), [("bc", "B", "C"), ("ab", "A", "C"), ("none", "C", "B")])
def test_what_is_not_known_or_is_another_link_is_straight(place: str, tail: str, head: str) -> None:
    assert _arc_way(WAYS, place, tail, head) == ([PLACES[tail], PLACES[head]], False)


@pytest.mark.parametrize(
    ("mode", "known", "state"),
    [("road", True, "open"), ("rail", False, STRAIGHT), ("sea", True, LANE), ("sea", False, "open")],
)
def test_a_straight_way_by_land_is_said_to_be_one(mode: str, known: bool, state: str) -> None:
    assert WAYS.state(mode, known) == state


def test_a_case_without_lines_draws_none_as_unknown(toyland: Case) -> None:
    held = corridor_map(toyland, toyland.settings.as_of)
    assert set(held.lines["state"]) <= {"open", "closed", "planned"}
