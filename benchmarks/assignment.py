"""User equilibrium on Sioux Falls and Anaheim: karwan beside aequilibrae's biconjugate Frank-Wolfe.

    python benchmarks/assignment.py [FOLDER_WITH_TNTP_FILES]

Times are wall-clock medians of the assignment alone (no reading, no compiling), both on arrays held in
memory, on the same cores. The peer runs without its progress bar, on one core and on all, and its faster time
counts. The gap reached is recomputed for both from the link flows with one and the same function.
"""

from __future__ import annotations

import logging
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from karwan.exchange.tntp import TntpNetwork, read_flows, read_network, read_trips
from karwan.transport.assignment import assign
from karwan.transport.assignment.link_based import load_all_or_nothing
from karwan.transport.assignment.network import pose

os.environ["AEQ_SHOW_PROGRESS"] = "FALSE"  # read by aequilibrae when imported
FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "networks"
GAPS = (1e-6, 1e-10)
PEER_LIMIT = 5000


def gap_of(network: TntpNetwork, demand: np.ndarray, flows: np.ndarray) -> float:
    problem = pose(network.arrays(), demand, "bpr")
    cost = problem.cost(flows)
    total = float(flows @ cost)
    return (total - load_all_or_nothing(problem, cost)[2]) / total


def timed(run: Callable[[], np.ndarray], repeats: int) -> tuple[float, np.ndarray]:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        flows = run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), flows


def ours(network: TntpNetwork, demand: np.ndarray, gap: float, method: str) -> Callable[[], np.ndarray]:
    arrays = network.arrays()
    return lambda: (
        assign(arrays, demand, method=method, relative_gap=gap, max_iterations=PEER_LIMIT).link_flows
    )


def peer(network: TntpNetwork, demand: np.ndarray, gap: float, cores: int) -> tuple[float, int, np.ndarray]:
    """Seconds, iterations and link flows of one aequilibrae run."""
    from aequilibrae.matrix import AequilibraeMatrix
    from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass

    links = network.links.to_pandas().rename(columns={"from_node_id": "a_node", "to_node_id": "b_node"})
    links.insert(0, "link_id", np.arange(1, len(links) + 1))
    links["direction"] = 1
    zones = np.arange(1, network.n_zones + 1)
    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=network.n_zones, matrix_names=["trips"], memory_only=True)
    matrix.index[:] = zones
    matrix.matrix["trips"][:, :] = np.where(np.eye(network.n_zones, dtype=bool), 0.0, demand)
    matrix.computational_view(["trips"])
    graph = Graph()
    graph.network = links
    graph.prepare_graph(zones)
    graph.set_graph("free_flow_time")
    graph.set_blocked_centroid_flows(network.first_thru_node > 1)
    assignment = TrafficAssignment()
    assignment.set_classes([TrafficClass("car", graph, matrix)])
    assignment.set_vdf("BPR")
    assignment.set_vdf_parameters({"alpha": "b", "beta": "power"})
    assignment.set_capacity_field("capacity")
    assignment.set_time_field("free_flow_time")
    assignment.set_algorithm("bfw")
    assignment.set_cores(cores)
    assignment.max_iter = PEER_LIMIT
    assignment.rgap_target = gap
    start = time.perf_counter()
    assignment.execute(log_specification=False)
    seconds = time.perf_counter() - start
    flows = assignment.results()["PCE_AB"].reindex(links["link_id"]).fillna(0.0).to_numpy()
    return seconds, int(assignment.assignment.iter), flows


def report(name: str, folder: Path) -> None:
    network = read_network(folder / f"{name}_net.tntp")
    demand = read_trips(folder / f"{name}_trips.tntp").matrix()
    best = read_flows(folder / f"{name}_flow.tntp")["volume"].to_numpy()
    optimum = pose(network.arrays(), demand, "bpr").objective(best)
    objective = pose(network.arrays(), demand, "bpr").objective
    print(
        f"\n{name}: {network.n_zones} zones, {network.links.height} links, best known objective {optimum:.6f}"
    )
    print(f"{'solver':<34}{'asked':>8}{'reached':>10}{'seconds':>10}{'objective/best - 1':>20}")

    def line(label: str, gap: float, seconds: float, flows: np.ndarray) -> None:
        excess = objective(flows) / optimum - 1.0
        print(f"{label:<34}{gap:>8.0e}{gap_of(network, demand, flows):>10.1e}{seconds:>10.4f}{excess:>20.1e}")

    times: dict[float, float] = {}
    for gap in GAPS:
        ours(network, demand, gap, "gradient_projection")()
        times[gap], flows = timed(ours(network, demand, gap, "gradient_projection"), 15)
        line("karwan gradient_projection", gap, times[gap], flows)
    seconds, flows = timed(ours(network, demand, 1e-6, "bfw"), 1)
    line("karwan bfw", 1e-6, seconds, flows)
    repeats = 1 if name == "SiouxFalls" else 3
    try:
        runs = [
            [peer(network, demand, 1e-6, c) for _ in range(repeats)] for c in sorted({1, os.cpu_count() or 1})
        ]
    except ImportError as error:
        print(f"aequilibrae is not installed ({error}); no ratio")
        return
    seconds = min(statistics.median(r[0] for r in run) for run in runs)
    line(f"aequilibrae bfw ({runs[0][0][1]} iterations)", 1e-6, seconds, runs[0][0][2])
    print(f"ratio at 1e-6: karwan {seconds / times[1e-6]:.0f} times faster than aequilibrae bfw")
    print(f"karwan takes {times[1e-10] / seconds:.4f} of that time to 1e-10")


def main() -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    print(f"{os.cpu_count()} cores")
    for name in ("SiouxFalls", "Anaheim"):
        report(name, folder)


if __name__ == "__main__":
    main()
