"""Where a way turns back on itself: a place met again, a border crossed again, a change of mode and back at one border, a wait of months.

A search that adds money and hours finds such ways where they are cheap on paper: to fetch another truck, to pass a place asked for, or because
a train waits longer at a border than a truck. No forwarder offers them where another way is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from karwan.schema.modes import LAND_MODES, WATER_MODES
from karwan.transport.network import FreightNetwork
from karwan.transport.network.stage import Floats

LONG_WAIT_H = 30.0 * 24.0
"""A wait for one opening from which on another way is taken."""
STRAIGHT, MEETS_AGAIN, HOPS, WAITS, CROSSES_TWICE, CROSSES_THRICE = range(6)
"""What is worst about a way, from nothing to what is never offered."""


@dataclass(frozen=True)
class Turn:
    """What is wrong with a way.

    Attributes
    ----------
    worst
        STRAIGHT to CROSSES_THRICE.
    first, last
        Positions of the moves with which its turns begin and end.
    """

    worst: int
    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()


def find_turn(
    network: FreightNetwork, arcs: Sequence[int], usd: Floats, waits_h: Iterable[float] = ()
) -> Turn:
    """What is wrong with a path.

    Parameters
    ----------
    network
        Freight network.
    arcs
        Arc indices in order.
    usd
        Money of each arc of the network for the shipment, as `FreightNetwork.arc_usd` gives it, shape (A,).
    waits_h
        Hours waited before each, where known.
    """
    pairs = {
        MEETS_AGAIN: _meetings(network, arcs),
        HOPS: [*_hops(network, arcs, usd), *boarded_in_vain(network, arcs)],
        WAITS: [(k, k) for k, wait in enumerate(waits_h) if wait >= LONG_WAIT_H],
    }
    again, places = _crossed_again(network, arcs), network.layout.places
    posts = Counter(places[a][1] for a in arcs if network.is_crossing[a])
    pairs[CROSSES_THRICE if max(posts.values(), default=0) > 2 else CROSSES_TWICE] = again
    found = [pair for level in pairs.values() for pair in level]
    worst = max((kind for kind, level in pairs.items() if level), default=STRAIGHT)
    return Turn(worst, tuple(a for a, _ in found), tuple(b for _, b in found))


def _meetings(network: FreightNetwork, arcs: Sequence[int]) -> list[tuple[int, int]]:
    """Moves that leave a place and the later ones that enter it again."""
    tails, heads = network.tail_nodes, network.head_nodes
    left: dict[str, int] = {}
    found = []
    for k, arc in enumerate(arcs):
        if tails[arc] == heads[arc]:
            continue
        left.setdefault(tails[arc], k)
        if heads[arc] in left:
            found.append((left[heads[arc]], k))
    return found


def _crossed_again(network: FreightNetwork, arcs: Sequence[int]) -> list[tuple[int, int]]:
    """First and later crossings of one border post."""
    first: dict[str, int] = {}
    found = []
    for k, arc in enumerate(arcs):
        if network.is_crossing[arc]:
            post = network.layout.places[arc][1]
            if post in first:
                found.append((first[post], k))
            first.setdefault(post, k)
    return found


def boarded_in_vain(network: FreightNetwork, arcs: Sequence[int]) -> list[tuple[int, int]]:
    """Moves onto a ship and the next ones off it, where it has not sailed: a port touched only to have called there."""
    modes, tails, heads = network.head_modes, network.tail_nodes, network.head_nodes
    stays = [tails[a] == heads[a] for a in arcs]
    return [
        (k, k + 1)
        for k in range(len(arcs) - 1)
        if stays[k] and stays[k + 1] and modes[arcs[k]] in WATER_MODES and modes[arcs[k + 1]] in LAND_MODES
    ]


def _hops(network: FreightNetwork, arcs: Sequence[int], usd: Floats) -> list[tuple[int, int]]:
    """Changes from one land mode to another and back, where the haul in between costs no more than the two changes.

    A leg by rail between two by road, or the other way round, has to carry its lifts: one that does not is there to fetch another truck.
    """
    modes = network.head_modes
    starts = [k for k, arc in enumerate(arcs) if k == 0 or modes[arc] != modes[arcs[k - 1]]]
    runs = [modes[arcs[k]] for k in starts]
    return [
        (starts[i], starts[i + 1])
        for i in range(1, len(starts) - 1)
        if {runs[i], runs[i + 1]} == set(LAND_MODES)
        and runs[i - 1] == runs[i + 1]
        and not _carries(network, arcs[starts[i] : starts[i + 1] + 1], usd)
    ]


def _carries(network: FreightNetwork, leg: Sequence[int], usd: Floats) -> bool:
    """Whether the haul of a leg costs more than the changes it begins and ends with; borders passed on it count for neither."""
    changes = float(usd[leg[0]] + usd[leg[-1]])
    haul = sum(float(usd[a]) for a in leg[1:-1] if not network.is_crossing[a])
    return haul > changes
