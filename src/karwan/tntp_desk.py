"""A network in TNTP files and its trips, assigned to the user equilibrium and set beside the flows that came with it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from karwan.errors import InvalidInput
from karwan.io.tntp import beside, network_file, read_flows, read_network, read_trips
from karwan.models.assignment import Assignment, AssignmentNotConverged, assign
from karwan.models.assignment.network import pose

LINK_ORDER = ("from_node_id", "to_node_id", "capacity", "free_flow_time")


@dataclass(frozen=True)
class TntpAnswer:
    """Flows of a TNTP network in equilibrium.

    Attributes
    ----------
    links
        from_node_id, to_node_id, capacity, free_flow_time, volume, time, cost, load (volume over capacity), in the order and units
        of the file; with known flows also known_volume and volume_error (volume less known_volume).
    convergence
        iteration, relative_gap.
    meta
        Sizes, trips, method, iterations, relative_gap, converged, objective (Beckmann's), total_cost; with known flows also known_objective,
        objective_error (objective over known_objective less 1) and largest_volume_error.
    """

    links: pl.DataFrame
    convergence: pl.DataFrame
    meta: Mapping[str, Any]


def assign_tntp(
    net: str | Path,
    *,
    trips: Path | None = None,
    flows: Path | None = None,
    toll_weight: float = 0.0,
    length_weight: float = 0.0,
    **settings: Any,
) -> TntpAnswer:
    """User equilibrium of a network in TNTP files.

    Parameters
    ----------
    net
        The `*_net.tntp` file, or a folder that holds one.
    trips, flows
        Trip table and best-known flows; by default the `*_trips.tntp` and `*_flow.tntp` files of the same name. Flows may be missing.
    toll_weight, length_weight
        Time per unit of toll and of length in the cost; the page of each public network states its own.
    settings
        method, relative_gap, max_iterations of `karwan.models.assignment.assign`.

    Raises
    ------
    InvalidInput, UnknownName, MalformedTntp, Unreachable
        A file is missing or wrong; a setting is out of range; trips between zones that no route joins.
    """
    net_path = network_file(net)
    network = read_network(net_path)
    trips_path = trips or beside(net_path, "trips")
    table = read_trips(trips_path)
    if table.n_zones != network.n_zones:
        seen = f"{trips_path.name}: {table.n_zones} zones; {net_path.name}: {network.n_zones}"
        raise InvalidInput("Trips and network have different zones.", seen, "name the trips of this network.")
    arrays, demand = network.arrays(toll_weight=toll_weight, length_weight=length_weight), table.matrix()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssignmentNotConverged)  # said by `converged`
        found = assign(arrays, demand, **settings)
    links = network.links.select(LINK_ORDER).with_columns(
        volume=found.link_flows, time=found.link_times, cost=found.link_costs
    )
    links = links.with_columns(load=pl.col("volume") / pl.col("capacity"))
    meta = {
        "network": net_path.name.removesuffix("_net.tntp"),
        "zones": network.n_zones,
        "nodes": network.n_nodes,
        "links": links.height,
        "trips": float(demand.sum()),
        **_reached(found),
    }
    known = flows or beside(net_path, "flow")
    if flows is not None or known.is_file():
        links = _beside_known(links, known)
        objective = pose(arrays, demand, "bpr").objective(links["known_volume"].to_numpy())
        meta |= {
            "known_objective": objective,
            "objective_error": found.objective / objective - 1.0,
            "largest_volume_error": float(links["volume_error"].abs().max()),  # type: ignore[arg-type]
        }
    history = pl.DataFrame({"relative_gap": found.gap_history}).with_row_index("iteration", offset=1)
    return TntpAnswer(links, history, meta)


def _reached(found: Assignment) -> dict[str, Any]:
    names = ("method", "iterations", "relative_gap", "converged", "objective", "total_cost")
    return {name: getattr(found, name) for name in names}


def _beside_known(links: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Links with the volumes of a flow file; joined on both ends, so its order does not matter."""
    keys = ["from_node_id", "to_node_id"]
    known = read_flows(path).select(*keys, known_volume="volume")
    joined = links.join(known, on=keys, how="left", maintain_order="left")
    lost = joined.filter(pl.col("known_volume").is_null())
    if lost.height or known.height != links.height:
        shown = ", ".join(f"{a}-{b}" for a, b in lost.select(keys).head(5).iter_rows())
        raise InvalidInput(
            f"{path.name} is not of this network.",
            f"{known.height} flows for {links.height} links; without a flow: {shown or 'none'}",
            "name the flows of this network.",
        )
    return joined.with_columns(volume_error=pl.col("volume") - pl.col("known_volume"))
