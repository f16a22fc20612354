"""Pareto sets: four criteria on a network of a case's size, two criteria on the world's roads and sea.

    python benchmarks/pareto.py            both
    python benchmarks/pareto.py case       the first only
    python benchmarks/pareto.py world      the second only (needs scgraph_data)

Times are of warm queries (kernels compiled, adjacency built). A world query runs in a process of its own
that holds nothing but the graph's arrays, and reports its peak memory. None of the packages that are peers of
least cost finds Pareto sets: the peer here is the plain Python twin of the kernel.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from world_graph import World, load

from karwan.numerics import pareto as kernel
from karwan.transport.routing import ParetoSet, StateGraph, pareto_routes
from karwan.transport.routing.pareto import arc_windows

PLACES, MODES = 400, 3
WORLD_PAIRS = [("Almaty", "Karachi"), ("Kostanay", "Karachi"), ("Karachi", "Rotterdam")]
SEA_NODES = 11_727  # the last nodes of the graph in scgraph_data 2.0
# USD, hours, variance and kg CO2e per km of a 24 t shipment by road, rail and sea: orders of magnitude that
# make the criteria disagree the way the modes do; not calibrated values.
RATES = np.array([[1.6, 0.025, 0.02, 1.9], [0.8, 0.045, 0.08, 0.5], [0.25, 0.06, 0.05, 0.25]])


def network(seed: int, spread: float = 0.15) -> StateGraph:
    """About 1,200 states and 4,300 arcs: places on a map, three modes, transfers, gates with openings."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0.0, 1.0, (PLACES, 2)) * [2500.0, 1200.0]
    km = 1.25 * np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    rows: list[tuple[int, int, np.ndarray, int]] = []
    for mode in range(MODES):
        near = np.argsort(km, axis=1)[:, 1 : (5, 4, 3)[mode]]
        for a, b in {(min(c, d), max(c, d)) for c in range(PLACES) for d in near[c].tolist()}:
            if rng.random() < (1.0, 0.8, 0.6)[mode]:
                gate = int(rng.integers(0, 4)) if rng.random() < 0.08 else -1
                for tail, head in ((a, b), (b, a)):
                    criteria = km[a, b] * RATES[mode] * rng.lognormal(0.0, spread, 4)
                    rows.append((tail * MODES + mode, head * MODES + mode, criteria, gate))
    for place in rng.choice(PLACES, PLACES // 4, replace=False).tolist():
        for one in range(MODES):
            for other in range(MODES):
                if one != other:
                    criteria = np.array([250.0, 30.0, 200.0, 15.0]) * rng.lognormal(0.0, 0.3, 4)
                    rows.append((place * MODES + one, place * MODES + other, criteria, -1))
    columns = np.array([row[2] for row in rows]).T
    days = 24.0 * np.arange(120)
    opens = np.concatenate([days + shift for shift in (6.0, 8.0, 0.0, 9.0)])
    hours = np.repeat([12.0, 8.0, 24.0, 6.0], days.size)
    return StateGraph(
        PLACES * MODES,
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        *columns,
        calendar=np.array([row[3] for row in rows]),
        calendar_ptr=np.arange(5) * days.size,
        open_start_h=opens,
        open_end_h=opens + hours,
    )


def place_states(place: int) -> list[int]:
    return [place * MODES + mode for mode in range(MODES)]


def timed(run: Callable[[], ParetoSet], repeats: int) -> tuple[float, ParetoSet]:
    """Median milliseconds and the set."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        routes = run()
        seconds.append(time.perf_counter() - start)
    return 1e3 * statistics.median(seconds), routes


def shifted(windows: list[tuple[float, float]], depart_h: float) -> list[tuple[float, float]]:
    return [(opens - depart_h, closes - depart_h) for opens, closes in windows]


def twin(graph: StateGraph, a: int, b: int) -> tuple[float, int]:
    """Milliseconds and routes of the plain twin."""
    columns = np.column_stack([graph.cost_usd, graph.mean_h, graph.var_h2, graph.co2_kg])
    arcs = [
        (int(t), int(h), tuple(row), None if c < 0 else shifted(arc_windows(graph, arc), 3.0))
        for arc, (t, h, row, c) in enumerate(
            zip(graph.tail, graph.head, columns.tolist(), graph.calendar, strict=True)
        )
    ]
    start = time.perf_counter()
    routes = kernel.label_setting_plain(arcs, 1, 4, set(place_states(b)), place_states(a))
    return 1e3 * (time.perf_counter() - start), len(routes)


def ask(graph: StateGraph, a: int, b: int, epsilon: float = 0.0) -> tuple[float, ParetoSet]:
    """Median warm milliseconds between two places, and the set."""
    ends = place_states(a), place_states(b)
    return timed(lambda: pareto_routes(graph, *ends, depart_h=3.0, epsilon=epsilon), 3)


def case_size(queries: int = 40) -> None:
    """Four criteria with calendars, for three degrees of disagreement between the criteria of an arc."""
    for spread in (0.0, 0.05, 0.15):
        graph = network(1, spread)
        rng = np.random.default_rng(7)
        pairs = [tuple(rng.choice(PLACES, 2, replace=False).tolist()) for _ in range(queries)]
        ask(graph, *pairs[0])
        exact = [ask(graph, *pair) for pair in pairs]
        rough = [ask(graph, *pair, epsilon=0.02)[0] for pair in pairs]
        times = [ms for ms, _ in exact]
        sizes = [len(routes) for _, routes in exact]
        labels = max(routes.n_labels for _, routes in exact)
        print(f"{graph.n_states:,} states, {graph.n_arcs:,} arcs, spread {spread}, {queries} queries: exact")
        print(
            f"  median {np.median(times):.2f} ms, P90 {np.quantile(times, 0.9):.1f}, most {max(times):.1f};"
        )
        print(f"  routes median {np.median(sizes):.0f}, most {max(sizes)}; labels most {labels:,};")
        print(f"  with epsilon 2 %: median {np.median(rough):.2f} ms, most {max(rough):.1f}", flush=True)
        if spread == 0.0:
            hardest = int(np.argmax(times))
            plain_ms, n_plain = twin(graph, *pairs[hardest])
            print(f"  hardest: plain twin {plain_ms:.0f} ms for {n_plain} routes, kernel", end=" ")
            print(f"{times[hardest]:.2f} ms for {sizes[hardest]}: ratio {plain_ms / times[hardest]:.0f}")


def speeds(world: World, variant: str) -> np.ndarray:
    """Km/h per arc, the same both ways.

    "hashed": 30 to 90 by a hash of the two ends, not of the length.
    "sea": 25 between sea nodes, 55 elsewhere.
    """
    low = np.minimum(world.tail, world.head).astype(np.uint64)
    high = np.maximum(world.tail, world.head).astype(np.uint64)
    if variant == "sea":
        first_sea = world.latitude.size - SEA_NODES
        return np.where(low >= np.uint64(first_sea), 25.0, 55.0)
    mixed = low * np.uint64(2654435761) + high * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return 30.0 + 60.0 * (mixed % np.uint64(1_000_003)).astype(np.float64) / 1_000_003


def query(path: Path, variant: str, origin: str, destination: str) -> None:
    """One query in this process: time cold and warm, and the peak memory of the process."""
    world = load(path)
    hours = world.length_km / speeds(world, variant)
    graph = StateGraph.always_open(
        world.latitude.size, world.tail, world.head, cost_usd=world.length_km, mean_h=hours
    )
    ends = world.nearest(origin), world.nearest(destination)
    start = time.perf_counter()
    pareto_routes(graph, *ends, criteria=("cost_usd", "hours"))
    cold = time.perf_counter() - start
    ms, routes = timed(lambda: pareto_routes(graph, *ends, criteria=("cost_usd", "hours")), 5)
    km, h = routes.criteria[:, 0], routes.criteria[:, 1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"{origin} - {destination}, {variant} speeds: {len(routes)} routes, "
        f"{km.min():,.0f}-{km.max():,.0f} km, {h.min():.1f}-{h.max():.1f} h, "
        f"{routes.n_labels:,} labels, exact {routes.exact}: {ms:.0f} ms warm, "
        f"{1e3 * cold:.0f} ms with preparing the graph, peak memory {peak:.2f} GiB"
    )


def world_size() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.npz"
        code = (
            "from world_graph import *; import sys; from pathlib import Path; "
            "save(as_world(*read_lists()), Path(sys.argv[1]))"
        )
        here = Path(__file__).resolve().parent
        subprocess.run([sys.executable, "-c", code, str(path)], check=True, cwd=here)
        for variant in ("hashed", "sea"):
            for origin, destination in WORLD_PAIRS:
                arguments = [__file__, "query", str(path), variant, origin, destination]
                subprocess.run([sys.executable, *arguments], check=True)


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "both"
    if chosen == "query":
        query(Path(sys.argv[2]), *sys.argv[3:6])
    if chosen in ("both", "case"):
        case_size()
    if chosen in ("both", "world"):
        world_size()
