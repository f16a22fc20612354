"""What a route is asked to avoid: modes, in the search, in the named corridors and in the reasons."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route
from karwan.case import Case
from karwan.errors import Unreachable

DAY = date(2026, 12, 1)
BORDERS = ("Torkham", "Chaman")


def ask(case: Case, origin: str, destination: str, avoid: tuple[str, ...], **more: Any) -> Result:
    query = RouteRequest(origin, destination, "chickpeas", 20.0, DAY, avoid=avoid, **more)
    return answer_route(Inputs(case), query)


def modes(answer: Result) -> set[str]:
    return set(answer.tables["stages"]["mode"])


def corridors(answer: Result) -> dict[str, dict[str, Any]]:
    return {row["corridor_id"]: row for row in answer.tables["corridors"].iter_rows(named=True)}


@pytest.fixture(scope="module")
def by_road(kaz_pak: Case) -> Result:
    return ask(kaz_pak, "Almaty", "Karachi Port", ("rail", "sea", "ferry"), opened=BORDERS, journeys=200)


def test_without_rail_a_corridor_finds_its_way_by_road(by_road: Result) -> None:
    assert modes(by_road) == {"road"}
    kuap = corridors(by_road)["KUAP"]
    assert kuap["route"] is not None
    row = by_road.tables["routes"].row(kuap["route"] - 1, named=True)
    assert row["modes"] == ["road"]
    assert "Torkham" in row["passes"]
    assert 4_000 < row["usd"] < 9_500
    assert 8.0 < row["days"] < 25.0


@pytest.mark.parametrize(
    ("corridor", "needs"),
    [("KTAP_RAIL", "rail"), ("IRAN_SEA", "sea"), ("CASPIAN_IRAN", "sea"), ("CHINA_SEA", "rail, sea")],
)
def test_a_corridor_that_cannot_do_without_a_mode_says_which(
    by_road: Result, corridor: str, needs: str
) -> None:
    row = corridors(by_road)[corridor]
    assert row["route"] is None
    assert row["reason"] == f"passes what you avoid: {needs}"


def test_without_road_a_box_starts_and_ends_at_a_terminal(kaz_pak: Case) -> None:
    answer = ask(kaz_pak, "Almaty", "Karachi", ("road",), journeys=200)
    assert "road" not in modes(answer)
    assert answer.tables["routes"].height > 0


def test_a_place_with_a_road_only_cannot_be_reached_without_it(kaz_pak: Case) -> None:
    with pytest.raises(Unreachable, match="road"):
        ask(kaz_pak, "Almaty", "Khorugh", ("road",), journeys=200)
