"""Ways shippers choose among beside the named corridors: without roads, the best of all, and those round its crossings."""

from __future__ import annotations

from collections.abc import Iterator

from karwan.schema.modes import RAIL, ROAD
from karwan.transport.network import FreightNetwork
from karwan.transport.network.stage import Floats, Row
from karwan.transport.network.through import service_boarded
from karwan.transport.path import least_cost_path


def without_roads(corridor: Row) -> Iterator[Row]:
    """A corridor by land without its roads: a railway is a choice even where trucks are cheaper for the reference load.

    Not one with a ship: its own way goes by rail already, and without the road it would end unloaded.
    """
    modes = corridor["modes"]
    if set(modes) == {RAIL, ROAD}:
        yield {**corridor, "modes": [mode for mode in modes if mode != ROAD]}


def best_and_round(network: FreightNetwork, cost: Floats, pair: tuple[str, str]) -> Iterator[tuple[int, ...]]:
    """The best open route of a pair of places, the best way round each crossing of it, and the best without its through rates, as arcs.

    Parameters
    ----------
    cost
        What the search minimises, shape (A,).
    """
    usable = ~network.never_open()
    best = least_cost_path(network, cost, *pair, allowed=usable).arcs
    if best is None:
        return
    yield best
    gates = dict.fromkeys(network.arcs[a].place_id for a in best if network.is_crossing[a])
    for gate in gates:
        allowed = usable.copy()
        allowed[network.layout.of_place["crossing", gate]] = False
        way = least_cost_path(network, cost, *pair, allowed=allowed).arcs
        if way is not None:
            yield way
    way = best
    while way is not None:
        boarded = [a for a in way if service_boarded(network.arcs[a])]
        if not boarded:
            return
        usable[boarded] = False  # who finds the fleet full goes on as others do
        way = least_cost_path(network, cost, *pair, allowed=usable).arcs
        if way is not None:
            yield way
