"""Route choice on a freight network: the Pareto set, a short list of really different routes, and their shares."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from karwan.errors import InvalidInput, Unreachable
from karwan.schema.modes import MODES
from karwan.transport.cost import Weights, additive_cost, buffer_time
from karwan.transport.network import FreightNetwork
from karwan.transport.network.stage import Floats, Ints
from karwan.transport.path import allowed_arcs, climber, door_states, kept_modes, least_cost_path
from karwan.transport.route import Route, make_route
from karwan.transport.routing import (
    ParetoSet,
    StateGraph,
    distinct_routes,
    overlap_share,
    pareto_routes,
    united,
)
from karwan.transport.shipment import Shipment
from karwan.transport.turning import CROSSES_THRICE, STRAIGHT, Turn, find_turn

EPSILONS = (0.0, 0.01, 0.05, 0.2)
MAX_LABELS = 400_000  # about a second; a search that needs more goes on with the next epsilon
OVERLAPS = (0.6, 0.75, 0.9, 0.97)
RESERVE = 20  # routes kept ready beyond those listed
ROUNDS = 2  # searches without the moves that turns begin or end with


@dataclass(frozen=True)
class RouteSearch:
    """Pareto set between two places and the short list drawn from it.

    Attributes
    ----------
    pareto
        Undominated routes over USD, hours, variance of hours and kg CO2e; `arcs` are arc indices of the network.
    epsilon
        Relative slack of the search; 0 is exact.
    overlap_max
        Largest overlap between two routes of the short list; larger than asked for where fewer than `fewest` differ more.
    chosen
        Indices into the Pareto set, best first (C,).
    routes
        The short list, in the order of `chosen`.
    generalised_cost_usd
        Of every route of the Pareto set (K,).
    reserve
        Further routes that differ as much, best first: what a longer list would hold.
    turned_away
        Ways left out because they meet a place or a border again, change mode and back at a border, or wait for months.
    """

    pareto: ParetoSet
    epsilon: float
    overlap_max: float
    chosen: Ints
    routes: tuple[Route, ...]
    generalised_cost_usd: Floats
    reserve: tuple[Route, ...] = ()
    turned_away: int = 0

    @property
    def exact(self) -> bool:
        """Whether every undominated route is in the set."""
        return self.pareto.exact


@dataclass(frozen=True)
class LayeredGraph:
    """State graph of a network in which the places to pass raise a layer.

    Attributes
    ----------
    graph
        State graph, priced for the shipment.
    arc
        Arc index in the network of each arc of the graph (B,).
    origins, destinations
        States a shipment starts and ends in.
    """

    graph: StateGraph
    arc: Ints
    origins: Ints
    destinations: Ints


def layered_graph(
    network: FreightNetwork,
    shipment: Shipment,
    origin: str,
    destination: str,
    *,
    via: Sequence[str] = (),
    modes: Collection[str] = (),
    allowed: npt.NDArray[np.bool_] | None = None,
) -> LayeredGraph:
    """State graph of a network for a shipment, with a layer for each place passed so far.

    A place that is a crossing is passed by crossing its border, a sea port by ship. The time axis is the network's: hours from midnight UTC of its first
    day.

    Parameters
    ----------
    network, shipment
        Where and what.
    origin, destination
        Node ids.
    via
        Node ids to pass, in order.
    modes
        Modes it may start and end in; see `door_states`.
    allowed
        Arcs that may be used (A,); None is all.
    """
    n, layers = len(network.states), len(via) + 1
    climb = climber(network, via)
    arc = np.arange(len(network.arcs)) if allowed is None else np.flatnonzero(allowed)
    tail, head = (ends[arc] for ends in network.ends)
    tails, targets = [], []
    for layer in range(layers):
        tails.append(tail + layer * n)
        above = np.array([climb(layer, a) for a in arc.tolist()]) if layer < len(via) else layer
        targets.append(head + above * n)
    calendar = network.calendar[arc]
    windows = network.calendars
    empty = np.empty(0)
    graph = StateGraph(
        n_states=layers * n,
        tail=np.concatenate(tails),
        head=np.concatenate(targets),
        cost_usd=np.tile(network.arc_usd(shipment)[arc], layers),
        mean_h=np.tile(network.arc_hours()[arc], layers),
        var_h2=np.tile(network.arc_variance()[arc], layers),
        co2_kg=np.tile(network.arc_co2(shipment)[arc], layers),
        calendar=np.tile(calendar, layers),
        calendar_ptr=np.cumsum([0] + [len(w[0]) for w in windows]),
        open_start_h=np.concatenate([w[0] for w in windows]) if windows else empty,
        open_end_h=np.concatenate([w[1] for w in windows]) if windows else empty,
    )
    starts = door_states(network, origin, modes, start=True)
    ends = [(layers - 1) * n + s for s in door_states(network, destination, modes)]
    return LayeredGraph(graph, np.tile(arc, layers), np.array(starts, int), np.array(ends, int))


def short_list(
    network: FreightNetwork,
    shipment: Shipment,
    origin: str,
    destination: str,
    *,
    weights: Weights,
    via: Sequence[str] = (),
    avoid: Collection[str] = (),
    count: int = 5,
    fewest: int = 3,
    overlap_max: float = OVERLAPS[0],
    max_labels: int = MAX_LABELS,
) -> RouteSearch:
    """Every sensible route between two places, and a short list of really different ones.

    The set is exact (epsilon 0) unless the search would need more than `max_labels` labels; then the smallest of 0.01, 0.05 and 0.2
    that fits is taken, and `epsilon` says which. Ways that turn back on themselves (`turning`) are left out where others are there, and
    the search is made again without the moves they turn with. Overlap is measured on kilometres plus 150 km for each crossing, whatever
    the truck is registered in; it is relaxed step by step (0.75, 0.9, 0.97) where fewer than `fewest` routes differ enough. The
    cheapest, the fastest and the one of least P95 stand on the list whatever they share.

    Parameters
    ----------
    network, shipment
        Where and what.
    origin, destination
        Node ids.
    weights
        How routes are ranked.
    via
        Node ids to pass, in order; a crossing is passed by crossing it.
    avoid
        Node ids, country codes, crossing and link ids or modes not to use.
    count, fewest
        Length of the short list at most, but room for the three that are best in one thing, and at least where so many routes exist.
    overlap_max
        Overlap share allowed at first, in [0, 1].

    Raises
    ------
    InvalidInput
        Origin and destination are the same, or count is below 1.
    Unreachable
        No open route; the message says what is shut or which place cannot be reached.
    """
    if origin == destination:
        raise InvalidInput("Origin and destination are the same place.", origin, "name two different places.")
    allowed, modes = allowed_arcs(network, avoid=avoid), kept_modes(avoid)
    layered = layered_graph(network, shipment, origin, destination, via=via, modes=modes, allowed=allowed)
    found = None
    if layered.origins.size and layered.destinations.size:
        found, epsilon = _search(layered, max_labels)
    if found is None or not len(found):
        raise _unreachable(network, shipment, origin, destination, via, avoid)
    pareto = _straightened(network, layered, found, max_labels, network.arc_usd(shipment))
    if not len(pareto):
        raise Unreachable(
            f"Every way from {origin} to {destination} past {', '.join(via)} crosses one border three times.",
            f"{len(found)} ways were found, and all of them go back and forth",
            "drop a place from --via, or name them in another order.",
        )
    keys, lengths = network.physical
    alike = replace(pareto, arcs=keys[pareto.arcs])
    steps = [o for o in OVERLAPS if o > overlap_max]
    for bound in (overlap_max, *steps):
        short = distinct_routes(alike, lengths, weights=weights, overlap_max=bound, count=max(count, RESERVE))
        if min(len(short.chosen), count) >= min(fewest, count, len(pareto)):
            break
    cost = short.generalised_cost_usd
    listed = _with_best(short.chosen.tolist(), pareto, cost, count)
    rest = [k for k in short.chosen.tolist() if k not in listed]
    routes, reserve = (
        tuple(make_route(network, shipment, tuple(pareto.route(k).tolist())) for k in some)
        for some in (listed, rest)
    )
    away = max(0, len(found) - len(pareto))
    return RouteSearch(pareto, epsilon, bound, np.array(listed, dtype=np.int64), routes, cost, reserve, away)


def _with_best(chosen: list[int], pareto: ParetoSet, cost: Floats, count: int) -> list[int]:
    """The best route, the cheapest, the fastest, the one of least P95, and those chosen up to `count`, in order of cost."""
    usd, hours, variance = pareto.criteria[:, 0], pareto.criteria[:, 1], pareto.criteria[:, 2]
    measures = (usd, hours, hours + buffer_time(hours, variance))
    best = dict.fromkeys([chosen[0], *(int(np.lexsort((cost, measure))[0]) for measure in measures)])
    listed = list(dict.fromkeys([*best, *chosen]))[: max(count, len(best))]
    return sorted(listed, key=lambda k: (float(cost[k]), k))


def _straightened(
    network: FreightNetwork, layered: LayeredGraph, found: ParetoSet, max_labels: int, usd: Floats
) -> ParetoSet:
    """The routes of a search that turn back least, with those that come up when the moves they turn with are taken away.

    A way that turns back hides the straight ones it beats: they are looked for without the moves that close its turns, and without those
    that begin them. Arcs of the set returned are those of the network.
    """
    known = _Turns(network, layered.arc, usd)
    held = [(found, known.of(found))]
    for ends in (_closing, _opening) if _any_turn(held[0][1]) else ():
        banned: set[int] = set()
        latest = held[0]
        for _ in range(ROUNDS):
            fresh = ends(*latest) - banned
            if not fresh:
                break
            banned |= fresh
            more = _search_without(layered, banned, max_labels)
            latest = (more, known.of(more))
            held.append(latest)
    worst = [np.array([turn.worst for turn in turns], dtype=int) for _, turns in held]
    least = min(int(some.min()) for some in worst if some.size)
    level = min(least, CROSSES_THRICE - 1)  # crossing one border three times is never offered
    kept = united([one for one, _ in held], [np.flatnonzero(some <= level) for some in worst])
    return replace(kept, arcs=layered.arc[kept.arcs].astype(np.int64))


class _Turns:
    """What is wrong with routes of a graph, looked at once however many searches find them; the waits of a route go by its arcs."""

    def __init__(self, network: FreightNetwork, arc: Ints, usd: Floats) -> None:
        self._network, self._arc, self._usd = network, arc, usd
        self._known: dict[bytes, Turn] = {}

    def of(self, found: ParetoSet) -> list[Turn]:
        """What is wrong with each route of a search."""
        return [self._turn(found.route(k), found.waits(k)) for k in range(len(found))]

    def _turn(self, arcs: Ints, waits_h: Floats) -> Turn:
        path = self._arc[arcs]
        key = path.tobytes()
        if key not in self._known:
            self._known[key] = find_turn(self._network, path.tolist(), self._usd, waits_h.tolist())
        return self._known[key]


def _any_turn(turns: Sequence[Turn]) -> bool:
    return any(turn.worst > STRAIGHT for turn in turns)


def _closing(found: ParetoSet, turns: Sequence[Turn]) -> set[int]:
    """Arcs of the graph with which the routes' turns end."""
    return {int(found.route(k)[at]) for k, turn in enumerate(turns) for at in turn.last}


def _opening(found: ParetoSet, turns: Sequence[Turn]) -> set[int]:
    """Arcs of the graph with which the routes' turns begin."""
    return {int(found.route(k)[at]) for k, turn in enumerate(turns) for at in turn.first}


def _search_without(layered: LayeredGraph, banned: Collection[int], max_labels: int) -> ParetoSet:
    """Search without some arcs of the graph; arcs of the set are those of the whole graph."""
    kept = np.setdiff1d(np.arange(layered.arc.size), list(banned))
    graph = layered.graph
    columns = ("tail", "head", "cost_usd", "mean_h", "var_h2", "co2_kg", "calendar")
    fewer = replace(graph, **{name: getattr(graph, name)[kept] for name in columns})
    more, _ = _search(replace(layered, graph=fewer, arc=layered.arc[kept]), max_labels)
    return replace(more, arcs=kept[more.arcs])


def _search(layered: LayeredGraph, max_labels: int) -> tuple[ParetoSet, float]:
    for epsilon in EPSILONS:
        found = pareto_routes(
            layered.graph, layered.origins, layered.destinations, epsilon=epsilon, max_labels=max_labels
        )
        if found.complete:
            break
    return found, epsilon


def _unreachable(
    network: FreightNetwork,
    shipment: Shipment,
    origin: str,
    destination: str,
    via: Sequence[str],
    avoid: Collection[str],
) -> Unreachable:
    """Why there is no route: a place without a way in or out, a shut place, or a via place that cannot be passed."""
    modes = kept_modes(avoid)
    for place, side in ((origin, "start from"), (destination, "end at")):
        if door_states(network, place, start=place == origin) and not door_states(
            network, place, modes, start=place == origin
        ):
            return Unreachable(
                f"No route can {side} {place} without {', '.join(m for m in avoid if m in MODES)}.",
                f"nothing joins it to the network by {', '.join(modes) or 'any mode that is left'}",
                "drop a mode from --avoid, or name a terminal or port near it.",
            )
        if not door_states(network, place, start=place == origin):
            return Unreachable(
                f"No route can {side} {place}.",
                f"nothing usable joins {place} to the network reached from the origin's country; {len(network.states)} states",
                "check links.csv, transfers.csv and access.csv for it; `karwan case check` lists rows left out.",
            )
    cost = additive_cost(network, shipment)
    open_or_not = allowed_arcs(network, avoid=avoid, closed=True)
    would_be = least_cost_path(network, cost, origin, destination, via=via, modes=modes, allowed=open_or_not)
    places = [origin, *via, destination]
    if would_be.arcs is not None:
        route = make_route(network, shipment, would_be.arcs, ignore_shut=True)
        shut = "; ".join(f"{place}: {why}" for place, why in route.shut()) or "openings run out on the way"
        return Unreachable(
            f"No open route from {origin} to {destination}.",
            shut,
            "take a place as open with --open, or leave later.",
        )
    passed, onward = places[would_be.reached], places[would_be.reached + 1]
    asked = f" without {', '.join(avoid)}" if avoid else ""
    return Unreachable(
        f"No way from {passed} to {onward}{asked}.",
        f"the network has {len(network.states)} states and {len(network.arcs)} moves for {network.form} cargo",
        "drop --avoid or --via places, or name other ends.",
    )


def shared_ways(route: Route, others: Sequence[Route]) -> Floats:
    """Share of the shorter way that a route has in common with each of others (R,), in [0, 1]: what the bound of the short list is on."""
    keys, lengths = route.network.physical
    own = keys[list(route.arcs)]
    return np.array([overlap_share(own, keys[list(o.arcs)], lengths) for o in others])


def incidence(routes: Sequence[Route]) -> tuple[Floats, Floats]:
    """Moves each route uses (R, M) and their lengths (M,), for `choice.path_size_logit`; moves of no length are left out."""
    keys, lengths = routes[0].network.physical
    used = np.zeros((len(routes), len(lengths)))
    for row, route in enumerate(routes):
        used[row, keys[list(route.arcs)]] = 1.0
    kept = (used.sum(axis=0) > 0) & (lengths > 0)
    return used[:, kept], lengths[kept]


def route_criteria(route: Route) -> Floats:
    """USD, hours, variance and kg CO2e of a route, shape (4,)."""
    return np.array([route.usd, route.hours, route.variance_h2, route.co2_kg])
