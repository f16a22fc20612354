"""Corridors: the best route that keeps to a named corridor, and why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from karwan.transport.cost import additive_cost
from karwan.transport.network import FreightNetwork
from karwan.transport.network.stage import Row
from karwan.transport.path import allowed_arcs, kept_modes, least_cost_path
from karwan.transport.route import Route, make_route
from karwan.transport.shipment import Shipment

OPEN, CLOSED, ABSENT = "open", "closed", "absent"


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
    """
    cost = additive_cost(network, shipment, value_of_time_usd_h)
    via: Sequence[str] = corridor["via"] or []
    via = list(reversed(via)) if backward else list(via)
    via = [v for v in via if v not in (origin, destination)]
    avoid = corridor["avoid"] or ()
    modes = kept_modes(avoid, corridor["modes"])
    if not modes:
        return CorridorRoute(
            corridor["corridor_id"], ABSENT, f"no way without {', '.join(corridor['modes'])}", None
        )
    usable = allowed_arcs(network, modes=modes, avoid=avoid)
    found = least_cost_path(network, cost, origin, destination, via=via, modes=modes, allowed=usable)
    if found.arcs is not None and not _turns_back(network, found.arcs):
        route = make_route(network, shipment, found.arcs)
        return CorridorRoute(corridor["corridor_id"], OPEN, "", route)
    if not if_open:
        return CorridorRoute(corridor["corridor_id"], ABSENT, "not open", None)
    closed_too = allowed_arcs(network, modes=modes, avoid=avoid, closed=True)
    would_be = least_cost_path(network, cost, origin, destination, via=via, modes=modes, allowed=closed_too)
    if would_be.arcs is not None and (post := _turns_back(network, would_be.arcs)):
        return CorridorRoute(
            corridor["corridor_id"], ABSENT, f"its places are passed only by turning back at {post}", None
        )
    if would_be.arcs is not None:
        route = make_route(network, shipment, would_be.arcs, ignore_shut=True)
        reason = "; ".join(f"{place}: {why}" for place, why in route.shut())
        return CorridorRoute(corridor["corridor_id"], CLOSED, reason, route)
    passed = [origin, *via][would_be.reached]
    onward = [*via, destination][would_be.reached]
    reason = f"no way by {', '.join(modes)} from {passed} to {onward}"
    return CorridorRoute(corridor["corridor_id"], ABSENT, reason, None)


def _turns_back(network: FreightNetwork, arcs: Sequence[int]) -> str:
    """Border post that a path crosses twice, as it meets its via places only by turning round; blank where there is none."""
    posts = [network.arcs[a].place_id for a in arcs if network.is_crossing[a]]
    return next((post for post in posts if posts.count(post) > 1), "")


def name_route(route: Route, corridors: Sequence[Row], *, backward: bool = False) -> str | None:
    """Corridor id whose via places the route passes in order and whose modes and avoided places it respects; the one with most via places.

    None where it keeps to no named corridor.
    """
    best, most = None, -1
    for corridor in corridors:
        if _keeps_to(route, corridor, backward) and len(corridor["via"]) > most:
            best, most = str(corridor["corridor_id"]), len(corridor["via"])
    return best


def _keeps_to(route: Route, corridor: Row, backward: bool) -> bool:
    """Whether a route passes a corridor's via places in order and respects its modes and avoided places."""
    touched = {*route.nodes, *(s.country for s in route.stages)}
    modes = {s.mode for s in route.stages}
    if touched & set(corridor["avoid"] or ()) or not modes <= set(corridor["modes"]):
        return False
    via = list(reversed(corridor["via"])) if backward else list(corridor["via"])
    rest = iter(route.passed)
    return all(place in rest for place in via)
