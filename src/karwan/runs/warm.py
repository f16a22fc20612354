"""Compiling the package and every loop that the commands use, by running each engine once on a small case."""

from __future__ import annotations

import compileall
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np

from karwan.analysis.brief import brief_of
from karwan.analysis.contract import Inputs
from karwan.analysis.requests import RouteRequest
from karwan.analysis.route import answer_route
from karwan.case import Case, read_case
from karwan.transport.assignment import AssignmentNetwork, assign

TOWNS = ("Alford", "Cove")  # of the case toyland


def warm_kernels() -> Iterator[str]:
    """Compile and cache the modules and the loops, one line when those of an engine are ready.

    The modules are compiled here because where Python is told to write no bytecode, each start would compile them afresh.
    """
    compileall.compile_dir(Path(__file__).parents[1], quiet=2)
    yield "ready: modules"
    case = read_case("toyland")
    engines: dict[str, Callable[[Case], object]] = {
        "brief: arrivals, basket, target": _brief,
        "routes": _routes,
        "assignment to a road network": _assignment,
    }
    for name, run in engines.items():
        run(case)
        yield f"ready: {name}"


def _brief(case: Case) -> object:
    return brief_of(case, case.settings.as_of)


def _routes(case: Case) -> object:
    return answer_route(
        Inputs(case), RouteRequest(*TOWNS, case.settings.reference_product, 20.0, date(2025, 7, 7))
    )


def _assignment(case: Case) -> object:
    """User equilibrium of two links between two zones."""
    network = AssignmentNetwork(
        from_node=[0, 0],
        to_node=[1, 1],
        n_nodes=2,
        n_zones=2,
        first_thru=0,
        free_flow_time=[1.0, 1.5],
        capacity=np.ones(2),
        parameters={"alpha": 0.15, "beta": 4.0},
    )
    return assign(network, np.array([[0.0, 2.0], [0.0, 0.0]]))
