"""`karwan corridor modes`: corridors by land like for like, each by road, by rail, by rail as far as it lies and by its best mix, from each origin, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.corridors import CorridorStudy
from karwan.analysis.requests import ModesRequest
from karwan.case.places import plain
from karwan.errors import UnknownName
from karwan.schema.frames import result_frame
from karwan.schema.modes import RAIL, ROAD, WATER_MODES
from karwan.trade.parties import B_TO_A, DIRECTIONS
from karwan.transport.corridor import CLOSED, corridor_route
from karwan.transport.cost import additive_cost
from karwan.transport.network.stage import Row
from karwan.transport.route import Route
from karwan.transport.shipment import find_product

MIX = "best mix"
AS_FAR = "rail as far as it lies"
WAYS = {"road": (ROAD,), "rail": (RAIL,), AS_FAR: (ROAD, RAIL), MIX: (ROAD, RAIL)}
"""What each way may go by."""
SHUN_USD_KM = 20.0
"""What a kilometre by road counts for where rail is to carry as far as it lies: some fifteen times what a truck asks."""


def answer_modes(inputs: Inputs, request: ModesRequest) -> Result:
    """One row per direction, pair, corridor and way; see `results/corridor_modes.csv`.

    Raises
    ------
    UnknownName
        No such corridor by land.
    """
    case = inputs.the_case()
    study = CorridorStudy(case, request.as_of or case.settings.as_of)
    study.require_comparable()
    corridors = _asked(study, request.corridors)
    rows = [
        row
        for direction in DIRECTIONS
        for pair in study.pairs(direction)
        for corridor in corridors
        for row in _rows(study, corridor, direction, pair)
    ]
    return Result({"ways": result_frame("corridor_modes", rows)}, study.facts)


def _asked(study: CorridorStudy, names: Sequence[str]) -> list[Row]:
    """Corridors without a ship whose id or name begins with one of the names; all of them where none is named."""
    land = [row for row in study.corridors if not set(row["modes"]) & set(WATER_MODES)]
    for name in names:
        if not any(_is_called(row, name) for row in land):
            known = ", ".join(str(row["corridor_id"]) for row in land)
            raise UnknownName(f"No corridor by land is called {name}.", "", f"name one of {known}.")
    return [row for row in land if not names or any(_is_called(row, name) for name in names)]


def _is_called(row: Row, name: str) -> bool:
    return any(plain(str(row[column])).startswith(plain(name)) for column in ("corridor_id", "name"))


def _rows(study: CorridorStudy, corridor: Row, direction: str, pair: tuple[str, str]) -> Iterator[Row]:
    """A corridor between two places by road, by rail and by mixes of both; a mix may be any way that was found."""
    load = study.shipment()
    network = study.network(direction, load.form)
    product = find_product(study.case["products"], load.product_id)
    bills = study.bills(product, direction)
    usual = additive_cost(network, load)
    shunned = usual + SHUN_USD_KM * np.array(network.kilometres) * (np.array(network.head_modes) == ROAD)
    tried: list[Row] = []
    for way, modes in WAYS.items():
        own, cost = {**corridor, "modes": list(modes)}, shunned if way == AS_FAR else usual
        found = corridor_route(network, load, own, *pair, backward=direction == B_TO_A, cost=cost)
        row: Row = {"status": found.status, "reason": study.spoken_reason(found)}
        route = found.route
        if route is not None:
            row |= {
                "usd": route.usd,
                "all_told_usd": bills.all_told_usd(route),
                "days": study.mean_days(route, shut=found.status == CLOSED),
                "km": route.km,
                "rail_share": _rail_share(route),
                "co2_kg": route.co2_kg,
                "sanctions": study.sanctions(route),
            }
        tried.append(row)
        yield {
            "corridor_id": corridor["corridor_id"],
            "corridor": corridor["name"],
            "pair_label": study.pair_label(*pair),
            "origin_id": pair[0],
            "destination_id": pair[1],
            "direction": direction,
            "way": way,
            **_shown(way, tried, load.value_of_time_usd_h * 24.0),
        }


def _shown(way: str, tried: Sequence[Row], usd_day: float) -> Row:
    """What a way's row tells: its own search, or a way found before that serves it better: the search goes by mean hours without queues' tails.

    The best mix is the one of least money and time as the table shows them; rail as far as it lies has the most rail, then costs least.
    """
    own = tried[-1]
    ways = [row for row in tried if row["status"] == own["status"] and "usd" in row]
    if way not in (AS_FAR, MIX) or "usd" not in own:
        return own

    def worth(row: Row) -> tuple[float, float]:
        rail = -round(float(row["rail_share"]), 6) if way == AS_FAR else 0.0
        return rail, row["all_told_usd"] + usd_day * row["days"]

    return min(ways, key=worth)


def _rail_share(route: Route) -> float:
    """Share of the way that goes by rail."""
    by_rail = sum(stage.km for stage in route.stages if stage.mode == RAIL)
    return by_rail / route.km if route.km else 0.0
