"""The network and the demand as the equilibrium solvers take them: arrays, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from karwan.errors import InvalidInput
from karwan.numerics.assignment import Graph, Pairs
from karwan.transport.delay import LinkDelays, delay_named, parameter_table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class AssignmentNetwork:
    """A directed network with zones, numbered from 0.

    Attributes
    ----------
    from_node, to_node
        Ends of each link, shape (L,), in 0..n_nodes-1. Parallel links are allowed.
    n_nodes, n_zones
        Zones are the nodes 0..n_zones-1; demand goes between zones.
    first_thru
        Routes do not pass through nodes below it, they only start or end there (TNTP's first thru node minus
        one).
    free_flow_time
        Shape (L,), >= 0; any unit of time, which becomes the unit of every cost.
    capacity
        Shape (L,), > 0, in the unit of the demand.
    fixed_cost
        Cost that does not depend on the volume (toll, length), in units of time; shape (L,) or one number.
    parameters
        Parameters of the delay function by name, each one number or shape (L,).
    first_number
        What messages call node 0: 1 where the files of the network count from 1.

    Raises
    ------
    InvalidInput
        Shapes that differ, ends out of range, values that are not finite or out of range.
    """

    from_node: ArrayLike
    to_node: ArrayLike
    n_nodes: int
    n_zones: int
    first_thru: int
    free_flow_time: ArrayLike
    capacity: ArrayLike
    fixed_cost: ArrayLike = 0.0
    parameters: Mapping[str, ArrayLike] = field(default_factory=dict)
    first_number: int = 0

    def __post_init__(self) -> None:
        ends = [np.asarray(e) for e in (self.from_node, self.to_node)]
        n_links = ends[0].size
        for name, end in zip(("from_node", "to_node"), ends, strict=True):
            if end.shape != (n_links,) or n_links == 0:
                raise InvalidInput(f"{name} has the wrong shape", f"{end.shape}", "give one node per link")
            whole = np.asarray(end, dtype=float)
            _refuse(
                name,
                (whole != np.floor(whole)) | (whole < 0) | (whole >= self.n_nodes),
                whole,
                "a node number",
            )
            object.__setattr__(self, name, np.ascontiguousarray(end, dtype=np.int64))
        if not 1 <= self.n_zones <= self.n_nodes or not 0 <= self.first_thru <= self.n_nodes:
            seen = f"{self.n_zones} zones, {self.n_nodes} nodes, first_thru {self.first_thru}"
            raise InvalidInput(
                "the numbers of zones and nodes do not agree", seen, "zones are the first nodes"
            )
        for name, strict in (("free_flow_time", False), ("capacity", True), ("fixed_cost", False)):
            values = np.asarray(getattr(self, name), dtype=float)
            if values.shape not in ((), (n_links,)):
                raise InvalidInput(
                    f"{name} has the wrong shape", f"{values.shape}", f"give {n_links} numbers"
                )
            values = np.array(np.broadcast_to(values, (n_links,)))
            low = values <= 0.0 if strict else values < 0.0
            _refuse(
                name, low | ~np.isfinite(values), values, f"finite and {'above' if strict else 'at least'} 0"
            )
            object.__setattr__(self, name, values)

    @property
    def n_links(self) -> int:
        """Number of links."""
        return int(np.asarray(self.from_node).size)

    def delays(self, delay: str) -> LinkDelays:
        """The same delay function on every link, with the network's parameters."""
        entry = delay_named(delay)
        table = parameter_table(entry, self.n_links, self.parameters)
        times, capacity = np.asarray(self.free_flow_time), np.asarray(self.capacity)
        return LinkDelays((entry.name,) * self.n_links, times, capacity, table)


def _refuse(name: str, bad: NDArray[np.bool_], values: Floats, wanted: str) -> None:
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        seen = f"{int(bad.sum())} of {bad.size} links, first link {first}: {values[first]:g}"
        raise InvalidInput(f"{name} is out of range", seen, f"each must be {wanted}")


@dataclass(frozen=True)
class FlowProblem:
    """A network and its positive demand pairs, laid out for the kernels."""

    n_zones: int
    graph: Graph
    pairs: Pairs
    fixed_cost: Floats
    delays: LinkDelays
    first_number: int = 0

    @property
    def pair_origin(self) -> Ints:
        """Origin of each pair, shape (P,)."""
        return np.repeat(self.pairs.origins, np.diff(self.pairs.origin_ptr))

    def cost(self, flow: Floats) -> Floats:
        """Cost of each link at the flows, shape (L,)."""
        return self.delays.time(flow) + self.fixed_cost

    def objective(self, flow: Floats) -> float:
        """Beckmann's objective: sum over links of the integral of the cost from 0 to the flow."""
        return float(np.sum(self.delays.integral(flow) + self.fixed_cost * flow))


def pose(network: AssignmentNetwork, demand: ArrayLike, delay: str | LinkDelays) -> FlowProblem:
    """Check the demand and lay the problem out; demand within a zone uses no link and is left out."""
    try:
        trips = np.array(demand, dtype=float)
    except (TypeError, ValueError) as error:
        raise InvalidInput("demand is not numeric", str(error), "give a matrix of numbers >= 0") from None
    shape = (network.n_zones, network.n_zones)
    if trips.shape != shape:
        raise InvalidInput("demand has the wrong shape", f"{trips.shape}", f"give a matrix of shape {shape}")
    bad = ~np.isfinite(trips) | (trips < 0.0)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        names = (row + network.first_number, column + network.first_number)
        seen = f"{int(bad.sum())} entries, first from zone {names[0]} to {names[1]}: {trips[row, column]:g}"
        raise InvalidInput(
            "demand is negative or not finite", seen, "each entry must be a finite number >= 0"
        )
    np.fill_diagonal(trips, 0.0)
    origin, destination = np.nonzero(trips)
    origins, first = np.unique(origin, return_index=True)
    delays = network.delays(delay) if isinstance(delay, str) else delay
    if len(delays.names) != network.n_links:
        raise InvalidInput(
            "delays are for another network", f"{len(delays.names)} for {network.n_links} links"
        )
    from_node, to_node = (np.asarray(e, dtype=np.int64) for e in (network.from_node, network.to_node))
    out_ptr = np.concatenate([[0], np.cumsum(np.bincount(from_node, minlength=network.n_nodes))]).astype(
        np.int64
    )
    out_link = np.argsort(from_node, kind="stable").astype(np.int64)
    graph = Graph(network.n_nodes, network.first_thru, out_ptr, out_link, from_node, to_node)
    origin_ptr = np.append(first, origin.size).astype(np.int64)
    pairs = Pairs(
        origins.astype(np.int64), origin_ptr, destination.astype(np.int64), trips[origin, destination]
    )
    fixed = np.asarray(network.fixed_cost, dtype=float)
    return FlowProblem(network.n_zones, graph, pairs, fixed, delays, network.first_number)
