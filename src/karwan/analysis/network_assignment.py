"""A network in TNTP files and its trips, assigned to the user equilibrium and set beside the flows that came with it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.errors import InvalidInput
from karwan.exchange.tntp import TntpNetwork, beside, network_file, read_flows, read_network, read_trips
from karwan.exchange.tntp_header import PER_LANE
from karwan.transport.assignment import Assignment, AssignmentNetwork, AssignmentNotConverged, assign
from karwan.transport.assignment.network import pose

GREATEST_TIME = 1e250  # of all trips on one link; above it products overflow
STEADY, FALLING = (
    20,
    0.9,
)  # iterations before a gap counts as one that no longer falls; the fall expected in a quarter of them
LINK_ORDER = ("from_node_id", "to_node_id", "capacity", "free_flow_time")


@dataclass(frozen=True)
class TntpAnswer:
    """Flows of a TNTP network in equilibrium.

    Attributes
    ----------
    links
        from_node_id, to_node_id, capacity, free_flow_time, volume, time, cost, load (volume over capacity), in the order and units
        of the file; load is null where the capacity is 0. With known flows also known_volume, volume_error (volume less
        known_volume) and unique (the time grows with the volume: only there is the volume of an equilibrium the only one).
    convergence
        iteration, relative_gap.
    meta
        Sizes, trips, method, iterations, relative_gap, converged, objective (Beckmann's), total_cost; with known flows also known_objective,
        objective_error (objective over known_objective less 1; null where that is 0), unique_links, largest_volume_error (on those links) and
        largest_tie_difference (on the others, whose times are constant).
    notes
        Sentences: columns of the file that play no part, weights of columns it does not have, what the differences mean.
    """

    links: pl.DataFrame
    convergence: pl.DataFrame
    meta: Mapping[str, Any]
    notes: tuple[str, ...] = ()


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
        method, relative_gap, max_iterations of `karwan.transport.assignment.assign`.

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
    _refuse_overflow(arrays, demand, net_path.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssignmentNotConverged)  # said by `converged`
        found = assign(arrays, demand, **settings)
    links = network.links.select(LINK_ORDER).with_columns(
        volume=found.link_flows, time=found.link_times, cost=found.link_costs
    )
    load = pl.when(pl.col("capacity") > 0).then(pl.col("volume") / pl.col("capacity"))
    links = links.with_columns(load=load)
    meta = {
        "network": net_path.name.removesuffix("_net.tntp"),
        "zones": network.n_zones,
        "nodes": network.n_nodes,
        "links": links.height,
        "trips": float(demand.sum()),
        **_reached(found),
    }
    notes = _header_notes(network, toll_weight, length_weight) + _gap_notes(found, network)
    known = flows or beside(net_path, "flow")
    if flows is not None or known.is_file():
        links = _beside_known(links, known).with_columns(unique=pl.Series(~network.constant))
        objective = pose(arrays, demand, "bpr").objective(links["known_volume"].to_numpy())
        meta |= {
            "known_objective": objective,
            "objective_error": found.objective / objective - 1.0 if objective else None,
            "unique_links": int(links["unique"].sum()),
            "largest_volume_error": _largest(links.filter("unique")),
            "largest_tie_difference": _largest(links.filter(~pl.col("unique"))),
        }
        notes += _tie_notes(meta, links.height)
    history = pl.DataFrame({"relative_gap": found.gap_history}).with_row_index("iteration", offset=1)
    return TntpAnswer(links, history, meta, tuple(notes))


def _refuse_overflow(network: AssignmentNetwork, demand: NDArray[np.float64], file: str) -> None:
    """Refuses links whose time is no number a computer holds once all trips take them."""
    with np.errstate(over="ignore", invalid="ignore"):
        times = network.delays("bpr").integral(np.full(network.n_links, demand.sum()))
    lost = np.flatnonzero(~(times < GREATEST_TIME))
    if lost.size:
        ends = [
            (int(np.asarray(e)[lost[0]]) + network.first_number) for e in (network.from_node, network.to_node)
        ]
        raise InvalidInput(
            f"{file}: times of links grow beyond all numbers when all trips take them.",
            f"{lost.size} links, the first link {int(lost[0]) + 1} from {ends[0]} to {ends[1]}; {demand.sum():g} trips",
            "check its capacity, b and power, and the trips.",
        )


def _header_notes(network: TntpNetwork, toll_weight: float, length_weight: float) -> list[str]:
    header, notes = network.header, []
    if header.unknown:
        names = ", ".join(header.unknown)
        notes.append(f"Columns of line {header.line} that are not known play no part: {names}.")
    if network.lanes is not None:
        counted = "one per lane, times the lanes" if PER_LANE in header.columns else "that of all lanes"
        notes.append(f"Capacity is taken as {counted}.")
    for name, weight in (("toll", toll_weight), ("length", length_weight)):
        if weight and name not in header.columns:
            notes.append(f"The file has no column {name}: its weight {weight:g} changes nothing.")
    return notes


def _gap_notes(found: Assignment, network: TntpNetwork) -> list[str]:
    """Why the gap asked for was not reached."""
    if found.converged:
        return []
    earlier = found.gap_history[: max(1, 3 * found.iterations // 4)]
    if found.iterations < STEADY or found.relative_gap < FALLING * earlier.min():
        return ["The gap still falls: more iterations bring it lower."]
    spread = found.link_costs * found.link_flows
    worst = int(np.argmax(spread))
    row = network.links.row(worst, named=True)
    return [
        f"The gap no longer falls. The link from {row['from_node_id']} to {row['to_node_id']} (b {row['b']:g}, power {row['power']:g},"
        f" {found.link_flows[worst] / max(row['capacity'], 1e-300):.3g} times its capacity) holds {spread[worst] / max(spread.sum(), 1e-300):.0%}"
        " of all cost; where times are so steep, volumes as exact as a computer holds them move the gap."
    ]


def _tie_notes(meta: Mapping[str, Any], links: int) -> list[str]:
    ties = links - meta["unique_links"]
    if not ties:
        return []
    return [
        f"{ties} of {links} links take the same time at any volume: routes over them may tie, their volumes are not unique, and"
        f" a difference there (largest {meta['largest_tie_difference']:.3g}) is no error. Volumes are unique on the other"
        f" {meta['unique_links']} links: the volume error is theirs."
    ]


def _largest(links: pl.DataFrame) -> float:
    """Largest difference from the known volume; 0 without links."""
    return float(links["volume_error"].abs().max() or 0.0)  # type: ignore[arg-type]


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
