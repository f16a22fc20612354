"""Corridors: the best route that keeps to a named corridor, and why there is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from karwan.schema.modes import WATER_MODES
from karwan.transport.cost import additive_cost
from karwan.transport.network import FreightNetwork
from karwan.transport.network.stage import Floats, Row
from karwan.transport.path import PathSearch, allowed_arcs, kept_modes, least_cost_path
from karwan.transport.route import Route, make_route
from karwan.transport.shipment import Shipment
from karwan.transport.turning import STRAIGHT, boarded_in_vain, find_turn

OPEN, CLOSED, ABSENT = "open", "closed", "absent"
TRIES = 4
"""Searches for a way that does not turn back."""
FAR = 2.5
"""A corridor that costs this many times the best way does not join two places."""


@dataclass(frozen=True)
class CorridorRoute:
    """A corridor between two places for a shipment.

    Attributes
    ----------
    status
        'open'; 'closed' (a place on it is shut: the route is what it would be); 'absent' (no way at all).
    reason
        Why it is closed or absent; empty when open.
    route
        The route; None when absent.
    """

    corridor_id: str
    status: str
    reason: str
    route: Route | None


def corridor_route(
    network: FreightNetwork,
    shipment: Shipment,
    corridor: Row,
    origin: str,
    destination: str,
    *,
    backward: bool = False,
    value_of_time_usd_h: float | None = None,
    if_open: bool = True,
    cost: Floats | None = None,
) -> CorridorRoute:
    """Route of least generalised cost (money + value of time x hours) that keeps to a corridor.

    Parameters
    ----------
    network, shipment
        Where and what.
    corridor
        Row of the table `corridors`: via, avoid, modes.
    origin, destination
        Node ids.
    backward
        Travel from the second party to the first: the via places in reverse.
    value_of_time_usd_h
        Money an hour is worth; the shipment's own by default.
    if_open
        Where the corridor is closed, look for the route it would be; else call it absent at once.
    cost
        The `additive_cost` of this shipment, shape (A,), where it is known already.
    """
    per_arc = additive_cost(network, shipment, value_of_time_usd_h) if cost is None else cost
    via: Sequence[str] = corridor["via"] or []
    via = list(reversed(via)) if backward else list(via)
    via = [v for v in via if v not in (origin, destination)]
    avoid = corridor["avoid"] or ()
    modes = kept_modes(avoid, corridor["modes"])
    if not modes:
        return CorridorRoute(
            corridor["corridor_id"], ABSENT, f"no way without {', '.join(corridor['modes'])}", None
        )
    if set(corridor["modes"]) & set(WATER_MODES) and not set(network.head_modes) & set(WATER_MODES):
        return CorridorRoute(corridor["corridor_id"], ABSENT, "no ship carries such goods", None)
    usable = allowed_arcs(network, modes=modes, avoid=avoid)

    def search(allowed: npt.NDArray[np.bool_]) -> PathSearch:
        return least_cost_path(network, per_arc, origin, destination, via=via, modes=modes, allowed=allowed)

    route = _straightest(network, shipment, search, usable)
    if route is not None and not _turns_back(network, route.arcs):
        return CorridorRoute(corridor["corridor_id"], OPEN, "", route)
    if not if_open:
        return CorridorRoute(corridor["corridor_id"], ABSENT, "not open", None)
    closed_too = allowed_arcs(network, modes=modes, avoid=avoid, closed=True)
    found = search(closed_too)
    if found.arcs is not None:
        return _would_be(network, shipment, str(corridor["corridor_id"]), search, closed_too, found.arcs)
    passed = [origin, *via][found.reached]
    onward = [*via, destination][found.reached]
    reason = f"no way by {', '.join(modes)} from {passed} to {onward}"
    return CorridorRoute(corridor["corridor_id"], ABSENT, reason, None)


def _would_be(
    network: FreightNetwork,
    shipment: Shipment,
    corridor_id: str,
    search: Callable[[npt.NDArray[np.bool_]], PathSearch],
    allowed: npt.NDArray[np.bool_],
    cheapest: tuple[int, ...],
) -> CorridorRoute:
    """A closed corridor as it would be if open: its cheapest way, or a straighter one where that crosses a border twice."""
    route: Route | None = make_route(network, shipment, cheapest, ignore_shut=True)
    if _turns_back(network, cheapest):
        route = _straightest(network, shipment, search, allowed, ignore_shut=True)
    assert route is not None
    if post := _turns_back(network, route.arcs):
        reason = f"its places are passed only by turning back at {post}"
        return CorridorRoute(corridor_id, ABSENT, reason, None)
    reason = "; ".join(f"{place}: {why}" for place, why in route.shut())
    return CorridorRoute(corridor_id, CLOSED, reason, route)


def _straightest(
    network: FreightNetwork,
    shipment: Shipment,
    search: Callable[[npt.NDArray[np.bool_]], PathSearch],
    allowed: npt.NDArray[np.bool_],
    *,
    ignore_shut: bool = False,
) -> Route | None:
    """The cheapest way that does not turn back on itself or wait for months; where each does, the one that does so least."""
    best, least = None, None
    usd = network.arc_usd(shipment)
    for _ in range(TRIES):
        found = search(allowed)
        if found.arcs is None:
            break
        route = make_route(network, shipment, found.arcs, ignore_shut=ignore_shut)
        turn = find_turn(network, found.arcs, usd, route.waits_h)
        if least is None or turn.worst < least:
            best, least = route, turn.worst
        if turn.worst == STRAIGHT:
            break
        allowed = allowed.copy()
        allowed[[found.arcs[k] for k in turn.last]] = False
    return best


def _turns_back(network: FreightNetwork, arcs: Sequence[int]) -> str:
    """Border post crossed twice, or port where no ship is taken, as a path meets its via places only by turning round; blank where none is."""
    posts = [network.arcs[a].place_id for a in arcs if network.is_crossing[a]]
    twice = [post for post in posts if posts.count(post) > 1]
    ports = [network.tail_nodes[arcs[k]] for k, _ in boarded_in_vain(network, arcs)]
    return next(iter([*twice, *ports]), "")


def joined_corridors(
    network: FreightNetwork,
    shipment: Shipment,
    corridors: Sequence[Row],
    origin: str,
    destination: str,
    touches: Mapping[str, Collection[str]],
) -> list[Row]:
    """Corridors that join two places, whatever their countries, in the direction and on the part that lies between.

    A corridor is drawn between two countries. Between others it holds from the last border that enters the country of the origin to the
    first that leaves that of the destination, in the direction that costs less; one that costs `FAR` times the best way is none.

    Parameters
    ----------
    network, shipment
        Where and what.
    corridors
        Rows of the table `corridors`.
    origin, destination
        Node ids.
    touches
        Countries of each node; both of a crossing.

    Returns
    -------
    Rows with `via` in order of travel.
    """
    cost = additive_cost(network, shipment)
    best = least_cost_path(network, cost, origin, destination, allowed=allowed_arcs(network))
    most = FAR * float(cost[list(best.arcs)].sum()) if best.arcs else np.inf
    found = []
    for corridor in corridors:
        options: list[tuple[float, int, Row]] = []
        for row in (corridor, {**corridor, "via": list(reversed(corridor["via"] or ()))}):
            via = _between(
                row["via"] or (), touches, network.node_countries[origin], network.node_countries[destination]
            )
            trimmed = {**row, "via": via}
            left = set(via) - {origin, destination}
            way = corridor_route(network, shipment, trimmed, origin, destination) if left else None
            if way is not None and way.route is not None:
                total = float(cost[list(way.route.arcs)].sum())
                options.append((total, len(options), trimmed))
        if options and min(options)[0] <= most:
            found.append(min(options)[2])
    return found


def _between(
    via: Sequence[str], touches: Mapping[str, Collection[str]], origin: str, destination: str
) -> list[str]:
    """Via places from the last border of the origin's country to the first of the destination's; none where they lie the other way round.

    One border left of several names no corridor, unless it joins the two countries itself.
    """
    starts = [k for k, place in enumerate(via) if origin in touches[place] and len(touches[place]) > 1]
    kept = list(via[starts[-1] :] if starts else via)
    ends = [k for k, place in enumerate(kept) if destination in touches[place] and len(touches[place]) > 1]
    if not ends and any(destination in touches[place] for place in via[: len(via) - len(kept)]):
        return []  # drawn the other way round
    part = kept[: ends[0] + 1] if ends else kept
    lone = len(part) == 1 < len(via) and not {origin, destination} <= set(touches[part[0]])
    return [] if lone else part


def name_route(route: Route, corridors: Sequence[Row], *, backward: bool = False) -> str | None:
    """Corridor id whose via places the route passes in order and whose modes and avoided places it respects; the one with most via places.

    None where it keeps to no named corridor.
    """
    best, most = None, -1
    for corridor in corridors:
        places = len(corridor["via"] or ())
        if places > most and _keeps_to(route, corridor, backward):
            best, most = str(corridor["corridor_id"]), places
    return best


def _keeps_to(route: Route, corridor: Row, backward: bool) -> bool:
    """Whether a route passes a corridor's via places in order and respects its modes and avoided places."""
    touched = {*route.nodes, *(s.country for s in route.stages)}
    modes = {s.mode for s in route.stages}
    if touched & set(corridor["avoid"] or ()) or not modes <= set(corridor["modes"]):
        return False
    via = list(corridor["via"] or ())[:: -1 if backward else 1]
    rest = iter(route.passed)
    return all(place in rest for place in via)
