"""Least-cost path through the freight network, past named places in order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from karwan.numerics import shortest as kernel
from karwan.schema.modes import MODES, ROAD, WATER_MODES
from karwan.transport.network import FreightNetwork, mode_of
from karwan.transport.network.layout import Layout
from karwan.transport.network.stage import Floats

Layers = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]
"""Arcs by tail, where each state's arcs begin, and the state each leads to."""


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


def kept_modes(avoid: Collection[str], modes: Collection[str] = ()) -> tuple[str, ...]:
    """Modes that are left of `modes` (all where empty) without those avoided; empty where nothing is asked for or left out.

    Examples
    --------
    >>> kept_modes(["rail", "UZB"], ["rail", "road"]), kept_modes(["UZB"])
    (('road',), ())
    """
    if not modes and not set(avoid) & set(MODES):
        return ()
    return tuple(mode for mode in modes or MODES if mode not in avoid)


def door_states(
    network: FreightNetwork, node_id: str, modes: Collection[str] = (), *, start: bool = False
) -> tuple[int, ...]:
    """States in which a shipment starts or ends at a place.

    Boxes and reefers start and end on a truck where the place has a road; bulk may start and end on a siding too. Where `modes` leaves out
    the road, they start in the modes it names: a box may end at a terminal. At a port that has nothing but ships they start on one.
    A shipment starts (`start`) on a truck of the network's home country: otherwise the trucks that could come back to the origin would let it
    dodge the change of trucks at a border. Lanes of through rates are boarded and left at their ends only.
    """
    found = [i for i in network.at(node_id) if not network.states[i].service]
    states = [i for i in found if not modes or mode_of(network.states[i].carrier) in modes]
    if start:
        states = [i for i in states if network.states[i].registration in ("", network.home)]
    land = [i for i in states if network.states[i].carrier not in WATER_MODES]
    road = [i for i in land if network.states[i].carrier == ROAD]
    return tuple((road if road and network.form != "bulk" else land) or states)


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
        Node ids, country codes, crossing, link and service ids and modes not to touch.
    closed
        Also allow arcs whose calendar never opens.

    Returns
    -------
    Boolean array, shape (A,).
    """
    layout, key = network.layout, (frozenset(modes), frozenset(avoid))
    if key not in layout.masks:
        layout.masks[key] = _mask(layout, *key)
    usable = layout.masks[key]
    return usable.copy() if closed else usable & ~network.never_open()


def _mask(layout: Layout, modes: frozenset[str], avoid: frozenset[str]) -> npt.NDArray[np.bool_]:
    usable: npt.NDArray[np.bool_] = np.ones(len(layout.heads), dtype=bool)
    tails, heads = layout.ends
    if kept := kept_modes(avoid, modes):
        fits = {carrier: mode_of(carrier) in kept for carrier in {s.carrier for s in layout.states}}
        usable &= np.array([fits[s.carrier] for s in layout.states], dtype=bool)[heads]
    elif modes or avoid.issuperset(MODES):
        return np.zeros_like(usable)
    if avoid:
        shunned = np.array([s.node_id in avoid or s.country in avoid for s in layout.states], dtype=bool)
        usable &= ~(shunned[tails] | shunned[heads])
        usable &= np.array([place not in avoid for _, place in layout.places], dtype=bool)
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
    open_cost = cost if allowed is None else np.where(allowed, cost, np.inf)
    starts = door_states(network, origin, modes, start=True)
    goals = [layers * n_states + s for s in door_states(network, destination, modes)]
    if not starts:
        return PathSearch(None, 0)
    order, ptr, heads = _layered(network.layout, tuple(via))
    weights = np.tile(open_cost[order], layers + 1)
    seeds = np.array(starts, dtype=np.int32)
    least, slot = kernel.tree(ptr, heads, weights, seeds, np.inf)
    goal = min(goals, key=lambda state: float(least[state]), default=None)
    if goal is None or not np.isfinite(least[goal]):
        seen = np.isfinite(least.reshape(layers + 1, n_states)).any(axis=1)
        return PathSearch(None, int(np.flatnonzero(seen)[-1]))
    last: Any = np.int32(goal)
    slots = kernel.trace(slot, ptr, last) % order.size
    return PathSearch(tuple(order[slots].tolist()), layers)


def _layered(layout: Layout, via: tuple[str, ...]) -> Layers:
    """The network once for each number of via places passed, kept once laid out; slot s of layer n is slot n A + s."""
    if not via:
        return layout.by_tail
    found: Layers | None = layout.layers.get(via)
    if found is not None:
        return found
    order, ptr, heads = layout.by_tail
    size, n_states, count = order.size, len(layout.states), len(via) + 1
    far = np.tile(heads, count) + np.repeat(np.arange(count, dtype=np.int32) * n_states, size).astype(
        np.int32
    )
    gates = np.flatnonzero(np.isin(heads, [state for node in via for state in layout.at.get(node, ())]))
    for slot in gates.tolist():
        node, passes = layout.states[heads[slot]].node_id, layout.passes(order[slot])
        for layer, place in enumerate(via):
            if passes and node == place:  # the same place named twice in a row is passed twice at once
                more = next((k for k, other in enumerate(via[layer:]) if other != node), count - 1 - layer)
                far[layer * size + slot] += more * n_states
    pointers = [ptr[:-1] + layer * size for layer in range(count)]
    starts = np.append(np.concatenate(pointers), count * size).astype(np.int32)
    found = layout.layers[via] = (order, starts, far)
    return found


def climber(network: FreightNetwork, via: Sequence[str]) -> Callable[[int, int], int]:
    """Layer after taking an arc: one higher for each via place that the arc passes, see `FreightNetwork.passes`."""
    heads, passing = network.head_nodes, network.passing

    def climb(layer: int, arc: int) -> int:
        while layer < len(via) and heads[arc] == via[layer] and passing[arc]:
            layer += 1
        return layer

    return climb
