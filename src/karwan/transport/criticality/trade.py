"""What moves through a network in a year, the routes it takes, and the routes shippers choose among."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from karwan.errors import InvalidInput
from karwan.transport.choice import logit, path_size
from karwan.transport.cost import additive_cost
from karwan.transport.network import FreightNetwork
from karwan.transport.path import door_states
from karwan.transport.routing import Adjacency, least_cost_tree, prepare, weigh
from karwan.transport.shipment import Shipment

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Arcs = tuple[int, ...]
Pair = tuple[str, str]
Place = tuple[str, str]
CROSSING, TERMINAL, LINK = "crossing", "terminal", "link"


@dataclass(frozen=True)
class Trade:
    """Tonnes a year that move one way through a network, and the routes shippers choose among.

    Attributes
    ----------
    network, shipment
        Where, and the load that prices it.
    tonnes
        Origin and destination to tonnes a year, >= 0.
    routes
        Origin and destination to routes as arc indices; only open ones.
    link_of_service
        Sailing service to the link it sails, so that closing a link stops all its services.
    within
        Countries the search may pass, the sea always; empty is all.
    """

    network: FreightNetwork
    shipment: Shipment
    tonnes: Mapping[Pair, float]
    routes: Mapping[Pair, tuple[Arcs, ...]]
    link_of_service: Mapping[str, str]
    within: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        wrong = [f"{o} to {d}: {t}" for (o, d), t in self.tonnes.items() if not 0 <= t < np.inf]
        if wrong:
            raise InvalidInput("Tonnes a year are out of range.", "; ".join(wrong), "give numbers >= 0.")

    @property
    def hour_usd_t(self) -> float:
        """Value of an hour, USD per tonne."""
        return self.shipment.value_of_time_usd_h / self.shipment.tonnes

    @cached_property
    def usd_t(self) -> Floats:
        """Money of each arc, USD/t, shape (A,)."""
        return self.network.arc_usd(self.shipment) / self.shipment.tonnes

    @cached_property
    def hours(self) -> Floats:
        """Mean hours of each arc, shape (A,)."""
        return self.network.arc_hours()

    @cached_property
    def cost(self) -> Floats:
        """Generalised cost of each arc, USD/t, infinite where it never opens or leaves `within`, shape (A,)."""
        cost = additive_cost(self.network, self.shipment) / self.shipment.tonnes
        known = self.within | {""}
        barred = np.array([bool(self.within) and s.country not in known for s in self.network.states])
        tails, heads = self.network.ends
        return np.where(self.network.never_open() | barred[tails] | barred[heads], np.inf, cost)

    @cached_property
    def adjacency(self) -> Adjacency:
        """Arcs in search order."""
        tails, heads = (side.astype(np.int32) for side in self.network.ends)
        return prepare(len(self.network.states), tails, heads)

    @cached_property
    def starts(self) -> dict[str, tuple[int, ...]]:
        """States in which the pairs start, by place."""
        return {n: door_states(self.network, n, start=True) for n in sorted({o for o, _ in self.tonnes})}

    @cached_property
    def goals(self) -> dict[str, tuple[int, ...]]:
        """States in which the pairs end, by place."""
        return {n: door_states(self.network, n) for n in sorted({d for _, d in self.tonnes})}

    @cached_property
    def arc_place(self) -> list[Place]:
        """Kind and id of the place each arc belongs to."""
        kinds = {"crossing": CROSSING, "transfer": TERMINAL, "link": LINK, "service": LINK}
        found = [(kinds[kind], place) for kind, place in self.network.layout.places]
        return [(kind, self.link_of_service.get(place, place)) for kind, place in found]

    @cached_property
    def place_arcs(self) -> dict[Place, Ints]:
        """Arcs of every place."""
        found: dict[Place, list[int]] = {}
        for arc, place in enumerate(self.arc_place):
            found.setdefault(place, []).append(arc)
        return {place: np.array(arcs, dtype=np.int64) for place, arcs in found.items()}

    @cached_property
    def arcs_of(self) -> dict[Place, frozenset[int]]:
        """Arcs of every place as sets."""
        return {place: frozenset(arcs.tolist()) for place, arcs in self.place_arcs.items()}

    @cached_property
    def best(self) -> dict[Pair, Arcs | None]:
        """Route of least generalised cost of each pair; None where there is none."""
        return self.least_routes()

    def least_routes(
        self, closed: Iterable[Place] = (), pairs: Iterable[Pair] | None = None
    ) -> dict[Pair, Arcs | None]:
        """Route of least generalised cost of each pair with places closed.

        Parameters
        ----------
        closed
            Kind and id of the places taken out.
        pairs
            Pairs to look at; all by default.
        """
        cost = self.cost.copy()
        for place in closed:
            cost[self.place_arcs.get(place, np.empty(0, np.int64))] = np.inf
        impedance = weigh(self.adjacency, cost)
        by_origin: dict[str, list[Pair]] = {}
        for pair in self.tonnes if pairs is None else pairs:
            by_origin.setdefault(pair[0], []).append(pair)
        found: dict[Pair, Arcs | None] = {}
        for origin, wanted in by_origin.items():
            if not self.starts[origin]:
                found.update(dict.fromkeys(wanted))
                continue
            tree = least_cost_tree(impedance, list(self.starts[origin]))
            for pair in wanted:
                goals = self.goals[pair[1]]
                goal = min(goals, key=lambda s: float(tree.impedance[s]), default=None)
                reached = goal is not None and np.isfinite(tree.impedance[goal])
                found[pair] = tuple(int(a) for a in tree.path(goal)) if reached and goal is not None else None
        return {pair: found[pair] for pair in (self.tonnes if pairs is None else pairs)}

    def money(self, arcs: Sequence[int]) -> float:
        """Money of a route, USD/t."""
        return float(self.usd_t[list(arcs)].sum())

    def time(self, arcs: Sequence[int]) -> float:
        """Mean hours of a route without waits for openings."""
        return float(self.hours[list(arcs)].sum())

    def places_on(self, arcs: Iterable[int]) -> list[Place]:
        """Places of a route, in order, each once."""
        return list(dict.fromkeys(self.arc_place[a] for a in arcs))

    def distinct(self, routes: Iterable[Arcs]) -> tuple[Arcs, ...]:
        """Routes that are different ways (`FreightNetwork.way`), the first of each, in the order given."""
        ways: dict[Hashable, Arcs] = {}
        for route in routes:
            ways.setdefault(self.network.way(route), route)
        return tuple(ways.values())

    @cached_property
    def choice_set(self) -> ChoiceSet:
        """Routes shippers choose among, the best one included."""
        groups: list[tuple[Arcs, ...]] = []
        for pair in self.tonnes:
            best = self.best[pair]
            known = [r for r in self.routes.get(pair, ()) if np.isfinite(self.cost[list(r)]).all()]
            groups.append(self.distinct([*known, *([best] if best else [])]))
        return ChoiceSet(self, tuple(self.tonnes), tuple(groups))


@dataclass(frozen=True)
class ChoiceSet:
    """Routes of each pair, ready for the path-size logit.

    Attributes
    ----------
    pairs, routes
        Pairs, and the routes of each.
    """

    trade: Trade
    pairs: tuple[Pair, ...]
    routes: tuple[tuple[Arcs, ...], ...]

    @cached_property
    def flat(self) -> list[Arcs]:
        """All routes in a row."""
        return [r for group in self.routes for r in group]

    @cached_property
    def group(self) -> Ints:
        """Pair of each route, numbered over the pairs that have a route."""
        sizes = [len(g) for g in self.routes if g]
        return np.repeat(np.arange(len(sizes)), sizes)

    @cached_property
    def tonnes(self) -> Floats:
        """Tonnes a year of each pair that has a route."""
        return np.array([self.trade.tonnes[p] for p, g in zip(self.pairs, self.routes, strict=True) if g])

    @cached_property
    def use(self) -> sparse.csr_array:
        """Arcs of each route, shape (R, A)."""
        rows = np.repeat(np.arange(len(self.flat)), [len(r) for r in self.flat])
        columns = np.array([a for r in self.flat for a in r], dtype=np.int64)
        shape = (len(self.flat), len(self.trade.network.arcs))
        return sparse.csr_array((np.ones(rows.size), (rows, columns)), shape=shape)

    @cached_property
    def cost(self) -> Floats:
        """Generalised cost of each route, USD/t."""
        return np.asarray(self.use @ np.where(np.isfinite(self.trade.cost), self.trade.cost, 0.0))

    @cached_property
    def path_size(self) -> Floats:
        """Path size of each route by km."""
        km = self.trade.network.arc_km() + 1e-9
        return path_size(self.use, km, group=self.group)

    def shares(self, scale: float, weight: float) -> Floats:
        """Share of each route of its pair."""
        found = logit(self.cost, self.path_size, scale=scale, path_size_weight=weight, group=self.group)
        return found.shares

    def logsum(self, scale: float, weight: float, cost_usd_t: Floats | None = None) -> Floats:
        """Logsum of each pair that has a route, USD/t; at other costs of the routes where given, shape (R,), inf where shut."""
        cost = self.cost if cost_usd_t is None else cost_usd_t
        found = logit(cost, self.path_size, scale=scale, path_size_weight=weight, group=self.group)
        return np.asarray(found.logsum)

    def gain_usd_year(self, saved_usd_t: Floats, scale: float, weight: float) -> float:
        """Worth of making routes cheaper, USD a year: tonnes x fall of the logsum.

        Parameters
        ----------
        saved_usd_t
            Cost each route loses, shape (R,).
        """
        if not saved_usd_t.any():
            return 0.0
        after = self.logsum(scale, weight, self.cost - saved_usd_t)
        return float(self.tonnes @ (self.logsum(scale, weight) - after))
