"""What an assignment returns, and how it says that it did not converge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class AssignmentNotConverged(UserWarning):
    """An assignment stopped before its gap was reached; its flows are the last iterate."""


@dataclass(frozen=True)
class RouteFlows:
    """Used routes of a path-based solution, ordered by origin and destination.

    Attributes
    ----------
    origin, destination
        Zone of each route, shape (K,), numbered from 0.
    flow, cost
        Shape (K,), at the solution.
    link_ptr, links
        Route k uses `links[link_ptr[k]:link_ptr[k + 1]]`, in travel order.
    """

    origin: Ints
    destination: Ints
    flow: Floats
    cost: Floats
    link_ptr: Ints
    links: Ints

    def table(self) -> pl.DataFrame:
        """One row a used route: route, origin, destination, flow, cost, links (list of link numbers)."""
        links = np.split(self.links, self.link_ptr[1:-1])
        return pl.DataFrame(
            {
                "route": np.arange(self.flow.size),
                "origin": self.origin,
                "destination": self.destination,
                "flow": self.flow,
                "cost": self.cost,
                "links": pl.Series([part.tolist() for part in links], dtype=pl.List(pl.Int64)),
            }
        )


@dataclass(frozen=True)
class Assignment:
    """A user equilibrium, or the last iterate on the way to it.

    Attributes
    ----------
    link_flows, link_times, link_costs
        Shape (L,), in the units of the network; cost is time plus fixed cost.
    skims
        Least cost between zones at the final costs, shape (Z, Z); inf where no route exists, diagonal 0.
    objective
        Beckmann's objective.
    total_cost
        Sum of flow times cost (TSTT where nothing but time is in the cost).
    relative_gap
        (TSTT - SPTT) / TSTT of the returned flows; SPTT is the total if all demand used least-cost routes.
    gap_history
        Relative gap before each iteration's flow change and at the end, shape (iterations,).
    iterations
        Number of times that least-cost trees of all origins were built to measure the gap.
    converged
        Whether `relative_gap` met the caller's bound; if not, a warning `AssignmentNotConverged` was raised.
    method, delay
        Names used ("mixed" for several delays).
    routes
        Used routes, for the path-based method; None otherwise.
    """

    link_flows: Floats
    link_times: Floats
    link_costs: Floats
    skims: Floats
    objective: float
    total_cost: float
    relative_gap: float
    gap_history: Floats
    iterations: int
    converged: bool
    method: str
    delay: str
    routes: RouteFlows | None = None
