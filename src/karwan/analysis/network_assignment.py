"""A network in TNTP files and its trips, assigned to the user equilibrium and set beside the flows that came with it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from karwan.analysis.contract import Inputs, Result
from karwan.analysis.requests import TntpRequest, TntpView
from karwan.errors import InvalidInput
from karwan.exchange.tntp import TntpNetwork, network_file, read_flows, read_network, read_trips, sibling
from karwan.exchange.tntp_header import PER_LANE
from karwan.notes import Note, note
from karwan.transport.assignment import Assignment, AssignmentNetwork, AssignmentNotConverged, assign
from karwan.transport.assignment.network import pose

GREATEST_TIME = 1e250  # of all trips on one link; above it products overflow
STEADY, FALLING = (
    20,
    0.9,
)  # iterations before a gap counts as one that no longer falls; the fall expected in a quarter of them
SMALLEST = 1e-300  # what stands for nought in a divisor
SHORT = ("relative_gap", "objective_error", "largest_volume_error", "largest_tie_difference")
"""Figures that are shown with three digits."""
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
        Columns of the file that play no part, weights of columns it does not have, what the differences mean.
    """

    links: pl.DataFrame
    convergence: pl.DataFrame
    meta: Mapping[str, Any]
    notes: tuple[Note, ...] = ()


def answer_tntp(inputs: Inputs, request: TntpRequest) -> Result:
    """Links in equilibrium and how it was reached."""
    found = assign_tntp(
        request.net, trips=request.trips, flows=request.flows, toll_weight=request.toll_weight,
        length_weight=request.length_weight, method=request.method, relative_gap=request.gap,
        max_iterations=request.iterations,
    )  # fmt: skip
    alerts: tuple[Note, ...] = ()
    if not found.meta["converged"]:
        reached = {"gap": found.meta["relative_gap"], "iterations": found.meta["iterations"]}
        alerts = (note("network.not_converged", **reached, asked=request.gap),)
    return Result({"links": found.links, "convergence": found.convergence}, found.meta, found.notes, alerts)


def present_flows(result: Result, view: TntpView, form: str) -> Result:
    """Plain: the fullest links, figures as long as a comparison needs. CSV: the links alone, everything said on stderr."""
    links = result.tables["links"]
    if form == "csv":
        return replace(result, tables={"links": links}, notes=(), alerts=(*result.notes, *result.alerts))
    if form == "json":
        return result
    fullest = links.sort("load", descending=True, nulls_last=True, maintain_order=True).head(view.top)
    meta = {name: _figure(name, value) for name, value in result.meta.items() if value is not None}
    return replace(result, tables={"links": fullest}, meta=meta)


def _figure(name: str, value: object) -> object:
    if not isinstance(value, float):
        return value
    return f"{value:.3g}" if name in SHORT else f"{value:,.12g}"


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
    trips_path = trips or sibling(net_path, "trips")
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
    known = flows or sibling(net_path, "flow")
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


def _header_notes(network: TntpNetwork, toll_weight: float, length_weight: float) -> list[Note]:
    header, notes = network.header, []
    if header.unknown:
        notes.append(note("network.unknown_columns", line=header.line, columns=list(header.unknown)))
    if network.lanes is not None:
        notes.append(note("network.per_lane" if PER_LANE in header.columns else "network.all_lanes"))
    for name, weight in (("toll", toll_weight), ("length", length_weight)):
        if weight and name not in header.columns:
            notes.append(note("network.no_column", column=name, weight=weight))
    return notes


def _gap_notes(found: Assignment, network: TntpNetwork) -> list[Note]:
    """Why the gap asked for was not reached."""
    if found.converged:
        return []
    earlier = found.gap_history[: max(1, 3 * found.iterations // 4)]
    if found.iterations < STEADY or found.relative_gap < FALLING * earlier.min():
        return [note("network.gap_falls")]
    spread = found.link_costs * found.link_flows
    worst = int(np.argmax(spread))
    row = network.links.row(worst, named=True)
    stays = note(
        "network.gap_stays",
        start=row["from_node_id"],
        finish=row["to_node_id"],
        b=row["b"],
        power=row["power"],
        load=found.link_flows[worst] / max(row["capacity"], SMALLEST),
        cost=spread[worst] / max(spread.sum(), SMALLEST),
    )
    return [stays]


def _tie_notes(meta: Mapping[str, Any], links: int) -> list[Note]:
    ties, difference = links - meta["unique_links"], meta["largest_tie_difference"]
    if not ties:
        return []
    return [note("network.ties", ties=ties, links=links, difference=difference, unique=meta["unique_links"])]


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
