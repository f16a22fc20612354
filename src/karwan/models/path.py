"""Least-cost path through the freight network, past named places in order."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from karwan.models.network import FreightNetwork, mode_of
from karwan.models.network.stage import SEA, Floats


@dataclass(frozen=True)
class PathSearch:
    """A path, or how far a search came.

    Attributes
    ----------
    arcs
        Arc indices in order; None when there is no path.
    reached
        Number of via places passed before the search ran dry; equals the number of via places when only the destination
        is out of reach.
    """

    arcs: tuple[int, ...] | None
    reached: int


def door_states(
    network: FreightNetwork, node_id: str, modes: Collection[str] = (), *, start: bool = False
) -> tuple[int, ...]:
    """States in which a shipment starts or ends at a place.

    Boxes and reefers start and end on a truck where the place has a road; bulk may start and end on a siding too. Where `modes` leaves out
    the road, they start in the modes it names. A shipment starts (`start`) on a truck of the network's home country: otherwise the
    trucks that could come back to the origin would let it dodge the change of trucks at a border.
    """
    states = [i for i in network.at(node_id) if not modes or mode_of(network.states[i].carrier) in modes]
    if start:
        states = [i for i in states if network.states[i].registration in ("", network.home)]
    land = [i for i in states if network.states[i].carrier not in SEA]
    road = [i for i in land if network.states[i].carrier == "road"]
    return tuple((road if road and network.form != "bulk" else land) or (states if modes else ()))


def allowed_arcs(
    network: FreightNetwork, *, modes: Collection[str] = (), avoid: Collection[str] = (), closed: bool = False
) -> npt.NDArray[np.bool_]:
    """Arcs a corridor may use.

    Parameters
    ----------
    network
        Freight network.
    modes
        Modes allowed; empty is all.
    avoid
        Node ids or country codes not to touch.
    closed
        Also allow arcs whose calendar never opens.

    Returns
    -------
    Boolean array, shape (A,).
    """
    key = (frozenset(modes), frozenset(avoid), closed)
    if key not in network.masks:
        network.masks[key] = _mask(network, *key)
    return network.masks[key].copy()


def _mask(
    network: FreightNetwork, modes: frozenset[str], avoid: frozenset[str], closed: bool
) -> npt.NDArray[np.bool_]:
    usable: npt.NDArray[np.bool_] = np.ones(len(network.arcs), dtype=bool)
    if not closed:
        usable &= ~network.never_open()
    tails, heads = network.ends
    if modes:
        fits = {carrier: mode_of(carrier) in modes for carrier in {s.carrier for s in network.states}}
        usable &= np.array([fits[s.carrier] for s in network.states], dtype=bool)[heads]
    if avoid:
        shunned = np.array([s.node_id in avoid or s.country in avoid for s in network.states], dtype=bool)
        usable &= ~(shunned[tails] | shunned[heads])
    return usable


def least_cost_path(
    network: FreightNetwork,
    cost: Floats,
    origin: str,
    destination: str,
    *,
    via: Sequence[str] = (),
    modes: Collection[str] = (),
    allowed: npt.NDArray[np.bool_] | None = None,
) -> PathSearch:
    """Cheapest path from one place to another past `via` in order.

    Dijkstra's algorithm on layers: layer n holds the states reached after n via places, and passing the next place climbs one layer, so
    the path is cheapest as a whole and not leg by leg. A via place that is a crossing is passed by crossing its border, a sea port by
    ship.

    Parameters
    ----------
    network
        Freight network.
    cost
        Cost of each arc, >= 0, shape (A,).
    origin, destination
        Node ids.
    via
        Node ids to pass, in order.
    modes
        Modes the shipment may start and end in; see `door_states`.
    allowed
        Arcs that may be used, shape (A,); None is all.

    Returns
    -------
    The path, or how many via places could be passed.

    References
    ----------
    Dijkstra (1959), doi:10.1007/BF01386390.
    """
    layers = len(via)
    n_states = len(network.states)
    heads = network.heads
    costs = cost.tolist()
    usable = [True] * len(costs) if allowed is None else allowed.tolist()
    climb = climber(network, via)
    best = [inf] * ((layers + 1) * n_states)
    came: dict[int, tuple[int, int]] = {}
    heap: list[tuple[float, int]] = []
    for state in door_states(network, origin, modes, start=True):
        key = state
        best[key] = 0.0
        heapq.heappush(heap, (0.0, key))
    goals = {layers * n_states + s for s in door_states(network, destination, modes)}
    reached = 0
    while heap:
        value, key = heapq.heappop(heap)
        if value > best[key]:
            continue
        layer, state = divmod(key, n_states)
        reached = max(reached, layer)
        if key in goals:
            return PathSearch(_walk_back(came, key), layers)
        for arc in network.out[state]:
            if not usable[arc]:
                continue
            head = heads[arc]
            target = climb(layer, arc) * n_states + head
            total = value + costs[arc]
            if total < best[target]:
                best[target] = total
                came[target] = (key, arc)
                heapq.heappush(heap, (total, target))
    return PathSearch(None, reached)


def climber(network: FreightNetwork, via: Sequence[str]) -> Callable[[int, int], int]:
    """Layer after taking an arc: one higher for each via place that the arc passes, see `FreightNetwork.passes`."""
    heads, passing = network.head_nodes, network.passing

    def climb(layer: int, arc: int) -> int:
        while layer < len(via) and heads[arc] == via[layer] and passing[arc]:
            layer += 1
        return layer

    return climb


def _walk_back(came: dict[int, tuple[int, int]], key: int) -> tuple[int, ...]:
    arcs = []
    while key in came:
        key, arc = came[key]
        arcs.append(arc)
    return tuple(reversed(arcs))
